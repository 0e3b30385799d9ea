"""Paths to a field of an object, as findings write them: `spec.containers[0].image`, `metadata.labels.app.kubernetes.io/name`, `metadata.annotations["a/b"]`."""

from __future__ import annotations

import re
from functools import lru_cache

Step = str | int
"""A key, or a number in a list."""

_STEP = re.compile(r"""\[(\d+)\]|\[(["']?)(.*?)\2\]|([^.\[\]]+)""")

_FREE_KEYS = frozenset({"labels", "annotations", "matchLabels", "nodeSelector", "parameters"})
"""Maps whose keys people choose: what follows their name is one key, dots and all."""


@lru_cache(maxsize=10_000)
def steps(path: str) -> tuple[Step, ...]:
    """The keys and list numbers that `path` leads through; none for the root."""
    found: list[Step] = []
    at = 0
    while at < len(path):
        if path[at] == ".":
            at += 1
        if found and found[-1] in _FREE_KEYS and path[at] != "[":
            found.append(path[at:])
            break
        match = _STEP.match(path, at)
        if match is None:
            raise ValueError(f'"{path}" is no path to a field')
        number, _, bracketed, plain = match.groups()
        found.append(int(number) if number is not None else bracketed if plain is None else plain)
        at = match.end()
    return tuple(found)
