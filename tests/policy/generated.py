"""Seeded worlds with policies of every dialect, mixed: small on purpose, so that labels, ports and addresses collide often."""

from __future__ import annotations

import random
from typing import Any

from tests.policy import worlds

from seawall.model.cluster.snapshot import Cluster

NAMESPACES = ("red", "green", "blue")
LABELS = {"app": ("web", "api", "db"), "tier": ("front", "back")}
PORTS = (("http", 80, "TCP"), ("alt", 8080, "TCP"), ("dns", 53, "UDP"), ("http", 8000, "TCP"), ("sip", 5060, "SCTP"))
BLOCKS = ("0.0.0.0/0", "10.0.0.0/16", "10.0.1.0/24", "10.0.0.4/30", "192.168.0.0/24", "203.0.113.0/24")
BLOCKS6 = ("::/0", "fd00::/64", "fd00::4/126", "2001:db8::/32")
DIALECTS = ("kubernetes", "cluster", "admin", "calico", "cilium")


class Generator:
    """Makes one world. `dialects` are mixed freely; `dual` gives some pods two addresses; `odd` adds what makes answers unknown."""

    def __init__(self, seed: int, dialects: tuple[str, ...] = DIALECTS, dual: bool = False, odd: bool = True) -> None:
        self.random = random.Random(seed)
        self.dialects, self.dual, self.odd = dialects, dual, odd

    def p(self, chance: float) -> bool:
        return self.random.random() < chance

    def pick(self, values: Any) -> Any:
        return self.random.choice(list(values))

    def cluster(self, pods: int = 8, policies: int = 6) -> Cluster:
        return worlds.cluster([*self.world(pods), *(self.policy(index) for index in range(policies))])

    def world(self, pods: int) -> list[dict[str, Any]]:
        found = [
            worlds.namespace(name, env=self.pick(("prod", "dev")), **({"team": "a"} if self.p(0.5) else {}))
            for name in NAMESPACES
        ]
        found += [worlds.node("n1", "192.168.0.1", labels={"role": "edge"}), worlds.node("n2", "192.168.0.2")]
        for index in range(pods):
            labels = {key: self.pick(values) for key, values in LABELS.items() if self.p(0.8)}
            ips: tuple[str, ...] = (f"10.0.{index % 2}.{index + 1}",)
            if self.dual:
                six = f"fd00::{index + 1}"
                ips = self.pick(((ips[0],), (ips[0], six), (six,)))
            if self.odd and self.p(0.15):
                ips = ()
            host = self.odd and self.p(0.15)
            home = self.pick(("n1", "n2", "")) if self.odd else self.pick(("n1", "n2"))
            if host:
                ips = {"n1": ("192.168.0.1",), "n2": ("192.168.0.2",)}.get(home, ())
            ports = [port for port in PORTS if self.p(0.4)]
            found.append(
                worlds.pod(f"p{index}", self.pick(NAMESPACES), labels, ips, ports, home, host, self.pick(("", "robot")))
            )
        found.append(
            {
                "apiVersion": "v1",
                "kind": "ServiceAccount",
                "metadata": {"name": "robot", "namespace": "red", "labels": {"trust": "low"}},
            }
        )
        found.append(
            worlds.service(
                "front",
                "red",
                {"app": "web"},
                [{"port": 80, "targetPort": "http"}, {"name": "x", "port": 81, "targetPort": 8080}],
            )
        )
        if "calico" in self.dialects:
            found.append(worlds.calico("Tier", "early", {"order": 10, "defaultAction": self.pick(("Deny", "Pass"))}))
            found.append(
                worlds.calico("GlobalNetworkSet", "office", {"nets": ["203.0.113.0/25", "10.0.0.3"]}, net="office")
            )
            found.append(worlds.calico("NetworkSet", "lab", {"nets": ["203.0.113.128/25"]}, "red", net="lab"))
            if self.odd and self.p(0.3):
                found.append(
                    worlds.calico(
                        "HostEndpoint",
                        "n1-eth0",
                        {"node": "n1", "interfaceName": "eth0", "expectedIPs": ["192.168.0.1"]},
                        app="web",
                    )
                )
        return found

    # -------------------------------------------------------------------------------------------- pieces

    def selector(self) -> dict[str, Any]:
        key = self.pick(LABELS)
        match self.random.randrange(5):
            case 0:
                return {}
            case 1:
                return {
                    "matchExpressions": [
                        {"key": key, "operator": self.pick(("In", "NotIn")), "values": [self.pick(LABELS[key])]}
                    ]
                }
            case 2:
                return {"matchExpressions": [{"key": key, "operator": self.pick(("Exists", "DoesNotExist"))}]}
            case _:
                return {"matchLabels": {key: self.pick(LABELS[key])}}

    def namespaces(self) -> dict[str, Any]:
        return self.pick(
            (
                {},
                {"matchLabels": {"env": "prod"}},
                {"matchLabels": {"kubernetes.io/metadata.name": self.pick(NAMESPACES)}},
                {"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]},
            )
        )

    def blocks(self) -> tuple[str, ...]:
        return BLOCKS + BLOCKS6 if self.dual else BLOCKS

    def policy(self, index: int) -> dict[str, Any]:
        return {
            "kubernetes": self.kubernetes,
            "cluster": self.cluster_policy,
            "admin": self.admin,
            "calico": self.calico,
            "cilium": self.cilium,
        }[self.pick(self.dialects)](index)

    # -------------------------------------------------------------------------------------------- dialects

    def kubernetes(self, index: int) -> dict[str, Any]:
        spec: dict[str, Any] = {"podSelector": self.selector()}
        types = self.pick((["Ingress"], ["Egress"], ["Ingress", "Egress"], None))
        if types:
            spec["policyTypes"] = types
        for direction, side in (("ingress", "from"), ("egress", "to")):
            if self.p(0.6):
                spec[direction] = [self.kubernetes_rule(side) for _ in range(self.random.randrange(3))]
        if self.odd and self.p(0.08):
            spec["ingress"] = [{"from": [{}]}]
        return worlds.policy(f"np{index}", spec, self.pick(NAMESPACES))

    def kubernetes_rule(self, side: str) -> dict[str, Any]:
        rule: dict[str, Any] = {}
        if self.p(0.8):
            rule[side] = [self.kubernetes_peer() for _ in range(self.random.randrange(1, 3))]
        if self.p(0.6):
            rule["ports"] = [
                self.pick(
                    (
                        {"port": 80},
                        {"port": "http"},
                        {"protocol": "UDP", "port": 53},
                        {"protocol": "UDP"},
                        {"port": 79, "endPort": 8000},
                        {"protocol": "SCTP", "port": "sip"},
                    )
                )
                for _ in range(self.random.randrange(1, 3))
            ]
        return rule

    def kubernetes_peer(self) -> dict[str, Any]:
        match self.random.randrange(4):
            case 0:
                return {"podSelector": self.selector()}
            case 1:
                return {"namespaceSelector": self.namespaces()}
            case 2:
                return {"podSelector": self.selector(), "namespaceSelector": self.namespaces()}
            case _:
                block = self.pick(self.blocks())
                if block == "10.0.0.0/16":
                    return {"ipBlock": {"cidr": block, "except": ["10.0.1.0/24"]}}
                return {"ipBlock": {"cidr": block}}

    def subject(self) -> dict[str, Any]:
        if self.p(0.5):
            return {"namespaces": self.namespaces()}
        return {"pods": {"namespaceSelector": self.namespaces(), "podSelector": self.selector()}}

    def cluster_policy(self, index: int) -> dict[str, Any]:
        spec: dict[str, Any] = {
            "tier": self.pick(("Admin", "Baseline")),
            "priority": self.random.randrange(3 if self.odd else 1000),
            "subject": self.subject(),
        }
        for direction, side in (("ingress", "from"), ("egress", "to")):
            if self.p(0.7):
                spec[direction] = [self.cluster_rule(side) for _ in range(self.random.randrange(1, 3))]
        return worlds.cluster_policy(f"cnp{index}", spec)

    def cluster_rule(self, side: str) -> dict[str, Any]:
        rule: dict[str, Any] = {"action": self.pick(("Accept", "Deny", "Pass"))}
        special = side == "to" and self.p(0.4)
        if special:
            choices: list[dict[str, Any]] = [
                {"networks": [self.pick(self.blocks())]},
                {"nodes": self.pick(({}, {"matchLabels": {"role": "edge"}}))},
            ]
            if self.odd:
                choices.append({"domainNames": ["*.example.com"]})
            rule[side] = [self.pick(choices)]
        else:
            rule[side] = [self.subject() for _ in range(self.random.randrange(1, 3))]
        if self.p(0.5):
            options = [
                {"tcp": {"destinationPort": {"number": 80}}},
                {"udp": {"destinationPort": {"range": {"start": 50, "end": 60}}}},
            ]
            if not special:
                options.append({"destinationNamedPort": "http"})
            rule["protocols"] = [self.pick(options)]
        return rule

    def admin(self, index: int) -> dict[str, Any]:
        baseline = self.p(0.3)
        spec: dict[str, Any] = {"subject": self.subject()}
        if not baseline:
            spec["priority"] = self.random.randrange(3 if self.odd else 1000)
        for direction, side in (("ingress", "from"), ("egress", "to")):
            rule: dict[str, Any] = {
                "action": self.pick(("Allow", "Deny") if baseline else ("Allow", "Deny", "Pass")),
                side: [self.subject()],
            }
            if self.p(0.4):
                rule["ports"] = [
                    self.pick(
                        (
                            {"portNumber": {"protocol": "TCP", "port": 80}},
                            {"namedPort": "http"},
                            {"portRange": {"protocol": "UDP", "start": 50, "end": 60}},
                        )
                    )
                ]
            if self.p(0.7):
                spec[direction] = [rule]
        return {
            "apiVersion": "policy.networking.k8s.io/v1alpha1",
            "kind": "BaselineAdminNetworkPolicy" if baseline else "AdminNetworkPolicy",
            "metadata": {"name": "default" if baseline else f"anp{index}"},
            "spec": spec,
        }

    def calico_selector(self) -> str:
        return self.pick(
            (
                "app == 'web'",
                "tier != 'front'",
                "has(app) && !has(tier)",
                "app in {'web', 'db'}",
                "app contains 'e' || tier starts with 'b'",
                "all()",
                "app not in {'api'}",
                "net == 'office'",
                "projectcalico.org/namespace == 'red'",
            )
        )

    def calico(self, index: int) -> dict[str, Any]:
        local = self.p(0.5)
        spec: dict[str, Any] = {"tier": self.pick(("default", "early")), "selector": self.calico_selector()}
        if self.p(0.7):
            spec["order"] = self.random.randrange(3)
        for direction in ("ingress", "egress"):
            if self.p(0.6):
                spec[direction] = [self.calico_rule(direction, local) for _ in range(self.random.randrange(1, 3))]
        if self.p(0.4):
            spec["types"] = self.pick((["Ingress"], ["Egress"], ["Ingress", "Egress"]))
        kind = "NetworkPolicy" if local else "GlobalNetworkPolicy"
        if self.p(0.15):
            kind = f"Staged{kind}"
        return worlds.calico(kind, f"cal{index}", spec, self.pick(NAMESPACES) if local else "")

    def calico_rule(self, direction: str, local: bool) -> dict[str, Any]:
        rule: dict[str, Any] = {"action": self.pick(("Allow", "Deny", "Pass", "Log"))}
        other, own = ("source", "destination") if direction == "ingress" else ("destination", "source")
        entity: dict[str, Any] = {}
        if self.p(0.5):
            entity["selector"] = self.calico_selector()
        if self.p(0.25):
            entity["notSelector"] = self.calico_selector()
        if self.p(0.25):
            entity["namespaceSelector"] = self.pick(
                ("all()", "env == 'prod'", "global()", "projectcalico.org/name == 'red'")
            )
        if self.p(0.25):
            entity["nets"] = [self.pick(self.blocks())]
        if self.p(0.2):
            entity["notNets"] = [self.pick(self.blocks())]
        if self.p(0.15):
            entity["serviceAccounts"] = self.pick(({"names": ["robot"]}, {"selector": "trust == 'low'"}))
        if entity:
            rule[other] = entity
        elif self.p(0.3):
            rule[other] = {"services": {"name": "front", "namespace": "red"}}
        if self.p(0.15):
            rule.setdefault(own, {})["selector"] = "app == 'web'"
        if self.p(0.6) and "services" not in rule.get(other, {}):
            rule["protocol"] = self.pick(("TCP", "UDP", "ICMP", 132))
            if rule["protocol"] in ("TCP", "UDP") and self.p(0.7):
                rule.setdefault("destination", {})[self.pick(("ports", "notPorts"))] = self.pick(
                    ([80], ["http"], ["70:90", 53], ["alt", 8080])
                )
            if rule["protocol"] == "ICMP" and self.p(0.6):
                rule[self.pick(("icmp", "notICMP"))] = self.pick(({"type": 8}, {"type": 3, "code": 1}))
        elif self.p(0.2):
            rule["notProtocol"] = self.pick(("TCP", "UDP"))
        return rule

    def cilium(self, index: int) -> dict[str, Any]:
        local = self.p(0.6)
        spec: dict[str, Any] = {"endpointSelector": self.selector()}
        for name in ("ingress", "ingressDeny", "egress", "egressDeny"):
            if self.p(0.45):
                spec[name] = [self.cilium_rule(name) for _ in range(self.random.randrange(1, 3))]
        if self.p(0.2):
            spec["enableDefaultDeny"] = {"ingress": self.p(0.5), "egress": self.p(0.5)}
        return worlds.cilium(f"cil{index}", spec, self.pick(NAMESPACES) if local else "")

    def cilium_rule(self, name: str) -> dict[str, Any]:
        side = "from" if name.startswith("ingress") else "to"
        choices: list[dict[str, Any]] = [
            {},
            {f"{side}Endpoints": [self.selector()]},
            {f"{side}Endpoints": [{"matchLabels": {"k8s:io.kubernetes.pod.namespace": self.pick(NAMESPACES)}}]},
            {f"{side}Entities": [self.pick(("world", "cluster", "host", "remote-node", "all", "none"))]},
            {f"{side}CIDR": [self.pick(self.blocks())]},
            {f"{side}Endpoints": []},
        ]
        if side == "to":
            choices.append({"toServices": [{"k8sService": {"serviceName": "front", "namespace": "red"}}]})
            if self.odd:
                choices.append({"toFQDNs": [{"matchPattern": "*.example.com"}]})
        rule = dict(self.pick(choices))
        if "toServices" not in rule:
            match self.random.randrange(4):
                case 0:
                    rule["icmps"] = [{"fields": [{"type": 8}]}]
                case 1:
                    rule["toPorts"] = [
                        {
                            "ports": [
                                self.pick(
                                    (
                                        {"port": "80", "protocol": "TCP"},
                                        {"port": "http"},
                                        {"port": "53", "protocol": "ANY"},
                                        {"port": "70", "endPort": 90, "protocol": "TCP"},
                                    )
                                )
                            ]
                        }
                    ]
        return rule
