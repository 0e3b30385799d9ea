"""The page Access over the real application: who may, may they, what may they, and what a reader of one namespace is told of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.web import world
from tests.web.conftest import BASE, GRANTS, ROOMY, decoded, make_services
from tests.web.test_policy import OneCluster, cluster_of

from seawall.app.access_pages import NOT_SHOWN
from seawall.app.moment import rfc3339
from seawall.live.past import Past
from seawall.live.view import LiveView
from seawall.model.cluster.access_kinds import ClusterRole, ClusterRoleBinding, Role, RoleBinding
from seawall.model.cluster.coverage import Gap, Scope
from seawall.model.cluster.meta import ObjectRef
from seawall.store.client import Store
from seawall.web import WebSettings, application

RBAC = "rbac.authorization.k8s.io"
NOW, SECOND = world.NOW, 1_000_000_000


def role(kind: str, name: str, namespace: str = "", **rule: list[str]) -> dict[str, Any]:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": f"{RBAC}/v1", "kind": kind, "metadata": metadata, "rules": [rule]}


def binding(name: str, role: tuple[str, str], subject: dict[str, str], namespace: str = "") -> dict[str, Any]:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "RoleBinding" if namespace else "ClusterRoleBinding",
        "metadata": metadata,
        "roleRef": {"apiGroup": RBAC, "kind": role[0], "name": role[1]},
        "subjects": [subject],
    }


def user(name: str) -> dict[str, str]:
    return {"kind": "User", "name": name, "apiGroup": RBAC}


WORLD = cluster_of(
    [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a", "labels": {"team": "reds"}}},
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "b"}},
        role("ClusterRole", "reads-secrets", apiGroups=[""], resources=["secrets"], verbs=["get", "list"]),
        role("Role", "one-secret", "a", apiGroups=[""], resources=["secrets"], verbs=["get"], resourceNames=["tls"]),
        role("ClusterRole", "reads-metrics", nonResourceURLs=["/metrics"], verbs=["get"]),
        binding("zulu-all", ("ClusterRole", "reads-secrets"), user("zulu-person")),
        binding("zulu-metrics", ("ClusterRole", "reads-metrics"), user("zulu-person")),
        binding("alice-in-a", ("ClusterRole", "reads-secrets"), user("alice"), "a"),
        binding("web-one", ("Role", "one-secret"), {"kind": "ServiceAccount", "name": "web", "namespace": "a"}, "a"),
        binding("bravo-in-b", ("ClusterRole", "reads-secrets"), user("bravo-person"), "b"),
        binding("dangling", ("Role", "no-such-role"), user("nobody"), "a"),
    ]
)


@pytest.fixture(scope="module")
def asking(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], httpx.AsyncClient]:
    services = make_services(store, OneCluster(WORLD), tmp_path_factory.mktemp("access"))
    app = application(services, WebSettings(limits=ROOMY))

    def make(name: str) -> httpx.AsyncClient:
        _, token = services.tokens.create(f"{name}-{len(services.tokens.tokens())}", GRANTS[name], now=0, expires=None)
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
        return httpx.AsyncClient(transport=transport, base_url=BASE, headers={"authorization": f"Bearer {token}"})

    return make


Asking = Callable[[str], httpx.AsyncClient]


async def test_who_can_names_the_bindings_and_where(asking: Asking) -> None:
    found = decoded(await asking("viewer").get("/api/v1/access/who-can?verb=get&resource=secrets"))
    assert [(one["name"], one["scope"], one["via"]) for one in found["subjects"]] == [
        ("alice", "namespace a", [{"binding": "RoleBinding/a/alice-in-a", "role": "ClusterRole/reads-secrets"}]),
        ("bravo-person", "namespace b", [{"binding": "RoleBinding/b/bravo-in-b", "role": "ClusterRole/reads-secrets"}]),
        ("zulu-person", "everywhere", [{"binding": "ClusterRoleBinding/zulu-all", "role": "ClusterRole/reads-secrets"}]),
        ("web", "namespace a, only name tls", [{"binding": "RoleBinding/a/web-one", "role": "Role/a/one-secret"}]),
    ]  # fmt: skip
    assert found["subjects"][3]["id"] == "identity/_/system:serviceaccount:a:web"
    assert "group system:masters may do everything" in found["notes"]
    url = decoded(await asking("viewer").get("/api/v1/access/who-can?verb=get&resource=/metrics"))
    assert [one["name"] for one in url["subjects"]] == ["zulu-person"]


@pytest.mark.parametrize(
    ("query", "allowed"),
    [
        ("subject=alice&verb=get&resource=secrets&namespace=a", True),
        ("subject=alice&verb=get&resource=secrets&namespace=b", False),
        ("subject=a/web&verb=get&resource=secrets&namespace=a&name=tls", True),
        ("subject=a/web&verb=get&resource=secrets&namespace=a&name=other", False),
        ("subject=root&groups=system:masters&verb=delete&resource=nodes", True),
        ("subject=zulu-person&verb=get&resource=/metrics", True),
    ],
)
async def test_can(asking: Asking, query: str, allowed: bool) -> None:
    found = decoded(await asking("viewer").get(f"/api/v1/access/can?{query}"))
    assert found["allowed"] is allowed and found["reason"]


async def test_what_can(asking: Asking) -> None:
    found = decoded(await asking("viewer").get("/api/v1/access/what-can?subject=alice"))
    (permission,) = found["permissions"]
    assert (permission["scope"], permission["binding"], permission["by"]) == (
        "namespace a",
        "RoleBinding/a/alice-in-a",
        "User alice",
    )
    assert [one["power"] for one in found["powers"]] == ["read-secrets"]
    assert decoded(await asking("viewer").get("/api/v1/access/what-can?subject=stranger"))["permissions"] == []


@pytest.mark.parametrize(
    "query", ["can?resource=secrets", "what-can", "who-can?resource=", "can?subject=serviceaccount:x"]
)
async def test_a_question_without_its_parts_is_refused_in_words(asking: Asking, query: str) -> None:
    answer = await asking("viewer").get(f"/api/v1/access/{query}")
    assert answer.status_code == 400 and answer.headers["content-type"].startswith("application/problem+json")


async def test_a_reader_of_a_namespace_is_answered_from_its_bindings_alone(asking: Asking) -> None:
    reader = asking("reader of a")
    who = await reader.get("/api/v1/access/who-can?verb=get&resource=secrets")
    assert [one["name"] for one in decoded(who)["subjects"]] == ["alice", "web"] and "not shown" in who.json()[
        "unknown"
    ][0]
    answers = [who]
    for query, allowed in (
        ("can?subject=alice&resource=secrets&namespace=a", True),
        ("can?subject=zulu-person&resource=secrets&namespace=a", None),
        ("can?subject=nobody&resource=secrets&namespace=a", None),
        ("can?subject=alice&resource=secrets", None),
        ("can?subject=alice&resource=/metrics", None),
    ):
        answer = await reader.get(f"/api/v1/access/{query}")
        assert decoded(answer)["allowed"] is allowed, (query, answer.text)
        answers.append(answer)
    what = await reader.get("/api/v1/access/what-can?subject=alice")
    assert len(decoded(what)["permissions"]) == 1
    assert decoded(await reader.get("/api/v1/access/what-can?subject=zulu-person"))["permissions"] == []
    answers += [what, await reader.get("/api/v1/access/who-can?verb=get&resource=/metrics")]
    for answer in answers:
        asked_for_zulu = "zulu" in str(answer.url)
        assert "bravo" not in answer.text and (asked_for_zulu or "zulu" not in answer.text), answer.text
    assert (await reader.get("/api/v1/access/who-can?resource=secrets&namespace=b")).status_code == 404
    assert (await asking("reader of dns").get("/api/v1/access/who-can")).status_code == 403


async def test_teams_are_shown_to_a_reader_as_far_as_they_see(asking: Asking) -> None:
    whole = decoded(await asking("viewer").get("/api/v1/teams"))
    assert whole["source"] == "labels"
    assert [(one["team"], one["namespaces"]) for one in whole["teams"]] == [("reds", ["a"])]
    assert [(one["subject"]["name"], one["what"]) for one in whole["teams"][0]["others"]] == [
        ("alice", ["read its secrets"]),
        ("zulu-person", ["read its secrets"]),
    ]
    part = decoded(await asking("reader of a").get("/api/v1/teams"))
    assert [one["subject"]["name"] for one in part["teams"][0]["others"]] == ["alice"]
    assert part["teams"][0]["unknown"] == [
        "bindings of the whole cluster and of other namespaces are not shown to you: others may too"
    ]


# ------------------------------------------------------------------------------------------------ subjects and changes


async def test_subjects_come_with_what_they_could_come_to(asking: Asking) -> None:
    found = decoded(await asking("viewer").get("/api/v1/access/subjects"))
    rows = {one["name"]: one for one in found["subjects"]}
    assert set(rows) == {"zulu-person", "alice", "web", "bravo-person", "nobody"}
    assert found["subjects"][0]["reach"] == "secret" and rows["zulu-person"]["bindings"] == 2
    assert rows["nobody"]["reach"] == "" and rows["nobody"]["ways"] == []
    seen = decoded(await asking("reader of a").get("/api/v1/access/subjects"))
    assert {one["name"] for one in seen["subjects"]} == {"alice", "web", "nobody"}
    assert seen["unknown"] == [NOT_SHOWN]


async def test_the_past_of_a_cluster_that_is_not_followed_is_not_known(asking: Asking) -> None:
    answer = await asking("viewer").get("/api/v1/access/changes")
    assert answer.status_code == 404, answer.text
    assert "seawall access diff" in answer.text


class Followed(OneCluster):
    """A cluster in which somebody got more, a minute ago, and somebody less."""

    def __init__(self) -> None:
        view = LiveView(id="c1", name="one", version="", scope=Scope("live", "a live cluster", runtime=True))
        for kind, type_ in (
            ("ClusterRole", ClusterRole),
            ("Role", Role),
            ("RoleBinding", RoleBinding),
            ("ClusterRoleBinding", ClusterRoleBinding),
        ):
            view.listed(kind, WORLD.known(type_), NOW - 3600 * SECOND)
        fresh = cluster_of([binding("mallory-all", ("ClusterRole", "reads-secrets"), user("mallory"))])
        view.put("ClusterRoleBinding", fresh.known(ClusterRoleBinding)[0], NOW - 60 * SECOND)
        view.remove("RoleBinding", ObjectRef("RoleBinding", "b", "bravo-in-b", RBAC), NOW - 60 * SECOND)
        view.undecodable(
            "Role", Gap("undecodable", "torn", kind="Role", namespace="a", name="one-secret"), NOW - 60 * SECOND
        )
        view.listed("Rollout", (), NOW - 10 * SECOND)  # a kind that is served since a moment ago
        super().__init__(view.cluster(NOW))
        self._past = view.past

    def past(self, cluster: str) -> Past | None:
        return self._past if cluster == "c1" else None


@pytest.mark.parametrize(
    ("window", "gained", "lost"),
    [
        ((NOW - 600 * SECOND, NOW), {"mallory"}, {"bravo-person", "web"}),
        ((NOW - 30 * SECOND, NOW), set(), set()),
        ((NOW - 600 * SECOND, NOW - 300 * SECOND), set(), set()),
        ((NOW - 86_400 * SECOND, NOW), {"mallory"}, {"bravo-person", "web"}),
    ],
)
async def test_changes_between_two_moments(
    store: Store, tmp_path: Path, window: tuple[int, int], gained: set[str], lost: set[str]
) -> None:
    services = make_services(store, Followed(), tmp_path)
    app = application(services, WebSettings(limits=ROOMY))
    _, token = services.tokens.create("viewer", GRANTS["viewer"], now=0, expires=None)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
    async with httpx.AsyncClient(
        transport=transport, base_url=BASE, headers={"authorization": f"Bearer {token}"}
    ) as client:
        query = {"from": rfc3339(window[0]), "to": rfc3339(window[1])}
        found = decoded(await client.get("/api/v1/access/changes", params=query))
    assert {one["name"] for one in found["changes"] if one["gained"]} == gained
    assert {one["name"] for one in found["changes"] if one["lost"]} == lost
    assert found["knownSince"] == rfc3339(NOW - 3600 * SECOND)
    assert found["from"] == rfc3339(max(window[0], NOW - 3600 * SECOND))
