"""The page Policy over the real application: what decides, who reaches whom, why, and what a reader of one namespace is told of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
import msgspec
import pytest
from tests.web.conftest import BASE, GRANTS, ROOMY, Clusters, decoded, make_services

from seawall.app.ingest import pipeline
from seawall.app.services import Services
from seawall.app.verdicts import judges_from
from seawall.ingest.pipeline import Batch
from seawall.model.cluster.coverage import Coverage, Scope
from seawall.model.cluster.decode import ObjectDecoder
from seawall.model.cluster.kinds import kind_of
from seawall.model.cluster.snapshot import Cluster
from seawall.sources.events.hubble import Hubble
from seawall.store.client import Store
from seawall.web import WebSettings, application
from seawall.web.security.headers import SecurityHeaders

Asking = Callable[[str], httpx.AsyncClient]
V1 = "networking.k8s.io/v1"


def pod(namespace: str, name: str, address: str, **labels: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"containers": [{"name": "app", "image": "x", "ports": [{"name": "http", "containerPort": 8080}]}]},
        "status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]},
    }


def netpol(namespace: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": V1, "kind": "NetworkPolicy", "metadata": {"name": name, "namespace": namespace}, "spec": spec}


def from_namespace(name: str) -> dict[str, Any]:
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}


OBJECTS: list[dict[str, Any]] = [
    *({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in ("a", "b", "bare")),
    pod("a", "front", "10.0.0.1", app="front"),
    pod("a", "back", "10.0.0.2", app="back"),
    pod("b", "data", "10.0.1.1", app="data"),
    {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "asleep", "namespace": "a"},
        "spec": {"replicas": 0, "selector": {}, "template": {"metadata": {}, "spec": {"containers": []}}},
    },
    {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "back", "namespace": "a"},
        "spec": {"selector": {"app": "back"}, "clusterIP": "10.96.0.9", "ports": [{"port": 80, "targetPort": "http"}]},
    },
    netpol(
        "a",
        "guard-back",
        {
            "podSelector": {"matchLabels": {"app": "back"}},
            "policyTypes": ["Ingress"],
            "ingress": [
                {
                    "from": [{"podSelector": {"matchLabels": {"app": "front"}}}],
                    "ports": [{"protocol": "TCP", "port": 8080}],
                }
            ],
        },
    ),
    netpol("a", "nobody", {"podSelector": {"matchLabels": {"app": "gone"}}, "policyTypes": ["Ingress"]}),
    netpol("b", "bravo-guard", {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"from": [from_namespace("b")]}]}),
    {
        "apiVersion": "policy.networking.k8s.io/v1alpha1",
        "kind": "AdminNetworkPolicy",
        "metadata": {"name": "zulu-rails"},
        "spec": {
            "priority": 10,
            "subject": {"namespaces": {"matchLabels": {"kubernetes.io/metadata.name": "a"}}},
            "egress": [
                {
                    "name": "zulu-no-web",
                    "action": "Deny",
                    "to": [{"namespaces": {"matchLabels": {"kubernetes.io/metadata.name": "a"}}}],
                    "ports": [{"portNumber": {"protocol": "TCP", "port": 9999}}],
                }
            ],
        },
    },
]  # fmt: skip


def cluster_of(documents: list[dict[str, Any]], cluster_id: str = "c1") -> Cluster:
    decoder = ObjectDecoder(b"k" * 32)
    objects = [
        decoder.decode(msgspec.json.encode(document), kind)
        for document in documents
        if (kind := kind_of(document["apiVersion"], document["kind"]))
    ]
    scope = Scope("snapshot", "a snapshot", runtime=True)
    return Cluster(objects, name="prod", id=cluster_id, scope=scope, coverage=Coverage())


class OneCluster(Clusters):
    def __init__(self, cluster: Cluster) -> None:
        self._snapshots = {"c1": cluster}


WORLD = cluster_of(OBJECTS)


@pytest.fixture(scope="module")
def asking(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., httpx.AsyncClient]:
    """A client by role, of an application with one cluster; applications are made once for each."""
    made: dict[int, tuple[Services, SecurityHeaders, Cluster]] = {}

    def make(role: str, cluster: Cluster = WORLD) -> httpx.AsyncClient:
        if id(cluster) not in made:
            services = make_services(store, OneCluster(cluster), tmp_path_factory.mktemp("policy"))
            made[id(cluster)] = services, application(services, WebSettings(limits=ROOMY)), cluster
        services, app, _ = made[id(cluster)]
        _, token = services.tokens.create(f"{role}-{len(services.tokens.tokens())}", GRANTS[role], now=0, expires=None)
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
        return httpx.AsyncClient(transport=transport, base_url=BASE, headers={"authorization": f"Bearer {token}"})

    return make


def end(text: str) -> dict[str, str]:
    namespace, _, name = text.partition("/")
    return {"kind": "workload", "namespace": namespace, "name": name} if name else {"kind": "namespace", "name": text}


async def explained(
    asking: httpx.AsyncClient, source: Any, destination: Any, port: int | None = 8080
) -> dict[str, Any]:
    ends = [one if isinstance(one, dict) else end(one) for one in (source, destination)]
    question = {"from": ends[0], "to": ends[1], "protocol": "tcp", "port": port}
    found: dict[str, Any] = decoded(await asking.post("/api/v1/policy/explain", json=question))
    return found


# ------------------------------------------------------------------------------------------------ the board


async def test_tiers_stand_in_order_with_what_each_policy_selects(asking: Asking) -> None:
    board = decoded(await asking("viewer").get("/api/v1/policy/board"))
    assert [(tier["name"], tier["default"], [one["name"] for one in tier["policies"]]) for tier in board["tiers"]] == [
        ("admin", "pass", ["zulu-rails"]),
        ("default", "isolate", ["guard-back", "nobody", "bravo-guard"]),
    ]
    rails = board["tiers"][0]["policies"][0]
    assert (rails["selects"], rails["denies"], rails["allows"], rails["order"]) == (2, 1, 0, 10)
    guard, nobody, _ = board["tiers"][1]["policies"]
    assert (guard["id"], guard["selects"], guard["workloads"], guard["allows"], guard["isolates"]) == (
        "NetworkPolicy/a/guard-back",
        1,
        1,
        1,
        ["ingress"],
    )
    assert guard["subject"] == "app=back" and guard["state"] == "ok" and guard["problems"] == []
    assert nobody["selects"] == 0


async def test_the_context_narrows_the_board(asking: Asking) -> None:
    client = asking("viewer")
    names = [
        [one["name"] for tier in decoded(await client.get(url))["tiers"] for one in tier["policies"]]
        for url in ("/api/v1/policy/board?namespace=b", "/api/v1/policy/board?workload=a/back")
    ]
    assert names == [["zulu-rails", "bravo-guard"], ["zulu-rails", "guard-back"]]


async def test_an_invalid_policy_is_named_and_what_it_touches_is_unknown(asking: Asking) -> None:
    broken = netpol(
        "a", "broken", {"podSelector": {"matchLabels": {"app": "front"}}, "ingress": [{"ports": [{"endPort": 90}]}]}
    )
    client = asking("viewer", cluster_of([*OBJECTS, broken]))
    board = decoded(await client.get("/api/v1/policy/board"))
    (found,) = [one for tier in board["tiers"] for one in tier["policies"] if one["name"] == "broken"]
    assert found["state"] == "invalid" and found["problems"][0].startswith("invalid: ")
    assert (await explained(client, "b/data", "a/front"))["verdict"] == "unknown"


async def test_hits_are_counted_from_the_flows_by_policy_and_by_rule(store: Store, asking: Asking) -> None:
    """Two ends report one connection: it is counted once. What no flow hit is unused, in this window."""
    grants = [
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": {"name": "net"},
            "rules": [{"apiGroups": ["networking.k8s.io"], "resources": ["networkpolicies"], "verbs": ["update"]}],
        },
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": "net"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "net"},
            "subjects": [{"kind": "Group", "name": "platform"}],
        },
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": {"name": "net", "namespace": "b"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "net"},
            "subjects": [{"kind": "User", "name": "bea"}],
        },
    ]
    cluster = cluster_of([*OBJECTS, *grants])
    lines = [
        hubble("front", "back", 8080, 1, "EGRESS"),
        hubble("front", "back", 8080, 1, "INGRESS"),
        hubble("front", "back", 8080, 2, "EGRESS"),
        hubble("front", "back", 80, 3, "EGRESS"),
        hubble("front", "back", 9999, 4, "EGRESS"),
    ]
    way = pipeline(store, lambda _: None, judges_from(cluster, "c1"))
    at = 1_799_998_200_000_000_000
    way.settle(Batch("hits", "c1", "hubble", b"\n".join(lines), at), Hubble())
    client = asking("viewer", cluster)
    board = decoded(
        await client.get("/api/v1/policy/board?cluster=c1&from=2027-01-15T07:29:00Z&to=2027-01-15T07:31:00Z")
    )
    found = {one["name"]: one for tier in board["tiers"] for one in tier["policies"]}
    assert board["hitsWindow"] == {"from": "2027-01-15T07:29:00Z", "to": "2027-01-15T07:31:00Z"}
    assert {name: (one["hits"], one["unused"]) for name, one in found.items()} == {
        "guard-back": (4, False),
        "nobody": (0, True),
        "bravo-guard": (0, True),
        "zulu-rails": (1, False),
    }
    rules = {rule["rule"]: rule for rule in found["guard-back"]["ruleHits"]}
    assert {path: (rule["hits"], rule["action"]) for path, rule in rules.items()} == {
        "spec.ingress[0]": (2, "allow"),
        "spec": (2, "deny the rest"),
    }
    assert found["guard-back"]["lastHit"] == "2027-01-15T07:30:04Z"
    window = "from=2027-01-15T07:29:00Z&to=2027-01-15T07:31:00Z"
    for asked, rows in (
        (rules["spec.ingress[0]"]["filter"], 3),
        (rules["spec"]["filter"], 2),
        (found["guard-back"]["filter"], 5),
    ):
        page = decoded(await client.get(f"/api/v1/events/flow?{window}&cluster=c1&total=true&q={quote(asked)}"))
        assert page["total"] == rows, asked
    assert [tier["owner"] for tier in board["tiers"]] == [
        "nobody but the system",
        "group platform; 1 more in some namespaces",
    ]
    owned = decoded(await asking("reader of a", cluster).get(f"/api/v1/policy/board?{window}"))
    assert {tier["owner"] for tier in owned["tiers"]} == {""}, "who may do what is for readers of the whole cluster"


def hubble(source: str, target: str, port: int, second: int, direction: str) -> bytes:
    pods = {"front": "10.0.0.1", "back": "10.0.0.2"}
    line = {
        "time": f"2027-01-15T07:30:{second:02}Z",
        "verdict": "FORWARDED",
        "IP": {"source": pods[source], "destination": pods[target]},
        "l4": {"TCP": {"source_port": 40000, "destination_port": port}},
        "traffic_direction": direction,
        "is_reply": False,
        **{
            side: {"namespace": "a", "pod_name": name, "identity": len(name), "labels": [f"k8s:app={name}"]}
            for side, name in (("source", source), ("destination", target))
        },
    }
    return json.dumps({"flow": line}).encode()


# ------------------------------------------------------------------------------------------------ reach


async def test_reach_by_namespace_and_by_workload(asking: Asking) -> None:
    client = asking("viewer")
    by_namespace = decoded(await client.get("/api/v1/policy/reach?protocol=tcp&port=8080"))
    cells = {(cell["from"], cell["to"]): cell["verdict"] for cell in by_namespace["cells"]}
    assert [one["name"] for one in by_namespace["subjects"]] == ["a", "b"]
    a, b = "namespace/_/a", "namespace/_/b"
    assert cells == {(a, a): "allowed", (b, a): "partial", (b, b): "allowed"}
    by_workload = decoded(await client.get("/api/v1/policy/reach?group=workload&namespace=a"))
    cells = {(cell["from"], cell["to"]): cell["verdict"] for cell in by_workload["cells"]}
    front, back = "workload/a/front", "workload/a/back"
    assert cells[front, back] == "partial" and cells[back, front] == "partial", "9999 is denied by the admin policy"


async def test_reach_around_one_workload(asking: Asking) -> None:
    found = decoded(await asking("viewer").get("/api/v1/policy/reach?focus=b/data"))
    assert found["focus"] == "workload/b/data" and found["subjects"][0]["id"] == found["focus"]
    assert {(cell["from"], cell["to"], cell["verdict"]) for cell in found["cells"]} == {
        ("workload/b/data", "workload/a/front", "allowed")
    }


async def test_a_large_matrix_is_cut_and_says_so(asking: Asking) -> None:
    found = decoded(await asking("viewer").get("/api/v1/policy/reach?group=workload&limit=1"))
    assert found["truncated"] == {"shown": 1, "total": 3} and len(found["subjects"]) == 1


# ------------------------------------------------------------------------------------------------ explain


async def test_a_denial_comes_with_the_smallest_change_tried_before(asking: Asking) -> None:
    client = asking("viewer")
    found = await explained(client, "b/data", "a/back")
    assert found["verdict"] == "denied"
    (deciding,) = [one for one in found["steps"] if one["decides"] and one["direction"] == "ingress"]
    assert (deciding["policy"], deciding["verdict"], deciding["tier"]) == (
        "NetworkPolicy/a/guard-back",
        "deny",
        "default",
    )
    change = found["smallestChange"]
    assert change["verified"] and "+" in change["patch"] and change["patch"].startswith("--- a/a/guard-back.yaml")
    assert "kubernetes.io/metadata.name: b" in change["patch"]
    (edit,) = change["edits"]
    # the patch is no word of ours only: applied to the objects, the connection is allowed
    documents = json.loads(json.dumps(OBJECTS))
    spec = next(one for one in documents if one["metadata"]["name"] == "guard-back")
    for one in edit["jsonPatch"]:
        *path, last = one["path"].strip("/").split("/")
        target: Any = spec
        for part in path:
            target = target[int(part)] if isinstance(target, list) else target[part]
        target.insert(len(target) if last == "-" else int(last), one["value"])
    assert (await explained(asking("viewer", cluster_of(documents)), "b/data", "a/back"))["verdict"] == "allowed"


async def test_ends_are_namespaces_services_and_addresses_too(asking: Asking) -> None:
    client = asking("viewer")
    between = await explained(client, "b", "a")
    assert between["verdict"] == "partial" and (between["pairs"]["allowed"], between["pairs"]["denied"]) == (1, 1)
    assert (await explained(client, "a/front", {"kind": "service", "namespace": "a", "name": "back"}, 80))[
        "verdict"
    ] == "allowed"
    assert (await explained(client, {"address": "203.0.113.7"}, "a/front"))["verdict"] == "allowed"
    assert (await explained(client, "a/front", {"address": "10.0.0.2"}))["verdict"] == "allowed"
    assert (await explained(client, "bare", "a"))["verdict"] == "unknown"
    asleep = await explained(client, "a/asleep", "a/back")
    assert asleep["verdict"] == "unknown" and "no pod" in asleep["unknown"][0]


@pytest.mark.parametrize(
    ("question", "status"),
    [
        ({"from": end("no/where"), "to": end("a/back")}, 404),
        ({"from": end("nowhere"), "to": end("a/back")}, 404),
        ({"from": {"address": "10.0.0.0/8"}, "to": end("a/back")}, 400),
        ({"from": {"address": "x.y"}, "to": end("a/back")}, 400),
        ({"from": {"kind": "node", "name": "none"}, "to": end("a/back")}, 404),
        ({"from": end("a/front"), "to": end("a/back"), "protocol": "carrier pigeon"}, 400),
        ({"from": end("a/front"), "to": end("a/back"), "port": 0}, 400),
        ({"from": end("a/front"), "to": end("a/back"), "port": 1, "protocol": "icmp"}, 200),
        ({"from": {"name": ""}, "to": end("a/back")}, 400),
        ({"from": end("a/front")}, 400),
    ],
)
async def test_odd_questions_are_answered(asking: Asking, question: dict[str, Any], status: int) -> None:
    answer = await asking("viewer").post("/api/v1/policy/explain", json={"protocol": "tcp", "port": 80} | question)
    assert answer.status_code == status, answer.text
    if status != 200:
        assert answer.headers["content-type"].startswith("application/problem+json")


async def test_eval_answers_as_the_command_does(asking: Asking) -> None:
    tuples = [
        {"from": {"pod": "a/front"}, "to": {"pod": "a/back"}, "protocol": "TCP", "port": 8080},
        {"from": {"pod": "b/data"}, "to": {"pod": "a/back"}, "protocol": "TCP", "port": 8080},
        {"from": {"pod": "b/none"}, "to": {"pod": "a/back"}, "protocol": "TCP", "port": 8080},
    ]
    found = decoded(await asking("viewer").post("/api/v1/policy/eval", json={"tuples": tuples}))
    assert [one["allowed"] for one in found["verdicts"]] == [True, False, None]


# ------------------------------------------------------------------------------------------------ scope


async def test_a_reader_of_a_namespace_learns_no_foreign_name(asking: Asking) -> None:
    reader = asking("reader of a")
    board = await reader.get("/api/v1/policy/board")
    assert [tier["name"] for tier in decoded(board)["tiers"]] == ["default"] and "not shown" in board.json()["unknown"][
        0
    ]
    reach = await reader.get("/api/v1/policy/reach?group=workload")
    assert {one["namespace"] for one in decoded(reach)["subjects"]} == {"a"}
    inside = await reader.post(
        "/api/v1/policy/explain", json={"from": end("a/front"), "to": end("a/back"), "protocol": "tcp", "port": 9999}
    )
    assert decoded(inside)["verdict"] == "denied", "the admin policy counts, though it is not shown"
    assert any(one["why"] == "a policy that you may not see" and one["decides"] for one in inside.json()["steps"])
    assert inside.json()["smallestChange"] is None
    tuples = [
        {"from": {"pod": "a/front"}, "to": {"pod": "a/back"}, "protocol": "TCP", "port": 9999},
        {"from": {"pod": "b/data"}, "to": {"pod": "a/back"}, "protocol": "TCP", "port": 8080},
        {"from": {"ip": "10.0.1.1"}, "to": {"pod": "a/back"}, "protocol": "TCP", "port": 8080},
    ]
    judged = await reader.post("/api/v1/policy/eval", json={"tuples": tuples})
    assert [one["allowed"] for one in decoded(judged)["verdicts"]] == [False, None, None]
    for answer in (board, reach, inside, judged):
        assert not any(word in answer.text for word in ("zulu", "bravo", '"data')), answer.text
    for other in (end("b/data"), end("b"), {"address": "10.0.1.1"}, {"kind": "node", "name": "n"}):
        question = {"from": end("a/front"), "to": other, "protocol": "tcp", "port": 80}
        assert (await reader.post("/api/v1/policy/explain", json=question)).status_code == 404, other
    assert (await reader.get("/api/v1/policy/reach?focus=b/data")).status_code == 404


async def test_objects_are_a_kind_of_data_and_one_cluster_is_asked_at_a_time(asking: Asking, client: Asking) -> None:
    assert (await asking("reader of dns").get("/api/v1/policy/board")).status_code == 403
    several = await client("viewer").get("/api/v1/policy/board")
    assert (
        several.status_code == 400 and several.json()["where"] == "cluster" and "dev, prod" in several.json()["detail"]
    )
    assert decoded(await client("viewer").get("/api/v1/policy/board?cluster=dev"))["cluster"] == "c2"
    assert (await client("reader of a").get("/api/v1/policy/board?cluster=dev")).status_code == 404
