"""Image by a tag that moves.

What: an image is named by `latest` or without a tag.
Why: what runs depends on when it was pulled; it cannot be traced, scanned or rolled back.
Severity: medium, because whoever may push to the repository changes what runs.
Fix: name a version, better a digest.
Limits: other tags move too; `image/missing-digest` asks for digests.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.image._reference import image_reference
from seawall.model.cluster.workload import Workload
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, MATRIX, NSA, OWASP


@check(
    "image/mutable-tag",
    on=Workload,
    severity=MEDIUM,
    since="0.1",
    maps=(
        NSA("supply-chain"),
        OWASP("K07"),
        ATTACK("T1525"),
        MATRIX("MS-TA9033"),
    ),
)
def mutable_tag(workload: Workload, context: Context) -> Iterator[Hit]:
    for container in workload.containers():
        reference = image_reference(container.container.image)
        if reference is not None and not reference.digest and reference.tag in ("", "latest"):
            yield Hit(container.at("image"), message=container.container.image)
