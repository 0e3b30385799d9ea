"""Times as the interface writes them: RFC 3339 or relative to a now that is handed in, kept as nanoseconds since 1970 UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime

SECOND = 10**9
NANOSECONDS = {
    "ns": 1,
    "us": 10**3,
    "ms": 10**6,
    "s": SECOND,
    "m": 60 * SECOND,
    "h": 3600 * SECOND,
    "d": 86400 * SECOND,
}

_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?([Zz]|[+-]\d\d:\d\d)")
_RELATIVE = re.compile(r"now(?:-(\d{1,9})(s|m|h|d))?")


def nanoseconds_of(text: str) -> int:
    """An RFC 3339 time, to the nanosecond. Raises ValueError; a time without zone is refused."""
    found = _RFC3339.fullmatch(text)
    if found is None:
        raise ValueError(f"`{text}` is no RFC 3339 time (2026-03-01T12:00:00Z)")
    whole, fraction, zone = found.groups()
    try:
        seconds = int(datetime.fromisoformat(whole + ("+00:00" if zone in "Zz" else zone)).timestamp())
    except OverflowError as error:
        raise ValueError(f"`{text}` is out of range") from error
    nanoseconds = seconds * SECOND + int((fraction or "").ljust(9, "0"))
    if not -(2**63) <= nanoseconds < 2**63:
        raise ValueError(f"`{text}` is out of range")
    return nanoseconds


def moment(text: str, now: int) -> int:
    """A time of the context: RFC 3339, `now` or `now-15m`. Raises ValueError."""
    relative = _RELATIVE.fullmatch(text)
    if relative is None:
        return nanoseconds_of(text)
    return now - (int(relative[1]) * NANOSECONDS[relative[2]] if relative[1] else 0)


def rfc3339(nanoseconds: int) -> str:
    """A time in UTC, with as many digits as it has: none, or nine."""
    seconds, fraction = divmod(nanoseconds, SECOND)
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{fraction:09d}Z" if fraction else f"{text}Z"
