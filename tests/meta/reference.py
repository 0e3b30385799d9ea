"""Writes the generated reference: checks, detection rules and the command line. `python -m tests.meta.reference`; a test fails where it is stale."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import click

from seawall.app.detection import native_rules
from seawall.app.scan import Explanation, rules
from seawall.cli import VERBS, seawall
from seawall.model.event.reference import reference as event_reference

DOCS = Path(__file__).parents[2] / "docs" / "reference"
GENERATED = "<!-- Generated from the code by `make docs`. -->\n\n"


def checks_page() -> str:
    """Every check, by family, with its documentation."""
    families: dict[str, list[Explanation]] = defaultdict(list)
    for rule in rules():
        families[rule.id.partition("/")[0]].append(rule)
    total = sum(map(len, families.values()))
    lines = [f"# Checks\n\n{GENERATED}{total} checks. `seawall explain RULE` prints the same.\n"]
    for family, found in families.items():
        lines.append(f"\n## {family}\n")
        for rule in found:
            text = rule.documentation
            lines.append(f'\n### <a id="{rule.id.replace("/", "-")}"></a>{text.title}\n')
            lines.append(
                f"`{rule.id}`, {rule.severity}, since {rule.since}, looks at {rule.on}. {', '.join(rule.frameworks)}\n"
            )
            lines += [f"* **{name}** {body}" for name, body in _sections(rule)]
    return "\n".join(lines) + "\n"


def _sections(rule: Explanation) -> Iterator[tuple[str, str]]:
    text = rule.documentation
    yield from (
        ("What:", text.what),
        ("Why:", text.why),
        ("Severity:", text.severity),
        ("Fix:", text.fix),
        ("Automatic:", text.automatic),
        ("Limits:", text.limits),
    )


def detections_page() -> str:
    """Every native detection rule."""
    found = native_rules()
    lines = [
        f"# Detection rules\n\n{GENERATED}{len(found)} rules. `seawall rules show RULE` prints the same with its query.\n"
    ]
    for rule in found:
        window = (
            "judges each event by itself"
            if rule.window is None
            else f"looks at windows of {rule.window // 60_000_000_000} minutes"
        )
        lines.append(
            f"\n## {rule.title}\n\n`{rule.id}`, {rule.severity.value}, reads `{rule.reads}`, {window}. ATT&CK {', '.join(rule.attack)}\n"
        )
        lines += [
            f"* **{name}** {body}"
            for name, body in (("What:", rule.what), ("Why:", rule.why), ("Fix:", rule.fix), ("Limits:", rule.limits))
        ]
    return "\n".join(lines) + "\n"


def cli_page() -> str:
    """The help of every verb."""
    lines = [f"# Command line\n\n{GENERATED}"]
    with click.Context(seawall, info_name="seawall", **seawall.context_settings) as context:
        for name in VERBS:
            command = seawall.get_command(context, name)
            assert command is not None
            lines += _help(context, name, command, 2)
    return "\n".join(lines) + "\n"


def _help(parent: click.Context, name: str, command: click.Command, depth: int) -> list[str]:
    with click.Context(command, info_name=name, parent=parent, terminal_width=100, max_content_width=100) as context:
        lines = [f"{'#' * depth} {context.command_path}\n", "```", command.get_help(context).rstrip(), "```\n"]
        if isinstance(command, click.Group):
            for child in command.list_commands(context):
                inner = command.get_command(context, child)
                assert inner is not None
                lines += _help(context, child, inner, depth + 1)
        return lines


PAGES = {
    "checks.md": checks_page,
    "detections.md": detections_page,
    "command-line.md": cli_page,
    "events.md": event_reference,
}


def main() -> None:
    DOCS.mkdir(parents=True, exist_ok=True)
    for name, make in PAGES.items():
        (DOCS / name).write_text(make())
        click.echo(f"docs/reference/{name}")


if __name__ == "__main__":
    main()
