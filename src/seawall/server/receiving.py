"""From a batch as it was sent to its ledger row: which decoder reads it, and how many are under way."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from secrets import token_hex
from typing import Any

import msgspec

from seawall.app.answer import EventKind
from seawall.app.ingest import decoder, formats, pipeline
from seawall.app.services import Receipt
from seawall.ingest.pipeline import Batch
from seawall.kit.errors import UserError
from seawall.server.clusters import KnownClusters
from seawall.spi.source import Decoded, EventSource
from seawall.store.client import Store

ARROW_STREAM = b"\xff\xff\xff\xff"
"""How an Arrow IPC stream begins (the continuation marker of its schema message)."""
FORMATS: dict[str, str] = {"flow": "hubble", "dns": "hubble", "audit": "audit"}
"""The source whose JSON lines a kind is sent as, unless the sender names another by its source's name."""
MOST_REFUSED = 1000
"""Sources whose refused batches are counted apart until they are in the ledger; a sender chooses the name of its source."""


class Receiving:
    """Settles batches; called from any thread."""

    def __init__(
        self, store: Store, clusters: KnownClusters, clock: Callable[[], int], arrived: Callable[[], None]
    ) -> None:
        self._clusters, self._clock, self._arrived = clusters, clock, arrived
        self._pipeline = pipeline(store, clusters.identities, clusters.judge)
        self._decoders = {name: decoder(name) for name in formats()}
        self._under_way: Counter[tuple[str, str]] = Counter()
        self._refused: dict[tuple[str, str, str, str], Counter[str]] = {}
        self._lock = threading.Lock()

    def settle(
        self,
        kind: EventKind,
        source: str,
        cluster: str,
        body: bytes,
        batch_id: str,
        sender: str,
        *,
        simulated: bool = False,
    ) -> Receipt:
        """The ledger row of a batch, once it is written. Raises StoreAway, UserError for a kind that nobody here decodes."""
        known = self._clusters.id_of(cluster)
        batch = Batch(
            id=batch_id,
            cluster=known,
            source=source,
            payload=body,
            received_at=self._clock(),
            sender=sender,
            simulated=simulated,
        )
        receipt = self._settle(batch, self._decoder(kind, source, body))
        self._arrived()
        return receipt

    def refused(self, kind: EventKind, source: str, cluster: str, why: str, sender: str) -> None:
        """Count a batch that was not taken; from any thread, and never waiting for the store."""
        with self._lock:
            key = (cluster, source, kind, sender)
            if key not in self._refused and len(self._refused) >= MOST_REFUSED:
                key = (cluster, "others", kind, "")
            self._refused.setdefault(key, Counter())[why] += 1

    def write_refused(self) -> None:
        """Put what was counted into the ledger. Raises StoreAway; then it is still counted."""
        with self._lock:
            counted, self._refused = self._refused, {}
        while counted:
            (cluster, source, kind, sender), why = counted.popitem()
            batch = Batch(
                id=f"refused-{token_hex(12)}",
                cluster=self._clusters.id_of(cluster),
                source=source,
                payload=b"",
                received_at=self._clock(),
                sender=sender,
            )
            try:
                self._pipeline.refuse(batch, kind, why)
            except BaseException:
                counted[cluster, source, kind, sender] = why
                with self._lock:
                    for key, reasons in counted.items():
                        self._refused.setdefault(key, Counter()).update(reasons)
                raise

    def _settle(self, batch: Batch, reader: EventSource) -> Receipt:
        with _Counted(self._under_way, self._lock, (batch.cluster, batch.source)):
            settled = self._pipeline.settle(batch, reader)
        return Receipt(
            batch=settled.batch,
            outcome=settled.outcome,
            records_in=settled.records_in,
            rows_out=sum(settled.rows_out.values()),
            accepted=settled.accepted,
            duplicate=settled.duplicate,
            malformed=sum(settled.malformed_why.values()),
            dropped=settled.dropped,
        )

    def in_flight(self, cluster: str, source: str) -> int:
        """Batches that have come and are not settled yet."""
        with self._lock:
            return self._under_way[cluster, source]

    def _decoder(self, kind: str, source: str, body: bytes) -> EventSource:
        if body.startswith(ARROW_STREAM):
            return ArrowRows(kind)
        if source in self._decoders:
            return self._decoders[source]
        if kind not in FORMATS:
            raise UserError(f"{kind} events come as an Arrow stream, or name their format as source", where="body")
        return self._decoders[FORMATS[kind]]


class _Counted:
    def __init__(self, counter: Counter[tuple[str, str]], lock: threading.Lock, key: tuple[str, str]) -> None:
        self._counter, self._lock, self._key = counter, lock, key

    def __enter__(self) -> None:
        with self._lock:
            self._counter[self._key] += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._counter[self._key] -= 1


class ArrowRows(msgspec.Struct, frozen=True):
    """Rows that an agent decoded itself: an Arrow IPC stream in the columns of the declaration, any of them left out. No row is made up or mended."""

    kind: str

    def decode(self, chunk: bytes) -> Decoded:
        """The rows; a stream that cannot be read is one malformed record, for how many it held is not known."""
        import pyarrow as pa

        from seawall.model.event import KINDS

        try:
            with pa.ipc.open_stream(chunk) as reader:
                table = reader.read_all().combine_chunks()
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError, EOFError) as error:
            return Decoded({}, 1, {f"no Arrow stream: {str(error).splitlines()[0][:80]}": 1})
        declared = set(KINDS[self.kind].columns)
        strange = [name for name in table.schema.names if name not in declared]
        if strange:
            return Decoded({}, max(1, table.num_rows), {f"no column {', '.join(strange[:3])}": max(1, table.num_rows)})
        if "time" not in table.schema.names:
            return Decoded({}, max(1, table.num_rows), {"no column time": max(1, table.num_rows)})
        batches: dict[str, Any] = {}
        if table.num_rows:
            batches[self.kind] = _plain(table).to_batches()[0]
        return Decoded(batches, table.num_rows)


def _plain(table: Any) -> Any:
    """Dictionaries as the texts they stand for: what the pipeline fills is plain."""
    import pyarrow as pa

    for at, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            table = table.set_column(at, field.name, table.column(at).cast(field.type.value_type))
    return table.combine_chunks()
