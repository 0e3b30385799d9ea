"""What each page is answered with, over the small world."""

from __future__ import annotations

from collections import Counter

import pytest
from tests.web.conftest import WINDOW, Client, decoded


async def test_events_page_by_page(client: Client) -> None:
    viewer = client("viewer")
    first = decoded(
        await viewer.get(f"/api/v1/events/flow?{WINDOW}&limit=50&total=true&columns=time,src_workload,verdict")
    )
    assert [column["name"] for column in first["columns"]] == ["event_id", "time", "src_workload", "verdict"]
    assert first["total"] == 125 and len(first["rows"]) == 50
    times = [row[1] for row in first["rows"]]
    assert times == sorted(times, reverse=True) and times[0] == "2027-01-15T07:49:00Z"
    seen = [row[0] for row in first["rows"]]
    cursor = first["next"]
    while cursor:
        page = decoded(await viewer.get(f"/api/v1/events/flow?{WINDOW}&limit=50&columns=time&cursor={cursor}"))
        seen += [row[0] for row in page["rows"]]
        cursor = page["next"]
    assert len(seen) == len(set(seen)) == 125
    oldest = decoded(await viewer.get(f"/api/v1/events/flow?{WINDOW}&limit=200&columns=time&order=time"))
    assert [row[0] for row in oldest["rows"]] == seen[::-1]


async def test_events_by_another_column(client: Client) -> None:
    page = decoded(await client("viewer").get(f"/api/v1/events/audit?{WINDOW}&limit=3&columns=code&order=-code"))
    assert [row[1] for row in page["rows"]] == [404, 404, 404] and page["next"] is None


async def test_the_context_narrows_every_kind(client: Client) -> None:
    viewer = client("viewer")
    for kind, narrowed, count in (
        ("flow", "namespace=b", 45),
        ("flow", "workload=a/alpha-web&cluster=prod", 40),
        ("flow", "address=10.1.0.0/16", 40),
        ("flow", "identity=b/bravo-account", 40),
        ("audit", "identity=alpha-user", 20),
        ("audit", "address=192.0.2.1", 20),
        ("dns", "q=response_code:NXDOMAIN", 12),
        ("flow", "q=verdict:denied -namespace:a dst_port>=1000", 10),
        ("flow", "q=charlie", 40),
    ):
        page = decoded(await viewer.get(f"/api/v1/events/{kind}?{WINDOW}&total=1&limit=1&{narrowed}"))
        assert page["total"] == count, (kind, narrowed)
    page = decoded(await viewer.get(f"/api/v1/events/process?{WINDOW}&address=10.0.0.1"))
    assert page["rows"] == [] and page["notes"] == ["process rows carry no address, so none can match"]


async def test_histogram_has_every_bucket_and_every_row(client: Client) -> None:
    viewer = client("viewer")
    for kind, names in (
        ("flow", {"allowed", "denied", "unknown"}),
        ("dns", {"NOERROR", "NXDOMAIN"}),
        ("audit", {"2xx", "4xx"}),
        ("process", {"exec"}),
    ):
        found = decoded(await viewer.get(f"/api/v1/events/{kind}/histogram?{WINDOW}&buckets=7"))
        total = decoded(await viewer.get(f"/api/v1/events/{kind}?{WINDOW}&total=1&limit=1"))["total"]
        assert {series["name"] for series in found["series"]} == names
        assert all(len(series["counts"]) == 7 for series in found["series"])
        assert sum(sum(series["counts"]) for series in found["series"]) == total
        assert found["step"] == pytest.approx(3600 / 7, rel=1e-6)


async def test_values_complete_a_filter(client: Client) -> None:
    viewer = client("viewer")
    found = decoded(await viewer.get(f"/api/v1/events/flow/values?{WINDOW}&field=workload&prefix=WEB"))
    assert {one["value"]: one["count"] for one in found} == {"alpha-web": 40, "bravo-web": 40, "charlie-web": 40}
    groups = decoded(await viewer.get(f"/api/v1/events/audit/values?{WINDOW}&field=groups&q=namespace:b"))
    assert groups == [{"value": "bravo-group", "count": 20}]
    fields = decoded(await viewer.get("/api/v1/events/dns/fields"))
    assert fields[0]["name"] == "event_id" and {"question", "latency"} <= {field["name"] for field in fields}


