"""The cluster by hand, as somebody new uses it: twice the same is once, and nothing of it stays on the machine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.cluster import cgroups
from tests.e2e.cluster.instance import Instance, root
from tests.e2e.cluster.missing import Missing
from tests.e2e.cluster.namespaces import require_namespaces

pytestmark = pytest.mark.control_plane

HERE = Path(__file__).parents[2]
NAME = f"by-hand-{os.getpid()}"


def command(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.e2e.cluster", *arguments, "--name", NAME],
        cwd=HERE,
        env={**os.environ, "SHELL": "/bin/sh"},
        input=stdin,
        text=True,
        capture_output=True,
        check=False,
    )


def on_this_machine() -> dict[str, set[str]]:
    """What a cluster of that name could leave behind, outside of its own namespaces."""
    processes = set()
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:  # it ended meanwhile
            continue
        if f"{root() / NAME}/" in line:
            processes.add(line)
    mounts = {line for line in Path("/proc/self/mountinfo").read_text().splitlines() if NAME in line}
    rules = set()
    for asked in (["iptables-save"], ["nft", "list", "ruleset"]):
        done = subprocess.run(asked, text=True, capture_output=True, check=False)
        rules |= {line for line in done.stdout.splitlines() if not line.startswith("#") and "[" not in line}
    return {
        "processes": processes,
        "mounts": mounts,
        "links": {str(path) for path in Path("/sys/class/net").iterdir()},
        "rules": rules,
        "files": {str(path) for path in root().glob(f"{NAME}*")},
        "control groups": {str(path) for path in cgroups.MOUNTED.glob(f"*/{cgroups.PREFIX}{NAME}*")},
    }


@pytest.fixture
def nothing_running() -> Iterator[None]:
    try:
        require_namespaces()
    except Missing as why:
        pytest.skip(str(why))
    yield
    running = Instance.find(NAME)
    if running is not None:
        running.end()


def test_up_twice_is_once_and_down_leaves_nothing(nothing_running: None) -> None:
    before = on_this_machine()
    first = command("up", "--control-plane-only")
    if first.returncode != 0 and "is not built" in first.stderr:
        pytest.skip(first.stderr.strip())
    assert first.returncode == 0, first.stderr
    ready, export = first.stdout.splitlines()[-2:]
    assert ready.startswith("Kubernetes ") and export.startswith("export KUBECONFIG=")
    assert on_this_machine()["processes"] > before["processes"]
    again = command("up", "--control-plane-only")
    assert again.stdout.splitlines()[-1] == export
    asked = command("shell", stdin="kubectl get namespace kube-system -o name\n")
    assert asked.stdout.strip() == "namespace/kube-system", asked.stderr
    assert command("down").stdout == f"cluster '{NAME}' has ended\n"
    assert on_this_machine() == before
    assert command("down").stdout == f"no cluster '{NAME}' runs: nothing to end\n"
    missing = command("shell")
    assert missing.returncode == 1
    assert missing.stderr == f"error: no cluster '{NAME}' runs: python -m tests.e2e.cluster up\n"


def test_without_root_one_line_says_what_is_missing(nothing_running: None) -> None:
    """As nobody in particular; the program is loaded before, for its files may be root's own."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import os; from tests.e2e.cluster.__main__ import main; os.setuid(65534); main()",
            "up",
        ],
        cwd=HERE,
        env={**os.environ, "HOME": "/nonexistent", "SEAWALL_CACHE": os.environ.get("SEAWALL_CACHE", "")},
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1 and "needs root" in done.stderr, done.stderr
