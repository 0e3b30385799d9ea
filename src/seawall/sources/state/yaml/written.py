"""Values as a person would write them: in block style, in braces, or as JSON."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from seawall.sources.state.yaml import resolve

_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./@-]*(?::[A-Za-z0-9_./@-]+)*")
"""What needs no quotes wherever it stands."""


class Style(NamedTuple):
    """How a document is indented: columns for each level, and how far a list's dashes stand behind its key. `json`: it is JSON, `compact` without spaces."""

    step: int
    dash: int = 0
    json: bool = False
    compact: bool = False


def scalar(value: Any) -> str:
    """One scalar, or an empty collection, in YAML."""
    if isinstance(value, str) and _PLAIN.fullmatch(value) and isinstance(resolve.plain(value), str):
        return value
    return json.dumps(value, ensure_ascii=False)


def flow(value: Any) -> str:
    """A value in one line of YAML."""
    if isinstance(value, dict) and value:
        return "{" + ", ".join(f"{scalar(key)}: {flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list) and value:
        return "[" + ", ".join(map(flow, value)) + "]"
    return scalar(value)


def block(value: Any, indent: int, style: Style) -> list[str]:
    """The lines of a mapping or list that is not empty, `indent` columns to the right."""
    pad = " " * indent
    lines: list[str] = []
    if isinstance(value, dict):
        for key, one in value.items():
            if isinstance(one, dict | list) and one:
                lines.append(f"{pad}{scalar(key)}:")
                lines += block(one, indent + (style.step if isinstance(one, dict) else style.dash), style)
            else:
                lines.append(f"{pad}{scalar(key)}: {scalar(one)}")
        return lines
    for one in value:
        if isinstance(one, dict | list) and one:
            first, *others = block(one, indent + 2, style)
            lines += [f"{pad}- {first.lstrip()}", *others]
        else:
            lines.append(f"{pad}- {scalar(one)}")
    return lines


def json_text(value: Any, style: Style, pad: str | None) -> str:
    """A value as JSON: over lines that begin with `pad`, or in one where there is none."""
    comma, colon = (",", ":") if style.compact else (", ", ": ")
    if pad is None:
        return json.dumps(value, ensure_ascii=False, separators=(comma, colon))
    return json.dumps(value, ensure_ascii=False, indent=style.step, separators=(",", colon)).replace("\n", f"\n{pad}")
