"""A batch from bytes to the ledger, on the real embedded store."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seawall.ingest.identity import Identity, build
from seawall.ingest.ledger import StoredLedger
from seawall.ingest.pipeline import Batch, Pipeline, batch_id
from seawall.model.event.read_scope import ReadScope
from seawall.sources.events.audit import Audit
from seawall.sources.events.hubble import Hubble
from seawall.store.client import Store
from seawall.store.embedded import EmbeddedStore
from seawall.store.migrate import migrate

NOW = 1_795_000_000_000_000_000
CANARY = "canary-51c0ffee-secret"
ALL = ReadScope.everything()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with EmbeddedStore(tmp_path_factory.mktemp("store")) as embedded:
        client = embedded.store()
        migrate(client, at=NOW)
        yield client
        client.close()


def pipeline(store: Store, **identities: Any) -> Pipeline:
    return Pipeline(store, StoredLedger(store), lambda cluster: identities.get(cluster), clock=lambda: NOW)


def audit_line(number: int, **changed: Any) -> bytes:
    event = {
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "RequestResponse", "auditID": f"id-{number}", "stage": "ResponseComplete",
        "requestURI": f"/api/v1/namespaces/shop/pods/web/exec?command=%2Fbin%2Fsh&command=-c&command={CANARY}&stdin=true", "verb": "create",
        "user": {"username": "alice", "groups": ["dev"], "extra": {"token": [CANARY]}}, "sourceIPs": ["10.0.0.9"], "userAgent": "kubectl",
        "objectRef": {"resource": "pods", "namespace": "shop", "name": "web", "apiVersion": "v1", "subresource": "exec"},
        "responseStatus": {"code": 101}, "stageTimestamp": "2026-11-24T10:00:00.000001Z", "requestReceivedTimestamp": "2026-11-24T10:00:00Z",
        "requestObject": {"kind": "PodExecOptions", "command": ["/bin/sh", "-c", CANARY]},
        "annotations": {"authorization.k8s.io/decision": "allow"},
        **changed,
    }  # fmt: skip
    return json.dumps(event).encode()


def batch(payload: bytes, cluster: str, source: str = "audit-log") -> Batch:
    return Batch(batch_id(cluster, source, payload), cluster, source, payload, NOW, sender="test")


def count(store: Store, table: str, cluster: str) -> int:
    return int(
        store.select(f"SELECT count() AS n FROM seawall.{table} WHERE cluster = {{c:String}}", c=cluster)[0]["n"]
    )


def test_what_came_in_is_accounted_for(store: Store) -> None:
    payload = b"\n".join(
        [
            audit_line(1),
            b"{broken",
            audit_line(2),
            b'{"auditID": 7}',
            audit_line(3, stageTimestamp=None, requestReceivedTimestamp="never"),
        ]
    )
    settled = pipeline(store).settle(batch(payload, "account"), Audit())
    assert (settled.records_in, settled.accepted, settled.malformed) == (5, 2, 3)
    assert set(settled.malformed_why) == {
        "not JSON",
        "wrong type: $.auditID: Expected `str`, got `int`",
        "no readable timestamp",
    }
    assert count(store, "audit", "account") == 2
    ledger = store.rows("batch", ALL, batch_id=settled.batch)
    assert [(row["records_in"], row["accepted"], row["malformed"], row["rows_out"]) for row in ledger] == [(5, 2, 3, 2)]


def test_the_same_batch_again_changes_nothing_and_is_counted(store: Store) -> None:
    payload = b"\n".join(audit_line(number) for number in range(10))
    first = pipeline(store).settle(batch(payload, "again"), Audit())
    again = pipeline(store).settle(batch(payload, "again"), Audit())
    assert (first.outcome, again.outcome, again.duplicate) == ("stored", "repeat", 10)
    assert count(store, "audit", "again") == 10
    assert store.select("SELECT sum(events) AS n FROM seawall.event_minute WHERE cluster = 'again'")[0]["n"] == 10


class _DiesBeforeLedger:
    """A store that is away for the ledger row: the batch is not acknowledged."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def insert(self, table: str, rows: Any, *, token: str) -> None:
        if table == "batch_ledger":
            raise ConnectionError("killed")
        self._store.insert(table, rows, token=token)


def test_a_batch_cut_off_before_its_ledger_row_is_stored_once_when_sent_again(store: Store) -> None:
    payload = b"\n".join(audit_line(number) for number in range(20))
    broken = Pipeline(_DiesBeforeLedger(store), StoredLedger(store), lambda cluster: None, clock=lambda: NOW)
    with pytest.raises(ConnectionError):
        broken.settle(batch(payload, "cut"), Audit())
    assert StoredLedger(store).settled(batch_id("cut", "audit-log", payload)) is None
    settled = pipeline(store).settle(batch(payload, "cut"), Audit())
    assert settled.outcome == "stored"
    assert count(store, "audit", "cut") == 20
    assert store.select("SELECT sum(events) AS n FROM seawall.event_minute WHERE cluster = 'cut'")[0]["n"] == 20


