"""One thing whole: what it is, who it talks to, what is wrong with it, what decides for it, how it changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Literal

import msgspec

from seawall.app.answer import Answer, ObjectName, entity_id
from seawall.app.filter_grammar import Term, Value, render
from seawall.app.findings import FindingView, open_at, views
from seawall.app.graph import End, Traffic, edges_of
from seawall.app.missing import Missing
from seawall.app.moment import rfc3339
from seawall.app.predicate import Selection, selected
from seawall.app.principals import OBJECTS, sees, sees_cluster, touches_cluster
from seawall.app.services import Services
from seawall.model.cluster.kinds import KINDS as API_KINDS
from seawall.model.cluster.meta import Object
from seawall.model.cluster.snapshot import Cluster
from seawall.model.cluster.workload import Workload
from seawall.model.event import KINDS
from seawall.model.event.read_scope import ReadScope

FLOW, AUDIT = KINDS["flow"], KINDS["audit"]
MOST_CONNECTIONS = 500
MOST_CHANGES = 200

EntityKind = Literal[
    "workload", "pod", "namespace", "node", "service", "identity", "address", "policy", "secret", "object"
]


class Connection(Answer, frozen=True):
    """The other end: `entity` is its id (`kind/namespace/name`). `bytes` is null where the source counts none."""

    entity: str
    protocol: str
    port: int | None
    events: int
    bytes: int | None
    allowed: int
    denied: int
    unknown: int
    simulated: bool
    last_seen: str


class Connections(Answer, frozen=True):
    inbound: list[Connection] = msgspec.field(name="in")
    outbound: list[Connection] = msgspec.field(name="out")


class PolicyOfEntity(Answer, frozen=True):
    """A policy that selects the entity; `direction` is `ingress`, `egress` or `ingress and egress`."""

    kind: str
    namespace: str
    name: str
    direction: str
    summary: str


class ObjectChange(Answer, frozen=True):
    """A change of an object by the audit log, which says who and when, and not which fields. `event` is the audit entry's id."""

    at: str
    what: str
    cluster: str
    object: ObjectName
    change: Literal["added", "changed", "removed"]
    actor: str
    event: str
    simulated: bool


class AddressOwner(Answer, frozen=True):
    """Who had an address from when to when; `until` is null while it lasts."""

    kind: str
    namespace: str
    name: str
    workload: str
    since: str
    until: str | None


class Entity(Answer, frozen=True):
    """`about` holds what identifies and describes the entity, by name; `raw` is the redacted object, null where no snapshot holds it.

    `notes` say what could not be told, and why: without a snapshot of the cluster, say, no policy is known.
    """

    kind: EntityKind
    cluster: str
    namespace: str
    name: str
    about: dict[str, Any]
    owners: list[AddressOwner]
    connections: Connections
    findings: list[FindingView]
    policy: list[PolicyOfEntity]
    changes: list[ObjectChange]
    raw: dict[str, Any] | None
    simulated: bool
    notes: list[str]


def entity(
    services: Services, scope: ReadScope, selection: Selection, kind: EntityKind, namespace: str, name: str
) -> Entity:
    """One entity in the selection's window. Raises Missing if nothing is known of it, or nothing may be seen."""
    found = _found(services, scope, selection, kind, namespace, name)
    cluster_id, thing, workload = found if found else (_only(selection.clusters), None, None)
    narrowed = msgspec.structs.replace(selection, clusters=(cluster_id,) if cluster_id else selection.clusters)
    notes: list[str] = []
    if thing is None and kind not in ("identity", "address"):
        notes.append("no snapshot at hand holds it, so its definition and policies are not known")
    connections, simulated = _connections(services, scope, narrowed, kind, namespace, name)
    findings = _findings(services, scope, narrowed, kind, namespace, name)
    changed = _changes_of(services, scope, narrowed, kind, namespace, name)
    owners = _owners(services, scope, narrowed, name) if kind == "address" else []
    about = _about(services, scope, narrowed, kind, name, thing, workload)
    if not (thing or about or findings or changed or owners or connections.inbound or connections.outbound):
        raise Missing(
            f"nothing is known of {kind} `{f'{namespace}/{name}' if namespace else name}`, or you may not see it"
        )
    cluster = services.clusters.current(cluster_id) if cluster_id else None
    return Entity(
        kind=kind,
        cluster=cluster_id,
        namespace=namespace,
        name=name,
        about=about,
        owners=owners,
        connections=connections,
        findings=findings,
        policy=_policies(cluster, workload) if cluster is not None and workload is not None else [],
        changes=changed,
        raw=cluster.raw(thing) if cluster is not None and thing is not None else None,
        simulated=simulated,
        notes=notes,
    )


