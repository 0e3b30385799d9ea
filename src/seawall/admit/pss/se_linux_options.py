"""seLinuxOptions: no SELinux user or role, and only container types (`container_engine_t` since v1.31)."""

from __future__ import annotations

from functools import partial

from seawall.admit.pss.check import Check, Fault, Revision
from seawall.admit.pss.level import Level
from seawall.model.cluster.pod import SELinuxOptions
from seawall.model.cluster.workload import Workload
from seawall.model.finding import Change

TYPES_1_0 = frozenset({"", "container_t", "container_init_t", "container_kvm_t"})
TYPES_1_31 = TYPES_1_0 | {"container_engine_t"}


def se_linux_options(workload: Workload, types: frozenset[str]) -> list[Fault]:
    faults: list[Fault] = []
    options = workload.pod.security.se_linux_options
    if options is not None:
        _collect(options, types, workload.at("securityContext.seLinuxOptions"), "", faults)
    for container in workload.containers():
        options = container.security.se_linux_options
        if options is not None:
            _collect(options, types, container.at("securityContext.seLinuxOptions"), container.name, faults)
    return faults


def _collect(options: SELinuxOptions, types: frozenset[str], at: str, container: str, faults: list[Fault]) -> None:
    if options.type not in types:
        path = f"{at}.type"
        faults.append(Fault(path, f'must not be "{options.type}"', container, Change("unset", path)))
    for value, field in ((options.user, "user"), (options.role, "role")):
        if value:
            path = f"{at}.{field}"
            faults.append(Fault(path, f'must not be set, it is "{value}"', container, Change("unset", path)))


CHECK = Check(
    "seLinuxOptions",
    Level.BASELINE,
    "SELinux options",
    (
        Revision(0, partial(se_linux_options, types=TYPES_1_0)),
        Revision(31, partial(se_linux_options, types=TYPES_1_31)),
    ),
)
