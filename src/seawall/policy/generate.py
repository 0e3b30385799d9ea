"""Policies to start from: default deny, and a default policy for an application, in each dialect; with the ways out that everything needs.

What is generated is lowered and judged again before it is given out (`verify`): it isolates whom it says, DNS stays open, nodes keep
reaching their pods.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from seawall.model.cluster.decode import ObjectDecoder
from seawall.model.cluster.kinds import kind_of
from seawall.model.cluster.meta import Object
from seawall.policy.judge import Flow, Judge
from seawall.policy.lower import PolicyModel
from seawall.policy.model import TCP, UDP, Direction, kind_of_traffic
from seawall.policy.reach import stranger
from seawall.policy.world import NAMESPACE_NAME, PodEnd

Form = Literal["kubernetes", "cluster", "calico", "cilium"]
FORMS: tuple[Form, ...] = ("kubernetes", "cluster", "calico", "cilium")
_DNS_LABELS = {"k8s-app": "kube-dns"}
_OTHER_PORT = 65000


class Generated(msgspec.Struct, frozen=True):
    """Documents to apply, and what was seen when they were judged (a line each, with whether it holds)."""

    documents: tuple[dict[str, Any], ...]
    shown: tuple[tuple[str, bool], ...] = ()


def default_deny(form: Form, namespaces: tuple[str, ...], *, dns: bool = True) -> tuple[dict[str, Any], ...]:
    """Nothing in, nothing out, for every pod of the namespaces (none named: of the whole cluster, where the dialect can), but for DNS."""
    if form == "kubernetes":
        return tuple(
            document
            for namespace in namespaces
            for document in (
                _kubernetes("default-deny", namespace, {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}),
                *(
                    (
                        _kubernetes(
                            "allow-dns",
                            namespace,
                            {"podSelector": {}, "policyTypes": ["Egress"], "egress": [_DNS_RULE]},
                        ),
                    )
                    if dns
                    else ()
                ),
            )
        )
    if form == "cluster":
        subject: dict[str, Any] = {"namespaces": _in(namespaces)}
        every: dict[str, Any] = {"namespaces": {}}
        egress = (
            [
                {
                    "name": "allow-dns",
                    "action": "Accept",
                    "to": [_DNS_PODS],
                    "protocols": [_port("udp", 53), _port("tcp", 53)],
                }
            ]
            if dns
            else []
        )
        egress += [
            {"name": "deny-pods", "action": "Deny", "to": [every]},
            {"name": "deny-networks", "action": "Deny", "to": [{"networks": ["0.0.0.0/0", "::/0"]}]},
        ]
        spec = {
            "tier": "Baseline",
            "priority": 1000,
            "subject": subject,
            "ingress": [{"name": "deny-pods", "action": "Deny", "from": [every]}],
            "egress": egress,
        }
        return (_document("policy.networking.k8s.io/v1alpha2", "ClusterNetworkPolicy", "default-deny", "", spec),)
    if form == "calico":
        rules = [
            {
                "action": "Allow",
                "protocol": protocol,
                "destination": {
                    "selector": "k8s-app == 'kube-dns'",
                    "namespaceSelector": "projectcalico.org/name == 'kube-system'",
                    "ports": [53],
                },
            }
            for protocol in ("UDP", "TCP")
        ]
        chosen = (
            f"projectcalico.org/name in {{{', '.join(repr(name) for name in namespaces)}}}"
            if namespaces
            else "projectcalico.org/name not in {'kube-system', 'calico-system', 'tigera-operator'}"
        )
        spec = {
            "order": 5000,
            "namespaceSelector": chosen,
            "types": ["Ingress", "Egress"],
            **({"egress": rules} if dns else {}),
        }
        return (_document("projectcalico.org/v3", "GlobalNetworkPolicy", "default-deny", "", spec),)
    expressions = [
        {
            "key": "k8s:io.kubernetes.pod.namespace",
            "operator": "In" if namespaces else "NotIn",
            "values": list(namespaces) or ["kube-system"],
        }
    ]
    spec = {
        "endpointSelector": {"matchExpressions": expressions},
        "ingress": [{}],
        "egress": [_CILIUM_DNS] if dns else [{}],
    }
    return (_document("cilium.io/v2", "CiliumClusterwideNetworkPolicy", "default-deny", "", spec),)


def default_app(
    form: Form, namespace: str, name: str, labels: dict[str, str], ports: tuple[tuple[str, int], ...]
) -> tuple[dict[str, Any], ...]:
    """For one application: its own namespace may reach its declared ports, it may reach its own namespace and DNS, and nothing else."""
    if form in ("kubernetes", "cluster"):
        ingress: dict[str, Any] = {"from": [{"podSelector": {}}]}
        if ports:
            ingress["ports"] = [{"protocol": protocol, "port": port} for protocol, port in ports]
        spec: dict[str, Any] = {
            "podSelector": {"matchLabels": labels},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [ingress],
            "egress": [{"to": [{"podSelector": {}}]}, _DNS_RULE],
        }
        return (_kubernetes(f"{name}-default", namespace, spec),)
    if form == "calico":
        into: list[dict[str, Any]] = [
            {"action": "Allow", "protocol": protocol, "source": {"selector": "all()"}, "destination": {"ports": [port]}}
            for protocol, port in ports
        ] or [{"action": "Allow", "source": {"selector": "all()"}}]
        out: list[dict[str, Any]] = [{"action": "Allow", "destination": {"selector": "all()"}}]
        out += [
            {
                "action": "Allow",
                "protocol": protocol,
                "destination": {
                    "selector": "k8s-app == 'kube-dns'",
                    "namespaceSelector": "projectcalico.org/name == 'kube-system'",
                    "ports": [53],
                },
            }
            for protocol in ("UDP", "TCP")
        ]
        selector = " && ".join(f"{key} == '{value}'" for key, value in labels.items()) or "all()"
        spec = {"selector": selector, "types": ["Ingress", "Egress"], "ingress": into, "egress": out}
        return (_document("projectcalico.org/v3", "NetworkPolicy", f"{name}-default", namespace, spec),)
    rule: dict[str, Any] = {"fromEndpoints": [{}]}
    if ports:
        rule["toPorts"] = [{"ports": [{"port": str(port), "protocol": protocol} for protocol, port in ports]}]
    spec = {
        "endpointSelector": {"matchLabels": labels},
        "ingress": [rule],
        "egress": [{"toEndpoints": [{}]}, _CILIUM_DNS],
    }
    return (_document("cilium.io/v2", "CiliumNetworkPolicy", f"{name}-default", namespace, spec),)


_DNS_RULE: dict[str, Any] = {
    "to": [
        {
            "namespaceSelector": {"matchLabels": {NAMESPACE_NAME: "kube-system"}},
            "podSelector": {"matchLabels": _DNS_LABELS},
        }
    ],
    "ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}],
}
_DNS_PODS: dict[str, Any] = {
    "pods": {
        "namespaceSelector": {"matchLabels": {NAMESPACE_NAME: "kube-system"}},
        "podSelector": {"matchLabels": _DNS_LABELS},
    }
}
_CILIUM_DNS: dict[str, Any] = {
    "toEndpoints": [{"matchLabels": {"k8s:io.kubernetes.pod.namespace": "kube-system", "k8s:k8s-app": "kube-dns"}}],
    "toPorts": [{"ports": [{"port": "53", "protocol": "ANY"}]}],
}


def _port(protocol: str, number: int) -> dict[str, Any]:
    return {protocol: {"destinationPort": {"number": number}}}


def _in(namespaces: tuple[str, ...]) -> dict[str, Any]:
    if not namespaces:
        return {"matchExpressions": [{"key": NAMESPACE_NAME, "operator": "NotIn", "values": ["kube-system"]}]}
    return {"matchExpressions": [{"key": NAMESPACE_NAME, "operator": "In", "values": list(namespaces)}]}


def _kubernetes(name: str, namespace: str, spec: dict[str, Any]) -> dict[str, Any]:
    return _document("networking.k8s.io/v1", "NetworkPolicy", name, namespace, spec)


def _document(api_version: str, kind: str, name: str, namespace: str, spec: dict[str, Any]) -> dict[str, Any]:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec}


# ------------------------------------------------------------------------------------------------ shown to do what it says


def objects_of(documents: tuple[dict[str, Any], ...]) -> tuple[Object, ...]:
    """The documents as objects."""
    decoder = ObjectDecoder()
    found = []
    for document in documents:
        kind = kind_of(document["apiVersion"], document["kind"])
        assert kind is not None
        found.append(decoder.decode(msgspec.json.encode(document), kind))
    return tuple(found)


def verify(model: PolicyModel, documents: tuple[dict[str, Any], ...], subjects: tuple[PodEnd, ...]) -> Generated:
    """Adds the documents to the model and judges what they promise for `subjects`, with pods that do not exist standing for anyone."""
    changed = model
    for policy in objects_of(documents):
        changed = changed.with_policy(policy)
    judge = Judge(changed)
    shown: dict[str, bool] = {}
    for pod in subjects:
        other = stranger(pod, "elsewhere", {}, {NAMESPACE_NAME: "elsewhere"})
        dns = stranger(
            pod,
            "kube-system",
            dict(_DNS_LABELS),
            {**changed.world.namespaces.get("kube-system", {}), NAMESPACE_NAME: "kube-system"},
        )
        family = min(changed.families)
        port = kind_of_traffic(TCP, _OTHER_PORT)
        checks = (
            (
                "a pod of another namespace does not get in",
                judge.direction(Direction.INGRESS, Flow(other, pod, port, family)).allowed is False,
            ),
            (
                "it does not get out to a pod of another namespace",
                judge.direction(Direction.EGRESS, Flow(pod, other, port, family)).allowed is False,
            ),
            (
                "it reaches DNS",
                judge.direction(Direction.EGRESS, Flow(pod, dns, kind_of_traffic(UDP, 53), family)).allowed is True,
            ),
        )
        for words, holds in checks:
            shown[words] = shown.get(words, True) and holds
        if pod.node is not None:
            words = "its node still reaches it"
            shown[words] = (
                shown.get(words, True)
                and judge.direction(Direction.INGRESS, Flow(pod.node, pod, port, family)).allowed is True
            )
    refused = [notice for notice in changed.notices if notice.kind == "refused" and notice not in model.notices]
    if refused:
        shown["an API server takes it"] = False
    return Generated(documents, tuple(shown.items()))
