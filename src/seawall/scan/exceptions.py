"""Findings that somebody accepted: with a reason, an owner and an end, by annotation or by file.

By annotation, on the object itself, one line a rule:

    seawall.dev/allow: |
      workload/privileged-container until=2027-01-31 owner=platform The CNI needs it.

By file, a list of the same facts with a selector. A rule may end in `/*`. An exception without a reason or owner, or past its end, covers nothing.

Exceptions are subjects of checks themselves (`Standing`): one that has ended, covers nothing or cannot be read is a finding.
"""

from __future__ import annotations

import fnmatch
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

import msgspec

from seawall.model.cluster.meta import Object, ObjectMeta, ObjectRef, Origin
from seawall.model.cluster.selector import LabelSelector
from seawall.model.cluster.snapshot import Cluster
from seawall.model.finding import Finding, Status, Suppression

ANNOTATION = "seawall.dev/allow"


class Match(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, rename="camel"):
    """Which findings an exception covers: every field that is set must fit. Names and namespaces may hold `*`."""

    namespace: str = ""
    name: str = ""
    kind: str = ""
    path: str = ""
    labels: dict[str, str] = {}

    def fits(self, finding: Finding, labels: Mapping[str, str]) -> bool:
        return (
            _glob(self.namespace, finding.owner.namespace)
            and _glob(self.name, finding.owner.name)
            and (not self.kind or self.kind in (finding.owner.kind, finding.object.kind))
            and _glob(self.path, finding.path)
            and (not self.labels or LabelSelector(self.labels).matches(labels))
        )


