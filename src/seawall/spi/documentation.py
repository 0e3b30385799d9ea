"""A plugin's documentation is its module's docstring, in fixed sections."""

from __future__ import annotations

import inspect
import re

import msgspec

_SECTION = re.compile(r"(?m)^(What|Why|Severity|Fix|Automatic|Limits|References):\s*")


class Documentation(msgspec.Struct, frozen=True):
    """`title` names the fault; then what is found, why it matters, why the severity is what it is, how to mend it, and what the plugin cannot see.

    `automatic` stands where a program can mend it: "safe", "unsafe" or "safe where …", and why.
    """

    title: str
    what: str = ""
    why: str = ""
    severity: str = ""
    fix: str = ""
    automatic: str = ""
    limits: str = ""
    references: str = ""

    def missing(self) -> tuple[str, ...]:
        """The sections that every plugin owes and this one lacks."""
        return tuple(name for name in ("title", "what", "why", "severity", "fix", "limits") if not getattr(self, name))

    def because(self, *, safe: bool) -> str:
        """Why its fix is safe, or what it may break, as `automatic` has it; "" where it does not say."""
        reason = (_SAFE if safe else _UNSAFE).search(self.automatic)
        return reason[1] if reason else ""


_SAFE, _UNSAFE = (
    re.compile(rf"(?<!un)\b{word}\b[^;]*?\bbecause (.+?)(?=[;.](?:\s|\Z)|\Z)") for word in ("safe", "unsafe")
)


def documentation_of(docstring: str | None) -> Documentation:
    """Reads a docstring: the first line is the title, `What:`, `Why:`, `Severity:`, `Fix:`, `Automatic:`, `Limits:` and `References:` begin sections."""
    text = inspect.cleandoc(docstring or "")
    title, _, rest = text.partition("\n")
    pieces = _SECTION.split(rest)
    sections = {pieces[i].lower(): " ".join(pieces[i + 1].split()) for i in range(1, len(pieces) - 1, 2)}
    return Documentation(title.strip().rstrip("."), **sections)
