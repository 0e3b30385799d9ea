"""Known vulnerabilities of Kubernetes, by version. The facts, their source and their date stand in `_vulnerabilities.toml`."""

from __future__ import annotations

import tomllib
from datetime import date
from functools import cache
from importlib.resources import files

import msgspec

from seawall.model.cluster.version import Minor, Version, parse_version
from seawall.model.finding import Severity

KEEPS = 180
"""Days after which the list is too old to conclude from."""


class Vulnerability(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One vulnerability of one component. `os` narrows it to nodes of that system; `needs` says what an attacker must have or the cluster must use."""

    id: str
    issue: int
    component: str
    severity: Severity
    fixed: tuple[str, ...]
    what: str
    needs: str
    introduced: str = ""
    os: str = ""

    def affects(self, version: Version) -> bool:
        """Whether `version` has it, by upstream's fixes."""
        if self.introduced and version.minor < _known(self.introduced).minor:
            return False
        fixes: dict[Minor, Version] = {fix.minor: fix for fix in map(_known, self.fixed)}
        fix = fixes.get(version.minor)
        if fix is None:
            return version.minor < max(fixes)
        return version.patch < fix.patch or (version.patch == fix.patch and not version.released)

    @property
    def told(self) -> str:
        return f"{self.id}: {self.what} (needs {self.needs}; fixed in {', '.join(self.fixed)})"


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reviewed: date
    vulnerability: tuple[Vulnerability, ...]
    unpublished: tuple[str, ...] = ()


@cache
def known() -> _File:
    """The whole list."""
    text = files(__package__).joinpath("_vulnerabilities.toml").read_text()
    return msgspec.convert(tomllib.loads(text), _File)


def stale(at: date | None) -> str:
    """Why the absence of a vulnerability on day `at` proves nothing; "" where the list is young enough."""
    reviewed = known().reviewed
    if at is None:
        return f"no day was given; the list of vulnerabilities is of {reviewed}"
    age = (at - reviewed).days
    return f"the list of vulnerabilities is of {reviewed}, {age} days old: upgrade seawall" if age > KEEPS else ""


def _known(text: str) -> Version:
    version = parse_version(text)
    assert version is not None, text
    return version
