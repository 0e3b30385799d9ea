"""Reference to a claim that is not there.

What: a workload mounts a PersistentVolumeClaim that does not exist.
Why: its pods do not start.
Severity: medium, because it is an outage at the next rollout.
Fix: make the claim.
Limits: in files only namespaces that hold at least one claim are judged.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks._indexes import claims_by_namespace
from seawall.model.cluster.workload import Workload
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, OWASP


@check(
    "storage/missing-claim",
    on=Workload,
    severity=MEDIUM,
    since="0.1",
    maps=(
        OWASP("K01"),
        ATTACK("T1499"),
    ),
)
def missing_claim(workload: Workload, context: Context) -> Iterator[Hit]:
    claims = context.index(claims_by_namespace)
    if workload.namespace not in claims and not context.cluster.scope.runtime:
        return
    for path, volume in workload.volumes():
        claim = volume.persistent_volume_claim
        if claim is not None and claim.claim_name not in claims.get(workload.namespace, frozenset()):
            yield Hit(f"{path}.persistentVolumeClaim.claimName", message=claim.claim_name, key=claim.claim_name)
