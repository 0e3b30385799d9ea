"""Use cases on the Pod Security Standards: judge every pod and template, and advise how far each namespace can be tightened."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from seawall.admit.pss import (
    LATEST,
    Advice,
    Assessment,
    Configuration,
    Level,
    Version,
    Violation,
    admit,
    advise,
    parse_level,
    parse_version,
    policy_of,
    read_configuration,
    version_of,
)
from seawall.admit.pss.advice import WORKLOAD_KINDS
from seawall.admit.pss.policy import PREFIX
from seawall.app.answer import Answer
from seawall.kit.errors import UserError
from seawall.model.cluster.coverage import Gap
from seawall.model.cluster.meta import Origin
from seawall.model.cluster.snapshot import Cluster
from seawall.model.cluster.workload import Workload, workloads_of
from seawall.model.plan import Plan, Precondition, patch, plan
from seawall.model.plan import Reason as Why

UNREADABLE = "unreadable"
"""The `check` of a reason that is no violation: the pod could not be read."""


class Reason(Answer, frozen=True):
    """Why a pod is not allowed: upstream's check id, the level it belongs to, the fields at fault, and the sentence. For a pod that
    cannot be read `check` is `unreadable` and `level` is ""."""

    check: str
    level: str
    fields: tuple[str, ...]
    message: str


class PodRow(Answer, frozen=True):
    """One pod or template. `allowed` is null where it could not be read, and `reasons` say why."""

    file: str
    kind: str
    namespace: str
    name: str
    allowed: bool | None
    reasons: tuple[Reason, ...]


class PodRows(Answer, frozen=True):
    """A row for every object that is a pod or holds a template of pods, in the order of the files."""

    pods: tuple[PodRow, ...]


class JudgedPod(NamedTuple):
    """A row, and what tables need besides: where it was read, and the violations."""

    row: PodRow
    origin: Origin
    violations: tuple[Violation, ...]


class Judged(NamedTuple):
    """Pods and templates judged; `unknown` says what could not be read, a sentence each."""

    pods: tuple[JudgedPod, ...]
    unknown: tuple[str, ...]

    @property
    def answer(self) -> PodRows:
        return PodRows(pods=tuple(one.row for one in self.pods))


def level_of(text: str) -> Level:
    """The level that a person named. UserError where there is none."""
    try:
        return parse_level(text)
    except ValueError as error:
        raise UserError(str(error)) from None


def version_named(text: str, cluster: Cluster | None = None) -> Version:
    """The version that a person named; `server` is the one of the cluster's own API server. UserError where there is none."""
    if text == "server":
        return version_of(cluster.version) if cluster is not None else LATEST
    try:
        return parse_version(text)
    except ValueError as error:
        raise UserError(str(error)) from None


def configuration_in(path: str | None) -> Configuration:
    """The plugin's configuration in a file (PodSecurityConfiguration or AdmissionConfiguration); the defaults without one.

    UserError says what is wrong with the file, and where.
    """
    if path is None:
        return Configuration()
    try:
        document = yaml.load(Path(path).read_bytes(), Loader=yaml.CSafeLoader)
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", where=path) from None
    except yaml.YAMLError as error:
        raise UserError(f"is no YAML: {getattr(error, 'problem', error)}", where=path) from None
    try:
        if not isinstance(document, dict):
            raise ValueError("holds no object")
        return read_configuration(document)
    except ValueError as error:
        raise UserError(str(error), where=path) from None


class Gist(NamedTuple):
    """A check that pods fail: how many do, and where the first of them stands (`file:line`, or the object)."""

    check: str
    level: str
    title: str
    fails: int
    first: str


def gists(cluster: Cluster, judged: Judged) -> tuple[Gist, ...]:
    """The checks that fail, most often first."""
    by_check: dict[str, list[tuple[JudgedPod, Violation]]] = defaultdict(list)
    for pod in judged.pods:
        for violation in pod.violations:
            by_check[violation.check].append((pod, violation))
    found = [
        Gist(
            check,
            failing[0][1].level,
            failing[0][1].title,
            len(failing),
            place(cluster, failing[0][0], failing[0][1].fields[0]),
        )
        for check, failing in by_check.items()
    ]
    return tuple(sorted(found, key=lambda gist: (-gist.fails, gist.check)))


def place(cluster: Cluster, pod: JudgedPod, path: str) -> str:
    """Where a field stands: `file:line`, or the object where it was read from no text."""
    line = cluster.line_of(pod.origin, path)
    return str(pod.origin._replace(line=line)) if line else spelled(pod.row)


def spelled(row: PodRow) -> str:
    """The object of a row as `ns/name (Kind)`."""
    return f"{row.namespace}/{row.name} ({row.kind})" if row.namespace else f"{row.name} ({row.kind})"


def judge(cluster: Cluster, level: Level, version: Version = LATEST) -> Judged:
    """Every pod and template of the cluster at one level and version."""
    return _judged(cluster, lambda workload: Assessment(workload).violations(level, version))


def admitted(cluster: Cluster, configuration: Configuration, user: str = "") -> Judged:
    """Every pod and template by what the labels of its namespace enforce, as if `user` created it.

    A template is judged as the pods it makes will be: the API server takes the template and refuses the pods.
    """

    def refused(workload: Workload) -> tuple[Violation, ...]:
        policy, _ = policy_of(cluster.namespace_labels(workload.namespace), configuration.defaults)
        return admit(Assessment(workload), policy, configuration.exemptions, user=user, as_pod=True).refused

    return _judged(cluster, refused)


