"""Only what is new since a former report or snapshot: findings are matched by their fingerprint, so neither lines nor pod names nor the order of lists matter."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from seawall.kit.errors import UserError
from seawall.live.findings import RESOLVED, transitions
from seawall.model.cluster.snapshot import Cluster
from seawall.model.finding import Finding, Status
from seawall.model.report import SCHEMA, Baseline, Report

_ZSTANDARD = b"\x28\xb5\x2f\xfd"
"""How a snapshot begins."""


def read_baseline(path: str, scan: Callable[[Cluster], Report]) -> Report:
    """The report in `path`, or that of the snapshot in it, which `scan` makes. UserError where it is neither."""
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", where=path) from None
    if content.startswith(_ZSTANDARD):
        from seawall.sources.state import read
        from seawall.spi.source import StateOptions

        return scan(read((path,), StateOptions()))
    try:
        found = msgspec.json.decode(content, type=Report)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UserError(
            f"is no report that can be compared: {error}",
            where=path,
            do="make one with: seawall scan … -o json, or save a snapshot",
        ) from None
    if found.schema != SCHEMA:
        raise UserError(f'is a report of schema "{found.schema}"', where=path, do=f"make one of {SCHEMA}")
    return found


def since(before: Report, now: Report, against: str, namespaces: tuple[str, ...] = ()) -> Report:
    """`now`, with what is new in it and what of `before` is gone. `namespaces` are those that were scanned now, if not all.

    New is a fault that was not there, that was accepted, or that was less severe, and an answer that could be given before. What the scan of now could not have found again is not resolved but untold.
    UserError where the two are of different clusters, for then everything would be new.
    """
    if before.cluster.id != now.cluster.id:
        raise UserError(
            f'the baseline is of the cluster "{before.cluster.id}", and this is "{now.cluster.id}"',
            where=against,
            do="compare a cluster with itself; for files, name both alike with --cluster",
        )
    ran = {rule.id for rule in now.rules}

    def compared(one: Finding) -> bool:
        return one.rule in ran and (not namespaces or not one.owner.namespace or one.owner.namespace in namespaces)

    known = {one.id: one for one in before.findings if compared(one)}
    new = [one for one in now.findings if _is_new(one, known.get(one.id))]
    gone = [
        change
        for change in transitions(known, now, at=0, scan="")
        if change.finding.id not in {one.id for one in now.findings} and known[change.finding.id].status is Status.FAIL
    ]
    had = set(map(str, before.coverage.gaps))
    return msgspec.structs.replace(
        now,
        baseline=Baseline(
            against=against,
            new=tuple(one.id for one in new),
            worse=tuple(one.id for one in new if one.id in known),
            resolved=tuple(change.finding for change in gone if change.transition == RESOLVED),
            untold=tuple(change.finding for change in gone if change.transition != RESOLVED),
            new_gaps=sum(gap.count for gap in now.coverage.gaps if str(gap) not in had),
            not_compared=sum(not compared(one) for one in before.findings),
        ),
    )


def _is_new(one: Finding, before: Finding | None) -> bool:
    if one.status is Status.SKIPPED:
        return False
    if before is None:
        return True
    return one.status is Status.FAIL and (before.status is not Status.FAIL or one.severity.rank > before.severity.rank)
