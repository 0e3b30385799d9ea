"""Use cases on authorization: may they, who may, what may they, what changed, who could come to more, what could they do without."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from seawall.access import AccessIndex as AccessIndex
from seawall.access import Attributes, Decision, groups_of
from seawall.access.attributes import impersonated_groups, selected_fields
from seawall.access.decision import Grant, Principal, principal_of
from seawall.access.diff import diff
from seawall.access.escalation import Escalation, Escalations
from seawall.access.index import DEFAULT_MODES, MODES, Holder, Permission, Way
from seawall.access.rules import spell
from seawall.app.answer import Answer, ObjectName
from seawall.kit.errors import UserError
from seawall.model.cluster.access_kinds import PolicyRule
from seawall.model.cluster.decode import without_nulls
from seawall.model.cluster.kinds import KINDS
from seawall.model.cluster.meta import ObjectRef
from seawall.model.cluster.snapshot import Cluster

MODE_NAMES = MODES


def access_index(
    cluster: Cluster, modes: Sequence[str] = DEFAULT_MODES, policy_file: str | None = None, *, open_world: bool = False
) -> AccessIndex:
    """The index of a cluster under the given authorization modes; `policy_file` is ABAC's. UserError for what cannot be read."""
    policy = ""
    if policy_file is not None:
        try:
            policy = Path(policy_file).read_text()
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"cannot be read: {error}", where=policy_file) from None
        if "ABAC" not in modes:
            modes = (*modes, "ABAC")
    try:
        return AccessIndex(cluster, tuple(modes), abac_policy=policy, open_world=open_world)
    except ValueError as error:
        raise UserError(str(error), where=policy_file or "") from None


# ------------------------------------------------------------------------------------------------ naming things


class Target(NamedTuple):
    """What a request is about: a resource (with its group and subresource) or a URL."""

    group: str = ""
    resource: str = ""
    subresource: str = ""
    url: str | None = None


# Resources that roles name and that are no kind of a snapshot, by group.
_OTHER_GROUPS = {
    "leases": "coordination.k8s.io",
    "csinodes": "storage.k8s.io",
    "signers": "certificates.k8s.io",
    "tokenreviews": "authentication.k8s.io",
    "subjectaccessreviews": "authorization.k8s.io",
    "selfsubjectaccessreviews": "authorization.k8s.io",
    "localsubjectaccessreviews": "authorization.k8s.io",
    "controllerrevisions": "apps",
    "evictions": "policy",
}
_SHORT = {
    "po": "pods", "svc": "services", "deploy": "deployments", "ds": "daemonsets", "sts": "statefulsets",
    "rs": "replicasets", "rc": "replicationcontrollers", "cj": "cronjobs", "cm": "configmaps", "sa": "serviceaccounts",
    "ns": "namespaces", "no": "nodes", "pv": "persistentvolumes", "pvc": "persistentvolumeclaims", "ing": "ingresses",
    "netpol": "networkpolicies", "csr": "certificatesigningrequests", "crd": "customresourcedefinitions",
    "ep": "endpoints", "ev": "events", "psp": "podsecuritypolicies", "hpa": "horizontalpodautoscalers",
}  # fmt: skip


def target_of(text: str) -> Target:
    """What `secrets`, `deployments.apps`, `pods/exec`, `po`, `Deployment` or `/metrics` names. A resource without a group is looked up among known kinds."""
    if text.startswith("/"):
        return Target(url=text)
    resource, _, subresource = text.partition("/")
    resource, dot, group = resource.partition(".")
    resource = _SHORT.get(resource, resource)
    if not dot:
        known = [
            kind for kind in KINDS if resource in (kind.plural, kind.kind, kind.kind.lower()) and not kind.optional
        ] or [kind for kind in KINDS if resource in (kind.plural, kind.kind, kind.kind.lower())]
        if known:
            resource, group = known[0].plural, known[0].group
        else:
            group = _OTHER_GROUPS.get(resource, "")
    return Target(group, resource, subresource)


