"""Scan what a person names, and explain a rule."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable
from datetime import date
from typing import Any

import msgspec

from seawall import __version__
from seawall.kit.errors import UserError
from seawall.model.cluster.selector import LabelSelector, parse
from seawall.model.cluster.snapshot import Cluster
from seawall.model.cluster.version import parse_version
from seawall.model.report import Report
from seawall.scan.engine import scan
from seawall.scan.exceptions import Exceptions
from seawall.spi import catalogue
from seawall.spi.check import Check
from seawall.spi.documentation import Documentation

TOOL = f"seawall {__version__}"


class Selection(msgspec.Struct, frozen=True):
    """Which checks run: ids or globs (`workload/*`); empty `only` is all. Preview checks run when they are named.

    `labels` is a selector as `kubectl -l` has it: what is told of the objects that it fits. All objects are read and judged with.
    """

    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    labels: str = ""

    @property
    def selector(self) -> LabelSelector | None:
        """None where all is told. UserError for a text that is no selector."""
        if not self.labels:
            return None
        try:
            return parse(self.labels)
        except ValueError as error:
            raise UserError(f"this is no selector: {error}", where=f"-l {self.labels}") from None

    def choose(self) -> tuple[Check[Any], ...]:
        """The checks selected. UserError where a pattern fits none, for a misspelt id must not pass for a clean scan."""
        every = catalogue.checks()
        for pattern in (*self.only, *self.skip):
            if not any(fnmatch.fnmatchcase(one.id, pattern) for one in every):
                raise UserError(f'no rule fits "{pattern}"', do="list them with: seawall explain")
        chosen = []
        for one in every:
            wanted = (
                any(fnmatch.fnmatchcase(one.id, pattern) for pattern in self.only) if self.only else not one.preview
            )
            if wanted and not any(fnmatch.fnmatchcase(one.id, pattern) for pattern in self.skip):
                chosen.append(one)
        return tuple(chosen)


def scan_cluster(
    cluster: Cluster,
    *,
    selection: Selection | None = None,
    at: date | None = None,
    kubernetes: str = "",
    exceptions: Exceptions | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Runs the selected checks over `cluster`, as of the day `at` and for the version `kubernetes` where they are given. UserError where that is none."""
    if kubernetes and parse_version(kubernetes) is None:
        raise UserError(f'"{kubernetes}" is no version of Kubernetes', do="write it as 1.36 or v1.36.3")
    selection = selection or Selection()
    return scan(
        cluster,
        selection.choose(),
        selector=selection.selector,
        tool=TOOL,
        at=at,
        kubernetes=kubernetes,
        exceptions=exceptions,
        progress=progress,
    )


def exceptions_from(path: str | None, today: date) -> Exceptions:
    """The exceptions of a file (none without one), judged on `today`."""
    if path is None:
        return Exceptions(today=today)
    from seawall.sources.state.exceptions_file import read_exceptions

    return Exceptions(read_exceptions(path), today)


class Explanation(msgspec.Struct, frozen=True):
    """A rule as a person reads it."""

    id: str
    severity: str
    since: str
    on: str
    documentation: Documentation
    frameworks: tuple[str, ...]
    preview: bool


def explain(id: str) -> Explanation:  # noqa: A002
    """The documentation of one rule. UserError names near ids where there is none."""
    for one in catalogue.checks():
        if one.id == id or one.id.partition("/")[2] == id:
            return Explanation(
                one.id,
                one.severity.value,
                one.since,
                " and ".join(kind.__name__ for kind in one.on),
                one.documentation,
                tuple(str(place) for place in one.maps),
                one.preview,
            )
    near = [
        one.id
        for one in catalogue.checks()
        if any(word in one.id for word in id.replace("/", "-").split("-") if len(word) > 3)
    ]
    hint = f"did you mean {', '.join(near[:4])}?" if near else "list them with: seawall explain"
    raise UserError(f'no rule is called "{id}"', do=hint)


def rules() -> tuple[Explanation, ...]:
    """Every rule, by id."""
    return tuple(explain(one.id) for one in catalogue.checks())
