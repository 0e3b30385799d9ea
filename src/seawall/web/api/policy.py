"""The page *Policy*: the board, who reaches whom, why a connection is decided as it is, verdicts on many; recommendations and previews."""

from __future__ import annotations

from typing import Annotated, Literal

from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody, QueryParameter

from seawall.app import policy_board, policy_page
from seawall.app.policy import Verdicts
from seawall.app.policy_board import ProfileName
from seawall.app.predicate import Selection
from seawall.app.preview import PreviewAnswer
from seawall.app.principals import Principal
from seawall.app.recommend import RecommendAnswer
from seawall.app.services import Services
from seawall.web.api.asked import change, named, read


@read("/policy/board", "policyBoard", "Tiers and policies in order", context=True, sync_to_thread=True)
def show_board(
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    selection: NamedDependency[Selection],
    profile: FromQuery[ProfileName] = "upstream",
) -> policy_board.Board:
    """What decides, from top to bottom, with what is wrong with it. Of the context it takes the cluster, namespaces and workloads."""
    return policy_board.board(services, principal.scope, selection, profile)


@read("/policy/reach", "policyReach", "Who reaches whom", context=True, sync_to_thread=True)
def show_reach(
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    selection: NamedDependency[Selection],
    group: FromQuery[Literal["namespace", "workload"]] = "namespace",
    protocol: FromQuery[Literal["tcp", "udp", "sctp"] | None] = None,
    port: Annotated[int | None, QueryParameter(ge=1, le=65535)] = None,
    focus: Annotated[
        str,
        QueryParameter(max_length=512, description="A workload, as `namespace/name`: whom it reaches, who reaches it."),
    ] = "",
    limit: Annotated[int, QueryParameter(ge=1, le=400)] = 100,
    profile: FromQuery[ProfileName] = "upstream",
) -> policy_board.ReachMatrix:
    """What policies allow, whether or not it was seen. Of the context it takes the cluster, namespaces and workloads."""
    return policy_board.reach(
        services,
        principal.scope,
        selection,
        group=group,
        protocol=protocol,
        port=port,
        focus=focus,
        limit=limit,
        profile=profile,
    )


@change("/policy/explain", "policyExplain", "Why a connection is allowed or denied", sync_to_thread=True)
def explain(
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    data: JSONBody[policy_board.ExplainQuestion],
    cluster: Annotated[list[str] | None, named("cluster", "The cluster, by id or name.")] = None,
    profile: FromQuery[ProfileName] = "upstream",
) -> policy_board.PolicyExplanation:
    """The rules on the way in each direction, and for a denial the nearest rules and the smallest change, judged again before it is offered."""
    return policy_board.explain(services, principal.scope, tuple(cluster or ()), data, profile)


@change("/policy/eval", "policyEval", "Verdicts on connections", sync_to_thread=True)
def evaluate(
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    data: JSONBody[policy_board.EvalQuestion],
    cluster: Annotated[list[str] | None, named("cluster", "The cluster, by id or name.")] = None,
    profile: FromQuery[ProfileName] = "upstream",
) -> Verdicts:
    """Up to 1,000 connections, in the form that `seawall policy eval --tuples` reads."""
    return policy_board.evaluate(services, principal.scope, tuple(cluster or ()), data, profile)


@read("/policy/recommend", "policyRecommend", "Policies that recorded traffic needs", context=True, sync_to_thread=True)
def recommend(
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    selection: NamedDependency[Selection],
    form: Annotated[
        Literal["kubernetes", "cluster", "calico", "cilium"], QueryParameter(name="as", description="The dialect.")
    ] = "kubernetes",
    by: FromQuery[Literal["workload", "namespace"]] = "workload",
) -> RecommendAnswer:
    """With the proof: what stays allowed, what is needed, what is allowed beyond. Of the context it takes the cluster, the time, namespaces and workloads."""
    return policy_page.recommend(services, principal.scope, selection, form, by)


@change("/policy/preview", "policyPreview", "What a change of policies cuts and opens", sync_to_thread=True)
def preview(
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    data: JSONBody[policy_page.PreviewQuestion],
    cluster: Annotated[list[str] | None, named("cluster", "The cluster, by id or name.")] = None,
    profile: FromQuery[ProfileName] = "upstream",
) -> PreviewAnswer:
    """Of all traffic there could be, and of what was recorded. Nothing is applied."""
    return policy_page.preview_text(services, principal.scope, tuple(cluster or ()), data, profile)
