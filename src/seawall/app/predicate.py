"""From a filter and a context to SQL: which rows of a declared table are meant.

What people type never becomes SQL text. Column names come from the declaration, values are bound parameters.
A plain term matches no row that does not say (null); a negated term keeps such a row: unknown is not equal, and not hidden.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv6Address, ip_network
from typing import Any

import msgspec

from seawall.app.filter_grammar import FilterError, Term, Value, parse
from seawall.app.moment import NANOSECONDS, nanoseconds_of
from seawall.model.event import Field, Table, Type
from seawall.model.event.field import LISTS
from seawall.store.predicate import Predicate

_TEXT = frozenset({Type.TEXT, Type.CATEGORY, Type.ADDRESS})
_INTEGER = {
    Type.U8: (0, 2**8 - 1),
    Type.U16: (0, 2**16 - 1),
    Type.U32: (0, 2**32 - 1),
    Type.U64: (0, 2**64 - 1),
    Type.I32: (-(2**31), 2**31 - 1),
    Type.I64: (-(2**63), 2**63 - 1),
}
_BYTES = {"k": 10**3, "M": 10**6, "G": 10**9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
_NUMBER = re.compile(r"(-?\d+(?:\.\d+)?)([A-Za-z]*)")

EVENT_ID = Field(
    name="event_id", attribute="seawall.event_id", type=Type.TEXT, meaning="the event, `batch_id.batch_row`"
)


class Selection(msgspec.Struct, frozen=True):
    """What a page, a link and an export are about: the context of the console's URL.

    Times are nanoseconds since 1970 UTC, `start` included and `end` not. Values in one tuple are alternatives, the tuples must all hold.
    `workloads` are `namespace/name`, `identities` a user or `namespace/serviceaccount`, `addresses` an address or a network.
    """

    start: int
    end: int
    clusters: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    workloads: tuple[str, ...] = ()
    identities: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    filter: str = ""


class _Binder:
    """Hands out parameter names; the only way a value gets into a predicate."""

    def __init__(self) -> None:
        self.params: dict[str, Any] = {}
        self._placeholders: dict[tuple[str, str], str] = {}

    def bind(self, value: Any, kind: str) -> str:
        """The placeholder of a value; one value of one type is bound once."""
        key = (kind, repr(value))
        if key not in self._placeholders:
            name = f"where_{len(self.params)}"
            self.params[name] = value
            self._placeholders[key] = f"{{{name}:{kind}}}"
        return self._placeholders[key]


def selected(table: Table, selection: Selection, *, time: str = "time") -> Predicate:
    """The rows of `table` in a selection, by the time column `time`. Raises FilterError for a filter that the table cannot answer."""
    binder = _Binder()
    conditions = []
    if time:
        conditions.append(
            f"{time} >= fromUnixTimestamp64Nano({binder.bind(selection.start, 'Int64')}, 'UTC')"
            f" AND {time} < fromUnixTimestamp64Nano({binder.bind(selection.end, 'Int64')}, 'UTC')"
        )
    if selection.clusters:
        conditions.append(f"cluster IN {binder.bind(list(selection.clusters), 'Array(String)')}")
    if selection.namespaces:
        chosen = binder.bind(list(selection.namespaces), "Array(String)")
        conditions.append(_any(_among(table.field(column), chosen) for column in table.namespaces))
    if selection.workloads:
        conditions.append(_any(_workload(table, text, binder) for text in selection.workloads))
    if selection.identities:
        conditions.append(_any(_identity(table, text, binder) for text in selection.identities))
    if selection.addresses:
        fields = _addresses(table)
        conditions.append(
            _any(_equals(field, Value(text), binder, 0) for text in selection.addresses for field in fields)
        )
    conditions.extend(_term(term, table, binder) for term in parse(selection.filter))
    return Predicate(" AND ".join(conditions) or "1", binder.params)


def filtered(table: Table, text: str) -> Predicate:
    """The rows of `table` that a filter alone means. Raises FilterError."""
    return selected(table, Selection(0, 0, filter=text), time="")


def not_carried(table: Table, selection: Selection) -> tuple[str, ...]:
    """Which parts of a selection no row of `table` can answer, so that an empty page can say why."""
    missing = []
    if selection.namespaces and not table.namespaces:
        missing.append("namespace")
    if selection.workloads and not _workload_columns(table):
        missing.append("workload")
    if selection.identities and not _identity_columns(table):
        missing.append("identity")
    if selection.addresses and not _addresses(table):
        missing.append("address")
    return tuple(missing)


def fields_of(table: Table, name: str) -> tuple[Field, ...]:
    """The columns that a field of the filter means: one, both ends or directions of a flow, or every address; () if the table has no such field.

    A column goes by its name or by its OpenTelemetry attribute.
    """
    for field in table.fields:
        if name in (field.name, field.attribute):
            return (field,)
    if name == EVENT_ID.name and {"batch_id", "batch_row"} <= set(table.columns):
        return (EVENT_ID,)
    for one, other in (("src", "dst"), ("egress", "ingress")):
        both = tuple(field for field in table.fields if field.name in (f"{one}_{name}", f"{other}_{name}"))
        if len(both) == 2:
            return both
    return _addresses(table) if name == "address" else ()


def name_like(table: Table) -> tuple[Field, ...]:
    """The columns in which a bare word is looked for: names of who and what, not kinds, ids or addresses' owners."""
    return tuple(
        field
        for field in table.fields
        if field.identity
        and field.type in _TEXT | LISTS
        and not field.aggregate
        and field.name != "cluster"
        and not field.name.endswith(("entity", "kind", "uid", "_id"))
    )


