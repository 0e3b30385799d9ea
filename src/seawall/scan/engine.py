"""The engine: every check over every subject, hits to findings, and never a silent failure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import date
from functools import cached_property
from typing import Any

import msgspec

from seawall.model.cluster.coverage import NotCollected, OutOfScope
from seawall.model.cluster.meta import NOWHERE, Object, ObjectRef, Origin
from seawall.model.cluster.selector import LabelSelector
from seawall.model.cluster.snapshot import Cluster
from seawall.model.cluster.workload import Workload
from seawall.model.finding import Change, Finding, Reference, Severity, Status, fingerprint, identity
from seawall.model.report import SCHEMA, ClusterSummary, OutOfScopeRule, Report, RuleSummary, summarise
from seawall.scan.exceptions import ANNOTATION, Exceptions, Standing, standing
from seawall.scan.names import by_name
from seawall.spi import catalogue
from seawall.spi.check import Check, Context, Hit, Unknown, ref_of


def scan(
    cluster: Cluster,
    checks: Iterable[Check[Any]],
    *,
    tool: str,
    at: date | None = None,
    kubernetes: str = "",
    exceptions: Exceptions | None = None,
    selector: LabelSelector | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Runs `checks` over `cluster`, and reports what they find on the objects that `selector` fits (None: on all).

    `tool` names the version that did; `at` is the day that the scan is about (without it, that on which the cluster was read), `kubernetes` the version that
    the objects must work with (without it, the cluster's own); `progress` is told (checks done, checks in all).
    """
    chosen, exceptions = tuple(checks), exceptions or Exceptions()
    run = Run(cluster, at=at, kubernetes=kubernetes)
    for done, one in enumerate(chosen):
        run.check(one)
        if progress is not None:
            progress(done + 1, len(chosen))
    findings = run.finish(exceptions)
    findings = in_report_order((*findings, *on_exceptions(cluster, chosen, exceptions, findings, run.out_of_scope)))
    if selector is not None:
        told = run.about(selector)
        findings = tuple(one for one in findings if one.id in told)
    report = report_of(cluster, chosen, findings, run.out_of_scope, tool)
    if selector is not None:
        workloads = sum(selector.matches(one.object.metadata.labels) for one in cluster.workloads)
        report = msgspec.structs.replace(report, cluster=msgspec.structs.replace(report.cluster, workloads=workloads))
    return report


def on_exceptions(
    cluster: Cluster,
    checks: tuple[Check[Any], ...],
    exceptions: Exceptions,
    findings: tuple[Finding, ...],
    out_of_scope: Mapping[str, str],
) -> tuple[Finding, ...]:
    """What the checks of exceptions find, once the exceptions were applied to the `findings` of all others."""
    judges = tuple(one for one in checks if Standing in one.on)
    if not judges or not (exceptions.listed or marked(cluster)):
        return ()
    known = tuple(one.id for one in catalogue.checks())
    ran = {one.id for one in checks} - out_of_scope.keys()
    run = Run(cluster, standing=tuple(standing(cluster, exceptions, findings, known=known, ran=ran)))
    for one in judges:
        run.check(one)
    return run.finish(Exceptions())


def marked(cluster: Cluster) -> bool:
    """Whether any object accepts findings by annotation."""
    return any(ANNOTATION in thing.metadata.annotations for thing in cluster.objects)


def report_of(
    cluster: Cluster,
    checks: tuple[Check[Any], ...],
    findings: tuple[Finding, ...],
    out_of_scope: Mapping[str, str],
    tool: str,
) -> Report:
    """The report of what `checks` found in `cluster`."""
    return Report(
        schema=SCHEMA,
        tool=tool,
        cluster=ClusterSummary(
            id=cluster.id,
            name=cluster.name,
            scope=cluster.scope.description,
            version=cluster.version,
            taken_at=cluster.taken_at,
            objects=sum(cluster.coverage.objects.values()),
            workloads=len(cluster.workloads),
        ),
        summary=summarise(findings, cluster.coverage),
        findings=findings,
        rules=tuple(rule_summary(one) for one in checks),
        coverage=cluster.coverage,
        out_of_scope=tuple(OutOfScopeRule(rule, why) for rule, why in out_of_scope.items()),
    )


def rule_summary(check: Check[Any]) -> RuleSummary:
    documentation = check.documentation
    frameworks: dict[str, list[str]] = defaultdict(list)
    for place in check.maps:
        frameworks[place.framework].append(f"{place.version} {place.id}" if place.version else place.id)
    return RuleSummary(
        check.id, documentation.title, check.severity, documentation.fix, dict(frameworks), check.preview
    )


Seen = Callable[[str, Origin, "Change | None"], None]
"""Told of every fault, also where it is one with another: the finding's id, where the object was read, and the change that mends it."""


