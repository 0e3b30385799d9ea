"""Service port that no container declares.

What: a Service names a target port by a name that no container it selects declares.
Why: the port leads nowhere.
Severity: medium, because it is an outage.
Fix: declare the port, or give its number.
Limits: numbers are not compared: a program may serve ports that it does not declare.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks._indexes import Labelled
from seawall.model.cluster.network_kinds import Service
from seawall.model.cluster.selector import LabelSelector
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, OWASP


@check(
    "service/undeclared-target-port",
    on=Service,
    severity=MEDIUM,
    since="0.1",
    maps=(
        OWASP("K06"),
        ATTACK("T1499"),
    ),
)
def undeclared_target_port(service: Service, context: Context) -> Iterator[Hit]:
    selector = service.spec.selector
    if not selector:
        return
    chosen = context.index(Labelled).picked(service.namespace, LabelSelector(selector))
    if not chosen:
        return
    declared = {port.name for workload in chosen for view in workload.containers() for port in view.container.ports}
    for index, port in enumerate(service.spec.ports):
        if isinstance(port.target_port, str) and not port.target_port.isdigit() and port.target_port not in declared:
            yield Hit(f"spec.ports[{index}].targetPort", message=port.target_port, key=port.target_port)
