"""Recorded traffic to work on: from files of flows, from a recording, or from the roll-ups of a store. With it what the record leaves out.

All three end as the same columns, grouped by pair of ends and kind of traffic, so that what is asked of them cannot tell where they came from.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from seawall.kit.errors import UserError
from seawall.kit.prefixes import Prefix, address
from seawall.model.cluster.snapshot import Cluster
from seawall.model.event import KEPT, KINDS, ROLLUPS
from seawall.model.event.read_scope import ReadScope

if TYPE_CHECKING:
    import pyarrow as pa

    from seawall.ingest.identity import IdentityIndex
    from seawall.policy.observed import Edges
    from seawall.store.client import Store

HOUR = 3_600_000_000_000
_NETWORK = {4: 24, 6: 48}
"""How long the prefix is that stands for an address outside, as the roll-ups keep it."""
_PROTOCOLS = {"tcp": 6, "udp": 17, "sctp": 132, "icmp": 1, "icmpv6": 58}

_ENDS = ("entity", "namespace", "workload", "workload_kind", "peer")
KEYS = (
    *(f"src_{name}" for name in _ENDS),
    *(f"dst_{name}" for name in _ENDS),
    "dst_service",
    "network_transport",
    "dst_port",
)


class Traffic(msgspec.Struct, frozen=True, eq=False):
    """What was recorded. Times are UTC ns; `since` and `until` bound the window, whole hours of which are counted in `hours`.

    `lost` says of how many records it is known that they are missing, by reason; `labels` the sets of labels that pods of a workload were recorded with.
    """

    edges: Edges
    since: int
    until: int
    hours: int
    lost: Mapping[str, int]
    labels: Mapping[tuple[str, str], tuple[frozenset[str], ...]]
    simulated: bool
    records: int
    namespaces: tuple[str, ...] = ()
    """Where not empty: only edges that touch one of these were asked for."""

    @property
    def window_hours(self) -> int:
        return max(1, -(-self.until // HOUR) - self.since // HOUR)


# ------------------------------------------------------------------------------------------------ files


def traffic_of_files(
    paths: Sequence[str], cluster: Cluster | None, progress: Callable[[str, int, int], None] | None = None
) -> tuple[Traffic, Cluster | None]:
    """The flows of files: Hubble's JSON lines, or a recording. A recording brings its cluster, which is used where none is given."""
    recordings = [path for path in paths if path != "-" and _is_recording(path)]
    if recordings:
        if len(paths) > 1:
            raise UserError("a recording is read alone", where=recordings[0])
        return _traffic_of_recording(Path(recordings[0]), cluster)
    from seawall.app.ingest import chunks, identities_from, opened
    from seawall.sources.recording.kept import event_source

    rows = _Rows(identities_from(cluster, "files"))
    source = event_source("hubble")
    for path in paths:
        with opened(path) as file:
            for payload in chunks(file):
                rows.settle(source, payload)
                if progress is not None:
                    progress("records", rows.records, 0)
        if not rows.records:
            raise UserError("no flow could be read", where=path, do="give Hubble's flows: hubble observe -o json")
    return rows.traffic(), cluster


def _is_recording(path: str) -> bool:
    try:
        with Path(path).open("rb") as file:
            return file.read(4) == b"\x28\xb5\x2f\xfd" and path.endswith("-recording")
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", where=path) from None


def _traffic_of_recording(path: Path, given: Cluster | None) -> tuple[Traffic, Cluster]:
    from seawall.app.recorded_objects import RecordedObjects
    from seawall.sources.recording import reader
    from seawall.sources.recording.format import Event
    from seawall.sources.recording.kept import event_source

    survey = reader.survey(path)
    objects = RecordedObjects(path, survey.header.cluster)
    rows = _Rows(lambda asked: objects.index)
    streams = {name: event_source(one.source) for name, one in survey.header.streams.items() if one.source == "hubble"}
    waiting: dict[str, list[bytes]] = {name: [] for name in streams}

    def settle() -> None:
        for name, records in waiting.items():
            if records:
                rows.settle(streams[name], b"\n".join(records) + b"\n")
                records.clear()

    step = 0
    for line in reader.read(path):
        if isinstance(line, Event):
            if line.stream in streams:
                waiting[line.stream].append(bytes(line.record))
        else:
            objects.take(line)
        if line.at > step:  # who had which address is looked up as of a moment soon after
            settle()
            objects.settle()
            step = line.at + 5_000_000_000
    objects.settle()
    settle()
    if survey.lost:
        rows.lost[survey.lost] += 1
    found = rows.traffic(simulated=any(survey.header.streams[name].simulated for name in streams))
    return found, given or objects.cluster()