class Subjects:
    """What checks look at in one Cluster, and the indexes that they ask for: worked out once, for however many runs."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.indexes: dict[Hashable, Any] = {}
        self._chosen: dict[tuple[type[Any], frozenset[ObjectRef] | None], tuple[Any, ...]] = {}

    def of(self, kind: type[Any], only: frozenset[ObjectRef] | None = None) -> tuple[Any, ...]:
        """All subjects of a kind, or those that `only` names. Raises NotCollected."""
        found = self._chosen.get((kind, only))
        if found is None:
            every = self._every(kind)
            found = every if only is None else tuple(one for one in every if ref_of(one) in only)
            self._chosen[kind, only] = found
        return found

    def _every(self, kind: type[Any]) -> tuple[Any, ...]:
        if kind is Workload:
            return (*self.cluster.workloads, *self._pods[0])
        if kind is Cluster:
            return (self.cluster,)
        if kind is Object:
            return self.cluster.objects
        return self.cluster.of(kind)

    @property
    def repeats(self) -> Mapping[str, int]:
        """For how many pods each one stands, where it is more than itself."""
        return self._pods[1]

    @cached_property
    def _pods(self) -> tuple[tuple[Workload, ...], Mapping[str, int]]:
        """One pod of each distinct spec under an owner: what admission added to a template shows there, once and not forty times."""
        chosen: dict[tuple[ObjectRef, bytes], Workload] = {}
        repeats: dict[str, int] = {}
        for workload in self.cluster.pod_workloads:
            key = (workload.owner, _shape(workload))
            if key in chosen:
                name = str(chosen[key].ref)
                repeats[name] = repeats.get(name, 1) + 1
            else:
                chosen[key] = workload
        return tuple(chosen.values()), repeats

    @cached_property
    def marked(self) -> bool:
        """Whether any object accepts findings by annotation."""
        return any(ANNOTATION in thing.metadata.annotations for thing in self.cluster.objects)


class _Subject:
    """What all findings on one subject have in common, worked out at the first of them; `findings` are their ids."""

    __slots__ = ("count", "findings", "identity", "object", "origin", "owner", "subject")

    def __init__(self, subject: Any, cluster: str, repeats: Mapping[str, int]) -> None:
        self.subject, self.count = subject, 1
        if isinstance(subject, Workload):
            ref, owner, self.origin = subject.ref, subject.owner, subject.object.origin
            self.count = repeats.get(str(ref), 1)
        else:
            ref = owner = ref_of(subject)
            self.origin = NOWHERE if isinstance(subject, Cluster) else subject.origin
        self.object = Reference.of(ref)
        self.owner = self.object if owner == ref else Reference.of(owner)
        self.identity = identity(cluster, owner)
        self.findings: list[str] = []


class Run:
    """One run over one Cluster: `check` for each check, then `finish`. `subjects` are given where several runs share them."""

    def __init__(
        self,
        cluster: Cluster,
        subjects: Subjects | None = None,
        seen: Seen | None = None,
        *,
        at: date | None = None,
        kubernetes: str = "",
        standing: tuple[Standing, ...] = (),
    ) -> None:
        self.cluster, self._all, self._seen, self.standing = cluster, subjects or Subjects(cluster), seen, standing
        self.context = Context(cluster, self._all.indexes, at=at, kubernetes=kubernetes)
        self.out_of_scope: dict[str, str] = {}
        self._found: dict[str, Finding] = {}
        self._subjects: dict[int, _Subject] = {}  # by the identity of the subject, which each of them keeps alive

    # -------------------------------------------------------------------------------------------- running

    def check(self, check: Check[Any], only: frozenset[ObjectRef] | None = None) -> None:
        """Runs `check` over all its subjects, or those that `only` names."""
        for kind in check.on:
            try:
                subjects = self.standing if kind is Standing else self._all.of(kind, only)
            except OutOfScope as missing:
                self.out_of_scope[check.id] = missing.why
            except NotCollected as missing:
                self._add_unknown(check, self.cluster, "", str(missing))
            else:
                self._over(check, subjects)

    def _over(self, check: Check[Any], subjects: Iterable[Any]) -> None:
        run, context = check.run, self.context
        for subject in subjects:
            try:
                for result in run(subject, context):
                    if type(result) is Hit:
                        self._add(check, subject, result)
                    else:
                        assert isinstance(result, Unknown)
                        self._add_unknown(check, subject, result.path, result.why)
            except OutOfScope as missing:
                self.out_of_scope[check.id] = missing.why
                return
            except NotCollected as missing:
                self._add_unknown(check, subject, "", str(missing))
            except Exception as error:  # noqa: BLE001  the supervisor of plugins: one that fails says so and stops nobody else
                self._add_unknown(check, subject, "", f"the check failed: {type(error).__name__}: {error}")

    # -------------------------------------------------------------------------------------------- collecting

    def _add(self, check: Check[Any], subject: Any, hit: Hit) -> None:
        about = self._subjects.get(id(subject)) or self._first(subject)
        where = by_name(subject, hit.path) if hit.path else ""
        if hit.key:
            where = f"{where}#{hit.key}"
        name = fingerprint(check.id, about.identity, where)
        if self._seen is not None:
            self._seen(name, about.origin, _change(hit))
        before = self._found.get(name)
        if before is not None:
            self._found[name] = msgspec.structs.replace(before, count=before.count + about.count)
            return
        about.findings.append(name)
        self._found[name] = Finding(
            id=name,
            rule=check.id,
            severity=hit.severity or check.severity,
            status=Status.FAIL,
            message=hit.message,
            object=about.object,
            owner=about.owner,
            path=hit.path,
            file=about.origin.source,
            change=_change(hit),
            count=about.count,
        )

    def _add_unknown(self, check: Check[Any], subject: Any, path: str, why: str) -> None:
        about = self._subjects.get(id(subject)) or self._first(subject)
        name = fingerprint(check.id, about.identity, f"{by_name(subject, path)}?{why}")
        about.findings.append(name)
        self._found[name] = Finding(
            id=name,
            rule=check.id,
            severity=check.severity,
            status=Status.UNKNOWN,
            message="",
            object=about.object,
            owner=about.owner,
            path=path,
            file=about.origin.source,
            why=why,
        )

    def _first(self, subject: Any) -> _Subject:
        found = self._subjects[id(subject)] = _Subject(subject, self.cluster.id, self._all.repeats)
        return found

    def _locate(self) -> None:
        """Tells each finding its line, document by document, so that the lines of each are worked out once."""
        tell = msgspec.structs.force_setattr
        for about in sorted(self._subjects.values(), key=lambda one: one.origin):
            if about.origin.line:
                line_of = self.cluster.lines_of(about.origin)
                for name in about.findings:
                    finding = self._found[name]
                    tell(finding, "line", line_of(finding.path))

    def finish(self, exceptions: Exceptions) -> tuple[Finding, ...]:
        """All findings, worst first, with their lines, and with those that somebody accepted marked as skipped."""
        self._locate()
        if not exceptions.listed and not self._all.marked:
            return in_report_order(self._found.values())
        subjects = {name: about.subject for about in self._subjects.values() for name in about.findings}
        return in_report_order(
            exceptions.apply(finding, self._labels_of(subjects[name])) for name, finding in self._found.items()
        )

    def about(self, selector: LabelSelector) -> frozenset[str]:
        """The findings on objects that `selector` fits, and what could not be told of the cluster, for it may concern them."""
        return frozenset(
            name
            for about in self._subjects.values()
            for name in about.findings
            if (
                self._found[name].status is Status.UNKNOWN
                if isinstance(about.subject, Cluster)
                else selector.matches(self._labels_of(about.subject)[0])
            )
        )

    def _labels_of(self, subject: Any) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Labels and annotations of the object that carries the finding."""
        if isinstance(subject, Workload):
            return subject.object.metadata.labels, subject.object.metadata.annotations
        if isinstance(subject, Cluster):
            return {}, {}
        return subject.metadata.labels, subject.metadata.annotations