async def test_one_event_with_what_happened_around_it(client: Client) -> None:
    viewer = client("viewer")
    flow = decoded(await viewer.get("/api/v1/events/flow/flows-alpha.4"))
    assert flow["src_workload"] == "alpha-web" and flow["bytes_sent"] is None and flow["time"].endswith("Z")
    assert flow["rule"]["verdict"] == "denied" and flow["rule"]["policy"] == "NetworkPolicy a/alpha-policy"
    assert [step["kind"] for step in flow["causalTrail"]] == ["process", "process", "dns"]
    assert flow["causalTrail"][2]["summary"] == "alpha-web asked A alpha.example.com: NOERROR"
    times = [step["time"] for step in flow["causalTrail"]]
    assert times == sorted(times)
    missing = await viewer.get("/api/v1/events/flow/nothing.1")
    assert missing.status_code == 404 and missing.json()["title"] == "Not Found"


async def test_graph_counts_once_and_groups(client: Client) -> None:
    viewer = client("viewer")
    graph = decoded(await viewer.get(f"/api/v1/graph?{WINDOW}&cluster=c1"))
    nodes = {node["id"]: node for node in graph["nodes"]}
    assert set(nodes) == {
        "workload/a/alpha-web", "workload/a/alpha-db", "address/_/alpha.example.com", "workload/b/bravo-web", "workload/b/bravo-db",
        "address/_/bravo.example.com", "workload/a/border-client", "workload/b/border-server",
    }  # fmt: skip
    assert nodes["workload/a/alpha-web"]["findings"] == {"critical": 0, "high": 1}
    assert nodes["workload/a/alpha-web"]["labels"] == {"app": "alpha-web"}
    assert nodes["address/_/alpha.example.com"]["parent"] == "outside"
    assert {group["id"]: group["nodes"] for group in graph["groups"]} == {
        "namespace/_/a": 3,
        "namespace/_/b": 3,
        "outside": 2,
    }
    edge = next(one for one in graph["edges"] if one["source"].endswith("alpha-web") and one["port"] == 5432)
    assert (edge["events"], edge["allowed"], edge["denied"], edge["unknown"]) == (60, 20, 20, 20)
    assert edge["bytes"] is None and edge["encrypted"] is None and edge["policies"] == ["NetworkPolicy a/alpha-policy"]
    assert sum(one["events"] for one in graph["edges"]) == 165


async def test_graph_at_every_grain_and_with_any_filter_says_the_same(client: Client) -> None:
    viewer = client("viewer")
    for grain in ("cluster", "namespace", "workload", "pod"):
        graph = decoded(await viewer.get(f"/api/v1/graph?{WINDOW}&scope={grain}"))
        assert sum(one["events"] for one in graph["edges"]) == 245, grain
        assert len({node["id"] for node in graph["nodes"]}) == len(graph["nodes"])
    rollup = decoded(await viewer.get(f"/api/v1/graph?{WINDOW}&q=src_workload:alpha-web"))
    events = decoded(await viewer.get(f"/api/v1/graph?{WINDOW}&q=src_service_account:alpha-account"))
    assert [(e["id"], e["events"]) for e in rollup["edges"]] == [(e["id"], e["events"]) for e in events["edges"]]
    mixed = decoded(await viewer.get(f"/api/v1/graph?{WINDOW}"))
    assert "workload/a/charlie-web@c2" in {node["id"] for node in mixed["nodes"]}


async def test_graph_compares_and_looks_through_lenses(client: Client) -> None:
    viewer = client("viewer")
    late = "from=2027-01-15T07:35:00Z&to=2027-01-15T08:00:00Z&cluster=c1"
    graph = decoded(await viewer.get(f"/api/v1/graph?{late}&compare=2027-01-15T07:00:00Z/2027-01-15T07:35:00Z"))
    changes = {one["target"]: one["change"] for one in graph["edges"]}
    assert changes["workload/b/border-server"] == "gone" and changes["workload/a/alpha-db"] == "same"
    names = decoded(await viewer.get(f"/api/v1/graph?{WINDOW}&lens=dns&cluster=c1"))
    edge = next(one for one in names["edges"] if one["target"] == "domain/_/alpha.example.com")
    assert (edge["events"], edge["allowed"], edge["errors"]) == (20, 16, 4)
    health = decoded(await viewer.get(f"/api/v1/graph?{WINDOW}&lens=health&cluster=c1"))
    assert {node["health"] for node in health["nodes"]} == {"ok", "degraded", "failing"}
    exposure = decoded(await viewer.get(f"/api/v1/graph?{WINDOW}&lens=exposure&cluster=c1"))
    assert {node["id"]: node["exposure"] for node in exposure["nodes"]}["workload/a/alpha-db"] == "cluster"
    small = decoded(await viewer.get(f"/api/v1/graph?{WINDOW}&limit=2"))
    assert len(small["nodes"]) == 2 and small["truncated"]["nodes"] == 9


