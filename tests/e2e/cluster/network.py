"""Addresses inside a cluster. Every instance uses the same ones: each has a network of its own."""

from __future__ import annotations

from tests.e2e.cluster.namespaces import Namespaces

BRIDGE = "seawall0"
CONTROL_PLANE = "10.77.0.1"
"""Of the control plane, on the bridge that the nodes are plugged into."""
API_PORT = 6443
ETCD_PORT = 2379
ISSUER_PORT = 8443
SERVICES = "10.96.0.0/16"
API_SERVICE = "10.96.0.1"
"""The first address of the service range is the API server's own (`kubernetes.default`)."""
DNS_SERVICE = "10.96.0.10"
PODS = "10.78.0.0/16"

API_URL = f"https://{CONTROL_PLANE}:{API_PORT}"
ISSUER_URL = f"https://{CONTROL_PLANE}:{ISSUER_PORT}"


def node_address(index: int) -> str:
    return f"10.77.0.{10 + index}"


def pod_range(index: int) -> str:
    """The pods of one node, within `PODS`."""
    return f"10.78.{index}.0/24"


def lay_bridge(namespaces: Namespaces) -> None:
    """Give the control plane its address, on a bridge, and let it pass packets between nodes."""
    namespaces.run("ip", "link", "add", BRIDGE, "type", "bridge")
    namespaces.run("ip", "addr", "add", f"{CONTROL_PLANE}/24", "dev", BRIDGE)
    namespaces.run("ip", "link", "set", BRIDGE, "up")
    namespaces.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
