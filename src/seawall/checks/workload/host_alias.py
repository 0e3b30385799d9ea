"""Host names overridden.

What: the pod overrides host names with addresses of its own.
Why: a name then leads somewhere that DNS, its logs and policies by name do not know of.
Severity: low, because it hides where traffic goes.
Fix: remove `hostAliases`; use a Service of type ExternalName or a DNS record.
Limits: a program may bring its own hosts file.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.workload import Workload
from seawall.spi.check import LOW, Context, Hit, check
from seawall.spi.frameworks import ATTACK, OWASP


@check(
    "workload/host-alias",
    on=Workload,
    severity=LOW,
    since="0.1",
    maps=(
        OWASP("K05"),
        ATTACK("T1565"),
    ),
)
def host_alias(workload: Workload, context: Context) -> Iterator[Hit]:
    for index, alias in enumerate(workload.pod.host_aliases):
        yield Hit(
            workload.at(f"hostAliases[{index}]"), message=f"{', '.join(alias.hostnames)} is {alias.ip}", key=alias.ip
        )
