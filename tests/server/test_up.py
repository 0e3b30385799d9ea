"""`seawall up` as a process: it answers, signs in, takes events, survives its store, and ends in order."""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path

import httpx
import msgspec
import pytest
from tests.server.running import cli, patiently, up

from seawall.sources.recording.format import Event, RecordedCluster, Stream, Take
from seawall.sources.recording.writer import RecordingFile

MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {team: checkout}}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - {name: app, image: "shop/web:1", securityContext: {privileged: true}}
"""


@pytest.mark.slow
def test_a_day_in_the_life_of_a_server(tmp_path: Path) -> None:
    pytest.importorskip("chdb", reason="the embedded store needs chDB")
    state, manifest = tmp_path / "state", tmp_path / "web.yaml"
    manifest.write_text(MANIFEST)
    with up(state, str(manifest)) as server:
        assert httpx.get(f"{server.url}/healthz").text == "ok\n"
        with server.signed_in() as person:
            assert httpx.get(server.link).status_code == 401, "the link is used"
            found = patiently(person, "/api/v1/findings", "workload/privileged-container").json()
            assert {finding["team"] for finding in found["findings"]} == {"checkout"}
            made = cli("token", "create", "collector", "--role", "ingest", "--cluster", "prod", "--state", str(state))
            assert made.returncode == 0 and "role ingest, prod, never; not shown again" in made.stderr
            sender = httpx.Client(
                base_url=server.url, headers={"authorization": f"Bearer {made.stdout.strip()}"}, timeout=60
            )
            audit = {
                "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata", "auditID": "a1", "stage": "ResponseComplete",
                "requestURI": "/api/v1/namespaces/shop/pods/web-0/exec?command=sh", "verb": "create", "user": {"username": "mallory"},
                "objectRef": {"resource": "pods", "namespace": "shop", "name": "web-0", "subresource": "exec"},
                "responseStatus": {"code": 101}, "requestReceivedTimestamp": time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime()),
                "stageTimestamp": time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime()),
            }  # fmt: skip
            body = msgspec.json.encode({"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "items": [audit]})
            sent = sender.post("/api/v1/receive/audit/prod", content=body)
            assert sent.status_code == 200 and sent.json()["accepted"] == 1, sent.text
            assert sender.get("/api/v1/me").status_code == 403
            exec_page = patiently(person, "/api/v1/events/audit?q=user:mallory", "mallory").json()
            assert len(exec_page["rows"]) == 1
            patiently(person, "/api/v1/incidents", "mallory")

            # the store dies under it: sign-in and health go on, what was acknowledged is there again
            os.kill(server.store_pid(), signal.SIGKILL)
            assert httpx.get(f"{server.url}/healthz").text == "ok\n"
            other = cli("token", "link", "--state", str(state), "--url", server.url)
            assert httpx.get(other.stdout.strip()).status_code == 303
            patiently(person, "/api/v1/events/audit?q=user:mallory", "mallory")
            assert sender.post("/api/v1/receive/audit/prod", content=body).json()["outcome"] == "repeat"

            listed = cli("token", "list", "--state", str(state), "-o", "json")
            token = msgspec.json.decode(listed.stdout)[0]
            assert token["name"] == "collector" and "hash" not in token
            assert cli("token", "revoke", token["id"], "--state", str(state)).returncode == 0
            assert sender.post("/api/v1/receive/audit/prod", content=body).status_code == 401
            cookies = dict(person.cookies)

            began = time.monotonic()
            with person.stream("GET", "/api/v1/events/audit/tail") as tail:
                assert tail.status_code == 200 and tail.headers["content-type"].startswith("text/event-stream")
                server.process.terminate()
                for _ in tail.iter_bytes():
                    pass
        assert server.process.wait(60) == 0
        assert time.monotonic() - began < 60
    assert "stopped" in server.said()
    secret = server.link.partition("token=")[2]
    assert not any(secret.encode() in path.read_bytes() for path in state.rglob("*") if path.is_file())

    # after a restart the same session holds, and what was noted is in the log of who looked
    with up(state) as server, httpx.Client(base_url=server.url, cookies=cookies, timeout=60) as person:
        assert person.get("/api/v1/me").json()["name"] == "local"
        trail = patiently(person, "/api/v1/trail?from=now-1d", "signIn").json()
        actions = {(entry["action"], entry["outcome"]) for entry in trail["entries"]}
        assert {("signIn", "ok"), ("signIn", "denied"), ("authenticate", "denied")} <= actions


@pytest.mark.slow
def test_what_cannot_start_says_why_in_one_line(tmp_path: Path) -> None:
    wrong = tmp_path / "seawall.yaml"
    wrong.write_text("listen:\n  prot: 1\n")
    for arguments, says in (
        (("up", "--config", str(wrong)), rf"{re.escape(str(wrong))}:2: `prot` is no key here"),
        (("up", "--state", str(tmp_path / "s"), "/nowhere/at-all"), "/nowhere/at-all: there is no such file or folder"),
        (("up", "--host", "0.0.0.0", "--state", str(tmp_path / "s")), "without TLS"),
        (("up", "--recording", str(wrong), "--port", "0"), "this is no recording"),
        (("token", "link", "--state", str(tmp_path / "none")), "no server has run here yet"),
        (("token", "create", "x", "--expires", "soon", "--state", str(tmp_path)), "`soon` is no length of time"),
    ):
        done = cli(*arguments)
        assert done.returncode == 2 and re.search(says, done.stderr), (arguments, done.stderr)
        assert len(done.stderr.strip().splitlines()) == 1 and "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_recording_is_shown_as_if_it_were_live(tmp_path: Path) -> None:
    pytest.importorskip("chdb", reason="the embedded store needs chDB")
    record = {
        "flow": {
            "time": "2026-03-01T11:30:00Z", "verdict": "FORWARDED", "IP": {"source": "10.0.0.1", "destination": "10.0.0.2"},
            "l4": {"TCP": {"source_port": 5, "destination_port": 443}},
        }
    }  # fmt: skip
    at = 1_772_364_600 * 10**9
    path = tmp_path / "day.seawall-recording"
    streams = {"simulator": Stream("hubble", simulated=True, made_by="a simulator")}
    with RecordingFile(path, RecordedCluster("day", "day"), streams, title="A short day") as file:
        file.write(Take(at))
        file.write(Event(at + 10**9, "simulator", msgspec.Raw(msgspec.json.encode(record))))
    with up(tmp_path / "unused", "--recording", str(path)) as server, server.signed_in() as person:
        page = patiently(person, "/api/v1/events/flow", "10.0.0.2").json()
        assert len(page["rows"]) == 1 and page["simulated"]
        me = person.get("/api/v1/me").json()
        assert me["recorded"] and me["now"] > page["rows"][0][1]
        assert person.get("/api/v1/overview").json()["simulated"]
    assert not (tmp_path / "unused" / "store").exists(), "a recording is looked at, not kept"
