"""What `seawall fix` costs beside the scan it rests on, and how much of the text it changes.

    python bench/fix.py                          2,000 generated workloads
    python bench/fix.py --folder DIR             your own manifests; nothing is written

Every run is a process of its own, measured as `bench/scan.py` does.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from parse import write

from scan import SEAWALL, measure

FIX = [sys.executable, "-m", "seawall", "fix"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workloads", type=int, default=2_000)
    parser.add_argument("--folder", type=Path, help="your own manifests instead of generated ones")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="seawall-bench-") as scratch:
        folder = options.folder or Path(scratch)
        if not options.folder:
            write(folder, options.workloads)
        files = sorted(map(str, folder.rglob("*.y*ml")))
        print(f"{len(files)} files, {sum(Path(one).stat().st_size for one in files) / 1e6:.1f} MB of YAML\n")
        scan = best("seawall scan -o json", [*SEAWALL, str(folder), "-o", "json"])
        for flag in ("--only-safe", "--unsafe"):
            command = [*FIX, str(folder), flag, "-o", "json"]
            seconds = best(f"seawall fix {flag}", command)
            print(f"{'':24} {seconds / scan:.1f} x the scan; {told(command)}")


def best(name: str, command: list[str]) -> float:
    seconds, peak = min(measure(command) for _ in range(3))
    print(f"{name:24} {seconds:6.2f} CPU s {peak:5} MB")
    return seconds


def told(command: list[str]) -> str:
    answer = json.loads(subprocess.run(command, capture_output=True, check=False).stdout)
    diffs = [line for file in answer["files"] for line in file["diff"].splitlines() if line[:3] not in ("+++", "---")]
    added, removed = (sum(line.startswith(sign) for line in diffs) for sign in "+-")
    return (
        f"{len(answer['fixed']):,} findings fixed, {len(answer['refused'])} refused, {len(answer['new'])} new; "
        f"{added:,} lines added, {removed:,} removed in {len(answer['files'])} files"
    )


if __name__ == "__main__":
    main()
