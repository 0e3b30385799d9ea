"""Makes the demo day: records a cluster while the shop lives and is attacked, and joins the recordings with simulated traffic."""

from __future__ import annotations

import functools
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from tests.e2e.cluster.cluster import Cluster
from tests.e2e.cluster.control_plane import ControlPlane
from tests.e2e.cluster.node import Node
from tests.e2e.sample import attacks, life, shop
from tests.e2e.sample.machines import ELSEWHERE, Machine
from tests.e2e.sample.simulator import MADE_BY, Traffic, merged

from seawall.sources.recording import reader
from seawall.sources.recording.format import AnyLine, Event, Stream, Take
from seawall.sources.recording.writer import RecordingFile

SEED = 20
NAME = "shop-demo"
TITLE = "A day at the shop, with a stolen token"
NOTE = (
    "Objects and audit entries were recorded on a real Kubernetes with two nodes, in two takes of a few minutes; the first is shown a day earlier. "
    f"Within a take all times are as they were. Nothing but that is as it was measured: {MADE_BY}."
)
YESTERDAY, TODAY = 180.0, 600.0
"""Seconds of the two takes."""
ATTACK: dict[str, float] = {
    "leaked-token": 120,
    "enumeration": 150,
    "secret-reads": 185,
    "refused-exec": 225,
    "privileged-pod": 255,
    "cluster-admin": 300,
    "exec": 345,
    "port-scan": 375,
    "dns-tunnel": 400,
    "beacon": 425,
    "webhook-tampering": 455,
    "miner": 480,
}
"""Second of the day on which a step begins."""
BEST_LEVEL = 19


@dataclass
class Journal:
    """What was done when: names, with beginning and end in ns."""

    entries: list[dict[str, Any]]

    def note(self, name: str, act: Callable[[], object]) -> None:
        began = time.time_ns()
        outcome = act()
        ended = time.time_ns()
        text = getattr(outcome, "text", "").splitlines()
        self.entries.append({"name": name, "began": began, "ended": ended, "ok": bool(getattr(outcome, "ok", True))})
        print(f"  {(ended - began) / 1e9:5.1f} s  {name}  {text[0][:100] if text else ''}", flush=True)


def record(control_plane: ControlPlane, nodes: list[Node], folder: Path, *, hurry: float = 1.0) -> None:
    """Installs the shop and records both takes into `folder`. `hurry` shortens everything, for tests."""
    folder.mkdir(parents=True, exist_ok=True)
    shop.install(control_plane, nodes)
    people = life.People.arrive(control_plane)
    stranger = Machine.start(control_plane, "stranger", ELSEWHERE, token=life.pipeline_token(control_plane))
    journal = Journal([])
    with _recording(control_plane, folder / "yesterday"):
        _live(people, life.yesterday(people), YESTERDAY / hurry, journal, SEED, hurry)
    time.sleep(10 / hurry)
    steps = [
        life.Planned(ATTACK[step.name], step.name, functools.partial(step.run, stranger)) for step in attacks.steps()
    ]
    with _recording(control_plane, folder / "today"):
        _live(people, [*life.today(people), *steps], TODAY / hurry, journal, SEED + 1, hurry)
    (folder / "journal.json").write_text(json.dumps(journal.entries, indent=1))


def compose(folder: Path, output: Path) -> None:
    """Joins what `record` left in `folder` with the traffic of the simulator, the same for the same recordings."""
    journal = {entry["name"]: entry for entry in json.loads((folder / "journal.json").read_text())}
    surveys = [reader.survey(folder / name) for name in ("yesterday", "today")]
    streams = {
        "audit": Stream("audit", made_by="the API server's audit log"),
        "hubble": Stream("hubble", simulated=True, made_by=MADE_BY),
    }
    header = surveys[-1].header
    with RecordingFile(output, header.cluster, streams, title=TITLE, note=NOTE, id=header.id, level=BEST_LEVEL) as file:
        for number, (name, days) in enumerate((("yesterday", 1), ("today", 0))):
            lines: list[AnyLine] = [line for line in reader.read(folder / name) if not isinstance(line, Take)]
            began, ended = lines[0].at, lines[-1].at
            file.write(Take(surveys[number].takes[0].at, name, days))
            traffic = Traffic.of(lines, SEED + number)
            traffic.live(began, ended)
            for step in attacks.steps() if days == 0 else ():
                if step.simulate is not None:
                    step.simulate(traffic, journal[step.name]["began"], ended)
            flows: list[AnyLine] = [
                Event(at, "hubble", msgspec.Raw(flow)) for at, flow in traffic.records if began <= at <= ended
            ]
            for line in merged(lines, flows):
                file.write(line)


@contextmanager
def _recording(control_plane: ControlPlane, path: Path) -> Iterator[None]:
    """Runs `seawall record` beside what is done."""
    token = control_plane.token("seawall", "ops", 7200)
    command = [
        *[sys.executable, "-c", "from seawall.cli import main; main()", "record", f"--output={path}", f"--name={NAME}"],
        *[f"--kubeconfig={control_plane.kubeconfig(token=token)}", f"--audit-log={control_plane.audit_log}"],
    ]
    recorder = subprocess.Popen(command)
    try:
        _until(lambda: (path.exists() and path.stat().st_size > 0) or recorder.poll() is not None)
        yield
    finally:
        recorder.send_signal(signal.SIGINT)
        if recorder.wait() != 0:
            raise RuntimeError(f"seawall record ended with {recorder.returncode}")


def _live(
    people: life.People, planned: list[life.Planned], seconds: float, journal: Journal, seed: int, hurry: float
) -> None:
    """Lets everybody do what they do for so long: people all the time, what is planned at its second."""
    over = threading.Event()
    began = time.monotonic()

    def all_day() -> None:
        for pause, act in life.looking(people, seed):
            if over.wait(pause / hurry):
                return
            act()

    walking = threading.Thread(target=all_day)
    walking.start()
    try:
        for one in sorted(planned, key=lambda one: one.second):
            over.wait(max(0.0, one.second / hurry - (time.monotonic() - began)))
            journal.note(one.name, one.act)
        over.wait(max(0.0, seconds - (time.monotonic() - began)))
    finally:
        over.set()
        walking.join()


def _until(ready: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError("seawall record did not begin")
        time.sleep(0.1)


def on_new_cluster(folder: Path) -> None:
    """Records on a cluster of its own, which ends with it."""
    cluster = Cluster.start()
    try:
        record(cluster.control_plane, cluster.nodes, folder)
    finally:
        cluster.end()
