"""What goes wrong between us and the store, sorted by what the caller can do about it."""

from __future__ import annotations

from seawall.kit.errors import Fatal, Retry

BUSY_CODES = frozenset({159, 202, 241, 252, 319, 243})
"""ClickHouse codes that pass: timeout, too many queries, memory, too many parts, unknown insert status, no space."""


class StoreAway(Retry):
    """The store does not answer, or is too busy now. The same call may succeed later; an insert is safe to repeat with its token."""


class StoreRefused(Fatal):
    """The store answered and will not do it: `code` is ClickHouse's error code."""

    def __init__(self, message: str, code: int = 0) -> None:
        super().__init__(message)
        self.code = code
