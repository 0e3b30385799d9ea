"""Posture: findings and the rules that made them."""

from __future__ import annotations

from typing import Annotated, Literal

from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from seawall.app import findings
from seawall.app.answer import SeverityName
from seawall.app.predicate import Selection
from seawall.app.principals import Principal
from seawall.app.services import Services
from seawall.web.api.asked import read


@read("/findings", "findings", "What to fix first", context=True, sync_to_thread=True)
def show_findings(
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    selection: NamedDependency[Selection],
    severity: FromQuery[list[SeverityName] | None] = None,
    status: FromQuery[list[findings.FindingStatus] | None] = None,
    rule: Annotated[list[str] | None, QueryParameter(max_items=100)] = None,
    team: Annotated[
        list[str] | None, QueryParameter(max_items=100, description="Owners; an empty value is nobody's.")
    ] = None,
    group: FromQuery[Literal["cause", "namespace", "team", "none"]] = "cause",
    framework: Annotated[
        str, QueryParameter(max_length=64, description="Only what a control of this framework is about.")
    ] = "",
    control: Annotated[str, QueryParameter(max_length=64, description="Only what this control of it is about.")] = "",
    limit: Annotated[int, QueryParameter(ge=1, le=5000)] = 1000,
    cursor: Annotated[str, QueryParameter(max_length=64)] = "",
) -> findings.Findings:
    """Findings open at the end of the window. Without `status`, faults and what could not be told; accepted ones are counted."""
    return findings.findings(
        services,
        principal.scope,
        selection,
        severities=tuple(severity or ()),
        statuses=tuple(status or ()),
        rules=tuple(rule or ()),
        teams=None if team is None else tuple(team),
        framework=framework,
        control=control,
        grouped=None if group == "none" else group,
        limit=limit,
        cursor=cursor,
    )


@read("/findings/trend", "findingsTrend", "Is it getting better", context=True, sync_to_thread=True)
def show_trend(
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    selection: NamedDependency[Selection],
    framework: Annotated[
        str, QueryParameter(max_length=64, description="Only what a control of this framework is about.")
    ] = "",
    team: Annotated[
        list[str] | None, QueryParameter(max_items=100, description="Owners; an empty value is nobody's.")
    ] = None,
) -> list[findings.TrendPoint]:
    """Open faults by severity at the end of the window, and on every other day of the fourteen before."""
    return findings.trend(
        services, principal.scope, selection, framework=framework, teams=None if team is None else tuple(team)
    )


@read("/findings/{finding_id:str}", "finding", "One finding", sync_to_thread=True)
def show_finding(
    services: NamedDependency[Services], principal: NamedDependency[Principal], finding_id: FromPath[str]
) -> findings.FindingDetail:
    return findings.finding(services, principal.scope, finding_id)


@read("/rules", "rules", "Every rule", sync_to_thread=True)
def show_rules() -> list[findings.RuleView]:
    return findings.rules()


@read("/rules/{rule_id:path}", "rule", "One rule with its documentation", sync_to_thread=True)
def show_rule(rule_id: FromPath[str]) -> findings.RuleDetail:
    return findings.rule(rule_id.strip("/"))
