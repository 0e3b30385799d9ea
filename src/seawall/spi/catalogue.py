"""Finds plugins: the project's own shelves and what installed packages offer under the entry point group `seawall.plugins`.

Discovery imports the modules of a shelf and reads the declarations that stand in them; nothing registers itself. Two plugins of one
id are refused, naming both files.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any

from seawall.kit.errors import UserError
from seawall.spi.check import Check
from seawall.spi.source import SourceDeclaration

ENTRY_POINTS = "seawall.plugins"


def modules(package: str) -> Iterator[ModuleType]:
    """Every module of `package`, itself first, sub-packages included, in a stable order."""
    root = importlib.import_module(package)
    yield root
    for found in sorted(
        pkgutil.walk_packages(getattr(root, "__path__", ()), f"{package}."), key=lambda info: info.name
    ):
        yield importlib.import_module(found.name)


def packages(shelf: str) -> tuple[str, ...]:
    """The project's own shelf and the packages that others offer for it (entry point name `checks`, `sources`, …)."""
    offered = entry_points(group=ENTRY_POINTS, name=shelf)
    return (f"seawall.{shelf}", *sorted(point.value for point in offered))


@cache
def checks() -> tuple[Check[Any], ...]:
    """All checks, by id."""
    found = (value for package in packages("checks") for module in modules(package) for value in _own(module, Check))
    return tuple(sorted(unique(found), key=lambda one: one.id))


@cache
def sources() -> tuple[SourceDeclaration, ...]:
    """All sources, by id."""
    declared: dict[str, SourceDeclaration] = {}
    for package in packages("sources"):
        for module in modules(package):
            for value in vars(module).values():
                declaration = getattr(value, "declaration", None)
                if isinstance(declaration, SourceDeclaration) and value.__module__ == module.__name__:
                    other = declared.setdefault(declaration.id, declaration)
                    if other.type is not declaration.type:
                        raise _duplicate(declaration.id, other.type.__module__, declaration.type.__module__)
    return tuple(declared[name] for name in sorted(declared))


def unique(found: Iterable[Check[Any]]) -> Iterator[Check[Any]]:
    """`found`, or UserError naming both files where two share an id."""
    seen: dict[str, Check[Any]] = {}
    for one in found:
        other = seen.setdefault(one.id, one)
        if other is not one:
            raise _duplicate(one.id, other.module, one.module)
        yield one


def _own(module: ModuleType, kind: type[Check[Any]]) -> Iterator[Check[Any]]:
    """Declarations that stand in `module` itself, not those that it imports."""
    return (value for value in vars(module).values() if isinstance(value, kind) and value.module == module.__name__)


def _duplicate(id: str, first: str, second: str) -> UserError:  # noqa: A002
    def file(name: str) -> str:
        return str(getattr(importlib.import_module(name), "__file__", name))

    return UserError(
        f'two plugins call themselves "{id}"', where=f"{file(first)} and {file(second)}", do="rename or remove one"
    )
