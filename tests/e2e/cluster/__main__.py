"""The cluster by hand: `python -m tests.e2e.cluster build | up | status | shell | down | test-versions`."""

from __future__ import annotations

import argparse
import functools
import os
import subprocess
import sys
import time
from collections.abc import Callable

from tests.e2e.cluster import build, cgroups, crds, packages
from tests.e2e.cluster.cluster import Cluster
from tests.e2e.cluster.control_plane import ControlPlane
from tests.e2e.cluster.missing import Missing
from tests.e2e.cluster.namespaces import require_root
from tests.e2e.cluster.processes import Failed

NAME = "default"

EVERYTHING: dict[str, Callable[[], None]] = {
    "packages": packages.install,
    **{name: functools.partial(build.build, [name]) for name in build.targets()},
    "crds": crds.build,
}
"""What can be built, by name."""
CONTROL_PLANE = ("control-plane", "controllers")
NODES = ("packages", "node", "dns")


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m tests.e2e.cluster", description="A real Kubernetes on this machine.")
    verbs = top.add_subparsers(required=True, metavar="VERB")

    def verb(name: str, act: Callable[[argparse.Namespace], None], purpose: str) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, help=purpose, description=purpose)
        added.add_argument("--name", default=NAME, help="of the cluster, when several run side by side")
        added.set_defaults(act=act)
        return added

    building = verb("build", build_programs, "build the programs, once per version")
    building.add_argument("targets", nargs="*", help=f"some of: {', '.join(EVERYTHING)}; default: all")
    starting = verb("up", up, "start a cluster that stays, or find it running")
    starting.add_argument("--control-plane-only", action="store_true", help="no nodes: ready in seconds")
    verb("status", status, "say what runs")
    verb("shell", shell, "open a shell in which kubectl speaks to the cluster")
    verb("down", down, "end the cluster and remove its files")
    verb("test-versions", test_versions, "run the control-plane tests with each supported version of Kubernetes")
    return top


def build_programs(arguments: argparse.Namespace) -> None:
    wanted = arguments.targets or list(EVERYTHING)
    unknown = [name for name in wanted if name not in EVERYTHING]
    if unknown:
        raise Missing(f"no build target {unknown[0]!r}: choose from {', '.join(EVERYTHING)}")
    for name in wanted:
        EVERYTHING[name]()


def up(arguments: argparse.Namespace) -> None:
    require_root()  # before minutes are spent on building
    if not arguments.control_plane_only:
        cgroups.require_version_1()
    needed = CONTROL_PLANE if arguments.control_plane_only else (*CONTROL_PLANE, *NODES)
    for name in needed:
        EVERYTHING[name]()
    began = time.monotonic()
    control_plane = ControlPlane.attach(arguments.name) or ControlPlane.start(arguments.name)
    if not arguments.control_plane_only and "nodes" not in control_plane.instance.recall():
        Cluster.extend(control_plane)
    print(f"Kubernetes {control_plane.version} is ready after {time.monotonic() - began:.1f} s")
    print(f"export KUBECONFIG={control_plane.kubeconfig()}")


def status(arguments: argparse.Namespace) -> None:
    control_plane = _running(arguments.name)
    print(f"Kubernetes {control_plane.version} at {control_plane.url}, files in {control_plane.instance.folder}")
    print(control_plane.kubectl("get", "nodes,pods", "--all-namespaces"), end="")


def shell(arguments: argparse.Namespace) -> None:
    control_plane = _running(arguments.name)
    kubectl = build.program("kubectl", control_plane.version)
    environment = {
        **os.environ,
        "KUBECONFIG": str(control_plane.kubeconfig()),
        "PATH": f"{kubectl.parent}{os.pathsep}{os.environ['PATH']}",
    }
    subprocess.run([os.environ.get("SHELL", "/bin/sh")], env=environment, check=False)


def down(arguments: argparse.Namespace) -> None:
    control_plane = ControlPlane.attach(arguments.name)
    if control_plane is None:
        print(f"no cluster {arguments.name!r} runs: nothing to end")
        return
    control_plane.end()
    print(f"cluster {arguments.name!r} has ended")


def test_versions(arguments: argparse.Namespace) -> None:
    for version in build.KUBERNETES_VERSIONS:
        build.build(CONTROL_PLANE, version)
        print(f"--- Kubernetes {version}", flush=True)
        tests = [sys.executable, "-m", "pytest", "-q", "-m", "control_plane", "tests/e2e"]
        environment = {**os.environ, "SEAWALL_KUBERNETES": version}
        if subprocess.run(tests, env=environment, check=False).returncode != 0:
            raise Failed(f"the tests fail with Kubernetes {version}")


def _running(name: str) -> ControlPlane:
    control_plane = ControlPlane.attach(name)
    if control_plane is None:
        raise Missing(f"no cluster {name!r} runs: python -m tests.e2e.cluster up")
    return control_plane


def main() -> None:
    arguments = parser().parse_args()
    try:
        arguments.act(arguments)
    except (Missing, Failed) as problem:
        sys.exit(f"error: {problem}")


if __name__ == "__main__":
    main()
