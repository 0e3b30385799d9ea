"""Reads what it is given under a limit of memory, and prints what came of it as JSON: run by `test_bad_input` as a process of its own."""

from __future__ import annotations

import json
import resource
import sys

from seawall.kit.errors import UserError
from seawall.sources.state import read
from seawall.spi.source import StateOptions


def main() -> int:
    mebibytes = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (mebibytes << 20, mebibytes << 20))
    resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
    try:
        cluster = read(tuple(sys.argv[2:]), StateOptions())
    except UserError as error:
        print(json.dumps({"error": str(error)}))
        return 2
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    gaps = [[gap.reason, gap.what, gap.where] for gap in cluster.coverage.gaps]
    print(json.dumps({"objects": len(cluster.objects), "gaps": gaps, "peak": peak}))
    return 3 if gaps else 0


sys.exit(main())