class Exemption(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One accepted fault. `until` is an ISO date, its day included."""

    rule: str
    reason: str
    owner: str
    until: str
    match: Match = Match()
    where: str = ""

    def covers(self, rule: str) -> bool:
        """Whether it is about `rule`: its own, or one that its glob fits."""
        return self.rule == rule or ("*" in self.rule and fnmatch.fnmatchcase(rule, self.rule))

    def expired(self, today: date) -> bool:
        return date.fromisoformat(self.until) < today

    @property
    def suppression(self) -> Suppression:
        """What a finding that it covers says of it."""
        return Suppression(self.reason, self.owner, self.until, self.where)


class Unreadable(msgspec.Struct, frozen=True):
    """A line of an annotation that covers nothing, and why."""

    line: str
    why: str


class Exceptions:
    """All exceptions of a scan. `today` decides which have ended; without it none has."""

    def __init__(self, listed: tuple[Exemption, ...] = (), today: date | None = None) -> None:
        self.listed, self.today = listed, today

    def apply(self, finding: Finding, marks: tuple[Mapping[str, str], Mapping[str, str]]) -> Finding:
        """`finding`, marked as skipped where an exception covers it; `marks` are its object's labels and annotations."""
        if finding.status is not Status.FAIL:
            return finding
        labels, annotations = marks
        text = annotations.get(ANNOTATION)
        if text is not None:
            for one in parse_annotation(text, str(finding.object))[0]:
                if one.covers(finding.rule) and not self.ended(one):
                    return _skip(finding, one)
        for one in self.listed:
            if one.covers(finding.rule) and one.match.fits(finding, labels) and not self.ended(one):
                return _skip(finding, one)
        return finding

    def ended(self, one: Exemption) -> bool:
        """Whether the last day of `one` is past."""
        return self.today is not None and one.expired(self.today)


class Standing(msgspec.Struct, frozen=True):
    """An exception beside what a scan found, as a subject of checks.

    `ref`, `origin` and `metadata` are those of the object that carries the annotation; of an exception in a file, its place there. `covers` counts the findings that are skipped for it,
    `undecided` the answers that could not be given where it might cover one; `judged` says that every rule that it is about took part.
    """

    exemption: Exemption
    ref: ObjectRef
    origin: Origin
    metadata: ObjectMeta
    path: str
    ended: bool
    covers: int
    undecided: int
    judged: bool


def standing(
    cluster: Cluster, exceptions: Exceptions, findings: Iterable[Finding], *, known: Iterable[str], ran: Iterable[str]
) -> Iterator[Standing]:
    """Every exception beside the `findings` that it was applied to. `known` are the ids of all rules, `ran` of those that took part."""
    covered: Counter[Suppression] = Counter()
    unknown: list[Finding] = []
    for finding in findings:
        if finding.suppression is not None:
            covered[finding.suppression] += 1
        elif finding.status is Status.UNKNOWN:
            unknown.append(finding)
    every, took_part = tuple(known), frozenset(ran)

    def stand(one: Exemption, ref: ObjectRef, origin: Origin, metadata: ObjectMeta, path: str, whole: bool) -> Standing:
        about = [rule for rule in every if one.covers(rule)]
        return Standing(
            one,
            ref,
            origin,
            metadata,
            path,
            ended=exceptions.ended(one),
            covers=covered[one.suppression],
            undecided=sum(one.covers(finding.rule) for finding in unknown),
            judged=whole and all(rule in took_part for rule in about),
        )

    asked = cluster.scope.namespaces
    for one in exceptions.listed:
        file, _, line = one.where.rpartition(":")
        origin = Origin(file, int(line)) if line.isdigit() else Origin(one.where)
        whole = not asked or one.match.namespace in asked
        yield stand(one, ObjectRef("Exception", one.match.namespace, one.rule), origin, ObjectMeta(), "", whole)
    for thing in annotated(cluster):
        path = f"metadata.annotations.{ANNOTATION}"
        for one in parse_annotation(thing.metadata.annotations[ANNOTATION], str(thing.ref))[0]:
            yield stand(one, thing.ref, thing.origin, thing.metadata, path, True)


def annotated(cluster: Cluster) -> tuple[Object, ...]:
    """The objects that accept findings by annotation; not those to which a controller copied its own."""

    def copied(thing: Object) -> bool:
        owner = cluster.get(cluster.owner_of(thing))
        return (
            owner is not None
            and owner is not thing
            and owner.metadata.annotations.get(ANNOTATION) == thing.metadata.annotations[ANNOTATION]
        )

    return tuple(thing for thing in cluster.objects if ANNOTATION in thing.metadata.annotations and not copied(thing))


_RULE = re.compile(r"[\w*-]+/[\w*-]+")
_LINE = re.compile(r"(?P<rule>\S+)(?:\s+until=(?P<until>\S*))?(?:\s+owner=(?P<owner>\S*))?(?:\s+(?P<reason>\S.*))?")


def parse_annotation(text: str, where: str) -> tuple[tuple[Exemption, ...], tuple[Unreadable, ...]]:
    """The exceptions in an annotation, and the lines that are none: they lack rule, end, owner or reason and cover nothing."""
    found: list[Exemption] = []
    broken: list[Unreadable] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        match = _LINE.fullmatch(line)
        assert match is not None  # every part but the first word is optional
        why = _problem(match["rule"], match["until"], match["owner"], match["reason"])
        if why:
            broken.append(Unreadable(line, why))
        else:
            said = f"annotation {ANNOTATION} of {where}"
            found.append(Exemption(match["rule"], match["reason"], match["owner"], match["until"], where=said))
    return tuple(found), tuple(broken)


def _problem(rule: str, until: str | None, owner: str | None, reason: str | None) -> str:
    """What a line lacks, in the order in which it is written; "" if nothing."""
    if not _RULE.fullmatch(rule):
        return f'"{rule}" is no rule; a line reads: RULE until=YYYY-MM-DD owner=WHO reason'
    if until is None:
        return "no until=YYYY-MM-DD after the rule"
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", until) or not _is_date(until):
        return f'"{until}" is no day (YYYY-MM-DD)'
    if not owner:
        return "no owner=WHO after the day"
    return "" if reason else "no reason after the owner"


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _glob(pattern: str, text: str) -> bool:
    return not pattern or pattern == text or fnmatch.fnmatchcase(text, pattern)


def _skip(finding: Finding, one: Exemption) -> Finding:
    return msgspec.structs.replace(finding, status=Status.SKIPPED, suppression=one.suppression)
