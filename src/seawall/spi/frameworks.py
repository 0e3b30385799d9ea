"""Where a check or detector stands in the frameworks that people report by. Ids only; the frameworks' texts are theirs."""

from __future__ import annotations

import msgspec


class Map(msgspec.Struct, frozen=True, gc=False):
    """One place in one framework: `framework` (its short name), `version` ("" where ids do not depend on it; `1.8..1.12` is a range), `id`.

    `field` narrows it to findings whose path ends so, where a check looks at more than the place is about.
    """

    framework: str
    id: str
    version: str = ""
    field: str = ""

    def __str__(self) -> str:
        return f"{self.framework} {self.version} {self.id}" if self.version else f"{self.framework} {self.id}"


class PSS:
    """Pod Security Standards; ids are the upstream plugin's check ids, `version` holds the level."""

    @staticmethod
    def baseline(check: str) -> Map:
        return Map("PSS", check, "baseline")

    @staticmethod
    def restricted(check: str) -> Map:
        return Map("PSS", check, "restricted")


def CIS(versions: str, section: str, field: str = "") -> Map:  # noqa: N802  the framework's own name
    """CIS Kubernetes Benchmark: `versions` is one version or a range `1.8..1.12`, `section` the recommendation's number, `field` the one that it is about if not all."""
    return Map("CIS", section, versions, field)


def NSA(section: str) -> Map:  # noqa: N802
    """NSA/CISA Kubernetes Hardening Guidance, by chapter (`pod-security`, `network`, `authn-authz`, `logging`, `upgrading`)."""
    return Map("NSA", section)


def OWASP(entry: str) -> Map:  # noqa: N802
    """OWASP Kubernetes Top 10, 2025 order (`K01` … `K10`)."""
    return Map("OWASP", entry, "2025")


def ATTACK(technique: str) -> Map:  # noqa: N802
    """MITRE ATT&CK technique id (`T1611`)."""
    return Map("ATTACK", technique)


def MATRIX(technique: str) -> Map:  # noqa: N802
    """Kubernetes threat matrix technique id (`MS-TA9018`)."""
    return Map("MATRIX", technique)
