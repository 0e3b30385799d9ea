"""Alpha or beta version of an API.

What: an object is written in an alpha or beta version of a kind of Kubernetes' own.
Why: such versions are off unless somebody turns them on (beta ones since 1.24), may change their fields from release to release, and alpha ones may vanish without notice.
Severity: low, because it can be planned for; medium for alpha, which promises nothing.
Fix: use the stable version where there is one; else note down which upgrade the object depends on.
Limits: versions of custom resources are their owners' affair. One that is deprecated or removed is left to `lifecycle/deprecated-api` and `lifecycle/removed-api`.
References: https://kubernetes.io/docs/reference/using-api/#api-versioning
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.lifecycle._api_versions import LIFECYCLES, meant_for
from seawall.checks.lifecycle._stability import stability
from seawall.model.cluster.meta import Object
from seawall.spi.check import LOW, MEDIUM, Context, Hit, check
from seawall.spi.frameworks import NSA, OWASP


@check("lifecycle/unstable-api", on=Object, severity=LOW, since="0.1", maps=(NSA("upgrading"), OWASP("K07")))
def unstable_api(thing: Object, context: Context) -> Iterator[Hit]:
    stage = stability(thing.api_version)
    if not stage:
        return
    lifecycle = LIFECYCLES.get((thing.api_version, thing.kind))
    if lifecycle is None or meant_for(context) < lifecycle.deprecated:
        severity = MEDIUM if stage == "alpha" else None
        yield Hit("apiVersion", f"{thing.api_version} {thing.kind} is {stage}", severity=severity)
