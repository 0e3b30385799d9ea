"""How a cluster, a team and a namespace stand by a framework: every control, from the findings of one scan.

The findings come from a report or from the store; both are brought to `Fact`s, and judged once. A PASS needs every check that looks at the control to have run, and everything that such a check looks at to
have been read: a document that could not be read leaves UNKNOWN what it might have broken.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from seawall.kit.errors import UserError
from seawall.model.cluster.coverage import Gap
from seawall.model.cluster.kinds import KINDS
from seawall.model.cluster.pod import Pod
from seawall.model.cluster.snapshot import Cluster
from seawall.model.cluster.workload import TEMPLATE_TYPES, Workload
from seawall.model.compliance import SCHEMA, Compliance, ControlResult, State, Unit, counted
from seawall.model.finding import Severity
from seawall.model.report import Report
from seawall.spi import catalogue
from seawall.spi.check import Check
from seawall.spi.controls import Control, Framework, frameworks


class Fact(NamedTuple):
    """One finding, wherever it was kept. `object` tells objects apart."""

    id: str
    rule: str
    status: str
    severity: str
    namespace: str
    team: str
    object: tuple[str, ...]
    path: str = ""
    why: str = ""


Looking = Mapping[str, tuple[str, ...]]
"""The rules that look at a control, each with the fields that it is about ("" for all)."""


class Sight(NamedTuple):
    """What a scan could see: why rules did not take part, what could not be read, and where there is something to judge.

    `hidden` says why what belongs to the whole cluster may not be told, to a reader of some namespaces.
    """

    out_of_scope: Mapping[str, str]
    gaps: Sequence[Gap]
    namespaces: Sequence[str]
    teams: Sequence[str]
    hidden: str = ""


def framework_named(name: str) -> Framework:
    """The framework that people call so. UserError lists them where none is."""
    for one in frameworks():
        if one.id == name:
            return one
    known = ", ".join(one.id for one in frameworks())
    raise UserError(f'no framework is called "{name}"', do=f"choose one of {known}")


def names() -> tuple[str, ...]:
    """What frameworks can be chosen by."""
    return tuple(one.id for one in frameworks())


def of_report(framework: Framework, report: Report, cluster: Cluster, at: str) -> Compliance:
    """The framework over a scan of `cluster`."""
    from seawall.app.teams import teams_of

    teams = teams_of(cluster)

    def team(kind: str, namespace: str, name: str) -> str:
        return teams.get((kind, namespace, name)) or teams.get(("Namespace", "", namespace), "")

    facts = [
        Fact(
            one.id,
            one.rule,
            one.status.value,
            one.severity.value,
            one.owner.namespace,
            team(one.owner.kind, one.owner.namespace, one.owner.name),
            (one.owner.kind, one.owner.namespace, one.owner.name),
            one.path,
            one.why,
        )
        for one in report.findings
    ]
    sight = Sight(
        {one.rule: one.why for one in report.out_of_scope},
        report.coverage.gaps,
        sorted({thing.namespace for thing in cluster.objects if thing.namespace}),
        sorted({team(thing.kind, thing.namespace, thing.name) for thing in cluster.objects if thing.namespace} - {""}),
    )
    return judged(
        framework, facts, sight, tool=report.tool, cluster=report.cluster.name, scope=report.cluster.scope, at=at
    )


def states(framework: Framework, facts: Iterable[Fact], sight: Sight) -> dict[str, int]:
    """How many controls of `framework` stand how."""
    return counted(one.state for one in _controls(framework, facts, sight)[2])


def judged(
    framework: Framework, facts: Iterable[Fact], sight: Sight, *, tool: str, cluster: str, scope: str, at: str
) -> Compliance:
    """Every control of `framework`, and every namespace and team, by the findings of one scan."""
    by_rule, blind, controls = _controls(framework, facts, sight)
    rules = _rules(framework.id)
    local = [(one, mine) for one in framework.controls if (mine := _local(rules.get(one.id, {})))]

    def units(names: Iterable[str], of: Callable[[Fact], str]) -> tuple[Unit, ...]:
        found = {name: _part(by_rule, of, name) for name in names}
        loose = _part(by_rule, of, "")
        if any(one.namespace for many in loose.values() for one in many):
            found[""] = {rule: [one for one in many if one.namespace] for rule, many in loose.items()}
        return tuple(_unit(name, local, mine, blind, sight.out_of_scope) for name, mine in sorted(found.items()))

    return Compliance(
        schema=SCHEMA,
        tool=tool,
        framework=framework.id,
        name=framework.name,
        version=framework.version,
        cluster=cluster,
        scope=scope,
        at=at,
        states=counted(one.state for one in controls),
        controls=controls,
        namespaces=units(sight.namespaces, lambda fact: fact.namespace),
        teams=units(sight.teams, lambda fact: fact.team),
        partial=(*(f"{gap.reason}: {gap}" for gap in sight.gaps), *filter(None, (sight.hidden,))),
    )


# ------------------------------------------------------------------------------------------------ one control


def _controls(
    framework: Framework, facts: Iterable[Fact], sight: Sight
) -> tuple[dict[str, list[Fact]], dict[str, str], tuple[ControlResult, ...]]:
    """The findings by rule, why rules could not see everything, and every control."""
    by_rule: dict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        by_rule[fact.rule].append(fact)
    blind = {check.id: why for check in catalogue.checks() if (why := _unread(check, sight))}
    rules = _rules(framework.id)
    controls = tuple(
        _result(one, rules.get(one.id, {}), by_rule, blind, sight.out_of_scope) for one in framework.controls
    )
    return by_rule, blind, controls


def _result(
    control: Control,
    rules: Looking,
    by_rule: Mapping[str, Sequence[Fact]],
    blind: Mapping[str, str],
    out_of_scope: Mapping[str, str],
) -> ControlResult:
    mine = [fact for rule, fields in rules.items() for fact in by_rule.get(rule, ()) if fact.path.endswith(fields)]
    of = {status: [fact for fact in mine if fact.status == status] for status in ("fail", "unknown", "skipped")}
    outside = [rule for rule in rules if rule in out_of_scope]
    unread = sorted({blind[rule] for rule in rules if rule in blind and rule not in out_of_scope})
    state = _state(tuple(rules), of, unread, outside)
    why: list[str] = []
    if state is State.UNKNOWN:
        why = [*unread, *sorted({fact.why for fact in of["unknown"] if fact.why})]
    elif state is State.OUT_OF_SCOPE:
        why = sorted({out_of_scope[rule] for rule in outside})
    elif state is State.PASS and outside:
        why = [
            f"{len(outside)} of {len(rules)} checks could not look: {'; '.join(sorted({out_of_scope[rule] for rule in outside}))}"
        ]
    return ControlResult(
        id=control.id,
        title=control.title,
        state=state,
        checks=tuple(rules),
        failing=tuple(rule for rule in rules if any(fact.rule == rule for fact in of["fail"])),
        fail=len(of["fail"]),
        unknown=len(of["unknown"]),
        accepted=len(of["skipped"]),
        objects=len({fact.object for fact in of["fail"]}),
        severity=max((fact.severity for fact in of["fail"]), key=lambda name: Severity(name).rank, default=""),
        why=tuple(why),
        findings=tuple(fact.id for fact in (*of["fail"], *of["unknown"])),
    )


def _state(
    rules: Sequence[str], of: Mapping[str, Sequence[Fact]], unread: Sequence[str], outside: Sequence[str]
) -> State:
    if not rules:
        return State.NOT_COVERED
    if of["fail"]:
        return State.FAIL
    if of["unknown"] or unread:
        return State.UNKNOWN
    if of["skipped"]:
        return State.ACCEPTED
    return State.OUT_OF_SCOPE if len(outside) == len(rules) else State.PASS


def _unread(check: Check[Any], sight: Sight) -> str:
    """What could not be read, or may not be told, of what `check` looks at; "" if everything was."""
    kinds = _kinds(check.id)
    gap = next((str(gap) for gap in sight.gaps if not kinds or not gap.kind or gap.kind in kinds), "")
    return gap or ("" if kinds and kinds <= _NAMESPACED else sight.hidden)


# ------------------------------------------------------------------------------------------------ a part of it


def _part(by_rule: Mapping[str, Sequence[Fact]], of: Callable[[Fact], str], name: str) -> dict[str, list[Fact]]:
    """The findings of one namespace or team."""
    return {rule: mine for rule, facts in by_rule.items() if (mine := [fact for fact in facts if of(fact) == name])}


def _unit(
    name: str,
    controls: Sequence[tuple[Control, Looking]],
    by_rule: Mapping[str, Sequence[Fact]],
    blind: Mapping[str, str],
    out_of_scope: Mapping[str, str],
) -> Unit:
    results = [_result(control, rules, by_rule, blind, out_of_scope) for control, rules in controls]
    failing = tuple(one.id for one in results if one.state is State.FAIL)
    faults = sum(
        fact.status == "fail"
        for rule in {rule for _, rules in controls for rule in rules}
        for fact in by_rule.get(rule, ())
    )
    return Unit(name, counted(one.state for one in results), faults, failing)


def _local(rules: Looking) -> Looking:
    """Those of `rules` that look at objects of namespaces."""
    return {rule: fields for rule, fields in rules.items() if _namespaced(rule)}


def looking_at(framework: Framework, control: str = "") -> Looking:
    """The rules that look at any control of `framework`, or at `control` alone, each with the fields that it is about."""
    rules = _rules(framework.id)
    found: dict[str, tuple[str, ...]] = {}
    for one in (control,) if control else tuple(rules):
        for rule, fields in rules.get(one, {}).items():
            found[rule] = (*found.get(rule, ()), *fields)
    return found


# ------------------------------------------------------------------------------------------------ what checks look at


@cache
def _rules(framework: str) -> dict[str, Looking]:
    """The rules that look at each control of a framework."""
    (chosen,) = (one for one in frameworks() if one.id == framework)
    found: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
    for check in catalogue.checks():
        for place in check.maps:
            control = chosen.concerns(place)
            if control and not check.preview:
                found[control][check.id] = (*found[control].get(check.id, ()), place.field)
    return dict(found)


@cache
def _kinds(rule: str) -> frozenset[str]:
    """The kinds that a rule looks at; empty where it looks at all."""
    (check,) = (one for one in catalogue.checks() if one.id == rule)
    types: set[type[Any]] = set()
    for one in check.on:
        types |= {Pod, *TEMPLATE_TYPES} if one is Workload else {one}
    return frozenset(row.kind for row in KINDS if row.type in types)


_NAMESPACED = frozenset(row.kind for row in KINDS if row.namespaced)


@cache
def _namespaced(rule: str) -> bool:
    """Whether a rule looks at objects of namespaces."""
    kinds = _kinds(rule)
    (check,) = (one for one in catalogue.checks() if one.id == rule)
    return Cluster not in check.on and (not kinds or bool(kinds & _NAMESPACED))