def _any(conditions: Iterable[str]) -> str:
    return f"({' OR '.join(conditions) or '0'})"


def _among(field: Field, values: str) -> str:
    return f"hasAny({field.name}, {values})" if field.type in LISTS else f"{field.name} IN {values}"


# ------------------------------------------------------------------------------------------------ entities


def _workload_columns(table: Table) -> list[tuple[str, str]]:
    columns = set(table.columns)
    pairs = [(f"{end}namespace", f"{end}workload") for end in ("", "src_", "dst_")]
    pairs.append(("namespace", "object"))  # a finding's owner
    return [pair for pair in pairs if columns.issuperset(pair)]


def _workload(table: Table, text: str, binder: _Binder) -> str:
    namespace, slash, name = text.rpartition("/")
    wanted = binder.bind(name, "String")
    where = binder.bind(namespace, "String") if slash else ""
    return _any(
        f"({column} = {wanted}" + (f" AND {namespace_column} = {where})" if slash else ")")
        for namespace_column, column in _workload_columns(table)
    )


def _identity_columns(table: Table) -> list[str]:
    """Columns that hold a user's name, and pairs `namespace/service account` as SQL expressions."""
    columns = set(table.columns)
    found: list[str] = [column for column in ("user", "actor", "impersonated_user") if column in columns]
    found.extend(
        f"concat({end}namespace, '/', {end}service_account)"
        for end in ("", "src_", "dst_")
        if columns.issuperset({f"{end}namespace", f"{end}service_account"})
    )
    if columns.issuperset({"entity_kind", "entity"}):
        found.append("if(entity_kind IN ('user', 'service_account', 'identity'), entity, '')")
    return found


def _identity(table: Table, text: str, binder: _Binder) -> str:
    names = [text]
    if text.startswith("system:serviceaccount:") and text.count(":") == 3:
        names.append("/".join(text.split(":")[2:]))
    elif text.count("/") == 1:
        names.append("system:serviceaccount:" + text.replace("/", ":"))
    wanted = binder.bind(names, "Array(String)")
    return _any(f"{column} IN {wanted}" for column in _identity_columns(table))


def _addresses(table: Table) -> tuple[Field, ...]:
    return tuple(
        field
        for field in table.fields
        if not field.aggregate and (field.type is Type.ADDRESS or field.name.endswith("_addresses"))
    )


# ------------------------------------------------------------------------------------------------ terms


def _term(term: Term, table: Table, binder: _Binder) -> str:
    if not term.field:
        condition = _any(_contains(field, term.values[0], binder) for field in name_like(table))
    else:
        name, _, key = term.field.partition(".")
        if key and not fields_of(table, term.field) and _is_map(table, name):
            column = f"{name}[{binder.bind(key, 'String')}]"
            condition = _any(_text_equals(column, value, binder) for value in _words(term, "a map's value"))
        else:
            condition = _any(_of_field(field, term, binder) for field in _known(table, term))
    return f"NOT ifNull({condition}, 0)" if term.negated else condition


def _is_map(table: Table, name: str) -> bool:
    return any(field.name == name and field.type is Type.MAP for field in table.fields)


def _known(table: Table, term: Term) -> tuple[Field, ...]:
    fields = fields_of(table, term.field)
    if not fields:
        raise FilterError(
            f"{table.name} has no field `{term.field}`; quote the word to look for it in names",
            term.position + term.negated,
        )
    return fields


def _words(term: Term, what: str) -> tuple[Value, ...]:
    if term.comparison != ":":
        raise FilterError(f"{what} is not ordered: use `{term.field}:`", term.position + term.negated)
    return term.values


def _of_field(field: Field, term: Term, binder: _Binder) -> str:
    position = term.position + term.negated
    if term.comparison == ":":
        return _any(_equals(field, value, binder, position) for value in term.values)
    if field.type in _INTEGER or field.type is Type.F64:
        bound = _number(field, term.values[0], binder, position)
    elif field.type is Type.TIME:
        bound = _time(field, term.values[0], binder, position)
    else:
        raise FilterError(f"`{field.name}` is not ordered ({field.type.value}): use `{term.field}:`", position)
    return f"{field.name} {term.comparison} {bound}"