def _judged(cluster: Cluster, violations_of: Callable[[Workload], tuple[Violation, ...]]) -> Judged:
    found: list[JudgedPod] = []
    for workload in workloads_of(cluster.objects):
        violations = violations_of(workload)
        found.append(JudgedPod(_row(workload, violations), workload.object.origin, violations))
    unknown: list[str] = []
    for gap in cluster.coverage.gaps:
        if gap.kind in WORKLOAD_KINDS and gap.name:
            found.append(JudgedPod(_lost(gap), _origin(gap), ()))
        if gap.kind in WORKLOAD_KINDS or not gap.kind:
            unknown.append(str(gap))
    found.sort(key=lambda one: (one.origin, one.row.namespace, one.row.kind, one.row.name))
    return Judged(tuple(found), tuple(unknown))


def _row(workload: Workload, violations: tuple[Violation, ...]) -> PodRow:
    return PodRow(
        file=workload.object.origin.source,
        kind=workload.kind,
        namespace=workload.namespace,
        name=workload.name,
        allowed=not violations,
        reasons=tuple(
            Reason(check=one.check, level=one.level, fields=one.fields, message=one.message) for one in violations
        ),
    )


def _lost(gap: Gap) -> PodRow:
    reason = Reason(check=UNREADABLE, level="", fields=(), message=gap.what)
    return PodRow(
        file=_origin(gap).source, kind=gap.kind, namespace=gap.namespace, name=gap.name, allowed=None, reasons=(reason,)
    )


def _origin(gap: Gap) -> Origin:
    source, colon, line = gap.where.rpartition(":")
    return Origin(source, int(line)) if colon and line.isdigit() else Origin(gap.where)


# ------------------------------------------------------------------------------------------------ advice


class FailingWorkload(Answer, frozen=True):
    """A workload that fails a check; `fields` lead from its object, or from one of its pods where only they fail."""

    kind: str
    namespace: str
    name: str
    fields: tuple[str, ...]


class ObstacleAnswer(Answer, frozen=True):
    """A check that stands between a namespace and its next level."""

    check: str
    level: str
    title: str
    workloads: tuple[FailingWorkload, ...]


class NamespaceAdvice(Answer, frozen=True):
    """How far a namespace can go. `tightest` is the strictest level that all it holds meets, `nextLevel` "" at the top.

    `enforces` and its like are what the labels ask for today (`level:version`); `labels` are those to set; `command` sets them. `overstepped`: more is
    enforced than what runs meets. `unknown` says what could not be read; then nothing new is enforced.
    """

    namespace: str
    workloads: int
    enforces: str
    audits: str
    warns: str
    tightest: str
    next_level: str
    obstacles: tuple[ObstacleAnswer, ...]
    exempt: bool
    overstepped: bool
    labels: dict[str, str]
    command: str
    problems: tuple[str, ...]
    unknown: tuple[str, ...]


class Advised(Answer, frozen=True):
    """Advice for every namespace, by name."""

    namespaces: tuple[NamespaceAdvice, ...]


def advice(cluster: Cluster, version: Version, configuration: Configuration) -> Advised:
    """How far each namespace of the cluster can be tightened, and how."""
    return Advised(namespaces=tuple(_advice(one) for one in advise(cluster, version, configuration)))


def _advice(one: Advice) -> NamespaceAdvice:
    policy = one.policy
    return NamespaceAdvice(
        namespace=one.namespace,
        workloads=one.workloads,
        enforces=str(policy.enforce),
        audits=str(policy.audit),
        warns=str(policy.warn),
        tightest=one.tightest,
        next_level=one.next_level or "",
        obstacles=tuple(
            ObstacleAnswer(
                check=obstacle.check,
                level=obstacle.level,
                title=obstacle.title,
                workloads=tuple(
                    FailingWorkload(kind=ref.kind, namespace=ref.namespace, name=ref.name, fields=violation.fields)
                    for ref, violation in obstacle.by
                ),
            )
            for obstacle in one.obstacles
        ),
        exempt=one.exempt,
        overstepped=one.overstepped,
        labels=one.labels,
        command=label_command(one.namespace, one.labels),
        problems=one.problems,
        unknown=one.unknown,
    )


def advice_plan(cluster: Cluster, advised: Advised, expires: str = "") -> Plan:
    """The labels to set as a Plan. A namespace that was not read is taken to have none."""
    steps = []
    reasons = []
    conditions = []
    for one in advised.namespaces:
        if not one.labels:
            continue
        name = one.namespace or "default"
        bare = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        present = cluster.namespace_labels(name)
        old = {label: present[label] for label in one.labels if label in present}
        steps.append(patch(_labelled(bare, old), _labelled(bare, {**old, **one.labels})))
        reasons.append(Why(f"all that was read in {name} meets {one.tightest}"))
        if enforced := one.labels.get(f"{PREFIX}enforce"):
            conditions.append(Precondition(f"nothing in {name} has come that does not meet {enforced}"))
    return plan(
        f"Pod Security labels for {len(steps):,} namespace{'' if len(steps) == 1 else 's'}",
        tuple(steps),
        reasons=tuple(reasons),
        preconditions=tuple(conditions),
        expires=expires,
    )


def _labelled(namespace: dict[str, Any], labels: Mapping[str, str]) -> dict[str, Any]:
    return {**namespace, "metadata": {**namespace["metadata"], "labels": dict(labels)}}


def label_command(namespace: str, labels: Mapping[str, str]) -> str:
    """The kubectl line that sets the labels; "" where there are none to set."""
    if not labels:
        return ""
    words = " ".join(shlex.quote(f"{name}={value}") for name, value in labels.items())
    return f"kubectl label namespace {shlex.quote(namespace or 'default')} --overwrite {words}"
