"""Every query file is sound: it explains itself, it runs, and a scope holds."""

from __future__ import annotations

from typing import Any

import pytest
from tests.store.rows import START, random_batch

from seawall.app.predicate import filtered
from seawall.model.event import KINDS, TABLES, Table, Type
from seawall.model.event.arrow import record_batch
from seawall.model.event.read_scope import ReadScope
from seawall.store.client import Store
from seawall.store.predicate import Time, scope_predicate
from seawall.store.query import bind, load, names, parse

ALL = ReadScope.everything()
DUMMIES: dict[str, object] = {
    "String": "x",
    "UInt32": 60,
    "UInt64": 1,
    "Int64": 60,
    "DateTime64(9)": START,
    "Array(String)": ["x"],
}
every_query = pytest.mark.parametrize("name", names())


def arguments_for(name: str) -> list[dict[str, Any]]:
    """Typed values for every parameter; for a query over any kind, one set for each kind and fitting column."""
    query = load(name)
    values = {parameter: DUMMIES[sql_type] for parameter, sql_type in query.parameters.items()}
    if not query.of_any_kind:
        return [values]
    if "{column}" not in query.text:
        return [values | {"kind": kind} for kind in KINDS]
    wanted = (Type.CATEGORIES, Type.TEXTS) if "list" in name else (Type.CATEGORY, Type.TEXT, Type.U16)
    return [
        values | {"kind": kind, "column": column}
        for kind, table in KINDS.items()
        for column in _one_of_each(table, wanted)
    ]


def _one_of_each(table: Table, types: tuple[Type, ...]) -> list[str]:
    return list({field.type: field.name for field in table.fields if field.type in types}.values())


@every_query
def test_a_query_says_what_it_answers_and_explains_its_parameters(name: str) -> None:
    query = load(name)
    assert query.answers.endswith(".")
    head = [line.removeprefix("-- ") for line in query.text.splitlines() if line.startswith("--")]
    described = {word for line in head if ":" in line for word in line.split(":")[0].split(", ")}
    assert query.parameters.keys() <= described, "each parameter has a line in the head"


@every_query
@pytest.mark.parametrize(
    "scope", [ALL, ReadScope.of(clusters=["c"], namespaces=[("d", "n'")])], ids=["everything", "some"]
)
def test_a_query_is_understood_by_the_store(store: Store, name: str, scope: ReadScope) -> None:
    for arguments in arguments_for(name):
        choice = {key: arguments.pop(key) for key in ("kind", "column") if key in arguments}
        bound = bind(load(name), scope, arguments, **choice)
        assert store.select(f"EXPLAIN {bound.sql}", **bound.parameters)
    store.query(name, scope, **arguments, **choice)


@every_query
def test_a_scope_without_the_table_reads_nothing(name: str) -> None:
    arguments = arguments_for(name)[0]
    choice = {key: arguments.pop(key) for key in ("kind", "column") if key in arguments}
    for scope in (ReadScope(), ReadScope.of(clusters=["c"], kinds=["nothing"])):
        with pytest.raises(PermissionError):
            bind(load(name), scope, arguments, **choice)


def test_missing_and_unknown_parameters_are_named() -> None:
    with pytest.raises(TypeError, match=r"missing \['since'\], unknown \['sinse'\]"):
        bind(load("scans"), ALL, {"sinse": 1, "until": 2})
    with pytest.raises(KeyError):
        load("../queries/scans")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("-- A.\nSELECT 1 WHERE {scope}", "no `-- reads:` line"),
        ("-- A.\n-- reads: nope\nSELECT 1 WHERE {scope}", "not declared"),
        ("-- A.\n-- reads: flow\nSELECT 1", r"no \{scope\}"),
        ("-- reads: flow\nSELECT 1 WHERE {scope}", "does not begin by saying"),
        ("-- A.\n-- reads: flow\nSELECT {where:String} WHERE {scope}", "cannot be the name"),
    ],
)
def test_a_file_that_is_not_sound_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse("q", text)


# -- scope


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES.keys())
def test_a_scope_over_every_table(store: Store, table: Table) -> None:
    predicate = scope_predicate(ReadScope.of(clusters=["a'"], namespaces=[("b", "n"), ("c", "m\\")]), table)
    store.select(f"SELECT count() FROM seawall.{table.name} WHERE {predicate.sql}", **predicate.parameters)


