"""Image reference that is none.

What: an image is empty or no reference that a runtime can pull.
Why: the pod does not start.
Severity: high, because it is an outage at the next rollout.
Fix: write `registry/name:tag` or `registry/name@sha256:…`.
Limits: a reference may be well written and name nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.image._reference import image_reference
from seawall.model.cluster.workload import Workload
from seawall.spi.check import HIGH, Context, Hit, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP


@check(
    "image/unreadable-image-reference",
    on=Workload,
    severity=HIGH,
    since="0.1",
    maps=(
        NSA("supply-chain"),
        OWASP("K07"),
        ATTACK("T1499"),
    ),
)
def unreadable_image_reference(workload: Workload, context: Context) -> Iterator[Hit]:
    for container in workload.containers():
        if image_reference(container.container.image) is None:
            yield Hit(container.at("image"), message=container.container.image or "empty")
