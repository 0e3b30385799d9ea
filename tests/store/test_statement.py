"""Statements are read as ClickHouse's lexer reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.store.statement import insert_target, read_statement, tokens


@pytest.mark.parametrize(
    ("text", "verb", "output"),
    [
        (b"select 1", "SELECT", None),
        (b" /* a /* nested */ b */ -- c\n SELECT 1 FORMAT JSON;", "SELECT", "JSON"),
        (b"(SELECT 1) UNION ALL (SELECT 2) format TSV", "SELECT", "TSV"),
        (b"select 'a;b', `c;d`, \"e;f\", $t$ ; $t$", "SELECT", None),
        (b"#! comment ; \nselect 1", "SELECT", None),
        (b"INSERT INTO t SELECT 1 FORMAT JSON", "INSERT", "JSON"),
        (b"WITH 1 AS format SELECT format", "WITH", None),
    ],
)
def test_verb_and_format(text: bytes, verb: str, output: str | None) -> None:
    statement = read_statement(text)
    assert (statement.verb, statement.format, statement.data_at) == (verb, output, None)


@pytest.mark.parametrize(
    ("text", "head", "output", "data"),
    [
        (b"INSERT INTO t FORMAT Native\nDATA;'", b"INSERT INTO t", "Native", b"DATA;'"),
        (
            b"insert into t (`a'b`) settings x='FORMAT y' format ArrowStream \r\n\x00'",
            b"insert into t (`a'b`) settings x='FORMAT y'",
            "ArrowStream",
            b"\x00'",
        ),
        (b"INSERT INTO t FORMAT TSV\n\na\tb", b"INSERT INTO t", "TSV", b"\na\tb"),
        (b"INSERT INTO t VALUES (1, 'a;b'); ", b"INSERT INTO t", "Values", b" (1, 'a;b'); "),
        (b"INSERT INTO t FORMAT CSV", b"INSERT INTO t", "CSV", b""),
    ],
)
def test_where_the_data_of_an_insert_begin(text: bytes, head: bytes, output: str, data: bytes) -> None:
    statement = read_statement(text)
    assert statement.data_at is not None
    assert (text[: statement.head].rstrip(), statement.format, text[statement.data_at :]) == (head, output, data)


@pytest.mark.parametrize(
    ("head", "table", "columns", "clauses"),
    [
        (b"INSERT INTO t", "t", "*", ""),
        (b'insert /* into u */ into table `a b`."c"', '`a b`."c"', "*", ""),
        (b"INSERT INTO d.t (a, `b)`, c) SETTINGS x = 'y(' ", "d.t", "a, `b)`, c", " SETTINGS x = 'y(' "),
        (b"INSERT INTO t (* EXCEPT (a))", "t", "* EXCEPT (a)", ""),
        (b"INSERT INTO t SETTINGS x = 1", "t", "*", " SETTINGS x = 1"),
    ],
)
def test_where_an_insert_goes(head: bytes, table: str, columns: str, clauses: str) -> None:
    target = insert_target(head)
    assert (target.table, target.columns, target.clauses) == (table, columns, clauses)


@pytest.mark.parametrize(
    "head", [b"INSERT", b"INSERT INTO", b"INSERT INTO FUNCTION f(1)", b"INSERT INTO t (a", b"INSERT INTO (a)"]
)
def test_an_insert_that_goes_nowhere(head: bytes) -> None:
    with pytest.raises(ValueError, match=r"names a table|does not end"):
        insert_target(head)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"", "empty"),
        (b" -- only a comment", "empty"),
        (b"select 1; select 2", "more than one"),
        (b"select 'a", "does not end"),
        (b"select `a", "does not end"),
        (b"select /* /* */ 1", "does not end"),
        (b"select $x$ a", "does not end"),
    ],
)
def test_what_is_no_single_statement_is_refused(text: bytes, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        read_statement(text)


@given(st.binary(max_size=200))
def test_tokens_cover_the_text_in_order_or_refuse_it(text: bytes) -> None:
    try:
        found = list(tokens(text))
    except ValueError:
        return
    at = 0
    for token in found:
        assert token.start >= at
        assert text[token.start : token.end] == token.text
        at = token.end
