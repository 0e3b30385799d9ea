"""Tasks run side by side; one that fails is named and started again, and nobody else notices."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from seawall.server import supervisor as module
from seawall.server.supervisor import Supervisor


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(module, "LONGEST_PAUSE", 0.004)


async def until(holds: Callable[[], bool], seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.001)


def counting(fails: int) -> tuple[list[int], Callable[[], Awaitable[None]]]:
    turns: list[int] = []

    async def turn() -> None:
        turns.append(1)
        if len(turns) <= fails:
            raise ConnectionRefusedError("the store is away\nsecond line")

    return turns, turn


async def test_a_task_that_fails_is_named_and_started_again() -> None:
    kept = Supervisor(clock=lambda: 0)
    good, run_good = counting(0)
    bad, run_bad = counting(3)
    kept.add("good", run_good, every=0.001)
    kept.add("bad", run_bad, every=0.001)
    running = asyncio.create_task(kept.run())
    await until(lambda: len(bad) == 2)
    health = {task.name: task for task in kept.health()}
    assert health["bad"].last_error == "ConnectionRefusedError: the store is away" and health["bad"].restarts >= 1
    await until(lambda: len(bad) > 5)
    health = {task.name: task for task in kept.health()}
    assert health["bad"].last_error == "" and health["bad"].restarts == 3
    assert health["good"].restarts == 0 and len(good) > 3 and health["good"].last_run == "1970-01-01T00:00:00Z"
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert {task.state for task in kept.health()} == {"stopped"}


async def test_a_task_without_turns_runs_until_it_ends() -> None:
    kept = Supervisor()
    ended = asyncio.Event()

    async def once() -> None:
        await asyncio.sleep(0)
        ended.set()

    kept.add("once", once)
    await kept.run()
    assert ended.is_set() and kept.health()[0].state == "stopped"


async def test_a_waiting_task_is_stirred_from_any_thread() -> None:
    kept = Supervisor()
    turns, run = counting(0)
    kept.add("slow", run, every=3600.0)
    kept.stir_from_thread("slow")  # before it runs: nothing happens
    running = asyncio.create_task(kept.run())
    await until(lambda: len(turns) == 1 and kept.health()[0].state == "waiting")
    await asyncio.to_thread(kept.stir_from_thread, "slow")
    await until(lambda: len(turns) == 2)
    kept.stir("nobody")
    running.cancel()
