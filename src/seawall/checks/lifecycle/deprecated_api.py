"""API version that will be removed.

What: an object is written in a version of its kind that Kubernetes still serves, and has said it will stop serving.
Why: an upgrade of the cluster makes it fail.
Severity: low, because it works today and its end is announced.
Fix: write it in the version that took over before that upgrade.
Automatic: safe, because the fields stayed the same in the version that took over; where they did not, nothing is offered.
Limits: as `lifecycle/removed-api`, which says so once the version is gone.
References: https://kubernetes.io/docs/reference/using-api/deprecation-guide/
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.lifecycle._api_versions import LIFECYCLES, meant_for
from seawall.model.cluster.meta import Object
from seawall.spi.check import LOW, Context, Hit, Set, check
from seawall.spi.frameworks import NSA, OWASP


@check("lifecycle/deprecated-api", on=Object, severity=LOW, since="0.1", maps=(NSA("upgrading"), OWASP("K07")))
def deprecated_api(thing: Object, context: Context) -> Iterator[Hit]:
    lifecycle = LIFECYCLES.get((thing.api_version, thing.kind))
    if lifecycle is None or not lifecycle.deprecated <= meant_for(context) < lifecycle.removed:
        return
    message = (
        f"{thing.api_version} {thing.kind} will not be served from {lifecycle.removed} on: use {lifecycle.replacement}"
    )
    yield Hit("apiVersion", message, fix=Set(lifecycle.replacement, safe=True) if lifecycle.same else None)
