"""Image without a registry.

What: an image is named without its registry.
Why: it comes from the registry that the node is set up with, Docker Hub mostly, where anybody can take a free name.
Severity: low, because a typing error or another default pulls somebody else's image.
Fix: name the registry.
Limits: nodes may mirror a registry under the short name.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.image._reference import image_reference
from seawall.model.cluster.workload import Workload
from seawall.spi.check import LOW, Context, Hit, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP


@check(
    "image/unqualified-image",
    on=Workload,
    severity=LOW,
    since="0.1",
    maps=(
        NSA("supply-chain"),
        OWASP("K07"),
        ATTACK("T1195.002"),
    ),
)
def unqualified_image(workload: Workload, context: Context) -> Iterator[Hit]:
    for container in workload.containers():
        reference = image_reference(container.container.image)
        if reference is not None and not reference.registry:
            yield Hit(container.at("image"), message=container.container.image)
