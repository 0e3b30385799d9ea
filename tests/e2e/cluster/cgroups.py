"""Control groups of a cluster's nodes: one folder per instance in every hierarchy of cgroup version 1.

The kubelet makes the groups of pods beneath them. They are empty once the holder is gone, so removing them never
touches a process.
"""

from __future__ import annotations

from pathlib import Path

from tests.e2e.cluster.missing import Missing

MOUNTED = Path("/sys/fs/cgroup")
HIERARCHIES = ("blkio", "cpu", "cpuacct", "cpuset", "devices", "freezer", "memory", "pids", "systemd")
PREFIX = "seawall-"


def require_version_1() -> None:
    """Raises `Missing` where the kubelet could not be given groups of its own."""
    lacking = [name for name in HIERARCHIES if not (MOUNTED / name).is_dir()]
    if lacking:
        raise Missing(f"nodes need cgroup version 1 hierarchies under {MOUNTED}; not mounted: {', '.join(lacking)}")


def create(instance: str, node: str) -> str:
    """Make the groups of one node; returns their path as the kubelet names it."""
    for hierarchy in HIERARCHIES:
        parent = MOUNTED / hierarchy
        for name in (PREFIX + instance, node):
            group = parent / name
            group.mkdir(exist_ok=True)
            if hierarchy == "cpuset":  # a new cpuset is empty, and no process may join an empty one
                for setting in ("cpuset.cpus", "cpuset.mems"):
                    (group / setting).write_text((parent / setting).read_text())
            parent = group
    return f"/{PREFIX}{instance}/{node}"


def remove(instance: str) -> None:
    """Remove an instance's groups, those that the container runtime made in other hierarchies included."""
    for top in MOUNTED.glob(f"*/{PREFIX}{instance}"):
        for group in sorted((path for path in top.rglob("*") if path.is_dir()), reverse=True):
            group.rmdir()  # deepest first, as a parent sorts before its children
        top.rmdir()
