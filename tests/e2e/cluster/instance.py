"""One running cluster on disk: its folder, its name, and the holder that everything in it dies with.

Folders are `seawall-cluster/NAME` under the temporary directory: short, because the path of a Unix socket may not
exceed 107 bytes. What a crashed run left behind (a folder, control groups) is swept away when the next one starts.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.cluster import cgroups
from tests.e2e.cluster.namespaces import Namespaces
from tests.e2e.cluster.processes import Process

STATE = "state.json"


def root() -> Path:
    return Path(tempfile.gettempdir()) / "seawall-cluster"


@dataclass(frozen=True)
class Instance:
    name: str
    folder: Path
    namespaces: Namespaces

    @classmethod
    def create(cls, name: str | None = None) -> Instance:
        """A new one. Unnamed: of this process, under a name nobody else has, and ended with this process."""
        sweep()
        tied = name is None
        name = name or f"t{os.getpid()}-{secrets.token_hex(2)}"
        folder = root() / name
        folder.mkdir(parents=True, mode=0o700)
        try:
            namespaces = Namespaces.create(hostname="control-plane", tied=tied)
        except BaseException:
            _remove(folder)
            raise
        instance = cls(name, folder, namespaces)
        instance.remember({})
        return instance

    @classmethod
    def find(cls, name: str) -> Instance | None:
        """The running instance of that name, if there is one."""
        folder = root() / name
        try:
            holder = json.loads((folder / STATE).read_text())["holder"]
        except FileNotFoundError:
            return None
        process = Process(holder["pid"], holder["started"])
        return cls(name, folder, Namespaces(process)) if process.alive else None

    def remember(self, facts: dict[str, Any]) -> None:
        """Keep facts that a later command needs to speak to the cluster."""
        holder = {"pid": self.namespaces.holder.pid, "started": self.namespaces.holder.started}
        arriving = self.folder / f"{STATE}.new"
        arriving.write_text(json.dumps({"holder": holder, **facts}, indent=1))
        arriving.rename(self.folder / STATE)

    def recall(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads((self.folder / STATE).read_text())
        return state

    def end(self) -> None:
        self.namespaces.end()
        _remove(self.folder)


def sweep() -> None:
    """Remove what is left of instances whose holder is gone."""
    if root().is_dir():
        for folder in root().iterdir():
            if (folder / STATE).exists() and Instance.find(folder.name) is None:
                _remove(folder)


def _remove(folder: Path) -> None:
    cgroups.remove(folder.name)
    shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):  # others still use it
        root().rmdir()