class _Rows:
    """Flow rows as they are decoded and identified, grouped batch by batch."""

    def __init__(self, identities: Callable[[str], IdentityIndex | None]) -> None:
        from seawall.ingest.pipeline import Pipeline

        self._pipeline = Pipeline(self, self, identities, time.time_ns)
        self._grouped: list[pa.Table] = []
        self._networks: Counter[tuple[str, str]] = Counter()
        self._labels: dict[tuple[str, str], dict[frozenset[str], None]] = {}
        self._hours: set[int] = set()
        self._first, self._last = 1 << 62, 0
        self.lost: Counter[str] = Counter()
        self.records = 0

    def settle(self, source: Any, payload: bytes) -> None:
        from seawall.ingest.pipeline import Batch

        settled = self._pipeline.settle(Batch(str(self.records), "files", "files", payload, time.time_ns()), source)
        self.records += settled.records_in
        self.lost.update(settled.malformed_why)

    def settled(self, batch: str) -> None:
        """As a ledger that knows of no batch."""

    def insert(self, table: str, batch: pa.RecordBatch, *, token: str) -> None:
        """As a store that keeps flows, grouped."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if table != "flow" or not batch.num_rows:
            return
        rows = _client_to_server(batch)
        times = batch.column("time").cast(pa.int64())
        bounds = pc.min_max(times).as_py()
        self._first, self._last = min(self._first, bounds["min"]), max(self._last, bounds["max"])
        self._hours.update(pc.unique(pc.divide(times, HOUR)).to_pylist())
        for end in ("src", "dst"):
            self._keep_labels(batch, end)
            names = rows.select([f"{end}_domain", f"{end}_network"]).group_by([f"{end}_domain", f"{end}_network"])
            for row in names.aggregate([]).to_pylist():
                if row[f"{end}_domain"] and row[f"{end}_network"]:
                    self._networks[row[f"{end}_domain"], row[f"{end}_network"]] += 1
        self._grouped.append(_sums(rows.select([*KEYS, "reporter", *_COUNTS]), "sum"))

    def _keep_labels(self, batch: pa.RecordBatch, end: str) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        joined = pc.binary_join(batch.column(f"{end}_labels").cast(pa.list_(pa.string())), "\n")
        table = pa.table([batch.column(f"{end}_namespace"), batch.column(f"{end}_workload"), joined], ["n", "w", "l"])
        for row in table.group_by(["n", "w", "l"]).aggregate([]).to_pylist():
            if row["w"] and row["l"]:
                self._labels.setdefault((row["n"], row["w"]), {})[frozenset(row["l"].split("\n"))] = None

    def traffic(self, simulated: bool = False) -> Traffic:
        import pyarrow as pa

        if not self._grouped:
            raise UserError("the record holds no flow", do="give Hubble's flows: hubble observe -o json")
        whole = _sums(pa.concat_tables(self._grouped), "sum")
        # Two nodes report the same connection: what the one says that saw most of it counts.
        busiest = _sums(whole.drop(["reporter"]), "max")
        return Traffic(
            edges=edges_of(busiest, _by_name(self._networks)),
            since=self._first,
            until=self._last + 1,
            hours=len(self._hours),
            lost=dict(self.lost),
            labels={key: tuple(found) for key, found in self._labels.items()},
            simulated=simulated,
            records=self.records,
        )


_COUNTS = ("allowed", "denied", "unknown", "first_time", "last_time")


def _sums(table: pa.Table, how: str) -> pa.Table:
    keys = [name for name in table.column_names if name not in _COUNTS]
    found = table.group_by(keys).aggregate(
        [("allowed", how), ("denied", how), ("unknown", how), ("first_time", "min"), ("last_time", "max")]
    )
    return found.select(
        [*keys, *found.column_names[-5:]] if found.column_names[: len(keys)] == keys else found.column_names
    ).rename_columns(
        [name.rsplit("_", 1)[0] if name.rsplit("_", 1)[0] in _COUNTS else name for name in found.column_names]
    )


def _client_to_server(batch: pa.RecordBatch) -> pa.Table:
    """Flow rows as the roll-up turns them: from client to server, an end that is no workload by its node, DNS name or network."""
    import pyarrow as pa
    import pyarrow.compute as pc

    reply = pc.fill_null(batch.column("is_reply"), False)
    columns: dict[str, Any] = {}
    for end, other in (("src", "dst"), ("dst", "src")):
        turned = {
            name: pc.if_else(reply, batch.column(f"{other}_{name}"), batch.column(f"{end}_{name}"))
            for name in ("entity", "namespace", "workload", "workload_kind", "node", "domain", "address", "service")
        }
        networks = _networks_of(turned["address"])
        node = pc.and_(pc.equal(turned["entity"], "node"), pc.not_equal(turned["node"], ""))
        peer = pc.if_else(
            node, turned["node"], pc.if_else(pc.not_equal(turned["domain"], ""), turned["domain"], networks)
        )
        columns |= {f"{end}_{name}": turned[name] for name in ("entity", "namespace", "workload", "workload_kind")}
        columns[f"{end}_peer"] = pc.if_else(pc.not_equal(turned["workload"], ""), "", peer)
        columns[f"{end}_domain"], columns[f"{end}_network"] = turned["domain"], networks
        if end == "dst":
            columns["dst_service"] = turned["service"]
    columns["network_transport"] = batch.column("network_transport")
    columns["dst_port"] = pc.if_else(reply, batch.column("src_port"), batch.column("dst_port"))
    columns["reporter"] = batch.column("reporter")
    verdict, events = batch.column("verdict"), batch.column("events").cast(pa.int64())
    allowed = pc.or_(pc.equal(verdict, "allowed"), pc.equal(verdict, "audit"))
    denied, failed = pc.equal(verdict, "denied"), pc.equal(verdict, "error")
    neither = pc.invert(pc.or_(pc.or_(allowed, denied), failed))
    for name, which in (("allowed", allowed), ("denied", denied), ("unknown", neither)):
        columns[name] = pc.if_else(which, events, 0)
    columns["first_time"] = columns["last_time"] = batch.column("time").cast(pa.int64())
    return pa.table(columns)


def _networks_of(addresses: pa.Array) -> pa.Array:
    """For each address its network; "" for none. Distinct addresses are looked at once each."""
    import pyarrow as pa
    import pyarrow.compute as pc

    encoded = pc.dictionary_encode(addresses)
    found = pa.array([_network(text) for text in encoded.dictionary.to_pylist()], pa.string())
    return found.take(encoded.indices)


def _network(text: str) -> str:
    try:
        one = address(text)
    except ValueError:
        return ""
    length = _NETWORK[one.family]
    host = (32 if one.family == 4 else 128) - length
    return str(Prefix(one.family, one.value >> host << host, length))


def _by_name(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for name, network in sorted(pairs):
        found.setdefault(name, []).append(network)
    return {name: tuple(networks) for name, networks in found.items()}


# ------------------------------------------------------------------------------------------------ columns


def edges_of(table: pa.Table, networks: Mapping[str, tuple[str, ...]]) -> Edges:
    """Rows with the roll-up's keys as edges: each distinct end a number."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    from seawall.policy.observed import Edges, EndName

    ends: dict[EndName, int] = {}
    columns: dict[str, Any] = {}
    for end in ("src", "dst"):
        names = [f"{end}_{name}" for name in _ENDS] + (["dst_service"] if end == "dst" else [])
        codes, first = _codes([table.column(name) for name in names])
        rows = table.select(names).take(pa.array(first)).to_pylist()
        numbers = np.array([ends.setdefault(_end_name(row, end), len(ends)) for row in rows], np.int64)
        columns[end] = numbers[codes] if len(numbers) else np.zeros(0, np.int64)
    transport = pc.dictionary_encode(table.column("network_transport").combine_chunks())
    transport = transport.chunk(0) if isinstance(transport, pa.ChunkedArray) else transport
    protocols = np.array([_protocol(text) for text in transport.dictionary.to_pylist()] or [0], np.int64)
    protocol = protocols[transport.indices.to_numpy(zero_copy_only=False).astype(np.int64)]

    def numbers_of(name: str) -> Any:
        column = table.column(name)
        return column.cast(pa.int64()).to_numpy().astype(np.int64)

    return Edges(
        tuple(ends),
        columns["src"],
        columns["dst"],
        protocol << 16 | numbers_of("dst_port"),
        numbers_of("allowed"),
        numbers_of("denied"),
        numbers_of("unknown"),
        numbers_of("first_time"),
        numbers_of("last_time"),
        networks,
    )