def _equals(field: Field, value: Value, binder: _Binder, position: int) -> str:
    column = field.name
    if value == Value("null"):
        if not field.null:
            raise FilterError(f'`{column}` is never null; absent text is `""`', position)
        return f"empty({column})" if field.type is Type.MAP else f"isNull({column})"  # the store has no nullable maps
    if field.type in _INTEGER or field.type is Type.F64:
        return f"{column} = {_number(field, value, binder, position)}"
    if field.type is Type.BOOL:
        if value.text not in ("true", "false"):
            raise FilterError(f"`{column}` is true or false, not `{value.text}`", position)
        return f"{column} = {value.text}"
    if field.type is Type.TIME:
        return f"{column} = {_time(field, value, binder, position)}"
    if field.type is Type.TIMES:
        return f"has({column}, {_time(field, value, binder, position)})"
    if field.type is Type.MAP:
        return _in_list(f"mapValues({column})", field, value, binder)
    if field.type in LISTS:
        return _in_list(column, field, value, binder)
    if field is EVENT_ID and "*" not in value.text:
        batch, _, row = value.text.rpartition(".")
        number = int(row) if row.isascii() and row.isdigit() and len(row) < 10 else 2**32 - 1
        return f"(batch_id = {binder.bind(batch, 'String')} AND batch_row = {binder.bind(number, 'UInt32')})"
    return _network(column, value, binder) or _text_equals(column, value, binder)


def _in_list(column: str, field: Field, value: Value, binder: _Binder) -> str:
    if value.quoted or not ("*" in value.text or (_holds_addresses(field) and "/" in value.text)):
        return f"has({column}, {binder.bind(value.text, 'String')})"
    one = _network("x", value, binder) if _holds_addresses(field) else ""
    return f"arrayExists(x -> {one or _text_equals('x', value, binder)}, {column})"


def _holds_addresses(field: Field) -> bool:
    return field.type is Type.ADDRESS or field.name.endswith("_addresses")


def _text_equals(column: str, value: Value, binder: _Binder) -> str:
    if not value.quoted and "*" in value.text:
        return f"{column} LIKE {binder.bind(_like(value.text), 'String')}"
    return f"{column} = {binder.bind(value.text, 'String')}"


def _like(pattern: str) -> str:
    """`*` is any text; what LIKE reads as special stands for itself."""
    return _literal(pattern).replace("*", "%")


def _literal(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)


def _network(column: str, value: Value, binder: _Binder) -> str:
    """A comparison with a network, "" if the value is none. v4 is compared as mapped v6, text that is no address is in no network."""
    if value.quoted or "/" not in value.text:
        return ""
    try:
        network = ip_network(value.text, strict=False)
    except ValueError:
        return ""
    base = 0xFFFF << 32 if network.version == 4 else 0
    first, last = (
        binder.bind(str(IPv6Address(base + int(address))), "IPv6")
        for address in (network.network_address, network.broadcast_address)
    )
    family = "" if network.version == 4 else f" AND position({column}, ':') > 0"
    return f"ifNull(toIPv6OrNull({column}) BETWEEN {first} AND {last}{family}, 0)"


def _number(field: Field, value: Value, binder: _Binder, position: int) -> str:
    units = NANOSECONDS if field.unit == "ns" else _BYTES if field.unit == "By" else {}
    found = None if value.quoted else _NUMBER.fullmatch(value.text)
    if found is None or (found[2] and found[2] not in units):
        known = f" (units: {', '.join(units)})" if units else ""
        raise FilterError(f"`{field.name}` is a number{known}, not `{value.text}`", position)
    scale = units.get(found[2], 1)
    if field.type is Type.F64:
        return binder.bind(float(found[1]) * scale, "Float64")
    number = int(found[1]) * scale if "." not in found[1] else float(found[1]) * scale
    if isinstance(number, float) and not number.is_integer():
        raise FilterError(f"`{field.name}` is a whole number, not `{value.text}`", position)
    least, greatest = _INTEGER[field.type]
    if not least <= number <= greatest:
        raise FilterError(f"`{field.name}` is from {least} to {greatest}, not `{value.text}`", position)
    return binder.bind(int(number), "UInt64" if least == 0 else "Int64")


def _time(field: Field, value: Value, binder: _Binder, position: int) -> str:
    try:
        nanoseconds = nanoseconds_of(value.text)
    except ValueError:
        raise FilterError(f"`{field.name}` is a time (RFC 3339), not `{value.text}`", position) from None
    return f"fromUnixTimestamp64Nano({binder.bind(nanoseconds, 'Int64')}, 'UTC')"


def _contains(field: Field, value: Value, binder: _Binder) -> str:
    """Whether a name holds a word, in whatever case."""
    pattern = _literal(value.text) if value.quoted else _like(value.text)
    wanted = binder.bind(f"%{pattern}%", "String")
    return (
        f"arrayExists(x -> x ILIKE {wanted}, {field.name})" if field.type in LISTS else f"{field.name} ILIKE {wanted}"
    )
