"""CoreDNS as a Deployment behind the address that every kubelet hands to its pods."""

from __future__ import annotations

from typing import Any

from tests.e2e.cluster import images, network
from tests.e2e.cluster.control_plane import ControlPlane

COREFILE = """\
.:53 {
    errors
    health
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        pods insecure
    }
    cache 5
}
"""
LABELS = {"k8s-app": "kube-dns"}
READS = (("", ("endpoints", "services", "pods", "namespaces")), ("discovery.k8s.io", ("endpointslices",)))


def install(control_plane: ControlPlane) -> None:
    """Create its objects; it becomes available once a node can run it."""
    control_plane.apply(*_objects())


def available(control_plane: ControlPlane) -> bool:
    status = control_plane.get("deployment", "coredns", "--namespace=kube-system")["status"]
    return bool(status.get("availableReplicas"))


def _objects() -> list[dict[str, Any]]:
    here = {"name": "coredns", "namespace": "kube-system"}
    container = {
        "name": "coredns",
        "image": images.COREDNS,
        "command": ["/coredns", "-conf", "/etc/coredns/Corefile"],
        "ports": [{"containerPort": 53, "protocol": "UDP"}, {"containerPort": 53, "protocol": "TCP"}],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8181}, "periodSeconds": 1},
        "resources": {"requests": {"cpu": "50m", "memory": "32Mi"}, "limits": {"memory": "128Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"add": ["NET_BIND_SERVICE"], "drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
        "volumeMounts": [{"name": "config", "mountPath": "/etc/coredns"}],
    }
    pod = {
        "serviceAccountName": "coredns",
        "priorityClassName": "system-cluster-critical",
        "dnsPolicy": "Default",
        "terminationGracePeriodSeconds": 2,
        "containers": [container],
        "volumes": [{"name": "config", "configMap": {"name": "coredns"}}],
    }
    ports = [{"name": "dns", "port": 53, "protocol": "UDP"}, {"name": "dns-tcp", "port": 53, "protocol": "TCP"}]
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": here},
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": {"name": "system:coredns"},
            "rules": [
                {"apiGroups": [group], "resources": list(resources), "verbs": ["list", "watch"]}
                for group, resources in READS
            ],
        },
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": "system:coredns"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "system:coredns"},
            "subjects": [{"kind": "ServiceAccount", **here}],
        },
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": here, "data": {"Corefile": COREFILE}},
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {**here, "labels": LABELS},
            "spec": {
                "replicas": 1,
                "selector": {"matchLabels": LABELS},
                "template": {"metadata": {"labels": LABELS}, "spec": pod},
            },
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "kube-dns", "namespace": "kube-system", "labels": LABELS},
            "spec": {"clusterIP": network.DNS_SERVICE, "selector": LABELS, "ports": ports},
        },
    ]
