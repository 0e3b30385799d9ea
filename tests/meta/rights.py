"""What docs/tasks/in-cluster.md says that Seawall may do in a cluster: its table, as a set."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

PAGE = Path(__file__).parents[2] / "docs/tasks/in-cluster.md"


class Right(NamedTuple):
    """One verb on one resource; `name` is "" for all objects of it."""

    group: str
    resource: str
    verb: str
    name: str = ""


def documented() -> set[Right]:
    """The rows of the table that begins with an API group."""
    table = PAGE.read_text().partition("| API group |")[2].partition("\n\n")[0]
    found: set[Right] = set()
    for row in table.splitlines()[2:]:
        group, resources, verbs = (re.findall(r"`([^`]+)`", cell) for cell in row.split("|")[1:4])
        for resource in resources:
            plural, _, name = resource.partition("/")
            found |= {Right("" if group == ["core"] else group[0], plural, verb, name) for verb in verbs}
    return found
