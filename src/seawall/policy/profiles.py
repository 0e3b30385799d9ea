"""Dataplane profiles: the table of what dataplanes do differently where the APIs leave it open or are not followed.

`upstream` answers as SIG-Network's conformance suite and cyclonus do; `calico` and `cilium` as those dataplanes; `strict` says *either*
wherever they disagree, so that an answer under it holds on all of them. Each switch names its source.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from seawall.policy.model import Ternary

YES, NO, EITHER = Ternary.YES, Ternary.NO, Ternary.EITHER

Dialect = Literal["kubernetes", "cluster", "admin", "calico", "cilium"]


class Profile(msgspec.Struct, frozen=True):
    """One column of the table. The docstring under each field is the row's heading in the documentation."""

    name: str
    cidr_matches_pods: Ternary
    """An `ipBlock` of NetworkPolicy v1 matches the address of a pod."""
    cidr_matches_nodes: Ternary
    """An `ipBlock` of NetworkPolicy v1 matches the address of a node."""
    host_network_is_pod: Ternary
    """A pod in its node's network is selected by v1 as the pod that it is, not seen as its node."""
    node_to_own_pod: Ternary
    """A node always reaches the pods that run on it."""
    pod_to_itself: Ternary
    """A pod always reaches its own address."""
    hairpin_exempt: Ternary
    """A pod that reaches itself through a Service is exempt from policy as well."""
    other_protocols_denied: Ternary
    """A pod that v1 isolates is isolated from protocols other than TCP, UDP and SCTP too (ICMP above all)."""
    policy_isolates_both: Ternary
    """A pod that some NetworkPolicy selects is settled by NetworkPolicy in both directions: Baseline is not asked."""
    ties_by_name: Ternary
    """Of two ClusterNetworkPolicies with one priority, the first by name decides."""
    unknown_peer_fails_closed: Ternary
    """A ClusterNetworkPolicy peer or protocol of no known kind makes an Accept rule match nothing and a Deny or Pass rule deny all."""
    enforces: frozenset[Dialect]
    """The dialects that the dataplane enforces; others have no effect."""


_ALL: frozenset[Dialect] = frozenset(("kubernetes", "cluster", "admin", "calico", "cilium"))

UPSTREAM = Profile(
    "upstream",
    cidr_matches_pods=YES,
    cidr_matches_nodes=YES,
    host_network_is_pod=NO,
    node_to_own_pod=YES,
    pod_to_itself=YES,
    hairpin_exempt=YES,
    other_protocols_denied=EITHER,
    policy_isolates_both=NO,
    ties_by_name=EITHER,
    unknown_peer_fails_closed=YES,
    enforces=_ALL,
)
CALICO = msgspec.structs.replace(
    UPSTREAM,
    name="calico",
    hairpin_exempt=NO,
    other_protocols_denied=YES,
    ties_by_name=YES,
    enforces=_ALL - {"cilium"},
)
CILIUM = msgspec.structs.replace(
    UPSTREAM,
    name="cilium",
    cidr_matches_pods=NO,
    cidr_matches_nodes=NO,
    other_protocols_denied=YES,
    enforces=frozenset(("kubernetes", "cluster", "cilium")),
)
STRICT = Profile(
    "strict",
    cidr_matches_pods=EITHER,
    cidr_matches_nodes=EITHER,
    host_network_is_pod=EITHER,
    node_to_own_pod=YES,
    pod_to_itself=YES,
    hairpin_exempt=EITHER,
    other_protocols_denied=EITHER,
    policy_isolates_both=EITHER,
    ties_by_name=EITHER,
    unknown_peer_fails_closed=EITHER,
    enforces=_ALL,
)
PROFILES: dict[str, Profile] = {profile.name: profile for profile in (UPSTREAM, CALICO, CILIUM, STRICT)}


class Switch(msgspec.Struct, frozen=True):
    """A row of the table: what it asks, and who answers differently."""

    name: str
    asks: str
    differs: str


SWITCHES: tuple[Switch, ...] = (
    Switch(
        "cidr_matches_pods",
        "Does an ipBlock match a pod's address?",
        "Cilium does not match pods by CIDR unless policy-cidr-match-mode says so; cyclonus, Calico and kube-network-policies do",
    ),
    Switch(
        "cidr_matches_nodes",
        "Does an ipBlock match a node's address?",
        "Cilium knows nodes by identity and matches them by CIDR only with policy-cidr-match-mode=nodes",
    ),
    Switch(
        "host_network_is_pod",
        "Is a pod in its node's network selected as a pod?",
        "the API leaves it open: most dataplanes see its node, OVN-Kubernetes can see the pod",
    ),
    Switch("node_to_own_pod", "Does a node always reach its own pods?", "all do, so that probes work"),
    Switch("pod_to_itself", "Does a pod always reach its own address?", "all do: the packet never leaves the pod"),
    Switch(
        "hairpin_exempt",
        "May a pod always reach itself through a Service?",
        "Cilium lets it; on Calico its egress policy is asked; the ClusterNetworkPolicy API makes it subject to policy",
    ),
    Switch(
        "other_protocols_denied",
        "Does v1 isolation cover ICMP and the like?",
        "the API defines TCP, UDP and SCTP only; Calico and Cilium deny the rest, others let it pass",
    ),
    Switch(
        "policy_isolates_both",
        "Does an egress policy keep Baseline from ingress?",
        "kube-network-policies skips Baseline for any selected pod; Calico and the API's own wording per direction do not",
    ),
    Switch(
        "ties_by_name",
        "Which of two policies with one priority wins?",
        "the API leaves it to the dataplane; Calico and kube-network-policies go by name",
    ),
    Switch(
        "unknown_peer_fails_closed",
        "What does a peer of an unknown kind do?",
        "the API and Calico fail closed; kube-network-policies skips the peer",
    ),
)
