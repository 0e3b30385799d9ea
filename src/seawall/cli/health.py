"""`seawall health`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from seawall.cli.printing import finish, print_json, print_table
from seawall.cli.store import store_input

if TYPE_CHECKING:  # what reads the store is loaded when it is asked
    from seawall.app.storing import NotRead

_SECOND = 1_000_000_000
_UNITS = {"m": 60, "h": 3600, "d": 86400}


class Span(click.ParamType[int]):
    """`30m`, `2h`, `7d` as nanoseconds."""

    name = "span"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        text = str(value)
        if len(text) < 2 or text[-1] not in _UNITS or not text[:-1].isdigit():
            self.fail(f'"{text}" is not a span such as 30m, 2h or 7d', param, ctx)
        return int(text[:-1]) * _UNITS[text[-1]] * _SECOND


@click.command("health")
@click.option("--since", "span", type=Span(), default="1d", show_default=True, help="How far back: 30m, 2h, 7d.")
@click.option("-o", "--output", type=click.Choice(["table", "json"]), default="table", show_default=True)
@store_input
def command(span: int, output: str, store_url: str, store_directory: str) -> None:
    """Say what was received from each source, stored and lost, and what of each cluster the last scan could not read. Exits with 3 where there is any.

    \b
    Example: seawall health --since 2h
    """
    from seawall.app.storing import StoreInput, health, opened

    now = time.time_ns()
    with opened(StoreInput(store_url, store_directory)) as store:
        found = health(store, since=now - span, until=now + _SECOND)
    sources = found.sources
    lost = sum(one.malformed + sum(one.dropped.values()) for one in sources)
    unknown = bool(lost or found.not_read)
    if output == "json":
        print_json(found)
        finish(unknown=unknown)
        return
    received = sum(one.records_in for one in sources)
    click.echo(
        f"{received:,} records from {len({(one.cluster, one.source) for one in sources}):,} sources; {lost:,} lost\n"
        if sources
        else "nothing was received\n\nNext: seawall ingest audit FILE --cluster NAME"
    )
    if sources:
        headings = (
            "CLUSTER",
            "SOURCE",
            "KIND",
            "IN",
            "STORED",
            "TWICE",
            "DROPPED",
            "MALFORMED",
            "ROWS",
            "LATE",
            "NEWEST EVENT (UTC)",
        )
        print_table(headings, [
            (
                one.cluster, f"{one.source}{' (simulated)' if one.simulated else ''}", one.kind, f"{one.records_in:,}", f"{one.accepted:,}", f"{one.duplicate:,}",
                _reasons(one.dropped), _reasons(one.malformed_why), f"{one.rows_out:,}", f"{one.late:,}", _time(one.greatest_time),
            )
            for one in sources
        ])  # fmt: skip
    if found.not_read:
        click.echo(f"\n{_told(found.not_read)} could not be read by the last scan\n")
        print_table(("CLUSTER", "KIND", "NAMESPACE", "NAME", "WHY", "SCANNED (UTC)"), [
            (one.cluster, one.kind, one.namespace, one.name, f"{one.reason}: {one.why}", _time(one.at))
            for one in found.not_read
        ])  # fmt: skip
    finish(unknown=unknown)


def _told(not_read: Sequence[NotRead]) -> str:
    objects = sum(bool(one.name) for one in not_read)
    counts = [(objects, "object"), (len(not_read) - objects, "kind")]
    return " and ".join(f"{count:,} {noun}{'s' if count > 1 else ''}" for count, noun in counts if count)


def _reasons(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {reason}" for reason, count in sorted(counts.items())) or "0"


def _time(at: int | None) -> str:
    return f"{datetime.fromtimestamp(at / _SECOND, UTC):%Y-%m-%d %H:%M:%S}" if at is not None else ""
