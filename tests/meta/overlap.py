"""Which rules fire on exactly the same things: `python -m tests.meta.overlap [FOLDER]`, by the objects of the manifests in FOLDER, else by the cases of all rule pages.

Two rules that always coincide are one rule said twice. Those that coincide for a reason stand in `overlap.toml`; any others end the command with 1.
"""

from __future__ import annotations

import sys
import tempfile
import tomllib
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from pathlib import Path

from tests.pages.pages import cases

from seawall.app.scan import scan_cluster
from seawall.model.finding import Status
from seawall.sources.state import read
from seawall.spi.source import StateOptions

REASONS = Path(__file__).with_suffix(".toml")


def coincident(fired: Mapping[str, frozenset[Hashable]]) -> list[tuple[tuple[str, ...], int]]:
    """Groups of rules that fired on the same things, each with how many those are."""
    groups: dict[frozenset[Hashable], list[str]] = defaultdict(list)
    for rule, things in fired.items():
        if things:
            groups[things].append(rule)
    found = ((tuple(sorted(rules)), len(things)) for things, rules in groups.items() if len(rules) > 1)
    return sorted(found)


def reasons() -> dict[frozenset[str], str]:
    """Why groups of rules may coincide."""
    return {frozenset(one["rules"]): one["why"] for one in tomllib.loads(REASONS.read_text())["same"]}


def reason(rules: Iterable[str]) -> str:
    """Why all of `rules` may coincide; "" where nothing says so."""
    group = frozenset(rules)
    return next((why for known, why in reasons().items() if group <= known), "")


def fired_on(folder: Path) -> dict[str, frozenset[Hashable]]:
    """The objects on which each rule fired, of the manifests in `folder`."""
    found: dict[str, set[Hashable]] = defaultdict(set)
    for finding in scan_cluster(read((str(folder),), StateOptions())).findings:
        if finding.status is Status.FAIL:
            owner = finding.owner
            found[finding.rule].add((owner.kind, owner.namespace, owner.name))
    return {rule: frozenset(things) for rule, things in found.items()}


def fired_in_cases(folder: Path) -> dict[str, frozenset[Hashable]]:
    """The cases of all rule pages in which each rule fired; `folder` is for scratch. Every fault has a case of its own there, so what coincides is one fault."""
    found: dict[str, set[Hashable]] = defaultdict(set)
    for number, case in enumerate(cases()):
        file = folder / f"{number}.yaml"
        file.write_text(case.yaml)
        cluster = read((str(file),), StateOptions())
        for finding in scan_cluster(cluster, at=case.day, kubernetes=case.kubernetes).findings:
            if finding.status is Status.FAIL:
                found[finding.rule].add(number)
    return {rule: frozenset(on) for rule, on in found.items()}


def main(arguments: list[str]) -> int:
    with tempfile.TemporaryDirectory() as scratch:
        fired = fired_on(Path(arguments[0])) if arguments else fired_in_cases(Path(scratch))
    things = "objects" if arguments else "cases"
    groups = coincident(fired)
    left = 0
    print(f"{len(fired)} rules fired; {len(groups)} groups of them on exactly the same {things}")
    for rules, count in groups:
        why = reason(rules)
        left += not why
        print(
            f"\n  {', '.join(rules)} ({count:,} {things})\n    {why or 'NO REASON: tell the rules apart, or write one into overlap.toml'}"
        )
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
