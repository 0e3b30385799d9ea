"""Reads what it is given under a limit of memory, and prints what came of it as JSON: run by `test_bad_input` as a process of its own."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

from seawall.kit.errors import UserError
from seawall.sources.state import read
from seawall.spi.source import StateOptions


def peak_mebibytes() -> int:
    """This program's own peak: `getrusage` would tell that of the process which forked it, if that was larger."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) >> 10
    raise RuntimeError("the kernel tells no peak")


def main() -> int:
    mebibytes = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (mebibytes << 20, mebibytes << 20))
    resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
    try:
        cluster = read(tuple(sys.argv[2:]), StateOptions())
    except UserError as error:
        print(json.dumps({"error": str(error)}))
        return 2
    peak = peak_mebibytes()
    gaps = [[gap.reason, gap.what, gap.where] for gap in cluster.coverage.gaps]
    print(json.dumps({"objects": len(cluster.objects), "gaps": gaps, "peak": peak}))
    return 3 if gaps else 0


sys.exit(main())
