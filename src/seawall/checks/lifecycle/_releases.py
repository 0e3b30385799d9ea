"""Until when each minor of Kubernetes gets fixes.

Facts: `data/releases/eol.yaml` of kubernetes/website for those that have ended, and the release pages of kubernetes.io (as of 2026-09) for the others.
"""

from __future__ import annotations

from datetime import date

from seawall.model.cluster.version import Minor, Version, parse_version
from seawall.spi.check import Context

_ENDS = """
1.16 2020-09-02
1.17 2021-01-13
1.18 2021-06-18
1.19 2021-10-28
1.20 2022-02-28
1.21 2022-06-28
1.22 2022-12-08
1.23 2023-02-28
1.24 2023-07-28
1.25 2023-10-28
1.26 2024-02-28
1.27 2024-07-16
1.28 2024-10-22
1.29 2025-02-28
1.30 2025-07-15
1.31 2025-11-11
1.32 2026-02-28
1.33 2026-06-28
1.34 2026-10-27
1.35 2027-02-28
1.36 2027-06-28
1.37 2027-10-28
"""


def _read() -> dict[Minor, date]:
    found = {}
    for line in filter(None, _ENDS.splitlines()):
        name, end = line.split()
        version = parse_version(name)
        assert version is not None
        found[version.minor] = date.fromisoformat(end)
    return found


ENDS = _read()
"""The last day of each minor."""


def running(context: Context) -> Version | None:
    """The version of the API server: what it says of itself, else the one that was given; None where neither is known."""
    return parse_version(context.cluster.version or context.kubernetes)
