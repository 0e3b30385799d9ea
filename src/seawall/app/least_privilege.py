"""A smaller role for one identity, from the audit log: what it has held against what it used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from seawall.access import AccessIndex, Attributes
from seawall.access.attributes import account_of
from seawall.access.decision import Principal
from seawall.access.index import NO_NAME_YET
from seawall.access.least_privilege import Proposal, Used, reduce
from seawall.app.access import PermissionAnswer, RuleAnswer, Subject, identity_of, permission_answer
from seawall.app.answer import Answer
from seawall.kit.errors import UserError
from seawall.model.cluster.access_kinds import ClusterRoleBinding, PolicyRule, RoleBinding
from seawall.model.cluster.snapshot import Cluster
from seawall.model.plan import Plan, Precondition, Reason, create, delete, patch, plan

_RBAC = "rbac.authorization.k8s.io"


class _User(msgspec.Struct, frozen=True):
    username: str = ""
    groups: tuple[str, ...] = ()


class _Object(msgspec.Struct, frozen=True, rename="camel"):
    resource: str = ""
    subresource: str = ""
    api_group: str = ""
    namespace: str = ""
    name: str = ""


class _Event(msgspec.Struct, frozen=True, rename="camel"):
    """The part of an audit event (audit.k8s.io/v1) that tells what was asked of the authorizers."""

    stage: str = ""
    verb: str = ""
    request_uri: str = msgspec.field(default="", name="requestURI")
    user: _User = _User()
    impersonated_user: _User | None = None
    object_ref: _Object | None = None
    stage_timestamp: str = ""
    annotations: dict[str, str] | None = None


class Evidence(Answer, frozen=True):
    """The audit log that was looked at: events of every identity, those of this one, lines that name it and cannot be read, and the time between the first and the last."""

    events: int
    by_subject: int
    malformed: int
    first: str
    last: str


class UsedAnswer(Answer, frozen=True):
    """A request that was seen, and how often."""

    request: str
    times: int


class SmallerRole(Answer, frozen=True):
    """What an identity needs of what it has. `manifests` are the roles and bindings to put in the place of its own.

    `kept` of `granted` permissions (verb, group, resource and name taken one by one) are left. Coverage: the evidence, how many requests other grants
    (its groups') allow anyway, requests that nothing explains, and the grants of which nothing was used.
    """

    subject: Subject
    evidence: Evidence
    everywhere: tuple[RuleAnswer, ...]
    by_namespace: dict[str, tuple[RuleAnswer, ...]]
    granted: int
    kept: int
    elsewhere: int
    unexplained: tuple[UsedAnswer, ...]
    unused: tuple[PermissionAnswer, ...]
    manifests: tuple[dict[str, Any], ...]
    unknown: tuple[str, ...]


class AuditLog:
    """What one identity asked for in audit logs, and how much was looked at."""

    def __init__(self, user: str) -> None:
        self.user = user
        self.used: Counter[Attributes] = Counter()
        self.events = self.malformed = 0
        self.first = self.last = ""
        self._decoder = msgspec.json.Decoder(_Event)

    def read(self, lines: Iterable[bytes]) -> None:
        """Adds the events in JSON lines. Only finished requests that were allowed count; what is no event is counted apart."""
        needle = self.user.encode()
        for line in lines:
            if not line.strip():
                continue
            if (
                needle not in line
            ):  # nothing in it can be about the identity; decoding the rest would take most of the time
                self.events += 1
                continue
            try:
                event = self._decoder.decode(line)
            except msgspec.DecodeError:
                self.malformed += 1
                continue
            self.events += 1
            self._take(event)

    def _take(self, event: _Event) -> None:
        decided = (event.annotations or {}).get("authorization.k8s.io/decision", "allow")
        if (
            event.stage not in ("ResponseComplete", "") or decided != "allow"
        ):  # every request is told once when it has ended
            return
        if event.impersonated_user is not None and event.user.username == self.user:
            self._note(_impersonation(event.impersonated_user.username), event)
        acting = event.impersonated_user or event.user
        if acting.username == self.user:
            self._note(_request(event), event)

    def _note(self, asked: Attributes, event: _Event) -> None:
        self.used[asked] += 1
        at = event.stage_timestamp
        self.first = min(filter(None, (self.first, at)), default="")
        self.last = max(self.last, at)


def _request(event: _Event) -> Attributes:
    what = event.object_ref
    if what is None:
        return Attributes(verb=event.verb, url=event.request_uri.partition("?")[0])
    named = what.subresource or event.verb not in NO_NAME_YET  # the log knows names that the authorizers did not
    return Attributes(
        verb=event.verb,
        group=what.api_group,
        resource=what.resource,
        subresource=what.subresource,
        name=what.name if named else "",
        namespace=what.namespace,
    )


def _impersonation(user: str) -> Attributes:
    account = account_of(user)
    if account is None:
        return Attributes(verb="impersonate", resource="users", name=user)
    return Attributes(verb="impersonate", resource="serviceaccounts", name=account[1], namespace=account[0])


def read_audit(user: str, paths: Sequence[str]) -> AuditLog:
    """What `user` did according to audit log files (JSON lines). UserError where one cannot be read."""
    log = AuditLog(user)
    for path in paths:
        try:
            with Path(path).open("rb") as lines:
                log.read(lines)
        except OSError as error:
            raise UserError(f"cannot be read: {error.strerror}", where=path) from None
    return log


def smaller_role(index: AccessIndex, principal: Principal, log: AuditLog, names_up_to: int = 0) -> SmallerRole:
    """What `principal` needs of what bindings give it by its own name; what its groups have stays. UserError for a group."""
    if principal.kind == "Group":
        raise UserError("a group makes no requests of its own", do="name a user or a service account")
    own = index.given_to(principal)
    user, groups = identity_of(principal)
    besides = tuple(one for one in index.what_can(user, groups) if one.grant.subject != principal)
    proposal = reduce(
        own, (Used(asked, times) for asked, times in log.used.items()), besides=besides, names_up_to=names_up_to
    )
    coverage = proposal.coverage
    return SmallerRole(
        subject=Subject.of(principal),
        evidence=Evidence(
            events=log.events,
            by_subject=sum(log.used.values()),
            malformed=log.malformed,
            first=log.first,
            last=log.last,
        ),
        everywhere=tuple(map(RuleAnswer.of, proposal.everywhere)),
        by_namespace={where: tuple(map(RuleAnswer.of, rules)) for where, rules in proposal.by_namespace.items()},
        granted=coverage.granted,
        kept=coverage.kept,
        elsewhere=coverage.elsewhere,
        unexplained=tuple(UsedAnswer(request=str(one.asked), times=one.times) for one in coverage.unexplained),
        unused=tuple(map(permission_answer, coverage.unused)),
        manifests=tuple(_manifests(principal, proposal)),
        unknown=index.rbac.missing,
    )


def smaller_role_plan(cluster: Cluster, found: SmallerRole, expires: str = "") -> Plan:
    """The smaller role as a Plan: first it is given, then what bindings gave the subject by its own name is taken away."""
    who = found.subject
    steps = [create(manifest) for manifest in found.manifests]
    for binding in (*cluster.known(RoleBinding), *cluster.known(ClusterRoleBinding)):
        raw = cluster.raw(binding)
        if raw is None:
            continue
        named = [one for one in raw.get("subjects") or () if _names(one, who)]
        rest = [one for one in raw.get("subjects") or () if one not in named]
        if named:
            steps.append(patch(raw, {**raw, "subjects": rest}) if rest else delete(_as_created(raw)))
    evidence = found.evidence
    span = f" between {evidence.first} and {evidence.last}" if evidence.first else ""
    title = f"A smaller role for {who.namespace + '/' if who.namespace else ''}{who.name} ({who.kind})"
    return plan(
        title,
        tuple(steps),
        reasons=(
            Reason(
                f"it used {found.kept:,} of {found.granted:,} permissions in {evidence.by_subject:,} requests{span}"
            ),
        ),
        preconditions=(Precondition("it has not begun to use more since"),),
        expires=expires,
    )


def _names(subject: dict[str, Any], who: Subject) -> bool:
    """Whether the entry of a binding is exactly this subject; a user may bear a service account's name."""
    kind, name, namespace = (str(subject.get(key) or "") for key in ("kind", "name", "namespace"))
    if kind == "User" and (account := account_of(name)) is not None:
        kind, (namespace, name) = "ServiceAccount", account
    return (kind, name) == (who.kind, who.name) and (kind != "ServiceAccount" or namespace == who.namespace)


def _as_created(thing: dict[str, Any]) -> dict[str, Any]:
    """An object without what the API server adds, so that it can be made again."""
    given = ("name", "namespace", "labels", "annotations")
    metadata = {key: thing["metadata"][key] for key in given if key in thing["metadata"]}
    return {**thing, "metadata": metadata}


def _manifests(principal: Principal, proposal: Proposal) -> Iterable[dict[str, Any]]:
    name = f"{principal.name.replace(':', '-')}-least"
    subject: dict[str, str] = {"kind": principal.kind, "name": principal.name}
    if principal.kind == "ServiceAccount":
        subject["namespace"] = principal.namespace
    else:
        subject["apiGroup"] = _RBAC
    if proposal.everywhere:
        wide = f"{principal.namespace}-{name}" if principal.namespace else name
        yield from _role_and_binding("Cluster", {"name": wide}, proposal.everywhere, subject)
    for namespace, rules in proposal.by_namespace.items():
        yield from _role_and_binding("", {"name": name, "namespace": namespace}, rules, subject)


def _role_and_binding(
    scope: str, metadata: dict[str, str], rules: tuple[PolicyRule, ...], subject: dict[str, str]
) -> Iterable[dict[str, Any]]:
    head = {"apiVersion": f"{_RBAC}/v1"}
    yield {**head, "kind": f"{scope}Role", "metadata": metadata, "rules": [msgspec.to_builtins(rule) for rule in rules]}
    yield {
        **head,
        "kind": f"{scope}RoleBinding",
        "metadata": metadata,
        "roleRef": {"apiGroup": _RBAC, "kind": f"{scope}Role", "name": metadata["name"]},
        "subjects": [subject],
    }
