"""The page *Access*: who may do something, may somebody do it, what may somebody do.

A reader of some namespaces is answered from the role bindings of those namespaces alone (with the cluster roles that these name). Bindings of the whole
cluster and of other namespaces are no part of the answer, which says so: what such a reader's bindings do not give is unknown to them, never denied.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence

import msgspec

from seawall.access.decision import Principal
from seawall.app import access
from seawall.app.answer import Answer, ObjectName, entity_id
from seawall.app.missing import Missing, NotAvailable
from seawall.app.moment import rfc3339
from seawall.app.services import Services
from seawall.app.standing import Kept, View, view_of
from seawall.kit.errors import UserError
from seawall.model.cluster.access_kinds import ClusterRole, Role, RoleBinding, ServiceAccount
from seawall.model.cluster.cluster_kinds import Namespace
from seawall.model.cluster.coverage import Coverage
from seawall.model.cluster.snapshot import Cluster
from seawall.model.event.read_scope import ReadScope

MOST_SUBJECTS = 500
MOST_PERMISSIONS = 1_000
MOST_CHANGES = 500
NOT_SHOWN = "bindings of the whole cluster and of other namespaces are not shown to you: others may too"


def _whole(cluster: Cluster) -> access.AccessIndex:
    return access.access_index(cluster)


def _part(cluster: Cluster, namespaces: Hashable) -> access.AccessIndex:
    """The index of what a reader of some namespaces may see: nothing is denied by it for sure."""
    assert isinstance(namespaces, frozenset)
    local = (Role, RoleBinding, ServiceAccount, Namespace)
    objects = [
        thing
        for thing in cluster.objects
        if isinstance(thing, ClusterRole)
        or (
            isinstance(thing, local) and (thing.name if isinstance(thing, Namespace) else thing.namespace) in namespaces
        )
    ]
    part = Cluster(
        objects, name=cluster.name, id=cluster.id, scope=cluster.scope, coverage=Coverage(), version=cluster.version
    )
    return access.access_index(part, ("RBAC",), open_world=True)


_wholes: Kept[access.AccessIndex] = Kept(_whole)
_parts: Kept[access.AccessIndex] = Kept(_part)


def index_of(view: View) -> access.AccessIndex:
    """The index of what the reader may see."""
    return _wholes.of(view) if view.whole else _parts.of(view, view.namespaces)


def whole_index(view: View) -> access.AccessIndex:
    """Everything that the cluster grants; for readers of all of it."""
    return _wholes.of(view)


def _unknown(view: View, found: Sequence[str]) -> list[str]:
    return list(found) if view.whole else [NOT_SHOWN]


class Via(Answer, frozen=True):
    """A binding (`RoleBinding/namespace/name`) and the role it gives."""

    binding: str
    role: str


class AccessSubject(Answer, frozen=True):
    """Somebody who may. `scope` says where, and for which names only; `id` is the entity's."""

    id: str
    kind: str
    name: str
    namespace: str
    via: list[Via]
    scope: str


class WhoCan(Answer, frozen=True):
    """Who may. `notes` say who may besides what bindings give, `unknown` what was not read or is not shown; `truncated` is how many were left out."""

    subjects: list[AccessSubject]
    notes: list[str]
    unknown: list[str]
    truncated: int


def who_can(
    services: Services,
    scope: ReadScope,
    clusters: Sequence[str],
    verb: str,
    target: access.Target,
    *,
    name: str = "",
    namespace: str | None = None,
) -> WhoCan:
    """Who may do this in `namespace` (None: anywhere). Raises Missing for a namespace that the reader may not see."""
    view = view_of(services, scope, clusters)
    if namespace and not view.sees(namespace):
        raise Missing(f"no namespace `{namespace}`, or you may not see it")
    if not view.whole and target.url is not None:  # only bindings of the whole cluster give it
        return WhoCan(subjects=[], notes=[], unknown=[NOT_SHOWN], truncated=0)
    found = access.who_can(index_of(view), verb, target, name, namespace)
    holders = [*found.holders, *found.limited]
    return WhoCan(
        subjects=[_subject(one) for one in holders[:MOST_SUBJECTS]],
        notes=list(found.notes),
        unknown=_unknown(view, found.unknown),
        truncated=max(0, len(holders) - MOST_SUBJECTS),
    )