def _protocol(text: str) -> int:
    return _PROTOCOLS.get(text, int(text) if text.isdigit() and int(text) < 256 else 0)


def _end_name(row: Mapping[str, Any], end: str) -> Any:
    from seawall.policy.observed import EndName

    entity = row[f"{end}_entity"]
    service = row.get("dst_service", "") if entity == "service" else ""
    return EndName(
        entity,
        row[f"{end}_namespace"],
        row[f"{end}_workload"],
        row[f"{end}_workload_kind"],
        row[f"{end}_peer"],
        service,
    )


def _codes(columns: Sequence[pa.ChunkedArray]) -> tuple[Any, Any]:
    """A number for each distinct row of the columns, and a row that has it."""
    import numpy as np
    import pyarrow.compute as pc

    combined: Any = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        encoded = pc.dictionary_encode(column.combine_chunks())
        size = len(encoded.dictionary)
        if size > 1:
            combined = combined * size + encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
            if combined.max(initial=0) > 1 << 40:
                _, combined = np.unique(combined, return_inverse=True)
    _, first, inverse = np.unique(combined, return_index=True, return_inverse=True)
    return inverse.reshape(-1), first


# ------------------------------------------------------------------------------------------------ the store


def stored_cluster(store: Store, scope: ReadScope, asked: str) -> str:
    """The id of the cluster of that id or name in the store; the only one that is there where `asked` is not. UserError where several are meant."""
    known: dict[str, str] = {row["cluster"]: row["name"] for row in store.rows("clusters_known", scope)}
    found = [one for one, name in known.items() if asked in (one, name)] or list(known)
    if len(found) == 1:
        return found[0]
    raise UserError(
        "the store holds no traffic" if not known else f"the store holds {len(known)} clusters",
        do=f"name one with --cluster: {', '.join(name or one for one, name in known.items())}"
        if known
        else "store some first: seawall ingest hubble FILE --cluster NAME",
    )


