"""Findings that somebody accepted: with a reason, an owner and an end, by annotation or by file.

By annotation, on the object itself, one line a rule:

    seawall.dev/allow: |
      workload/privileged-container until=2027-01-31 owner=platform The CNI needs it.

By file, a list of the same facts with a selector. A rule may end in `/*`. An exception without a reason or owner, or past its end, covers nothing.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping
from datetime import date

import msgspec

from seawall.model.cluster.selector import LabelSelector
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


class Exceptions:
    """All exceptions of a scan. `today` decides which have ended; without it none has."""

    def __init__(self, listed: tuple[Exemption, ...] = (), today: date | None = None) -> None:
        self.listed, self.today = listed, today
        self.used: set[int] = set()

    def apply(self, finding: Finding, marks: tuple[Mapping[str, str], Mapping[str, str]]) -> Finding:
        """`finding`, marked as skipped where an exception covers it; `marks` are its object's labels and annotations."""
        if finding.status is not Status.FAIL:
            return finding
        labels, annotations = marks
        text = annotations.get(ANNOTATION)
        if text is not None:
            for one in parse_annotation(text, str(finding.object)):
                if one.covers(finding.rule) and not self._ended(one):
                    return _skip(finding, one)
        for index, one in enumerate(self.listed):
            if one.covers(finding.rule) and one.match.fits(finding, labels):
                self.used.add(index)
                if not self._ended(one):
                    return _skip(finding, one)
        return finding

    def _ended(self, one: Exemption) -> bool:
        return self.today is not None and one.expired(self.today)


_LINE = re.compile(
    r"\s*(?P<rule>[\w*-]+/[\w*-]+)\s+until=(?P<until>\d{4}-\d\d-\d\d)\s+owner=(?P<owner>\S+)\s+(?P<reason>\S.*?)\s*"
)


def parse_annotation(text: str, where: str) -> tuple[Exemption, ...]:
    """The exceptions in an annotation; lines that lack rule, end, owner or reason cover nothing."""
    found: list[Exemption] = []
    for line in text.splitlines():
        match = _LINE.fullmatch(line)
        if match is not None and _is_date(match["until"]):
            found.append(
                Exemption(
                    match["rule"],
                    match["reason"],
                    match["owner"],
                    match["until"],
                    where=f"annotation {ANNOTATION} of {where}",
                )
            )
    return tuple(found)


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _glob(pattern: str, text: str) -> bool:
    return not pattern or pattern == text or fnmatch.fnmatchcase(text, pattern)


def _skip(finding: Finding, one: Exemption) -> Finding:
    return msgspec.structs.replace(
        finding, status=Status.SKIPPED, suppression=Suppression(one.reason, one.owner, one.until, one.where)
    )
