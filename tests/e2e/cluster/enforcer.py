"""Programs of others that enforce network policy on the nodes, so that what we compute can be held against packets.

* kube-router, its firewall alone: NetworkPolicy, through iptables and ipset.
* kube-network-policies: NetworkPolicy, AdminNetworkPolicy and BaselineAdminNetworkPolicy, decided per connection in
  user space. It hands itself packets by an nftables `queue` rule, which a kernel may lack; here the iptables target
  NFQUEUE does that, and the program is built without its own rules (`patches`).

The newest module of the latter is older than ClusterNetworkPolicy. The two Admin kinds, from which that grew, mean the
same wherever both can say it, so `as_admin_policies` rewrites one into the other and `NotExpressible` marks the rest.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.e2e.cluster import crds, network, probe
from tests.e2e.cluster.build import program
from tests.e2e.cluster.cluster import Cluster
from tests.e2e.cluster.node import Node
from tests.e2e.cluster.probe import Connection, Port, ProbePod
from tests.e2e.cluster.processes import wait_for

QUEUE = 100


class NotExpressible(Exception):
    """A ClusterNetworkPolicy says what AdminNetworkPolicy cannot."""


CANARY = "seawall-canary"
CANARY_PORTS = (Port(7001), Port(7002))
"""Of these the canary's NetworkPolicy opens one at a time."""
ADMIN_CANARY_PORTS = (Port(7003), Port(7004))
"""Of these, which its NetworkPolicy leaves open, its AdminNetworkPolicy closes one at a time."""
SETTLE_SECONDS = 60.0


@dataclass
class Enforcer:
    """One enforcer, running on every node of a cluster."""

    cluster: Cluster
    admin_kinds: bool
    """Whether it enforces AdminNetworkPolicy and BaselineAdminNetworkPolicy too."""
    _applied: list[Mapping[str, Any]] = field(default_factory=list)
    _open: int = 0
    """Which of the canary's two ports the policies now open."""

    @classmethod
    def kube_router(cls, cluster: Cluster) -> Enforcer:
        """Raises `Missing` when it is not built."""
        credentials = cluster.control_plane.inner_kubeconfig("admin")
        command = [
            str(program("kube-router")),
            "--run-router=false",
            "--run-firewall=true",
            "--run-service-proxy=false",
            f"--kubeconfig={credentials}",
            f"--service-cluster-ip-range={network.SERVICES}",
        ]
        for node in cluster.nodes:
            node.launch("kube-router", [*command, f"--hostname-override={node.name}"])
        return cls._with_canary(cluster, admin_kinds=False)

    @classmethod
    def kube_network_policies(cls, cluster: Cluster) -> Enforcer:
        """Raises `Missing` when it, or the definitions of the Admin kinds, are not built."""
        crds.install(cluster.control_plane, ["admin-network-policy", "cluster-network-policy"])
        credentials = cluster.control_plane.inner_kubeconfig("admin")
        command = [
            *["env", f"KUBECONFIG={credentials}", str(program("kube-network-policies"))],
            "--admin-network-policy",
            "--baseline-admin-network-policy",
            f"--nfqueue-id={QUEUE}",
        ]
        for node in cluster.nodes:
            node.launch("kube-network-policies", [*command, f"--hostname-override={node.name}"])
            _queue_new_connections(node)
        return cls._with_canary(cluster, admin_kinds=True)

    @classmethod
    def _with_canary(cls, cluster: Cluster, *, admin_kinds: bool) -> Enforcer:
        asked = [
            ProbePod(CANARY, node.name, {"canary": "asked"}, CANARY_PORTS + ADMIN_CANARY_PORTS, node.name)
            for node in cluster.nodes
        ]
        probe.start(cluster.control_plane, [ProbePod(CANARY, "asker", {}), *asked], {CANARY: {}})
        return cls(cluster, admin_kinds)

    def enforce(self, policies: Sequence[Mapping[str, Any]]) -> None:
        """Put these policies in place of the ones before, and return when every node acts on them.

        It acts on them when it acts on a canary of each kind that was changed after them: of two ports, the policies of
        the canary open one, and each call opens the other.
        """
        plane = self.cluster.control_plane
        if self._applied:
            plane.kubectl("delete", "--ignore-not-found", "-f", "-", stdin=_listed(self._applied))
        self._applied = list(policies)
        self._open = 1 - self._open
        plane.apply(*policies, *_canaries(self._open, self.admin_kinds))
        pairs = [CANARY_PORTS, *([ADMIN_CANARY_PORTS] if self.admin_kinds else [])]
        expected = {
            Connection(f"{CANARY}/asker", f"{CANARY}/{node.name}", port.protocol, port.number): port is pair[self._open]
            for node in self.cluster.nodes
            for pair in pairs
            for port in pair
        }
        wait_for("policies to be enforced", lambda: probe.ask(plane, expected) == expected, SETTLE_SECONDS)


