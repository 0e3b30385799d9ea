"""What is tied to an event by identity and time: the name that was looked up, the program that ran, the request that made the pod.

Each step is a question to one kind of event with the identity of the event at hand, a short window around it and a few rows. Nothing here claims
cause: it puts side by side what one pod, address or user did in that moment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

from seawall.app.answer import Answer, EventKind
from seawall.app.cells import cell
from seawall.app.events import event_row
from seawall.app.filter_grammar import Term, Value, render
from seawall.app.moment import SECOND, rfc3339
from seawall.app.predicate import EVENT_ID, Selection, selected
from seawall.app.services import Services
from seawall.model.event import KINDS
from seawall.model.event.read_scope import ReadScope

MOST = 5
"""Events of one question, nearest in time first."""


class TrailStep(Answer, frozen=True):
    """An event beside another."""

    kind: EventKind
    id: str
    time: str
    summary: str


class DecidingSide(Answer, frozen=True):
    """What decided one direction, by the model; `policy` "" where no policy says anything of it."""

    direction: Literal["egress", "ingress"]
    verdict: str
    policy: str
    rule: str


class DecidingRule(Answer, frozen=True):
    """What decided a flow: `policy` and `rule` of Seawall's model, else what the dataplane named. `why` says whose word it is, and whether they differ.

    `disagrees`: the dataplane and the model differ, under policies that held then. `staged` is the verdict with the drafts, "" where there is none,
    `draft` the one that would decide. `sides` are empty where the model has not judged.
    """

    policy: str
    rule: str
    verdict: str
    why: str
    disagrees: bool = False
    staged: str = ""
    draft: str = ""
    sides: list[DecidingSide] = []


class Question(msgspec.Struct, frozen=True):
    """Events of a kind, from `before` to `after` the event (nanoseconds), whose fields have these values."""

    kind: EventKind
    before: int
    after: int
    fields: dict[str, str]


def event(services: Services, scope: ReadScope, kind: EventKind, event_id: str) -> dict[str, Any]:
    """One event whole: every column by name, `causalTrail` and, for a flow, `rule`. Raises Missing."""
    row = event_row(services, scope, kind, event_id)
    whole: dict[str, Any] = {field.name: cell(row[field.name], field) for field in (EVENT_ID, *KINDS[kind].fields)}
    whole["causalTrail"] = trail(services, scope, kind, row)
    whole["rule"] = deciding_rule(row) if kind == "flow" else None
    return whole


def trail(services: Services, scope: ReadScope, kind: EventKind, row: dict[str, Any]) -> list[TrailStep]:
    """What happened around an event, oldest first, without the event itself. Kinds that may not be read are left out."""
    found: dict[str, tuple[int, TrailStep]] = {}
    for question in _QUESTIONS[kind](row):
        if not scope.reads(question.kind) or "" in question.fields.values():
            continue
        for other in _ask(services, scope, question, row):
            if other["event_id"] != row["event_id"]:
                step = TrailStep(
                    kind=question.kind,
                    id=other["event_id"],
                    time=rfc3339(other["time"]),
                    summary=_SUMMARIES[question.kind](other),
                )
                found[step.id] = (other["time"], step)
    return [step for _, step in sorted(found.values(), key=lambda pair: (pair[0], pair[1].id))]


def _ask(services: Services, scope: ReadScope, question: Question, row: dict[str, Any]) -> list[dict[str, Any]]:
    terms = tuple(Term(name, ":", (Value(value, True),)) for name, value in question.fields.items())
    at = row["time"]
    selection = Selection(at - question.before, at + question.after + 1, (row["cluster"],), filter=render(terms))
    rows = services.store.rows(
        "events_page",
        scope,
        kind=question.kind,
        columns=_COLUMNS[question.kind],
        where=selected(KINDS[question.kind], selection, time=""),
        since=selection.start,
        until=selection.end,
        before_time=selection.end,
        before_batch="",
        before_row=0,
        limit=50,
    )
    return sorted(rows, key=lambda other: abs(other["time"] - at))[:MOST]


def deciding_rule(row: dict[str, Any]) -> DecidingRule:
    """Who decided a flow, by the dataplane's word and by the model's."""
    said, judged = row["verdict"], row["model_verdict"]
    named, source = ", ".join(row["policies"]), row["verdict_source"] or "the source"
    if judged is None:
        why = (
            f"{source} says so; not judged by the model"
            if said != "unknown"
            else "nobody says, and the model has not judged"
        )
        return DecidingRule(policy=named, rule="", verdict=said, why=row["drop_reason"] or why)
    later = row["policy_since"] is not None and row["policy_since"] > row["time"]
    did, held = _DID.get(said, said), _held(row)
    differs = {did, held} == {"allowed", "denied"}
    notes = [f"the model judged it by {_KNOWN_BY[row['model_basis']]}"] if row["model_basis"] in _KNOWN_BY else []
    if judged == "unknown":
        lead = f"the model cannot tell: {row['model_reason']}"
    elif differs and later:
        lead = f"{source} says {said}; policies that came later would have it {held}"
    elif differs:
        lead = f"the model says {held}, {source} says {said}"
    elif did == judged:
        lead = f"{source} and the model agree"
    elif did == held:
        lead = f"{source} saw it leave, as the model has it; reaching the server is {row['ingress_verdict']}"
    else:
        lead = "the model says so"
    if differs and row["drop_reason"]:
        notes.append(f"{source}: {row['drop_reason']}")
    return DecidingRule(
        policy=row["model_policy"] or named,
        rule=row["model_rule"],
        verdict=said if said != "unknown" else judged,
        why="; ".join([lead, *notes]),
        disagrees=differs and not later,
        staged=row["staged_verdict"] or "",
        draft=row["staged_policy"],
        sides=[
            DecidingSide(
                direction=direction,
                verdict=row[f"{direction}_verdict"],
                policy=row[f"{direction}_policy"],
                rule=row[f"{direction}_rule"],
            )
            for direction in _DIRECTIONS
        ],
    )


def _held(row: dict[str, Any]) -> str:
    """What the model says of that which the reporter saw: one at the source saw the packet leave, and no more."""
    if row["is_reply"] or row["direction"] not in ("egress", "ingress"):
        return str(row["model_verdict"])
    if row["direction"] == "egress":
        return str(row["egress_verdict"])
    return str(row["ingress_verdict"] if row["verdict"] == "denied" else row["model_verdict"])


_DID = {"audit": "allowed"}
"""What became of a flow: one that is only audited passed."""
_DIRECTIONS: tuple[Literal["egress", "ingress"], ...] = ("egress", "ingress")
_KNOWN_BY = {
    "address": "address alone, for nobody knew who had it",
    "labels": "the labels that were recorded of a pod that is gone or has changed",
}


# ------------------------------------------------------------------------------------------------ which questions


def _of_pod(row: dict[str, Any], end: str = "") -> dict[str, str]:
    return {"namespace": row[f"{end}namespace"], "pod": row[f"{end}pod"]}


def _of_flow(row: dict[str, Any]) -> list[Question]:
    client = "dst_" if row["is_reply"] else "src_"
    server = "src_" if row["is_reply"] else "dst_"
    pod = _of_pod(row, client)
    return [
        Question("dns", 60 * SECOND, 0, {**pod, "answers": row[f"{server}address"]}),
        Question("process", 300 * SECOND, SECOND, {**pod, "action": "exec"}),
        Question(
            "audit", 3600 * SECOND, 60 * SECOND, {"resource": "pods", "namespace": pod["namespace"], "name": pod["pod"]}
        ),
    ]


def _of_dns(row: dict[str, Any]) -> list[Question]:
    pod = _of_pod(row)
    to_answers = [
        Question(
            "flow", 0, 60 * SECOND, {"src_namespace": pod["namespace"], "src_pod": pod["pod"], "dst_address": address}
        )
        for address in row["answers"][:3]
    ]
    return [*to_answers, Question("process", 300 * SECOND, SECOND, {**pod, "action": "exec"})]


def _of_audit(row: dict[str, Any]) -> list[Question]:
    asked = [
        Question("audit", 60 * SECOND, 60 * SECOND, {"audit_id": row["audit_id"]}),
        Question("audit", 120 * SECOND, 120 * SECOND, {"actor": row["actor"]}),
    ]
    if row["resource"] == "pods":
        pod = {"namespace": row["namespace"], "pod": row["name"]}
        asked.append(Question("process", SECOND, 60 * SECOND, {**pod, "action": "exec"}))
        asked.append(Question("flow", 0, 60 * SECOND, {"src_namespace": row["namespace"], "src_pod": row["name"]}))
    return asked


def _of_process(row: dict[str, Any]) -> list[Question]:
    pod = _of_pod(row)
    return [
        Question("process", 3600 * SECOND, 0, {"exec_id": row["parent_exec_id"]}),
        Question("process", 0, 300 * SECOND, {"parent_exec_id": row["exec_id"]}),
        Question(
            "audit",
            60 * SECOND,
            SECOND,
            {"resource": "pods", "subresource": "exec", "namespace": pod["namespace"], "name": pod["pod"]},
        ),
        Question("dns", 0, 60 * SECOND, pod),
        Question("flow", 0, 60 * SECOND, {"src_namespace": pod["namespace"], "src_pod": pod["pod"]}),
    ]


_QUESTIONS: dict[str, Callable[[dict[str, Any]], list[Question]]] = {
    "flow": _of_flow,
    "dns": _of_dns,
    "audit": _of_audit,
    "process": _of_process,
}


# ------------------------------------------------------------------------------------------------ in a line


def _end_of(row: dict[str, Any], end: str) -> str:
    if row[f"{end}workload"]:
        return f"{row[f'{end}namespace']}/{row[f'{end}workload']}"
    return row[f"{end}domain"] or row[f"{end}address"] or row[f"{end}entity"] or "unknown"


def summary_of_flow(row: dict[str, Any]) -> str:
    return f"{_end_of(row, 'src_')} to {_end_of(row, 'dst_')} {row['network_transport'] or 'ip'}/{row['dst_port']}: {row['verdict']}"


def summary_of_dns(row: dict[str, Any]) -> str:
    code = row["response_code"] or "no answer yet"
    return f"{row['workload'] or row['pod'] or 'somebody'} asked {row['question_type']} {row['question']}: {code}"


def summary_of_audit(row: dict[str, Any]) -> str:
    what = "/".join(part for part in (row["resource"], row["subresource"]) if part) or row["request_uri"]
    where = "/".join(part for part in (row["namespace"], row["name"]) if part)
    return f"{row['actor']} {row['verb']} {what} {where}".rstrip() + f": {row['code'] or 'pending'}"


def summary_of_process(row: dict[str, Any]) -> str:
    program = " ".join(row["command_args"][:6]) or row["executable_path"]
    ended = f", exit {row['exit_code']}" if row["exit_code"] is not None else ""
    return f"{row['action']} {program} in {row['workload'] or row['pod'] or row['node'] or 'unknown'}{ended}"


def summary_of(kind: str, row: Mapping[str, Any]) -> str:
    """An event in a line; for a row that lacks what its kind has (another version's), the kind alone."""
    try:
        return _SUMMARIES[kind](dict(row))
    except (KeyError, TypeError):
        return f"a {kind} event"


_SUMMARIES: dict[str, Callable[[dict[str, Any]], str]] = {
    "flow": summary_of_flow,
    "dns": summary_of_dns,
    "audit": summary_of_audit,
    "process": summary_of_process,
}
_COLUMNS: dict[str, tuple[str, ...]] = {
    "flow": (
        "time",
        *(
            f"{end}{name}"
            for end in ("src_", "dst_")
            for name in ("entity", "namespace", "workload", "domain", "address")
        ),
        "network_transport",
        "dst_port",
        "verdict",
    ),
    "dns": ("time", "workload", "pod", "question", "question_type", "response_code"),
    "audit": ("time", "actor", "verb", "resource", "subresource", "request_uri", "namespace", "name", "code"),
    "process": ("time", "action", "command_args", "executable_path", "workload", "pod", "node", "exit_code"),
}
