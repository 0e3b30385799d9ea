"""A secret in what is sent is nowhere in what is kept or said: every column of every table, every file, every line of the log, every answer."""

from __future__ import annotations

import base64
import gzip
import time
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from tests.server.running import Running, cli, patiently, up

from seawall.store.client import Address, Store
from seawall.store.embedded import running_host

WAYS = ("file", "http", "webhook")


class Canaries:
    """Secrets by where they were put, so that one that gets out names its way."""

    def __init__(self) -> None:
        self.put: dict[str, str] = {}

    def __call__(self, way: str, place: str) -> str:
        return self.put.setdefault(f"{way} {place}", f"c4n4ry{way}{place.replace(' ', '')}{len(self.put):04x}Zq9")

    def found_in(self, data: bytes) -> list[str]:
        return [
            where
            for where, secret in self.put.items()
            if secret.encode() in data or base64.b64encode(secret.encode())[:-4] in data
        ]


def entries(way: str, canary: Canaries) -> list[dict[str, Any]]:
    """Audit entries as an API server logs them at level RequestResponse, a secret wherever one can stand."""

    def hidden(place: str) -> str:
        return canary(way, place)

    def in64(place: str) -> str:
        return base64.b64encode(hidden(place).encode()).decode()

    def entry(number: int, resource: str, **told: Any) -> dict[str, Any]:
        subresource = told.pop("subresource", "")
        now = time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime())
        return {
            "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "RequestResponse", "auditID": f"{way}-{number}", "stage": "ResponseComplete",
            "requestURI": f"/api/v1/namespaces/shop/{resource}", "verb": "create",
            "user": {"username": "mallory", "groups": ["dev"], "extra": {"oauth": [hidden("user extra")]}}, "userAgent": "kubectl/v1.36",
            "objectRef": {"resource": resource, "namespace": "shop", "name": "thing", "apiVersion": "v1", "subresource": subresource},
            "responseStatus": {"code": 201}, "requestReceivedTimestamp": now, "stageTimestamp": now, **told,
        }  # fmt: skip

    secret = {"kind": "Secret", "metadata": {"name": "thing"}}
    pod = {
        "kind": "Pod", "apiVersion": "v1",
        "metadata": {"name": "thing", "annotations": {"kubectl.kubernetes.io/last-applied-configuration": hidden("last applied")}},
        "spec": {"containers": [{
            "name": "app", "image": "shop/web:1", "args": [hidden("arguments")], "command": ["sh", "-c", hidden("command")],
            "env": [{"name": "DB_PASSWORD", "value": hidden("environment")}], "securityContext": {"privileged": True},
        }]},
    }  # fmt: skip
    claims = msgspec.json.encode({"sub": hidden("claim"), "iss": "kubernetes/serviceaccount"})
    parts = (b'{"alg":"RS256","kid":"1"}', claims, b"s" * 64)
    token = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
    canary.put[f"{way} whole token"] = token
    return [
        entry(
            1,
            "secrets",
            requestObject={**secret, "stringData": {"password": hidden("string data")}},
            responseObject={**secret, "data": {"password": in64("data")}},
            responseStatus={"code": 422, "message": f"Secret is invalid: {hidden('message of a secret')}"},
        ),
        entry(2, "pods", requestObject=pod, responseObject=pod),
        entry(3, "configmaps", requestObject={"kind": "ConfigMap", "data": {"k": hidden("config map")}}),
        entry(
            4,
            "pods",
            subresource="exec",
            requestURI=f"/api/v1/namespaces/shop/pods/thing/exec?command=%2Fbin%2Fsh&command=-c&command={hidden('exec')}",
            responseStatus={"code": 101},
            requestObject={"kind": "PodExecOptions", "command": ["/bin/sh", "-c", hidden("exec options")]},
        ),
        entry(
            5,
            "services",
            subresource="proxy",
            requestURI=f"/api/v1/namespaces/shop/services/web/proxy/login?access_token={hidden('query')}&token={token}",
        ),
        entry(
            6,
            "serviceaccounts",
            subresource="token",
            responseObject={"kind": "TokenRequest", "status": {"token": hidden("token request")}},
        ),
        entry(7, "tokenreviews", requestObject={"kind": "TokenReview", "spec": {"token": hidden("token review")}}),
        entry(8, "pods", userAgent=f"curl Authorization: Bearer {hidden('user agent')} {token}"),
        entry(
            9,
            "pods",
            annotations={
                "authorization.k8s.io/decision": "allow",
                "patch.webhook.admission.k8s.io/round_0_index_0": msgspec.json.encode(
                    {"patch": [{"op": "add", "path": "/spec/x", "value": hidden("patch")}]}
                ).decode(),
                "example.com/said": f"password={hidden('annotation')}",
            },
            responseStatus={"code": 500, "message": f"dial with password={hidden('message')} failed"},
        ),
        entry(10, "pods", requestURI=f"/api/v1/namespaces/shop/pods/{token}"),
    ]


def broken(way: str, canary: Canaries) -> bytes:
    """Records that cannot be read, for what is said of them."""
    return (
        b'{"auditID": {"' + canary(way, "wrong type").encode() + b'": 1}}\n'
        b'{"auditID": "x", "annotations": {"' + canary(way, "key").encode() + b'": 7}}\n'
        b'{"auditID": "' + canary(way, "torn").encode() + b"\n" + canary(way, "no json").encode() + b"\n"
    )


