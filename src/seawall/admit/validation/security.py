"""Security contexts of pods and containers: user ids, profiles, and settings that contradict each other."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seawall.admit.validation.refusal import Refusal, one_of, required, within
from seawall.model.cluster.pod import AppArmorProfile, PodSpec, SeccompProfile
from seawall.model.cluster.workload import ContainerView

MOST_ID = 2**31 - 1
_PROFILE_TYPES = frozenset({"Localhost", "RuntimeDefault", "Unconfined"})
_CHANGE_POLICIES = frozenset({"Always", "OnRootMismatch"})
_PROC_MOUNTS = frozenset({"Default", "Unmasked"})
_SYSCTL = re.compile(r"(?:[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?")
_LONGEST_SYSCTL, _LONGEST_PROFILE = 253, 4095


def of_pod(pod: PodSpec, at: str) -> Iterator[Refusal]:
    """`at` is the path of the pod's security context."""
    context = pod.security_context
    if context is None:
        return
    yield from within(f"{at}.fsGroup", context.fs_group, 0, MOST_ID)
    yield from within(f"{at}.runAsUser", context.run_as_user, 0, MOST_ID)
    yield from within(f"{at}.runAsGroup", context.run_as_group, 0, MOST_ID)
    for index, group in enumerate(context.supplemental_groups):
        yield from within(f"{at}.supplementalGroups[{index}]", group, 0, MOST_ID)
    yield from one_of(f"{at}.fsGroupChangePolicy", context.fs_group_change_policy, _CHANGE_POLICIES)
    names: set[str] = set()
    for index, sysctl in enumerate(context.sysctls):
        path = f"{at}.sysctls[{index}].name"
        if not sysctl.name:
            yield Refusal(path, "required", "must be set")
        elif len(sysctl.name) > _LONGEST_SYSCTL or not _SYSCTL.fullmatch(sysctl.name):
            yield Refusal(path, "invalid", f'"{sysctl.name}" is no name of a kernel setting')
        elif sysctl.name in names:
            yield Refusal(path, "duplicate", f'"{sysctl.name}" is set twice')
        names.add(sysctl.name)
    yield from _seccomp(context.seccomp_profile, f"{at}.seccompProfile")
    yield from _app_armor(context.app_armor_profile, f"{at}.appArmorProfile")


def of_container(view: ContainerView) -> Iterator[Refusal]:
    context = view.container.security_context
    if context is None:
        return
    at = view.at("securityContext")
    yield from within(f"{at}.runAsUser", context.run_as_user, 0, MOST_ID)
    yield from within(f"{at}.runAsGroup", context.run_as_group, 0, MOST_ID)
    if context.proc_mount is not None:
        yield from one_of(f"{at}.procMount", context.proc_mount, _PROC_MOUNTS)
        if context.proc_mount == "Unmasked" and view.workload.pod.host_users is not False:
            yield Refusal(f"{at}.procMount", "invalid", "`Unmasked` needs `hostUsers: false`")
    yield from _seccomp(context.seccomp_profile, f"{at}.seccompProfile")
    yield from _app_armor(context.app_armor_profile, f"{at}.appArmorProfile")
    if context.allow_privilege_escalation is False:
        if context.privileged:
            yield Refusal(at, "invalid", "a privileged container cannot refuse privilege escalation")
        if context.capabilities is not None and "CAP_SYS_ADMIN" in context.capabilities.add:
            yield Refusal(at, "invalid", "a container with CAP_SYS_ADMIN cannot refuse privilege escalation")


def _seccomp(profile: SeccompProfile | None, at: str) -> Iterator[Refusal]:
    if profile is None:
        return
    yield from _of_type(profile, at)
    file = f"{at}.localhostProfile"
    if profile.type != "Localhost":
        yield from _not_local(file, profile.localhost_profile)
    elif profile.localhost_profile is None:
        yield Refusal(file, "required", "a profile of type Localhost names its file")
    elif profile.localhost_profile.startswith("/"):
        yield Refusal(file, "invalid", "must be a relative path")
    elif ".." in profile.localhost_profile.split("/"):
        yield Refusal(file, "invalid", 'must not contain ".."')


def _app_armor(profile: AppArmorProfile | None, at: str) -> Iterator[Refusal]:
    if profile is None:
        return
    yield from _of_type(profile, at)
    name, path = profile.localhost_profile, f"{at}.localhostProfile"
    if profile.type in _PROFILE_TYPES and profile.type != "Localhost":
        yield from _not_local(path, name)
    elif profile.type == "Localhost":
        if name is None or name == "":
            yield Refusal(path, "required", "a profile of type Localhost is named")
        elif name != name.strip():
            yield Refusal(path, "invalid", "must not begin or end with white space")
        elif len(name) > _LONGEST_PROFILE:
            yield Refusal(path, "invalid", f"must not be longer than {_LONGEST_PROFILE} bytes")


def _of_type(profile: SeccompProfile | AppArmorProfile, at: str) -> Iterator[Refusal]:
    yield from required(f"{at}.type", profile.type)
    yield from one_of(f"{at}.type", profile.type, _PROFILE_TYPES)


def _not_local(path: str, name: str | None) -> Iterator[Refusal]:
    if name is not None:
        yield Refusal(path, "invalid", "only a profile of type Localhost has one")
