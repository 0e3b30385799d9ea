"""The questions Seawall asks: one `.sql` file each, with a head that says what it answers.

A file begins with a comment. Its first lines say what the query answers; then come `-- reads: TABLE[, TABLE]`, and a line
for each parameter. In the text stand

* `{name:Type}`: a parameter, bound by the server;
* `{scope}`: what the asker may read of the first table read; `{scope:TABLE}` of another. Every file has one;
* `{table}`, `{column}`: a declared table (of those read) and a column of it; only where `reads` says `KIND` (any kind of event);
* `{columns}`: a list of columns of the first table read, `*` where none is asked for;
* `{edges}`: the edges of the window `since` to `until`, in the columns of `edge_minute`, whole hours of it read from `edge_hour`:
  the same sums from far fewer rows. Scope and filter are in it;
* `{filter}`: the asker's conditions over that table, or a predicate that `seawall.app` made of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources

import msgspec

from seawall.model.event import KINDS, TABLES, Table
from seawall.model.event.read_scope import ReadScope
from seawall.store.predicate import EVERY_ROW, Predicate, Time, scope_predicate

_PARAMETER = re.compile(r"\{(\w+):([A-Z]\w*(?:\([^{}]*\))?)\}")
_SCOPE = re.compile(r"\{scope(?::(\w+))?\}")
_READS = re.compile(r"^-- reads: (.+)$", re.MULTILINE)
ANY_KIND = "KIND"
RESERVED = frozenset({"column", "columns", "where", "query_id", "settings"})
"""Names that `Store.query` takes for itself."""


_EDGES = """(
    SELECT hour AS minute, COLUMNS
    FROM seawall.edge_hour
    WHERE {scope} AND hour >= FIRST AND hour < LAST AND {filter}
    UNION ALL
    SELECT minute, COLUMNS
    FROM seawall.edge_minute
    WHERE {scope} AND minute >= toStartOfMinute({since:DateTime64(9)}) AND minute < {until:DateTime64(9)} AND {filter}
        AND (minute < FIRST OR minute >= LAST OR FIRST >= LAST)
)"""
"""What `{edges}` stands for. FIRST and LAST bound the whole hours of the window; without any, minutes answer alone."""


def _edges() -> str:
    marks = {
        "COLUMNS": ", ".join(name for name in TABLES["edge_minute"].columns if name != "minute"),
        "FIRST": "toStartOfHour(addNanoseconds({since:DateTime64(9)}, 3599999999999))",
        "LAST": "toStartOfHour({until:DateTime64(9)})",
    }
    text = _EDGES
    for mark, meant in marks.items():
        text = text.replace(mark, meant)
    return text


class Query(msgspec.Struct, frozen=True):
    """A parsed `.sql` file."""

    name: str
    text: str
    answers: str
    reads: tuple[str, ...]
    parameters: dict[str, str]
    """Parameter name to ClickHouse type."""

    @property
    def of_any_kind(self) -> bool:
        return self.reads[0] == ANY_KIND


class Bound(msgspec.Struct, frozen=True):
    """SQL ready to run, and the values of its parameters."""

    sql: str
    parameters: dict[str, object]


def parse(name: str, text: str) -> Query:
    """Read one file. Raises ValueError if its head or its scope is missing."""
    text = text.replace("{edges}", _edges())
    reads = _READS.search(text)
    if reads is None:
        raise ValueError(f"queries/{name}.sql: no `-- reads:` line")
    tables = tuple(part.strip() for part in reads[1].split(","))
    unknown = [table for table in tables if table not in TABLES and table != ANY_KIND]
    if unknown:
        raise ValueError(f"queries/{name}.sql: reads {', '.join(unknown)}, which is not declared")
    if not _SCOPE.search(text):
        raise ValueError(f"queries/{name}.sql: no {{scope}}")
    head = text[: reads.start()]
    answers = " ".join(line.removeprefix("--").strip() for line in head.splitlines() if line.startswith("--"))
    if not answers:
        raise ValueError(f"queries/{name}.sql: does not begin by saying what it answers")
    parameters = dict(_PARAMETER.findall(_without_comments(text)))
    if parameters.keys() & RESERVED:
        raise ValueError(
            f"queries/{name}.sql: {', '.join(sorted(parameters.keys() & RESERVED))} cannot be the name of a parameter"
        )
    return Query(name=name, text=text, answers=answers, reads=tables, parameters=parameters)


@cache
def load(name: str) -> Query:
    """The query of that name. Raises KeyError if there is none."""
    file = resources.files("seawall.store") / "queries" / f"{name}.sql"
    if not name.isidentifier() or not file.is_file():
        raise KeyError(f"no query {name}")
    return parse(name, file.read_text())


def names() -> tuple[str, ...]:
    folder = resources.files("seawall.store") / "queries"
    return tuple(sorted(file.name.removesuffix(".sql") for file in folder.iterdir() if file.name.endswith(".sql")))


def bind(
    query: Query,
    scope: ReadScope,
    values: Mapping[str, object],
    *,
    kind: str = "",
    column: str = "",
    columns: Sequence[str] = (),
    where: Predicate = EVERY_ROW,
) -> Bound:
    """Splice scope and filter, and check that just the declared parameters are given.

    `kind` chooses the table of a query over any kind; of another query it is the parameter of that name, if it has one.

    Raises PermissionError if the scope may read nothing of a table, TypeError for missing or unknown parameters, ValueError
    for an unknown kind, column or condition.
    """
    if kind and not query.of_any_kind and "kind" in query.parameters:
        values, kind = {**values, "kind": kind}, ""
    missing, extra = query.parameters.keys() - values.keys(), values.keys() - query.parameters.keys()
    if missing or extra:
        raise TypeError(f"query {query.name}: missing {sorted(missing)}, unknown {sorted(extra)}")
    main = _main_table(query, kind)
    sql = _without_comments(query.text)
    parameters: dict[str, object] = {name: _typed(value, query.parameters[name]) for name, value in values.items()}
    for match in set(_SCOPE.findall(sql)):
        table = TABLES[match] if match else main
        predicate = scope_predicate(scope, table, prefix=f"scope_{table.name}")
        parameters |= predicate.parameters
        sql = sql.replace(f"{{scope:{match}}}" if match else "{scope}", predicate.sql)
    if "{filter}" in sql:
        parameters |= where.parameters
        sql = sql.replace("{filter}", where.sql)
    elif where is not EVERY_ROW:
        raise ValueError(f"query {query.name} takes no conditions")
    if "{column}" in sql:
        main.field(column)
        sql = sql.replace("{column}", column)
    elif column:
        raise ValueError(f"query {query.name} takes no column")
    if "{columns}" in sql:
        for name in columns:
            main.field(name)
        sql = sql.replace("{columns}", ", ".join(columns) or "*")
    elif columns:
        raise ValueError(f"query {query.name} takes no columns")
    return Bound(sql=sql.replace("{table}", main.name), parameters=parameters)


def _main_table(query: Query, kind: str) -> Table:
    if not query.of_any_kind:
        if kind:
            raise ValueError(f"query {query.name} reads {query.reads[0]}, not a kind of your choice")
        return TABLES[query.reads[0]]
    if kind not in KINDS:
        raise ValueError(f"query {query.name}: kind is one of {', '.join(sorted(KINDS))}, not {kind!r}")
    return KINDS[kind]


def _typed(value: object, sql_type: str) -> object:
    """Times are nanoseconds in Python and DateTime64(9) in SQL."""
    if "DateTime64" not in sql_type:
        return value
    if isinstance(value, list | tuple):
        return [Time(one) for one in value]
    if isinstance(value, int):
        return Time(value)
    return value


def _without_comments(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("--"))
