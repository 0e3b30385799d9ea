"""Live tails: each reader polls the store for what was stored since, slowly enough that many can, and never waits for a slow browser."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from typing import Literal

import msgspec

from seawall.app.events import Tail
from seawall.app.principals import Principal
from seawall.app.services import StoreAway
from seawall.web.problem import Refusal

PAUSE = 1.0
ROWS_AT_ONCE = 500
HEARTBEAT = 15.0

Part = tuple[Literal["rows", "lag", ""], bytes]


class Tails:
    """Hands out tails, at most so many in all and for one principal."""

    def __init__(self, most: int, most_of_one: int) -> None:
        self._most, self._most_of_one = most, most_of_one
        self._open: Counter[str] = Counter()
        self._closing = asyncio.Event()

    def close(self) -> None:
        """End every tail at its next breath; the server stops."""
        self._closing.set()

    @property
    def open(self) -> int:
        return self._open.total()

    def follow(self, principal: Principal, tail: Tail) -> AsyncIterator[Part]:
        """The parts of a tail until the reader goes or the server stops. Raises Refusal (429) where there are too many."""
        name = f"{principal.provider}:{principal.name}"
        if self.open >= self._most or self._open[name] >= self._most_of_one:
            raise Refusal(429, "too many live tails; close one", headers={"retry-after": "10"})
        return self._parts(name, tail)

    async def _parts(self, name: str, tail: Tail) -> AsyncIterator[Part]:
        self._open[name] += 1
        said = time.monotonic()
        try:
            while not self._closing.is_set():
                for part in await self._new(tail):
                    yield part
                    said = time.monotonic()
                if time.monotonic() - said >= HEARTBEAT:
                    yield "", b""
                    said = time.monotonic()
                try:
                    async with asyncio.timeout(PAUSE):
                        await self._closing.wait()
                except TimeoutError:
                    continue
        finally:
            self._open[name] -= 1
            if not self._open[name]:
                del self._open[name]

    async def _new(self, tail: Tail) -> list[Part]:
        """What came since the step before; nothing while the store is away, and all of it when it is back."""
        try:
            step = await asyncio.to_thread(tail.step)
        except StoreAway:
            return []
        starts = range(0, len(step.rows), ROWS_AT_ONCE)
        cut = [{"columns": step.columns, "rows": step.rows[start : start + ROWS_AT_ONCE]} for start in starts]
        parts: list[Part] = [("rows", msgspec.json.encode(one)) for one in cut]
        if step.skipped:
            parts.append(("lag", msgspec.json.encode({"skipped": step.skipped, "seconds": step.seconds})))
        return parts