def test_a_reader_of_a_namespace_sees_the_flows_that_touch_it(store: Store) -> None:
    ends = [("a", "b"), ("b", "a"), ("b", "c"), ("c", "c"), ("", "a")]
    columns = {
        "time": [START + n for n in range(5)],
        "observed_time": [START] * 5,
        "batch_row": list(range(5)),
        "src_namespace": [source for source, _ in ends],
        "dst_namespace": [destination for _, destination in ends],
        "batch_id": ["scope-1"] * 5,
    }
    for cluster in ("scope-x", "scope-y"):
        store.insert("flow", record_batch(KINDS["flow"], columns | {"cluster": [cluster] * 5}), token=cluster)
    window = {
        "since": START,
        "until": START + 10,
        "before_time": START + 10,
        "before_batch": "",
        "before_row": 0,
        "limit": 100,
    }

    def seen(scope: ReadScope) -> list[tuple[str, str, str]]:
        rows = store.rows(
            "events_page", scope, kind="flow", where=filtered(KINDS["flow"], "batch_id:scope-1"), **window
        )
        return sorted((row["cluster"], row["src_namespace"], row["dst_namespace"]) for row in rows)

    assert len(seen(ALL)) == 10
    assert seen(ReadScope.of(clusters=["scope-x"])) == sorted(("scope-x", *end) for end in ends)
    assert seen(ReadScope.of(namespaces=[("scope-x", "a")])) == [
        ("scope-x", "", "a"),
        ("scope-x", "a", "b"),
        ("scope-x", "b", "a"),
    ]
    assert seen(ReadScope.of(namespaces=[("scope-y", "c"), ("scope-x", "nope")])) == [
        ("scope-y", "b", "c"),
        ("scope-y", "c", "c"),
    ]
    assert seen(ReadScope.of(clusters=["scope-y' OR 1 --"])) == []


# -- filter

ROWS: dict[str, list[Any]] = {
    "src_namespace": ["shop", "shop-old", "", "kube-system"],
    "dst_namespace": ["kube-system", "", "shop", "shop"],
    "dst_address": ["10.1.2.3", "192.0.2.7", "", "2001:db8::7"],
    "dst_port": [80, 443, 0, 65535],
    "bytes_sent": [None, 0, 10, 2**63],
    "model_verdict": [None, "allowed", "denied", "allowed"],
    "is_reply": [None, True, False, True],
    "src_labels": [["app=Web", "tier=front"], ["app=web"], [], ["app=db"]],
    "attributes": [{"http.route": "/Cart"}, {"http.route": "/"}, {}, {"other": "/cart"}],
}


@pytest.fixture(scope="module")
def with_rows(store: Store) -> Store:
    fixed = {
        "time": [START + n for n in range(4)],
        "batch_id": ["filter"] * 4,
        "batch_row": [0, 1, 2, 3],
        "cluster": ["filter"] * 4,
    }
    store.insert("flow", record_batch(KINDS["flow"], ROWS | fixed | {"observed_time": [START] * 4}), token="filter")
    return store


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("src_namespace:shop", [0]),
        ("src_namespace:shop,kube-system", [0, 3]),
        ("-src_namespace:shop", [1, 2, 3]),
        ("namespace:kube-system", [0, 3]),
        ("-namespace:kube-system", [1, 2]),
        ("src_namespace:*old", [1]),
        ("OLD", [1]),
        ("-src_namespace:*shop*", [2, 3]),
        ("src_namespace:shop*", [0, 1]),
        ('src_namespace:""', [2]),
        ('-src_namespace:""', [0, 1, 3]),
        ("model_verdict:allowed", [1, 3]),
        ("-model_verdict:allowed", [0, 2]),
        ("model_verdict:null", [0]),
        ("-model_verdict:null", [1, 2, 3]),
        ("model_verdict:*allow*", [1, 3]),
        ("dst_port:80,65535", [0, 3]),
        ("-dst_port:80", [1, 2, 3]),
        ("dst_port>=443", [1, 3]),
        ("dst_port<0", []),
        ("bytes_sent>9", [2, 3]),
        ("bytes_sent<=10", [1, 2]),
        ("-bytes_sent:10", [0, 1, 3]),
        ("bytes_sent:null", [0]),
        ("is_reply:true", [1, 3]),
        ("-is_reply:true", [0, 2]),
        ("dst_address:10.0.0.0/8,2001:db8::/32", [0, 3]),
        ("src_labels:app=web", [1]),
        ("-src_labels:app=web", [0, 2, 3]),
        ("src_labels:app=*", [0, 1, 3]),
        ("-src_labels:app=W*", [1, 2, 3]),
        ("attributes.http.route:/C*", [0]),
        ("attributes.http.route:/", [1]),
        ("time>=2027-01-15T05:13:20.000000002Z", [2, 3]),
        ("time:2027-01-15T05:13:20.000000001Z", [1]),
        ("src_namespace:\"x' OR '1'='1\"", []),
        ('src_namespace:"\\\\","\n","{x:String}"', []),
    ],
)
def test_a_filter_means_what_it_says(with_rows: Store, text: str, rows: list[int]) -> None:
    predicate = filtered(KINDS["flow"], f"cluster:filter {text}")
    found = with_rows.select(
        f"SELECT batch_row FROM seawall.flow WHERE {predicate.sql} ORDER BY batch_row", **predicate.parameters
    )
    assert [row["batch_row"] for row in found] == rows


