"""The errors that cross rooms. Inside a room, raise builtins."""

from __future__ import annotations


class UserError(Exception):
    """What the person can mend, in one line: what, where and what to do.

    `where` is a place that a terminal links: `file:line`, an object path, a stream offset.
    """

    def __init__(self, message: str, *, where: str = "", do: str = "") -> None:
        self.message, self.where, self.do = message, where, do
        super().__init__(str(self))

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        return f"{text}; {self.do}" if self.do else text


class Retry(Exception):
    """The outside did not answer this time; the same call may succeed later."""


class Fatal(Exception):
    """The outside refused for good; the same call will never succeed."""
