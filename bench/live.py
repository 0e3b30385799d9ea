"""A live cluster at scale: what a snapshot costs, what following costs, and how far behind the view is while labels change.

    python bench/live.py                                     1,000 nodes, 10,000 pods, 200 patches a second for 30 seconds
    python bench/live.py --nodes 100 --pods 1000

Needs what the test cluster's control plane needs (docs/contributing/cluster.md). Seawall runs in processes of its own against a real API server; their CPU
seconds and memory are the kernel's. `seen` is how long after the API server's answer a change stood in the view, `scanned` how long until the checks had said
their word on it. Wall-clock times are of a machine that may be busy with other things.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from seawall.app.watching import WatchedCluster  # noqa: E402  the path comes first
from seawall.kube.credentials import credentials  # noqa: E402
from seawall.model.cluster.meta import Object  # noqa: E402
from seawall.sources.state.live import LiveReader  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")
LABEL = "tick"
PATCHERS = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=1_000)
    parser.add_argument("--pods", type=int, default=10_000)
    parser.add_argument("--rate", type=int, default=200, help="label patches a second")
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--child", choices=["list", "follow"], help=argparse.SUPPRESS)
    parser.add_argument("--kubeconfig", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child == "list":
        asyncio.run(listed(options.kubeconfig))
    elif options.child == "follow":
        asyncio.run(follow(options.kubeconfig))
    else:
        measure(options)


# ------------------------------------------------------------------------------------------------ the processes that are measured


async def listed(kubeconfig: str) -> None:
    """Reads the cluster once and says how many bytes of JSON that were."""
    from seawall.kube.client import KubeClient
    from seawall.spi.source import StateOptions

    async with KubeClient(await credentials(None, kubeconfig)) as client:
        reader = LiveReader(client, StateOptions(name="bench"))
        cluster = await reader.read()
    size = sum(len(received) for found in reader.listed.values() for _, received in found.objects)
    print(json.dumps({"objects": len(cluster.objects), "gaps": len(cluster.coverage.gaps), "bytes": size}))


class Noting(WatchedCluster):
    """Notes when it saw each change, and when a scan that knew of it was done."""

    def __init__(self, kubeconfig: str) -> None:
        super().__init__(None, kubeconfig, None, name="bench")
        self.seen: dict[int, float] = {}
        self.scans: list[tuple[int, float, float]] = []
        """For each scan: the changes it knew of, when it began and when it was done."""

    def put(self, kind: str, thing: Object, at: int) -> None:
        super().put(kind, thing, at)
        tick = thing.metadata.labels.get(LABEL)
        if tick is not None:
            self.seen.setdefault(int(tick), time.time())

    async def _scan(self, life: Any, *, first: bool) -> None:
        known, began = len(self.seen), time.time()
        await super()._scan(life, first=first)
        self.scans.append((known, began, time.time()))


async def follow(kubeconfig: str) -> None:
    """Follows until standard input ends; says when the first scan is done, and at the end what was noted."""
    followed = Noting(kubeconfig)
    task = asyncio.create_task(followed.run())
    while followed.report is None:
        await asyncio.sleep(0.02)
        if task.done():
            task.result()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    print(json.dumps({"seen": followed.seen, "scans": followed.scans}))


# ------------------------------------------------------------------------------------------------ the measurements


def measure(options: argparse.Namespace) -> None:
    from tests.e2e.cluster import crowd
    from tests.e2e.cluster.control_plane import ControlPlane
    from tests.e2e.cluster.missing import Missing

    try:
        plane = ControlPlane.start(controllers=False)  # nothing moves but what this file moves
    except Missing as why:
        print(f"not measured: {why}")
        return
    try:
        began = time.monotonic()
        pods = crowd.fill(plane, nodes=options.nodes, pods=options.pods, owned=True)
        print(f"{options.nodes:,} nodes and {len(pods):,} pods are there after {time.monotonic() - began:.0f} s\n")
        kubeconfig = str(plane.kubeconfig())
        once(kubeconfig)
        followed(plane, kubeconfig, pods, options.rate, options.seconds)
    finally:
        plane.end()


def once(kubeconfig: str) -> None:
    """What a snapshot costs: three runs, the one with the fewest CPU seconds."""
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    with tempfile.TemporaryDirectory(prefix="seawall-bench-") as scratch:
        file = Path(scratch, "bench.seawall")
        command = [sys.executable, "-m", "seawall", "snapshot", "save", str(file), "--kubeconfig", kubeconfig]
        runs = [child(command, environment) for _ in range(3)]
        cpu, wall, peak, _ = min(runs)
        said = json.loads(child([sys.executable, __file__, "--child=list", f"--kubeconfig={kubeconfig}"])[3])
        print(f"snapshot   {said['objects']:,} objects, {said['gaps']} gaps, {said['bytes'] / 1e6:.1f} MB of JSON")
        print(
            f"           {cpu:.1f} CPU s, {wall:.1f} s, {peak} MB at most, file of {file.stat().st_size / 1e6:.2f} MB\n"
        )


def child(command: list[str], environment: dict[str, str] | None = None) -> tuple[float, float, int, str]:
    """CPU seconds, wall seconds, peak megabytes and output of a command."""
    began = time.monotonic()
    started = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert started.stdout is not None
    said = started.stdout.read()
    _, status, usage = os.wait4(started.pid, 0)
    started.returncode = os.waitstatus_to_exitcode(status)
    if started.returncode != 0:
        sys.exit(f"bench/live.py: {' '.join(command[:5])} ended with {started.returncode}")
    return usage.ru_utime + usage.ru_stime, time.monotonic() - began, usage.ru_maxrss >> 10, said


def followed(plane: Any, kubeconfig: str, pods: list[str], rate: int, seconds: int) -> None:
    """What following costs, at rest and while labels change."""
    began = time.monotonic()
    command = [sys.executable, __file__, "--child=follow", f"--kubeconfig={kubeconfig}"]
    view = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert view.stdout is not None and view.stdin is not None
    if view.stdout.readline() != "ready\n":
        sys.exit("bench/live.py: the view did not come up")
    print(
        f"live view  first scan done after {cpu(view.pid):.1f} CPU s, {time.monotonic() - began:.1f} s; {resident(view.pid)} MB"
    )
    rest, at = cpu(view.pid), time.monotonic()
    time.sleep(10)
    print(f"           at rest {(cpu(view.pid) - rest) / (time.monotonic() - at) * 100:.0f} % of a CPU")
    at, before = time.monotonic(), used(plane, view.pid)
    answered = patch(plane, pods, rate, seconds)
    patched = time.monotonic() - at
    shares = {name: (after - before[name]) / patched * 100 for name, after in used(plane, view.pid).items()}
    view_share = shares.pop("view")
    time.sleep(15)
    memory = resident(view.pid)
    view.stdin.close()
    noted = json.loads(view.stdout.read())
    view.wait()
    seen = {int(tick): when for tick, when in noted["seen"].items()}
    lost = [tick for tick in answered if tick not in seen]
    print(
        f"           {len(answered):,} patches in {patched:.1f} s ({len(answered) / patched:.0f} of {rate} a second): {view_share:.0f} % of a CPU; {memory} MB"
    )
    others = ", ".join(f"{name} {share:.0f} %" for name, share in shares.items())
    print(f"           beside it: {others}; {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.0f}")
    delays("seen", [seen[tick] - when for tick, when in answered.items() if tick in seen])
    in_order = list(seen)  # as they were noted
    scanned: dict[int, float] = {}
    for known, _, end in noted["scans"]:
        for tick in in_order[len(scanned) : known]:
            scanned[tick] = end
    delays("scanned", [scanned[tick] - when for tick, when in answered.items() if tick in scanned])
    turns = [end - start for _, start, end in noted["scans"][1:]]
    print(
        f"           {len(turns)} scans, {sum(turns) / max(1, len(turns)):.2f} s each; {len(lost)} changes lost, {len(answered) - len(scanned)} not scanned"
    )


def patch(plane: Any, pods: list[str], rate: int, seconds: int) -> dict[int, float]:
    """Changes a label of one pod after the other, at a steady rate; when each was answered."""
    began = time.monotonic()
    forking = multiprocessing.get_context("fork")  # processes, for threads of one would wait for each other
    answers = forking.SimpleQueue()
    patchers = [
        forking.Process(target=patch_share, args=(answers, plane, pods, rate, seconds, began, start))
        for start in range(PATCHERS)
    ]
    for patcher in patchers:
        patcher.start()
    shares = [answers.get() for _ in patchers]
    for patcher in patchers:
        patcher.join()
    return {tick: at for share in shares for tick, at in share.items()}


def patch_share(answers: Any, plane: Any, pods: list[str], rate: int, seconds: int, began: float, start: int) -> None:
    """Every `PATCHERS`th of the patches, from `start` on; into `answers`, when each was answered."""
    from tests.e2e.cluster import bulk

    answered = {}
    with bulk.Connection(plane) as connection:
        for tick in range(start, rate * seconds, PATCHERS):
            time.sleep(max(0.0, began + tick / rate - time.monotonic()))
            body = {"metadata": {"labels": {LABEL: str(tick)}}}
            connection.send(bulk.Change("PATCH", pods[tick % len(pods)], body, bulk.MERGE_PATCH))
            answered[tick] = time.time()
    answers.put(answered)


def used(plane: Any, view: int) -> dict[str, float]:
    """CPU seconds so far, by who used them."""
    mine = resource.getrusage(resource.RUSAGE_CHILDREN)
    daemons = {name: plane.daemons[name].cpu_seconds() for name in ("kube-apiserver", "etcd", "relay")}
    return {"view": cpu(view), **daemons, "patchers": mine.ru_utime + mine.ru_stime}


def delays(name: str, found: list[float]) -> None:
    ordered = sorted(found)
    if ordered:
        half, most = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]
        print(
            f"           {name}: {half * 1000:,.0f} ms after the answer, 99 % within {most * 1000:,.0f} ms, all within {ordered[-1] * 1000:,.0f} ms"
        )


def cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize() >> 20


if __name__ == "__main__":
    main()
