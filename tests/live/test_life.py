"""A finding's life, and who held an address: folds that agree with looking at the whole."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest
from tests.scan.test_incremental import CHECKS, decode, deployment

from seawall.live.findings import after, transitions
from seawall.live.intervals import Holdings
from seawall.live.view import Delta, LiveView, touched
from seawall.model.cluster.coverage import LIVE, Coverage, Gap
from seawall.model.cluster.meta import Object, ObjectRef
from seawall.model.cluster.snapshot import Cluster
from seawall.model.finding import Finding, Status
from seawall.scan.engine import scan


def report(world: dict[ObjectRef, Object], *gaps: Gap) -> Any:
    cluster = Cluster(world.values(), name="t", scope=LIVE, coverage=Coverage(gaps=gaps))
    return scan(cluster, CHECKS, tool="t")


@pytest.mark.parametrize("seed", range(15))
def test_folding_transitions_gives_the_last_report(seed: int) -> None:
    chance = random.Random(seed)
    known: dict[str, Finding] = {}
    world: dict[ObjectRef, Object] = {}
    for at in range(12):
        thing = decode(deployment(chance, f"d{chance.randint(0, 3)}"))
        if chance.random() < 0.3:
            world.pop(thing.ref, None)
        else:
            world[thing.ref] = thing
        made = report(world)
        changes = transitions(known, made, at=at, scan=str(at))
        assert transitions(known, made, at=at, scan=str(at)) == changes, "the same scan says the same"
        known = after(known, changes)
        assert set(known) == {one.id for one in made.findings}
        assert transitions(known, made, at=at, scan=str(at)) == [], "nothing changed, nothing is written"


def test_a_kind_that_can_not_be_read_any_more_resolves_nothing() -> None:
    thing = decode(
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "s", "namespace": "n"},
            "spec": {"externalIPs": ["1.2.3.4"]},
        }
    )
    known = after({}, transitions({}, report({thing.ref: thing}), at=1, scan="1"))
    assert [one.rule for one in known.values() if one.object.name == "s"] == ["service/external-ip"]
    blind = report({}, Gap("forbidden", "services may not be listed", kind="Service"))
    changes = transitions(known, blind, at=2, scan="2")
    assert [(one.transition, one.finding.rule) for one in changes if one.finding.object.name == "s"] == [
        ("unknown", "service/external-ip")
    ]
    known = after(known, changes)
    assert all(one.status is Status.UNKNOWN for one in known.values() if one.object.name == "s")
    healed = transitions(known, report({}), at=3, scan="3")
    assert ("resolved", "s") in {(one.transition, one.finding.object.name) for one in healed}


def pod(name: str, address: str, **changed: Any) -> Object:
    document = {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "n", "resourceVersion": str(random.random())},
        "spec": {"containers": []}, "status": {"phase": "Running", "podIP": address, **changed},
    }  # fmt: skip
    return decode(document)


def test_an_address_that_passes_from_one_pod_to_another() -> None:
    view = LiveView(id="c", name="c", version="", scope=LIVE)
    holdings = Holdings(keep=1_000)
    owner = lambda thing: thing.ref  # noqa: E731

    def now(deltas: list[Delta]) -> None:
        holdings.apply(deltas, owner)

    now(view.put("Pod", pod("a", ""), 10))
    now(view.put("Pod", pod("a", "10.0.0.1"), 20))
    now(view.remove("Pod", pod("a", "").ref, 30))
    now(view.put("Pod", pod("b", "10.0.0.1"), 40))
    held = [(one.address, one.owner.name, one.since, one.until) for one in holdings if one.address]
    assert held == [("10.0.0.1", "a", 20, 30), ("10.0.0.1", "b", 40, None)]


def test_a_finished_pod_gives_its_address_back() -> None:
    view = LiveView(id="c", name="c", version="", scope=LIVE)
    holdings = Holdings(keep=1_000)
    holdings.apply(view.put("Pod", pod("a", "10.0.0.1"), 10), lambda thing: thing.ref)
    holdings.apply(view.put("Pod", pod("a", "10.0.0.1", phase="Succeeded"), 20), lambda thing: thing.ref)
    assert [(one.address, one.until) for one in holdings] == [("10.0.0.1", 20)]


@pytest.mark.parametrize("seed", range(10))
def test_deltas_lead_to_the_listed_world(seed: int) -> None:
    chance = random.Random(seed)
    view = LiveView(id="c", name="c", version="", scope=LIVE)
    mirror: dict[ObjectRef, Object] = {}
    for at in range(60):
        thing = decode(msgspec.to_builtins({**deployment(chance, f"d{chance.randint(0, 5)}")}))
        msgspec.structs.force_setattr(thing.metadata, "resource_version", str(at))
        match chance.randint(0, 2):
            case 0:
                deltas = view.put("Deployment", thing, at)
            case 1:
                deltas = view.remove("Deployment", thing.ref, at)
            case _:
                deltas = view.listed("Deployment", [thing], at)
        for delta in deltas:
            assert mirror.get(delta.ref) == delta.before
            if delta.after is None:
                del mirror[delta.ref]
            else:
                mirror[delta.ref] = delta.after
        assert {one.ref: one for one in view.cluster(at).objects} == mirror
        assert touched(deltas, lambda one: one.ref) == {delta.ref for delta in deltas}


def test_a_broken_kind_is_a_gap_until_it_is_listed_again() -> None:
    view = LiveView(id="c", name="c", version="", scope=LIVE)
    view.listed("Pod", [pod("a", "")], 1)
    view.broken("Pod", Gap("unreachable", "the watch of pods broke", kind="Pod"))
    assert [str(gap) for gap in view.cluster(2).coverage.gaps] == ["the watch of pods broke"]
    assert len(view.cluster(2).objects) == 1
    view.listed("Pod", [pod("a", "")], 3)
    assert not view.cluster(4).coverage.gaps


def test_the_cluster_is_the_same_one_while_nothing_changes() -> None:
    view = LiveView(id="c", name="c", version="", scope=LIVE)
    thing = pod("a", "10.0.0.1")
    view.put("Pod", thing, 1)
    first = view.cluster(2)
    assert view.put("Pod", thing, 3) == []
    assert view.cluster(4) is first
