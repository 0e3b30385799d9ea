"""One batch from bytes to ledger row. Nothing is acknowledged before the ledger row is stored.

A batch's id is fixed with its bytes. Settling the same batch again is harmless at every point: inserts carry the id as de-duplication token, and a
batch that is in the ledger already is answered from there.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from seawall.ingest.identity import IdentityIndex
from seawall.ingest.verdicts import Judges, verdict_columns
from seawall.model.event import KEPT, KINDS
from seawall.model.event.arrow import record_batch
from seawall.spi.source import Decoded, EventSource

if TYPE_CHECKING:
    import pyarrow as pa

MINUTE = 60_000_000_000
FUTURE = 5 * MINUTE
"""How far ahead of our clock an event may be before it is flagged."""

ROWS_AT_ONCE = 50_000


class Batch(msgspec.Struct, frozen=True):
    """Bytes as they came. `id` is the sender's or `batch_id(...)`; `received_at` is UTC nanoseconds; `sender` a principal or a file name."""

    id: str
    cluster: str
    source: str
    payload: bytes
    received_at: int
    sender: str = ""
    simulated: bool = False
    lateness: int = 10 * MINUTE


def batch_id(cluster: str, source: str, payload: bytes) -> str:
    """The id of a batch whose sender gave none: a hash of what it is, so that the same bytes are the same batch."""
    digest = hashlib.blake2b(digest_size=16)
    for part in (cluster.encode(), source.encode()):
        digest.update(len(part).to_bytes(4, "big") + part)
    digest.update(payload)
    return digest.hexdigest()


class Settled(msgspec.Struct, frozen=True, rename="camel"):
    """What became of a batch: records in = accepted + duplicate + dropped + malformed."""

    batch: str
    outcome: str
    records_in: int
    accepted: int
    duplicate: int
    malformed: int
    dropped: dict[str, int]
    malformed_why: dict[str, int]
    rows_out: dict[str, int]
    late: int = 0
    future: int = 0


class Writer(Protocol):
    """The store, as far as ingest needs it."""

    def insert(self, table: str, batch: pa.RecordBatch, *, token: str) -> None: ...


class Ledger(Protocol):
    """What was settled before."""

    def settled(self, batch: str) -> Settled | None:
        """The record of a batch that is in the ledger with its events, or None."""
        ...


