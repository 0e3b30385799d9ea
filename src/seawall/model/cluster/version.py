"""Versions of Kubernetes, as API servers and kubelets call them."""

from __future__ import annotations

import re
from typing import NamedTuple

_VERSION = re.compile(r"v?(\d+)\.(\d+)\+?(?:\.(\d+))?(?P<pre>-(?:alpha|beta|rc)\.\d+)?(?:[-+.].*)?")


class Minor(NamedTuple):
    """A minor version: `1.36`. All of its patch releases serve the same API."""

    major: int
    minor: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


class Version(NamedTuple):
    """A release. `patch` is 0 where only a minor was named. What a vendor appended is not kept: it says nothing that orders releases."""

    minor: Minor
    patch: int
    released: bool = True
    """False for an alpha, beta or release candidate: it comes before its release."""

    def __str__(self) -> str:
        return f"{self.minor}.{self.patch}"


def parse_version(text: str) -> Version | None:
    """The version in `text`; None where it is none.

    >>> parse_version("v1.36.3-gke.1")
    Version(minor=Minor(major=1, minor=36), patch=3, released=True)
    >>> parse_version("1.36").minor
    Minor(major=1, minor=36)
    >>> parse_version("v1.37.0-rc.1").released
    False
    """
    match = _VERSION.fullmatch(text.strip())
    if match is None:
        return None
    major, minor, patch = int(match[1]), int(match[2]), int(match[3] or 0)
    return Version(Minor(major, minor), patch, match["pre"] is None)
