"""API version that is no longer served.

What: an object is written in a version of its kind that Kubernetes stopped serving.
Why: the API server refuses the object as if its kind did not exist: the next deployment, or a restore, fails, and a policy written so protects nothing.
Severity: high, because what the object should do does not happen.
Fix: write it in the version that took over; where fields changed, `kubectl convert` rewrites them.
Automatic: safe, because the fields stayed the same in the version that took over; where they did not, nothing is offered.
Limits: judged by `--kubernetes-version`, else the cluster's own version, else the newest known. A live cluster gives objects in a version that it serves, so this is for files and snapshots; kinds that Seawall does not read are not judged.
References: https://kubernetes.io/docs/reference/using-api/deprecation-guide/
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.lifecycle._api_versions import LIFECYCLES, meant_for
from seawall.model.cluster.meta import Object
from seawall.spi.check import HIGH, Context, Hit, Set, check
from seawall.spi.frameworks import NSA, OWASP


@check("lifecycle/removed-api", on=Object, severity=HIGH, since="0.1", maps=(NSA("upgrading"), OWASP("K07")))
def removed_api(thing: Object, context: Context) -> Iterator[Hit]:
    lifecycle = LIFECYCLES.get((thing.api_version, thing.kind))
    if lifecycle is None or meant_for(context) < lifecycle.removed:
        return
    message = f"{thing.api_version} {thing.kind} is not served since {lifecycle.removed}: use {lifecycle.replacement}"
    yield Hit("apiVersion", message, fix=Set(lifecycle.replacement, safe=True) if lifecycle.same else None)