async def test_findings_grouped_filtered_and_one(client: Client) -> None:
    viewer = client("viewer")
    found = decoded(await viewer.get(f"/api/v1/findings?{WINDOW}"))
    assert found["counts"]["bySeverity"] == {"critical": 1, "high": 3, "medium": 0, "low": 0, "info": 0}
    (group,) = found["groups"]
    assert (group["severity"], group["count"], group["objects"], group["effort"]) == ("critical", 4, 4, "medium")
    assert found["coverage"]["unknownKinds"] == {"Widget": 4} and len(found["coverage"]["gaps"]) == 2
    for by in ("namespace", "team"):
        groups = decoded(await viewer.get(f"/api/v1/findings?{WINDOW}&group={by}"))["groups"]
        expected = Counter(
            finding["object"]["namespace"] if by == "namespace" else finding["team"] for finding in found["findings"]
        )
        assert {one["id"]: one["count"] for one in groups} == expected and {one["rule"] for one in groups} == {""}
        assert groups[0]["severity"] == "critical", "what is worst comes first"
    accepted = decoded(await viewer.get(f"/api/v1/findings?{WINDOW}&status=skipped"))
    assert (
        sum(one["count"] for one in accepted["groups"]) == len(accepted["findings"]) == accepted["counts"]["suppressed"]
    )
    teams = {finding["team"] for finding in found["findings"]}
    assert teams == {"alpha-team", "bravo-team", "charlie-team", "zulu-team"}
    mine = decoded(await viewer.get(f"/api/v1/findings?{WINDOW}&team=alpha-team&severity=high"))
    (finding,) = mine["findings"]
    assert finding["fix"]["kind"] == "unset" and finding["fix"]["text"]
    assert finding["firstSeen"] == "2027-01-14T06:00:00Z" and finding["lastSeen"] == "2027-01-15T07:50:00Z"
    yesterday = decoded(await viewer.get("/api/v1/findings?to=2027-01-15T06:00:00Z"))
    assert yesterday["counts"]["bySeverity"]["critical"] == 4
    whole = decoded(await viewer.get("/api/v1/findings/finding-alpha-db"))
    assert [one["transition"] for one in whole["history"]] == ["opened", "resolved"]
    assert (await viewer.get("/api/v1/findings/nothing")).status_code == 404


async def test_rules_explain_themselves(client: Client) -> None:
    viewer = client("viewer")
    rules = decoded(await viewer.get("/api/v1/rules"))
    assert len(rules) > 20
    one = decoded(await viewer.get("/api/v1/rules/workload/privileged-container"))
    assert one["why"] and one["fix"] and one["docs"].startswith(f"# {one['title']}")
    assert (await viewer.get("/api/v1/rules/no/such")).status_code == 404


async def test_an_entity_whole(client: Client) -> None:
    viewer = client("viewer")
    found = decoded(await viewer.get(f"/api/v1/entities/workload/a/alpha-web?{WINDOW}&cluster=prod"))
    assert found["cluster"] == "c1" and found["about"]["images"] == ["registry.example/alpha:1"]
    assert {peer["entity"] for peer in found["connections"]["out"]} == {
        "workload/a/alpha-db",
        "address/_/alpha.example.com",
    }
    assert found["connections"]["in"] == [] and len(found["findings"]) == 1
    pod = decoded(await viewer.get(f"/api/v1/entities/pod/a/alpha-lone?{WINDOW}&cluster=c1"))
    assert pod["policy"] == [
        {"kind": "NetworkPolicy", "namespace": "a", "name": "alpha-policy", "direction": "ingress", "summary": ""}
    ]
    identity = decoded(await viewer.get(f"/api/v1/entities/identity/_/bravo-user?{WINDOW}"))
    assert len(identity["changes"]) == 9 and identity["about"]["did"]
    address = decoded(await viewer.get(f"/api/v1/entities/address/_/10.0.0.1?{WINDOW}&cluster=c1"))
    assert {owner["workload"] for owner in address["owners"]} == {"alpha-web", "bravo-web"}
    assert address["connections"]["out"]
    namespace = decoded(await viewer.get(f"/api/v1/entities/namespace/_/b?{WINDOW}&cluster=c1"))
    assert {peer["entity"] for peer in namespace["connections"]["in"]} == {"namespace/_/a", "namespace/_/b"}
    secret = decoded(await viewer.get(f"/api/v1/entities/secret/a/alpha-secret?{WINDOW}&cluster=c1"))
    assert secret["raw"]["kind"] == "Secret"
    assert (await viewer.get(f"/api/v1/entities/workload/a/nothing?{WINDOW}")).status_code == 404


