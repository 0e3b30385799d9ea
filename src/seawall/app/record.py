"""Record a live cluster: its objects as they change, and the events that others write into files meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from seawall.kube.client import KubeClient
from seawall.kube.credentials import credentials
from seawall.sources.recording.format import RecordedCluster, Stream
from seawall.sources.recording.kept import Keeping
from seawall.sources.recording.tail import Tail
from seawall.sources.recording.writer import Recorder, RecordingFile
from seawall.sources.state.live import LiveReader, RawObjects
from seawall.sources.state.watch import Watcher
from seawall.spi.detector import duration
from seawall.spi.source import StateOptions

__all__ = ["Made", "duration", "record"]

_LOOK = 0.25
"""Seconds between two looks at whether it is time to stop."""
_LAST_RECORDS = 1.0
"""Seconds that producers get at the end to write what belongs to the last moment."""


class Made(msgspec.Struct, frozen=True, rename="camel"):
    """What was recorded: lines by kind, records that were none by stream, how often an object did not decode, bytes of the file, seconds it covers."""

    cluster: str
    name: str
    lines: dict[str, int]
    refused: dict[str, int]
    undecodable: int
    bytes: int
    seconds: float


async def record(
    path: Path,
    *,
    context: str | None,
    kubeconfig: str | None,
    name: str = "",
    files: Mapping[str, Path],
    stop: Callable[[float], bool],
    progress: Callable[[str, int, int], None] | None = None,
) -> Made:
    """Records until `stop` (given the seconds so far) says so. `files` are followed from their present end: event source -> JSON lines.

    UserError where the cluster or a file cannot be reached, or the recording cannot be written. What is written is whole even if this is cancelled.
    """
    tails = {source: Tail(file) for source, file in files.items()}
    streams = {source: Stream(source, made_by=f"lines of {file.name}") for source, file in files.items()}
    chosen = await credentials(context, kubeconfig)
    try:
        async with KubeClient(chosen) as client:
            reader = LiveReader(client, StateOptions(name=name or chosen.context))
            identity = await reader.cluster_id()
            cluster = RecordedCluster(identity or chosen.context, name or chosen.context, await reader.server_version())
            raw = RawObjects()
            began = time.monotonic()
            with RecordingFile(path, cluster, streams) as file:
                recorder = Recorder(file, raw=raw, keep=Keeping(*files))
                recorder.take(time.time_ns())
                await _follow(Watcher(reader, recorder, raw), recorder, tails, stop, progress)
                for gap in reader.gaps:  # of the cluster itself: its id
                    recorder.broken(gap.kind, gap)
            return Made(
                cluster.id,
                cluster.name,
                dict(file.counts),
                dict(file.refused),
                recorder.lost,
                path.stat().st_size,
                round(time.monotonic() - began, 1),
            )
    finally:
        for tail in tails.values():
            tail.close()


async def _follow(
    watcher: Watcher,
    recorder: Recorder,
    tails: Mapping[str, Tail],
    stop: Callable[[float], bool],
    progress: Callable[[str, int, int], None] | None,
) -> None:
    began = time.monotonic()
    tasks = [asyncio.create_task(watcher.run())]
    tasks += [asyncio.create_task(_tail(recorder, stream, tail)) for stream, tail in tails.items()]
    try:
        while not stop(time.monotonic() - began):
            done, _ = await asyncio.wait(tasks, timeout=_LOOK, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()  # none of them ends but by an error
            if progress is not None:
                progress("lines recorded", sum(recorder.file.counts.values()), 0)
        await asyncio.sleep(_LAST_RECORDS)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _tail(recorder: Recorder, stream: str, tail: Tail) -> None:
    async for line in tail.lines():
        recorder.event(stream, line, time.time_ns())
