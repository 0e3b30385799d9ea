"""Kustomizations, built by kubectl. Findings point into the files that they are made of."""

from __future__ import annotations

import os
import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from seawall.kit.errors import UserError
from seawall.model.cluster.snapshot import Cluster
from seawall.sources.state import program
from seawall.sources.state.files import content, kind_of_folder, kustomization_in
from seawall.sources.state.lines import LineIndex, lines_in
from seawall.sources.state.reading import Reading
from seawall.sources.state.texts import Text
from seawall.sources.state.yaml.document import Document
from seawall.sources.state.yaml.fast import FastReader
from seawall.sources.state.yaml.split import normalised
from seawall.sources.state.yaml.stream import documents
from seawall.spi.source import StateOptions, state_source

VARIABLE = "SEAWALL_KUBECTL"
"""The environment variable that names the kubectl to use, where it is not the one on the PATH."""

_ORIGIN = "config.kubernetes.io/origin"


@state_source("kustomize")
class Kustomize:
    """Reads folders with a kustomization."""

    def accepts(self, target: str) -> bool:
        folder = Path(target)
        return folder.is_dir() and kind_of_folder(folder) == "kustomization"

    def read(self, targets: tuple[str, ...], options: StateOptions) -> Cluster:
        """UserError where kubectl is absent or refuses a kustomization."""
        reading = Reading(options)
        for target in targets:
            try:
                read_kustomization(reading, Path(target))
            except program.ToolFailed as error:
                raise UserError(
                    str(error), where=target, do="build it yourself: kubectl kustomize FOLDER | seawall scan -"
                ) from None
        return reading.cluster()


def roots(folders: list[Path]) -> list[Path]:
    """Those of `folders` that no other of them builds on; components, which cannot be built alone, are none."""
    used: set[Path] = set()
    built: list[Path] = []
    for folder in folders:
        kustomization = _kustomization(folder)
        for listed in ("resources", "bases", "components"):
            entries = kustomization.get(listed)
            if isinstance(entries, list):
                used |= {(folder / entry).resolve() for entry in entries if isinstance(entry, str)}
        if kustomization.get("kind") != "Component":
            built.append(folder)
    return [folder for folder in built if folder.resolve() not in used]


def _kustomization(folder: Path) -> dict[str, Any]:
    file = kustomization_in(folder)
    try:
        text = normalised(content(file)) if file is not None else b""
    except OSError:
        return {}
    for document in documents(text, FastReader()):
        value = msgspec.json.decode(document.json) if isinstance(document, Document) else None
        return value if isinstance(value, dict) else {}
    return {}


def read_kustomization(reading: Reading, folder: Path) -> None:
    """Builds a kustomization into `reading`. ToolFailed where it does not work out."""
    kubectl = program.find("kubectl", VARIABLE)
    with tempfile.TemporaryDirectory(prefix="seawall-kustomize-") as scratch:
        # A kustomization around it asks for what the folder's own need not: where each object comes from.
        within = Path(scratch).resolve()
        above = {"resources": [os.path.relpath(folder.resolve(), within)], "buildMetadata": ["originAnnotations"]}
        (within / "kustomization.yaml").write_bytes(msgspec.json.encode(above))
        built = program.run([kubectl, "kustomize", str(within)])
    reading.sources.append(str(folder))
    by_source: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for document in documents(normalised(built), reading.fast):
        if isinstance(document, Document):
            value = msgspec.json.decode(document.json)
            by_source[_source(value, within, folder)].append(value)
        else:
            reading.gap("unreadable", document.reason, str(folder))
    for source, values in by_source.items():
        reading.read_text(source, BuiltText(b"\n".join(map(msgspec.json.encode, values)), Path(source), reading.fast))


def _source(value: dict[str, Any], within: Path, folder: Path) -> str:
    """The file that an object comes from, as a path like that of `folder`; its origin annotation is taken away."""
    metadata = value.get("metadata") or {}
    annotations = metadata.get("annotations") or {}
    origin = annotations.pop(_ORIGIN, "")
    if not annotations:
        metadata.pop("annotations", None)
    told = dict(line.split(": ", 1) for line in origin.splitlines() if ": " in line)
    path = told.get("path") or told.get("configuredIn")
    if not path or "://" in path or told.get("repo"):
        return str(kustomization_in(folder) or folder)
    absolute = Path(os.path.normpath(within / path))
    return str(absolute) if folder.is_absolute() else os.path.relpath(absolute)


class _Written(NamedTuple):
    """An object as a person wrote it, before it was built upon."""

    kind: str
    name: str
    lines: LineIndex


class BuiltText(Text):
    """Objects that were built from a file. A field leads to the same field of the object in that file that has the kind and most of the name."""

    def __init__(self, text: bytes, file: Path, fast: FastReader) -> None:
        super().__init__(text, fast)
        self._file = file
        self._written: list[_Written] | None = None

    def shown(self, line: int) -> int:
        return 1  # which object it is of is not known

    def lines_of(self, document: int) -> Callable[[str], int]:
        if self._written is None:
            self._written = _written_in(self._file, self.fast)
        place = self.places[document]
        value = msgspec.json.decode(self.text[place.start : place.end])
        kind, name = value.get("kind"), str((value.get("metadata") or {}).get("name", ""))
        fitting = [one for one in self._written if one.kind == kind and one.name in name]
        return max(fitting, key=lambda one: len(one.name)).lines.line_of if fitting else lambda path: 1

    def first_line_of(self, document: int, line: int) -> int:
        return self.lines_of(document)("")


def _written_in(file: Path, fast: FastReader) -> list[_Written]:
    try:
        text = normalised(content(file))
    except OSError:
        return []
    found: list[_Written] = []
    for document in documents(text, fast):
        if isinstance(document, Document):
            value = msgspec.json.decode(document.json)
            if isinstance(value, dict):
                metadata = value.get("metadata")
                name = metadata.get("name") if isinstance(metadata, dict) else ""
                lines = LineIndex(lines_in(text[document.start : document.end], document.first_line, fast))
                found.append(_Written(str(value.get("kind")), str(name or ""), lines))
    return found
