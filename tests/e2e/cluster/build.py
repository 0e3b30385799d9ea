"""Builds the programs of a cluster from their Go modules, once per version.

A program whose module carries `replace` directives (Kubernetes above all) cannot be built by `go install
module@version`. So each build gets a small main module of its own, with the upstream module as a requirement. It
pins every dependency that Kubernetes has to the version it has it at: Kubernetes and etcd are built from what they were
tested with, and the smaller programs share what is compiled by then, which saves most of their time.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.cluster.missing import Missing
from tests.e2e.cluster.patches import KUBE_NETWORK_POLICIES, Patches

KUBERNETES = "k8s.io/kubernetes"
WORKSPACE = "seawall.test/workspace"
"""The name of the main module a build gets."""

COREDNS_PLUGINS = (
    *("cache", "dnstap", "errors", "forward", "health", "hosts", "kubernetes", "log", "metrics", "ready", "reload"),
    "template",
)
"""The usual binary links many more, and with them the client libraries of three clouds."""

KWOK_STAGES = (
    "node/fast/node-initialize",
    "node/heartbeat-with-lease/node-heartbeat-with-lease",
    "pod/fast/pod-ready",
    "pod/fast/pod-complete",
    "pod/fast/pod-delete",
)
"""What kwok does with nodes and pods, and when."""

DEFAULT_KUBERNETES = "1.36.3"
KUBERNETES_VERSIONS = ("1.36.3", "1.35.4", "1.34.4")
"""The current minor and the two before it: what `test-versions` runs."""


def kubernetes_version() -> str:
    """The version the cluster runs, without the leading `v`: `$SEAWALL_KUBERNETES`, else the current one."""
    return os.environ.get("SEAWALL_KUBERNETES", DEFAULT_KUBERNETES).removeprefix("v")


def cache_root() -> Path:
    """Where built programs, images and custom resource definitions are kept between runs."""
    return Path(os.environ.get("SEAWALL_CACHE") or Path.home() / ".cache" / "seawall") / "cluster"


@dataclass(frozen=True)
class Module:
    """One Go module at one version."""

    path: str
    version: str

    def __str__(self) -> str:
        return f"{self.path}@{self.version}"

    def folder(self) -> Path:
        """The unpacked module in Go's module cache, downloaded if it is not there yet."""
        return Path(self._download()["Dir"])

    def go_mod(self) -> Path:
        return Path(self._download()["GoMod"])

    def _download(self) -> Mapping[str, str]:
        answer: Mapping[str, str] = json.loads(_go("mod", "download", "-json", str(self), cwd=Path("/")))
        return answer


@dataclass(frozen=True)
class Target:
    """Programs that are built together because they come from one module.

    `programs` maps the name a binary is kept under to the package it is built from.
    """

    name: str
    module: Module
    programs: Mapping[str, str]
    linker_variables: Mapping[str, str] = field(default_factory=dict)
    patches: Patches = field(default_factory=dict)
    data: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """YAML kept beside the programs, by name: files of the module that are joined into one."""
    held_back: Mapping[str, str] = field(default_factory=dict)
    """Module -> version, where the program does not compile with the newer one that Kubernetes brings."""
    mains: Mapping[str, str] = field(default_factory=dict)
    """Main packages of our own, by folder: built as `WORKSPACE/FOLDER`."""

    @property
    def folder(self) -> Path:
        return cache_root() / "bin" / f"{self.module.path.replace('/', '_')}-{self.module.version}"

    @property
    def built(self) -> bool:
        return all((self.folder / name).exists() for name in (*self.programs, *self.data))


def targets(version: str | None = None) -> dict[str, Target]:
    """Every build target by name, for one version of Kubernetes; the order is the order in which they are wanted."""
    version = version or kubernetes_version()
    kubernetes = Module(KUBERNETES, f"v{version}")
    stamp = {
        "k8s.io/component-base/version.gitVersion": f"v{version}",
        "k8s.io/component-base/version.gitMajor": version.split(".")[0],
        "k8s.io/component-base/version.gitMinor": version.split(".")[1],
    }
    command = f"{KUBERNETES}/cmd/"
    listed = (
        Target(
            "control-plane",
            kubernetes,
            {
                "kube-apiserver": command + "kube-apiserver",
                "etcd": "go.etcd.io/etcd/server/v3",
                "kubectl": command + "kubectl",
            },
            stamp,
        ),
        Target(
            "controllers",
            kubernetes,
            {
                "kube-controller-manager": command + "kube-controller-manager",
                "kube-scheduler": command + "kube-scheduler",
            },
            stamp,
        ),
        Target("node", kubernetes, {"kubelet": command + "kubelet", "kube-proxy": command + "kube-proxy"}, stamp),
        Target("helm", Module("helm.sh/helm/v3", "v3.19.5"), {"helm": "helm.sh/helm/v3/cmd/helm"}),
        Target(
            "dns",
            Module("github.com/coredns/coredns", "v1.12.4"),
            {"coredns": f"{WORKSPACE}/coredns"},
            mains={"coredns": _coredns_main()},
        ),
        Target(
            "kwok",
            Module("sigs.k8s.io/kwok", "v0.8.0"),
            {"kwok": "sigs.k8s.io/kwok/cmd/kwok"},
            data={"kwok-stages.yaml": tuple(f"kustomize/stage/{stage}.yaml" for stage in KWOK_STAGES)},
        ),
        Target(
            "kube-router",
            Module("github.com/cloudnativelabs/kube-router/v2", "v2.1.0"),
            {"kube-router": "github.com/cloudnativelabs/kube-router/v2/cmd/kube-router"},
        ),
        Target(
            "kube-network-policies",
            Module("sigs.k8s.io/kube-network-policies", "v0.8.0"),
            {"kube-network-policies": "sigs.k8s.io/kube-network-policies/cmd"},
            patches=KUBE_NETWORK_POLICIES,
            held_back={"github.com/opencontainers/runtime-spec": "v1.2.0"},
        ),
    )
    return {target.name: target for target in listed}


