"""Mutable tag that is not pulled again.

What: an image is named by a tag that moves, and the pull policy keeps what the node has.
Why: nodes run different code under one name, and a fixed image never arrives.
Severity: low, because it hides what runs.
Fix: name a digest, or pull always.
Automatic: safe where it says `IfNotPresent`, because the registry that gave the image once is asked again; unsafe where it says `Never`, because the image may be in no registry.
Limits: the policy defaults to Always for `latest`, which is why only an explicit one is named.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.image._reference import image_reference
from seawall.model.cluster.workload import Workload
from seawall.spi.check import LOW, Context, Hit, Set, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP


@check(
    "image/stale-pull-policy",
    on=Workload,
    severity=LOW,
    since="0.1",
    maps=(
        NSA("supply-chain"),
        OWASP("K07"),
        ATTACK("T1525"),
    ),
)
def stale_pull_policy(workload: Workload, context: Context) -> Iterator[Hit]:
    for container in workload.containers():
        reference = image_reference(container.container.image)
        mutable = reference is not None and not reference.digest and reference.tag in ("", "latest")
        policy = container.container.image_pull_policy
        if mutable and policy in ("IfNotPresent", "Never"):
            fix = Set("Always", safe=policy == "IfNotPresent")
            yield Hit(container.at("imagePullPolicy"), message=policy, fix=fix)