async def test_changes_come_from_the_audit_log(client: Client) -> None:
    found = decoded(await client("viewer").get(f"/api/v1/changes?{WINDOW}&namespace=a&cluster=c1"))
    assert {one["change"] for one in found} == {"added", "changed", "removed"}
    assert found[0]["object"]["name"] == "alpha-web-0" and "by alpha-user" in found[0]["what"]


async def test_overview_adds_up(client: Client) -> None:
    found = decoded(await client("viewer").get(f"/api/v1/overview?{WINDOW}"))
    assert found["incidents"] == {"open": 3, "investigating": 0, "closed": 0}
    assert found["posture"]["bySeverity"]["high"] == 3 and found["posture"]["yesterday"]["critical"] == 4
    assert {one["team"] for one in found["posture"]["byTeam"]} == {
        "alpha-team",
        "bravo-team",
        "charlie-team",
        "zulu-team",
    }
    assert found["traffic"]["flows"] == 245 == sum(found["traffic"][name] for name in ("allowed", "denied", "unknown"))
    assert sum(point["denied"] for point in found["traffic"]["series"]) == found["traffic"]["denied"]
    assert found["health"]["lossRatio"] == pytest.approx(5 / 45) and found["newest"] is not None


async def test_health_accounts_for_every_record(client: Client) -> None:
    found = decoded(await client("viewer").get(f"/api/v1/health?{WINDOW}"))
    assert found["store"]["state"] == "ok" and found["store"]["rows"] > 0 and found["store"]["embedded"]
    for source in found["sources"]:
        assert (
            source["recordsIn"]
            == source["accepted"] + source["duplicate"] + sum(source["dropped"].values()) + source["malformed"]
        )
    (one, _) = found["sources"]
    assert one["state"] == "losing" and one["dropped"] == {"too old": one["dropped"]["too old"]}
    assert {spot["technique"] for spot in found["blindSpots"]} and len(found["scans"]) == 2


async def test_clusters_and_me(client: Client) -> None:
    viewer = client("viewer")
    found = decoded(await viewer.get("/api/v1/clusters"))
    assert [(one["id"], one["name"], one["live"]) for one in found] == [("c2", "dev", False), ("c1", "prod", True)]
    assert found[1]["events"]["from"] == "2027-01-15T07:08:00Z" and found[1]["objects"] == 11
    me = decoded(await viewer.get("/api/v1/me"))
    assert (
        me["name"] == "viewer" and me["scope"]["everything"] and me["recorded"] and me["now"] == "2027-01-15T08:00:00Z"
    )
    mine = decoded(await client("reader of a").get("/api/v1/me"))
    assert mine["scope"] == {"everything": False, "clusters": [], "namespaces": ["c1/a", "prod/a"], "kinds": None}


