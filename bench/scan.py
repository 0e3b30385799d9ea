"""A whole `seawall scan` of generated workloads, from the command line to its answer, beside a peer: kube-score where it is on the PATH.

    python bench/scan.py                                  2,000 workloads
    python bench/scan.py --workloads 10000
    python bench/scan.py --peer "kube-score score -o json"   any other; it gets the same files as arguments

kube-score: go install github.com/zegl/kube-score/cmd/kube-score@latest

Every run is a process of its own; its CPU seconds (user and system, the best of five) and its peak memory are the kernel's own count for that child.
The commands take turns, so that what else the machine does meets all of them. Seawall's bytecode is compiled before, as an installed program's is.
"""

from __future__ import annotations

import argparse
import compileall
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from parse import ROOT, write

RUNS = 5
SEAWALL = [sys.executable, "-m", "seawall", "scan"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workloads", type=int, default=2_000)
    parser.add_argument("--folder", type=Path, help="your own manifests instead of generated ones")
    parser.add_argument("--peer", action="append", help="a command that takes the files as arguments")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="seawall-bench-") as scratch:
        folder = options.folder or Path(scratch)
        if not options.folder:
            write(folder, options.workloads)
        files = sorted(map(str, folder.glob("*.y*ml")))
        print(f"{len(files)} files, {sum(map(os.path.getsize, files)) / 1e6:.1f} MB of YAML\n")
        ours = {
            "seawall scan -o json": [*SEAWALL, str(folder), "-o", "json"],
            "seawall scan": [*SEAWALL, str(folder)],
        }
        peers = {name: [*name.split(), *files] for name in options.peer or known_peers()}
        found = compare({**ours, **peers})
    for name, peer in zip(ours, peers, strict=False):  # like with like: JSON, then the table
        print(f"{name} takes {found[name] / found[peer]:.2f} of the CPU time of {peer}")


def known_peers() -> list[str]:
    """kube-score's two outputs, or how to come to it."""
    if shutil.which("kube-score") is not None:
        return ["kube-score score -o json", "kube-score score"]
    print(
        "no ratio: kube-score is not on the PATH. Get it with: go install github.com/zegl/kube-score/cmd/kube-score@latest\n"
    )
    return []


def compare(commands: dict[str, list[str]]) -> dict[str, float]:
    """Runs the commands in turns and prints the best of each; returns their CPU seconds. Exit codes 0 and 1 (findings) are answers, others end the benchmark."""
    compileall.compile_dir(ROOT / "src", quiet=2)
    runs: dict[str, list[tuple[float, int]]] = {name: [] for name in commands}
    for _ in range(RUNS):
        for name, command in commands.items():
            runs[name].append(measure(command))
    for name, measured in runs.items():
        seconds, peak = min(measured)
        print(f"{name:24} {seconds:6.2f} CPU s {peak:5} MB")
    print()
    return {name: min(measured)[0] for name, measured in runs.items()}


def measure(command: list[str]) -> tuple[float, int]:
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in (0, 1):
        sys.exit(f"bench/scan.py: {' '.join(command[:4])} ended with {child.returncode}; run it by hand to see why")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss >> 10


if __name__ == "__main__":
    main()
