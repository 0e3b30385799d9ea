"""Drafts in the words of a dialect, and what the dialect could not say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from seawall.kit.intervals import IntervalSet
from seawall.policy.generate import Form
from seawall.policy.model import PROTOCOL_NAMES, Direction
from seawall.policy.recommend.needs import EVERY_POD, Draft, Name, Networks, Nodes, Opening, Peer, Pods, addresses_of
from seawall.policy.world import NAMESPACE_NAME

PREFIX = "recommended"
_MOST = 25
"""Rules of a direction, peers and protocols of a rule: what a ClusterNetworkPolicy may hold of each."""
_PRIORITY = 900
"""Of the first policy of a unit in the tier Baseline; the one that closes it has `_LAST`."""
_LAST = 1_000

Document = dict[str, Any]


class Written(NamedTuple):
    """Documents to apply, the number of the draft that each is of, and in sentences what the dialect loses or widens."""

    documents: tuple[Document, ...]
    draft: tuple[int, ...]
    losses: tuple[str, ...]


def write(form: Form, drafts: Sequence[Draft]) -> Written:
    """The drafts in a dialect."""
    writer = {"kubernetes": _kubernetes, "cluster": _cluster, "calico": _calico, "cilium": _cilium}[form]
    found = [(document, at) for at, draft in enumerate(drafts) for document in writer(draft)]
    return Written(tuple(document for document, _ in found), tuple(at for _, at in found), tuple(_losses(form, drafts)))


def _losses(form: Form, drafts: Sequence[Draft]) -> Iterator[str]:
    peers = {type(peer) for draft in drafts for one in draft.openings for peer in one.peers}
    outside_in = any(
        isinstance(peer, Networks | Nodes)
        for draft in drafts
        for one in draft.openings
        if one.direction is Direction.INGRESS
        for peer in one.peers
    )
    if form == "cluster":
        yield "a ClusterNetworkPolicy names pods only as sources: traffic from outside the cluster and from nodes can be neither allowed nor denied, and stays open"
        yield "the tier Baseline is asked only where no NetworkPolicy selects the pod, and Calico and Cilium must be new enough to have it"
        if outside_in:
            yield "openings to sources outside and to nodes are left out: nothing denies them"
    if form in ("kubernetes", "calico") and Nodes in peers:
        yield "nodes are named by the addresses of those that were seen: a node that joins later is not among them"
    if form == "cilium" and Nodes in peers:
        yield "Cilium knows nodes by what they are and not one by one: a node becomes every node (host, remote-node)"
    if form == "cilium" and Name in peers:
        yield "names need Cilium's DNS proxy: the rule for DNS asks it to look at every question"


def _name(draft: Draft) -> str:
    return f"{PREFIX}-{draft.unit.name}"[:253]


def _document(api_version: str, kind: str, name: str, namespace: str, spec: Document) -> Document:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec}


def _ports(traffic: IntervalSet) -> list[tuple[str, int, int]]:
    """(protocol, first, last) of every stretch of ports."""
    return [(PROTOCOL_NAMES[low >> 16], low & 0xFFFF, high & 0xFFFF) for low, high in traffic]


def _of(draft: Draft, direction: Direction) -> Iterator[Opening]:
    return (one for one in draft.openings if one.direction is direction)


# ------------------------------------------------------------------------------------------------ NetworkPolicy


def _kubernetes(draft: Draft) -> Iterator[Document]:
    spec: Document = {"podSelector": _selector(draft.unit.selector), "policyTypes": ["Ingress", "Egress"]}
    for direction, side in ((Direction.INGRESS, "from"), (Direction.EGRESS, "to")):
        rules = [
            {
                side: [entry for peer in one.peers for entry in _kubernetes_peers(peer, draft.unit.namespace)],
                "ports": [
                    {"protocol": protocol, "port": low, **({"endPort": high} if high > low else {})}
                    for protocol, low, high in _ports(one.traffic)
                ],
            }
            for one in _of(draft, direction)
        ]
        if rules:
            spec[direction.value] = rules
    yield _document("networking.k8s.io/v1", "NetworkPolicy", _name(draft), draft.unit.namespace, spec)


def _selector(labels: dict[str, str] | Iterable[tuple[str, str]]) -> Document:
    found = dict(labels)
    return {"matchLabels": found} if found else {}


def _kubernetes_peers(peer: Peer, home: str) -> Iterator[Document]:
    if peer == EVERY_POD:
        yield {"namespaceSelector": {}}
    elif isinstance(peer, Pods):
        found: Document = {"podSelector": _selector(peer.labels)}
        if peer.namespace != home:
            found = {"namespaceSelector": _selector({NAMESPACE_NAME: peer.namespace}), **(found if peer.labels else {})}
        yield found
    elif isinstance(peer, Networks):
        yield {"ipBlock": {"cidr": peer.cidr, **({"except": list(peer.excepted)} if peer.excepted else {})}}
    elif isinstance(peer, Nodes):
        for one in peer.addresses:
            yield {"ipBlock": {"cidr": one}}


# ------------------------------------------------------------------------------------------------ ClusterNetworkPolicy


def _cluster(draft: Draft) -> Iterator[Document]:
    """Policies that accept, of as many rules as one may hold, and one that denies the rest."""
    subject = {"pods": _pods(Pods(draft.unit.namespace, tuple(draft.unit.selector.items())))}
    ingress = list(_cluster_rules(draft, Direction.INGRESS))
    egress = list(_cluster_rules(draft, Direction.EGRESS))
    name = f"{PREFIX}-{draft.unit.namespace}-{draft.unit.name}"
    for part, start in enumerate(range(0, max(len(ingress), len(egress)), _MOST)):
        spec: Document = {"tier": "Baseline", "priority": _PRIORITY + part, "subject": subject}
        for direction, rules in ((Direction.INGRESS, ingress), (Direction.EGRESS, egress)):
            if rules[start : start + _MOST]:
                spec[direction.value] = rules[start : start + _MOST]
        yield _document("policy.networking.k8s.io/v1alpha2", "ClusterNetworkPolicy", f"{name}-{part + 1}", "", spec)
    every: Document = {"namespaces": {}}
    closing: Document = {
        "tier": "Baseline",
        "priority": _LAST,
        "subject": subject,
        "ingress": [{"name": "deny-pods", "action": "Deny", "from": [every]}],
        "egress": [
            {"name": "deny-pods", "action": "Deny", "to": [every]},
            {"name": "deny-networks", "action": "Deny", "to": [{"networks": ["0.0.0.0/0", "::/0"]}]},
        ],
    }
    yield _document("policy.networking.k8s.io/v1alpha2", "ClusterNetworkPolicy", f"{name}-rest", "", closing)


def _pods(peer: Pods) -> Document:
    namespace = {NAMESPACE_NAME: peer.namespace} if peer.namespace else {}
    return {"namespaceSelector": _selector(namespace), "podSelector": _selector(peer.labels)}


def _cluster_rules(draft: Draft, direction: Direction) -> Iterator[Document]:
    side = "from" if direction is Direction.INGRESS else "to"
    for one in _of(draft, direction):
        protocols = [
            {
                protocol.lower(): {
                    "destinationPort": {"number": low} if low == high else {"range": {"start": low, "end": high}}
                }
            }
            for protocol, low, high in _ports(one.traffic)
        ]
        peers = [entry for peer in one.peers for entry in _cluster_peers(peer, direction)]
        for some in _pieces(peers):
            for which in _pieces(protocols):
                yield {"action": "Accept", side: some, "protocols": which}


def _cluster_peers(peer: Peer, direction: Direction) -> Iterator[Document]:
    if isinstance(peer, Pods):
        yield {"pods": _pods(peer)}
    elif direction is Direction.EGRESS and isinstance(peer, Networks):
        for some in _pieces(list(map(str, addresses_of(peer).prefixes()))):
            yield {"networks": some}
    elif direction is Direction.EGRESS and isinstance(peer, Nodes):
        yield {"networks": list(peer.addresses)}


def _pieces(items: list[Any]) -> Iterator[list[Any]]:
    return (items[start : start + _MOST] for start in range(0, len(items), _MOST))


# ------------------------------------------------------------------------------------------------ Calico


def _calico(draft: Draft) -> Iterator[Document]:
    spec: Document = {"selector": _calico_selector(draft.unit.selector.items()), "types": ["Ingress", "Egress"]}
    for direction in Direction:
        rules = [rule for one in _of(draft, direction) for rule in _calico_rules(one, draft.unit.namespace)]
        if rules:
            spec[direction.value] = rules
    yield _document("projectcalico.org/v3", "NetworkPolicy", _name(draft), draft.unit.namespace, spec)


def _calico_selector(labels: Iterable[tuple[str, str]]) -> str:
    return " && ".join(f"{key} == '{value}'" for key, value in labels) or "all()"


def _calico_rules(opening: Opening, home: str) -> Iterator[Document]:
    by_protocol: dict[str, list[int | str]] = {}
    for protocol, low, high in _ports(opening.traffic):
        by_protocol.setdefault(protocol, []).append(low if low == high else f"{low}:{high}")
    for peer in opening.peers:
        for protocol, ports in by_protocol.items():
            entity = _calico_peer(peer, home)
            if opening.direction is Direction.INGRESS:
                yield {"action": "Allow", "protocol": protocol, "source": entity, "destination": {"ports": ports}}
            else:
                yield {"action": "Allow", "protocol": protocol, "destination": {**entity, "ports": ports}}


def _calico_peer(peer: Peer, home: str) -> Document:
    if isinstance(peer, Pods):
        found: Document = {"selector": _calico_selector(peer.labels)}
        if peer == EVERY_POD:
            found["namespaceSelector"] = "all()"
        elif peer.namespace != home:
            found["namespaceSelector"] = f"projectcalico.org/name == '{peer.namespace}'"
        return found
    if isinstance(peer, Networks):
        return {"nets": [peer.cidr], **({"notNets": list(peer.excepted)} if peer.excepted else {})}
    assert isinstance(peer, Nodes)
    return {"nets": list(peer.addresses)}


# ------------------------------------------------------------------------------------------------ Cilium


def _cilium(draft: Draft) -> Iterator[Document]:
    spec: Document = {"endpointSelector": _selector(draft.unit.selector)}
    names = any(isinstance(peer, Name) for one in draft.openings for peer in one.peers)
    for direction in Direction:
        rules = [rule for one in _of(draft, direction) for rule in _cilium_rules(one, draft.unit.namespace, names)]
        spec[direction.value] = rules or [
            {}
        ]  # an empty list is refused; a rule without peers isolates and allows nobody
    yield _document("cilium.io/v2", "CiliumNetworkPolicy", _name(draft), draft.unit.namespace, spec)


def _cilium_rules(opening: Opening, home: str, names: bool) -> Iterator[Document]:
    side = "from" if opening.direction is Direction.INGRESS else "to"
    ports: Document = {
        "ports": [
            {"port": str(low), "protocol": protocol, **({"endPort": high} if high > low else {})}
            for protocol, low, high in _ports(opening.traffic)
        ]
    }
    if names and opening.mandatory:
        ports["rules"] = {"dns": [{"matchPattern": "*"}]}
    pods = [_cilium_labels(peer, home) for peer in opening.peers if isinstance(peer, Pods)]
    if pods:
        yield {f"{side}Endpoints": pods, "toPorts": [ports]}
    blocks = [peer for peer in opening.peers if isinstance(peer, Networks)]
    if blocks:
        entries = [{"cidr": one.cidr, **({"except": list(one.excepted)} if one.excepted else {})} for one in blocks]
        yield {f"{side}CIDRSet": entries, "toPorts": [ports]}
    if any(isinstance(peer, Nodes) for peer in opening.peers):
        # Its own node always reaches a pod; towards nodes, some of the pods may be on the very one.
        entities = ["remote-node"] if opening.direction is Direction.INGRESS else ["host", "remote-node"]
        yield {f"{side}Entities": entities, "toPorts": [ports]}
    domains = [peer.domain for peer in opening.peers if isinstance(peer, Name)]
    if domains:
        yield {"toFQDNs": [{"matchName": one} for one in domains], "toPorts": [ports]}


def _cilium_labels(peer: Pods, home: str) -> Document:
    if peer == EVERY_POD:
        return {"matchExpressions": [{"key": "k8s:io.kubernetes.pod.namespace", "operator": "Exists"}]}
    labels = {f"k8s:{key}": value for key, value in peer.labels}
    if peer.namespace != home:
        labels = {"k8s:io.kubernetes.pod.namespace": peer.namespace, **labels}
    return _selector(labels)
