"""A disk that fills under a server: what is not kept is not acknowledged, people sign in and see why, and with room again all of it is there once."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import msgspec
import pytest
from tests.server.running import cli, patiently, up
from tests.server.test_crash import check, flows

SIZE = 256 << 20
BATCHES = 6


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("a small file system is mounted by root")
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(place)], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(file: Path) -> None:
    """Take what is left of the disk, to the last byte."""
    with file.open("ab", buffering=0) as ballast:
        for size in (1 << 20, 1 << 12, 1):
            with suppress(OSError):
                while ballast.write(b"x" * size):
                    continue


@pytest.mark.slow
def test_a_disk_that_is_full_loses_nothing_and_locks_nobody_out(small_disk: Path) -> None:
    pytest.importorskip("chdb", reason="the embedded store needs chDB")
    state, ballast = small_disk / "state", small_disk / "ballast"
    made = cli("token", "create", "drill", "--role", "admin", "--state", str(state))
    headers = {"authorization": f"Bearer {made.stdout.strip()}"}
    chosen = random.Random(4)
    bodies = {f"full-{number}": flows(chosen) for number in range(BATCHES)}
    with up(state) as server, httpx.Client(base_url=server.url, headers=headers, timeout=60) as sender:

        def send(name: str) -> httpx.Response:
            where = "/api/v1/ingest/flow?cluster=crash&source=drill"
            return sender.post(where, content=bodies[name], headers={"x-seawall-batch": name})

        assert send("full-0").status_code == 200
        fill(ballast)
        for _ in range(2):
            for name in list(bodies)[1:]:
                fill(ballast)  # merges give room back
                answer = send(name)
                assert answer.status_code == 503 and answer.headers["retry-after"], answer.text
        assert send("full-0").status_code == 503, "a repeat is in no ledger either"

        assert httpx.get(f"{server.url}/healthz").text == "ok\n"
        with server.signed_in() as person:
            assert person.get("/api/v1/me").json()["name"] == "local"
            store = patiently(person, "/api/v1/health", '"full"').json()["store"]
            assert store["state"] == "full" and "ingest waits" in store["why"]
            assert len(person.get("/api/v1/events/flow?limit=10").json()["rows"]) == 10, "what is stored can be read"
            assert httpx.get(f"{server.url}/api/v1/me", headers={"authorization": "Bearer wrong"}).status_code == 401

            ballast.unlink()
            assert [send(name).json()["outcome"] for name in bodies] == ["repeat", *["stored"] * (BATCHES - 1)]
            assert patiently(person, "/api/v1/health", '"ok"').json()["store"]["state"] == "ok"
            trail = patiently(person, "/api/v1/trail?from=now-1d", "authenticate", 120).json()
            acts = {(one["action"], one["outcome"]) for one in trail["entries"]}
            assert {("signIn", "ok"), ("authenticate", "denied")} <= acts, "what happened on the full disk is noted"
            assert "seawall_trail_lost_total 0" in person.get("/metrics").text
        check(state, list(bodies))
        said = cli("store", "doctor", "--store", str(state / "store"), "-o", "json")
    ill = [
        one for one in msgspec.json.decode(said.stdout) if one["health"] == "ill" and not one["name"].startswith("disk")
    ]
    assert ill == []
