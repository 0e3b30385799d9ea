"""A recording moved through time: by whole seconds, each take as a whole, so that within a take every distance stays what it was."""

from __future__ import annotations

import re
from bisect import bisect_right
from datetime import UTC, datetime, timedelta

from seawall.sources.recording.format import Take

SECOND = 1_000_000_000
DAY = 86_400 * SECOND

_TIME = re.compile(rb'"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)((?:\.\d{1,9})?Z)"')
"""A JSON string that is a time in UTC and nothing else, as the API server and Hubble write them. Other notations stay as they are."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Moved:
    """Recorded times to shown ones. `offset` (ns, whole seconds) moves the last take; a take with `days_before` is shown so many days earlier.

    A time before the first take moves with it, and one between two takes with the earlier.
    """

    def __init__(self, takes: tuple[Take, ...], offset: int) -> None:
        if offset % SECOND:
            raise ValueError("recordings are moved by whole seconds")
        newest = takes[-1].days_before
        self.offset = offset
        self._begins = [take.at for take in takes[1:]]
        self._offsets = [offset - (take.days_before - newest) * DAY for take in takes]
        self._seconds: dict[bytes, bytes] = {}

    @classmethod
    def showing(cls, takes: tuple[Take, ...], at: int, shown: int) -> Moved:
        """Moved so that the recorded time `at` is shown at `shown`, or up to a second before."""
        unmoved = cls(takes, 0)
        return cls(takes, (shown - unmoved.time(at)) // SECOND * SECOND)

    def time(self, at: int) -> int:
        """A time in ns."""
        return at + self._offsets[bisect_right(self._begins, at)]

    def text(self, record: bytes) -> bytes:
        """JSON with every time in it moved; fractions of seconds stay."""
        return _TIME.sub(self._replaced, record)

    def _replaced(self, found: re.Match[bytes]) -> bytes:
        second = found[1]
        moved = self._seconds.get(second)
        if moved is None:
            moved = self._seconds[second] = self._moved(second)
        return b'"' + moved + found[2] + b'"'

    def _moved(self, second: bytes) -> bytes:
        try:
            read = datetime.fromisoformat(second.decode()).replace(tzinfo=UTC)
        except ValueError:
            return second
        # A text is as good as its second, and a take may have begun within that second.
        at = (read - _EPOCH) // timedelta(seconds=1) * SECOND + SECOND - 1
        seconds = self._offsets[bisect_right(self._begins, at)] // SECOND
        return (read + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S").encode()
