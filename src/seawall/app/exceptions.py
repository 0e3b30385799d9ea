"""Which findings are accepted, and why one is or is not."""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

from seawall.app.scan import exceptions_from, scan_cluster
from seawall.kit.errors import UserError
from seawall.model.cluster.snapshot import Cluster
from seawall.model.finding import Finding, Reference, Status
from seawall.scan.exceptions import ANNOTATION, Exceptions, Exemption, Match, annotated, parse_annotation


class Reviewed(msgspec.Struct, frozen=True):
    """An exception and what it covers now. `ended`: its day is past; `covers nothing`: no finding fits it; `unreadable`: a line that lacks something (`reason` says what)."""

    rule: str
    state: Literal["in force", "ended", "covers nothing", "unreadable"]
    covers: int
    until: str
    owner: str
    reason: str
    where: str


def review(cluster: Cluster, path: str | None, today: date) -> tuple[Reviewed, ...]:
    """Every exception, from the file and from annotations."""
    findings = scan_cluster(cluster).findings
    labels = _labels(cluster)
    found: list[Reviewed] = []
    for one in _all(cluster, path, today):
        covers = sum(finding.status is Status.FAIL and _fits(one, finding, labels) for finding in findings)
        state: Literal["in force", "ended", "covers nothing"] = (
            "ended" if one.expired(today) else "in force" if covers else "covers nothing"
        )
        found.append(Reviewed(one.rule, state, covers, one.until, one.owner, one.reason, one.where))
    for thing in annotated(cluster):
        for broken in parse_annotation(thing.metadata.annotations[ANNOTATION], str(thing.ref))[1]:
            where = f"annotation {ANNOTATION} of {thing.ref}"
            found.append(Reviewed(broken.line.split()[0], "unreadable", 0, "", "", broken.why, where))
    return tuple(sorted(found, key=lambda one: (one.state == "in force", one.rule, one.where)))


def why(cluster: Cluster, id: str, path: str | None, today: date) -> list[str]:  # noqa: A002
    """Lines that say, exception by exception, why a finding is or is not covered. UserError where no finding has the id."""
    finding = next((one for one in scan_cluster(cluster).findings if one.id.startswith(id)), None)
    if finding is None:
        raise UserError(f'no finding has the id "{id}"', do="take it from: seawall scan -o json")
    labels = _labels(cluster)
    lines = [f"{finding.rule} {finding.owner} {finding.path}".rstrip()]
    covered = False
    for one in _all(cluster, path, today):
        reason = _reason(one, finding, labels, today)
        lines.append(f"  {one.where}: {reason}")
        covered = covered or reason == "covers it"
    for thing in annotated(cluster):
        if Reference.of(thing.ref) == finding.object:
            broken = parse_annotation(thing.metadata.annotations[ANNOTATION], str(thing.ref))[1]
            lines += [f"  annotation {ANNOTATION} of {thing.ref}: cannot be read: {one.why}" for one in broken]
    lines.append("accepted" if covered else "not accepted")
    return lines


def _all(cluster: Cluster, path: str | None, today: date) -> list[Exemption]:
    from_file: Exceptions = exceptions_from(path, today)
    found = list(from_file.listed)
    for thing in annotated(cluster):
        found += [
            msgspec.structs.replace(one, match=Match(namespace=thing.namespace, name=thing.name, kind=thing.kind))
            for one in parse_annotation(thing.metadata.annotations[ANNOTATION], str(thing.ref))[0]
        ]
    return found


def _labels(cluster: Cluster) -> dict[tuple[str, str, str], dict[str, str]]:
    return {(thing.kind, thing.namespace, thing.name): thing.labels for thing in cluster.objects}


def _fits(one: Exemption, finding: Finding, labels: dict[tuple[str, str, str], dict[str, str]]) -> bool:
    where = (finding.object.kind, finding.object.namespace, finding.object.name)
    return one.covers(finding.rule) and one.match.fits(finding, labels.get(where, {}))


def _reason(one: Exemption, finding: Finding, labels: dict[tuple[str, str, str], dict[str, str]], today: date) -> str:
    if not one.covers(finding.rule):
        return f"is about {one.rule}"
    if not _fits(one, finding, labels):
        return "is about other objects"
    return f"ended on {one.until}" if one.expired(today) else "covers it"
