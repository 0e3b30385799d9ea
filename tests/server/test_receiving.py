"""Batches over a real store: settled once, told the truth, rows that an agent decoded itself taken as they are."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pyarrow as pa
import pytest

from seawall.kit.errors import UserError
from seawall.model.event.read_scope import ReadScope
from seawall.server.clusters import KnownClusters
from seawall.server.receiving import ArrowRows, Receiving
from seawall.store.client import Store
from seawall.store.embedded import EmbeddedStore
from seawall.store.migrate import migrate

ALL = ReadScope.everything()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    pytest.importorskip("chdb", reason="the embedded store needs chDB")
    with EmbeddedStore(tmp_path_factory.mktemp("store")) as running:
        client = running.store()
        migrate(client, at=time.time_ns())
        yield client
        client.close()


@pytest.fixture
def receiving(store: Store) -> Receiving:
    return Receiving(store, KnownClusters(store), time.time_ns, lambda: None)


def hubble(number: int) -> bytes:
    flow = {
        "time": "2027-01-15T07:00:00Z",
        "verdict": "FORWARDED",
        "IP": {"source": "10.0.0.1", "destination": f"10.0.0.{number}"},
        "l4": {"TCP": {"source_port": 1, "destination_port": 443}},
    }
    return msgspec.json.encode({"flow": flow}) + b"\n"


def arrow(**columns: object) -> bytes:
    table = pa.table(columns)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def test_the_same_batch_twice_is_stored_once_and_said_so(receiving: Receiving, store: Store) -> None:
    body = hubble(1) + hubble(2) + b"{nonsense\n"
    first = receiving.settle("flow", "hubble", "c1", body, "twice", "tester")
    assert (first.outcome, first.records_in, first.accepted, first.malformed, first.rows_out) == ("stored", 3, 2, 1, 2)
    again = receiving.settle("flow", "hubble", "c1", body, "twice", "tester")
    assert (again.outcome, again.records_in, again.duplicate, again.rows_out) == ("repeat", 3, 3, 0)
    (rows,) = store.select("SELECT count() AS rows FROM seawall.flow WHERE batch_id = 'twice'")
    assert rows["rows"] == 2
    assert receiving.in_flight("c1", "hubble") == 0


def test_rows_of_an_agent(receiving: Receiving, store: Store) -> None:
    time_column = pa.array([1_800_000_000_000_000_000] * 3, pa.timestamp("ns", tz="UTC"))
    body = arrow(
        time=time_column, namespace=pa.array(["a", "a", "b"]).dictionary_encode(), pid=pa.array([1, 2, 3], pa.uint32())
    )
    receipt = receiving.settle("process", "node-sensor", "c1", body, "agent-1", "tester")
    assert (receipt.outcome, receipt.accepted, receipt.rows_out) == ("stored", 3, 3)
    row = store.rows("event", ALL, kind="process", batch_id="agent-1", batch_row=2)[0]
    assert (row["namespace"], row["pid"], row["cluster"], row["source"]) == ("b", 3, "c1", "node-sensor")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (arrow(time=pa.array([1]), nosuch=pa.array([1])), "no column nosuch"),
        (arrow(namespace=pa.array(["a"])), "no column time"),
        (b"\xff\xff\xff\xff\x10\x00\x00\x00rubbish", "no Arrow stream"),
    ],
)
def test_a_stream_that_is_none_is_counted_as_malformed(body: bytes, reason: str) -> None:
    decoded = ArrowRows("process").decode(body)
    assert decoded.batches == {} and decoded.records == sum(decoded.malformed.values()) == 1
    assert next(iter(decoded.malformed)).startswith(reason)


def test_a_kind_that_nobody_decodes_is_said_so(receiving: Receiving) -> None:
    with pytest.raises(UserError, match="Arrow stream"):
        receiving.settle("process", "somebody", "c1", b"{}\n", "b", "tester")


def test_clusters_are_known_by_name_and_by_their_rows(store: Store, receiving: Receiving, tmp_path: Path) -> None:
    receiving.settle("flow", "hubble", "c9", hubble(1), "c9-1", "tester")
    clusters = KnownClusters(store)
    assert clusters.ids()["c9"] == "c9" and clusters.id_of("nobody") == "nobody"
    assert clusters.current("c9") is None and not clusters.live("c9") and clusters.identities("c9") is None
