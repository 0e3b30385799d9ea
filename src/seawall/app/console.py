"""What a console asks first: who am I, which clusters are there, which tables may I ask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from seawall import __version__
from seawall.app.answer import Answer, Window
from seawall.app.cursor import read_cursor, write_cursor
from seawall.app.moment import rfc3339
from seawall.app.own_sql import SqlAnswer as SqlAnswer
from seawall.app.own_sql import answer
from seawall.app.predicate import Selection, selected
from seawall.app.principals import KINDS_OF_DATA, Principal, Role, reads_everything, touches_cluster
from seawall.app.services import Services, StoreAway
from seawall.kit.errors import UserError
from seawall.model.cluster.snapshot import Cluster
from seawall.model.event import KEPT, TABLES
from seawall.model.event.read_scope import ReadScope
from seawall.store.statement import tokens

MOST_ROWS = 10_000


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


def me(services: Services, principal: Principal, csrf: str) -> Me:
    scope = principal.scope
    return Me(
        name=principal.name,
        provider=principal.provider,
        role=principal.role.value,
        scope=ScopeView(
            everything=reads_everything(scope),
            clusters=["*"] if scope.all_clusters else sorted(scope.clusters),
            namespaces=sorted(f"{cluster}/{namespace}" for cluster, namespace in scope.namespaces),
            kinds=None if scope.kinds is None else _kinds(scope.kinds),
        ),
        sql=reads_everything(scope),
        csrf=csrf,
        now=rfc3339(services.clock()),
        recorded=services.recorded,
        version=__version__,
    )


def _kinds(tables: frozenset[str]) -> list[str]:
    """Tables as the kinds of data that a grant names."""
    return sorted(kind for kind, opened in KINDS_OF_DATA.items() if tables.issuperset(opened))


def clusters(services: Services, scope: ReadScope) -> list[ClusterView]:
    """The clusters of which something may be seen, by name. A store that is away takes only the span of events away."""
    spans = _spans(services, scope)
    found = []
    for cluster_id, name in services.clusters.ids().items():
        if touches_cluster(scope, cluster_id):
            found.append(_cluster(services, cluster_id, name, spans.get(cluster_id)))
    return sorted(found, key=lambda one: (one.name, one.id))


def _spans(services: Services, scope: ReadScope) -> Mapping[str, tuple[int, int, bool]]:
    spans: dict[str, tuple[int, int, bool]] = {}
    try:
        rows = services.store.rows("events_span", scope)
    except (PermissionError, StoreAway):
        return {}
    for row in rows:
        first, last, simulated = spans.get(row["cluster"], (row["first"], row["last"], False))
        spans[row["cluster"]] = min(first, row["first"]), max(last, row["last"]), simulated or row["any_simulated"]
    return spans


def _cluster(services: Services, cluster_id: str, name: str, span: tuple[int, int, bool] | None) -> ClusterView:
    snapshot: Cluster | None = services.clusters.current(cluster_id)
    return ClusterView(
        id=cluster_id,
        name=name,
        scope=snapshot.scope.description if snapshot else "events only",
        objects=len(snapshot.objects) if snapshot else None,
        taken_at=rfc3339(snapshot.taken_at) if snapshot and snapshot.taken_at is not None else None,
        version=snapshot.version if snapshot else "",
        context=services.clusters.context(cluster_id),
        live=services.clusters.live(cluster_id),
        simulated=span[2] if span else False,
        events=Window(start=rfc3339(span[0]), end=rfc3339(span[1])) if span else None,
    )


def schema(principal: Principal) -> Schema:
    """The tables that may be read, with their columns. Who looked is for administrators."""
    return Schema(
        tables=[
            TableView(
                name=table.name,
                meaning=table.meaning,
                columns=[
                    TableColumn(name=field.name, type=field.type.value, unit=field.unit, meaning=field.meaning)
                    for field in table.fields
                ],
            )
            for table in TABLES.values()
            if principal.scope.reads(table.name) and (table.name != TRAIL or principal.role.allows(Role.ADMIN))
        ]
    )


TRAIL = "seawall_audit"


def ask(services: Services, principal: Principal, sql: str) -> SqlAnswer:
    """One SELECT of somebody who may read everything. Raises PermissionError, UserError for what the store refuses."""
    if not reads_everything(principal.scope):
        raise PermissionError("own SQL is for those who may read everything, for it cannot be held to a scope")
    if not principal.role.allows(Role.ADMIN):
        _leave_out_the_trail(sql)
    return answer(services.store, sql, MOST_ROWS)


def _leave_out_the_trail(sql: str) -> None:
    """Raises PermissionError for a text that names the log of who looked, or a function that reads tables by pattern."""
    try:
        found = list(tokens(sql.encode()))
    except ValueError as error:
        raise UserError(str(error), where="query") from None
    for at, token in enumerate(found):
        name = token.text.decode("utf-8", "replace").lower()
        called = at + 1 < len(found) and found[at + 1].text == b"("
        if TRAIL in name or (
            called and name.strip('`"') in ("merge", "loop", "cluster", "remote", "clusterallreplicas")
        ):
            raise PermissionError(f"{TRAIL} is for administrators")


def trail(services: Services, scope: ReadScope, selection: Selection, *, limit: int, cursor: str) -> Trail:
    """Who looked and who acted, newest first; times are those of this server, so `now` of a recording does not hold here."""
    table = KEPT[TRAIL]
    at, entry = read_cursor(cursor, tuple[int, str]) if cursor else (selection.end, "")
    if not -(2**63) <= at < 2**63:
        raise UserError("not a cursor of this page", where="cursor")
    rows = services.store.rows(
        "trail",
        scope,
        since=selection.start,
        until=selection.end,
        before_at=at,
        before_id=entry,
        where=selected(table, selection, time=""),
        limit=limit + 1,
    )
    shown = rows[:limit]
    return Trail(
        entries=[_trail_entry(row) for row in shown],
        next=write_cursor([shown[-1]["at"], shown[-1]["entry_id"]]) if len(rows) > limit else None,
    )


def _trail_entry(row: Mapping[str, Any]) -> TrailEntry:
    try:
        data = msgspec.json.decode(row["data"] or "{}", type=dict[str, Any])
    except msgspec.MsgspecError:
        data = {}
    return TrailEntry(
        at=rfc3339(row["at"]),
        actor=row["actor"],
        role=row["role"],
        action=row["action"],
        target=row["target"],
        outcome=row["outcome"],
        client=row["client_address"],
        agent=row["user_agent_original"],
        data=data,
    )
