"""sysctls: only kernel settings that belong to the pod's namespaces and are safe to change; the list grew with the kubelet's."""

from __future__ import annotations

from functools import partial

from seawall.admit.pss.check import Check, Fault, Revision
from seawall.admit.pss.level import Level
from seawall.model.cluster.workload import Workload

SAFE_1_0 = frozenset(
    {
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.ping_group_range",
        "net.ipv4.tcp_syncookies",
    }
)
SAFE_1_27 = SAFE_1_0 | {"net.ipv4.ip_local_reserved_ports"}
SAFE_1_29 = SAFE_1_27 | {
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
}
SAFE_1_32 = SAFE_1_29 | {"net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"}
SAFE_1_37 = SAFE_1_32 | {"net.ipv4.tcp_notsent_lowat", "net.ipv4.tcp_slow_start_after_idle"}


def sysctls(workload: Workload, safe: frozenset[str]) -> list[Fault]:
    return [
        Fault(workload.at(f"securityContext.sysctls[{index}].name"), f'must not be "{sysctl.name}"')
        for index, sysctl in enumerate(workload.pod.security.sysctls)
        if sysctl.name not in safe
    ]


_HISTORY = ((0, SAFE_1_0), (27, SAFE_1_27), (29, SAFE_1_29), (32, SAFE_1_32), (37, SAFE_1_37))

CHECK = Check(
    "sysctls",
    Level.BASELINE,
    "kernel settings",
    tuple(Revision(since, partial(sysctls, safe=safe)) for since, safe in _HISTORY),
)
