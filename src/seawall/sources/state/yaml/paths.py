"""The paths of a document's lines, by their indentation: an automaton that grows by the lines that it meets.

Manifests repeat each other's keys, but hardly a whole document: an optional field more, and all lines behind it are others. So what is remembered is
a step: from what is open, by one more line, to what is open then. Documents that part at a field meet again behind it.
"""

from __future__ import annotations

from typing import NamedTuple

_REMEMBERED = 100_000
"""Steps that are remembered at most."""


class Level(NamedTuple):
    """A collection that is open."""

    column: int
    path: str
    """Of a mapping, what its keys follow; of a list, the list itself."""
    entries: int
    """How many a list has so far, -1 for a mapping."""


class State(NamedTuple):
    """What there is to know behind a line."""

    levels: tuple[Level, ...] = ()
    """What is open, outermost first."""
    last: str = ""
    """The path of the key that a deeper line belongs to."""
    held: tuple[str, ...] = ()
    """The paths that the line itself holds: of an entry, of its key; of the root, too, where it is the first."""


class _Memory:
    """The steps of one automaton that may still be remembered, and the states that they lead to."""

    __slots__ = ("left", "states")

    def __init__(self) -> None:
        self.left = _REMEMBERED
        self.states: dict[State, Paths] = {}


class Paths(dict[bytes, "Paths"]):
    """Where the lines so far have led; its entries are where one more leads, by its `grammar.head_of`. The lines must be of a document that is proven."""

    __slots__ = ("_memory", "_state", "held")

    def __init__(self, state: State | None = None, memory: _Memory | None = None) -> None:
        super().__init__()
        self._state, self._memory = state or State(), memory or _Memory()
        self.held = self._state.held

    def __missing__(self, head: bytes) -> Paths:
        state, memory = _after(self._state, head), self._memory
        found = memory.states.get(state)
        if found is None:
            found = Paths(state, memory)
        if memory.left:
            memory.left -= 1
            memory.states[state] = self[head] = found
        return found


def _after(state: State, head: bytes) -> State:
    if not head:
        return State(state.levels, state.last)
    text = head.lstrip(b" ")
    column, dash = len(head) - len(text), text[:1] == b"-"  # no key begins with a dash
    levels, held = list(state.levels), []
    if not levels:
        held.append("")
        levels.append(Level(column, "", 0 if dash else -1))
    elif column > levels[-1].column or (dash and column == levels[-1].column and levels[-1].entries < 0):
        levels.append(Level(column, state.last, 0) if dash else Level(column, f"{state.last}.", -1))
    else:
        while levels[-1].column > column or (levels[-1].entries >= 0 and not dash):
            del levels[-1]
    last = ""
    if dash:
        around = levels[-1]
        last = f"{around.path}[{around.entries}]"
        levels[-1] = around._replace(entries=around.entries + 1)
        held.append(last)
        text = text[2:]
        if text:
            levels.append(Level(column + 2, f"{last}.", -1))
    if text:
        last = levels[-1].path + text.decode().strip("\"'")
        held.append(last)
    return State(tuple(levels), last, tuple(held))
