"""Files, folders and standard input."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple

from seawall.kit.errors import UserError
from seawall.sources.state.reading import Reading

FILE_BYTES = 256 << 20
"""A larger file is not read: ten thousand pods take 60 MiB as JSON."""

SUFFIXES = frozenset({".yaml", ".yml", ".json"})
"""What is read of a folder. A file that is named itself is read whatever its suffix."""

_SKIPPED = frozenset({"node_modules", "__pycache__", "venv"})
_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")

STANDARD_INPUT = "-"


class Found(NamedTuple):
    """Something to read: a file, or a folder that a tool turns into manifests."""

    kind: Literal["file", "chart", "kustomization"]
    path: Path


def kind_of_folder(folder: Path) -> Literal["folder", "chart", "kustomization"]:
    """What a folder is, by the files that make it one."""
    if (folder / "Chart.yaml").is_file():
        return "chart"
    return "kustomization" if kustomization_in(folder) is not None else "folder"


def kustomization_in(folder: Path) -> Path | None:
    """The kustomization file of a folder, if it has one."""
    return next((file for name in _KUSTOMIZATIONS if (file := folder / name).is_file()), None)


def walk(root: Path, failed: Callable[[OSError], None]) -> Iterator[Found]:
    """What there is to read under `root`, in the order of the names.

    Charts and kustomizations are given as folders, and what lies in them is left to them; but folders in a kustomization are looked at
    for further ones. Hidden folders and those of package tools are skipped, links are followed, and a folder is entered once.
    """
    entered: set[tuple[int, int]] = set()
    yield from _walk(root, failed, entered, in_kustomization=False)


def _walk(
    folder: Path, failed: Callable[[OSError], None], entered: set[tuple[int, int]], *, in_kustomization: bool
) -> Iterator[Found]:
    try:
        status = folder.stat()
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        failed(error)
        return
    if (status.st_dev, status.st_ino) in entered:
        return
    entered.add((status.st_dev, status.st_ino))
    kind = kind_of_folder(folder)
    if kind != "folder":
        yield Found(kind, folder)
    if kind == "chart":
        return
    in_kustomization = in_kustomization or kind == "kustomization"
    for entry in entries:
        path = folder / entry.name
        try:
            if entry.is_dir():
                if not entry.name.startswith(".") and entry.name not in _SKIPPED:
                    yield from _walk(path, failed, entered, in_kustomization=in_kustomization)
            elif path.suffix in SUFFIXES and not in_kustomization and entry.is_file():
                yield Found("file", path)
        except OSError as error:
            failed(error)


def content(path: Path) -> bytes:
    """The bytes of a file. OSError where it cannot be read, also where it is too large."""
    with path.open("rb") as file:
        return _limited(file, str(path))


def standard_input() -> bytes:
    """The bytes on standard input. UserError where nobody pipes any or they are too many."""
    if sys.stdin is None or sys.stdin.isatty():
        raise UserError("nothing is piped in", where="standard input", do="pipe manifests in, or name files")
    try:
        return _limited(sys.stdin.buffer, "standard input")
    except OSError as error:
        raise UserError(str(error.strerror or error), where="standard input") from None


def _limited(file: BinaryIO, name: str) -> bytes:
    status = os.fstat(file.fileno())
    if stat.S_ISREG(status.st_mode) and status.st_size > FILE_BYTES:
        raise OSError(27, f"larger than {FILE_BYTES >> 20} MiB", name)
    received = file.read(FILE_BYTES + 1)
    if len(received) > FILE_BYTES:
        raise OSError(27, f"larger than {FILE_BYTES >> 20} MiB", name)
    return received


def read_file(reading: Reading, path: Path) -> None:
    """Reads one file into `reading`; one that cannot be read is a gap."""
    try:
        received = content(path)
    except OSError as error:
        reading.gap("unreadable", str(error.strerror or error), str(path))
        return
    reading.sources.append(str(path))
    reading.read(str(path), received)
