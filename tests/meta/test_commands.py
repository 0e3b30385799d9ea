"""Every command line that the console, the server's texts or the documentation offer is one that the program takes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from seawall.cli import seawall

ROOT = Path(__file__).parents[2]
CONSOLE = ROOT / "ui/src"
COMMANDS = CONSOLE / "format/commands.ts"
STANDS_FOR = {"port": "5432"}
"""What stands in a template's place: a name elsewhere."""


def in_console() -> Iterator[tuple[str, str]]:
    """(file, line) of every literal and every `<code>` that begins with our name."""
    for path in sorted([*CONSOLE.rglob("*.ts"), *CONSOLE.rglob("*.tsx")]):
        text = path.read_text()
        found = re.findall(r'"(seawall [^"\n]+)"|`(seawall [^`\n]+)`|<code>(seawall [^<]+)</code>', text)
        for literal in filter(None, (part for match in found for part in match)):
            if literal != "seawall.columns":
                yield path.name, re.sub(r"\$\{([^}]*)\}", lambda one: STANDS_FOR.get(one[1], "name"), literal)


def in_texts() -> Iterator[tuple[str, str]]:
    """(file, line) of what the program's own sentences and docstrings name between back-ticks."""
    for path in sorted((ROOT / "src/seawall").rglob("*.py")):
        for literal in re.findall(r"`(seawall [a-z][^`\n{…]*)`", path.read_text()):
            yield path.name, literal


def in_documentation() -> Iterator[tuple[str, str]]:
    """(file, line) of every command in a fenced block of the documentation."""
    for path in sorted([ROOT / "README.md", *(ROOT / "docs/tasks").glob("*.md")]):
        for block in re.findall(r"^```(?:sh|bash|console)?\n(.*?)^```", path.read_text(), re.MULTILINE | re.DOTALL):
            for line in block.replace("\\\n", " ").splitlines():
                for part in re.split(r"\s\|\s", line.removeprefix("$ ")):
                    if re.match(r"seawall [a-z]", part.strip()):
                        yield path.name, part.strip()


def fault(line: str) -> str:
    """What the program says to a command line before it does anything; "" where it takes it."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="<>|&;")
    lexer.whitespace_split = True
    words: list[str] = []
    for one in lexer:
        if set(one) <= set("<>|&;"):
            break
        words.append(one)
    command: click.Command = seawall
    context = click.Context(seawall, info_name="seawall", **seawall.context_settings)
    del words[0]
    while isinstance(command, click.Group) and words:
        name = words.pop(0)
        if name.startswith("-"):
            return "" if name in ("--help", "--version", "-h") else f"{name} before a verb"
        found = command.get_command(context, name)
        if found is None:
            return f"no {name} in {command.name}"
        command = found
        context = click.Context(command, info_name=name, parent=context)
    if isinstance(command, click.Group):
        return ""  # a text that names the group
    try:
        command.make_context(command.name, words, parent=context.parent).close()
    except click.BadParameter as error:
        return "" if "does not exist" in error.message else error.format_message()
    except click.UsageError as error:
        return error.format_message()
    except click.exceptions.Exit:
        return ""
    return ""


PROSE = re.compile(r"seawall [a-z]+( [a-z]+)?")
"""A verb that a sentence names, without arguments."""
CONSOLES = sorted(set(in_console()))
TEXTS = sorted(set(in_texts()))
DOCUMENTED = sorted(set(in_documentation()))


def test_the_console_offers_commands_from_one_place() -> None:
    assert {name for name, line in CONSOLES if not PROSE.fullmatch(line)} == {COMMANDS.name}
    assert len(CONSOLES) > 10 and len(TEXTS) > 10 and len(DOCUMENTED) > 30


@pytest.mark.parametrize(("where", "line"), [one for one in CONSOLES if not PROSE.fullmatch(one[1])] + DOCUMENTED)
def test_a_command_that_is_offered_is_taken(where: str, line: str) -> None:
    said = fault(line.replace(" …", ""))
    assert said == "" or ("…" in line and "Missing" in said), said


@pytest.mark.parametrize(("where", "line"), TEXTS + CONSOLES)
def test_a_command_that_a_text_names_exists(where: str, line: str) -> None:
    """Sentences may leave arguments out."""
    said = fault(line)
    assert not said or "Missing" in said or "requires an argument" in said, said


@pytest.mark.parametrize(
    "line",
    [
        "seawall query --sql x",
        "seawall scan --format json",
        "seawall explain a b",
        "seawall policy lint --everywhere",
        "seawall token link --nothing",
    ],
)
def test_one_that_is_wrong_is_noticed(line: str) -> None:
    assert fault(line)
