"""Lines for whoever started the server: written by a thread of their own, so that a terminal or a pipe that nobody reads holds up no request.

What finds no room is dropped, and how much is said in its place as soon as somebody reads again.
"""

from __future__ import annotations

import logging
import os
import threading
from contextlib import suppress
from types import TracebackType
from typing import TextIO

MOST_WAITING = 10_000
"""Lines that wait for a slow reader: a few minutes of a busy server's log."""
LONGEST_LINE = 10_000
LAST_WORDS = 2.0
"""Seconds that the end waits for a reader."""


class Lines:
    """Writes lines to a stream, in order; call it from any thread. `dropped` counts those that found no room."""

    def __init__(self, stream: TextIO) -> None:
        # past the stream's own buffer, whose lock a blocked write would hold beyond the program's end
        self._descriptor = stream.fileno()
        self._changed = threading.Condition()
        self._waiting: list[str] = []
        self._untold = 0
        self._busy = self._over = False
        self.dropped = 0
        threading.Thread(target=self._write, name="lines", daemon=True).start()

    def __call__(self, line: str) -> None:
        with self._changed:
            if len(self._waiting) < MOST_WAITING:
                self._waiting.append(f"{line[:LONGEST_LINE]}\n")
                self._changed.notify_all()
            else:
                self.dropped += 1
                self._untold += 1

    def __enter__(self) -> Lines:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Waits for what is written, but not for a reader who is gone."""
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting and not self._busy, LAST_WORDS)
            self._over = True
            self._changed.notify_all()

    def _write(self) -> None:
        while True:
            with self._changed:
                self._busy = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._waiting or self._over)
                if not self._waiting:
                    return
                taken, self._waiting = self._waiting, []
                untold, self._untold = self._untold, 0
                self._busy = True
            if untold:
                taken.append(f"{untold:,} lines were dropped here: nobody read them\n")
            with suppress(OSError):  # nobody is there any more
                left = "".join(taken).encode(errors="replace")
                while left:
                    left = left[os.write(self._descriptor, left) :]


class _OneLine(logging.Formatter):
    """An entry is one line, whatever text from outside stands in it; only a traceback of ours has more."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  the name is logging's
        return "".join(one if one.isprintable() else "?" for one in super().formatMessage(record))


class LineHandler(logging.Handler):
    """The log, by way of `Lines`."""

    def __init__(self, lines: Lines) -> None:
        super().__init__()
        self.setFormatter(_OneLine("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines(self.format(record))
