"""`seawall health` names what the last scan of a cluster could not read, until a scan could."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from pathlib import Path

from click.testing import CliRunner, Result

from seawall.app.posture import FindingLife
from seawall.app.storing import StoreInput, bring_up_to_date, opened
from seawall.cli import seawall
from seawall.model.cluster.coverage import LIVE, Coverage, Gap
from seawall.model.cluster.snapshot import Cluster
from seawall.scan.engine import scan
from seawall.store.client import Store

GAPS = (
    Gap("undecodable", "Rollout shop/web: Expected `array`", kind="Rollout", namespace="shop", name="web"),
    Gap("forbidden", "secrets may not be watched", kind="Secret"),
)


def scanned(store: Store, gaps: Iterable[Gap]) -> None:
    cluster = Cluster((), name="prod", id="c", scope=LIVE, coverage=Coverage(gaps=tuple(gaps)), taken_at=time.time_ns())
    FindingLife(store, "c").record(cluster, scan(cluster, (), tool="t"))


def asked(directory: Path, *options: str) -> Result:
    return CliRunner().invoke(seawall, ["health", "--store", str(directory), *options])


def test_what_could_not_be_read_is_named_until_it_can(tmp_path: Path) -> None:
    directory = tmp_path / "store"
    with opened(StoreInput(directory=str(directory))) as store:
        bring_up_to_date(store)
        scanned(store, GAPS)
        told = asked(directory)
        assert told.exit_code == 3
        assert "1 object and 1 kind could not be read by the last scan" in told.stdout
        (line,) = [line for line in told.stdout.splitlines() if "Rollout" in line]
        assert line.split()[:4] == ["prod", "Rollout", "shop", "web"]
        listed = json.loads(asked(directory, "-o", "json").stdout)["notRead"]
        assert [(one["kind"], one["namespace"], one["name"]) for one in listed] == [
            ("Rollout", "shop", "web"),
            ("Secret", "", ""),
        ]
        scanned(store, ())
        healed = asked(directory)
        assert healed.exit_code == 0 and "could not be read" not in healed.stdout
