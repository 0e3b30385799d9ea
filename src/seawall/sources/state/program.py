"""Tools that turn folders into manifests, run as their own processes."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

TIMEOUT = 120.0
"""Seconds that a tool may take for one folder."""

_NO_NETWORK = {
    "HTTP_PROXY": "http://127.0.0.1:9",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "http_proxy": "http://127.0.0.1:9",
    "https_proxy": "http://127.0.0.1:9",
    "NO_PROXY": "",
    "no_proxy": "",
    "GIT_ALLOW_PROTOCOL": "none",
}
"""Nobody asked for downloads: remote bases and charts fail instead of being fetched."""


class ToolFailed(Exception):
    """A tool is not there, failed, or took too long; the message is one line."""


def find(name: str, variable: str) -> str:
    """The path of a tool: what the environment variable says, else the one on the PATH. ToolFailed where there is none."""
    path = os.environ.get(variable) or shutil.which(name)
    if not path:
        raise ToolFailed(f"{name} is not installed")
    return path


def run(command: Sequence[str], *, environment: Mapping[str, str] | None = None) -> bytes:
    """What the command prints. ToolFailed where it fails, with the last line of its complaint."""
    try:
        ended = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=TIMEOUT,
            env={**os.environ, **_NO_NETWORK, **(environment or {})},
        )
    except subprocess.TimeoutExpired:
        raise ToolFailed(f"{Path(command[0]).name} took longer than {TIMEOUT:.0f} seconds") from None
    except OSError as error:
        raise ToolFailed(f"{command[0]}: {error.strerror}") from None
    if ended.returncode != 0:
        raise ToolFailed(_complaint(ended.stderr) or f"{Path(command[0]).name} ended with {ended.returncode}")
    return ended.stdout


def _complaint(text: bytes) -> str:
    lines = [line.strip() for line in text.decode("utf-8", "replace").splitlines() if line.strip()]
    told = [line for line in lines if "error" in line.lower() or "err=" in line]
    return " ".join((told or lines)[-1:])[:500]
