"""Paths by name, so that a finding keeps its identity when lists are reordered and pods renamed."""

from __future__ import annotations

import re
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
        if "[" in path:
            path = _named(subject, path)
    return _OTHER_INDEX.sub("[]", path)


def _named(workload: Workload, path: str) -> str:
    pieces: list[str] = []
    current: Any = workload.pod
    position = 0
    for match in _INDEX.finditer(path):
        entries = getattr(current, _LISTS.get(match[1], match[1]), ())
        index = int(match[2])
        if index >= len(entries):
            break
        current = entries[index]
        pieces.append(f"{path[position : match.start()]}{match[1]}[{current.name}]")
        position = match.end()
    pieces.append(path[position:])
    return "".join(pieces)