async def test_own_sql_within_limits(client: Client) -> None:
    viewer = client("viewer")
    found = (
        await viewer.post(
            "/api/v1/sql",
            json={"query": "SELECT verdict, count() AS n FROM seawall.flow GROUP BY verdict ORDER BY n DESC"},
        )
    ).json()
    assert [column["name"] for column in found["columns"]] == ["verdict", "n"] and not found["truncated"]
    assert sum(row[1] for row in found["rows"]) == 125
    many = (await viewer.post("/api/v1/sql", json={"query": "SELECT number FROM numbers(50000)"})).json()
    assert len(many["rows"]) == 10_000 and many["truncated"]
    for wrong, status in (
        ("INSERT INTO seawall.flow SELECT * FROM seawall.flow", 400),
        ("DROP TABLE seawall.flow", 400),
        ("SELECT file('/etc/passwd')", 400),
        ("SELECT \"\\x66ile\"('/etc/passwd')", 400),
        ("SELECT nope", 400),
        ("SELECT 1; SELECT 2", 400),
        ("SELECT * FROM seawall.seawall_audit", 403),
        ("SELECT * FROM merge('seawall', 'seawall_aud.*')", 403),
    ):
        answer = await viewer.post("/api/v1/sql", json={"query": wrong})
        assert answer.status_code == status, (wrong, answer.text)
    for role in ("reader of a", "reader of c1", "reader of dns"):
        assert (await client(role).post("/api/v1/sql", json={"query": "SELECT 1"})).status_code == 403
    admin = await client("admin").post("/api/v1/sql", json={"query": "SELECT actor FROM seawall.seawall_audit"})
    assert admin.json()["rows"] == [["zulu-person"]]
    schema = decoded(await viewer.get("/api/v1/schema"))
    assert "flow" in {table["name"] for table in schema["tables"]}
    assert "seawall_audit" not in {table["name"] for table in schema["tables"]}


async def test_incidents_and_their_life(client: Client) -> None:
    operator = client("operator")
    found = decoded(await operator.get(f"/api/v1/incidents?{WINDOW}"))
    assert {one["id"] for one in found} == {"case-alpha", "case-bravo", "case-charlie"}
    whole = decoded(await operator.get("/api/v1/incidents/case-charlie"))
    assert whole["stages"] == ["Credential Access"] and whole["entities"] == [
        "identity/_/charlie-user",
        "workload/a/charlie-web",
    ]
    assert [entry["kind"] for entry in whole["timeline"]] == ["audit", "signal", "note"]
    assert whole["signals"][0]["evidence"] == [{"kind": "audit", "id": "audit-charlie.1"}]
    url = "/api/v1/incidents/case-charlie/entries"
    done = await operator.post(url, json={"action": "acknowledge", "text": "", "seen": whole["seen"]})
    assert done.status_code == 200 and done.json()["state"] == "acknowledged", done.text
    late = await operator.post(url, json={"action": "close", "text": "", "seen": whole["seen"]})
    assert late.status_code == 409 and late.json()["type"].endswith("conflict")
    closed = await operator.post(url, json={"action": "close", "text": "", "seen": done.json()["seen"]})
    assert closed.json()["state"] == "closed" and closed.json()["entries"][-1]["actor"] == "operator"
    assert [one["id"] for one in decoded(await operator.get(f"/api/v1/incidents?{WINDOW}&state=closed"))] == [
        "case-charlie"
    ]
    reopened = await operator.post(url, json={"action": "reopen", "text": "", "seen": closed.json()["seen"]})
    assert reopened.json()["state"] == "open"
    assert (
        await operator.post(url, json={"action": "note", "text": " ", "seen": reopened.json()["seen"]})
    ).status_code == 400
    assert (await client("viewer").post(url, json={"action": "close"})).status_code == 403
    assert (await operator.post("/api/v1/incidents/nothing/entries", json={"action": "close"})).status_code == 404


async def test_the_trail_is_for_administrators(client: Client) -> None:
    found = decoded(await client("admin").get(f"/api/v1/trail?{WINDOW}&q=actor:zulu-person"))
    assert [entry["action"] for entry in found["entries"]] == ["events"] and found["next"] is None
    assert (await client("operator").get(f"/api/v1/trail?{WINDOW}")).status_code == 403


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("/api/v1/events/flow?q=ok nosuch:1", "q:3"),
        ("/api/v1/events/flow?q=a:", "q:2"),
        ("/api/v1/events/flow?from=yesterday", "from"),
        ("/api/v1/events/flow?columns=nosuch", "columns"),
        ("/api/v1/events/flow?order=nosuch", "order"),
        ("/api/v1/events/flow?cursor=zzz", "cursor"),
        ("/api/v1/events/flow?limit=0", "limit"),
        ("/api/v1/events/flow/values?field=nosuch", "field"),
        ("/api/v1/graph?compare=never", "compare"),
        ("/api/v1/graph?scope=galaxy", "grain"),
    ],
)
async def test_a_question_that_cannot_be_meant_is_a_400_that_says_where(client: Client, path: str, where: str) -> None:
    answer = await client("viewer").get(path)
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["where"] == where and problem["detail"] and problem["status"] == 400