def principal_named(text: str) -> Principal:
    """Whom `alice`, `user:alice`, `group:dev`, `shop/web` or `serviceaccount:shop/web` names."""
    kind, colon, name = text.partition(":")
    match kind.lower() if colon else "":
        case "user":
            return principal_of(name)
        case "group":
            return Principal("Group", name)
        case "serviceaccount" | "sa":
            namespace, slash, account = name.partition("/")
            if slash and namespace and account:
                return Principal("ServiceAccount", account, namespace)
            raise UserError(f'"{text}" names no service account', do="write serviceaccount:NAMESPACE/NAME")
    namespace, slash, account = text.partition("/")
    if slash and namespace and account and "/" not in account and ":" not in text:
        return Principal("ServiceAccount", account, namespace)
    return principal_of(text)


def identity_of(principal: Principal, groups: Sequence[str] = ()) -> tuple[str, tuple[str, ...]]:
    """User name and groups as a request would carry them; a group is a member of it without a name."""
    if principal.kind == "Group":
        return "", (principal.name, *groups)
    return principal.user, impersonated_groups(principal.user, tuple(groups))


# ------------------------------------------------------------------------------------------------ may they


class DecisionAnswer(Answer, frozen=True):
    """`allowed` is null where it cannot be told, and `reason` says why."""

    allowed: bool | None
    reason: str


class Decisions(Answer, frozen=True):
    """The decisions, in the order of the requests."""

    decisions: list[DecisionAnswer]


class _Asked(msgspec.Struct, frozen=True, rename="camel"):
    user: str = ""
    groups: tuple[str, ...] = ()
    verb: str = ""
    group: str = ""
    resource: str = ""
    subresource: str = ""
    name: str = ""
    namespace: str = ""
    field_selector: str = ""
    non_resource_url: str | None = msgspec.field(default=None, name="nonResourceURL")


_ASKED = msgspec.json.Decoder(_Asked)


def _asked(line: bytes) -> _Asked:
    """The request in a line; null is as good as left out."""
    try:
        return _ASKED.decode(line)
    except msgspec.ValidationError:
        return msgspec.convert(without_nulls(msgspec.json.decode(line)), _Asked)