@pytest.mark.parametrize("table", KINDS.values(), ids=KINDS.keys())
def test_every_comparison_over_every_column(store: Store, table: Table) -> None:
    numbers = {Type.U8, Type.U16, Type.U32, Type.U64, Type.I32, Type.I64, Type.F64}
    moment = "2027-01-15T05:13:20Z"
    for field in table.fields:
        if field.type is Type.COUNTS:
            continue
        ordered = field.type in numbers or field.type is Type.TIME
        value = "1" if field.type in numbers else "true" if field.type is Type.BOOL else "a"
        if field.type in (Type.TIME, Type.TIMES):
            value = moment
        texts = [f"{field.name}:{value}", f"-{field.name}:{value}"]
        texts += [f"{field.name}{sign}{value}" for sign in (">=", "<=", ">", "<") if ordered]
        if field.null:
            texts.append(f"{field.name}:null")
        if value == "a":
            texts += [f"{field.name}:a*", f'{field.name}:"a*"']
        if field.type is Type.ADDRESS:
            texts.append(f"{field.name}:10.0.0.0/8,2001:db8::/32")
        if field.type is Type.MAP:
            texts.append(f"{field.name}.k:a,a*")
        predicate = filtered(table, " ".join(texts))
        assert store.select(f"EXPLAIN SELECT 1 FROM seawall.{table.name} WHERE {predicate.sql}", **predicate.parameters)


# -- answers


def test_pages_cover_every_row_once_newest_first(store: Store) -> None:
    batch = random_batch(KINDS["dns"], 5, 500, cluster="pages", batch_id="p", time=[START + n // 7 for n in range(500)])
    store.insert("dns", batch, token="pages")
    at: dict[str, Any] = {"before_time": START + 1000, "before_batch": "", "before_row": 0}
    seen: list[tuple[int, str, int]] = []
    while rows := store.rows(
        "events_page", ReadScope.of(clusters=["pages"]), kind="dns", since=START, until=START + 1000, limit=64, **at
    ):
        seen += [(row["time"], row["batch_id"], row["batch_row"]) for row in rows]
        at = {"before_time": seen[-1][0], "before_batch": seen[-1][1], "before_row": seen[-1][2]}
    assert len(seen) == len(set(seen)) == 500
    assert seen == sorted(seen, reverse=True)


def graph(store: Store, cluster: str, since: int, until: int) -> list[dict[str, Any]]:
    """The edges between the workloads of a cluster."""
    scope = ReadScope.of(clusters=[cluster])
    return store.rows("graph", scope, grain="workload", since=since, until=until, limit=10_000)


def test_an_edge_is_counted_by_one_reporter_and_a_reply_is_turned_round(store: Store) -> None:
    ends = {"src_entity": "pod", "src_namespace": "shop", "src_workload": "web", "src_workload_kind": "Deployment"}
    other = {"dst_entity": "pod", "dst_namespace": "shop", "dst_workload": "db", "dst_workload_kind": "StatefulSet"}
    turned = {f"dst{name[3:]}": value for name, value in ends.items()} | {
        f"src{name[3:]}": value for name, value in other.items()
    }
    ports = {"dst_port": 5432, "src_port": 40000}
    rows: list[dict[str, Any]] = (
        [ends | other | ports | {"reporter": "source", "is_reply": False, "bytes_sent": 10}] * 3
        + [ends | other | ports | {"reporter": "destination", "is_reply": False}] * 2
        + [turned | {"src_port": 5432, "dst_port": 40000, "reporter": "source", "is_reply": True, "bytes_sent": 7}] * 4
    )
    names_ = {name for row in rows for name in row}
    columns = {name: [row.get(name) for row in rows] for name in names_}
    fixed = {
        "time": [START] * 9,
        "observed_time": [START] * 9,
        "cluster": ["edges"] * 9,
        "batch_id": ["e"] * 9,
        "batch_row": list(range(9)),
    }
    store.insert(
        "flow", record_batch(KINDS["flow"], columns | fixed | {"network_transport": ["tcp"] * 9}), token="edges"
    )
    [edge] = graph(store, "edges", START, START + 1)
    assert (edge["src_workload"], edge["dst_workload"], edge["dst_port"], edge["network_transport"]) == (
        "web",
        "db",
        5432,
        "tcp",
    )
    assert (edge["events"], edge["bytes"]) == (3, 30 + 28)
    reported = store.select(
        "SELECT reporter, sum(events) AS events, sum(reply_events) AS replies, sum(bytes_sent) AS sent, sum(bytes_received) AS received "
        "FROM seawall.edge_minute WHERE cluster = 'edges' GROUP BY reporter ORDER BY reporter"
    )
    assert [tuple(row.values()) for row in reported] == [("destination", 2, 0, None, None), ("source", 3, 4, 30, 28)]


MINUTE, HOUR = 60_000_000_000, 3_600_000_000_000
LATER = START // HOUR * HOUR


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (LATER, LATER + 5 * HOUR),
        (LATER + 1, LATER + 5 * HOUR - 1),
        (LATER + 20 * MINUTE, LATER + 40 * MINUTE),
        (LATER + 40 * MINUTE, LATER + HOUR + 20 * MINUTE),
        (LATER + 59 * MINUTE, LATER + 3 * HOUR + MINUTE + 1),
        (LATER + HOUR, LATER + 2 * HOUR),
        (LATER + HOUR, LATER + HOUR),
        (LATER - 3 * HOUR, LATER + 9 * HOUR),
    ],
)
def test_hours_and_minutes_of_a_window_make_the_same_sum(busy: Store, since: int, until: int) -> None:
    """Oracle: whole minutes of the window, from the flows themselves."""
    rows = graph(busy, "busy", since, until)
    counted = busy.select(
        "SELECT dst_port, count() AS n FROM seawall.flow WHERE cluster = 'busy' "
        "AND time >= toStartOfMinute({since:DateTime64(9)}) AND toStartOfMinute(time) < {until:DateTime64(9)} GROUP BY dst_port",
        since=Time(since),
        until=Time(until),
    )
    found: dict[int, int] = {}
    for row in rows:
        found[row["dst_port"]] = found.get(row["dst_port"], 0) + row["events"]
    assert found == {row["dst_port"]: row["n"] for row in counted}


