"""Root group asked for.

What: a pod or container sets `runAsGroup: 0` or adds group 0.
Why: files of the root group, which images often make writable, are open to it.
Severity: low, because it weakens what another user gained.
Fix: choose another group.
Limits: an image may bring the root group as its default.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.workload import Workload
from seawall.spi.check import LOW, Context, Hit, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP


@check(
    "workload/root-group",
    on=Workload,
    severity=LOW,
    since="0.1",
    maps=(
        NSA("pod-security"),
        OWASP("K01"),
        ATTACK("T1548"),
    ),
)
def root_group(workload: Workload, context: Context) -> Iterator[Hit]:
    pod = workload.pod.security
    if pod.run_as_group == 0:
        yield Hit(workload.at("securityContext.runAsGroup"))
    if 0 in pod.supplemental_groups or pod.fs_group == 0:
        yield Hit(
            workload.at(
                "securityContext.supplementalGroups" if 0 in pod.supplemental_groups else "securityContext.fsGroup"
            ),
            key="added",
        )
    for container in workload.containers():
        if container.security.run_as_group == 0:
            yield Hit(container.at("securityContext.runAsGroup"))
