"""Documentation that cannot go stale unseen: the generated reference, and every link."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.meta.reference import DOCS, PAGES, SHAPES, shapes

ROOT = Path(__file__).parents[2]
TEXTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("name", PAGES)
def test_the_reference_is_fresh(name: str) -> None:
    assert (DOCS / name).read_text() == PAGES[name](), "run: make docs"


def test_the_console_is_built_from_the_shapes_that_the_api_has() -> None:
    """The types of the console are generated from this file when it is built."""
    assert SHAPES.read_text() == shapes() + "\n", "run: make docs"


@pytest.mark.parametrize("text", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(text: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text.read_text()):
        if "://" not in target:
            assert (text.parent / target).exists(), target


def test_every_rule_named_in_the_docs_exists() -> None:
    from seawall.app.detection import native_rules
    from seawall.app.scan import rules

    known = {rule.id for rule in rules()} | {rule.id for rule in native_rules()}
    families = {rule.partition("/")[0] for rule in known}
    for text in TEXTS:
        for family, slug in re.findall(r"`([a-z]+)/([a-z][a-z-]+)`", text.read_text()):
            if family in families and text.parent.name in ("tasks",):
                assert f"{family}/{slug}" in known, f"{text.name}: {family}/{slug}"
