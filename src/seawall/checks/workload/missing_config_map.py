"""Reference to a config map that is not there.

What: a workload refers to a ConfigMap that does not exist in its namespace.
Why: its pods do not start.
Severity: medium, because it is an outage at the next rollout.
Fix: make the ConfigMap, or mark the reference optional.
Limits: in files only namespaces that hold at least one ConfigMap are judged.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.workload._config_maps import config_map_names, config_map_references
from seawall.model.cluster.workload import Workload
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, OWASP


@check(
    "workload/missing-config-map",
    on=Workload,
    severity=MEDIUM,
    since="0.1",
    maps=(
        OWASP("K01"),
        ATTACK("T1499"),
    ),
)
def missing_config_map(workload: Workload, context: Context) -> Iterator[Hit]:
    known = context.index(config_map_names)
    if workload.namespace not in known and not context.cluster.scope.runtime:
        return
    for path, name, optional in config_map_references(workload):
        if not optional and name not in known.get(workload.namespace, frozenset()):
            yield Hit(path, message=name, key=name)
