"""Sources of state: what a person names, read into one Cluster."""

from __future__ import annotations

import gc
from pathlib import Path

from seawall.kit.errors import UserError
from seawall.model.cluster.snapshot import Cluster
from seawall.sources.state import files, program
from seawall.sources.state.files import STANDARD_INPUT
from seawall.sources.state.reading import Reading
from seawall.spi.source import SourceDeclaration, StateOptions, StateSource


def read(targets: tuple[str, ...], options: StateOptions) -> Cluster:
    """One Cluster from files, folders, charts, kustomizations, standard input (`-`), a snapshot, or what plugins accept.

    What could not be read is in its coverage. UserError where a target does not exist, or a snapshot does not stand alone.
    """
    collecting = gc.isenabled()
    gc.disable()  # what is read stays; looking for garbage among it only costs time
    try:
        return _read(targets, options)
    finally:
        if collecting:
            gc.enable()


def _read(targets: tuple[str, ...], options: StateOptions) -> Cluster:
    reading = Reading(options)
    for target in targets:
        received = files.standard_input() if target == STANDARD_INPUT else None
        plugin = _plugin_for(target) if received is None else None
        if plugin is not None or _is_snapshot(target, received):
            if len(targets) > 1:
                raise UserError("this is a whole cluster, to be read alone", where=target, do="name it without others")
            if plugin is not None:
                return plugin.read(targets, options)
            from seawall.sources.state import snapshot

            return snapshot.load(target, options, received)
        if received is not None:
            reading.sources.append("standard input")
            reading.read("stdin", received)
        else:
            read_path(reading, Path(target))
    return reading.cluster()


def read_path(reading: Reading, path: Path) -> None:
    """Reads a file or folder into `reading`. UserError where there is none, or a tool that it needs does not work."""
    if not path.is_dir():
        files.read_file(reading, path)
        return
    failed: list[OSError] = []
    found = [*files.walk(path, failed.append)]
    ours = {folder.path for folder in found if folder.kind == "kustomization"}
    if ours:
        from seawall.sources.state import kustomize

        ours = set(kustomize.roots([folder.path for folder in found if folder.kind == "kustomization"]))
    wanted = [one for one in found if one.kind != "kustomization" or one.path in ours]
    for done, one in enumerate(wanted):
        if reading.options.progress is not None:
            reading.options.progress("files read", done, len(wanted))
        try:
            _read_found(reading, one)
        except program.ToolFailed as error:
            if one.path == path:
                raise UserError(str(error), where=str(path), do=_INSTEAD[one.kind]) from None
            reading.gap("unsupported", f"{error}; {_INSTEAD[one.kind]}", str(one.path))
    for failure in failed:
        reading.gap("unreadable", str(failure.strerror or failure), str(failure.filename or path))


_INSTEAD = {
    "chart": "render it yourself: helm template CHART | seawall scan -",
    "kustomization": "build it yourself: kubectl kustomize FOLDER | seawall scan -",
}


def _read_found(reading: Reading, one: files.Found) -> None:
    match one.kind:
        case "chart":
            from seawall.sources.state import helm

            helm.read_chart(reading, one.path)
        case "kustomization":
            from seawall.sources.state import kustomize

            kustomize.read_kustomization(reading, one.path)
        case _:
            files.read_file(reading, one.path)


def _is_snapshot(target: str, received: bytes | None) -> bool:
    from seawall.sources.state import snapshot

    if received is not None:
        return snapshot.is_snapshot(received[: len(snapshot.MAGIC)])
    path = Path(target)
    if not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            return snapshot.is_snapshot(file.read(len(snapshot.MAGIC)))
    except OSError:
        return False  # a gap later, with its reason


def _plugin_for(target: str) -> StateSource | None:
    """The source of an installed plugin that takes `target`, asked only where no such path exists."""
    if Path(target).exists():
        return None
    from seawall.spi import catalogue

    for package in catalogue.packages("sources"):
        if package == "seawall.sources":
            continue
        for module in catalogue.modules(package):
            for value in vars(module).values():
                declaration = getattr(value, "declaration", None)
                if isinstance(declaration, SourceDeclaration) and declaration.kind == "state":
                    source: StateSource = declaration.type()
                    if source.accepts(target):
                        return source
    raise UserError("there is no such file or folder", where=target, do="check the path")
