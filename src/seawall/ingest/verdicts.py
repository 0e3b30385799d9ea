"""The verdict columns of flows: each distinct question of a batch asked once, the answers spread over its rows by number."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from seawall.model.event import KINDS
from seawall.model.verdict import EndKind, FlowEnd, FlowTuple, FlowVerdict

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

ENDS = FlowEnd.__struct_fields__
"""The columns of an end that a verdict may hang on, without their prefix."""
ASKED = (
    *(f"{short}_{name}" for short in ("src", "dst") for name in ENDS),
    "src_port",
    "dst_port",
    "network_transport",
    "icmp_type",
    "icmp_code",
    "is_reply",
)
"""Every column of `flow` that a verdict may hang on."""
JUDGED = (
    "model_verdict",
    "model_basis",
    "model_reason",
    "model_policy",
    "model_rule",
    "egress_verdict",
    "egress_policy",
    "egress_rule",
    "ingress_verdict",
    "ingress_policy",
    "ingress_rule",
    "staged_verdict",
    "staged_policy",
    "policy_version",
    "policy_since",
)
"""The columns that a verdict is written into."""

_REQUEST = {("icmp", 0): 8, ("icmpv6", 129): 128}
"""The type of the ICMP request that an echo reply answers (RFC 792, RFC 4443)."""


class Judging(Protocol):
    """Who judges the flows of one cluster: by which policies, and since when (UTC ns) those are known to hold."""

    @property
    def version(self) -> str: ...
    @property
    def since(self) -> int | None: ...
    def kinds(self, ends: Sequence[FlowEnd]) -> Sequence[EndKind]: ...
    def judge(self, tuples: Sequence[FlowTuple], kinds: Sequence[tuple[EndKind, EndKind]]) -> Sequence[FlowVerdict]: ...


Judges = Callable[[str], Judging | None]
"""Who judges the flows of a cluster now; None where no policies of it are known."""


def verdict_columns(columns: Mapping[str, pa.Array], judging: Judging) -> dict[str, pa.Array]:
    """The columns `JUDGED` for rows that have those of `ASKED`, texts as dictionaries; one that is left out stands for its zero."""
    import pyarrow as pa

    rows = len(columns["dst_address"])
    numbers, tuples, kinds = distinct(columns, judging.kinds)
    verdicts = judging.judge(tuples, kinds)
    told = {one: number for number, one in enumerate(dict.fromkeys(verdicts))}
    indices = pa.array([told[one] for one in verdicts], pa.int32()).take(pa.array(numbers))
    texts: dict[str, list[str | None]] = {name: [] for name in JUDGED}
    for one in told:
        for name, value in values_of(one).items():
            texts[name].append(value)
    declared = KINDS["flow"]
    found = {
        name: _dictionary(indices, values)
        for name, values in texts.items()
        if any(value is not None if declared.field(name).null else value for value in values)
    }
    found["policy_version"] = _dictionary(pa.repeat(pa.scalar(0, pa.int32()), rows), [judging.version])
    if judging.since is not None:
        found["policy_since"] = pa.repeat(pa.scalar(judging.since, pa.timestamp("ns", tz="UTC")), rows)
    return found


def _dictionary(numbers: pa.Array, values: Sequence[str | None]) -> pa.Array:
    """The text of each number: several may have the same."""
    import pyarrow as pa
    import pyarrow.compute as pc

    encoded = pc.dictionary_encode(pa.array(values, pa.string()))
    return pa.DictionaryArray.from_arrays(encoded.indices.take(numbers), encoded.dictionary)


def values_of(verdict: FlowVerdict) -> dict[str, str | None]:
    """A verdict as the columns that hang on it alone."""
    return {
        "model_verdict": verdict.word,
        "model_basis": verdict.basis,
        "model_reason": verdict.reason,
        "model_policy": verdict.decider.policy,
        "model_rule": verdict.decider.rule,
        "egress_verdict": verdict.egress.word,
        "egress_policy": verdict.egress.policy,
        "egress_rule": verdict.egress.rule,
        "ingress_verdict": verdict.ingress.word,
        "ingress_policy": verdict.ingress.policy,
        "ingress_rule": verdict.ingress.rule,
        "staged_verdict": verdict.staged,
        "staged_policy": verdict.draft,
    }


def distinct(
    columns: Mapping[str, pa.Array], kinds: Callable[[Sequence[FlowEnd]], Sequence[EndKind]]
) -> tuple[np.ndarray[Any, Any], list[FlowTuple], list[tuple[EndKind, EndKind]]]:
    """The number of each row's question, the questions (one for all rows whose ends are judged alike), and the kinds of their ends.

    A reply's question is that of the connection which it answers.
    """
    import numpy as np
    import pyarrow.compute as pc

    sources, source_ends = _ends(columns, "src_")
    destinations, destination_ends = _ends(columns, "dst_")
    ends = [*source_ends, *destination_ends]
    destinations = destinations + len(source_ends)
    reply = _numbers(pc.fill_null(columns["is_reply"], False)) if "is_reply" in columns else np.False_
    client, server = np.where(reply, destinations, sources), np.where(reply, sources, destinations)
    known = kinds(ends)
    kind, who = (np.array([getattr(one, name) for one in known], np.int64) for name in ("kind", "who"))
    near = np.array([one.near for one in known], bool)
    beside = near[client] | near[server]
    alike = (
        np.where(beside, who[client], kind[client]),
        np.where(beside, who[server], kind[server]),
        beside + 2 * (who[client] == who[server]),
    )
    most = int(max(kind.max(), who.max())) + 1
    zero = np.zeros(len(client), np.int64)
    ports = [_numbers(columns[name]) if name in columns else zero for name in ("src_port", "dst_port")]
    port = np.where(reply, ports[0], ports[1])
    transports = pc.dictionary_encode(columns["network_transport"])
    icmp = [
        _numbers(pc.fill_null(columns[name].cast("int64"), -1)) if name in columns else zero - 1
        for name in ("icmp_type", "icmp_code")
    ]
    keys = (*alike, port, transports.indices.to_numpy(), icmp[0] + 1, icmp[1] + 1, zero + reply)
    numbers, first = dense(keys, (most, most, 4, 65536, len(transports.dictionary), 257, 257, 2))
    names = transports.dictionary.to_pylist()
    asked = (client, server, *keys[3:])
    found, how = [], []
    for one, other, number, named, type_, code, answer in zip(*(key[first].tolist() for key in asked), strict=True):
        transport, icmp_type = names[named], type_ - 1
        if answer:
            icmp_type = _REQUEST.get((transport, icmp_type), icmp_type)
        how.append((known[one], known[other]))
        found.append(
            FlowTuple(
                ends[one],
                ends[other],
                transport,
                number,
                icmp_type if icmp_type >= 0 else None,
                code - 1 if code else None,
            )
        )
    return numbers, found, how


def dense(
    keys: Sequence[np.ndarray[Any, Any]], sizes: Sequence[int]
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Rows numbered by their combination of keys (each from 0 to its size): the numbers, and the first row of each number."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    combined, span = np.zeros(len(keys[0]), np.int64), 1
    for key, size in zip(keys, sizes, strict=True):
        if span * max(size, 1) >= 1 << 62:
            encoded = pc.dictionary_encode(pa.array(combined))
            combined, span = encoded.indices.to_numpy().astype(np.int64), max(len(encoded.dictionary), 1)
        combined = combined * size + key
        span *= max(size, 1)
    encoded = pc.dictionary_encode(pa.array(combined))
    numbers = encoded.indices.to_numpy()
    first = np.zeros(len(encoded.dictionary), np.int64)
    first[numbers[::-1]] = np.arange(len(numbers) - 1, -1, -1)
    return numbers, first


def _ends(columns: Mapping[str, pa.Array], prefix: str) -> tuple[np.ndarray[Any, Any], list[FlowEnd]]:
    """The number of each row's end, and the ends."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    keys, sizes, values = [], [], []
    for name in ENDS:
        column = columns.get(f"{prefix}{name}")
        if column is None:
            column = pa.repeat("", len(columns["dst_address"]))
        elif name == "labels":
            column = _joined(column)
        encoded = column if pa.types.is_dictionary(column.type) else pc.dictionary_encode(column)
        keys.append(encoded.indices.to_numpy())
        sizes.append(len(encoded.dictionary))
        texts = encoded.dictionary.to_pylist()
        values.append([tuple(text.split("\0")) if text else () for text in texts] if name == "labels" else texts)
    numbers, first = dense(keys, sizes)
    given = [[texts[number] for number in key[first].tolist()] for texts, key in zip(values, keys, strict=True)]
    return numbers.astype(np.int64), list(map(FlowEnd, *given))


def _joined(lists: pa.Array) -> pa.Array:
    """Lists of labels as texts, for only those can be numbered. No label holds the separator."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.binary_join(pa.ListArray.from_arrays(lists.offsets, lists.values), "\0")


def _numbers(column: pa.Array) -> np.ndarray[Any, Any]:
    import numpy as np

    numbers: np.ndarray[Any, Any] = column.to_numpy(zero_copy_only=False).astype(np.int64)
    return numbers
