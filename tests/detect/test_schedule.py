"""Rules over the real embedded store: slices, windows, late batches, repeats, and signals that do not depend on when they were made."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.policy import worlds

from seawall.app.verdicts import judges_from
from seawall.detect.schedule import SILENCE, Scheduler
from seawall.detect.windows import touched, windows
from seawall.ingest.ledger import StoredLedger
from seawall.ingest.pipeline import Batch, Pipeline
from seawall.kit.errors import UserError
from seawall.model.event.read_scope import ReadScope
from seawall.sources.events.audit import Audit
from seawall.sources.events.hubble import Hubble
from seawall.spi.detector import Rule, parse, rules_of
from seawall.store.client import Store
from seawall.store.embedded import EmbeddedStore
from seawall.store.migrate import migrate

ALL = ReadScope.everything()
T0 = 1_795_514_400_000_000_000  # 2026-11-24T10:00:00Z
SECOND = 1_000_000_000
MINUTE = 60 * SECOND
RULES = {rule.id: rule for rule in rules_of("seawall.detections")}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with EmbeddedStore(tmp_path_factory.mktemp("store")) as embedded:
        client = embedded.store()
        migrate(client, at=T0)
        yield client
        client.close()


def stamp(at: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(at // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{at % SECOND:09}Z"


def event(
    number: int,
    at: int,
    user: str,
    resource: str,
    name: str = "",
    *,
    verb: str = "get",
    code: int = 200,
    sub: str = "",
    namespace: str = "shop",
    body: Any = None,
) -> bytes:
    return json.dumps(
        {
            "kind": "Event", "auditID": f"a{number}", "stage": "ResponseComplete", "level": "RequestResponse", "verb": verb, "requestURI": "/x",
            "user": {"username": user, "groups": []}, "sourceIPs": ["10.0.0.1"], "userAgent": "curl", "stageTimestamp": stamp(at),
            "objectRef": {"resource": resource, "namespace": namespace, "name": name, **({"subresource": sub} if sub else {})},
            "responseStatus": {"code": code}, **({"requestObject": body} if body else {}),
        }
    ).encode()  # fmt: skip


class World:
    """One cluster of the store, a clock of its own, and a scheduler."""

    def __init__(self, store: Store, cluster: str, *rules: str) -> None:
        self.store, self.cluster, self.now, self.sent = store, cluster, T0, 0
        self.pipeline = Pipeline(store, StoredLedger(store), lambda _: None, clock=lambda: self.now)
        self.scheduler = Scheduler(store, [RULES[rule] for rule in rules], since=T0, clock=lambda: self.now)

    def send(self, *lines: bytes, at: int) -> None:
        self.now, self.sent = at, self.sent + 1
        self.pipeline.settle(
            Batch(f"{self.cluster}-{self.sent}", self.cluster, "audit-log", b"\n".join(lines), at), Audit()
        )

    def turn(self, at: int) -> list[Any]:
        self.now = at
        return [signal for run in self.scheduler.turn(at) for signal in run.signals if signal.cluster == self.cluster]

    def stored(self) -> list[dict[str, Any]]:
        return self.store.select(
            "SELECT * FROM seawall.signal_now WHERE cluster = {c:String} ORDER BY time, signal_id", c=self.cluster
        )


def test_an_exec_that_began_and_one_that_was_refused(store: Store) -> None:
    world = World(store, "exec", "audit/exec-into-container", "audit/exec-refused")
    world.send(
        event(1, T0, "alice", "pods", "web", verb="create", code=101, sub="exec"),
        event(2, T0, "mallory", "pods", "web", verb="create", code=403, sub="exec"),
        event(3, T0, "bob", "pods", "web", verb="get"),
        at=T0 + SECOND,
    )
    found = world.turn(T0 + 2 * SECOND)
    assert sorted((one.rule, one.entity, one.severity.value) for one in found) == [
        ("audit/exec-into-container", "alice", "medium"),
        ("audit/exec-refused", "mallory", "low"),
    ]
    assert world.turn(T0 + 3 * SECOND) == [], "a slice is looked at once"
    evidence = store.rows("evidence_by_signal", ALL, signals=[found[0].id], limit=10)
    assert len(evidence) == 1
    assert json.loads(evidence[0]["event"])["actor"] == found[0].entity


def test_the_same_event_in_two_batches_is_one_signal(store: Store) -> None:
    world = World(store, "twice", "audit/exec-into-container")
    line = event(1, T0, "alice", "pods", "web", verb="create", code=101, sub="exec")
    world.send(line, at=T0 + SECOND)
    world.turn(T0 + 2 * SECOND)
    world.send(line, event(2, T0, "bob", "services"), at=T0 + 3 * SECOND)
    world.turn(T0 + 4 * SECOND)
    assert len(world.stored()) == 1


def test_a_window_runs_after_its_end_and_once_more_for_a_late_batch(store: Store) -> None:
    world = World(store, "sweep", "audit/secret-sweep")
    reads = [event(i, T0 + i * SECOND, "eve", "secrets", f"s{i}") for i in range(8)]
    world.send(*reads, event(90, T0 + 13 * MINUTE, "bob", "pods", "x"), at=T0 + 13 * MINUTE)
    assert world.turn(T0 + 13 * MINUTE + SECOND) == [], "eight secrets are no sweep"
    runs = store.select("SELECT count() AS n FROM seawall.rule_run WHERE cluster = 'sweep'")[0]["n"]
    assert runs > 0, "windows that found nothing are written down too"
    world.send(
        *(event(20 + i, T0 + (20 + i) * SECOND, "eve", "secrets", f"late{i}") for i in range(5)), at=T0 + 14 * MINUTE
    )
    late = world.turn(T0 + 14 * MINUTE + SECOND)
    assert {one.entity for one in late} == {"eve"}
    assert all("13 secrets" in one.title for one in late)
    assert world.turn(T0 + 14 * MINUTE + 2 * SECOND) == [], "and not a third time"
    second = store.select(
        "SELECT DISTINCT late_batch_id FROM seawall.rule_run WHERE cluster = 'sweep' AND pass_number = 1"
    )
    assert [row["late_batch_id"] for row in second] == ["sweep-2"]


def test_when_all_sources_fall_silent_the_last_windows_still_run(store: Store) -> None:
    world = World(store, "silent", "audit/secret-sweep")
    world.send(*(event(i, T0 + i * SECOND, "eve", "secrets", f"s{i}") for i in range(12)), at=T0 + MINUTE)
    assert world.turn(T0 + 2 * MINUTE) == []
    assert world.turn(T0 + MINUTE + SILENCE + SECOND), "nothing more is waited for"


def test_signals_do_not_depend_on_how_events_were_cut_into_batches(store: Store) -> None:
    lines = [
        event(i, T0 + i * 7 * SECOND, f"user{i % 3}", "secrets", f"s{i}", namespace=f"ns{i % 4}") for i in range(60)
    ]
    ids = []
    for size in (1, 7, 60):
        world = World(store, f"cut-{size}", "audit/secret-sweep")
        for start in range(0, len(lines), size):
            world.send(*lines[start : start + size], at=T0 + 8 * MINUTE)
            world.turn(T0 + 8 * MINUTE)
        world.turn(T0 + 30 * MINUTE)
        ids.append({(row["window_start"], row["entity"], row["title"]) for row in world.stored()})
    assert ids[0] == ids[1] == ids[2]
    assert ids[0]


def test_the_sweep_query_agrees_with_counting_by_hand(store: Store) -> None:
    import random

    random.seed(5)
    world = World(store, "oracle", "audit/secret-sweep")
    events = [
        (
            T0 + random.randrange(0, 40 * 60) * SECOND,
            f"u{random.randrange(6)}",
            f"n{random.randrange(3)}",
            random.choice(["", *(f"s{j}" for j in range(14))]),
        )
        for _ in range(900)
    ]
    world.send(
        *(
            event(i, at, user, "secrets", name, namespace=ns, verb="list" if not name else "get")
            for i, (at, user, ns, name) in enumerate(events)
        ),
        at=T0 + 41 * MINUTE,
    )
    world.turn(T0 + 60 * MINUTE)
    expected = set()
    for start in range(T0 - 10 * MINUTE, T0 + 45 * MINUTE, 5 * MINUTE):
        for user in {user for _, user, _, _ in events}:
            mine = [(ns, name) for at, who, ns, name in events if who == user and start <= at < start + 10 * MINUTE]
            if len({one for one in mine if one[1]}) >= 10 or len({ns for ns, name in mine if not name}) >= 2:
                expected.add((start, user))
    assert {(row["window_start"], row["entity"]) for row in world.stored()} == expected


def test_every_native_rule_answers_on_an_empty_slice(store: Store) -> None:
    for rule in RULES.values():
        world = World(store, f"empty-{rule.id.replace('/', '-')}", rule.id)
        world.send(event(1, T0, "bob", "leases"), at=T0 + SECOND)
        calm = Batch(f"{world.cluster}-flow", world.cluster, "hubble", flow(1, "web", "db"), world.now)
        world.pipeline.settle(calm, Hubble())
        world.turn(T0 + 60 * MINUTE)
        errors = store.select("SELECT error FROM seawall.rule_run WHERE cluster = {c:String}", c=world.cluster)
        assert errors
        assert {row["error"] for row in errors} == {""}


def test_bindings_and_pods_are_read_from_bodies(store: Store) -> None:
    world = World(store, "bodies", "audit/cluster-admin-bound", "audit/privileged-pod-created")
    binding = {
        "kind": "ClusterRoleBinding",
        "roleRef": {"kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "ServiceAccount", "name": "sa", "namespace": "shop"}],
    }
    pod = {
        "kind": "Pod",
        "spec": {
            "containers": [{"image": "x", "securityContext": {"privileged": True}}],
            "volumes": [{"hostPath": {"path": "/"}}],
        },
    }
    world.send(
        event(1, T0, "eve", "clusterrolebindings", "b", verb="create", code=201, namespace="", body=binding),
        event(2, T0, "eve", "pods", "p", verb="create", code=201, body=pod),
        event(3, T0, "eve", "pods", "q", verb="create", code=403, body=pod),
        at=T0 + SECOND,
    )
    found = {one.rule: one for one in world.turn(T0 + 2 * SECOND)}
    assert set(found) == {"audit/cluster-admin-bound", "audit/privileged-pod-created"}
    assert found["audit/privileged-pod-created"].reasons == ("privileged container", "host path /")
    assert "ServiceAccount:shop/sa" in found["audit/cluster-admin-bound"].title


def test_a_rule_that_the_store_refuses_says_so_and_is_tried_again(store: Store) -> None:
    broken = parse(
        "id: a/b\ntitle: t\nreads: audit\nseverity: low\nentity: user\nattack: [T1609]\nquery: x.sql\nwhat: w\nwhy: w\nfix: f\nlimits: l\n",
        "SELECT no_such_column FROM seawall.audit WHERE {slice}",
        "x.yaml",
    )
    world = World(store, "broken")
    world.scheduler = Scheduler(store, [broken], since=T0, clock=lambda: world.now)
    world.send(event(1, T0, "bob", "pods"), at=T0 + SECOND)
    run = world.scheduler.turn(T0 + 2 * SECOND)[0]
    assert "no_such_column" in run.errors[0]
    assert world.scheduler.turn(T0 + 3 * SECOND)[0].slices > 0


@pytest.mark.parametrize(
    ("text", "sql", "reason"),
    [
        ("id: [", "{slice}", "expected"),
        ("id: a/b", "{slice}", "missing required field"),
        ("id: a/b\ntitle: t\nreads: nothing\nseverity: low\nentity: user\nattack: []\nquery: x\nwhat: w\nwhy: w\nfix: f\nlimits: l", "{slice}", 'reads "nothing"'),
        ("id: a/b\ntitle: t\nreads: audit\nseverity: low\nentity: user\nattack: []\nquery: x\nwhat: w\nwhy: w\nfix: f\nlimits: l", "SELECT 1", "no {slice}"),
        ("id: a/b\ntitle: t\nreads: audit\nseverity: low\nentity: user\nattack: []\nquery: x\nwhat: w\nwhy: w\nfix: f\nlimits: l\nwindow: 5 parsecs", "{slice}", "not a duration"),
    ],
)  # fmt: skip
def test_a_wrong_rule_is_named_with_its_place(text: str, sql: str, reason: str) -> None:
    with pytest.raises(UserError, match=reason.replace("{", r"\{")) as error:
        parse(text, sql, "rules/x.yaml")
    assert str(error.value).startswith("rules/x.yaml: ")


def test_windows_and_touched_agree() -> None:
    rule: Rule = RULES["audit/secret-sweep"]
    assert rule.window is not None
    for first in (T0, T0 + 1, T0 + 4 * MINUTE + 7):
        drawn = {start for start, _ in windows(rule, first, T0 + 60 * MINUTE)}
        for at in (first, first + 11 * MINUTE):
            holding = set(touched(rule, at, at))
            assert holding == {
                start
                for start in range(T0 - 30 * MINUTE, T0 + 60 * MINUTE, rule.every)
                if start <= at < start + rule.window
            }
            assert holding <= drawn


def flow(second: int, source: str, target: str, verdict: str = "FORWARDED", **more: Any) -> bytes:
    ends = {
        side: {
            "namespace": "shop",
            "pod_name": f"{name}-1",
            "identity": ord(name[0]),
            "labels": [f"k8s:app={name}"],
            "workloads": [{"name": name, "kind": "Deployment"}],
        }
        for side, name in (("source", source), ("destination", target))
    }
    reply = more.get("is_reply", False)
    ports = {"source_port": 5432 if reply else 40000, "destination_port": 40000 if reply else 5432}
    line = {
        "time": stamp(T0 + second * SECOND), "verdict": verdict, "IP": {"source": "10.0.0.1", "destination": "10.0.0.2"},
        "l4": {"TCP": ports}, "traffic_direction": "INGRESS", "is_reply": False, **ends, **more,
    }  # fmt: skip
    return json.dumps({"flow": line}).encode()


def test_what_the_dataplane_did_against_the_policies_is_told_with_both_words(store: Store) -> None:
    """`db` is isolated but for `web`: what else got through, and what of `web` did not."""
    policy = {
        "podSelector": {"matchLabels": {"app": "db"}},
        "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "web"}}}]}],
    }
    pods = [
        worlds.pod(f"{name}-1", "shop", {"app": name}, f"10.0.0.{at}")
        for at, name in enumerate(("web", "db", "cron"), 1)
    ]
    cluster = worlds.cluster([worlds.namespace("shop"), *pods, worlds.policy("db", policy, "shop")])
    world = World(store, "differs", "network/model-disagrees")
    lines = [
        flow(1, "web", "db"),
        flow(2, "cron", "db"),
        flow(3, "db", "cron", is_reply=True),
        flow(4, "web", "db", "DROPPED", drop_reason_desc="POLICY_DENIED"),
        flow(5, "web", "db", "DROPPED", drop_reason_desc="CT_MAP_INSERTION_FAILED"),
        flow(6, "cron", "db", "DROPPED", drop_reason_desc="POLICY_DENIED"),
        flow(7, "cron", "db", traffic_direction="EGRESS"),
        flow(1500, "web", "db"),
    ]
    way = Pipeline(
        store, StoredLedger(store), lambda _: None, clock=lambda: world.now, judges=judges_from(cluster, "differs")
    )
    world.now = T0 + 1501 * SECOND
    way.settle(Batch("differs", "differs", "hubble", b"\n".join(lines), world.now), Hubble())
    found = sorted(world.turn(T0 + 1502 * SECOND), key=lambda one: one.title)
    assert [one.title for one in found] == [
        "shop/cron → shop/db tcp/5432: passed, though the policies deny it",
        "shop/web → shop/db tcp/5432: dropped, though the policies allow it",
    ]
    passed, dropped = found
    assert (passed.events, dropped.events) == (2, 1)
    assert passed.reasons[0] == "the dataplane (cilium) says allowed"
    assert passed.reasons[1].startswith("the model says denied, by NetworkPolicy shop/db spec (policies ")
    assert dropped.reasons[0] == "the dataplane (cilium) says denied: POLICY_DENIED"
    assert "NetworkPolicy shop/db spec.ingress[0]" in dropped.reasons[2]
    assert passed.related == ("workload:shop/cron",)
