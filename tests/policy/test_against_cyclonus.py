"""NetworkPolicy v1 against cyclonus, a probe simulator of other authors: every ordered pair of pods on every probed port.

Cyclonus applies ipBlock to the addresses of pods, as the profile `upstream` does. The diagonal is left out: cyclonus lets policies
decide what a pod sends to itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.oracle.cyclonus import executable, probed
from tests.policy import worlds
from tests.policy.generated import NAMESPACES, Generator

from seawall.policy.lower import PolicyModel
from seawall.policy.model import SCTP, TCP, UDP, kind_of_traffic
from seawall.policy.relation import Relation

PROBES = (("TCP", TCP, 80), ("TCP", TCP, 8080), ("UDP", UDP, 53), ("SCTP", SCTP, 5060))
WORLDS, PODS, POLICIES = 16, 14, 8

pytestmark = pytest.mark.oracle


@pytest.fixture(scope="module")
def program() -> Path:
    return executable()


def world(seed: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Namespaces with pods, and policies, generated; in the shape that cyclonus understands."""
    generator = Generator(seed, ("kubernetes",), odd=False)
    documents = [one for one in generator.world(PODS) if one["kind"] in ("Namespace", "Pod")]
    for one in documents:
        if one["kind"] == "Pod":
            one["spec"].pop("nodeName", None)  # cyclonus knows no nodes
            # Cyclonus takes NotIn of an absent label for no match, unlike the API server: every pod has every label here.
            one["metadata"]["labels"] = {"app": "none", "tier": "none", **one["metadata"]["labels"]}
            one["spec"]["containers"][0]["ports"] = [
                {"name": name, "containerPort": port, "protocol": protocol}
                for name, port, protocol in (
                    ("http", 80, "TCP"),
                    ("alt", 8080, "TCP"),
                    ("dns", 53, "UDP"),
                    ("sip", 5060, "SCTP"),
                )
            ]
    policies = []
    for index in range(POLICIES):
        one = generator.kubernetes(index)
        spec = one["spec"]
        # Cyclonus needs what the API server fills in.
        spec.setdefault("policyTypes", ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"])
        policies.append(one)
    return documents, policies


def test_every_pair_is_judged_alike(program: Path, tmp_path: Path) -> None:
    """More than 10,000 cases: each is a pair of pods and a port in one of the generated worlds."""
    cases, allowed = 0, 0
    disagreements: list[str] = []
    for seed in range(WORLDS):
        documents, policies = world(seed)
        theirs = probed(program, documents, policies, [(name, port) for name, _, port in PROBES], tmp_path)
        relation = Relation.of(PolicyModel.of(worlds.cluster([*documents, *policies])))
        assert not relation.model.notices
        ends = relation.model.world.by_name
        assert set(NAMESPACES) >= {pod.namespace for pod in relation.model.world.pods}
        for name, protocol, port in PROBES:
            table = theirs[name, port]
            assert len(table) == PODS * (PODS - 1)
            for (source, destination), verdict in table.items():
                one, other = (ends[tuple(end.split("/", 1))] for end in (source, destination))  # type: ignore[index]
                ours = relation.verdict(one, other, kind_of_traffic(protocol, port), 4)
                cases, allowed = cases + 1, allowed + verdict
                if ours is not verdict:
                    disagreements.append(
                        f"world {seed}: {source} to {destination}, {name} {port}: cyclonus {verdict}, here {ours}"
                    )
    assert cases >= 10_000
    assert cases // 10 < allowed < cases - cases // 10, "the worlds show both verdicts"
    assert not disagreements, f"{len(disagreements)} of {cases} differ\n" + "\n".join(disagreements[:50])
