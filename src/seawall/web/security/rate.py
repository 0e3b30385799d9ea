"""How often somebody may ask: a token bucket for each caller."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

MOST_CALLERS = 10_000


class Buckets:
    """A bucket of `per_minute` tokens for each key, refilled evenly. Keys that are full again are forgotten.

    A flood of new keys forgets the oldest first: an attacker with that many addresses is not held by any such limit.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float]) -> None:
        self._size, self._rate, self._clock = float(per_minute), per_minute / 60, clock
        self._held: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, key: str) -> float:
        """The seconds until there is a token; 0 if there is one. Takes none."""
        return max(0.0, (1 - self._level(key)) / self._rate)

    def take(self, key: str) -> float:
        """Take a token: 0 if there was one, else the seconds to wait for the next."""
        level, now = self._level(key), self._clock()
        self._held.pop(key, None)
        taken = level >= 1
        self._held[key] = (level - 1 if taken else level, now)
        while len(self._held) > MOST_CALLERS:
            self._held.popitem(last=False)
        return 0.0 if taken else (1 - level) / self._rate

    def _level(self, key: str) -> float:
        now = self._clock()
        level, since = self._held.get(key, (self._size, now))
        return min(self._size, level + (now - since) * self._rate)
