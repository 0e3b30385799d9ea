"""Builds the oracle's programs once per version of their source."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import unittest
from pathlib import Path

MODULE = Path(__file__).parent / "helper"


class GoMissing(unittest.SkipTest):
    """There is no usable Go here. pytest reports a test that raises it as skipped."""


def executable(program: str) -> Path:
    """The built program ``program`` (a folder of the module), built now if its source has changed."""
    go = shutil.which("go")
    if go is None:
        raise GoMissing("the oracle needs Go, which is not on PATH")
    cache = cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    built = cache / f"{program}-{fingerprint(program)}"
    with (cache / f"{program}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test processes may want it at once
        if not built.exists():
            compile_program(go, program, built)
    return built


def cache_folder() -> Path:
    """Where built programs are kept: ``$SEAWALL_CACHE/oracle``, else ``~/.cache/seawall/oracle``."""
    return Path(os.environ.get("SEAWALL_CACHE") or Path.home() / ".cache" / "seawall") / "oracle"


def fingerprint(program: str) -> str:
    digest = hashlib.sha256()
    sources = [*(MODULE / program).glob("*.go"), *(MODULE / "operation").glob("*.go")]
    for source in [MODULE / "go.mod", MODULE / "go.sum", *sorted(sources)]:
        digest.update(f"{source.relative_to(MODULE)}\0".encode())
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def compile_program(go: str, program: str, built: Path) -> None:
    unfinished = built.with_suffix(".unfinished")
    command = [go, "build", "-buildvcs=false", "-ldflags=-s -w", "-o", str(unfinished), f"./{program}"]
    done = subprocess.run(command, cwd=MODULE, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        reason = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"go build exited {done.returncode}"
        if any(sign in done.stderr for sign in UNUSABLE):
            raise GoMissing(f"the oracle cannot be built here: {reason}")
        raise RuntimeError(f"{' '.join(command)}\n{done.stderr}")
    unfinished.replace(built)


# A Go that is too old, or no way to fetch the modules: the place is at fault, not the source.
UNUSABLE = ("requires go >=", "dial tcp", "no such host", "module lookup disabled", "toolchain not available")
