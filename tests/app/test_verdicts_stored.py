"""What stands in the store of generated flows is what the tuple evaluator says of them, pod by pod, with no classes, sets or columns between."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from tests.policy.generated import Generator

from seawall.app.ingest import pipeline
from seawall.app.verdicts import judges_from, profile_of
from seawall.ingest.identity import index_of
from seawall.ingest.pipeline import Batch
from seawall.kit.prefixes import address
from seawall.model.cluster.snapshot import Cluster
from seawall.policy.flow_judge import policy_name
from seawall.policy.judge import Flow, Judge, Judgement, Trace
from seawall.policy.lower import PolicyModel
from seawall.policy.model import kind_of_traffic
from seawall.policy.profiles import PROFILES
from seawall.policy.world import End, NodeEnd, OutsideEnd, PodEnd
from seawall.sources.events.hubble import Hubble
from seawall.store.client import Store
from seawall.store.embedded import EmbeddedStore
from seawall.store.migrate import migrate

NOW = 1_795_600_000_000_000_000
WORDS = {True: "allowed", False: "denied", None: "unknown"}
OUTSIDE = ("203.0.113.9", "203.0.113.200", "8.8.8.8")
TRAFFIC = (
    ("TCP", 6, 80),
    ("TCP", 6, 8080),
    ("TCP", 6, 8000),
    ("UDP", 17, 53),
    ("SCTP", 132, 5060),
    ("ICMPv4", 1, 8 << 8),
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with EmbeddedStore(tmp_path_factory.mktemp("store")) as embedded:
        client = embedded.store()
        migrate(client, at=NOW)
        yield client
        client.close()


class Sent(NamedTuple):
    """A flow as it was sent: between whom it really was, and the line that Hubble wrote of it."""

    source: End
    destination: End
    traffic: int
    named: bool
    line: bytes


def sent(cluster: Cluster, model: PolicyModel, seed: int, count: int) -> list[Sent]:
    made = random.Random(seed)
    world = model.world
    pods = [pod for pod in world.pods if pod.host_network or any(one.family == 4 for one in pod.addresses)]
    ends: list[End] = [*pods, *pods, *world.nodes.values(), *(OutsideEnd(address(text)) for text in OUTSIDE)]
    found = []
    while len(found) < count:
        source, destination = made.choice(ends), made.choice(ends)
        if isinstance(source, OutsideEnd) and isinstance(destination, OutsideEnd):
            continue
        named = made.random() < 0.8
        if not named and any(isinstance(end, PodEnd) and end.host_network for end in (source, destination)):
            continue  # its address is the node's: nobody could tell it from the node
        protocol, number, port = made.choice(TRAFFIC)
        line = _line(source, destination, protocol, port, named, reply=made.random() < 0.3)
        found.append(Sent(source, destination, kind_of_traffic(number, port), named, line))
    return found


def _line(source: End, destination: End, protocol: str, port: int, named: bool, *, reply: bool) -> bytes:
    ends, addresses = [_said(source, named), _said(destination, named)], [_address_of(source), _address_of(destination)]
    ports = {"source_port": 40000, "destination_port": port}
    icmp = {"type": port >> 8}
    if reply:
        ends.reverse()
        addresses.reverse()
        ports, icmp = {"source_port": port, "destination_port": 40000}, {"type": 0}
    return json.dumps(
        {
            "flow": {
                "time": "2026-11-25T09:00:00Z",
                "verdict": "FORWARDED",
                "IP": {"source": addresses[0], "destination": addresses[1]},
                "l4": {protocol: icmp if protocol == "ICMPv4" else ports},
                "source": ends[0],
                "destination": ends[1],
                "is_reply": reply,
                "traffic_direction": "EGRESS",
            }
        }
    ).encode()


def _said(end: End, named: bool) -> dict[str, Any]:
    if isinstance(end, OutsideEnd):
        return {"identity": 2, "labels": ["reserved:world"]}
    if not named:
        return {}
    if isinstance(end, NodeEnd):
        return {"identity": 6, "labels": ["reserved:remote-node"]}
    return {
        "namespace": end.namespace,
        "pod_name": end.name,
        "labels": [f"k8s:{key}={value}" for key, value in end.labels.items()],
    }


def _address_of(end: End) -> str:
    if isinstance(end, OutsideEnd):
        return str(end.address)
    if isinstance(end, PodEnd) and end.host_network and end.node is not None:
        end = end.node
    return next((str(one) for one in end.addresses if one.family == 4), "")


def _decided(trace: Trace) -> tuple[str, str]:
    step = trace.decided_by
    if trace.allowed is None or step is None:
        return "", ""
    ref = step.rule.policy
    return policy_name(ref) if ref is not None else "", step.rule.path or step.rule.name


def _differences(one: Sent, row: dict[str, Any], live: Judgement, staged: Judgement | None) -> Iterator[str]:
    told = f"{one.source} -> {one.destination} {one.traffic:#x}"
    if row["model_verdict"] != WORDS[live.allowed]:
        yield f"{told}: {row['model_verdict']} ({row['model_reason']}), not {WORDS[live.allowed]}: {live.reason}"
    if (row["model_reason"] == "") != (live.allowed is not None):
        yield f"{told}: {row['model_verdict']} for the reason '{row['model_reason']}'"
    expected = WORDS[staged.allowed] if staged is not None else None
    if row["staged_verdict"] != expected:
        yield f"{told}: staged {row['staged_verdict']}, not {expected}"
    for direction, trace in (("egress", live.egress), ("ingress", live.ingress)):
        if live.allowed is not None and all(step.certain for step in trace.steps):
            found = row[f"{direction}_policy"], row[f"{direction}_rule"]
            if row[f"{direction}_verdict"] != WORDS[trace.allowed]:
                yield f"{told}: {direction} {row[f'{direction}_verdict']}, not {WORDS[trace.allowed]}"
            if found != _decided(trace):
                yield f"{told}: {direction} decided by {found}, not {_decided(trace)}"


@pytest.mark.parametrize("dialects", [("kubernetes",), ("cluster", "admin"), ("calico",), ("cilium",)])
@pytest.mark.parametrize(("seed", "identities"), [(0, True), (1, True), (2, False)])
def test_the_store_holds_what_the_tuple_evaluator_says(
    store: Store, dialects: tuple[str, ...], seed: int, identities: bool
) -> None:
    cluster = Generator(seed * 31 + 5, dialects).cluster(9, 7)
    name = f"{dialects[0]}-{seed}"
    judges = judges_from(cluster, name)
    judge = judges(name)
    assert judge is not None
    model = PolicyModel.of(cluster, PROFILES[profile_of(cluster)])
    flows = sent(cluster, model, seed, 400)
    payload = b"\n".join(one.line for one in flows)
    index = index_of(cluster) if identities else None
    pipeline(store, lambda _: index, judges).settle(Batch(name, name, "hubble", payload, NOW), Hubble())
    rows = store.select("SELECT * FROM seawall.flow WHERE cluster = {c:String} ORDER BY batch_row", c=name)
    assert len(rows) == len(flows)
    live = Judge(model)
    staged = Judge(model, model.staged) if model.staged is not None else None
    found = []
    for one, row in zip(flows, rows, strict=True):
        flow = Flow(one.source, one.destination, one.traffic, 4)
        found += _differences(one, row, live.judge(flow), staged.judge(flow) if staged is not None else None)
        assert row["policy_version"] == judge.version
        by_address = not identities and any(
            isinstance(end, NodeEnd) or (isinstance(end, PodEnd) and not one.named)
            for end in (one.source, one.destination)
        )
        assert row["model_basis"] == ("address" if by_address else "identity")
    assert found == []
