"""Manifests that are read to be changed: the texts at hand, a Cluster of them as they would be, and back to where they came from."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from seawall.kit.errors import UserError
from seawall.model.cluster.snapshot import Cluster
from seawall.sources.state import files, read_path
from seawall.sources.state.files import STANDARD_INPUT
from seawall.sources.state.helm import RenderedText
from seawall.sources.state.mending import Mended, Wanted, mend
from seawall.sources.state.reading import Reading
from seawall.sources.state.snapshot import MAGIC, is_snapshot
from seawall.sources.state.texts import Text
from seawall.sources.state.yaml.split import normalised
from seawall.spi.source import StateOptions

STDIN = "stdin"
"""What standard input is called where it is the source of an object."""

_VALUE = re.compile(r"\.Values\.([A-Za-z0-9_.-]+)")


class Workspace:
    """The texts that were named, in their order. Those of files and standard input can be changed; what a tool made of others can not."""

    def __init__(self, targets: Sequence[str], options: StateOptions) -> None:
        """UserError where a target does not exist, or is a snapshot."""
        self.options = options
        self._received: dict[str, bytes] = {}
        self._texts: dict[str, Text] = {}
        reading = _Keeping(options, self._received, self._texts)
        self._fast = reading.fast  # remembers the layouts that it has proven
        for target in targets:
            if target == STANDARD_INPUT:
                received = files.standard_input()
                _refuse_snapshot(received, "standard input")
                reading.sources.append("standard input")
                reading.read(STDIN, received)
                continue
            path = Path(target)
            if not path.exists():
                raise UserError("there is no such file or folder", where=target, do="check the path")
            read_path(reading, path)
        self.cluster = reading.cluster()
        self._as_changed = dict(self._texts)

    def content(self, source: str) -> bytes:
        """The text of `source` as it was received."""
        return self._received[source]

    def can_change(self, source: str) -> bool:
        return source in self._received

    def mend(self, source: str, content: bytes, wanted: Sequence[Wanted]) -> Mended:
        """`content`, the text of `source` as `with_changes` saw it last, with more changes made."""
        return mend(content, self._as_changed[source], wanted)

    def with_changes(self, contents: Mapping[str, bytes]) -> Cluster:
        """The Cluster as it would be with other contents for some sources."""
        self._as_changed = {
            source: Text(normalised(contents[source]), self._fast) if source in contents else text.again()
            for source, text in self._texts.items()
        }
        reading = Reading(self.options)
        reading.fast = self._fast
        for source, text in self._as_changed.items():
            reading.read_text(source, text)
        return reading.cluster()

    def write(self, source: str, content: bytes) -> None:
        """Puts `content` in the place of the file, whole or not at all; its mode and owner stay. UserError where it can not be, or changed since it was read."""
        path = Path(source).resolve()
        try:
            if path.read_bytes() != self._received[source]:
                raise UserError("the file changed while it was looked at", where=source, do="run it again")
            status = path.stat()
            handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        except OSError as error:
            raise UserError(f"cannot be written: {error.strerror}", where=source) from None
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            with suppress(PermissionError):
                os.chown(name, status.st_uid, status.st_gid)
            Path(name).chmod(status.st_mode & 0o7777)
            Path(name).replace(path)
        except OSError as error:
            Path(name).unlink(missing_ok=True)
            raise UserError(f"cannot be written: {error.strerror}", where=source) from None

    def hint(self, source: str, line: int) -> str:
        """What to look at where a fix can not be made, since a tool made the object of the text at `source` and `line`."""
        if not isinstance(self._texts.get(source), RenderedText):
            return "built by kustomize: change the file by hand, or add a patch to the kustomization"
        values = _values_near(Path(source), line)
        if values:
            return f"rendered by Helm: look at {' and '.join(f'`{value}`' for value in values)} in the values"
        return "rendered by Helm: change the template"


class _Keeping(Reading):
    """A Reading that keeps the texts, and for files what was received."""

    def __init__(self, options: StateOptions, received: dict[str, bytes], texts: dict[str, Text]) -> None:
        super().__init__(options)
        self._received, self._kept = received, texts

    def read(self, source: str, received: bytes) -> None:
        _refuse_snapshot(received, source)
        self._received[source] = received
        super().read(source, received)

    def read_text(self, source: str, text: Text) -> None:
        self._kept[source] = text
        super().read_text(source, text)


def _refuse_snapshot(received: bytes, source: str) -> None:
    if is_snapshot(received[: len(MAGIC)]):
        raise UserError("a snapshot holds no text that could be changed", where=source, do="name the manifests")


def _values_near(template: Path, line: int) -> list[str]:
    """The chart's values that the line of a template uses, and the next one, which may render what the line begins."""
    try:
        lines = template.read_text(errors="replace").splitlines()[line - 1 : line + 1]
    except OSError:
        return []
    return list(dict.fromkeys(match[1].rstrip(".") for text in lines for match in _VALUE.finditer(text)))
