"""Pod that the API server refuses.

What: a pod or template has a field whose value, name or combination the API server does not take.
Why: no such pod is ever made: the rollout stops, or the controller fails in silence.
Severity: high, because it is an outage at the next rollout.
Fix: correct the field that is named.
Limits: as Kubernetes 1.36 validates; affinity, topology spread, DNS configuration, resource claims, Windows options and the inside of most volume types are not judged, nor what admission webhooks refuse. An empty image is said by `image/unreadable-image-reference`, a request above its limit by `workload/request-above-limit`. Objects that an API server gave out were taken by it.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from seawall.admit.validation import refusals
from seawall.model.cluster.unknown_fields import siblings
from seawall.model.cluster.workload import Workload
from seawall.spi.check import HIGH, Context, Hit, Unknown, check
from seawall.spi.frameworks import ATTACK, OWASP


@check(
    "workload/refused-pod",
    on=Workload,
    severity=HIGH,
    since="0.1",
    maps=(
        OWASP("K01"),
        ATTACK("T1499"),
    ),
)
def refused_pod(workload: Workload, context: Context) -> Iterator[Hit | Unknown]:
    if workload.object.metadata.uid:
        return
    for path in workload.object.unknown:
        yield Unknown(path, _stranger(path))
    for refusal in refusals(workload):
        if not refusal.path.endswith(".image"):
            yield Hit(refusal.path, message=refusal.what)


def _stranger(path: str) -> str:
    name = path.rpartition(".")[2]
    meant = get_close_matches(name, siblings(path), n=1, cutoff=0.8)
    hint = f"misspelt for {meant[0]}, or of" if meant else "misspelt, or of"
    return f"the field {name} is not known: {hint} a Kubernetes that is newer than this Seawall"