def contents(state: Path) -> dict[str, bytes]:
    """Every table of the store, as its columns' plain bytes."""
    host = running_host(state / "store")
    assert host is not None
    access = {"X-ClickHouse-User": "seawall", "X-ClickHouse-Key": host.passwords["seawall"]}
    store = Store(Address.of(host.url, user="seawall", password=host.passwords["seawall"]))
    tables = store.select("SELECT name FROM system.tables WHERE database = 'seawall' AND engine NOT LIKE '%View'")
    store.close()
    found = {}
    for table in tables:
        asked = f"SELECT * FROM seawall.`{table['name']}` FORMAT RowBinary"
        answer = httpx.post(host.url, content=asked, headers=access, timeout=60)
        assert answer.status_code == 200, answer.text
        found[table["name"]] = answer.content
    return found


def pages(server: Running) -> dict[str, bytes]:
    """What the console is told."""
    with server.signed_in() as person:
        patiently(person, "/api/v1/incidents", "mallory")
        paths = (
            "events/audit?limit=1000",
            "events/audit/histogram",
            "events/flow?limit=1000",
            "events/audit/values?column=user_agent_original",
            "incidents",
            "health",
            "overview",
            "trail?from=now-1d",
        )
        found = {path: person.get(f"/api/v1/{path}").content for path in paths}
        rows = person.get("/api/v1/events/audit?limit=1000").json()["rows"]
        assert len(rows) == 10 * len(WAYS)
        for row in rows:
            found[f"event {row[0]}"] = person.get(f"/api/v1/events/audit/{row[0]}").content
        for case in person.get("/api/v1/incidents").json():
            found[f"incident {case['id']}"] = person.get(f"/api/v1/incidents/{case['id']}").content
        return found


@pytest.mark.slow
def test_no_secret_of_what_is_sent_is_kept_or_said(tmp_path: Path) -> None:
    pytest.importorskip("chdb", reason="the embedded store needs chDB")
    canary, state, settings = Canaries(), tmp_path / "state", tmp_path / "seawall.yaml"
    settings.write_text(
        "notify:\n  from: low\n  receivers:\n    - {name: nobody, url: 'http://127.0.0.1:9/hook'}\n"
        "detection: {everySeconds: 1}\n"
    )
    answers: list[bytes] = []
    with up(state, "-vv", "--config", str(settings)) as server:
        made = cli("token", "create", "sender", "--role", "ingest", "--state", str(state))
        sender = httpx.Client(
            base_url=server.url, headers={"authorization": f"Bearer {made.stdout.strip()}"}, timeout=60
        )
        lines = {way: b"".join(msgspec.json.encode(one) + b"\n" for one in entries(way, canary)) for way in WAYS}

        log = tmp_path / "audit.log"
        log.write_bytes(lines["file"] + broken("file", canary))
        said = cli("ingest", "audit", str(log), "--cluster", "c", "--store", str(state / "store"))
        answers += [said.stdout.encode(), said.stderr.encode()]
        assert said.returncode == 3 and "10 accepted" in said.stdout, said.stdout + said.stderr

        body = lines["http"] + broken("http", canary)
        taken = sender.post("/api/v1/ingest/audit?cluster=c&source=audit", content=body)
        assert (taken.json()["accepted"], taken.json()["malformed"]) == (10, 4), taken.text
        listed = {
            "kind": "EventList",
            "apiVersion": "audit.k8s.io/v1",
            "items": [msgspec.Raw(one) for one in lines["webhook"].splitlines()],
        }
        posted = sender.post("/api/v1/receive/audit/c", content=msgspec.json.encode(listed))
        assert posted.json()["accepted"] == 10, posted.text
        torn = sender.post(
            "/api/v1/ingest/audit?cluster=c&source=audit",
            content=gzip.compress(body)[:-9],
            headers={"content-encoding": "gzip"},
        )
        refused = sender.post("/api/v1/receive/audit/c", content=canary("webhook", "no json at all").encode())
        http = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "verdict": "FORWARDED", "IP": {"source": "10.0.0.1", "destination": "10.0.0.2"},
            "l4": {"TCP": {"source_port": 5, "destination_port": 80}}, "Type": "L7",
            "l7": {"type": "REQUEST", "http": {
                "method": "GET", "url": f"http://web/login?token={canary('http', 'url of a flow')}", "code": 200,
                "headers": [{"key": "Authorization", "value": f"Bearer {canary('http', 'header of a flow')}"}],
            }},
        }  # fmt: skip
        flowed = sender.post("/api/v1/ingest/flow?cluster=c&source=hubble", content=msgspec.json.encode({"flow": http}))
        assert flowed.json()["accepted"] == 1, flowed.text
        answers += [one.content for one in (taken, posted, torn, refused, flowed)]

        shown = pages(server)
        patiently_owed = time.monotonic() + 60
        while not (kept := contents(state))["outbox"]:
            assert time.monotonic() < patiently_owed, "no message was owed"
            time.sleep(0.5)
        health = cli("health", "--store", str(state / "store"), "-o", "json")
        answers += [health.stdout.encode(), health.stderr.encode()]
    log.unlink()

    leaks = {f"answer {number}": canary.found_in(answer) for number, answer in enumerate(answers)}
    leaks |= {f"page {path}": canary.found_in(answer) for path, answer in shown.items()}
    leaks |= {f"table {name}": canary.found_in(rows) for name, rows in kept.items()}
    leaks |= {f"file {path}": canary.found_in(path.read_bytes()) for path in state.rglob("*") if path.is_file()}
    leaks["log"] = canary.found_in(server.said().encode())
    assert {where: found for where, found in leaks.items() if found} == {}
    assert len(canary.put) > 60 and {"audit", "flow", "batch_ledger", "outbox", "signal"} <= kept.keys()