def _change(hit: Hit) -> Change | None:
    if hit.fix is None or isinstance(hit.fix, Change):
        return hit.fix
    return hit.fix.at(hit.fix_path or hit.path)


def in_report_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Faults before what is not known before what is accepted, each worst first."""
    return tuple(sorted(findings, key=_order))


_STATUS_ORDER = {Status.FAIL: 0, Status.UNKNOWN: 1, Status.SKIPPED: 2}


def _order(finding: Finding) -> tuple[int, int, str, str, str, str, str]:
    owner = finding.owner
    return (
        _STATUS_ORDER[finding.status],
        -finding.severity.rank,
        finding.rule,
        owner.namespace,
        owner.name,
        finding.path,
        finding.id,
    )


def worst(findings: Iterable[Finding]) -> Severity | None:
    """The highest severity among faults."""
    return max(
        (finding.severity for finding in findings if finding.status is Status.FAIL),
        key=lambda one: one.rank,
        default=None,
    )


# What differs between the pods of one template without meaning anything for a check.
_TOKEN_VOLUME = "kube-api-access-"


def _shape(workload: Workload) -> bytes:
    pod = workload.pod
    containers = tuple(_without_token(view.container) for view in workload.containers())
    volumes = tuple(volume for volume in pod.volumes if not volume.name.startswith(_TOKEN_VOLUME))
    plain = msgspec.structs.replace(
        pod,
        node_name="",
        hostname="",
        containers=containers,
        init_containers=(),
        ephemeral_containers=(),
        volumes=volumes,
    )
    return msgspec.msgpack.encode(plain, enc_hook=lambda value: value.values())


def _without_token(container: Any) -> Any:
    mounts = tuple(mount for mount in container.volume_mounts if not mount.name.startswith(_TOKEN_VOLUME))
    return msgspec.structs.replace(container, volume_mounts=mounts)
