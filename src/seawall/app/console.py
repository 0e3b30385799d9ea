"""What a console asks first: who am I, which clusters are there, which tables may I ask."""

from __future__ import annotations

from typing import Any

from seawall.app.answer import Answer, Window


class ScopeView(Answer, frozen=True):
    """What you may see. `everything` makes the lists moot; `namespaces` are `cluster/namespace`; `kinds` is null for all kinds of data."""

    everything: bool
    clusters: list[str]
    namespaces: list[str]
    kinds: list[str] | None


class Me(Answer, frozen=True):
    """Who you are. `csrf` goes into the header X-Seawall-CSRF of every request that is not GET ("" for a bearer token, which needs none).

    `now` is the server's time, from which `now-1h` counts: the end of the recording where one is shown (`recorded`).
    """

    name: str
    provider: str
    role: str
    scope: ScopeView
    sql: bool
    csrf: str
    now: str
    recorded: bool
    version: str


class ClusterView(Answer, frozen=True):
    """A cluster that is known from a snapshot, a watch or its events. `objects` is null where no snapshot is at hand; `events` the span of what is stored."""

    id: str
    name: str
    scope: str
    objects: int | None
    taken_at: str | None
    version: str
    context: str
    """The kubectl context it was read with, "" for none."""
    live: bool
    simulated: bool
    events: Window | None


class TableColumn(Answer, frozen=True):
    name: str
    type: str
    unit: str
    meaning: str


class Schema(Answer, frozen=True):
    tables: list[TableView]


class TableView(Answer, frozen=True):
    name: str
    meaning: str
    columns: list[TableColumn]


class SqlAnswer(Answer, frozen=True):
    """`truncated` says that more rows than the limit would have come."""

    columns: list[SqlColumn]
    rows: list[list[Any]]
    truncated: bool
    elapsed_ms: float


class SqlColumn(Answer, frozen=True):
    name: str
    type: str


class TrailEntry(Answer, frozen=True):
    """Who looked at or did what in Seawall."""

    at: str
    actor: str
    role: str
    action: str
    target: str
    outcome: str
    client: str
    agent: str
    data: dict[str, Any]


class Trail(Answer, frozen=True):
    entries: list[TrailEntry]
    next: str | None