def program(name: str, version: str | None = None) -> Path:
    """The path of a built program, or of its data; builds nothing. Raises `Missing` with the command that builds it."""
    for target in targets(version).values():
        if name in target.programs or name in target.data:
            path = target.folder / name
            if path.exists():
                return path
            raise Missing(
                f"{name} {target.module.version} is not built: python -m tests.e2e.cluster build {target.name}"
            )
    raise KeyError(name)


def build(names: Iterable[str], version: str | None = None, report: Callable[[str], None] = print) -> None:
    """Build the named targets unless they are built already. Safe to run side by side."""
    for name in names:
        target = targets(version)[name]
        with locked(target.folder):
            if target.built:
                report(f"{name}: {target.module} is built")
                continue
            report(f"{name}: building {', '.join(target.programs)} from {target.module}")
            began = time.monotonic()
            _build(target)
            report(f"{name}: built in {time.monotonic() - began:.0f} s")


def _build(target: Target) -> None:
    with tempfile.TemporaryDirectory(prefix="seawall-build-") as scratch:
        workspace, out = Path(scratch, "workspace"), Path(scratch, "out")
        workspace.mkdir()
        out.mkdir()
        _write_workspace(target, workspace)
        linker = ["-s", "-w", *(f"-X {name}={value}" for name, value in target.linker_variables.items())]
        flags = ["-mod=mod", "-trimpath", f"-ldflags={' '.join(linker)}", f"-o={out}/"]
        _go("build", *flags, *target.programs.values(), cwd=workspace)
        target.folder.mkdir(parents=True, exist_ok=True)
        for name, package in target.programs.items():
            _install(out / _binary_name(package), target.folder / name)
        for name, files in target.data.items():
            texts = [(target.module.folder() / file).read_text() for file in files]
            (target.folder / name).write_text("\n---\n".join(texts))


def _install(built: Path, kept: Path) -> None:
    """Put a binary in place in one step: the cache and the scratch folder may lie on different file systems."""
    arriving = kept.with_suffix(".new")
    shutil.copy2(built, arriving)
    arriving.rename(kept)


def _binary_name(package: str) -> str:
    """What `go build` calls the result: the last path element that is not a major version."""
    elements = package.split("/")
    return elements[-2] if re.fullmatch(r"v\d+", elements[-1]) else elements[-1]


def _write_workspace(target: Target, workspace: Path) -> None:
    module = target.module
    foundation = module if module.path == KUBERNETES else Module(KUBERNETES, f"v{DEFAULT_KUBERNETES}")
    upstream = foundation.go_mod().read_text()
    required = dict(re.findall(r"(?m)^\s+(\S+\.\S+) (v\S+)", upstream))
    # A staging module of Kubernetes v1.N.P lies beside it and is published as v0.N.P.
    staged = dict.fromkeys(re.findall(r"(?m)^\s*(\S+) => \./staging/", upstream), f"v0{foundation.version[2:]}")
    pinned = {**required, **staged, **target.held_back}
    lines = [
        f"module {WORKSPACE}",
        *re.findall(r"(?m)^go \S+$", upstream),
        f"require {module.path} {module.version}",
        *(f"require {path} {pinned[path]}" for path in required),
        *(f"replace {path} => {path} {version}" for path, version in pinned.items()),
    ]
    if target.patches:
        lines.append(f"replace {module.path} => ./patched")
        _write_patched(target, workspace / "patched")
    (workspace / "go.mod").write_text("\n".join(lines) + "\n")
    sums = [source.folder() / "go.sum" for source in {foundation, module}]
    (workspace / "go.sum").write_text("".join(file.read_text() for file in sums))
    for folder, source in target.mains.items():
        (workspace / folder).mkdir()
        (workspace / folder / "main.go").write_text(source)


def _write_patched(target: Target, folder: Path) -> None:
    # Go keeps its modules read-only.
    shutil.copytree(target.module.folder(), folder, copy_function=shutil.copyfile)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755)
    for relative, patch in target.patches.items():
        file = folder / relative
        file.write_text(patch(file.read_text()))


def _coredns_main() -> str:
    plugins = "\n".join(f'\t_ "github.com/coredns/coredns/plugin/{name}"' for name in COREDNS_PLUGINS)
    imports = f'\t"github.com/coredns/coredns/coremain"\n{plugins}'
    return f"package main\n\nimport (\n{imports}\n)\n\nfunc main() {{ coremain.Run() }}\n"


def _go(*arguments: str, cwd: Path) -> str:
    if shutil.which("go") is None:
        raise Missing("Go is not installed: the cluster's programs are built from their Go modules")
    # Without cgo the programs are static: they run in any mount namespace and can be put into an image as they are.
    environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false", "GOWORK": "off"}
    done = subprocess.run(["go", *arguments], cwd=cwd, env=environment, text=True, capture_output=True, check=False)
    if done.returncode != 0:
        raise Missing(f"go {arguments[0]} failed: {_gist(done.stderr or done.stdout)}")
    return done.stdout


def _gist(output: str) -> str:
    lines = [line for line in output.strip().splitlines() if not line.startswith("go: downloading")]
    return "; ".join(lines[-3:]) or "no message"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a place of the cache against other threads and other runs."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(folder.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
