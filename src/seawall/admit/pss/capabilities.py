"""capabilities_baseline, capabilities_restricted: nothing beyond the runtime's default set is added; restricted pods drop ALL first."""

from __future__ import annotations

from seawall.admit.pss.check import Check, Fault, Revision, runs_windows
from seawall.admit.pss.level import Level
from seawall.model.cluster.workload import ContainerView, Workload
from seawall.model.finding import Change

DEFAULT_SET = frozenset(
    {
        "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE",
        "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
    }
)  # fmt: skip
"""What the baseline lets a container add: the capabilities that runtimes give anyway."""

_BINDING_LOW_PORTS = frozenset({"NET_BIND_SERVICE"})


def capabilities_added(workload: Workload) -> list[Fault]:
    faults: list[Fault] = []
    for container in workload.containers():
        faults.extend(_added(container, DEFAULT_SET))
    return faults


def capabilities_restricted(workload: Workload) -> list[Fault]:
    faults: list[Fault] = []
    for container in workload.containers():
        capabilities = container.security.capabilities
        if capabilities is None or "ALL" not in capabilities.drop:
            path = container.at("securityContext.capabilities.drop")
            fix = Change("append", path, "ALL", safe=_holds_none(container))
            faults.append(Fault(path, "must hold ALL", container.name, fix))
        faults.extend(_added(container, _BINDING_LOW_PORTS))
    return faults


def _holds_none(container: ContainerView) -> bool:
    """Whether its processes have no capability anyway: not root, no way to gain any, and none added."""
    security = container.security
    ordinary = container.user != 0 and (container.user is not None or container.refuses_root)
    added = security.capabilities is not None and bool(security.capabilities.add)
    return ordinary and security.allow_privilege_escalation is False and not security.privileged and not added


def _added(container: ContainerView, allowed: frozenset[str]) -> list[Fault]:
    capabilities = container.security.capabilities
    if capabilities is None or allowed.issuperset(capabilities.add):
        return []
    path = container.at("securityContext.capabilities.add")
    kept = [name for name in capabilities.add if name in allowed]
    surplus = ", ".join(dict.fromkeys(name for name in capabilities.add if name not in allowed))
    fix = Change("set", path, kept) if kept else Change("unset", path)
    return [Fault(path, f"must not hold {surplus}", container.name, fix)]


CHECKS = (
    Check("capabilities_baseline", Level.BASELINE, "capabilities added", (Revision(0, capabilities_added),)),
    Check(
        "capabilities_restricted",
        Level.RESTRICTED,
        "capabilities not dropped",
        (
            Revision(22, capabilities_restricted, overrides=("capabilities_baseline",)),
            Revision(25, capabilities_restricted, runs_windows, ("capabilities_baseline",)),
        ),
    ),
)
