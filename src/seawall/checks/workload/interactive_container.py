"""Terminal kept open.

What: a container keeps standard input and a terminal open.
Why: it is made to be attached to: a debugging leftover that gives a shell to whoever may attach.
Severity: low, because it needs `pods/attach`, which is logged.
Fix: remove `stdin` and `tty`.
Automatic: unsafe, because a shell as the container's program ends without a terminal.
Limits: a shell as the command without a terminal is not seen.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.workload import Position, Workload
from seawall.spi.check import LOW, Context, Hit, Unset, check
from seawall.spi.frameworks import ATTACK, OWASP


@check(
    "workload/interactive-container",
    on=Workload,
    severity=LOW,
    since="0.1",
    maps=(
        OWASP("K01"),
        ATTACK("T1609"),
    ),
)
def interactive_container(workload: Workload, context: Context) -> Iterator[Hit]:
    for container in workload.containers():
        if container.position is not Position.EPHEMERAL and container.container.stdin and container.container.tty:
            yield Hit(container.at("tty"), fix=Unset())