class Pipeline:
    """Settles batches. `identities` gives the index that holds for a cluster now, `judges` who judges its flows; None where nothing is known of it."""

    def __init__(
        self,
        writer: Writer,
        ledger: Ledger,
        identities: Callable[[str], IdentityIndex | None],
        clock: Callable[[], int] = time.time_ns,
        judges: Judges = lambda cluster: None,
    ) -> None:
        self._writer, self._ledger, self._identities, self._clock = writer, ledger, identities, clock
        self._judges = judges

    def settle(self, batch: Batch, source: EventSource) -> Settled:
        """Stores what `source` decodes from `batch` and then its ledger rows. Raises what the writer raises; the sender may send the batch again."""
        before = self._ledger.settled(batch.id)
        if before is not None:
            repeat = Settled(
                batch.id,
                "repeat",
                before.records_in,
                0,
                before.records_in,
                0,
                {},
                {},
                dict.fromkeys(before.rows_out, 0),
            )
            kind = next(iter(before.rows_out), "")
            self._write_ledger(batch, kind, repeat, rows=0, times=None, token=f"{batch.id}/repeat/{batch.received_at}")
            return repeat
        decoded = source.decode(batch.payload)
        return self._store(batch, decoded)

    def refuse(self, batch: Batch, kind: str, why: Mapping[str, int]) -> None:
        """The ledger row of batches that were not taken. Each counts as one record that could not be read, for how many it held is not known."""
        count = sum(why.values())
        refused = Settled(batch.id, "refused", count, 0, 0, count, {}, dict(why), {})
        self._write_ledger(batch, kind, refused, rows=0, times=None, token=f"{batch.id}/refused")

    def _store(self, batch: Batch, decoded: Decoded) -> Settled:
        malformed = sum(decoded.malformed.values())
        skipped = sum(decoded.skipped.values())
        accepted = decoded.records - malformed - skipped
        rows_out: dict[str, int] = {}
        late = future = 0
        kinds = list(decoded.batches) or ["none"]
        ledger: list[tuple[str, int, tuple[int, int, int, int] | None]] = []
        for kind in kinds:
            if kind == "none":
                ledger.append((kind, 0, None))
                continue
            table = self._complete(kind, decoded.batches[kind], batch)
            for start in range(0, table.num_rows, ROWS_AT_ONCE):
                self._writer.insert(kind, table.slice(start, ROWS_AT_ONCE), token=f"{batch.id}/{kind}/{start}")
            figures = _figures(table)
            late, future = late + figures[2], future + figures[3]
            rows_out[kind] = table.num_rows
            ledger.append((kind, table.num_rows, figures))
        settled = Settled(
            batch.id,
            "stored",
            decoded.records,
            accepted,
            0,
            malformed,
            decoded.skipped,
            decoded.malformed,
            rows_out,
            late,
            future,
        )
        # The first kind's row carries the records: each is counted once, however many kinds it gave rows of. It is written last, for it is what `settled` looks for.
        for position, (kind, rows, times) in reversed(list(enumerate(ledger))):
            mine = settled if position == 0 else Settled(batch.id, "stored", 0, 0, 0, 0, {}, {}, {})
            self._write_ledger(batch, kind, mine, rows=rows, times=times, token=f"{batch.id}/{kind}/ledger")
        return settled

    def _complete(self, kind: str, rows: pa.RecordBatch, batch: Batch) -> pa.RecordBatch:
        """Adds the envelope, identity where the source gave none, and to flows what the policies say."""
        import pyarrow as pa
        import pyarrow.compute as pc

        declared = KINDS[kind]
        columns: dict[str, Any] = {name: rows.column(name) for name in rows.schema.names}
        count = rows.num_rows
        instants = columns["time"].cast(pa.int64())
        observed = pa.repeat(pa.scalar(batch.received_at, pa.timestamp("ns", tz="UTC")), count)
        columns |= {
            "observed_time": observed,
            "cluster": pa.repeat(batch.cluster, count),
            "source": pa.repeat(batch.source, count),
            "batch_id": pa.repeat(batch.id, count),
            "batch_row": pa.array(range(count), pa.uint32()),
            "future": pc.greater(instants, batch.received_at + FUTURE),
            "late": pc.less(instants, batch.received_at - batch.lateness),
            "simulated": pa.repeat(pa.scalar(batch.simulated), count),
        }
        index = self._identities(batch.cluster)
        if index is not None:
            for end, address in _ENDS.get(kind, ()):
                columns |= _fill(end, columns, index.resolve(end, columns, columns["time"], address), declared.columns)
        judging = self._judges(batch.cluster) if kind == "flow" and count else None
        judged = verdict_columns(columns, judging) if judging is not None else {}
        rows = record_batch(declared, {name: columns[name] for name in declared.columns if name in columns})
        # As dictionaries: few distinct texts, which the store takes as they are for half of what the texts cost.
        return pa.RecordBatch.from_arrays(
            [judged.get(name, rows.column(name)) for name in rows.schema.names], names=rows.schema.names
        )

    def _write_ledger(
        self,
        batch: Batch,
        kind: str,
        settled: Settled,
        *,
        rows: int,
        times: tuple[int, int, int, int] | None,
        token: str,
    ) -> None:
        least, greatest, late, future = times or (None, None, 0, 0)
        row: dict[str, Any] = {
            "stored_at": self._clock(),
            "batch_id": batch.id,
            "cluster": batch.cluster,
            "source": batch.source,
            "kind": kind,
            "outcome": settled.outcome,
            "records_in": settled.records_in,
            "accepted": settled.accepted,
            "duplicate": settled.duplicate,
            "dropped": _counts(settled.dropped),
            "malformed": settled.malformed,
            "malformed_why": _counts(settled.malformed_why),
            "rows_out": rows,
            "late": late,
            "future": future,
            "least_time": least,
            "greatest_time": greatest,
            "received_at": batch.received_at,
            "bytes_in": len(batch.payload),
            "simulated": batch.simulated,
            "sender": batch.sender,
        }
        self._writer.insert(
            "batch_ledger",
            record_batch(KEPT["batch_ledger"], {name: [value] for name, value in row.items()}),
            token=token,
        )


# The ends of each kind whose identity an address or a pod name tells: prefix of the identity columns, column of the address.
_ENDS: dict[str, tuple[tuple[str, str], ...]] = {
    "flow": (("src_", "src_address"), ("dst_", "dst_address")),
    "dns": (("", "client_address"),),
}


def _fill(
    end: str, columns: Mapping[str, Any], found: Mapping[str, pa.Array], declared: tuple[str, ...]
) -> dict[str, Any]:
    """The source's own word stands; the index fills what it left out."""
    import pyarrow.compute as pc

    filled: dict[str, Any] = {}
    for name, values in found.items():
        column = f"{end}{name}"
        if column not in declared:
            continue
        given = columns.get(column)
        if given is None:
            filled[column] = values
            continue
        if name == "labels":
            absent = pc.equal(pc.list_value_length(given), 0)
        else:
            absent = pc.or_(pc.equal(given, ""), pc.equal(given, "unknown"))
        filled[column] = pc.if_else(absent, values, given)
    return filled


def _figures(table: pa.RecordBatch) -> tuple[int, int, int, int]:
    import pyarrow as pa
    import pyarrow.compute as pc

    bounds = pc.min_max(table.column("time").cast(pa.int64())).as_py()
    return (
        bounds["min"],
        bounds["max"],
        int(pc.sum(table.column("late")).as_py() or 0),
        int(pc.sum(table.column("future")).as_py() or 0),
    )


def _counts(reasons: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(reasons.items())


def ledger_row(row: Mapping[str, Any]) -> Settled:
    """A stored ledger row as what it recorded."""
    return Settled(
        row["batch_id"],
        row["outcome"],
        row["records_in"],
        row["accepted"],
        row["duplicate"],
        row["malformed"],
        {reason: int(count) for reason, count in row["dropped"].items()},
        {reason: int(count) for reason, count in row["malformed_why"].items()},
        {row["kind"]: row["rows_out"]},
        row["late"],
        row["future"],
    )
