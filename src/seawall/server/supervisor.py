"""Background tasks: each runs on its own, is started again when it fails, and says how it is."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

import msgspec

from seawall.app.health import TaskHealth
from seawall.app.moment import rfc3339

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
CALM = 120.0
"""A task that ran so long before it failed begins with the first pause again."""

_log = logging.getLogger("seawall.server")

Run = Callable[[], Awaitable[None]]


class Task(msgspec.Struct):
    """A task under supervision. With `every` (seconds), `run` is one turn and is called again and again; else it runs until it is cancelled."""

    name: str
    run: Run
    every: float | None = None
    asked_for: bool = False
    state: str = "waiting"
    restarts: int = 0
    last_error: str = ""
    last_run: int | None = None


class Supervisor:
    """Runs tasks until it is cancelled. A task that fails is noted, waited for and started again; no other notices."""

    def __init__(
        self, clock: Callable[[], int] = time.time_ns, tell: Callable[[str], None] = lambda line: None
    ) -> None:
        """`tell` is given a line where a task that a person asked for fails in a new way."""
        self._clock, self._tell = clock, tell
        self._tasks: list[Task] = []
        self._stirred: dict[str, asyncio.Event] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def add(self, name: str, run: Run, *, every: float | None = None, asked_for: bool = False) -> None:
        """Register a task; before `run`. `asked_for`: a person waits for what it does."""
        self._tasks.append(Task(name, run, every, asked_for))
        self._stirred[name] = asyncio.Event()

    def stir(self, name: str) -> None:
        """Let a task that waits for its next turn take it now."""
        if name in self._stirred:
            self._stirred[name].set()

    def stir_from_thread(self, name: str) -> None:
        """As `stir`, from any thread; nothing happens before `run` or after it."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.stir, name)

    async def run(self) -> None:
        """Run everything until cancelled; every task has ended when this returns."""
        self._loop = asyncio.get_running_loop()
        try:
            async with asyncio.TaskGroup() as group:
                for task in self._tasks:
                    group.create_task(self._keep(task), name=task.name)
        finally:
            self._loop = None
            for task in self._tasks:
                task.state = "stopped"

    def health(self) -> list[TaskHealth]:
        return [
            TaskHealth(
                name=task.name,
                state=task.state,  # type: ignore[arg-type]  # one of its words
                restarts=task.restarts,
                last_error=task.last_error,
                last_run=None if task.last_run is None else rfc3339(task.last_run),
            )
            for task in self._tasks
        ]

    async def _keep(self, task: Task) -> None:
        pause = FIRST_PAUSE
        while True:
            began = time.monotonic()
            try:
                task.state, task.last_run = "running", self._clock()
                await task.run()
                task.last_error, pause = "", FIRST_PAUSE
                if task.every is None:
                    task.state = "stopped"
                    return
                task.state = "waiting"
                await self._until(task.name, task.every)
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001  the supervisor: a task that fails is noted and started again
                told = f"{type(error).__name__}: {error}".splitlines()[0][:300]
                if told != task.last_error:
                    _log.warning("%s failed: %s", task.name, told, exc_info=_log.isEnabledFor(logging.DEBUG))
                    if task.asked_for:
                        self._tell(f"  {task.name}: {told.partition(': ')[2] or told}")
                task.state, task.last_error = "failed", told
                task.restarts += 1
                if time.monotonic() - began > CALM:
                    pause = FIRST_PAUSE
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    async def _until(self, name: str, seconds: float) -> None:
        stirred = self._stirred[name]
        try:
            async with asyncio.timeout(seconds):
                await stirred.wait()
        except TimeoutError:
            return
        finally:
            stirred.clear()
