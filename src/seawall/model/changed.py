"""An object with changes applied to it. The object given stays as it is; what does not change is shared with the result."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from seawall.model.field_path import Step, steps
from seawall.model.finding import Change


def changed(value: Any, changes: Iterable[Change]) -> Any:
    """`value`, decoded JSON, after `changes` in their order. ValueError where one leads through something that is not there to be led through.

    `set` makes the mappings on its way; null counts as absent, as in the API. `unset` takes the mappings with it that it leaves empty, up to
    the next list. `append` makes the list, and adds nothing that it holds already.
    """
    for change in changes:
        value = _changed(value, steps(change.path), change)
    return value


def _changed(value: Any, way: tuple[Step, ...], change: Change) -> Any:
    if not way:
        return _appended(value, change) if change.op == "append" else change.value
    step, rest = way[0], way[1:]
    if isinstance(step, int):
        if not isinstance(value, list) or step >= len(value):
            raise ValueError(f"{change.path}: there is no entry {step}")
        if not rest and change.op == "unset":
            raise ValueError(f"{change.path}: an entry of a list is not unset, the list is set without it")
        return [*value[:step], _changed(value[step], rest, change), *value[step + 1 :]]
    if value is None:
        value = {}
    if not isinstance(value, dict):
        raise ValueError(f"{change.path}: what holds {step} is no mapping")
    if change.op != "unset":
        return {**value, step: _changed(value.get(step), rest, change)}
    if value.get(step) is None and (rest or step not in value):
        return value
    kept = _changed(value[step], rest, change) if rest else None
    if kept is None or (kept == {} and value[step] != {}):
        return {key: one for key, one in value.items() if key != step}
    return {**value, step: kept}


def _appended(value: Any, change: Change) -> list[Any]:
    if value is None:
        return [change.value]
    if not isinstance(value, list):
        raise ValueError(f"{change.path} is no list")
    return value if change.value in value else [*value, change.value]
