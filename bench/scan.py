"""A whole `seawall scan` of generated workloads, from the command line to its answer, beside a peer where one is given.

    python bench/scan.py                                  2,000 workloads
    python bench/scan.py --workloads 10000
    python bench/scan.py --peer "kube-score score"        the peer gets the same files as arguments

Every run is a process of its own; its CPU seconds (user and system, the best of three) and its peak memory are the kernel's own count for that child.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from parse import write

SEAWALL = [sys.executable, "-m", "seawall", "scan"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workloads", type=int, default=2_000)
    parser.add_argument("--folder", type=Path, help="your own manifests instead of generated ones")
    parser.add_argument("--peer", default="", help="a command that takes the files as arguments")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="seawall-bench-") as scratch:
        folder = options.folder or Path(scratch)
        if not options.folder:
            write(folder, options.workloads)
        files = sorted(map(str, folder.glob("*.y*ml")))
        print(f"{len(files)} files, {sum(map(os.path.getsize, files)) / 1e6:.1f} MB of YAML\n")
        whole = report("seawall scan -o json", [*SEAWALL, str(folder), "-o", "json"])
        report("seawall scan", [*SEAWALL, str(folder)])
        if options.peer:
            peer = report(options.peer, [*options.peer.split(), *files])
            print(f"\nSeawall's JSON takes {whole / peer:.2f} of the peer's CPU time")


def report(name: str, command: list[str]) -> float:
    """Runs `command` three times and prints the best; returns its CPU seconds. Exit codes 0 and 1 (findings) are answers, others end the benchmark."""
    runs = [measure(command) for _ in range(3)]
    seconds, peak = min(runs)
    print(f"{name:24} {seconds:6.2f} CPU s {peak:5} MB")
    return seconds


def measure(command: list[str]) -> tuple[float, int]:
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in (0, 1):
        sys.exit(f"bench/scan.py: {' '.join(command[:4])} ended with {child.returncode}; run it by hand to see why")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss >> 10


if __name__ == "__main__":
    main()
