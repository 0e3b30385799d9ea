"""The page *Compliance*: frameworks over what is known of the clusters now, from the findings that the store keeps, and as files to hand on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from seawall.app.answer import Answer
from seawall.app.compliance import Fact, Sight, framework_named, judged, states
from seawall.app.findings import coverage_of, newest_scans, open_at
from seawall.app.missing import Missing
from seawall.app.moment import rfc3339
from seawall.app.predicate import Selection
from seawall.app.principals import OBJECTS, sees, sees_cluster, touches_cluster
from seawall.app.scan import TOOL
from seawall.app.services import Services
from seawall.app.teams import Teams
from seawall.kit.errors import UserError
from seawall.model.cluster.coverage import Gap
from seawall.model.cluster.snapshot import Cluster
from seawall.model.compliance import Compliance
from seawall.model.event.read_scope import ReadScope
from seawall.render import compliance as render
from seawall.scan.engine import Run
from seawall.spi import catalogue
from seawall.spi.controls import frameworks

Format = Literal["csv", "json", "html"]
HIDDEN = "something of it could not be read; what, is not shown to you"
NOT_SHOWN = "what belongs to the whole cluster is not shown to you: you are told of the namespaces that you may see"
NEVER = "no scan is known at this moment"


class FrameworkView(Answer, frozen=True):
    """A framework and how many of its controls stand how."""

    id: str
    name: str
    version: str
    controls: int
    states: dict[str, int]


class Frameworks(Answer, frozen=True):
    """`at` is the moment that they are judged at; `scanned` says whether any scan is known then."""

    frameworks: list[FrameworkView]
    at: str
    scanned: bool


def overview(services: Services, scope: ReadScope, selection: Selection) -> Frameworks:
    """Every framework, summed up. Raises FilterError and PermissionError."""
    facts, sight, scanned, _ = _known(services, scope, selection)
    at = rfc3339(selection.end)
    return Frameworks(
        frameworks=[
            FrameworkView(
                id=one.id,
                name=one.name,
                version=one.version,
                controls=len(one.controls),
                states=states(one, facts, sight),
            )
            for one in frameworks()
        ],
        at=at,
        scanned=scanned,
    )


def compliance(services: Services, scope: ReadScope, selection: Selection, framework: str) -> Compliance:
    """One framework, control by control. Raises Missing where there is none of the name, FilterError and PermissionError."""
    try:
        chosen = framework_named(framework)
    except UserError as error:
        raise Missing(str(error)) from None
    facts, sight, _, names = _known(services, scope, selection)
    return judged(
        chosen,
        facts,
        sight,
        tool=TOOL,
        cluster=", ".join(names) or "no cluster",
        scope="a live view" if names else "nothing scanned",
        at=rfc3339(selection.end),
    )


def export(found: Compliance, form: Format) -> tuple[bytes, str, str]:
    """A framework as a file: its bytes, media type and name."""
    if form == "csv":
        return (
            render.as_csv((found,)).encode("utf-8", "surrogatepass"),
            "text/csv",
            f"{found.framework}.csv",
        )
    if form == "html":
        text = render.as_html((found,)).encode("utf-8", "surrogatepass")
        return text, "text/html", f"{found.framework}.html"
    return render.as_json((found,)), "application/json", f"{found.framework}.json"


# ------------------------------------------------------------------------------------------------ what is known


def _known(services: Services, scope: ReadScope, selection: Selection) -> tuple[list[Fact], Sight, bool, list[str]]:
    """The findings at the end of the window, what their scans could see, whether there were any, and of which clusters."""
    facts = [_fact(row) for row in open_at(services, scope, selection, selection.end)]
    # Whether a scan was whole decides what a PASS is worth for every reader; what it missed is told to those alone who may read the cluster.
    scans = [
        row
        for row in newest_scans(services, ReadScope.everything(), selection.end)
        if touches_cluster(scope, row["cluster"]) and (not selection.clusters or row["cluster"] in selection.clusters)
    ]
    gaps: list[Gap] = [] if scans else [Gap("unreadable", NEVER)]
    for row in scans:
        whole = sees_cluster(scope, row["cluster"])
        gaps += [gap if whole else Gap(gap.reason, HIDDEN, kind=gap.kind) for gap in coverage_of(row).gaps]
    clusters = {
        row["cluster"]: cluster for row in scans if (cluster := services.clusters.current(row["cluster"])) is not None
    }
    outside: dict[str, str] = {}
    for cluster in clusters.values():
        outside |= _outside(cluster)
    namespaces, teams = _units(services, scope, selection, clusters)
    namespaces |= {fact.namespace for fact in facts if fact.namespace}
    teams |= {fact.team for fact in facts if fact.namespace}
    hidden = "" if all(sees_cluster(scope, row["cluster"]) for row in scans) else NOT_SHOWN
    sight = Sight(outside, gaps, sorted(namespaces), sorted(teams - {""}), hidden)
    return facts, sight, bool(scans), [row["cluster_name"] or row["cluster"] for row in scans]


def _fact(row: Mapping[str, Any]) -> Fact:
    return Fact(
        row["fingerprint"],
        row["rule"],
        row["status"],
        row["severity"],
        row["namespace"],
        row["team"],
        (row["cluster"], row["object_kind"], row["namespace"], row["object"]),
        row["path"],
        row["message"] if row["status"] == "unknown" else "",
    )


def _outside(cluster: Cluster) -> dict[str, str]:
    """The rules that are out of scope for what a cluster was read from: those of nodes and versions, for manifests."""
    if cluster.scope.runtime:
        return {}
    run = Run(cluster)
    for check in catalogue.checks():
        run.check(check, frozenset())
    return run.out_of_scope


def _units(
    services: Services, scope: ReadScope, selection: Selection, clusters: Mapping[str, Cluster]
) -> tuple[set[str], set[str]]:
    """The namespaces and teams that a reader may see, of what the selection is about."""
    teams = Teams(services)
    namespaces: set[str] = set()
    found: set[str] = set()
    if not scope.reads(OBJECTS):
        return namespaces, found
    for id, cluster in clusters.items():  # noqa: A001
        for thing in cluster.objects:
            namespace = thing.namespace
            if (
                namespace
                and sees(scope, id, namespace)
                and (not selection.namespaces or namespace in selection.namespaces)
            ):
                namespaces.add(namespace)
                found.add(teams.of(id, thing.kind, namespace, thing.name))
    return namespaces, found
