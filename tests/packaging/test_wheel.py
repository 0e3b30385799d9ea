"""The wheel as a newcomer gets it: file verbs from the base install alone, and one clear line for what an extra would bring.

Builds the wheel, installs it into a virtual environment of its own from the package registry that pip is set up for, and runs it there.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
HEAVY = {"chdb", "pyarrow", "numpy", "litestar", "uvicorn", "clickhouse-connect", "kubernetes-asyncio", "scipy"}
MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - {name: web, image: "web:1", securityContext: {privileged: true}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: shop}
spec: {podSelector: {}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reads, namespace: shop}
rules: [{apiGroups: [""], resources: [secrets], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reads, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reads}
subjects: [{kind: User, name: ann, apiGroup: rbac.authorization.k8s.io}]
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "build", "--wheel", "--outdir", out, ROOT], check=True, capture_output=True)
    (found,) = out.glob("seawall-*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of an environment with the wheel and what it asks for."""
    home = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", home], check=True)
    pip = [home / "bin/pip", "install", "--quiet", "--constraint", ROOT / "constraints.txt"]
    subprocess.run([*pip, "--only-binary", ":all:", wheel], check=True)
    return home / "bin"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "shop.yaml").write_text(MANIFEST)
    return tmp_path


def run(installed: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    # No compiler, Node or make: nothing but the environment itself is on PATH.
    return subprocess.run(
        [installed / "seawall", *map(str, arguments)],
        capture_output=True,
        text=True,
        env={"PATH": str(installed), "HOME": str(installed.parent)},
    )


def test_the_base_install_is_light(installed: Path) -> None:
    listed = subprocess.run([installed / "pip", "list", "--format", "json"], check=True, capture_output=True).stdout
    assert not HEAVY & {one["name"].lower() for one in json.loads(listed)}


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("scan", "."), 1, "workload/privileged-container"),
        (("policy", "reach", "."), 0, "shop/web"),
        (("policy", "lint", "."), 0, ""),
        (("pss", "check", ".", "--level", "baseline"), 1, "privileged"),
        (("access", "who-can", "get", "secrets", "-n", "shop", "."), 0, "ann"),
        (("access", "escalation", "."), 0, ""),
        (("snapshot", "save", "out.seawall", "."), 0, "objects"),
        (("explain", "workload/privileged-container"), 0, "Privileged"),
    ],
)
def test_file_verbs_need_no_extra(
    installed: Path, shop: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], code: int, words: str
) -> None:
    monkeypatch.chdir(shop)
    done = run(installed, *arguments)
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr
    assert words in done.stdout


@pytest.mark.parametrize(
    ("arguments", "extra"),
    [
        (("up", "--demo"), "seawall[all]"),
        (("scan", "--context", "prod"), "seawall[kube]"),
        (("ingest", "audit", "shop.yaml", "--cluster", "c"), "seawall[all]"),
        (("store", "doctor"), "seawall[all]"),
    ],
)
def test_what_needs_an_extra_says_which(
    installed: Path, shop: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], extra: str
) -> None:
    monkeypatch.chdir(shop)
    done = run(installed, *arguments)
    assert done.returncode == 2, (done.stdout, done.stderr)
    assert extra in done.stderr and done.stderr.count("\n") == 1, done.stderr


def test_kubectl_finds_it_as_a_plugin(installed: Path, shop: Path) -> None:
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("needs kubectl on PATH")
    done = subprocess.run(
        [kubectl, "seawall", "version"], capture_output=True, text=True, env={"PATH": f"{installed}:/usr/bin:/bin"}
    )
    assert done.returncode == 0, done.stderr


def test_the_wheel_carries_the_console_and_no_sources_of_it(wheel: Path) -> None:
    import zipfile

    names = zipfile.ZipFile(wheel).namelist()
    assert any(name.endswith("web/static/index.html") for name in names)
    assert not any(name.endswith((".tsx", ".ts")) for name in names)
