"""Seawall's own image: the Python image with this checkout and the installed packages that it requires."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator, Sequence
from pathlib import Path

from packaging.requirements import Requirement
from tests.e2e.cluster.images import (
    REGISTRY,
    Entry,
    Image,
    Layer,
    busybox_layer,
    inside,
    python_layer,
    shared_objects,
)

import seawall

SEAWALL = f"{REGISTRY}/seawall:1"
LIBRARY = "opt/seawall"
STARTER = '#!/bin/sh\nexec python3 -m seawall "$@"\n'


NOT_SHIPPED = {"tests", "include"}
"""Folders of packages that no program loads: together 60 MB."""


def image(extras: Sequence[str] = ("embedded",)) -> Image:
    """With the packages of these extras: `kube` alone takes 50 MB, `server` some 300, `embedded` 600 more."""
    layers = (busybox_layer(), python_layer(), _packages_layer(extras), _source_layer())
    return Image(SEAWALL, layers, ("seawall",), (f"PYTHONPATH=/{LIBRARY}",))


def _source_layer() -> Layer:
    root = Path(seawall.__file__).parent
    sources = sorted(path for path in root.rglob("*") if path.is_file() and path.suffix != ".pyc")
    starter = Entry("usr/local/bin/seawall", text=STARTER)
    return (starter, *(Entry(f"{LIBRARY}/seawall/{path.relative_to(root)}", source=path) for path in sources))


def _packages_layer(extras: Sequence[str]) -> Layer:
    entries: dict[str, Entry] = {}
    extensions: list[Path] = []
    for distribution in _required("seawall", extras):
        for file in distribution.files or ():
            located = Path(str(distribution.locate_file(file)))
            if NOT_SHIPPED.intersection(file.parts):
                continue
            if file.parts[0] != ".." and located.is_file():  # what lies above is a command of the virtual environment
                entries[f"{LIBRARY}/{file}"] = Entry(f"{LIBRARY}/{file}", source=located)
                if ".so" in file.suffixes:
                    extensions.append(located)
    packaged = {entry.source for entry in entries.values()}
    for library in shared_objects(extensions):
        if library.resolve() not in packaged:
            entries[inside(library)] = Entry(inside(library), source=library)
    return tuple(entries.values())


def _required(name: str, extras: Sequence[str]) -> Iterator[importlib.metadata.Distribution]:
    """The installed distributions that `name` with these extras needs, each once, itself left out."""
    seen: set[tuple[str, tuple[str, ...]]] = set()
    waiting = [(name, tuple(extras))]
    while waiting:
        current, wanted = waiting.pop()
        if (current, wanted) in seen:
            continue
        seen.add((current, wanted))
        distribution = importlib.metadata.distribution(current)
        if current != name:
            yield distribution
        for text in distribution.requires or ():
            requirement = Requirement(text)
            if requirement.marker is None or any(
                requirement.marker.evaluate({"extra": extra}) for extra in (*wanted, "")
            ):
                waiting.append((requirement.name, tuple(sorted(requirement.extras))))
