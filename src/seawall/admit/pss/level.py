"""Levels and versions of the Pod Security Standards, read and compared as upstream does.

Source: k8s.io/pod-security-admission `api`. Levels are spelled exactly; versions are `latest` or `v1.N`.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple


class Level(StrEnum):
    """How much a pod may do, from everything to little. `rank` orders them by strictness."""

    PRIVILEGED = "privileged"
    BASELINE = "baseline"
    RESTRICTED = "restricted"

    @property
    def rank(self) -> int:
        return _RANKS[self]


_RANKS = {level: rank for rank, level in enumerate(Level)}


class Version(NamedTuple):
    """A version of the standards: the N of `v1.N`, or None for `latest`."""

    minor: int | None = None

    def __str__(self) -> str:
        return "latest" if self.minor is None else f"v1.{self.minor}"


LATEST = Version()
_VERSION = re.compile(r"v1\.(0|[1-9][0-9]*)")


def parse_level(text: str) -> Level:
    """The level that `text` names. ValueError where it names none."""
    try:
        return Level(text)
    except ValueError:
        raise ValueError(f'"{text}" is no level; it must be one of {", ".join(Level)}') from None


def parse_version(text: str) -> Version:
    """The version that `text` names. ValueError where it names none."""
    if text == "latest":
        return LATEST
    match = _VERSION.fullmatch(text)
    if match is None or int(match[1]) >= 1 << 63:
        raise ValueError(f'"{text}" is no version; it must be "latest" or "v1.x"')
    return Version(int(match[1]))


def version_of(server: str) -> Version:
    """The version that an API server calls its own, from its `gitVersion` (`v1.36.3-gke.1`); `latest` where it cannot be told."""
    match = re.match(r"v?1\.([0-9]+)", server)
    return Version(int(match[1])) if match else LATEST
