"""A document as a tree that knows where each node stands in the text: for those who change a text and leave the rest as it is."""

from __future__ import annotations

from typing import Any

import yaml

from seawall.sources.state.yaml import resolve


class Node:
    """A scalar, or an alias. `start` and `end` enclose its text, in characters; of an absent value they are the same."""

    __slots__ = ("end", "start")

    def __init__(self, start: int, end: int) -> None:
        self.start, self.end = start, end


class Alias(Node):
    """A use of what an anchor names."""

    __slots__ = ("target",)

    def __init__(self, start: int, end: int, target: Node | None) -> None:
        super().__init__(start, end)
        self.target = target


class Mapping(Node):
    """Entries as (key, its node, the value's node). `flow`: written in braces. A key that is no text Kubernetes could have is None."""

    __slots__ = ("entries", "flow")

    def __init__(self, start: int, *, flow: bool) -> None:
        super().__init__(start, start)
        self.flow = flow
        self.entries: list[tuple[str | None, Node, Node]] = []


class Sequence(Node):
    __slots__ = ("flow", "items")

    def __init__(self, start: int, *, flow: bool) -> None:
        super().__init__(start, start)
        self.flow = flow
        self.items: list[Node] = []


def nodes_of(text: str) -> Node | None:
    """The tree of the first document in `text`; None for an empty one. yaml.YAMLError where it is broken.

    A collection in block style ends where its last entry does, a block scalar behind the last line that counts.
    """
    anchors: dict[str, Node] = {}
    open_: list[Mapping | Sequence] = []
    keys: list[tuple[str | None, Node] | None] = []
    root: Node | None = None

    def place(node: Node, event: Any) -> None:
        nonlocal root
        if not open_:
            root = node
            return
        holder = open_[-1]
        if isinstance(holder, Sequence):
            holder.items.append(node)
            return
        key = keys[-1]
        if key is None:
            keys[-1] = _key(event), node
        else:
            holder.entries.append((*key, node))
            keys[-1] = None

    event: Any
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        start, end = event.start_mark.index, event.end_mark.index
        if isinstance(event, yaml.ScalarEvent):
            node: Node = Node(start, _end_of_block(text, start, end) if event.style in ("|", ">") else end)
        elif isinstance(event, yaml.AliasEvent):
            node = Alias(start, end, anchors.get(event.anchor or ""))
        elif isinstance(event, yaml.MappingStartEvent):
            node = Mapping(start, flow=bool(event.flow_style))
        elif isinstance(event, yaml.SequenceStartEvent):
            node = Sequence(start, flow=bool(event.flow_style))
        elif isinstance(event, yaml.CollectionEndEvent):
            done = open_.pop()
            keys.pop()
            done.end = end if done.flow else _last(done)
            continue
        elif isinstance(event, yaml.DocumentEndEvent):
            break
        else:
            continue
        place(node, event)
        if event.anchor is not None and not isinstance(node, Alias):
            anchors[event.anchor] = node
        if isinstance(node, Mapping | Sequence):
            open_.append(node)
            keys.append(None)
    return root


def _last(node: Mapping | Sequence) -> int:
    if isinstance(node, Mapping):
        return node.entries[-1][2].end if node.entries else node.start
    return node.items[-1].end if node.items else node.start


def _end_of_block(text: str, start: int, end: int) -> int:
    """Where a block scalar ends: empty lines behind it count only where it says so by `+`."""
    keeps = "+" in text[start : text.find("\n", start, end)]
    return start + len(text[start:end].removesuffix("\n") if keeps else text[start:end].rstrip(" \n"))


def _key(event: Any) -> str | None:
    """The key that a scalar is."""
    if not isinstance(event, yaml.ScalarEvent):
        return None
    if event.tag is not None or not event.implicit[0]:
        return str(event.value)
    try:
        return resolve.key(resolve.plain(str(event.value)))
    except ValueError:
        return None
