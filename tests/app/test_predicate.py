"""Filters as SQL: the engine answers as a plain Python reading of the same terms does, and text never becomes SQL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seawall.app.filter_grammar import FilterError, Term, Value, render
from seawall.app.predicate import Selection, fields_of, filtered, not_carried, selected
from seawall.model.event import KINDS, TABLES, Field, Keeps, Table, Type

chdb = pytest.importorskip("chdb")


def field(name: str, kind: Type, *, null: str = "", identity: bool = False, unit: str = "") -> Field:
    return Field(name=name, attribute=f"x.{name}", type=kind, meaning=name, null=null, identity=identity, unit=unit)


SAMPLE = Table(
    name="sample",
    meaning="a column of each type",
    own=(),
    keeps=Keeps.EVENTS,
    key=("row",),
    namespaces=("src_namespace", "dst_namespace"),
    fields=(
        field("row", Type.U32),
        field("src_namespace", Type.CATEGORY, identity=True),
        field("dst_namespace", Type.CATEGORY, identity=True),
        field("address", Type.ADDRESS, identity=True),
        field("code", Type.U16, null="not said"),
        field("took", Type.I64, unit="ns"),
        field("done", Type.BOOL, null="not said"),
        field("groups", Type.CATEGORIES, identity=True),
        field("attributes", Type.MAP),
    ),
)
NAMES = ["shop", "Shop", "pay_ments", "a%b", "x'y", 'q"q', "back\\slash", "", "naïve"]
ADDRESSES = ["10.1.2.3", "10.9.0.1", "2001:db8::1", "", "not an address"]
Row = dict[str, Any]
ROWS: list[Row] = [
    {
        "row": number,
        "src_namespace": NAMES[number % len(NAMES)],
        "dst_namespace": NAMES[(number * 5 + 2) % len(NAMES)],
        "address": ADDRESSES[number % len(ADDRESSES)],
        "code": None if number % 4 == 0 else (100, 200, 403)[number % 3],
        "took": number * 1_000_000 - 3,
        "done": (True, False, None)[number % 3],
        "groups": [NAMES[number % len(NAMES)], "system:masters"][: number % 3],
        "attributes": {"k8s.io/x": NAMES[number % 5], "n": str(number)} if number % 2 else {},
    }
    for number in range(45)
]
SQL_TYPES = {
    Type.U32: "UInt32",
    Type.CATEGORY: "LowCardinality(String)",
    Type.ADDRESS: "String",
    Type.U16: "UInt16",
    Type.I64: "Int64",
    Type.BOOL: "Bool",
    Type.CATEGORIES: "Array(LowCardinality(String))",
    Type.MAP: "Map(LowCardinality(String), String)",
}


@pytest.fixture(scope="module")
def engine() -> Iterator[Any]:
    import msgspec

    connection = chdb.connect(":memory:")
    columns = ", ".join(
        f"{one.name} " + (f"Nullable({SQL_TYPES[one.type]})" if one.null else SQL_TYPES[one.type])
        for one in SAMPLE.fields
    )
    connection.query(f"CREATE TABLE sample ({columns}) ENGINE = Memory")
    lines = b"\n".join(msgspec.json.encode(row) for row in ROWS).decode()
    connection.query(f"INSERT INTO sample FORMAT JSONEachRow {lines}")
    yield connection
    connection.close()


def ask(engine: Any, text: str) -> set[int]:
    predicate = filtered(SAMPLE, text)
    answer = engine.query(
        f"SELECT row FROM sample WHERE {predicate.sql} FORMAT TSV", "TSV", params=_texts(predicate.parameters)
    )
    return {int(line) for line in str(answer).split()}


def _texts(params: dict[str, Any]) -> dict[str, Any]:
    """chDB takes parameters in ClickHouse's escaped text form."""
    return {
        name: value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n") if isinstance(value, str) else value
        for name, value in params.items()
    }


# ------------------------------------------------------------------------------------------------ the oracle


def holds(term: Term, row: Row) -> bool:
    if not term.field:
        names = [row["src_namespace"], row["dst_namespace"], row["address"], *row["groups"]]
        found = any(_contains(name, term.values[0]) for name in names)
    elif term.field.startswith("attributes."):
        found = any(_text(row["attributes"].get(term.field[11:], ""), value) for value in term.values)
    else:
        columns = ["src_namespace", "dst_namespace"] if term.field == "namespace" else [term.field]
        found = any(_one(row[column], column, term, value) for column in columns for value in term.values)
    return found is not term.negated


def _contains(name: str, value: Value) -> bool:
    pattern = re.escape(value.text) if value.quoted else ".*".join(map(re.escape, value.text.split("*")))
    return re.search(pattern, name, re.IGNORECASE | re.DOTALL) is not None


def _text(cell: str, value: Value) -> bool:
    if value.quoted or "*" not in value.text:
        return cell == value.text
    return re.fullmatch(".*".join(map(re.escape, value.text.split("*"))), cell, re.DOTALL) is not None


def _one(cell: Any, column: str, term: Term, value: Value) -> bool:
    if value == Value("null"):
        return cell is None
    if cell is None:
        return False
    if column in ("code", "took"):
        number = int(value.text.removesuffix("ms")) * (10**6 if value.text.endswith("ms") else 1)
        return {
            ":": cell == number,
            ">=": cell >= number,
            "<=": cell <= number,
            ">": cell > number,
            "<": cell < number,
        }[term.comparison]
    if column == "done":
        return bool(cell) is (value.text == "true")
    if column == "groups":
        return any(_text(one, value) for one in cell)
    if column == "attributes":
        return any(_text(one, value) for one in cell.values())
    if column == "address" and not value.quoted and "/" in value.text:
        try:
            return ip_address(cell) in ip_network(value.text)
        except ValueError:
            return False
    return _text(cell, value)


