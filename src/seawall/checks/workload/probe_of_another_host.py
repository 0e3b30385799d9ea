"""Probe that names a host.

What: a probe or lifecycle hook names a host to ask.
Why: the kubelet asks it from the node, so the pod can make the node send requests to any address, the metadata service included.
Severity: medium, because it turns the node into a proxy for whoever writes the pod.
Fix: remove `host`; probes reach the pod itself.
Automatic: unsafe, because the pod is asked instead of the other host, and may not answer.
Limits: an exec probe may do the same from inside the container.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.workload._pod_security import faults_of
from seawall.model.cluster.workload import Workload
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP, PSS

_faults = faults_of("hostProbesAndHostLifecycle")


@check(
    "workload/probe-of-another-host",
    on=Workload,
    severity=MEDIUM,
    since="0.1",
    maps=(
        PSS.baseline("hostProbesAndHostLifecycle"),
        NSA("pod-security"),
        OWASP("K01"),
        ATTACK("T1090"),
    ),
)
def probe_of_another_host(workload: Workload, context: Context) -> Iterator[Hit]:
    return _faults(workload)
