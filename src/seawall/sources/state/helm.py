"""Helm charts, rendered by helm itself. Findings point into the templates."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path

from seawall.kit.errors import UserError
from seawall.model.cluster.snapshot import Cluster
from seawall.sources.state import program
from seawall.sources.state.files import kind_of_folder
from seawall.sources.state.lines import LineIndex
from seawall.sources.state.reading import Reading
from seawall.sources.state.texts import Place, Text
from seawall.sources.state.yaml.document import Broken
from seawall.sources.state.yaml.fast import FastReader
from seawall.sources.state.yaml.split import normalised, split
from seawall.spi.source import StateOptions, state_source

VARIABLE = "SEAWALL_HELM"
"""The environment variable that names the helm to use, where it is not the one on the PATH."""

_SOURCE = re.compile(rb"^# Source: (\S.*?) *$", re.MULTILINE)


@state_source("helm")
class Helm:
    """Reads chart folders."""

    def accepts(self, target: str) -> bool:
        folder = Path(target)
        return folder.is_dir() and kind_of_folder(folder) == "chart"

    def read(self, targets: tuple[str, ...], options: StateOptions) -> Cluster:
        """UserError where helm is absent or refuses a chart."""
        reading = Reading(options)
        for target in targets:
            try:
                read_chart(reading, Path(target))
            except program.ToolFailed as error:
                raise UserError(
                    str(error), where=target, do="render it yourself: helm template CHART | seawall scan -"
                ) from None
        return reading.cluster()


def read_chart(reading: Reading, chart: Path) -> None:
    """Renders a chart into `reading`, as `helm template` does: with its own values and then the values files. ToolFailed where it does not work out."""
    helm = program.find("helm", VARIABLE)
    command = [helm, "template", _release(chart), str(chart), "--include-crds", "--skip-tests"]
    for file in reading.options.values:
        command += ["--values", file]
    if len(reading.options.namespaces) == 1:
        command += ["--namespace", reading.options.namespaces[0]]
    rendered = program.run(command)
    reading.sources.append(str(chart))
    for template, parts in _by_template(rendered, chart).items():
        reading.read_text(str(template), RenderedText(b"\n---\n".join(parts), template, reading.fast))


def _release(chart: Path) -> str:
    """A name for the release: that of the folder, as far as it is one for Kubernetes."""
    return re.sub(r"[^a-z0-9-]+", "-", chart.resolve().name.lower()).strip("-")[:50] or "release"


def _by_template(rendered: bytes, chart: Path) -> dict[Path, list[bytes]]:
    """The documents by the template that made them; one that does not say so counts as the chart's own."""
    found: dict[Path, list[bytes]] = defaultdict(list)
    template = chart / "Chart.yaml"
    for piece in split(normalised(rendered)):
        if isinstance(piece, Broken):
            found[template].append(b"---\n" + piece.reason.encode())  # read again and reported as what it is
            continue
        named = _SOURCE.search(piece.text)
        if named is not None:
            # The first part is the chart's name, which may differ from its folder's.
            template = chart.joinpath(*Path(named[1].decode("utf-8", "replace")).parts[1:])
        found[template].append(piece.text)
    return found


class RenderedText(Text):
    """What a template became. A line leads to the one line of the template that reads the same, or that gives the same key."""

    def __init__(self, text: bytes, template: Path, fast: FastReader) -> None:
        super().__init__(text, fast)
        self._template = template
        self._rendered = text.split(b"\n")
        self._places: tuple[dict[bytes, int], dict[bytes, int]] | None = None

    def shown(self, line: int) -> int:
        return self._written(line) or 1

    def lines_of(self, document: int) -> Callable[[str], int]:
        return partial(self._line_of, self.index(document), self.places[document])

    def _line_of(self, index: LineIndex, place: Place, path: str) -> int:
        path = place.path(path)
        while path:
            line = self._written(index.line_of(path))
            if line:
                return line
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self._written(index.line_of("")) or 1

    def _written(self, line: int) -> int:
        """The template's line for a rendered one; 0 where none or several fit."""
        if not 0 < line <= len(self._rendered):
            return 0
        if self._places is None:
            self._places = _lines_of_template(self._template)
        whole, keys = self._places
        text = self._rendered[line - 1].strip()
        return whole.get(text) or keys.get(_key(text)) or 0


def _lines_of_template(template: Path) -> tuple[dict[bytes, int], dict[bytes, int]]:
    whole: dict[bytes, int] = {}
    keys: dict[bytes, int] = {}
    try:
        lines = template.read_bytes().splitlines()
    except OSError:
        return whole, keys
    for number, line in enumerate(lines, 1):
        text = line.strip()
        whole[text] = 0 if text in whole else number
        key = _key(text)
        if key:
            keys[key] = 0 if key in keys else number
    return whole, keys


def _key(line: bytes) -> bytes:
    """The key that a line gives, with its dash; empty where it gives none."""
    key, colon, _ = line.partition(b":")
    return key if colon and not key.startswith((b"#", b"{{")) else b""
