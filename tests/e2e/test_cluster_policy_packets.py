"""`policy eval` against packets: random policies, enforced by programs of others, every connection between pods tried."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.cluster import probe
from tests.e2e.cluster.enforcer import Enforcer, as_admin_policies, with_one_direction_each
from tests.e2e.cluster.generated_policies import NAMESPACES, PODS, PORTS, Policies
from tests.e2e.cluster.probe import Connection

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

SEEDS = range(6)


@dataclass
class Tally:
    """What was compared with one program."""

    policies: int = 0
    probes: int = 0
    differences: int = 0


@pytest.fixture(scope="module")
def tally(request: pytest.FixtureRequest) -> Iterator[dict[str, Tally]]:
    """By the name of the program that enforces; said when the module is done, passed or not."""
    counted: dict[str, Tally] = defaultdict(Tally)
    yield counted
    terminal = request.config.pluginmanager.get_plugin("terminalreporter")
    for name, one in counted.items():
        terminal.write_line(
            f"\n{name}: {one.policies:,} generated policies, {one.probes:,} connections tried between pods, {one.differences:,} differences"
        )


NAMED = {port.name: port for port in PORTS if port.name}
Verdicts = Mapping[Connection, bool]


def asked_with_packets(enforcer: Enforcer, policies: Sequence[Mapping[str, Any]]) -> Verdicts:
    probe.start(enforcer.cluster.control_plane, PODS, NAMESPACES)
    enforcer.enforce(policies)
    return probe.probe_matrix(enforcer.cluster.control_plane, PODS)


def computed(
    enforcer: Enforcer, policies: Sequence[Mapping[str, Any]], asked: Sequence[Connection], folder: Path
) -> Verdicts:
    """What Seawall says about the pods as they run and the policies as they were written."""
    plane = enforcer.cluster.control_plane
    objects = [*plane.get("namespaces")["items"], *plane.get("nodes")["items"]]
    for namespace in NAMESPACES:
        objects += plane.get("pods", "-n", namespace)["items"]
    (folder / "world.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [*objects, *policies]}))
    tuples = [
        {"from": {"pod": one.source}, "to": {"pod": one.destination}, "protocol": one.protocol, "port": one.port}
        for one in asked
    ]
    (folder / "asked.jsonl").write_text("\n".join(map(json.dumps, tuples)))
    done = subprocess.run(
        [sys.executable, "-m", "seawall", "policy", "eval", "world.json", "--tuples", "asked.jsonl", "-o", "json"],
        cwd=folder,
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr or done.stdout
    verdicts = json.loads(done.stdout)["verdicts"]
    return {one: verdict["allowed"] for one, verdict in zip(asked, verdicts, strict=True)}


def differences(packets: Verdicts, answers: Verdicts) -> list[str]:
    return [
        f"{one.source} -> {one.destination} {one.protocol}/{one.port}: packets {packets[one]}, Seawall {answers[one]}"
        for one in packets
        if packets[one] != answers[one]
    ]


def compared(
    tally: Tally,
    enforcer: Enforcer,
    policies: Sequence[Mapping[str, Any]],
    enforced: Sequence[Mapping[str, Any]],
    folder: Path,
) -> None:
    """Tries every connection under `enforced`, which is what `policies` says in the enforcer's terms; what differs fails the test."""
    packets = asked_with_packets(enforcer, enforced)
    found = differences(packets, computed(enforcer, policies, list(packets), folder))
    tally.policies += len(policies)
    tally.probes += len(packets)
    tally.differences += len(found)
    assert not found, told(policies, found)


def told(policies: Sequence[Mapping[str, Any]], found: Sequence[str]) -> str:
    return "\n".join([*found, *map(json.dumps, policies)])


@pytest.mark.parametrize("seed", SEEDS)
def test_network_policy_as_kube_router_enforces_it(
    kube_router: Enforcer, seed: int, tmp_path: Path, tally: dict[str, Tally]
) -> None:
    policies = Policies(seed).network_policies(4)
    compared(tally["kube-router"], kube_router, policies, with_one_direction_each(policies), tmp_path)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_tier_as_kube_network_policies_enforces_it(
    kube_network_policies: Enforcer, seed: int, tmp_path: Path, tally: dict[str, Tally]
) -> None:
    stream = Policies(1000 + seed)
    plane = kube_network_policies.cluster.control_plane
    baseline = seed % 2 == 0
    tiers = stream.cluster_policies(admin=2, baseline=baseline)
    # Whether a policy that isolates a pod one way puts the baseline out of force the other way too is left open by the
    # standard: kube-network-policies says yes, Seawall no. So where there is a baseline, policies isolate both ways.
    own = stream.network_policies(2, both_directions=baseline)
    plane.kubectl("apply", "--dry-run=server", "-f", "-", stdin="\n".join(map(json.dumps, tiers)))  # as written, valid
    enforced = [*as_admin_policies(tiers, NAMED), *own]
    compared(tally["kube-network-policies"], kube_network_policies, [*tiers, *own], enforced, tmp_path)
