"""appArmorProfile: the runtime's AppArmor profile is kept, or one of the node's is named; both spellings, annotation and field."""

from __future__ import annotations

from seawall.admit.pss.check import Check, Fault, Revision
from seawall.admit.pss.level import Level
from seawall.model.cluster.workload import Workload
from seawall.model.finding import Change

_ANNOTATION = "container.apparmor.security.beta.kubernetes.io/"
_TYPES = frozenset({"RuntimeDefault", "Localhost"})


def app_armor_profile(workload: Workload) -> list[Fault]:
    faults: list[Fault] = []
    profile = workload.pod.security.app_armor_profile
    if profile is not None and profile.type not in _TYPES:
        faults.append(_unknown_type(workload.at("securityContext.appArmorProfile"), profile.type, ""))
    for container in workload.containers():
        profile = container.security.app_armor_profile
        if profile is not None and profile.type not in _TYPES:
            faults.append(_unknown_type(container.at("securityContext.appArmorProfile"), profile.type, container.name))
    for key, value in workload.annotations.items():
        if key.startswith(_ANNOTATION) and not (value in ("", "runtime/default") or value.startswith("localhost/")):
            path = workload.at_metadata(f"annotations[{key}]")
            faults.append(
                Fault(
                    path,
                    f'must be "runtime/default" or "localhost/…", not "{value}"',
                    key.removeprefix(_ANNOTATION),
                    Change("unset", path),
                )
            )
    return faults


def _unknown_type(path: str, found: str, container: str) -> Fault:
    return Fault(
        f"{path}.type", f'must be RuntimeDefault or Localhost, not "{found}"', container, Change("unset", path)
    )


CHECK = Check("appArmorProfile", Level.BASELINE, "AppArmor turned off", (Revision(0, app_armor_profile),))