text_value = st.one_of(
    st.sampled_from(NAMES).map(lambda text: Value(text, True)),
    st.sampled_from(["shop", "sh*", "*", "*p*", "a%*", "pay_ments", "pay*", "x'y", "back\\slash", "naïve"]).map(Value),
)
word = st.sampled_from(
    [Value("SHOP"), Value("a%b"), Value("_m"), Value("y*ts"), Value("\\", True), Value("'", True), Value("10.1")]
)
negated = st.booleans()
terms = st.one_of(
    st.builds(
        Term,
        st.sampled_from(["src_namespace", "namespace", "groups", "attributes", "attributes.k8s.io/x"]),
        st.just(":"),
        st.lists(text_value, min_size=1, max_size=2).map(tuple),
        negated,
    ),
    st.builds(
        Term,
        st.just("address"),
        st.just(":"),
        st.tuples(st.sampled_from(["10.0.0.0/8", "10.1.2.3", "2001:db8::/32", "::/0"]).map(Value)),
        negated,
    ),
    st.builds(
        Term,
        st.just("code"),
        st.sampled_from([":", ">=", "<", ">", "<="]),
        st.tuples(st.sampled_from(["100", "200", "403", "0"]).map(Value)),
        negated,
    ),
    st.builds(Term, st.sampled_from(["code", "done"]), st.just(":"), st.just((Value("null"),)), negated),
    st.builds(
        Term,
        st.just("took"),
        st.sampled_from([">=", "<"]),
        st.tuples(st.sampled_from(["5ms", "-3", "20ms"]).map(Value)),
        negated,
    ),
    st.builds(Term, st.just("done"), st.just(":"), st.tuples(st.sampled_from(["true", "false"]).map(Value)), negated),
    st.builds(Term, st.just(""), st.just(":"), st.tuples(word), negated),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(terms, max_size=4).map(tuple))
def test_the_engine_answers_as_plain_python_does(engine: Any, chosen: tuple[Term, ...]) -> None:
    assert ask(engine, render(chosen)) == {row["row"] for row in ROWS if all(holds(one, row) for one in chosen)}


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40), st.sampled_from(sorted(TABLES)))
def test_what_people_type_never_becomes_sql(text: str, table: str) -> None:
    marked = f'"{text}"' if '"' not in text and "\\" not in text else text
    try:
        predicate = filtered(TABLES[table], marked)
    except FilterError:
        return
    spelled = re.sub(r"\{where_\d+:\w+(\(\w+\))?\}", "?", predicate.sql)
    assert re.fullmatch(r"[\w\s().,?=<>\[\]':-]*", spelled)
    words = {field.name for field in TABLES[table].fields} | {"event_id"}
    allowed = words | {
        "AND",
        "OR",
        "NOT",
        "IN",
        "LIKE",
        "ILIKE",
        "BETWEEN",
        "UTC",
        "ifNull",
        "isNull",
        "empty",
        "has",
        "hasAny",
        "arrayExists",
        "mapValues",
        "x",
        "toIPv6OrNull",
        "position",
        "concat",
        "fromUnixTimestamp64Nano",
        "0",
        "1",
        "true",
        "false",
    }
    assert set(re.findall(r"\w+", spelled)) <= allowed


@pytest.mark.parametrize(
    ("kind", "text", "position", "says"),
    [
        ("flow", "ok nosuch:1", 3, "no field `nosuch`"),
        ("flow", "dst_port:http", 0, "is a number"),
        ("flow", "-dst_port:70000", 1, "from 0 to 65535"),
        ("flow", "verdict>=1", 0, "not ordered"),
        ("flow", "dst_port:null", 0, "never null"),
        ("flow", "simulated:yes", 0, "true or false"),
        ("flow", "time>=yesterday", 0, "RFC 3339"),
        ("audit", "code:4.5", 0, "whole number"),
        ("dns", "latency>=10kg", 0, "units: ns"),
        ("flow", "attributes.x>=1", 0, "not ordered"),
    ],
)
def test_says_what_is_wrong_and_where(kind: str, text: str, position: int, says: str) -> None:
    with pytest.raises(FilterError, match=re.escape(says)) as caught:
        filtered(KINDS[kind], text)
    assert caught.value.position == position


def test_a_field_goes_by_column_attribute_and_both_ends() -> None:
    flow = KINDS["flow"]
    assert [one.name for one in fields_of(flow, "namespace")] == ["src_namespace", "dst_namespace"]
    assert [one.name for one in fields_of(flow, "source.k8s.pod.name")] == ["src_pod"]
    assert [one.name for one in fields_of(flow, "event_id")] == ["event_id"]
    assert [one.name for one in fields_of(KINDS["audit"], "address")] == ["source_addresses"]
    assert fields_of(flow, "nosuch") == ()


@pytest.mark.parametrize("table", sorted(TABLES))
def test_every_part_of_a_selection_is_answered_or_named_as_not_carried(table: str) -> None:
    selection = Selection(0, 1, ("c",), ("ns",), ("ns/web",), ("alice",), ("10.0.0.0/8",))
    declared = TABLES[table]
    missing = not_carried(declared, selection)
    predicate = selected(declared, selection, time="")
    # what no row carries matches no row: an alternative between nothing
    assert len(re.findall(r"(?<= AND )\(+0\)+", predicate.sql)) == len(missing)


def test_a_pattern_knows_one_wildcard() -> None:
    predicate = filtered(KINDS["dns"], "question:*.evil_100%.com")
    assert predicate.parameters == {"where_0": r"%.evil\_100\%.com"}
