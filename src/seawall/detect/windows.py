"""Which windows of a rule are due. Pure arithmetic over nanoseconds.

Windows start at multiples of `every` since 1970, so every scheduler draws the same ones.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.spi.detector import Rule


def windows(rule: Rule, first: int, watermark: int) -> Iterator[tuple[int, int]]:
    """The windows (start included, end excluded) that touch events from `first` on and ended, lateness added, at or before `watermark`; oldest first."""
    assert rule.window is not None
    start = (first - rule.window) // rule.every * rule.every + rule.every
    while start + rule.window + rule.lateness <= watermark:
        yield start, start + rule.window
        start += rule.every


def touched(rule: Rule, least: int, greatest: int) -> Iterator[int]:
    """The starts of the windows that hold any time from `least` to `greatest`, both included."""
    assert rule.window is not None
    start = (least - rule.window) // rule.every * rule.every + rule.every
    while start <= greatest:
        yield start
        start += rule.every
