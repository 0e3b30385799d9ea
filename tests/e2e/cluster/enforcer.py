"""Programs of others that enforce network policy on the nodes, so that what we compute can be held against packets.

* kube-router, its firewall alone: NetworkPolicy, through iptables and ipset.
* kube-network-policies: NetworkPolicy, AdminNetworkPolicy and BaselineAdminNetworkPolicy, decided per connection in
  user space. It hands itself packets by an nftables `queue` rule, which a kernel may lack; here the iptables target
  NFQUEUE does that, and the program is built without its own rules (`patches`).

The newest module of the latter is older than ClusterNetworkPolicy. The two Admin kinds, from which that grew, mean the
same wherever both can say it, so `as_admin_policies` rewrites one into the other and `NotExpressible` marks the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.e2e.cluster import network
from tests.e2e.cluster.build import program
from tests.e2e.cluster.cluster import Cluster
from tests.e2e.cluster.node import Node

QUEUE = 100
EVERY_PORT = {"start": 1, "end": 65535}


class NotExpressible(Exception):
    """A ClusterNetworkPolicy says what AdminNetworkPolicy cannot."""


def start_kube_router(cluster: Cluster) -> None:
    """Enforce NetworkPolicy on every node from now on."""
    credentials = cluster.control_plane.inner_kubeconfig("admin")
    for node in cluster.nodes:
        node.launch(
            "kube-router",
            [
                str(program("kube-router")),
                "--run-router=false",
                "--run-firewall=true",
                "--run-service-proxy=false",
                f"--kubeconfig={credentials}",
                f"--hostname-override={node.name}",
                f"--service-cluster-ip-range={network.SERVICES}",
            ],
        )


def start_kube_network_policies(cluster: Cluster) -> None:
    """Enforce NetworkPolicy and the two Admin kinds on every node from now on. Their definitions must be installed."""
    credentials = cluster.control_plane.inner_kubeconfig("admin")
    for node in cluster.nodes:
        node.launch(
            "kube-network-policies",
            [
                *["env", f"KUBECONFIG={credentials}", str(program("kube-network-policies"))],
                "--admin-network-policy",
                "--baseline-admin-network-policy",
                f"--nfqueue-id={QUEUE}",
                f"--hostname-override={node.name}",
            ],
        )
        _queue_new_connections(node)


def _queue_new_connections(node: Node) -> None:
    """What passes the node goes to the program once per connection; what root on the node sends, as probes, does not."""
    for rule in (
        ("-m", "conntrack", "--ctstate", "ESTABLISHED,RELATED", "-j", "RETURN"),
        ("-m", "owner", "--uid-owner", "0", "-j", "RETURN"),
        ("-j", "NFQUEUE", "--queue-num", str(QUEUE)),
    ):
        # After the destination of a service has been chosen and before the source is rewritten.
        node.run("iptables-legacy", "--table=mangle", "--append=POSTROUTING", *rule)


def as_admin_policies(policies: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """ClusterNetworkPolicies (v1alpha2) rewritten as AdminNetworkPolicies and one BaselineAdminNetworkPolicy (v1alpha1).

    Raises `NotExpressible` for a second policy in the Baseline tier, `Pass` there, and domain names.
    """
    rewritten = [_rewritten(policy) for policy in policies]
    if sum(policy["kind"] == "BaselineAdminNetworkPolicy" for policy in rewritten) > 1:
        raise NotExpressible("more than one policy in the Baseline tier")
    return rewritten


def _rewritten(policy: Mapping[str, Any]) -> dict[str, Any]:
    spec = policy["spec"]
    baseline = spec["tier"] == "Baseline"
    new: dict[str, Any] = {"subject": spec["subject"]}
    if not baseline:
        new["priority"] = spec["priority"]
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        if direction in spec:
            new[direction] = [_rule(rule, peers, baseline) for rule in spec[direction]]
    return {
        "apiVersion": "policy.networking.k8s.io/v1alpha1",
        "kind": "BaselineAdminNetworkPolicy" if baseline else "AdminNetworkPolicy",
        "metadata": {"name": "default" if baseline else policy["metadata"]["name"]},
        "spec": new,
    }


def _rule(rule: Mapping[str, Any], peers: str, baseline: bool) -> dict[str, Any]:
    action = {"Accept": "Allow"}.get(rule["action"], rule["action"])
    if baseline and action == "Pass":
        raise NotExpressible("Pass in the Baseline tier")
    if any("domainNames" in peer for peer in rule[peers]):
        raise NotExpressible("domain names")
    new: dict[str, Any] = {"action": action, peers: rule[peers]}
    if rule.get("protocols"):
        new["ports"] = [port for protocol in rule["protocols"] for port in _ports(protocol)]
    return new


def _ports(protocol: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if "destinationNamedPort" in protocol:
        yield {"namedPort": protocol["destinationNamedPort"]}
    for name in ("tcp", "udp", "sctp"):
        if name in protocol:
            port = protocol[name].get("destinationPort", {})
            if "number" in port:
                yield {"portNumber": {"protocol": name.upper(), "port": port["number"]}}
            else:
                yield {"portRange": {"protocol": name.upper(), **port.get("range", EVERY_PORT)}}