def requests_in(lines: Iterable[bytes], where: str) -> Iterator[Attributes]:
    """The requests in JSON lines: for a URL where `nonResourceURL` is given; a service account's groups are added. UserError names the line that is no request."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            asked = _asked(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise UserError(str(error), where=f"{where}:{number}", do=_FORM) from None
        yield Attributes(
            user=asked.user,
            groups=groups_of(asked.user, asked.groups),
            verb=asked.verb,
            group=asked.group,
            resource=asked.resource,
            subresource=asked.subresource,
            name=asked.name,
            namespace=asked.namespace,
            url=asked.non_resource_url,
            selected=selected_fields(asked.field_selector),
        )


_FORM = 'write {"user", "groups": [], "verb", "group", "resource", "subresource", "name", "namespace"} or "nonResourceURL" for the resource'


def decide(index: AccessIndex, asked: Iterable[Attributes]) -> Decisions:
    """The decision on each request."""
    return Decisions(decisions=[_decision(index.can(one)) for one in asked])


def _decision(decision: Decision) -> DecisionAnswer:
    return DecisionAnswer(allowed=decision.allowed, reason=decision.reason)


def request_of(
    principal: Principal, groups: Sequence[str], verb: str, target: Target, name: str, namespace: str
) -> Attributes:
    """The request that `principal` would make, with the groups that the API server adds."""
    user, every = identity_of(principal, groups)
    return Attributes(user, every, verb, target.group, target.resource, target.subresource, name, namespace, target.url)


# ------------------------------------------------------------------------------------------------ who may, what may they


class Subject(Answer, frozen=True):
    """Somebody whom bindings name. `namespace` is "" for all but service accounts."""

    kind: str
    name: str
    namespace: str

    @classmethod
    def of(cls, principal: Principal) -> Subject:
        return cls(kind=principal.kind, name=principal.name, namespace=principal.namespace)


class WayAnswer(Answer, frozen=True):
    """How somebody comes to be allowed. `namespace` is "" for everywhere, `names` empty for all names."""

    binding: ObjectName
    role: ObjectName
    namespace: str
    names: tuple[str, ...]


class HolderAnswer(Answer, frozen=True):
    subject: Subject
    ways: tuple[WayAnswer, ...]


class WhoAnswer(Answer, frozen=True):
    """Who may. `holders` to every object (or the one named), `limited` to certain names; `notes` say who may besides, `unknown` what was not read."""

    holders: tuple[HolderAnswer, ...]
    limited: tuple[HolderAnswer, ...]
    notes: tuple[str, ...]
    unknown: tuple[str, ...]


def who_can(index: AccessIndex, verb: str, target: Target, name: str = "", namespace: str | None = None) -> WhoAnswer:
    """Who may do this in `namespace` (None: anywhere, "": everywhere at once)."""
    found = index.who_can(verb, target.group, target.resource, target.subresource, name, namespace, url=target.url)
    return WhoAnswer(
        holders=tuple(map(_holder, found.holders)),
        limited=tuple(map(_holder, found.limited)),
        notes=found.notes,
        unknown=found.unknown,
    )


def _holder(holder: Holder) -> HolderAnswer:
    return HolderAnswer(subject=Subject.of(holder.subject), ways=tuple(map(_way, holder.ways)))


def _way(way: Way) -> WayAnswer:
    return WayAnswer(
        binding=name_of(way.grant.binding), role=name_of(way.grant.role), namespace=way.namespace, names=way.names
    )


def name_of(ref: ObjectRef) -> ObjectName:
    return ObjectName(kind=ref.kind, namespace=ref.namespace, name=ref.name, group=ref.group)


class RuleAnswer(Answer, frozen=True):
    """A rule of a role, field by field and in one line (`text`)."""

    verbs: tuple[str, ...]
    api_groups: tuple[str, ...]
    resources: tuple[str, ...]
    resource_names: tuple[str, ...]
    non_resource_urls: tuple[str, ...] = msgspec.field(name="nonResourceURLs")
    text: str

    @classmethod
    def of(cls, rule: PolicyRule) -> RuleAnswer:
        return cls(
            verbs=rule.verbs,
            api_groups=rule.api_groups,
            resources=rule.resources,
            resource_names=rule.resource_names,
            non_resource_urls=rule.non_resource_urls,
            text=spell(rule),
        )


class PermissionAnswer(Answer, frozen=True):
    """A rule that somebody has, where ("" everywhere), and by what: the binding, its role, and the subject in it (the user or one of the groups)."""

    rule: RuleAnswer
    namespace: str
    binding: ObjectName
    role: ObjectName
    by: Subject


class WhatAnswer(Answer, frozen=True):
    """All that somebody has. `unknown` says what was not read, so that there may be more."""

    subject: Subject
    groups: tuple[str, ...]
    permissions: tuple[PermissionAnswer, ...]
    escalations: tuple[EscalationAnswer, ...]
    unknown: tuple[str, ...]


def what_can(index: AccessIndex, principal: Principal, groups: Sequence[str] = ()) -> WhatAnswer:
    """Every permission of somebody, with the binding that gives it, and the powers among them."""
    user, every = identity_of(principal, groups)
    found = index.what_can(user, every)
    return WhatAnswer(
        subject=Subject.of(principal),
        groups=every,
        permissions=tuple(map(permission_answer, found)),
        escalations=tuple(map(_escalation, Escalations(index).of(user, every))),
        unknown=index.rbac.missing,
    )


def permission_answer(permission: Permission) -> PermissionAnswer:
    """A permission as answers give it."""
    grant = permission.grant
    return PermissionAnswer(
        rule=RuleAnswer.of(permission.rule),
        namespace=permission.namespace,
        binding=name_of(grant.binding),
        role=name_of(grant.role),
        by=Subject.of(grant.subject),
    )


# ------------------------------------------------------------------------------------------------ escalation


class GrantAnswer(Answer, frozen=True):
    """A binding that gives a role to a subject."""

    binding: ObjectName
    role: ObjectName
    by: Subject


class EscalationAnswer(Answer, frozen=True):
    """A way to more than was given: what is won (`reach`), where ("" everywhere), for which names only, step by step, and by which grants."""

    subject: Subject
    power: str
    title: str
    reach: str
    namespace: str
    names: tuple[str, ...]
    steps: tuple[str, ...]
    grants: tuple[GrantAnswer, ...]
    attack: tuple[str, ...]


class EscalationsAnswer(Answer, frozen=True):
    """Worst first. `hidden` counts those of the system's own subjects, where they were left out."""

    escalations: tuple[EscalationAnswer, ...]
    hidden: int
    unknown: tuple[str, ...]


