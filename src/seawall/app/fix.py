"""Mend what a scan finds in the files that people wrote: patched in memory, scanned again, and written only where nothing gets worse."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from functools import cache
from typing import NamedTuple

from seawall.app.answer import Answer
from seawall.app.inputs import Inputs
from seawall.app.scan import Selection
from seawall.kit.errors import UserError
from seawall.model.cluster.meta import Origin
from seawall.model.cluster.snapshot import Cluster
from seawall.model.finding import Change, Finding, Severity, Status
from seawall.model.plan import Plan, Reason, Step, Target, patch, plan
from seawall.render.unified import unified
from seawall.scan.engine import Run
from seawall.scan.exceptions import Exceptions
from seawall.sources.state.files import STANDARD_INPUT
from seawall.sources.state.mending import Wanted
from seawall.sources.state.workspace import STDIN, Workspace
from seawall.spi import catalogue
from seawall.spi.documentation import Documentation
from seawall.spi.source import StateOptions

ROUNDS = 8
"""How often what a fix brings to light is fixed too; each round mends at least one finding, few inputs need three."""


class FixRow(Answer, frozen=True):
    """One fault in one place (`file:line`). `change` is what mends it, null where no program can; `why` says what keeps it from being made."""

    rule: str
    severity: str
    kind: str
    namespace: str
    name: str
    path: str
    place: str
    change: Change | None
    why: str = ""


class FixedFile(Answer, frozen=True):
    """A file that changes, as a unified diff."""

    file: str
    diff: str
    written: bool


class Fixed(Answer, frozen=True):
    """What was mended and what was not.

    `fixed` is gone after the change, `new` was not there before it. Of what is left: `unsafe` could be mended but may break the workload, `refused` could not
    be written, `generated` stands in what a tool made (why says where to look), and `left` counts by severity what only a person can mend.
    `unknown` are sentences on what could not be read.
    """

    files: tuple[FixedFile, ...]
    fixed: tuple[FixRow, ...]
    new: tuple[FixRow, ...]
    unsafe: tuple[FixRow, ...]
    refused: tuple[FixRow, ...]
    generated: tuple[FixRow, ...]
    left: dict[str, int]
    unknown: tuple[str, ...]

    def exit_code(self, threshold: Severity | None) -> int:
        """1 if what is left or new holds a fault at `threshold` or above, else 3 if something could not be told or changed, else 0."""
        found = Counter(self.left)
        found.update(row.severity for rows in (self.new, self.unsafe, self.refused, self.generated) for row in rows)
        if threshold is not None and any(
            count and Severity(name).rank >= threshold.rank for name, count in found.items()
        ):
            return 1
        return 3 if self.unknown or self.refused else 0


class _Key(NamedTuple):
    """A fault in one place: one finding may stand in several files that describe the same object."""

    finding: str
    source: str
    document: int

    def place(self) -> tuple[str, int, str]:
        """What rows are ordered by. The lines of a document are worked out once for all that is asked about it in a row."""
        return self.source, self.document, self.finding


class _Spot(NamedTuple):
    """Where a change is made. Two changes of one kind to one field are one."""

    source: str
    document: int
    op: str
    path: str

    @classmethod
    def of(cls, source: str, document: int, change: Change) -> _Spot:
        return cls(source, document, change.op, change.path)


class _Look(NamedTuple):
    """What a scan saw: the findings, and for every fault in every place the changes that mend it."""

    cluster: Cluster
    findings: Mapping[str, Finding]
    faults: Mapping[_Key, tuple[Change, ...]]


class Mending:
    """What would be changed: `answer` says it, `write` does it."""

    def __init__(
        self,
        inputs: Inputs,
        *,
        selection: Selection,
        unsafe: bool,
        exceptions: Exceptions,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> None:
        """UserError where the input is no files, or standard input with files."""
        if inputs.context is not None or inputs.kubeconfig is not None:
            raise UserError("a live cluster has no files to fix", do="name the manifests it is made of")
        if not inputs.paths:
            raise UserError("nothing to fix was named", do="give files or folders, or - for standard input")
        if STANDARD_INPUT in inputs.paths and len(inputs.paths) > 1:
            raise UserError("standard input is fixed alone", do="name it without others")
        self._unsafe, self._exceptions, self._progress = unsafe, exceptions, progress
        every = Selection((), selection.skip).choose()
        chosen = selection.choose()
        self._rules = frozenset(check.id for check in chosen)
        self._checks = (*every, *(check for check in chosen if check not in every))
        self.workspace = Workspace(
            inputs.paths, StateOptions(name=inputs.cluster or "files", values=inputs.values, progress=progress)
        )
        self._before = self._look(self.workspace.cluster)
        self._excluded: dict[tuple[str, int], str] = {}
        self._refused: dict[_Spot, str] = {}
        self.contents, self._after = self._converge()
        while worse := self._worse():
            self._excluded |= worse
            self.contents, self._after = self._converge()

    # -------------------------------------------------------------------------------------------- looking and changing

    def _look(self, cluster: Cluster) -> _Look:
        faults: dict[_Key, list[Change]] = defaultdict(list)

        def see(finding: str, origin: Origin, change: Change | None) -> None:
            changes = faults[_Key(finding, origin.source, origin.document)]
            if change is not None and change not in changes:
                changes.append(change)

        run = Run(cluster, seen=see)
        for done, check in enumerate(self._checks):
            run.check(check)
            if self._progress is not None:
                self._progress("checks", done + 1, len(self._checks))
        findings = {finding.id: finding for finding in run.finish(self._exceptions)}
        return _Look(
            cluster,
            findings,
            {key: tuple(changes) for key, changes in faults.items() if findings[key.finding].status is Status.FAIL},
        )

    def _converge(self) -> tuple[dict[str, bytes], _Look]:
        """Changes until nothing more is to be changed: a fix may bring to light what it hid."""
        look = self._before
        contents: dict[str, bytes] = {}
        self._refused.clear()
        for _ in range(ROUNDS):
            any_made = False
            for source, wanted in self._wanted(look).items():
                content = contents.get(source, self.workspace.content(source))
                mended = self.workspace.mend(source, content, wanted)
                for one in mended.refused:
                    self._refused[_Spot.of(source, *one.wanted)] = one.why
                if mended.content != content:
                    contents[source] = mended.content
                    any_made = True
            if not any_made:
                break
            look = self._look(self.workspace.with_changes(contents))
        return contents, look

    def _wanted(self, look: _Look) -> dict[str, list[Wanted]]:
        found: dict[str, dict[_Spot, Wanted]] = defaultdict(dict)
        for key, changes in look.faults.items():
            where = key.source, key.document
            if (
                changes
                and look.findings[key.finding].rule in self._rules
                and self.workspace.can_change(key.source)
                and where not in self._excluded
            ):
                for change in changes:
                    spot = _Spot.of(key.source, key.document, change)
                    if (change.safe or self._unsafe) and spot not in self._refused:
                        found[key.source][spot] = Wanted(key.document, change)
        return {source: list(wanted.values()) for source, wanted in sorted(found.items())}

    def _worse(self) -> dict[tuple[str, int], str]:
        """Objects that the changes make worse, and how: what can not be decoded any more, and without `unsafe` new faults as bad as those mended."""
        found: dict[tuple[str, int], str] = {}
        there = {(thing.origin.source, thing.origin.document) for thing in self._after.cluster.objects}
        for thing in self._before.cluster.objects:
            where = thing.origin.source, thing.origin.document
            if where not in there and thing.origin.source in self.contents and where not in self._excluded:
                found[where] = "the API server would refuse it"
        if self._unsafe:
            return found
        failing = {(key.source, key.document, self._before.findings[key.finding].rule) for key in self._before.faults}
        mended: dict[tuple[str, int], int] = {}
        for key in self._before.faults.keys() - self._after.faults.keys():
            rank = self._before.findings[key.finding].severity.rank
            where = key.source, key.document
            mended[where] = min(rank, mended.get(where, rank))
        for key in self._after.faults.keys() - self._before.faults.keys():
            where = key.source, key.document
            finding = self._after.findings[key.finding]
            hidden = (*where, finding.rule) in failing  # another field at fault by a rule that failed before: no worse
            if where in mended and not hidden and finding.severity.rank >= mended[where]:
                found[where] = f"it would bring a new finding, {finding.rule}"
        return found

    # -------------------------------------------------------------------------------------------- saying and writing

    def content(self) -> bytes:
        """Standard input, mended."""
        return self.contents.get(STDIN, self.workspace.content(STDIN))

    def write(self) -> None:
        """Writes the files that change. UserError where one can not be; those before it are written, each as a whole."""
        for source, content in self.contents.items():
            if source != STDIN:
                self.workspace.write(source, content)

    def plan(self) -> Plan:
        """The same changes to the objects themselves. Of one that stands in several files the first counts."""
        after = {thing.origin[::2]: thing for thing in self._after.cluster.objects}
        steps: dict[Target, Step] = {}
        for thing in self._before.cluster.objects:
            changed = after.get(thing.origin[::2])
            if thing.origin.source not in self.contents or changed is None:
                continue
            old, new = self._before.cluster.raw(thing), self._after.cluster.raw(changed)
            if old is not None and new is not None and old != new:
                step = patch(old, new)
                steps.setdefault(step.target, step)
        mended = sorted({key.finding for key in self._before.faults if key not in self._after.faults})
        found = [self._before.findings[finding] for finding in mended]
        return plan(
            f"Mend {len(found):,} finding{'' if len(found) == 1 else 's'}",
            tuple(steps.values()),
            reasons=tuple(Reason(f"{one.rule}: {one.object}", id=one.id, rule=one.rule) for one in found),
        )

    def answer(self, *, written: bool) -> Fixed:
        before, after = self._before, self._after
        gone = [key for key in sorted(before.faults, key=_Key.place) if key not in after.faults]
        new = [key for key in sorted(after.faults, key=_Key.place) if key not in before.faults]
        unsafe: list[FixRow] = []
        refused: list[FixRow] = []
        generated: list[FixRow] = []
        left: Counter[str] = Counter()
        for key in sorted(after.faults, key=_Key.place):
            finding, changes = after.findings[key.finding], after.faults[key]
            if finding.rule not in self._rules or key not in before.faults:
                continue
            if not changes:
                left[finding.severity.value] += 1
                continue
            change = changes[0]
            why = self._excluded.get((key.source, key.document)) or self._refused.get(
                _Spot.of(key.source, key.document, change), ""
            )
            if not self.workspace.can_change(key.source):
                line = self._line(after, key, change)
                generated.append(self._row(after, key, why=self.workspace.hint(key.source, line)))
            elif why:
                refused.append(self._row(after, key, why=why))
            else:
                unsafe.append(self._row(after, key, why=_documentation()[finding.rule].because(safe=False)))
        return Fixed(
            files=tuple(
                FixedFile(file=source, diff=self._diff(source, content), written=written and source != STDIN)
                for source, content in sorted(self.contents.items())
            ),
            fixed=tuple(self._row(before, key) for key in gone),
            new=tuple(self._row(after, key) for key in new),
            unsafe=tuple(unsafe),
            refused=tuple(refused),
            generated=tuple(generated),
            left=dict(left),
            unknown=tuple(map(str, before.cluster.coverage.gaps)),
        )

    def _diff(self, source: str, content: bytes) -> str:
        before, after = (text.decode("utf-8", "surrogateescape") for text in (self.workspace.content(source), content))
        secret = self._secret_lines(source)
        return unified(before, after, source, lambda number, line: number in secret or bool(_VALUE.match(line)))

    def _secret_lines(self, source: str) -> set[int]:
        """The lines of Secrets in a source, from 0: they are not to be seen beside a change."""
        here = sorted(
            {(one.origin.line, one.kind) for one in self._before.cluster.objects if one.origin.source == source}
        )
        ends = [*(line for line, _ in here[1:]), 1 << 31]
        last = self.workspace.content(source).count(b"\n") + 2
        return {
            number - 1
            for (line, kind), end in zip(here, ends, strict=True)
            if kind == "Secret"
            for number in range(line, min(end, last))
        }

    def _row(self, look: _Look, key: _Key, why: str = "") -> FixRow:
        finding = look.findings[key.finding]
        changes = look.faults[key]
        change = changes[0] if changes else None
        line = self._line(look, key, change)
        return FixRow(
            rule=finding.rule,
            severity=finding.severity.value,
            kind=finding.object.kind,
            namespace=finding.object.namespace,
            name=finding.object.name,
            path=change.path if change else finding.path,
            place=f"{key.source}:{line}" if line else key.source or str(finding.object),
            change=change,
            why=why,
        )

    def _line(self, look: _Look, key: _Key, change: Change | None) -> int:
        finding = look.findings[key.finding]
        path = change.path if change else finding.path
        return look.cluster.line_of(Origin(key.source, finding.line, key.document), path) if key.source else 0


_VALUE = re.compile(r"""[\s-]*["']?value["']?\s*:""")
"""A line with the value of a variable."""


@cache
def _documentation() -> Mapping[str, Documentation]:
    """The documentation of each rule."""
    return {check.id: check.documentation for check in catalogue.checks()}
