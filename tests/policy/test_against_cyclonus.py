"""NetworkPolicy v1 against cyclonus, a probe simulator of other authors: every ordered pair of pods on every probed port.

Cyclonus applies ipBlock to the addresses of pods, as the profile `upstream` does. The diagonal is left out: cyclonus lets policies
decide what a pod sends to itself.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.oracle.cyclonus import executable
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


def probed(
    program: Path, documents: list[dict[str, Any]], policies: list[dict[str, Any]], folder: Path
) -> dict[tuple[str, int], dict[tuple[str, str], bool]]:
    """What cyclonus says: for each probe the verdict of each ordered pair of different pods."""
    pods = [one for one in documents if one["kind"] == "Pod"]
    resources = {
        "Namespaces": {
            one["metadata"]["name"]: {
                "kubernetes.io/metadata.name": one["metadata"]["name"],
                **one["metadata"]["labels"],
            }
            for one in documents
            if one["kind"] == "Namespace"
        },
        "Pods": [
            {
                "Namespace": one["metadata"]["namespace"],
                "Name": one["metadata"]["name"],
                "Labels": one["metadata"]["labels"],
                "IP": one["status"]["podIP"],
                "Containers": [
                    {
                        "Name": f"c{index}",
                        "Port": port["containerPort"],
                        "PortName": port["name"],
                        "Protocol": port["protocol"],
                    }
                    for index, port in enumerate(one["spec"]["containers"][0]["ports"])
                ],
            }
            for one in pods
        ],
    }
    model = {"Probes": [{"Protocol": name, "Port": port} for name, _, port in PROBES], "Resources": resources}
    (folder / "probe.json").write_text(json.dumps(model))
    listed = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicyList", "items": policies}
    (folder / "policies.yaml").write_text(yaml.safe_dump(listed))
    command = [
        str(program),
        "analyze",
        "--mode",
        "probe",
        "--policy-path",
        str(folder / "policies.yaml"),
        "--probe-path",
        str(folder / "probe.json"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    return dict(zip([(name, port) for name, _, port in PROBES], tables(done.stdout), strict=True))


def tables(text: str) -> list[dict[tuple[str, str], bool]]:
    """The tables headed `Combined:`, rows being sources."""
    found = []
    for piece in text.split("Combined:")[1:]:
        rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in piece.splitlines() if line.startswith("|")]
        heads = [name.lower() for name in rows[0][1:]]
        table = {}
        for row in rows[1:]:
            if not row[0]:
                break
            table |= {
                (row[0].lower(), head): cell == "."
                for head, cell in zip(heads, row[1:], strict=True)
                if head != row[0].lower()
            }
        found.append({pair: verdict for pair, verdict in table.items() if "/" in pair[0]})
    return [table for table in found if table]


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
        theirs = probed(program, documents, policies, tmp_path)
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
