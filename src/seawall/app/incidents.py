"""Incidents: what is the story, and what was done about it.

A case is the fold of its entries. A reader of some namespaces sees of a case the signals that touch those, and its state; what it is called and how
bad it is follows from what that reader may see.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from secrets import token_hex
from typing import Any, Literal

import msgspec

from seawall.app.answer import Answer, SeverityName, entity_id
from seawall.app.causal_trail import summary_of
from seawall.app.missing import Conflict, Missing
from seawall.app.moment import rfc3339
from seawall.app.predicate import Selection
from seawall.app.principals import Principal, sees
from seawall.app.services import Services
from seawall.app.tactics import stages
from seawall.kit.errors import UserError
from seawall.model.event import KEPT
from seawall.model.event.arrow import record_batch
from seawall.model.event.read_scope import ReadScope
from seawall.respond.case import ACTS, MERGED, OPENED, SIGNAL, Case, cases_of
from seawall.respond.entry import Entry, entry_of

TimelineKind = Literal["signal", "audit", "flow", "dns", "process", "finding", "change", "note"]
IncidentAction = Literal["acknowledge", "close", "reopen", "note", "assign"]

MOST_EVIDENCE = 500


class IncidentFacts(Answer, frozen=True):
    id: str
    cluster: str
    title: str
    state: str
    severity: SeverityName
    first_seen: str
    last_seen: str
    entities: list[str]
    """Ids, `kind/namespace/name`."""
    stages: list[str]
    """ATT&CK tactics, in the order of an attack."""
    techniques: list[str]
    assignee: str
    simulated: bool


class IncidentSummary(IncidentFacts, frozen=True):
    signals: int


class TimelineRef(Answer, frozen=True):
    kind: str
    id: str


class TimelineEntry(Answer, frozen=True):
    time: str
    kind: TimelineKind
    title: str
    detail: str
    entity: str
    ref: TimelineRef | None
    severity: SeverityName | Literal[""]
    simulated: bool


class SignalView(Answer, frozen=True):
    id: str
    rule: str
    title: str
    severity: SeverityName
    score: float | None
    time: str
    reasons: list[str]
    entity: str
    attack: list[str]
    events: int
    evidence: list[TimelineRef]
    suppressed: str
    """The exception that silences it; "" if none."""
    simulated: bool


class IncidentEntry(Answer, frozen=True):
    """`conflict` says that the actor had not seen the entry before it."""

    id: str
    at: str
    actor: str
    action: str
    text: str
    conflict: bool
    data: dict[str, Any]


class IncidentDetail(IncidentFacts, frozen=True):
    timeline: list[TimelineEntry]
    signals: list[SignalView]
    entries: list[IncidentEntry]
    seen: str
    """The last entry: send it back with the next act."""


def incidents(
    services: Services, scope: ReadScope, selection: Selection, *, states: Sequence[str] = (), limit: int = 200
) -> list[IncidentSummary]:
    """Incidents whose story touches the window, newest first. Raises PermissionError."""
    found = [
        case
        for case in visible_cases(services, scope)
        if case.last_seen >= selection.start
        and case.first_seen < selection.end
        and (not states or case.state in states)
        and _selected(case, selection)
    ]
    found.sort(key=lambda case: (-case.last_seen, case.id))
    return [IncidentSummary(**_facts(case), signals=len(case.signals)) for case in found[:limit]]


def incident(services: Services, scope: ReadScope, incident_id: str) -> IncidentDetail:
    """One incident with its timeline. Raises Missing if there is none, or nothing of it may be seen."""
    found = visible_cases(services, scope, incident_id)
    if not found:
        raise Missing(f"no incident `{incident_id}`, or you may not see it")
    case = found[0]
    ids = [one.id for one in case.signals]
    signals = services.store.rows("signals_by_id", scope, signals=ids) if ids else []
    evidence = services.store.rows("evidence_by_signal", scope, signals=ids, limit=MOST_EVIDENCE) if ids else []
    of_signal: dict[str, list[TimelineRef]] = defaultdict(list)
    for row in evidence:
        of_signal[row["signal_id"]].append(TimelineRef(kind=row["kind"], id=row["event_id"]))
    return IncidentDetail(
        **_facts(case),
        timeline=_timeline(case, signals, evidence),
        signals=[_signal(row, of_signal[row["signal_id"]]) for row in signals],
        entries=[_entry(entry, entry.id in case.conflicts) for entry in case.entries],
        seen=case.last_entry,
    )


def act(
    services: Services, principal: Principal, incident_id: str, action: IncidentAction, text: str, seen: str
) -> IncidentDetail:
    """Append an act and give the incident as it then is. Raises Missing, Conflict if somebody acted since `seen`, UserError for an empty note."""
    found = visible_cases(services, principal.scope, incident_id)
    if not found:
        raise Missing(f"no incident `{incident_id}`, or you may not see it")
    case = found[0]
    if action in ("note", "assign") and not text.strip():
        raise UserError("a note needs text" if action == "note" else "say who it is assigned to", where="text")
    known = {entry.id for entry in case.entries}
    unseen = [entry for entry in case.entries[_index(case, seen) + 1 :] if entry.action in ACTS]
    if seen not in known or unseen:
        raise Conflict("somebody acted on this incident meanwhile; look again, then decide")
    namespaces = set(case.namespaces)
    entry = Entry(
        id=token_hex(12),
        subject=case.id,
        cluster=case.cluster,
        at=max(services.wall_clock(), case.entries[-1].at + 1),
        actor=principal.name,
        action=action,
        data={"assignee": text} if action == "assign" else {"text": text} if text else {},
        seen=case.last_entry,
        namespace=next(iter(namespaces)) if len(namespaces) == 1 else "",
    )
    row = entry.row("case_id", namespaced=True)
    batch = record_batch(KEPT["case_entry"], {name: [value] for name, value in row.items()})
    services.store.insert("case_entry", batch, token=entry.id)
    return incident(services, principal.scope, incident_id)


def visible_cases(services: Services, scope: ReadScope, incident_id: str = "") -> list[Case]:
    """The cases of which a reader may see something, folded from what may be seen."""
    if incident_id:
        rows = services.store.rows("case_entries_of", scope, cases=[incident_id])
    else:
        rows = services.store.rows("case_entries", scope)
    own = [entry_of(row, "case_id") for row in rows]
    if scope.all_clusters:
        return [case for case in cases_of(own).values() if case.state != "merged" or incident_id]
    cases = sorted({entry.subject for entry in own})
    if not cases:
        return []
    every = services.store.rows("case_entries_of", ReadScope.everything(), cases=cases)
    return _held_to(scope, [entry_of(row, "case_id") for row in every])


def _held_to(scope: ReadScope, entries: list[Entry]) -> list[Case]:
    """Cases of entries of which only some may be read: signals of other namespaces go, acts keep what they did and lose what they say."""
    by_case: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_case[entry.subject].append(entry)
    kept: list[Entry] = []
    for found in by_case.values():
        signals = [entry for entry in found if entry.action == SIGNAL and _may_see(scope, entry)]
        for entry in found:
            if entry.action == OPENED:
                first = signals[0].data if signals else {}
                data = {"title": first.get("title", "An incident"), "severity": first.get("severity", "info")}
                kept.append(
                    entry if _may_see(scope, entry) else msgspec.structs.replace(entry, data=data, namespace="")
                )
            elif _may_see(scope, entry) or entry.action == MERGED:
                kept.append(entry)
            elif entry.action in ACTS:
                shown = {name: value for name, value in entry.data.items() if name == "assignee"}
                kept.append(msgspec.structs.replace(entry, data=shown, namespace=""))
    return [_held_case(case, scope) for case in cases_of(kept).values() if case.signals and case.state != "merged"]


def _may_see(scope: ReadScope, entry: Entry) -> bool:
    return sees(scope, entry.cluster, entry.namespace)


def _held_case(case: Case, scope: ReadScope) -> Case:
    """A signal may touch things of other namespaces; their names go too."""
    entities = tuple(entity for entity in case.entities if _visible_entity(entity, scope, case.cluster))
    return msgspec.structs.replace(case, entities=entities)


def _visible_entity(entity: str, scope: ReadScope, cluster: str) -> bool:
    kind, _, name = entity.partition(":")
    namespace, slash, _ = name.rpartition("/")
    if kind == "namespace":
        return sees(scope, cluster, name)
    if name.startswith("system:serviceaccount:"):
        return sees(scope, cluster, name.split(":")[2])
    return not slash or sees(scope, cluster, namespace)


def _selected(case: Case, selection: Selection) -> bool:
    if selection.clusters and case.cluster not in selection.clusters:
        return False
    if selection.namespaces and not set(case.namespaces) & set(selection.namespaces):
        return False
    names = {entity.partition(":")[2] for entity in case.entities}
    wanted = {*selection.workloads, *selection.identities, *selection.addresses}
    return not wanted or bool(names & wanted)


def _index(case: Case, entry_id: str) -> int:
    return next((at for at, entry in enumerate(case.entries) if entry.id == entry_id), -1)


# ------------------------------------------------------------------------------------------------ as it is shown


def entity_of(kind_and_name: str) -> str:
    """The id of an entity that a signal names as `kind:name`; a user is an identity.

    >>> entity_of("workload:shop/web")
    'workload/shop/web'
    """
    kind, _, name = kind_and_name.partition(":")
    kind = {"user": "identity", "service_account": "identity"}.get(kind, kind)
    if kind in ("identity", "address", "node", "namespace"):
        return entity_id(kind, "", name)
    namespace, _, own = name.rpartition("/")
    return entity_id(kind, namespace, own)


def _facts(case: Case) -> dict[str, Any]:
    return {
        "id": case.id,
        "cluster": case.cluster,
        "title": case.title,
        "state": case.state,
        "severity": case.severity.value,
        "first_seen": rfc3339(case.first_seen),
        "last_seen": rfc3339(case.last_seen),
        "entities": [entity_of(entity) for entity in case.entities],
        "stages": stages(case.attack),
        "techniques": list(case.attack),
        "assignee": case.assignee,
        "simulated": case.simulated,
    }


def _signal(row: Mapping[str, Any], evidence: list[TimelineRef]) -> SignalView:
    return SignalView(
        id=row["signal_id"],
        rule=row["rule"],
        title=row["title"],
        severity=row["severity"],
        score=row["score"],
        time=rfc3339(row["time"]),
        reasons=list(row["reasons"]),
        entity=entity_of(f"{row['entity_kind']}:{row['entity']}"),
        attack=list(row["attack"]),
        events=row["events"],
        evidence=evidence,
        suppressed=row["suppressed_by"],
        simulated=row["simulated"],
    )


def _entry(entry: Entry, conflict: bool) -> IncidentEntry:
    return IncidentEntry(
        id=entry.id,
        at=rfc3339(entry.at),
        actor=entry.actor,
        action=entry.action,
        text=str(entry.data.get("text") or entry.data.get("assignee") or entry.data.get("title") or ""),
        conflict=conflict,
        data=entry.data,
    )


def _timeline(
    case: Case, signals: Iterable[Mapping[str, Any]], evidence: Iterable[Mapping[str, Any]]
) -> list[TimelineEntry]:
    """Signals, the events they rest on (each once) and what people did, by time."""
    events = {row["event_id"]: row for row in evidence}
    found = [
        *((row["time"], row["signal_id"], _of_signal(row)) for row in signals),
        *((row["time"], event_id, _of_event(row)) for event_id, row in events.items()),
        *((entry.at, entry.id, _of_act(entry)) for entry in case.entries if entry.action in ACTS),
    ]
    return [entry for _, _, entry in sorted(found, key=lambda one: one[:2])]


def _of_signal(row: Mapping[str, Any]) -> TimelineEntry:
    return TimelineEntry(
        time=rfc3339(row["time"]),
        kind="signal",
        title=row["title"],
        detail=" ".join(row["reasons"]),
        entity=entity_of(f"{row['entity_kind']}:{row['entity']}"),
        ref=TimelineRef(kind="signal", id=row["signal_id"]),
        severity=row["severity"],
        simulated=row["simulated"],
    )


def _of_event(row: Mapping[str, Any]) -> TimelineEntry:
    event = msgspec.json.decode(row["event"])
    return TimelineEntry(
        time=rfc3339(row["time"]),
        kind=row["kind"],
        title=summary_of(row["kind"], event),
        detail="",
        entity=_ACTORS.get(row["kind"], _nobody)(event),
        ref=TimelineRef(kind=row["kind"], id=row["event_id"]),
        severity="",
        simulated=bool(event.get("simulated")),
    )


def _of_act(entry: Entry) -> TimelineEntry:
    return TimelineEntry(
        time=rfc3339(entry.at),
        kind="note",
        title=f"{entry.actor}: {entry.action}",
        detail=str(entry.data.get("text") or entry.data.get("assignee") or ""),
        entity=entity_id("identity", "", entry.actor),
        ref=None,
        severity="",
        simulated=False,
    )


def _nobody(_: Mapping[str, Any]) -> str:
    return ""


def _workload(event: Mapping[str, Any], end: str = "") -> str:
    name = event.get(f"{end}workload") or ""
    return entity_id("workload", event.get(f"{end}namespace") or "", name) if name else ""


_ACTORS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "audit": lambda event: entity_id("identity", "", event.get("actor") or event.get("user") or ""),
    "flow": lambda event: _workload(event, "src_"),
    "dns": _workload,
    "process": _workload,
}
