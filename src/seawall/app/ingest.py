"""Events in: from a file, or from whoever sends batches to the server."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from seawall.ingest.identity import IdentityIndex, index_of
from seawall.ingest.ledger import StoredLedger
from seawall.ingest.pipeline import Batch, Pipeline, Settled, batch_id
from seawall.ingest.verdicts import Judges
from seawall.kit.errors import UserError
from seawall.model.cluster.snapshot import Cluster
from seawall.spi import catalogue
from seawall.spi.source import EventSource
from seawall.store.client import Store
from seawall.store.errors import StoreAway

CHUNK = 4 << 20
"""Bytes of a file that become one batch: some thousand records, well under what a decoder takes at once."""

_WAITS = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)


def formats() -> dict[str, tuple[str, ...]]:
    """The formats that can be read, each with the kinds of event that it gives."""
    return {declared.id: declared.emits for declared in catalogue.sources() if declared.kind == "event"}


def decoder(format: str) -> EventSource:  # noqa: A002
    """The decoder of a format. UserError names those that there are."""
    for declared in catalogue.sources():
        if declared.kind == "event" and declared.id == format:
            source: EventSource = declared.type()
            return source
    raise UserError(f'no source is called "{format}"', do=f"name one of {', '.join(sorted(formats()))}")


def pipeline(
    store: Store,
    identities: Callable[[str], IdentityIndex | None] = lambda cluster: None,
    judges: Judges = lambda cluster: None,
) -> Pipeline:
    """The way of a batch into `store`."""
    return Pipeline(store, StoredLedger(store), identities, time.time_ns, judges)


def identities_from(snapshot: Cluster | None, cluster: str) -> Callable[[str], IdentityIndex | None]:
    """Who owned which address, as one snapshot of `cluster` shows it; nothing where there is none."""
    index = index_of(snapshot) if snapshot is not None else None
    return lambda asked: index if asked == cluster else None


class Ingested(msgspec.Struct, frozen=True, rename="camel"):
    """What became of a file: records in = accepted + duplicate + dropped + malformed."""

    batches: int
    records_in: int
    accepted: int
    duplicate: int
    malformed: int
    malformed_why: dict[str, int]
    dropped: dict[str, int]
    rows_out: dict[str, int]
    late: int
    future: int


def ingest_file(
    store: Store,
    format: str,  # noqa: A002
    path: str,
    *,
    cluster: str,
    source: str = "",
    simulated: bool = False,
    identities: Callable[[str], IdentityIndex | None] = lambda cluster: None,
    judges: Judges = lambda cluster: None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Ingested:
    """Stores the events of a file (`-`: standard input). The file is cut at line ends into batches with ids that hang on their bytes, so reading it again stores nothing twice."""
    reader = decoder(format)
    way = pipeline(store, identities, judges)
    sums: Counter[str] = Counter()
    why: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    rows: Counter[str] = Counter()
    name = source or f"{format}-file"
    with opened(path) as file:
        for payload in chunks(file):
            batch = Batch(
                batch_id(cluster, name, payload),
                cluster,
                name,
                payload,
                time.time_ns(),
                sender=path,
                simulated=simulated,
            )
            settled = patiently(lambda batch=batch: way.settle(batch, reader))  # type: ignore[misc]
            sums.update(
                batches=1, records=settled.records_in, accepted=settled.accepted, duplicate=settled.duplicate, malformed=settled.malformed, late=settled.late, future=settled.future,
            )  # fmt: skip
            why.update(settled.malformed_why)
            dropped.update(settled.dropped)
            rows.update(settled.rows_out)
            if progress is not None:
                progress("records", sums["records"], 0)
    return Ingested(
        sums["batches"], sums["records"], sums["accepted"], sums["duplicate"], sums["malformed"], dict(why), dict(dropped), dict(rows), sums["late"], sums["future"],
    )  # fmt: skip


def patiently(act: Callable[[], Settled]) -> Settled:
    """`act`, tried again while the store is away; the last refusal is raised."""
    for wait in _WAITS:
        try:
            return act()
        except StoreAway:
            time.sleep(wait)
    return act()


def chunks(file: BinaryIO, size: int = CHUNK) -> Iterator[bytes]:
    """The file in pieces of about `size` bytes that end at line ends. A line longer than that is a piece of its own."""
    rest = b""
    while piece := file.read(size):
        rest += piece
        cut = rest.rfind(b"\n")
        if cut >= 0:
            yield rest[: cut + 1]
            rest = rest[cut + 1 :]
    if rest.strip():
        yield rest


def opened(path: str) -> BinaryIO:
    """The file of that name, unpacked where it ends in .gz; `-` is standard input. UserError where it cannot be read."""
    if path == "-":
        return sys.stdin.buffer
    try:
        if path.endswith(".gz"):
            import gzip

            return gzip.open(path, "rb")  # type: ignore[return-value]
        return Path(path).open("rb")
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", where=path) from None