def test_no_secret_gets_into_the_store(store: Store) -> None:
    secret = audit_line(
        2,
        requestURI="/api/v1/namespaces/shop/secrets?fieldManager=x",
        objectRef={"resource": "secrets", "namespace": "shop", "name": "s"},
        requestObject={"kind": "Secret", "stringData": {"password": CANARY}},
        responseObject={"kind": "Secret", "data": {"password": CANARY}},
        responseStatus={"code": 422, "message": f"invalid {CANARY}"},
    )
    token = audit_line(
        3,
        objectRef={"resource": "serviceaccounts", "subresource": "token", "name": "s"},
        requestURI="/x",
        responseObject={"status": {"token": CANARY}},
    )
    pipeline(store).settle(batch(b"\n".join([audit_line(1), secret, token]), "canary"), Audit())
    for table in ("audit", "batch_ledger"):
        rows = store.select(f"SELECT toString(tuple(*)) AS row FROM seawall.{table} WHERE cluster = 'canary'")
        assert rows
        assert not any(CANARY in row["row"] for row in rows)
    shown = store.select(
        "SELECT exec_command, exec_arguments FROM seawall.audit WHERE cluster = 'canary' AND subresource = 'exec'"
    )
    assert shown == [{"exec_command": "sh", "exec_arguments": 3}]


def flow(second: int, sender: str, receiver: str, **changed: Any) -> bytes:
    line = {
        "time": f"2026-11-24T10:00:{second:02}Z", "verdict": "FORWARDED", "IP": {"source": sender, "destination": receiver},
        "l4": {"TCP": {"source_port": 40000, "destination_port": 5432, "flags": {"SYN": True}}}, "traffic_direction": "EGRESS", "is_reply": False,
        **changed,
    }  # fmt: skip
    return json.dumps({"flow": line}).encode()


def ns(second: int) -> int:
    return 1_795_514_400_000_000_000 + second * 1_000_000_000


def test_identity_is_that_of_the_time_of_the_event(store: Store) -> None:
    index = build([
        ("10.1.0.1", Identity("pod", "shop", "web-1", "web", "Deployment", until=ns(10))),
        ("10.1.0.1", Identity("pod", "bank", "ledger-1", "ledger", "StatefulSet", since=ns(20))),
        ("10.1.0.2", Identity("pod", "shop", "db-0", "db", "StatefulSet")),
    ])  # fmt: skip
    payload = b"\n".join(flow(second, "10.1.0.1", "10.1.0.2") for second in (5, 15, 25))
    pipeline(store, identity=index).settle(batch(payload, "identity", "hubble"), Hubble())
    rows = store.select(
        "SELECT src_entity, src_namespace, src_workload, dst_workload FROM seawall.flow WHERE cluster = 'identity' ORDER BY time"
    )
    assert [(row["src_entity"], row["src_namespace"], row["src_workload"]) for row in rows] == [
        ("pod", "shop", "web"),
        ("unknown", "", ""),
        ("pod", "bank", "ledger"),
    ]
    assert {row["dst_workload"] for row in rows} == {"db"}


def test_what_the_source_says_stands(store: Store) -> None:
    index = build([("10.1.0.1", Identity("pod", "shop", "web-1", "web", "Deployment"))])
    payload = flow(
        1, "10.1.0.1", "10.1.0.9", source={"namespace": "cilium-says", "pod_name": "other", "labels": ["k8s:app=other"]}
    )
    pipeline(store, says=index).settle(batch(payload, "says", "hubble"), Hubble())
    row = store.select("SELECT src_namespace, src_pod, bytes_sent FROM seawall.flow WHERE cluster = 'says'")[0]
    assert (row["src_namespace"], row["src_pod"], row["bytes_sent"]) == ("cilium-says", "other", None)


def test_late_and_future_are_flagged_and_stored(store: Store) -> None:
    minute = 60
    lines = [
        flow(0, "a", "b", time="2026-11-24T10:00:00Z"),
        flow(0, "a", "b", time="2026-11-24T10:59:00Z"),
        flow(0, "a", "b", time="2026-11-24T11:10:00Z"),
    ]
    received = ns(59 * minute)
    sent = Batch("clock-1", "clock", "hubble", b"\n".join(lines), received)
    settled = pipeline(store).settle(sent, Hubble())
    assert (settled.late, settled.future, settled.rows_out) == (1, 1, {"flow": 3})


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    intervals=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 50), st.integers(1, 30)), max_size=8),
    rows=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 80)), min_size=1, max_size=30),
)
def test_the_column_join_agrees_with_asking_row_by_row(
    intervals: list[tuple[int, int, int]], rows: list[tuple[int, int]]
) -> None:
    import pyarrow as pa

    index = build(
        (f"a{address}", Identity("pod", "n", f"p{i}", f"w{i}", since=since, until=since + length))
        for i, (address, since, length) in enumerate(intervals)
    )
    addresses = [f"a{address}" for address, _ in rows]
    times = pa.array([at for _, at in rows], pa.timestamp("ns", tz="UTC"))
    empty = pa.array([""] * len(rows))
    columns = {"src_namespace": empty, "src_pod": empty, "src_address": pa.array(addresses)}
    found = index.resolve("src_", columns, times, "src_address")
    expected = [index.address(f"a{address}", at) for address, at in rows]
    assert found["workload"].to_pylist() == [one.workload for one in expected]
    assert found["entity"].to_pylist() == [one.entity for one in expected]


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"\n\n",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"flow": ' + b"1" * (9 << 20) + b"}",
        b'{"flow": {"IP": []}}',
        b"null",
        b"3",
    ],
)
def test_junk_is_counted_and_stops_nothing(store: Store, junk: bytes, tmp_path: Path) -> None:
    payload = flow(1, "a", "b") + b"\n" + junk + b"\n" + flow(2, "a", "b")
    decoded = Hubble().decode(payload)
    assert decoded.batches["flow"].num_rows == 2
    assert decoded.records == 2 + sum(decoded.malformed.values())