def traffic_of_store(
    store: Store,
    scope: ReadScope,
    cluster: str,
    since: int,
    until: int,
    namespaces: Sequence[str] = (),
) -> Traffic:
    """What the roll-ups hold of a cluster from `since` to `until` (UTC ns); of some namespaces, edges that touch one of them."""
    from seawall.app.predicate import Selection, selected

    chosen = Selection(since, until, clusters=(cluster,), namespaces=tuple(namespaces))
    where = selected(ROLLUPS["edge_minute"], chosen, time="")
    table = store.query("traffic", scope, where=where, since=since, until=until)
    hours = store.rows("traffic_hours", scope, where=where, since=since, until=until)[0]
    of_flows = selected(KINDS["flow"], msgspec.structs.replace(chosen, namespaces=()), time="")
    names = store.rows("addresses_of_names", scope, where=of_flows, since=since, until=until)
    labels: dict[tuple[str, str], list[frozenset[str]]] = {}
    of_pods = selected(KEPT["identity_interval"], chosen, time="")
    for row in store.rows("labels_of_workloads", scope, where=of_pods, since=since, until=until):
        labels.setdefault((row["namespace"], row["workload"]), []).append(frozenset(row["labels"]))
    return Traffic(
        edges=edges_of(table, _by_name({(row["domain"], row["network"]) for row in names if row["network"]})),
        since=since,
        until=until,
        hours=hours["hours"],
        lost=_lost(store, scope, cluster, since, until),
        labels={key: tuple(found) for key, found in labels.items()},
        simulated=bool(hours["simulated"]),
        records=hours["events"],
        namespaces=tuple(namespaces),
    )


def _lost(store: Store, scope: ReadScope, cluster: str, since: int, until: int) -> dict[str, int]:
    """What the ledger says of flows that came and were not kept; whoever may not read the ledger is told so."""
    try:
        rows = store.rows("ledger_by_source", scope, since=since, until=until)
    except PermissionError:
        return {"what was lost is in the ledger, which you may not read": 0}
    found: Counter[str] = Counter()
    for row in rows:
        if row["cluster"] == cluster and row["kind"] in ("flow", "none"):
            found.update(row["dropped"])
            found.update(row["malformed_why"])
    return dict(found)