@pytest.fixture(scope="module")
def busy(store: Store) -> Store:
    rows = 3000
    columns = {
        "time": [LATER + n * (5 * HOUR // rows) for n in range(rows)],
        "observed_time": [START] * rows,
        "cluster": ["busy"] * rows,
        "batch_id": ["busy"] * rows,
        "batch_row": list(range(rows)),
        "dst_port": [n % 3 for n in range(rows)],
        "verdict": ["allowed" if n % 5 else "denied" for n in range(rows)],
    }
    store.insert("flow", record_batch(KINDS["flow"], columns), token="busy")
    return store


def test_bytes_nobody_counts_stay_unknown(store: Store) -> None:
    columns = {
        "time": [START] * 2,
        "observed_time": [START] * 2,
        "cluster": ["nobytes"] * 2,
        "batch_id": ["n"] * 2,
        "batch_row": [0, 1],
    }
    store.insert(
        "flow",
        record_batch(KINDS["flow"], columns | {"dst_address": ["198.51.100.9", "198.51.100.8"]}),
        token="nobytes",
    )
    [edge] = graph(store, "nobytes", START, START + 1)
    assert edge["bytes"] is None
    assert edge["dst_peer"] == "198.51.100.0/24"
    assert edge["events"] == 2


def test_completion_and_histogram(with_rows: Store) -> None:
    scope = ReadScope.of(clusters=["filter"])
    window = {"since": START, "until": START + 10}
    values = with_rows.rows(
        "events_values", scope, kind="flow", column="src_namespace", typed="SHOP", limit=10, **window
    )
    assert [row["value"] for row in values] == ["shop", "shop-old"]
    labels = with_rows.rows(
        "events_list_values", scope, kind="flow", column="src_labels", typed="app=", limit=10, **window
    )
    assert {row["value"] for row in labels} == {"app=Web", "app=web", "app=db"}
    buckets = with_rows.rows(
        "events_buckets", scope, kind="flow", column="model_verdict", start=START, step=60 * 10**9, **window
    )
    assert {row["value"]: row["rows"] for row in buckets} == {"": 1, "allowed": 2, "denied": 1}
