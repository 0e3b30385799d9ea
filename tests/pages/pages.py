"""Reads rule pages: Markdown in which each section is a case and comments in the YAML say what must be found where.

    ## Fires: <what>            every `# fires` comment marks the line of one finding; no others may be found
    ## Quiet twin: <what>       nothing may be found, and the documents differ from the section before in one field alone
    ## Quiet: <what>            nothing may be found
    ## Unknown: <what>          every `# unknown` comment marks the line of one answer that cannot be given
    ## Known miss: <what>       a fault that the rule cannot see; nothing may be found, and the prose says why

Comment lines at the start of the YAML set what the scan is about: `# kubernetes: v1.30.2` and `# today: 2026-11-24` (else `TODAY` and `KUBERNETES`). `# cluster fires` and `# cluster unknown`
are expectations of findings that name the whole cluster and no line.

A page may begin with `positions: main, init` to say at which container positions the rule looks, with the reason in the prose; all otherwise.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import NamedTuple

PAGES = Path(__file__).parent
TODAY, KUBERNETES = "2026-11-24", "v1.36.3"
"""What cases are about that do not say so."""

_SECTION = re.compile(r"(?m)^## (Fires|Quiet twin|Quiet|Unknown|Known miss): (.+)$")
_BLOCK = re.compile(r"(?ms)^```yaml\n(.*?)^```")
_SETTING = re.compile(r"(?m)^# (kubernetes|today): (\S+)$")
_OF_CLUSTER = re.compile(r"(?m)^# cluster (fires|unknown)(?: x(\d+))?$")
_EXPECTATION = re.compile(r"#\s*(fires|unknown)\s*(?:x(\d+))?\s*$")


class Case(NamedTuple):
    page: Path
    rule: str
    kind: str
    title: str
    yaml: str

    @property
    def expected(self) -> dict[int, tuple[str, int]]:
        """Line -> (what, how many)."""
        found: dict[int, tuple[str, int]] = {}
        if match := _OF_CLUSTER.search(self.yaml):
            found[0] = (match[1], int(match[2] or 1))
        for number, line in enumerate(self.yaml.splitlines(), start=1):
            if _OF_CLUSTER.fullmatch(line):
                continue
            if match := _EXPECTATION.search(line):
                found[number] = (match[1], int(match[2] or 1))
        return found

    @property
    def settings(self) -> dict[str, str]:
        """What the scan is about, where the case says so."""
        return dict(_SETTING.findall(self.yaml))

    @property
    def day(self) -> date:
        return date.fromisoformat(self.settings.get("today", TODAY))

    @property
    def kubernetes(self) -> str:
        return self.settings.get("kubernetes", KUBERNETES)

    def __str__(self) -> str:
        return f"{self.rule}: {self.kind}: {self.title}"


class Page(NamedTuple):
    path: Path
    rule: str
    positions: tuple[str, ...]
    cases: tuple[Case, ...]


def read_page(path: Path) -> Page:
    text = path.read_text()
    heading = re.match(r"# (\S+)\n", text)
    assert heading, f"{path} must begin with '# family/rule'"
    rule = heading[1]
    declared = re.search(r"(?m)^positions: (.+)$", text)
    positions = (
        tuple(one.strip() for one in declared[1].split(",")) if declared else ("main", "init", "sidecar", "ephemeral")
    )
    pieces = _SECTION.split(text)
    cases = []
    for kind, title, body in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
        block = _BLOCK.search(body)
        assert block, f"{path}: section {title!r} has no yaml block"
        cases.append(Case(path, rule, kind, title, block[1]))
    return Page(path, rule, positions, tuple(cases))


def pages() -> tuple[Page, ...]:
    return tuple(read_page(path) for path in sorted(PAGES.rglob("*.md")))


def cases() -> tuple[Case, ...]:
    return tuple(case for page in pages() for case in page.cases)


def page_of(rule: str) -> Path:
    """Where the page of a rule stands: its id is its path."""
    return PAGES / f"{rule.replace('-', '_')}.md"
