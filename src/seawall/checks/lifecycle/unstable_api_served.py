"""API server that serves an alpha or beta API.

What: the API server itself serves an alpha or beta version of one of Kubernetes' own groups.
Why: code that is not finished answers requests; its authorization and validation have had the fewest eyes.
Severity: low, because RBAC still stands before it; medium for alpha, which is off unless somebody turned it on.
Fix: drop it from `--runtime-config`, and the feature gate that needs it.
Limits: seen by the APIService objects that the API server keeps of itself, so in a live cluster and in snapshots only; versions that a beta feature needs by default are named too.
References: https://kubernetes.io/docs/reference/using-api/#api-versioning
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.lifecycle._stability import stability
from seawall.model.cluster.cluster_kinds import APIService
from seawall.spi.check import LOW, MEDIUM, Context, Hit, check
from seawall.spi.frameworks import NSA, OWASP


@check("lifecycle/unstable-api-served", on=APIService, severity=LOW, since="0.1", maps=(NSA("upgrading"), OWASP("K07")))
def unstable_api_served(service: APIService, context: Context) -> Iterator[Hit]:
    if service.spec.get("service") is not None:
        return  # another server's
    group, version = str(service.spec.get("group", "")), str(service.spec.get("version", ""))
    stage = stability(f"{group}/{version}")
    if stage:
        severity = MEDIUM if stage == "alpha" else None
        yield Hit("spec.version", f"{group}/{version} is {stage}", severity=severity)
