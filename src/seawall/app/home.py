"""Where an installation keeps its files on a laptop."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """`SEAWALL_HOME`, else `seawall` in the user's data directory (`XDG_DATA_HOME`, `~/.local/share`)."""
    chosen = os.environ.get("SEAWALL_HOME")
    if chosen:
        return Path(chosen).expanduser()
    data = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(data).expanduser() / "seawall"
