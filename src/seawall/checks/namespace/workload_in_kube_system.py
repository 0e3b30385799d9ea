"""Workload of your own in kube-system.

What: a workload that is none of the control plane's lives in `kube-system`.
Why: the namespace is exempt from most guards, and its service accounts hold wide rights.
Severity: medium, because whoever gets into it is past the guards.
Fix: move it to a namespace of its own.
Limits: what belongs there is known by common names and labels; others are named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from seawall.model.cluster.pod import Pod
from seawall.model.cluster.workload import Workload
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, CIS, NSA, OWASP

_OURS = re.compile(
    r"(kube-|coredns|etcd|metrics-server|cilium|calico|aws-|ebs-|azure-|gke-|konnectivity|node-local-dns|nodelocaldns|csi-|cloud-|snapshot-|vpc-|eks-|antrea|weave|flannel|traefik|local-path|svclb-|coredns-autoscaler|fluentbit-gke|event-exporter|l7-default|pdcsi|netd|ip-masq)"
)


@check(
    "namespace/workload-in-kube-system",
    on=Workload,
    severity=MEDIUM,
    since="0.1",
    maps=(
        CIS("1.8..1.10", "5.7.1"),
        CIS("1.11..1.12", "5.6.1"),
        NSA("pod-security"),
        OWASP("K04"),
        ATTACK("T1610"),
    ),
)
def workload_in_kube_system(workload: Workload, context: Context) -> Iterator[Hit]:
    if workload.namespace != "kube-system" or isinstance(workload.object, Pod):
        return
    if not _OURS.match(workload.name) and "kubernetes.io/cluster-service" not in workload.object.metadata.labels:
        yield Hit("metadata.namespace")
