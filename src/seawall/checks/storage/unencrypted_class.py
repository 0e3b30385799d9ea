"""Storage class that asks for no encryption.

What: a storage class of a provider whose volumes can be encrypted does not ask for it.
Why: whoever gets the disk or a copy of it reads it.
Severity: low, because providers may encrypt by default.
Fix: set the provider's parameter.
Automatic: unsafe, because the parameters of a class can not be changed: it has to be made anew.
Limits: known for AWS EBS alone; others encrypt by default or have no parameter.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.cluster_kinds import StorageClass
from seawall.spi.check import LOW, Context, Hit, Set, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP


@check(
    "storage/unencrypted-class",
    on=StorageClass,
    severity=LOW,
    since="0.1",
    maps=(
        NSA("pod-security"),
        OWASP("K03"),
        ATTACK("T1530"),
    ),
)
def unencrypted_class(storage_class: StorageClass, context: Context) -> Iterator[Hit]:
    if (
        storage_class.provisioner in ("ebs.csi.aws.com", "kubernetes.io/aws-ebs")
        and storage_class.parameters.get("encrypted", "").lower() != "true"
    ):
        yield Hit("parameters.encrypted", fix=Set("true"))
