"""Computers outside the cluster: each in a network namespace of its own, with an address that the audit log shows."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.cluster import kubeconfig, network
from tests.e2e.cluster.build import program
from tests.e2e.cluster.control_plane import ControlPlane
from tests.e2e.cluster.namespaces import Namespaces

OFFICE = "10.20.0"
"""Where people and the pipeline sit."""
ELSEWHERE = "203.0.113.66"
"""An address that nobody of the shop ever has (TEST-NET-3 of RFC 5737, routed inside the cluster's network only)."""


@dataclass(frozen=True)
class Done:
    """What a command printed, and whether it succeeded."""

    ok: bool
    text: str


@dataclass(frozen=True)
class Machine:
    """A computer from which somebody speaks to the API server with kubectl."""

    name: str
    address: str
    folder: Path
    namespaces: Namespaces
    kubectl_program: Path

    @classmethod
    def start(
        cls, control_plane: ControlPlane, name: str, address: str, *, token: str = "", groups: tuple[str, ...] = ()
    ) -> Machine:
        """Plugs a computer into the cluster's bridge. Its user goes by a token, or by a certificate for `name` and `groups`."""
        outer = control_plane.instance.namespaces
        inner = Namespaces.create(hostname=name, inside=outer, tied=False)
        port = f"pc-{name}"[:15]
        cable = ["ip", "link", "add", "eth0", "type", "veth", "peer", "name", port, "netns", str(outer.holder.pid)]
        subprocess.run([*inner.entering("--net"), *cable], check=True, capture_output=True)
        outer.run("ip", "link", "set", port, "master", network.BRIDGE, "up")
        outer.run("ip", "route", "replace", f"{address}/32", "dev", network.BRIDGE)
        inner.run("ip", "addr", "add", f"{address}/32", "dev", "eth0")
        inner.run("ip", "link", "set", "eth0", "up")
        inner.run("ip", "route", "add", network.CONTROL_PLANE, "dev", "eth0")
        inner.run("ip", "route", "add", "default", "via", network.CONTROL_PLANE)
        folder = control_plane.instance.folder / "machines" / name
        folder.mkdir(parents=True, exist_ok=True)
        user = (
            kubeconfig.token_user(token)
            if token
            else kubeconfig.certificate_user(control_plane.client_certificate(name, groups))
        )
        kubeconfig.write(folder / "kubeconfig", network.API_URL, control_plane.authority, user)
        return cls(name, address, folder, inner, program("kubectl", control_plane.version))

    def kubectl(self, *arguments: str, stdin: str | None = None, seconds: float = 30.0) -> Done:
        """Runs kubectl there. A refusal is an answer, not an error; so is a command that takes too long, as a stuck one is given up by people."""
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "KUBECONFIG": str(self.folder / "kubeconfig"),
        }
        try:
            done = subprocess.run(
                [*self.namespaces.entering("--net"), str(self.kubectl_program), *arguments],
                input=stdin if stdin is not None else "",
                text=True,
                capture_output=True,
                check=False,
                env=environment,
                timeout=seconds,
            )
        except subprocess.TimeoutExpired:
            return Done(False, f"gave up after {seconds:.0f} s")
        return Done(done.returncode == 0, (done.stdout + done.stderr).strip())