def changes(services: Services, scope: ReadScope, selection: Selection, *, limit: int) -> list[ObjectChange]:
    """Changes of objects in the window, newest first. Raises FilterError, PermissionError."""
    rows = services.store.rows(
        "changes",
        scope,
        since=selection.start,
        until=selection.end,
        where=selected(AUDIT, selection, time=""),
        limit=limit,
    )
    return [_change(row) for row in rows]


_VERBS: dict[str, Literal["added", "changed", "removed"]] = {
    "create": "added",
    "delete": "removed",
    "deletecollection": "removed",
}
_KIND_OF = {(kind.group, kind.plural): kind.kind for kind in API_KINDS}


def _change(row: Mapping[str, Any]) -> ObjectChange:
    change = _VERBS.get(row["verb"], "changed")
    kind = _KIND_OF.get((row["api_group"], row["resource"]), row["resource"])
    part = f"/{row['subresource']}" if row["subresource"] else ""
    name = "/".join(one for one in (row["namespace"], row["name"]) if one) or "several"
    return ObjectChange(
        at=rfc3339(row["time"]),
        what=f"{name} ({kind}{part}) {change} by {row['actor']}",
        cluster=row["cluster"],
        object=ObjectName(kind=kind, namespace=row["namespace"], name=row["name"], group=row["api_group"]),
        change=change,
        actor=row["actor"],
        event=row["event_id"],
        simulated=row["simulated"],
    )


# ------------------------------------------------------------------------------------------------ what it is


