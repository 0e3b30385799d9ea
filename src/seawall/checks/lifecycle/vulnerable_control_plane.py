"""Control plane with a known vulnerability.

What: the API server's version has a vulnerability that a later patch of Kubernetes mends, in the API server or in the controller manager of the same release.
Why: how to use it is public.
Severity: high, because the control plane holds everything; each vulnerability has its own, and says what it needs.
Fix: upgrade to the patch that is named, or a later one.
Limits: by upstream's version alone: what a vendor mended in an older version is not known, nor whether what the vulnerability needs is there. The list is of 2026-09-14; 180 days later the answer is UNKNOWN. Vulnerabilities that no version mends are left to the checks of posture. Manifests do not say which version runs them.
References: https://kubernetes.io/docs/reference/issues-security/official-cve-feed/
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.lifecycle._releases import running
from seawall.checks.lifecycle._vulnerabilities import known, stale
from seawall.model.cluster.coverage import OutOfScope
from seawall.model.cluster.snapshot import Cluster
from seawall.spi.check import HIGH, Context, Hit, Unknown, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP


@check(
    "lifecycle/vulnerable-control-plane",
    on=Cluster,
    severity=HIGH,
    since="0.1",
    maps=(NSA("upgrading"), OWASP("K07"), ATTACK("T1190")),
)
def vulnerable_control_plane(cluster: Cluster, context: Context) -> Iterator[Hit | Unknown]:
    version = running(context)
    if version is None:
        if not cluster.scope.runtime:
            raise OutOfScope("version", f"{cluster.scope.description} do not say which Kubernetes runs them")
        yield Unknown("", "the API server's version is not known")
        return
    for one in known().vulnerability:
        if one.component != "kubelet" and one.affects(version):
            yield Hit("version", f"{version} has {one.told}", key=one.id, severity=one.severity)
    if why := stale(context.at):
        yield Unknown("", why)
