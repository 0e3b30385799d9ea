"""seccompProfile_baseline, seccompProfile_restricted: system calls are filtered, by annotation before v1.19 and by field since; restricted pods say so."""

from __future__ import annotations

from seawall.admit.pss.check import Check, Fault, Revision, runs_windows
from seawall.admit.pss.level import Level
from seawall.model.cluster.workload import Workload
from seawall.model.finding import Change

_POD_ANNOTATION = "seccomp.security.alpha.kubernetes.io/pod"
_CONTAINER_ANNOTATION = "container.seccomp.security.alpha.kubernetes.io/"
_TYPES = frozenset({"RuntimeDefault", "Localhost"})


def seccomp_annotations(workload: Workload) -> list[Fault]:
    annotations = workload.annotations
    faults: list[Fault] = []
    if not annotations:
        return faults
    keys = {_POD_ANNOTATION: ""}
    for container in workload.containers():
        keys[_CONTAINER_ANNOTATION + container.name] = container.name
    for key, container_name in keys.items():
        value = annotations.get(key)
        if value is not None and not (value in ("runtime/default", "docker/default") or value.startswith("localhost/")):
            path = workload.at_metadata(f"annotations[{key}]")
            says = f'must be "runtime/default" or "localhost/…", not "{value}"'
            faults.append(Fault(path, says, container_name, Change("unset", path)))
    return faults


def seccomp_profile(workload: Workload) -> list[Fault]:
    faults: list[Fault] = []
    profile = workload.pod.security.seccomp_profile
    if profile is not None and profile.type not in _TYPES:
        faults.append(_unfiltered(workload.at("securityContext.seccompProfile.type"), profile.type, ""))
    for container in workload.containers():
        profile = container.security.seccomp_profile
        if profile is not None and profile.type not in _TYPES:
            path = container.at("securityContext.seccompProfile.type")
            faults.append(_unfiltered(path, profile.type, container.name))
    return faults


def seccomp_required(workload: Workload) -> list[Fault]:
    """A wrong profile hides the missing ones, as upstream reports it."""
    wrong = seccomp_profile(workload)
    if wrong:
        return wrong
    if workload.pod.security.seccomp_profile is not None:
        return []
    for_all = Change("set", workload.at("securityContext.seccompProfile.type"), "RuntimeDefault", safe=True)
    faults: list[Fault] = []
    for container in workload.containers():
        if container.security.seccomp_profile is None:
            path = container.at("securityContext.seccompProfile.type")
            says = "must be RuntimeDefault or Localhost, here or for the pod"
            faults.append(Fault(path, says, container.name, for_all))
    return faults


def _unfiltered(path: str, found: str, container: str) -> Fault:
    says = f'must be RuntimeDefault or Localhost, not "{found}"'
    return Fault(path, says, container, Change("set", path, "RuntimeDefault"))


CHECKS = (
    Check(
        "seccompProfile_baseline",
        Level.BASELINE,
        "system calls unfiltered",
        (Revision(0, seccomp_annotations), Revision(19, seccomp_profile)),
    ),
    Check(
        "seccompProfile_restricted",
        Level.RESTRICTED,
        "system calls not filtered",
        (
            Revision(19, seccomp_required, overrides=("seccompProfile_baseline",)),
            Revision(25, seccomp_required, runs_windows, ("seccompProfile_baseline",)),
        ),
    ),
)
