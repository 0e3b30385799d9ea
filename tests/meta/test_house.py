"""What the import contracts cannot say."""

from __future__ import annotations

import re
from pathlib import Path

import seawall

HOUSE = Path(seawall.__file__).parent
ROOT = HOUSE.parents[1]
RIM = {"kube", "store", "sources", "enforcers", "notifiers", "web", "agent", "server", "cli"}


def files() -> list[Path]:
    return sorted(HOUSE.rglob("*.py"))


def test_only_the_rim_speaks_http() -> None:
    """import-linter knows packages of others only as a whole; urllib.parse is harmless, urllib.request is not."""
    for file in files():
        if file.relative_to(HOUSE).parts[0] not in RIM:
            assert not re.search(
                r"(?m)^\s*(import|from) (urllib\.request|http\.client|http\.server)", file.read_text()
            ), file


def test_no_file_is_called_by_what_it_is_not() -> None:
    for file in files():
        assert file.stem not in {"utils", "util", "common", "helpers", "helper", "manager", "base", "misc"}, file


def test_the_file_verbs_need_no_server() -> None:
    """`pip install seawall` brings neither pyarrow nor chDB: what scan, policy, pss and access import must not either."""
    import subprocess
    import sys

    program = (
        "import sys\n"
        "class No:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] in {'pyarrow','numpy','chdb','clickhouse_connect','litestar','uvicorn','kubernetes_asyncio','aiohttp','cryptography','pandas'}:\n"
        "            raise ImportError(f'{name} is not in the base install')\n"
        "sys.meta_path.insert(0, No())\n"
        "import seawall.cli.scan, seawall.cli.explain, seawall.cli.policy, seawall.cli.pss, seawall.cli.access, seawall.cli.snapshot, seawall.cli.exceptions\n"
        "from seawall.app.inputs import Inputs, read_cluster\n"
        "from seawall.app.scan import scan_cluster\n"
        "import seawall.app.policy, seawall.app.pss, seawall.app.access\n"
        "cluster = read_cluster(Inputs((sys.argv[1],)))\n"
        "print(scan_cluster(cluster).summary.fail)\n"
    )
    sample = ROOT / "tests" / "meta" / "sample.yaml"
    done = subprocess.run([sys.executable, "-c", program, str(sample)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 0


def test_nothing_names_a_registry_or_a_machine() -> None:
    """Pins carry no addresses, and no path of a machine gets in."""
    pinned = (ROOT / "constraints.txt").read_text()
    assert "://" not in pinned
    assert "@" not in pinned.replace("# ", "")
    for name in ("README.md", "Makefile", "pyproject.toml", ".ci/run"):
        text = (ROOT / name).read_text()
        assert "/root/" not in text and "/work/" not in text, name
