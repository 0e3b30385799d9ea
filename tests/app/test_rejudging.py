"""Judging the past again: as if it had come in today, once or twice, whole or cut off, alone or while more comes in."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.app.test_verdicts_stored import NOW, sent
from tests.policy.generated import Generator

from seawall.app.ingest import pipeline
from seawall.app.rejudging import Following, Rejudged, rejudge
from seawall.app.verdicts import ClusterJudge
from seawall.ingest.identity import index_of
from seawall.ingest.pipeline import Batch
from seawall.model.cluster.snapshot import Cluster
from seawall.policy.lower import PolicyModel
from seawall.sources.events.hubble import Hubble
from seawall.store.client import Store
from seawall.store.embedded import EmbeddedStore, State
from seawall.store.migrate import migrate

_FLOWS = "SELECT * EXCEPT (cluster, batch_id, event_id) FROM seawall.flow WHERE cluster = {c:String} ORDER BY batch_row"
_EDGES = (
    "SELECT * EXCEPT (cluster, src_addresses, dst_addresses), finalizeAggregation(src_addresses) AS sources, "
    "finalizeAggregation(dst_addresses) AS destinations FROM seawall.TABLE FINAL WHERE cluster = {c:String} ORDER BY ALL"
)


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStore]:
    with EmbeddedStore(tmp_path_factory.mktemp("store")) as running:
        yield running


@pytest.fixture(scope="module")
def store(embedded: EmbeddedStore) -> Iterator[Store]:
    client = embedded.store()
    migrate(client, at=NOW)
    yield client
    client.close()


def worlds(seed: int) -> tuple[Cluster, Cluster]:
    """A cluster before and after its policies changed; pods and namespaces are the same."""
    made = Generator(seed, ("kubernetes", "calico"))
    things = made.world(8)
    from tests.policy import worlds as written

    before = [made.policy(index) for index in range(5)]
    after = [*before[:3], *(made.policy(index) for index in range(10, 13))]
    return written.cluster([*things, *before]), written.cluster([*things, *after])


def lines(cluster: Cluster, seed: int, count: int = 300) -> bytes:
    """Flows over three hours, two of one day and one of the next."""
    flows = sent(cluster, PolicyModel.of(cluster), seed, count)
    hours = (b"2026-11-24T22:", b"2026-11-24T23:", b"2026-11-25T00:")
    return b"\n".join(one.line.replace(b"2026-11-25T09:", hours[at % 3]) for at, one in enumerate(flows))


def ingest(store: Store, name: str, cluster: Cluster, judge: ClusterJudge, payload: bytes, batch: str = "") -> None:
    index = index_of(cluster)
    way = pipeline(store, lambda _: index, lambda _: judge)
    way.settle(Batch(f"{name}{batch}", name, "hubble", payload, NOW), Hubble())


def contents(store: Store, name: str) -> list[list[dict[str, Any]]]:
    queries = (_FLOWS, _EDGES.replace("TABLE", "edge_minute"), _EDGES.replace("TABLE", "edge_hour"))
    return [store.select(query, c=name) for query in queries]


@settings(
    max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 1 << 20))
def test_the_past_judged_again_is_as_if_it_came_in_today(store: Store, seed: int) -> None:
    before, after = worlds(seed)
    payload = lines(after, seed)
    old, new = ClusterJudge(before, NOW - 5), ClusterJudge(after, NOW)
    past, fresh = f"past-{seed}-{time.time_ns()}", f"fresh-{seed}-{time.time_ns()}"
    ingest(store, past, before, old, payload)
    ingest(store, fresh, after, new, payload)
    done = rejudge(store, past, new)
    expected = contents(store, fresh)
    assert contents(store, past) == expected
    if old.version != new.version:
        assert (done.hours, done.rows, done.days_rolled_up) == (3, 300, 2)
    again = rejudge(store, past, new)
    assert (again.hours, again.rows, again.days_rolled_up, again.incomplete) == (0, 0, 0, 0)
    assert contents(store, past) == expected


def test_a_live_cluster_is_followed_once_its_policies_have_settled(store: Store) -> None:
    before, after = worlds(31)
    old, new = ClusterJudge(before, NOW - 5), ClusterJudge(after, NOW)
    assert old.version != new.version
    ingest(store, "followed", before, old, lines(after, 31))
    following, never = Following(store), threading.Event()
    assert following.turn([("followed", old)], never) == []
    assert [one.rows for one in following.turn([("followed", old)], never)] == [0]
    assert following.turn([("followed", new)], never) == [], "it may change again"
    assert [one.rows for one in following.turn([("followed", new)], never)] == [300]
    assert following.turn([("followed", new)], never) == []


def test_other_clusters_are_left_alone(store: Store) -> None:
    before, after = worlds(3)
    payload = lines(after, 3)
    for name in ("mine", "theirs"):
        ingest(store, name, before, ClusterJudge(before, None), payload)
    untouched = contents(store, "theirs")
    assert rejudge(store, "mine", ClusterJudge(after, None)).rows == 300
    assert contents(store, "theirs") == untouched


def test_killed_in_the_middle_it_ends_as_if_done_once(embedded: EmbeddedStore, store: Store) -> None:
    before, after = worlds(11)
    payload = lines(after, 11, 600)
    old, new = ClusterJudge(before, NOW - 5), ClusterJudge(after, NOW)
    ingest(store, "killed", before, old, payload)
    ingest(store, "whole", after, new, payload)
    ingest(store, "as-before", before, old, payload)
    made = random.Random(5)
    by = {old.version: old, new.version: new}
    target = new
    for number in range(6):
        target = by[new.version if number % 2 == 0 else old.version]
        worker = threading.Thread(target=_quietly, args=(store, "killed", target))
        worker.start()
        time.sleep(made.random() * 1.2)
        pid = embedded.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        worker.join()
        deadline = time.monotonic() + 60
        while embedded.state is not State.READY or embedded.pid == pid:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        if number >= 4:
            rejudge(store, "killed", target)
            expected = "whole" if target is new else "as-before"
            assert contents(store, "killed") == contents(store, expected)
    assert (
        store.select(
            "SELECT name FROM system.tables WHERE database = 'seawall' AND name IN ('flow_answers', 'edge_minute_rebuild', 'edge_hour_rebuild')"
        )
        == []
    )


def _quietly(store: Store, name: str, judge: ClusterJudge) -> Rejudged | None:
    try:
        return rejudge(store, name, judge)
    except Exception:
        return None


def test_flows_that_come_in_meanwhile_are_kept_and_counted_once(store: Store) -> None:
    before, after = worlds(21)
    old, new = ClusterJudge(before, NOW - 5), ClusterJudge(after, NOW)
    ingest(store, "busy", before, old, lines(before, 0), "-0")
    stop = threading.Event()

    def send() -> None:
        for number in range(1, 200):
            if stop.is_set():
                return
            ingest(store, "busy", after, new, lines(after, number, 60), f"-{number}")
            sent_rows.append(60)

    sent_rows: list[int] = []
    sender = threading.Thread(target=send)
    sender.start()
    for judge in (new, old, new):
        rejudge(store, "busy", judge)
    stop.set()
    sender.join()
    rejudge(store, "busy", new)
    total = 300 + sum(sent_rows)
    [flows] = store.select(
        "SELECT count() AS n, uniqExact(policy_version) AS v FROM seawall.flow WHERE cluster = 'busy'"
    )
    assert flows == {"n": total, "v": 1}
    for table in ("edge_minute", "edge_hour"):
        [edges] = store.select(
            f"SELECT sum(events) + sum(reply_events) AS n, uniqExact(policy_version) AS v FROM seawall.{table} WHERE cluster = 'busy'"
        )
        assert edges == {"n": total, "v": 1}, table
    assert len(sent_rows) > 1