def _canaries(opened: int, admin_kinds: bool) -> Iterator[dict[str, Any]]:
    allowed = [CANARY_PORTS[opened], *ADMIN_CANARY_PORTS]
    yield {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "canary", "namespace": CANARY},
        "spec": {
            "podSelector": {"matchLabels": {"canary": "asked"}},
            "ingress": [{"ports": [{"port": port.number, "protocol": port.protocol} for port in allowed]}],
        },
    }
    if admin_kinds:
        here = {"matchLabels": {"kubernetes.io/metadata.name": CANARY}}
        closed = ADMIN_CANARY_PORTS[1 - opened]
        port = {"portNumber": {"port": closed.number, "protocol": closed.protocol}}
        yield {
            "apiVersion": "policy.networking.k8s.io/v1alpha1",
            "kind": "AdminNetworkPolicy",
            "metadata": {"name": CANARY},
            "spec": {
                "priority": 0,
                "subject": {"namespaces": here},
                "ingress": [{"action": "Deny", "from": [{"namespaces": here}], "ports": [port]}],
            },
        }


def _listed(objects: Sequence[Mapping[str, Any]]) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})


def _queue_new_connections(node: Node) -> None:
    """What passes the node goes to the program once per connection; what root on the node sends, as probes, does not."""
    for rule in (
        ("-m", "conntrack", "--ctstate", "ESTABLISHED,RELATED", "-j", "RETURN"),
        ("-m", "owner", "--uid-owner", "0", "-j", "RETURN"),
        ("-j", "NFQUEUE", "--queue-num", str(QUEUE)),
    ):
        # After the destination of a service has been chosen and before the source is rewritten.
        node.run("iptables-legacy", "--table=mangle", "--append=POSTROUTING", *rule)


def with_one_direction_each(policies: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """NetworkPolicies that name both directions, each as two that name one: the same to the standard.

    Not to kube-router 2.1. It keeps the rules of a policy in one chain, so what may leave a pod of the policy is also let
    into another pod of the same policy.
    """
    return [
        {
            **policy,
            "metadata": {**policy["metadata"], "name": f"{policy['metadata']['name']}-{direction.lower()}"},
            "spec": {
                "podSelector": policy["spec"]["podSelector"],
                "policyTypes": [direction],
                **{key: rules for key, rules in policy["spec"].items() if key == direction.lower()},
            },
        }
        for policy in policies
        for direction in policy["spec"]["policyTypes"]
    ]


def as_admin_policies(policies: Sequence[Mapping[str, Any]], named: Mapping[str, Port]) -> list[dict[str, Any]]:
    """ClusterNetworkPolicies (v1alpha2) rewritten as AdminNetworkPolicies and one BaselineAdminNetworkPolicy (v1alpha1).

    `named`: the ports that every pod calls so. Their numbers are written instead, as kube-network-policies 0.8 takes the
    name for every port of a pod that has one of that name. Raises `NotExpressible` for a name that is not among them, a
    second policy in the Baseline tier, `Pass` there, and domain names.
    """
    rewritten = [_rewritten(policy, named) for policy in policies]
    if sum(policy["kind"] == "BaselineAdminNetworkPolicy" for policy in rewritten) > 1:
        raise NotExpressible("more than one policy in the Baseline tier")
    return rewritten


def _rewritten(policy: Mapping[str, Any], named: Mapping[str, Port]) -> dict[str, Any]:
    spec = policy["spec"]
    baseline = spec["tier"] == "Baseline"
    new: dict[str, Any] = {"subject": spec["subject"]}
    if not baseline:
        new["priority"] = spec["priority"]
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        if direction in spec:
            new[direction] = [_rule(rule, peers, baseline, named) for rule in spec[direction]]
    return {
        "apiVersion": "policy.networking.k8s.io/v1alpha1",
        "kind": "BaselineAdminNetworkPolicy" if baseline else "AdminNetworkPolicy",
        "metadata": {"name": "default" if baseline else policy["metadata"]["name"]},
        "spec": new,
    }


def _rule(rule: Mapping[str, Any], peers: str, baseline: bool, named: Mapping[str, Port]) -> dict[str, Any]:
    action = {"Accept": "Allow"}.get(rule["action"], rule["action"])
    if baseline and action == "Pass":
        raise NotExpressible("Pass in the Baseline tier")
    if any("domainNames" in peer for peer in rule[peers]):
        raise NotExpressible("domain names")
    new: dict[str, Any] = {"action": action, peers: rule[peers]}
    if rule.get("protocols"):
        new["ports"] = [port for protocol in rule["protocols"] for port in _ports(protocol, named)]
    return new


def _ports(protocol: Mapping[str, Any], named: Mapping[str, Port]) -> Iterator[dict[str, Any]]:
    name = protocol.get("destinationNamedPort")
    if name is not None:
        if name not in named:
            raise NotExpressible(f"the named port {name}")
        yield {"portNumber": {"protocol": named[name].protocol, "port": named[name].number}}
    for transport in ("tcp", "udp", "sctp"):
        if transport in protocol:
            port = protocol[transport]["destinationPort"]
            if "number" in port:
                yield {"portNumber": {"protocol": transport.upper(), "port": port["number"]}}
            else:
                yield {"portRange": {"protocol": transport.upper(), **port["range"]}}
