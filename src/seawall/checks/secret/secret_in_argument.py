"""Secret in an argument.

What: a command or an argument holds what looks or is named like a secret.
Why: arguments stand in the manifest, in the API and in the process list of the node.
Severity: high, because the value is a credential in the clear.
Fix: pass it by a file or a variable that refers to a Secret; rotate what was written.
Limits: what looks like no secret and is named like none passes.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.redaction import MASK
from seawall.model.cluster.workload import Workload
from seawall.spi.check import HIGH, Context, Hit, check
from seawall.spi.frameworks import ATTACK, MATRIX, OWASP


@check(
    "secret/secret-in-argument",
    on=Workload,
    severity=HIGH,
    since="0.1",
    maps=(
        OWASP("K03"),
        ATTACK("T1552.007"),
        MATRIX("MS-TA9027"),
    ),
)
def secret_in_argument(workload: Workload, context: Context) -> Iterator[Hit]:
    for container in workload.containers():
        for field in ("command", "args"):
            for index, argument in enumerate(getattr(container.container, field)):
                if MASK in argument:
                    yield Hit(container.at(f"{field}[{index}]"), message=argument)
