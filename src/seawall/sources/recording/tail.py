"""Follows a file that another program appends lines to, over rotation and truncation."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

from seawall.kit.errors import UserError

_PAUSE = 0.2
_AT_ONCE = 1 << 20
LONGEST = 8 << 20
"""Bytes of a line; of a longer one an empty object is given, so that it is counted as no record."""
_DROPPED = b"{}"


class Tail:
    """Lines that are appended to `path` from now on. UserError where it cannot be opened now."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = _open(path)
        self._file.seek(0, os.SEEK_END)
        self._rest = b""
        self._dropping = False

    def close(self) -> None:
        self._file.close()

    async def lines(self) -> AsyncIterator[bytes]:
        """Every whole line, until cancelled."""
        while True:
            found = self.step()
            for line in found:
                yield line
            if not found:
                await asyncio.sleep(_PAUSE)

    def step(self) -> list[bytes]:
        """The whole lines that have come since the last step, at most about a megabyte of them."""
        chunk = self._file.read(_AT_ONCE)
        if not chunk:
            self._reopened()
            return []
        *whole, self._rest = (self._rest + chunk).split(b"\n")
        if whole and self._dropping:
            whole[0], self._dropping = _DROPPED, False
        if len(self._rest) > LONGEST:
            self._rest, self._dropping = b"", True
        return [line for line in whole if line.strip()]

    def _reopened(self) -> None:
        """Goes on with a new file of that name, or at the beginning of one that was cut."""
        try:
            now = self._path.stat()
        except FileNotFoundError:
            return
        ours = os.fstat(self._file.fileno())
        if (now.st_dev, now.st_ino) != (ours.st_dev, ours.st_ino):
            self._file.close()
            self._file = _open(self._path)
            self._rest = b""
        elif now.st_size < self._file.tell():
            self._file.seek(0)
            self._rest = b""


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise UserError(str(error.strerror), where=str(path), do="check the path and its rights") from None
