"""What `policy` calls refused against what a real API server refuses, by dry run with strict field validation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.e2e.cluster import crds
from tests.e2e.cluster.control_plane import ControlPlane, Refused
from tests.e2e.cluster.missing import Missing
from tests.policy import test_clusternetworkpolicy as tiered
from tests.policy import test_networkpolicy as v1
from tests.policy import worlds
from tests.policy.generated import Generator

from seawall.policy.lower import PolicyModel

pytestmark = pytest.mark.control_plane


def refused_by_the_server(control_plane: ControlPlane, document: dict[str, Any]) -> str | None:
    """The server's words, or None where it takes the document."""
    try:
        control_plane.kubectl("create", "--dry-run=server", "--validate=strict", "-f", "-", stdin=json.dumps(document))
    except Refused as error:
        return str(error)
    return None


def refused_here(document: dict[str, Any]) -> str | None:
    """Seawall's words, or None."""
    model = PolicyModel.of(worlds.cluster([document]))
    return next((str(notice) for notice in model.notices if notice.kind == "refused"), None)


def v1_policies() -> Iterator[dict[str, Any]]:
    base = {"podSelector": {"matchLabels": {"pod": "a"}}}
    for more, _ in v1.REFUSED:
        yield {**base, "policyTypes": ["Ingress"], **more}
    for peers, _ in v1.PEERS:
        yield {**base, "ingress": [{"from": peers}]}
        yield {**base, "egress": [{"to": peers}]}
    for more, _, _ in v1.TYPES:
        yield {**base, **more}
    for ports, _ in v1.PORTS:
        yield {**base, "ingress": [{"ports": ports}]}
    for block in (
        "10.0.0.1/8",
        "010.0.0.0/8",
        "::ffff:10.0.0.0/104",
        "fd00::/64",
        "fd00::1/64",
        "10.0.0.0/08",
        "::/0",
        "1.2.3.4/32",
        "",
    ):
        yield {**base, "ingress": [{"from": [{"ipBlock": {"cidr": block}}]}]}
    yield {**base, "ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["fd00::/64"]}}]}]}
    yield {**base, "ingress": [{"ports": [{"port": "80"}]}]}
    yield {**base, "ingress": [{"ports": [{"port": "a--b"}]}]}
    yield {**base, "ingress": [{"ports": [{"port": "-a"}]}]}
    yield {**base, "ingress": [{"ports": [{"port": 80, "protocol": ""}]}]}
    yield {"podSelector": {"matchLabels": {"a": ""}}}
    yield {"podSelector": {"matchExpressions": [{"key": "a", "operator": "In", "values": []}]}}
    yield {"podSelector": {"matchExpressions": [{"key": "a", "operator": "Gt", "values": ["1"]}]}}
    yield {"podSelector": {"matchLabels": {"a/b/c": "d"}}}


AMBIGUOUS = ("10.0.0.1/8", "010.0.0.0/8", "::ffff:10.0.0.0/104", "fd00::1/64", "10.0.0.0/08")
"""Blocks that programs read differently. The API server refuses new ones since 1.36 (StrictIPCIDRValidation); Seawall always does."""


def test_network_policies_are_refused_alike(control_plane: ControlPlane, namespace: str) -> None:
    differ = []
    lenient = tuple(map(int, control_plane.version.split(".")[:2])) < (1, 36)
    for index, spec in enumerate(v1_policies()):
        document = worlds.policy(f"p{index}", spec, namespace)
        theirs, ours = refused_by_the_server(control_plane, document), refused_here(document)
        known = lenient and theirs is None and any(f"'{block}'" in str(spec) for block in AMBIGUOUS)
        if (theirs is None) != (ours is None) and not known:
            differ.append((spec, theirs, ours))
    assert differ == [], "\n".join(map(str, differ))


def test_generated_network_policies_are_refused_alike(control_plane: ControlPlane, namespace: str) -> None:
    generator = Generator(11, ("kubernetes",))
    for index in range(25):
        document = generator.policy(index)
        document["metadata"]["namespace"] = namespace
        theirs, ours = refused_by_the_server(control_plane, document), refused_here(document)
        assert (theirs is None) == (ours is None), (document, theirs, ours)


@pytest.fixture
def policy_api(control_plane: ControlPlane) -> ControlPlane:
    try:
        crds.install(control_plane, ("cluster-network-policy", "admin-network-policy", "cilium"))
    except Missing as why:
        pytest.skip(str(why))
    return control_plane


def test_cluster_network_policies_are_refused_alike(policy_api: ControlPlane) -> None:
    base = {
        "tier": "Admin",
        "priority": 1,
        "subject": tiered.RED,
        "ingress": [{"action": "Deny", "from": [tiered.EVERYONE]}],
    }
    documents = [worlds.cluster_policy(f"p{index}", {**base, **more}) for index, (more, _) in enumerate(tiered.REFUSED)]
    generator = Generator(5, ("cluster",))
    documents += [generator.policy(index) for index in range(20)]
    differ = []
    for document in documents:
        theirs, ours = refused_by_the_server(policy_api, document), refused_here(document)
        if (theirs is None) != (ours is None):
            differ.append((document["spec"], theirs, ours))
    assert differ == [], "\n".join(map(str, differ))


def test_what_is_generated_for_other_kinds_is_taken(policy_api: ControlPlane, namespace: str) -> None:
    generator = Generator(8, ("admin", "cilium"))
    for index in range(30):
        document = generator.policy(index)
        if refused_here(document) is None:
            if "namespace" in document["metadata"]:
                document["metadata"]["namespace"] = namespace
            assert refused_by_the_server(policy_api, document) is None, document
