"""The controls of the frameworks that people report by, from `controls.txt`: their ids, and what each is about in our own words."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

import msgspec

from seawall.spi.frameworks import Map


class Control(msgspec.Struct, frozen=True):
    """One control: its id in the framework, and what it is about."""

    id: str
    title: str


class Framework(msgspec.Struct, frozen=True):
    """One version of a framework. `id` is what people choose it by (`cis-1.11`), `mapped` how a plugin's `Map` calls it."""

    id: str
    name: str
    version: str
    mapped: str
    controls: tuple[Control, ...]

    def concerns(self, place: Map) -> str:
        """The id of the control of this framework and version that `place` names; "" if it names none."""
        if place.framework != self.mapped:
            return ""
        if self.mapped == "PSS" and self.version == "baseline" and place.version != "baseline":
            return ""  # while restricted asks for all that baseline asks for
        if self.mapped == "CIS":
            return place.id if _within(self.version, place.version) else ""
        return place.id


_HEAD = re.compile(r"\[(?P<id>[^]]+)\] (?P<name>[^|]+) \| (?P<versions>[^|]+) \| (?P<mapped>\w+) \| .+")


@cache
def frameworks() -> tuple[Framework, ...]:
    """Every framework, in the order of the file; each version of one is a framework of its own."""
    found: list[Framework] = []
    head: re.Match[str] | None = None
    lines: list[str] = []
    for line in (*files(__package__).joinpath("controls.txt").read_text().splitlines(), "[end]"):
        if line.startswith("["):
            if head is not None:
                found += _versions(head, lines)
            head, lines = _HEAD.fullmatch(line), []
        elif line and not line.startswith("#"):
            lines.append(line)
    return tuple(found)


def _versions(head: re.Match[str], lines: list[str]) -> list[Framework]:
    name, mapped, versions = head["name"], head["mapped"], head["versions"].split()
    if len(versions) == 1:
        controls = tuple(Control(*line.split(" ", 1)) for line in lines)
        return [Framework(head["id"], name, versions[0], mapped, controls)]
    return [
        Framework(
            f"{head['id']}-{version}",
            name,
            version,
            mapped,
            tuple(Control(*rest.split(" ", 1)) for span, rest in _spans(lines) if _within(version, span)),
        )
        for version in versions
    ]


def _spans(lines: list[str]) -> list[tuple[str, str]]:
    return [(span, rest) for span, _, rest in (line.partition(" ") for line in lines)]


def _within(version: str, span: str) -> bool:
    low, _, high = span.partition("..")
    return _order(low) <= _order(version) <= _order(high or low)


def _order(version: str) -> tuple[int, ...]:
    """Orders `1.8` before `1.10`."""
    return tuple(map(int, version.split(".")))
