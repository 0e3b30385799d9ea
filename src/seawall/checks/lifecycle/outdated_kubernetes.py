"""Kubernetes that gets no more fixes.

What: the cluster's minor version has reached its end of life upstream, or will within sixty days.
Why: vulnerabilities that become known from then on are not mended in it.
Severity: high, because the control plane holds everything; low while the end is only near.
Fix: upgrade, one minor after the other.
Limits: judged by upstream's calendar; vendors that mend a version longer are not known. A minor newer than the calendar is not judged. Manifests do not say which version runs them.
References: https://kubernetes.io/releases/patch-releases/
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from seawall.checks.lifecycle._releases import ENDS, running
from seawall.model.cluster.coverage import OutOfScope
from seawall.model.cluster.snapshot import Cluster
from seawall.spi.check import HIGH, LOW, Context, Hit, Unknown, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP

SOON = timedelta(days=60)


@check(
    "lifecycle/outdated-kubernetes",
    on=Cluster,
    severity=HIGH,
    since="0.1",
    maps=(NSA("upgrading"), OWASP("K07"), ATTACK("T1190")),
)
def outdated_kubernetes(cluster: Cluster, context: Context) -> Iterator[Hit | Unknown]:
    version = running(context)
    if version is None:
        if not cluster.scope.runtime:
            raise OutOfScope("version", f"{cluster.scope.description} do not say which Kubernetes runs them")
        yield Unknown("", "the API server's version is not known")
        return
    oldest, newest = min(ENDS), max(ENDS)
    end = ENDS.get(version.minor)
    if version.minor < oldest:
        yield Hit("version", f"{version.minor} ended before {ENDS[oldest]}")
    elif version.minor > newest:
        yield Unknown("", f"{version.minor} is newer than the calendar at hand, which ends with {newest}")
    elif context.at is None:
        yield Unknown("", "no day was given to judge the end of life by")
    elif end is not None and end < context.at:
        yield Hit("version", f"{version.minor} has had no fixes since {end}")
    elif end is not None and end - context.at <= SOON:
        yield Hit("version", f"{version.minor} gets its last fixes on {end}", severity=LOW)
