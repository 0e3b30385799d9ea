"""Paths by name, so that a finding keeps its identity when lists are reordered and pods renamed."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from seawall.model.cluster.workload import Workload

_INDEX = re.compile(r"\b(containers|initContainers|ephemeralContainers|volumes|env)\[(\d+)\]")
_OTHER_INDEX = re.compile(r"\[\d+\]")
_LISTS = {
    "containers": "containers",
    "initContainers": "init_containers",
    "ephemeralContainers": "ephemeral_containers",
    "volumes": "volumes",
}


def by_name(subject: Any, path: str) -> str:
    """`path` with list indexes replaced by the entries' names, and without the way to the pod spec, which differs by kind.

    An entry of a list that has no names becomes `[]`: a check whose hits would then coincide tells them apart by `Hit.key`.
    """
    if "[" not in path and not isinstance(subject, Workload):
        return path
    if isinstance(subject, Workload):
        path = path.removeprefix(subject.pod_path).removeprefix(".")
        return _named(subject, path) if "[" in path else path
    return _OTHER_INDEX.sub("[]", path)


@lru_cache(maxsize=10_000)
def _pieces(path: str) -> tuple[tuple[tuple[str, str, str, int], ...], str]:
    """`path` cut at the lists whose entries have names: (text before, list, its attribute, index) of each, and the rest. Thousands of workloads share a path."""
    cut: list[tuple[str, str, str, int]] = []
    position = 0
    for match in _INDEX.finditer(path):
        cut.append((path[position : match.start()], match[1], _LISTS.get(match[1], match[1]), int(match[2])))
        position = match.end()
    return tuple(cut), _OTHER_INDEX.sub("[]", path[position:])


def _named(workload: Workload, path: str) -> str:
    cut, rest = _pieces(path)
    named = ""
    current: Any = workload.pod
    for before, name, attribute, index in cut:
        entries = getattr(current, attribute, ())
        if index >= len(entries):
            return f"{named}{before}{name}[]{rest}"
        current = entries[index]
        named = f"{named}{before}{name}[{current.name}]"
    return named + rest
