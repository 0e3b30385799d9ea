"""Secret in an annotation.

What: an annotation holds what looks or is named like a secret.
Why: annotations are shown by every tool and copied to logs.
Severity: medium, because the value is a credential in the clear.
Fix: remove it; rotate it.
Limits: copies of the whole object that tools leave are left out; they are redacted, not judged.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.redaction import MASK
from seawall.model.cluster.workload import Workload
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, OWASP


@check(
    "secret/secret-in-annotation",
    on=Workload,
    severity=MEDIUM,
    since="0.1",
    maps=(
        OWASP("K03"),
        ATTACK("T1552.007"),
    ),
)
def secret_in_annotation(workload: Workload, context: Context) -> Iterator[Hit]:
    for key, value in workload.object.metadata.annotations.items():
        if MASK in value and not value.startswith(MASK):
            yield Hit(f"metadata.annotations.{key}", message=key, key=key)
