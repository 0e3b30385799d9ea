"""Seawall as a Deployment on the two-node cluster, from deploy/ as it is: it comes up, sees, lets in, is told, and may do nothing more than it says."""

from __future__ import annotations

import http.client
import json
import ssl
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.e2e.cluster import images, in_cluster
from tests.e2e.cluster.cluster import Cluster
from tests.e2e.cluster.control_plane import LOOPBACK, ControlPlane
from tests.e2e.cluster.in_cluster import NAMESPACE, Installed
from tests.meta.rights import Right, documented

import seawall
from seawall.model.cluster.kinds import KINDS

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.cluster

ACCOUNT = f"system:serviceaccount:{NAMESPACE}:seawall"
GROUPS = ["system:serviceaccounts", f"system:serviceaccounts:{NAMESPACE}", "system:authenticated"]
"""Of every account in the namespace."""
VERBS = (
    *("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"),
    *("impersonate", "bind", "escalate", "approve", "sign", "use", "proxy"),
)
"""Every verb that the API server itself asks about, beside those of a few extensions."""


@pytest.fixture(scope="module")
def installed(cluster: Cluster) -> Iterator[Installed]:
    yield in_cluster.install(cluster)
    in_cluster.remove(cluster)


def within(seconds: float, true: Callable[[], Any], what: str) -> Any:
    """The first answer that is neither false nor empty."""
    until = time.monotonic() + seconds
    while not (answer := true()):
        assert time.monotonic() < until, f"{what}: not within {seconds:.0f} s"
        time.sleep(0.3)
    return answer


# ------------------------------------------------------------------------------------------------ it comes up


def test_the_pod_is_held_as_tightly_as_its_namespace_demands(installed: Installed) -> None:
    plane = installed.cluster.control_plane
    status = plane.kubectl("exec", "-n", NAMESPACE, "deployment/seawall", "--", "cat", "/proc/1/status")
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert fields["Uid"].split("\t") == ["10001"] * 4
    assert fields["CapEff"] == fields["CapBnd"] == "0" * 16
    assert (fields["Seccomp"], fields["NoNewPrivs"]) == ("2", "1")
    mounts = plane.kubectl("exec", "-n", NAMESPACE, "deployment/seawall", "--", "cat", "/proc/1/mounts")
    root = next(line.split() for line in mounts.splitlines() if line.split()[1] == "/")
    assert "ro" in root[3].split(",")


def test_the_live_view_fills_and_says_what_it_may_not_see(installed: Installed) -> None:
    with installed.client(installed.token("viewer")) as viewer:
        clusters = within(60, lambda: viewer.get("/api/v1/clusters").json(), "a cluster")
        assert [one["name"] for one in clusters] == ["this-cluster"]
        live = within(60, lambda: _watching(viewer.get("/api/v1/health").json()), "a live view")
        assert [(one["kind"], one["state"]) for one in live["kinds"]] == [("Secret", "forbidden")]
        seen = viewer.get("/api/v1/entities/workload/kube-system/coredns").json()
        assert seen["name"] == "coredns"


def _watching(health: dict[str, Any]) -> dict[str, Any] | None:
    live: dict[str, Any] = health["live"]
    return live if live["state"] == "watching" else None


# ------------------------------------------------------------------------------------------------ who gets in


def test_a_service_account_gets_the_role_that_its_grant_says(installed: Installed) -> None:
    with installed.client(installed.token("viewer")) as viewer:
        me = viewer.get("/api/v1/me").json()
        assert (me["name"], me["provider"], me["role"]) == (
            f"system:serviceaccount:{NAMESPACE}:viewer",
            "kubernetes",
            "view",
        )
        assert viewer.get("/api/v1/trail").status_code == HTTPStatus.FORBIDDEN
    with installed.client(installed.token("sender")) as sender:
        assert sender.get("/api/v1/overview").status_code == HTTPStatus.FORBIDDEN


def test_who_has_no_grant_is_named_and_turned_away(installed: Installed) -> None:
    with installed.client(installed.token("default")) as known:
        answer = known.get("/api/v1/me")
        assert answer.status_code == HTTPStatus.FORBIDDEN
        assert f"system:serviceaccount:{NAMESPACE}:default" in answer.json()["detail"]


