"""Environment variable set twice.

What: a container sets an environment variable twice.
Why: the last one wins, and a reader of the manifest believes the first.
Severity: low, because it hides what is in force.
Fix: remove one.
Limits: variables that come from `envFrom` may be overridden on purpose and are not compared.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.workload import Workload
from seawall.spi.check import LOW, Context, Hit, check
from seawall.spi.frameworks import ATTACK, OWASP


@check(
    "workload/duplicate-variable",
    on=Workload,
    severity=LOW,
    since="0.1",
    maps=(
        OWASP("K01"),
        ATTACK("T1574"),
    ),
)
def duplicate_variable(workload: Workload, context: Context) -> Iterator[Hit]:
    for container in workload.containers():
        seen: set[str] = set()
        for index, variable in enumerate(container.container.env):
            if variable.name in seen:
                yield Hit(container.at(f"env[{index}].name"), message=variable.name)
            seen.add(variable.name)
