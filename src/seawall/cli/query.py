"""`seawall query`."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Any

import click
import msgspec

from seawall.cli.printing import print_json, print_table
from seawall.cli.store import store_input
from seawall.kit.errors import UserError


@click.command("query")
@click.argument("sql", required=False)
@click.option(
    "-f", "--filename", "file", default=None, metavar="FILE", help="Read the SQL from a file; - is standard input."
)
@click.option("--limit", type=click.IntRange(1, 1_000_000), default=1000, show_default=True, help="Rows at most.")
@click.option(
    "-o",
    "--output",
    "form",
    type=click.Choice(["table", "json", "csv"]),
    default="table",
    show_default=True,
    help="How to print it; json is one object with columns and rows.",
)
@store_input
def command(sql: str | None, file: str | None, limit: int, form: str, store_url: str, store_directory: str) -> None:
    """Ask the store a question in SQL (ClickHouse's). The tables: docs/reference/events.md, or SHOW TABLES.

    \b
    Examples:
      seawall query "SELECT verb, count() FROM audit GROUP BY verb ORDER BY 2 DESC"
      seawall query -f question.sql -o csv --limit 100000 > answer.csv

    It may only read. Exits with 3 where there were more rows than --limit.
    """
    from seawall.app.own_sql import answer
    from seawall.app.storing import StoreInput, opened

    with opened(StoreInput(store_url, store_directory)) as store:
        found = answer(store, _text(sql, file), limit)
    names = tuple(column.name for column in found.columns)
    if form == "json":
        print_json(found)
    elif form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([[_cell(value) for value in row] for row in found.rows])
    else:
        click.echo(f"{len(found.rows):,} rows in {found.elapsed_ms:,.0f} ms\n")
        if found.rows:
            print_table(names, [tuple(map(_cell, row)) for row in found.rows])
    if found.truncated:
        click.echo(f"seawall: there are more than {limit:,} rows: raise --limit", err=True)
        sys.exit(3)


def _text(sql: str | None, file: str | None) -> str:
    if (sql is None) == (file is None):
        raise UserError("give SQL, or a file with it (-f)", do='seawall query "SELECT count() FROM flow"')
    if sql is not None:
        return sql
    try:
        return sys.stdin.read() if file == "-" else Path(str(file)).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"cannot be read: {error}", where=str(file)) from None


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
