"""Ingress that takes what nobody else takes.

What: an Ingress has a default backend.
Why: every name and path that no rule takes leads to it.
Severity: low, because it is meant at times.
Fix: name hosts and paths.
Limits: controllers have a default backend of their own.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.network_kinds import Ingress
from seawall.spi.check import LOW, Context, Hit, check
from seawall.spi.frameworks import ATTACK, OWASP


@check(
    "ingress/default-backend",
    on=Ingress,
    severity=LOW,
    since="0.1",
    maps=(
        OWASP("K06"),
        ATTACK("T1584.001"),
    ),
)
def default_backend(ingress: Ingress, context: Context) -> Iterator[Hit]:
    if ingress.spec.default_backend is not None:
        yield Hit("spec.defaultBackend")