def _only(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else ""


def _found(
    services: Services, scope: ReadScope, selection: Selection, kind: EntityKind, namespace: str, name: str
) -> tuple[str, Object, Workload | None] | None:
    """The cluster that holds the entity, the object, and the workload that it is or belongs to."""
    if not scope.reads(OBJECTS):
        return None
    for cluster_id in services.clusters.ids():
        if (selection.clusters and cluster_id not in selection.clusters) or not touches_cluster(scope, cluster_id):
            continue
        cluster = services.clusters.current(cluster_id)
        if cluster is None:
            continue
        place = name if kind == "namespace" else namespace
        if not (sees(scope, cluster_id, place) if place else sees_cluster(scope, cluster_id)):
            continue
        if kind == "workload":
            workload = _workloads(cluster).get((namespace, name))
            if workload is not None:
                return cluster_id, workload.object, workload
            continue
        thing = _objects(cluster).get((_API_KIND.get(kind, kind), namespace, name)) or _policy(
            cluster, kind, namespace, name
        )
        if thing is not None:
            return cluster_id, thing, _workload_behind(cluster, thing)
    return None


_API_KIND = {"pod": "Pod", "namespace": "Namespace", "node": "Node", "service": "Service", "secret": "Secret"}
_POLICY_KINDS = tuple(kind.kind for kind in API_KINDS if kind.kind.endswith("NetworkPolicy"))


@lru_cache(maxsize=4)
def _workloads(cluster: Cluster) -> dict[tuple[str, str], Workload]:
    return {(one.object.namespace, one.object.name): one for one in cluster.workloads}


@lru_cache(maxsize=4)
def _objects(cluster: Cluster) -> dict[tuple[str, str, str], Object]:
    return {(thing.kind, thing.namespace, thing.name): thing for thing in cluster.objects}


def _policy(cluster: Cluster, kind: str, namespace: str, name: str) -> Object | None:
    """A policy or another object by name alone; `Kind:name` tells objects of one name apart."""
    if kind not in ("policy", "object"):
        return None
    wanted, colon, own = name.partition(":")
    for (api_kind, where, called), thing in _objects(cluster).items():
        fits = api_kind == wanted and called == own if colon else called == name
        if fits and where == namespace and (kind == "object" or api_kind in _POLICY_KINDS):
            return thing
    return None


def _workload_behind(cluster: Cluster, thing: Object) -> Workload | None:
    owner = cluster.owner_of(thing)
    return _workloads(cluster).get((owner.namespace, owner.name)) if thing.kind == "Pod" else None


def _about(
    services: Services,
    scope: ReadScope,
    selection: Selection,
    kind: EntityKind,
    name: str,
    thing: Object | None,
    workload: Workload | None,
) -> dict[str, Any]:
    about: dict[str, Any] = {}
    if thing is not None:
        about |= {
            "kind": thing.kind,
            "apiVersion": thing.api_version,
            "labels": dict(thing.labels),
            "created": thing.metadata.creation_timestamp,
            "uid": thing.metadata.uid,
            "place": str(thing.origin) if thing.origin.source else "",
        }
    if workload is not None:
        about |= {
            "workload": entity_id("workload", workload.owner.namespace, workload.owner.name),
            "serviceAccount": workload.pod.account,
            "images": sorted({view.container.image for view in workload.containers()}),
            "hostNetwork": workload.pod.host_network,
        }
    if kind == "identity":
        about |= _activity(services, scope, selection, name)
    return {key: value for key, value in about.items() if value not in (None, "", [], {})}


def _activity(services: Services, scope: ReadScope, selection: Selection, name: str) -> dict[str, Any]:
    """What an identity did in the window, in words: `get secrets: 12 done, 3 refused`."""
    asked = Selection(selection.start, selection.end, selection.clusters, identities=(name,))
    try:
        rows = services.store.rows(
            "identity_activity",
            scope,
            since=asked.start,
            until=asked.end,
            where=selected(AUDIT, asked, time=""),
            limit=50,
        )
    except PermissionError:
        return {}
    if not rows:
        return {}
    return {
        "lastSeen": rfc3339(max(row["last_time"] for row in rows)),
        "did": [
            f"{row['verb']} {row['resource'] or 'a path'}: {row['succeeded']} done, {row['refused']} refused, {row['failed']} failed"
            for row in rows
        ],
    }


def _owners(services: Services, scope: ReadScope, selection: Selection, address: str) -> list[AddressOwner]:
    try:
        rows = services.store.rows(
            "identity_history", scope, address=address, since=selection.start, until=selection.end
        )
    except PermissionError:
        return []
    return [
        AddressOwner(
            kind=row["entity"],
            namespace=row["namespace"],
            name=row["pod"] or row["service"] or row["node"],
            workload=row["workload"],
            since=rfc3339(row["valid_from"]),
            until=None if row["valid_to"] is None else rfc3339(row["valid_to"]),
        )
        for row in rows
        if not selection.clusters or row["cluster"] in selection.clusters
    ]


# ------------------------------------------------------------------------------------------------ who it talks to


def _connections(
    services: Services, scope: ReadScope, selection: Selection, kind: EntityKind, namespace: str, name: str
) -> tuple[Connections, bool]:
    """The other ends, busiest first, and whether any of it is simulated. Identities and policies talk to nobody themselves."""
    nothing = Connections(inbound=[], outbound=[])
    try:
        if kind == "address":
            return _of_address(services, scope, selection, name)
        grain: Any = {"pod": "pod", "namespace": "namespace"}.get(kind, "workload")
        terms = _TERMS.get(kind)
        if terms is None:
            return nothing, False
        asked = msgspec.structs.replace(
            selection, filter=" ".join(part for part in (selection.filter, render(terms(namespace, name))) if part)
        )
        edges, _ = edges_of(services, scope, asked, grain)
    except PermissionError:
        return nothing, False
    inbound, outbound = [], []
    simulated = False
    for pair, traffic in edges.items():
        mine = {"source": _is(pair.source, kind, namespace, name), "target": _is(pair.target, kind, namespace, name)}
        if mine["source"]:
            outbound.append(_connection(pair.target, pair.protocol, pair.port, traffic, pair.simulated))
        if mine["target"]:
            inbound.append(_connection(pair.source, pair.protocol, pair.port, traffic, pair.simulated))
        simulated |= pair.simulated and any(mine.values())
    return Connections(inbound=inbound[:MOST_CONNECTIONS], outbound=outbound[:MOST_CONNECTIONS]), simulated


def _term(field: str, value: str) -> Term:
    return Term(field, ":", (Value(value, True),))


_TERMS: dict[str, Callable[[str, str], tuple[Term, ...]]] = {
    "workload": lambda namespace, name: (_term("namespace", namespace), _term("workload", name)),
    "pod": lambda namespace, name: (_term("namespace", namespace), _term("pod", name)),
    "namespace": lambda _, name: (_term("namespace", name),),
    "node": lambda _, name: (_term("peer", name),),
    "service": lambda namespace, name: (_term("dst_service", f"{namespace}/{name}"),),
}


def _is(end: End, kind: str, namespace: str, name: str) -> bool:
    return (end.kind, end.namespace, end.name) == (kind, "" if kind in ("namespace", "node") else namespace, name)


def _connection(end: End, protocol: str, port: int | None, traffic: Traffic, simulated: bool) -> Connection:
    return Connection(
        entity=entity_id(end.kind, end.namespace, end.name),
        protocol=protocol,
        port=port,
        events=traffic.events,
        bytes=traffic.bytes,
        allowed=traffic.allowed,
        denied=traffic.denied,
        unknown=traffic.unknown,
        simulated=simulated,
        last_seen=rfc3339(traffic.last),
    )


def _of_address(services: Services, scope: ReadScope, selection: Selection, address: str) -> tuple[Connections, bool]:
    rows = services.store.rows(
        "connections_of_address",
        scope,
        address=address,
        since=selection.start,
        until=selection.end,
        where=selected(FLOW, selection, time=""),
        limit=2 * MOST_CONNECTIONS,
    )
    found: dict[bool, list[Connection]] = {True: [], False: []}
    for row in rows:
        other = (
            entity_id("workload", row["namespace"], row["workload"])
            if row["workload"]
            else entity_id("address", "", row["peer"] or row["entity"])
        )
        found[bool(row["outward"])].append(
            Connection(
                entity=other,
                protocol=row["network_transport"],
                port=row["port"] or None,
                events=row["events"],
                bytes=row["bytes"],
                allowed=row["allowed"],
                denied=row["denied"],
                unknown=row["unknown"],
                simulated=row["simulated"],
                last_seen=rfc3339(row["last_time"]),
            )
        )
    return Connections(inbound=found[False], outbound=found[True]), any(row["simulated"] for row in rows)


# ------------------------------------------------------------------------------------------------ what is wrong, what decides, what changed


def _findings(
    services: Services, scope: ReadScope, selection: Selection, kind: EntityKind, namespace: str, name: str
) -> list[FindingView]:
    if kind == "namespace":
        asked = Selection(selection.start, selection.end, selection.clusters, namespaces=(name,))
    elif kind in ("identity", "address"):
        return []
    else:
        asked = Selection(selection.start, selection.end, selection.clusters, workloads=(f"{namespace}/{name}",))
    try:
        rows = open_at(services, scope, asked, selection.end)
    except PermissionError:
        return []
    return views(services, scope, rows[:200], selection.end)


def _policies(cluster: Cluster, workload: Workload) -> list[PolicyOfEntity]:
    """The policies of every dialect that select a pod of the workload, or its template where none runs."""
    from seawall.policy.judge import NO, matches
    from seawall.policy.model import Direction

    model = _model(cluster)
    owner = workload.owner
    ends = model.world.workload(owner.namespace, owner.name, owner.kind)
    directions: dict[Any, dict[str, int]] = {}
    for end in ends[:1]:
        for direction in Direction:
            for rule in model.enforced.about(direction, owner.namespace or "default"):
                ref = rule.ref.policy
                if ref is not None and rule.purpose != "exempt":
                    found = matches(rule.subject, end, end, 0, [])
                    if found != NO:
                        directions.setdefault(ref, {}).setdefault(direction.value, found)
    return [
        PolicyOfEntity(
            kind=ref.kind,
            namespace=ref.namespace,
            name=ref.name,
            direction=" and ".join(sorted(found, reverse=True)),
            summary=""
            if all(one == 2 for one in found.values())
            else "whether it selects this cannot be told for certain",
        )
        for ref, found in directions.items()
    ]


@lru_cache(maxsize=2)
def _model(cluster: Cluster) -> Any:
    from seawall.policy.lower import PolicyModel

    return PolicyModel.of(cluster)


def _changes_of(
    services: Services, scope: ReadScope, selection: Selection, kind: EntityKind, namespace: str, name: str
) -> list[ObjectChange]:
    """Changes of the object; of an identity, those it made; of a namespace, those in it."""
    terms: Iterable[Term]
    if kind == "address":
        return []
    if kind == "identity":
        asked = Selection(selection.start, selection.end, selection.clusters, identities=(name,))
    elif kind == "namespace":
        asked = Selection(selection.start, selection.end, selection.clusters, namespaces=(name,))
    else:
        own = name.partition(":")[2] or name
        terms = (_term("name", own), *((_term("namespace", namespace),) if namespace else ()))
        asked = Selection(selection.start, selection.end, selection.clusters, filter=render(tuple(terms)))
    try:
        return changes(services, scope, asked, limit=MOST_CHANGES)
    except PermissionError:
        return []
