"""Cyclonus, a simulator of NetworkPolicy by other authors, built from its Go module when first asked and kept."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

from tests.oracle.build import UNUSABLE, GoMissing, cache_folder

MODULE = "github.com/mattfenwick/cyclonus"
VERSION = "v0.5.6"


def executable() -> Path:
    """The program at `VERSION`; Go's checksum database vouches for what was fetched. GoMissing where it cannot be built."""
    folder = cache_folder() / f"cyclonus-{VERSION}"
    folder.mkdir(parents=True, exist_ok=True)
    built = folder / "cyclonus"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test processes may want it at once
        if not built.exists():
            install(folder)
    return built


def install(folder: Path) -> None:
    go = shutil.which("go")
    if go is None:
        raise GoMissing("cyclonus needs Go, which is not on PATH")
    command = [go, "install", "-ldflags=-s -w", f"{MODULE}/cmd/cyclonus@{VERSION}"]
    environment = {**os.environ, "GOBIN": str(folder)}
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        reason = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"go install exited {done.returncode}"
        if any(sign in done.stderr for sign in UNUSABLE):
            raise GoMissing(f"cyclonus cannot be built here: {reason}")
        raise RuntimeError(f"{' '.join(command)}\n{done.stderr}")