def test_any_other_token_is_nobody(installed: Installed) -> None:
    plane = installed.cluster.control_plane
    good = installed.token("viewer")
    head, claims, signature = good.split(".")
    forged = f"{head}.{claims}.{signature[::-1]}"
    for_the_api_server = plane.token("viewer", NAMESPACE)
    for wrong in ("", "made-up", forged, for_the_api_server, plane.oidc_token("bob")):
        with installed.client(wrong) as stranger:
            assert stranger.get("/api/v1/me").status_code == HTTPStatus.UNAUTHORIZED, wrong[:20]


def test_the_link_in_the_log_signs_in_once(installed: Installed) -> None:
    assert "https://localhost:8443/login?token=" in installed.log()
    link = installed.sign_in_link()
    with installed.client() as person:
        assert person.get(link).status_code == HTTPStatus.SEE_OTHER
        assert person.get("/api/v1/me").json()["role"] == "admin"
    with installed.client() as late:
        assert late.get(link).status_code == HTTPStatus.UNAUTHORIZED


# ------------------------------------------------------------------------------------------------ what it may do


def test_the_account_may_do_what_is_documented_and_nothing_else(installed: Installed) -> None:
    """The API server is asked about every resource that it serves or Seawall knows, subresources too, with every verb."""
    plane = installed.cluster.control_plane
    known = {(right.group, right.resource) for right in documented()} | {(kind.group, kind.plural) for kind in KINDS}
    resources = sorted(known | served(plane))
    asked = [Right(group, resource, verb) for group, resource in resources for verb in VERBS]
    assert len(asked) > 1000
    expected = documented()
    assert {right for right in asked if not right.name and right in expected} == allowed(plane, asked)
    named = {right for right in expected if right.name}
    assert allowed(plane, named) == named


def test_no_namespace_gives_it_more(installed: Installed) -> None:
    plane = installed.cluster.control_plane
    for namespace in ("default", "kube-system", NAMESPACE):
        mine = rules(plane, "seawall", namespace)
        assert resource_rights(mine) == documented(), namespace
        assert paths(mine) == paths(rules(plane, "viewer", namespace)), "no path but those of every account"
    assert resource_rights(rules(plane, "viewer", NAMESPACE)) < documented()


def served(plane: ControlPlane) -> set[tuple[str, str]]:
    """Group and resource (`pods/exec`) of everything that the API server serves."""
    groups = json.loads(plane.kubectl("get", "--raw", "/apis"))["groups"]
    versions = [("", "/api/v1")]
    versions += [(one["name"], f"/apis/{each['groupVersion']}") for one in groups for each in one["versions"]]
    return {
        (group, resource["name"])
        for group, path in versions
        for resource in json.loads(plane.kubectl("get", "--raw", path))["resources"]
    }


def allowed(plane: ControlPlane, asked: Any) -> set[Right]:
    """Of these rights, in all namespaces, what the API server says that the account has."""
    everything = list(asked)
    shares = [everything[start::4] for start in range(4)]
    with ThreadPoolExecutor(4) as pool:
        return {right for share in pool.map(lambda share: _allowed(plane, share), shares) for right in share}


def _allowed(plane: ControlPlane, asked: list[Right]) -> list[Right]:
    pair = plane.identities.pair("admin")
    context = ssl.create_default_context(cafile=str(plane.authority))
    context.load_cert_chain(pair.certificate, pair.key)
    connection = http.client.HTTPSConnection(LOOPBACK, plane.port, context=context, timeout=30)
    found = []
    for right in asked:
        resource, _, subresource = right.resource.partition("/")
        attributes = {
            "group": right.group,
            "resource": resource,
            "subresource": subresource,
            "verb": right.verb,
            "name": right.name,
        }
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": {"user": ACCOUNT, "groups": GROUPS, "resourceAttributes": attributes},
        }
        connection.request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", json.dumps(review))
        if json.load(connection.getresponse())["status"]["allowed"]:
            found.append(right)
    connection.close()
    return found


def rules(plane: ControlPlane, account: str, namespace: str) -> dict[str, Any]:
    """What the account is told that it may do in a namespace."""
    who = [f"--as=system:serviceaccount:{NAMESPACE}:{account}", *(f"--as-group={group}" for group in GROUPS)]
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": namespace},
    }
    said = plane.kubectl("create", "-f", "-", "-o", "json", "--validate=false", *who, stdin=json.dumps(review))
    status: dict[str, Any] = json.loads(said)["status"]
    assert not status["incomplete"]
    return status


