"""What a node takes from the distribution."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.e2e.cluster.missing import Missing

PACKAGES = {
    "containerd": "/usr/bin/containerd",
    "runc": "/usr/sbin/runc",
    "containernetworking-plugins": "/usr/lib/cni/ptp",
    "nftables": "/usr/sbin/nft",
    "iptables": "/usr/sbin/iptables",
    "ipset": "/usr/sbin/ipset",
    "conntrack": "/usr/sbin/conntrack",
    "busybox-static": "/bin/busybox",
    "procps": "/usr/sbin/sysctl",
    "iproute2": "/usr/sbin/ip",
}
"""Package -> a file that shows it is installed."""


def require() -> None:
    """Raises `Missing`, naming every package that is not installed."""
    lacking = _lacking()
    if lacking:
        raise Missing(f"not installed: {', '.join(lacking)}: python -m tests.e2e.cluster build packages")


def install(report: Callable[[str], None] = print) -> None:
    """Install what is not there, with apt-get. Nothing is started: the cluster runs its own containerd."""
    lacking = _lacking()
    if not lacking:
        report("packages: installed")
        return
    if shutil.which("apt-get") is None:
        raise Missing(f"not installed, and there is no apt-get: {', '.join(lacking)}")
    report(f"packages: installing {', '.join(lacking)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "--yes", "--no-install-recommends", *lacking]):
        done = subprocess.run(
            ["apt-get", "-q", *arguments], env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise Missing(f"apt-get {arguments[0]} failed: {done.stderr.strip().splitlines()[-1]}")


def _lacking() -> list[str]:
    return [package for package, file in PACKAGES.items() if not Path(file).exists()]
