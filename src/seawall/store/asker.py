"""Somebody who waits for answers of the store: when they go, what it computes for them is ended."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from seawall.store.errors import StoreAway, StoreRefused

AGAIN = 0.25
"""Seconds after which what still runs is cancelled again: it may not have reached the store the first time."""


class AskerGone(Exception):
    """Whoever asked waits no more: the query was ended, or not begun."""


class Asker:
    """One who asks, from any number of threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._under_way: set[str] = set()
        self._gone = False

    @contextmanager
    def asking(self, query_id: str) -> Iterator[None]:
        """Around a query. Raises AskerGone where they have gone before it, or while it ran and it was ended for that."""
        with self._changed:
            if self._gone:
                raise AskerGone
            self._under_way.add(query_id)
        try:
            yield
        except (StoreAway, StoreRefused) as error:
            if self._gone:
                raise AskerGone from error
            raise
        finally:
            with self._changed:
                self._under_way.discard(query_id)
                self._changed.notify_all()

    def leave(self, cancel: Callable[[str], None]) -> None:
        """Begin nothing more, and `cancel` what is under way, by its id. Returns when nothing is; gives up on a store that is away."""
        with self._changed:
            self._gone = True
        while running := self._running():
            try:
                for query_id in running:
                    cancel(query_id)
            except (StoreAway, StoreRefused):
                return
            with self._changed:
                self._changed.wait_for(lambda: not self._under_way, AGAIN)

    def _running(self) -> tuple[str, ...]:
        with self._changed:
            return tuple(self._under_way)