def resource_rights(status: dict[str, Any]) -> set[Right]:
    return {
        Right(group, resource, verb, name)
        for rule in status["resourceRules"]
        for group in rule.get("apiGroups", [])
        for resource in rule.get("resources", [])
        for verb in rule["verbs"]
        for name in rule.get("resourceNames") or [""]
    }


def paths(status: dict[str, Any]) -> set[tuple[str, str]]:
    return {
        (verb, path)
        for rule in status["nonResourceRules"]
        for verb in rule["verbs"]
        for path in rule["nonResourceURLs"]
    }


# ------------------------------------------------------------------------------------------------ what it is told


@pytest.fixture(scope="module")
def audited(installed: Installed) -> Iterator[Installed]:
    """The API server posts its audit log to it, with a token of `sender`."""
    plane = installed.cluster.control_plane
    url = f"{installed.service_url}/api/v1/receive/audit/this-cluster"
    plane.send_audit_to(url, installed.token("sender"))
    yield installed
    plane.send_audit_to(None)


@pytest.fixture(scope="module")
def opened(audited: Installed) -> str:
    """A pod in whose container somebody has run a command; its name."""
    plane = audited.cluster.control_plane
    sleeper = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "opened", "namespace": "default"},
        "spec": {
            "terminationGracePeriodSeconds": 0,
            "containers": [{"name": "c", "image": images.BUSYBOX, "command": ["sleep", "3600"]}],
        },
    }
    plane.apply(sleeper)
    plane.kubectl("wait", "--for=condition=Ready", "pod/opened", "--timeout=60s")
    mallory = plane.kubeconfig("mallory", ["system:masters"])
    plane.kubectl("exec", "opened", "--", "id", kubeconfig=mallory)
    return "opened"


def test_an_exec_arrives_by_the_audit_webhook_and_becomes_an_incident(audited: Installed, opened: str) -> None:
    with audited.client(audited.token("viewer")) as viewer:
        question = {"q": f"subresource:exec name:{opened} actor:mallory", "from": "now-1h"}
        page = within(
            30, lambda: viewer.get("/api/v1/events/audit", params=question).json().get("rows"), "the audit entry"
        )
        assert page
        incidents = within(
            60,
            lambda: [one for one in viewer.get("/api/v1/incidents").json() if "mallory" in json.dumps(one)],
            "the incident",
        )
        assert any("exec" in json.dumps(one) for one in incidents)


def test_what_seawall_asked_is_named_in_the_audit_log(installed: Installed) -> None:
    agents = {
        event["userAgent"]
        for event in installed.cluster.control_plane.audit_events()
        if event["user"]["username"] == ACCOUNT
    }
    assert agents == {f"seawall/{seawall.__version__}"}


def test_a_pod_that_dies_loses_nothing(audited: Installed, opened: str) -> None:
    plane = audited.cluster.control_plane
    question = {"q": f"subresource:exec name:{opened}", "from": "now-1h"}
    plane.kubectl("delete", "pod", "-n", NAMESPACE, "-l", "app.kubernetes.io/name=seawall")
    plane.kubectl("rollout", "status", "-n", NAMESPACE, "deployment/seawall", "--timeout=120s")
    with audited.client(audited.token("viewer")) as viewer:
        assert within(30, lambda: viewer.get("/api/v1/events/audit", params=question).json().get("rows"), "the entry")


# ------------------------------------------------------------------------------------------------ what people see


@pytest.mark.browser
def test_the_console_shows_the_cluster_and_the_exec(
    audited: Installed, opened: str, open_page: Callable[..., Page]
) -> None:
    if not (Path(seawall.__file__).parent / "web/static/index.html").is_file():
        pytest.skip("the console is not built: cd ui && npm ci && npm run build")
    page = open_page(ignore_https_errors=True)  # the browser does not know the cluster's authority
    page.goto(audited.sign_in_link())
    page.get_by_text("this-cluster").first.wait_for()
    for name, image in (("kube-system/coredns", images.COREDNS), (f"default/{opened}", images.BUSYBOX)):
        page.goto(f"{audited.url}/posture?sel=entity:workload/{name}")
        page.get_by_role("complementary").get_by_text(image).first.wait_for()
    page.goto(f"{audited.url}/explore/audit?q=subresource:exec")
    page.get_by_text("mallory").first.wait_for()
    page.goto(f"{audited.url}/incidents")
    page.get_by_text("mallory").first.wait_for()
