"""The demo day by hand: `python -m tests.e2e.sample record | compose`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.e2e.cluster.missing import Missing
from tests.e2e.cluster.processes import Failed
from tests.e2e.sample import day

from seawall.app.recording import demo

PARTS = Path(tempfile.gettempdir()) / "seawall-demo-day"


def main() -> None:
    top = argparse.ArgumentParser(prog="python -m tests.e2e.sample", description="The demo day of the sample shop.")
    top.add_argument(
        "verb",
        choices=("record", "compose"),
        help="record it on a new cluster (11 minutes) and compose it; or compose it again",
    )
    top.add_argument("--parts", type=Path, default=PARTS, help="where the recordings of the two takes are kept")
    top.add_argument(
        "--output", type=Path, default=demo(), help="the demo day; by default the one that comes with Seawall"
    )
    chosen = top.parse_args()
    try:
        if chosen.verb == "record":
            day.on_new_cluster(chosen.parts)
        day.compose(chosen.parts, chosen.output)
    except (Missing, Failed) as problem:
        sys.exit(f"error: {problem}")
    print(f"{chosen.output}: {chosen.output.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
