"""`seawall query` against a real embedded store: what a person reads, that it only reads, what it says of wrong SQL."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from seawall.app.storing import StoreInput, bring_up_to_date, opened
from seawall.cli import seawall
from seawall.kit.errors import UserError


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A store that runs, as it does beside a server: the verb finds it by its directory."""
    path = tmp_path_factory.mktemp("query") / "store"
    with opened(StoreInput(directory=str(path))) as running:
        bring_up_to_date(running)
        yield path


def run(store: Path, *arguments: str) -> Result:
    found = CliRunner().invoke(seawall, ["query", "--store", str(store), *arguments])
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found


def test_an_answer_in_every_form(store: Path, tmp_path: Path) -> None:
    sql = "SELECT number AS n, toString(number) AS text, NULL AS nothing FROM numbers(3)"
    assert "\n2  2" in run(store, sql).stdout.replace("   ", "  ").replace("   ", "  ")
    answer = json.loads(run(store, sql, "-o", "json").stdout)
    assert answer["rows"] == [[0, "0", None], [1, "1", None], [2, "2", None]]
    assert [one["name"] for one in answer["columns"]] == ["n", "text", "nothing"]
    file = tmp_path / "question.sql"
    file.write_text(sql)
    assert run(store, "-f", str(file), "-o", "csv").stdout == "n,text,nothing\n0,0,\n1,1,\n2,2,\n"


def test_more_rows_than_asked_for_are_said(store: Path) -> None:
    done = run(store, "SELECT number FROM numbers(10)", "--limit", "4", "-o", "json")
    assert done.exit_code == 3
    assert "more than 4 rows" in done.stderr
    assert len(json.loads(done.stdout)["rows"]) == 4


@pytest.mark.parametrize("sql", ["DROP TABLE flow", "INSERT INTO flow (event_id) VALUES ('x')", "SELECT nothing_here"])
def test_it_only_reads_and_says_what_is_wrong(store: Path, sql: str) -> None:
    with pytest.raises(UserError):
        run(store, sql)
    assert json.loads(run(store, "SELECT count() FROM flow", "-o", "json").stdout)["rows"] == [[0]]


def test_without_a_question_it_says_how_to_ask(store: Path) -> None:
    with pytest.raises(UserError, match="give SQL"):
        run(store)


EXAMPLES = json.loads((Path(__file__).parents[2] / "ui/src/pages/explore/examples.json").read_text())


@pytest.mark.parametrize("example", EXAMPLES, ids=[one["name"] for one in EXAMPLES])
def test_the_examples_of_the_console_run(store: Path, example: dict[str, str]) -> None:
    assert run(store, example["sql"], "-o", "json").exit_code == 0
