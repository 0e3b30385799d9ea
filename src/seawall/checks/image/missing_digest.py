"""Image without a digest.

What: an image is named by a tag and not by a digest.
Why: a tag can be pushed again, so that the same manifest runs other code.
Severity: info, because it needs rights on the registry.
Fix: add the digest: `name:tag@sha256:…`.
Limits: admission may add it on the way in.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.image._reference import image_reference
from seawall.model.cluster.workload import Workload
from seawall.spi.check import INFO, Context, Hit, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP


@check(
    "image/missing-digest",
    on=Workload,
    severity=INFO,
    since="0.1",
    maps=(
        NSA("supply-chain"),
        OWASP("K07"),
        ATTACK("T1525"),
    ),
)
def missing_digest(workload: Workload, context: Context) -> Iterator[Hit]:
    for container in workload.containers():
        reference = image_reference(container.container.image)
        if reference is not None and not reference.digest:
            yield Hit(container.at("image"), message=container.container.image)