def escalations(index: AccessIndex, *, system: bool = False) -> EscalationsAnswer:
    """The powers of everybody whom bindings name; those of the system's own subjects only with `system`."""
    found = Escalations(index).all()
    shown = [one for one in found if system or not of_the_system(one.subject)]
    return EscalationsAnswer(
        escalations=tuple(map(_escalation, shown)), hidden=len(found) - len(shown), unknown=index.rbac.missing
    )


def of_the_system(principal: Principal) -> bool:
    """Whether Kubernetes itself brings the subject: users and groups `system:…` but for those that everybody is in, and accounts of kube-system."""
    if principal.kind == "ServiceAccount":
        return principal.namespace == "kube-system"
    return principal.name.startswith("system:") and not principal.name.startswith(
        ("system:authenticated", "system:unauthenticated", "system:anonymous", "system:serviceaccounts")
    )


def _escalation(one: Escalation) -> EscalationAnswer:
    return EscalationAnswer(
        subject=Subject.of(one.subject),
        power=one.power.id,
        title=one.power.title,
        reach=one.power.reach,
        namespace=one.namespace,
        names=one.names,
        steps=one.steps,
        grants=tuple(map(_grant, one.grants)),
        attack=one.power.attack,
    )


def _grant(grant: Grant) -> GrantAnswer:
    return GrantAnswer(binding=name_of(grant.binding), role=name_of(grant.role), by=Subject.of(grant.subject))


# ------------------------------------------------------------------------------------------------ difference


class ChangeAnswer(Answer, frozen=True):
    """What one subject gained and lost in one namespace ("" for everywhere)."""

    subject: Subject
    namespace: str
    gained: tuple[RuleAnswer, ...]
    lost: tuple[RuleAnswer, ...]


class ChangesAnswer(Answer, frozen=True):
    changes: tuple[ChangeAnswer, ...]
    unknown: tuple[str, ...]


def changes(before: AccessIndex, after: AccessIndex) -> ChangesAnswer:
    """Who gained and who lost what between two states."""
    found = diff(before, after)
    return ChangesAnswer(
        changes=tuple(
            ChangeAnswer(
                subject=Subject.of(change.subject),
                namespace=change.namespace,
                gained=tuple(map(RuleAnswer.of, change.gained)),
                lost=tuple(map(RuleAnswer.of, change.lost)),
            )
            for change in found.changes
        ),
        unknown=found.unknown,
    )


# ------------------------------------------------------------------------------------------------ what is wrong with the objects


class ProblemAnswer(Answer, frozen=True):
    """Something about an RBAC object that a person should know; `place` is `file:line` where it was read from a text."""

    object: ObjectName
    what: str
    place: str


def problems(index: AccessIndex, cluster: Cluster) -> tuple[ProblemAnswer, ...]:
    """Dangling references, aggregation loops, enormous roles and the like."""
    return tuple(
        ProblemAnswer(object=name_of(one.about), what=one.what, place=_place(cluster, one.about))
        for one in index.problems
    )


def _place(cluster: Cluster, ref: ObjectRef) -> str:
    found = cluster.get(ref)
    return str(found.origin) if found is not None and found.origin.source else ""