def _subject(holder: access.HolderAnswer) -> AccessSubject:
    subject = holder.subject
    places = sorted({way.namespace for way in holder.ways})
    names = (
        [] if any(not way.names for way in holder.ways) else sorted({name for way in holder.ways for name in way.names})
    )
    where = "everywhere" if "" in places else _list("namespace", places)
    return AccessSubject(
        id=_identity_id(subject),
        kind=subject.kind,
        name=subject.name,
        namespace=subject.namespace,
        via=[Via(binding=_named(way.binding), role=_named(way.role)) for way in holder.ways],
        scope=where + (f", only {_list('name', names)}" if names else ""),
    )


def _identity_id(subject: access.Subject) -> str:
    name = (
        f"system:serviceaccount:{subject.namespace}:{subject.name}"
        if subject.kind == "ServiceAccount"
        else subject.name
    )
    return entity_id("identity", "", name)


def _list(what: str, names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{what}{'s' if len(names) > 1 else ''} {', '.join(names[:3])}{more}"


def _named(name: ObjectName) -> str:
    return f"{name.kind}/{name.namespace}/{name.name}" if name.namespace else f"{name.kind}/{name.name}"


class MayThey(Answer, frozen=True):
    """`allowed` is null where it cannot be told, `reason` says why."""

    subject: str
    allowed: bool | None
    reason: str


def may_they(
    services: Services,
    scope: ReadScope,
    clusters: Sequence[str],
    subject: str,
    groups: Sequence[str],
    verb: str,
    target: access.Target,
    *,
    name: str = "",
    namespace: str = "",
) -> MayThey:
    """May `subject` (`alice`, `group:dev`, `shop/web` for a service account) do this? Raises UserError, Missing as `who_can`."""
    view = view_of(services, scope, clusters)
    if namespace and not view.sees(namespace):
        raise Missing(f"no namespace `{namespace}`, or you may not see it")
    asked = access.request_of(_principal(subject), groups, verb, target, name, namespace)
    if not view.whole and (target.url is not None or not namespace):
        return MayThey(subject=subject, allowed=None, reason=NOT_SHOWN)
    (found,) = access.decide(index_of(view), [asked]).decisions
    reason = found.reason if view.whole or found.allowed else NOT_SHOWN
    return MayThey(subject=subject, allowed=found.allowed, reason=reason)


def _principal(text: str) -> Principal:
    if not text.strip():
        raise UserError("whom is it about?", where="subject", do="write a user, group:NAME or NAMESPACE/SERVICEACCOUNT")
    return access.principal_named(text)


class AccessPermission(Answer, frozen=True):
    """A rule that somebody has (`text`), where, and the binding that gives it; `by` is the user or the group that the binding names."""

    text: str
    scope: str
    binding: str
    role: str
    by: str


class Power(Answer, frozen=True):
    """A way to more than was given, step by step. `reach` is what is won, `roles` are those that give what it needs."""

    power: str
    title: str
    reach: str
    scope: str
    steps: list[str]
    attack: list[str]
    roles: list[str]


class WhatCan(Answer, frozen=True):
    """All that somebody may, and what they could come to with it."""

    id: str
    subject: access.Subject
    groups: list[str]
    permissions: list[AccessPermission]
    powers: list[Power]
    unknown: list[str]
    truncated: int


def what_can(
    services: Services, scope: ReadScope, clusters: Sequence[str], subject: str, groups: Sequence[str] = ()
) -> WhatCan:
    """Every permission of `subject`, with the binding that gives it. Somebody whom no binding names has none, which is no error."""
    view = view_of(services, scope, clusters)
    found = access.what_can(index_of(view), _principal(subject), groups)
    return WhatCan(
        id=_identity_id(found.subject),
        subject=found.subject,
        groups=list(found.groups),
        permissions=[
            AccessPermission(
                text=one.rule.text,
                scope=f"namespace {one.namespace}" if one.namespace else "everywhere",
                binding=_named(one.binding),
                role=_named(one.role),
                by=f"{one.by.kind} {f'{one.by.namespace}/' if one.by.namespace else ''}{one.by.name}",
            )
            for one in found.permissions[:MOST_PERMISSIONS]
        ],
        powers=[
            Power(
                power=one.power,
                title=one.title,
                reach=one.reach,
                scope=f"namespace {one.namespace}" if one.namespace else "everywhere",
                steps=list(one.steps),
                attack=list(one.attack),
                roles=list(dict.fromkeys(_named(grant.role) for grant in one.grants)),
            )
            for one in found.escalations
        ],
        unknown=_unknown(view, found.unknown),
        truncated=max(0, len(found.permissions) - MOST_PERMISSIONS),
    )


class SubjectRow(Answer, frozen=True):
    """Somebody whom bindings name. `reach` is the most that they could come to ("" for no more than was given), `ways` says by what, the worst first."""

    id: str
    kind: str
    name: str
    namespace: str
    reach: str
    ways: list[str]
    bindings: int


class Subjects(Answer, frozen=True):
    """Those who could come to most first. `system` counts the subjects that Kubernetes itself brings, which are left out."""

    subjects: list[SubjectRow]
    system: int
    unknown: list[str]
    truncated: int


def subjects(services: Services, scope: ReadScope, clusters: Sequence[str]) -> Subjects:
    """Everybody whom bindings name, with what they could come to."""
    view = view_of(services, scope, clusters)
    rows = _subject_rows.of(view, None if view.whole else view.namespaces)
    return Subjects(
        subjects=rows.subjects[:MOST_SUBJECTS],
        system=rows.system,
        unknown=_unknown(view, rows.unknown),
        truncated=max(0, len(rows.subjects) - MOST_SUBJECTS),
    )


def _rows_of(cluster: Cluster, namespaces: Hashable) -> Subjects:
    index = _whole(cluster) if namespaces is None else _part(cluster, namespaces)
    ways: dict[access.Subject, list[access.EscalationAnswer]] = defaultdict(list)
    for one in access.escalations(index).escalations:  # worst first
        ways[one.subject].append(one)
    named = [principal for principal in index.subjects if not access.of_the_system(principal)]
    place = {subject: position for position, subject in enumerate(ways)}
    named.sort(key=lambda principal: place.get(access.Subject.of(principal), len(place)))
    return Subjects(
        subjects=[_row(index, principal, ways.get(access.Subject.of(principal), [])) for principal in named],
        system=len(index.subjects) - len(named),
        unknown=list(index.rbac.missing),
        truncated=0,
    )


def _row(index: access.AccessIndex, principal: Principal, ways: Sequence[access.EscalationAnswer]) -> SubjectRow:
    subject = access.Subject.of(principal)
    return SubjectRow(
        id=_identity_id(subject),
        kind=subject.kind,
        name=subject.name,
        namespace=subject.namespace,
        reach=ways[0].reach if ways else "",
        ways=list(dict.fromkeys(way.title for way in ways)),
        bindings=len({permission.grant.binding for permission in index.given_to(principal)}),
    )


_subject_rows: Kept[Subjects] = Kept(_rows_of)


class AccessChange(Answer, frozen=True):
    """What somebody gained and lost in one place between two moments, rule by rule."""

    id: str
    kind: str
    name: str
    namespace: str
    scope: str
    gained: list[str]
    lost: list[str]


class AccessChanges(Answer, frozen=True):
    """From the state at `from` to that at `to` (RFC 3339). `known_since` is the earliest moment that can be told: a window that begins before is cut there."""

    from_: str = msgspec.field(name="from")
    to: str
    known_since: str
    changes: list[AccessChange]
    unknown: list[str]
    truncated: int


def access_changes(
    services: Services, scope: ReadScope, clusters: Sequence[str], start: int, end: int
) -> AccessChanges:
    """Who gained and who lost what from `start` to `end` (UTC ns). NotAvailable for a cluster that is not followed."""
    view = view_of(services, scope, clusters)
    past = services.clusters.past(view.id)
    if past is None:
        raise NotAvailable(
            "this cluster is not followed, so that its past is not known: seawall access diff compares two snapshots"
        )
    moments = [max(moment, past.since) for moment in (start, max(start, end))]
    before, after = (_index_at(view, past.of(view.cluster, moment)) for moment in moments)
    found = access.changes(before, after)
    return AccessChanges(
        from_=rfc3339(moments[0]),
        to=rfc3339(moments[1]),
        known_since=rfc3339(past.since),
        changes=[
            AccessChange(
                id=_identity_id(one.subject),
                kind=one.subject.kind,
                name=one.subject.name,
                namespace=one.subject.namespace,
                scope=f"namespace {one.namespace}" if one.namespace else "everywhere",
                gained=[rule.text for rule in one.gained],
                lost=[rule.text for rule in one.lost],
            )
            for one in found.changes[:MOST_CHANGES]
        ],
        unknown=_unknown(view, found.unknown),
        truncated=max(0, len(found.changes) - MOST_CHANGES),
    )


def _index_at(view: View, cluster: Cluster) -> access.AccessIndex:
    """The index of an earlier state, of what the reader may see. Built anew: hardly anybody asks twice for the same moment."""
    return _whole(cluster) if view.whole else _part(cluster, view.namespaces)
