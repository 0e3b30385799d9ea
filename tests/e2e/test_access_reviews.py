"""Authorization against a real API server: SubjectAccessReviews on generated RBAC, and the snapshot that answers the same."""

from __future__ import annotations

import json
import time
from random import Random
from typing import Any

import pytest
from tests.e2e.cluster.control_plane import ControlPlane
from tests.e2e.conversation import Conversation
from tests.model.cluster.clusters import cluster_of

from seawall.access import AccessIndex, Attributes, groups_of
from seawall.model.cluster.access_kinds import ClusterRole
from seawall.model.cluster.snapshot import Cluster
from seawall.sources.state.live import read_live
from seawall.spi.source import StateOptions

pytestmark = [pytest.mark.control_plane, pytest.mark.slow]

Json = dict[str, Any]
RBAC = "rbac.authorization.k8s.io"
NAMESPACES = ("review-a", "review-b")
ACCOUNTS = tuple(f"system:serviceaccount:{namespace}:{name}" for namespace in NAMESPACES for name in ("web", "job"))
USERS = ("alice", "bob", "system:node:n1", "system:anonymous", *ACCOUNTS)
MEMBERSHIPS = ("dev", "ops", "system:nodes", "system:masters", "system:authenticated", "system:unauthenticated")
VERBS = ("get", "list", "watch", "create", "update", "delete", "bind", "escalate", "impersonate", "*")
GROUPS = ("", "apps", RBAC, "*")
RESOURCES = ("pods", "pods/log", "pods/exec", "secrets", "deployments", "deployments/scale", "roles", "*/scale", "*")
URLS = ("/metrics", "/healthz", "/healthz/*", "/api*", "*")
ASKED_URLS = ("/metrics", "/healthz", "/healthz/ping", "/api", "/apis/apps", "/version", "/")
NAMES = ("a", "b")
REQUESTS = 3_000


def thing(kind: str, name: str, namespace: str = "", labels: dict[str, str] | None = None, **more: Any) -> Json:
    metadata: Json = {"name": f"review-{name}", "labels": {"review": "yes", **(labels or {})}}
    if namespace:
        metadata["namespace"] = namespace
    return {"apiVersion": f"{RBAC}/v1", "kind": kind, "metadata": metadata, **more}


def world(random: Random) -> list[Json]:
    """Roles and bindings of all sorts that the API server accepts; aggregated roles take from one level of others."""
    some = lambda values, most=3: random.sample(values, random.randint(1, most))  # noqa: E731  as short as it is used

    def rules(*, urls: bool) -> list[Json]:
        made: list[Json] = []
        for _ in range(random.randint(1, 3)):
            if urls and random.random() < 0.3:
                made.append({"verbs": some(VERBS), "nonResourceURLs": some(URLS)})
                continue
            rule: Json = {"verbs": some(VERBS), "apiGroups": some(GROUPS), "resources": some(RESOURCES)}
            if random.random() < 0.25:
                rule["resourceNames"] = some(NAMES, 2)
            made.append(rule)
        return made

    def subjects() -> list[Json]:
        made: list[Json] = []
        for _ in range(random.randint(1, 3)):
            kind = random.choice(("User", "Group", "ServiceAccount"))
            if kind == "ServiceAccount":
                made.append(
                    {"kind": kind, "name": random.choice(("web", "job")), "namespace": random.choice(NAMESPACES)}
                )
            else:
                name = random.choice(
                    USERS if kind == "User" else (*MEMBERSHIPS, f"system:serviceaccounts:{NAMESPACES[0]}")
                )
                made.append({"kind": kind, "apiGroup": RBAC, "name": name})
        return made

    objects = [
        thing("ClusterRole", f"wide-{index}", labels={"part": str(index % 3)}, rules=rules(urls=True))
        for index in range(12)
    ]
    objects += [
        thing("ClusterRole", f"sum-{part}", aggregationRule={"clusterRoleSelectors": [{"matchLabels": {"part": part}}]})
        for part in ("0", "1")
    ]
    locals_ = [(namespace, f"local-{index}") for namespace in NAMESPACES for index in range(6)]
    objects += [thing("Role", name, namespace, rules=rules(urls=False)) for namespace, name in locals_]
    wide = [*(f"wide-{index}" for index in range(12)), "sum-0", "sum-1", "gone"]
    for index in range(14):
        role = {"apiGroup": RBAC, "kind": "ClusterRole", "name": f"review-{random.choice(wide)}"}
        objects.append(thing("ClusterRoleBinding", f"b{index}", roleRef=role, subjects=subjects()))
    for index in range(24):
        namespace, name = random.choice(locals_)
        role = {"apiGroup": RBAC, "kind": "Role", "name": f"review-{name}"}
        if random.random() < 0.4:
            role = {"apiGroup": RBAC, "kind": "ClusterRole", "name": f"review-{random.choice(wide)}"}
        objects.append(thing("RoleBinding", f"b{index}", namespace, roleRef=role, subjects=subjects()))
    return objects


def request(random: Random) -> Attributes:
    user = random.choice(USERS)
    groups = groups_of(user, tuple(random.sample(MEMBERSHIPS, random.choice((0, 1, 1, 2)))))
    if random.random() < 0.8:
        groups = tuple(group for group in groups if group != "system:masters")
    verb = random.choice(VERBS[:-1])
    if random.random() < 0.2:
        return Attributes(user, groups, verb, url=random.choice(ASKED_URLS))
    resource, _, subresource = random.choice(RESOURCES[:-2]).partition("/")
    namespace = random.choice((*NAMESPACES, "default", ""))
    name = random.choice((*NAMES, "", ""))
    return Attributes(user, groups, verb, random.choice(GROUPS[:-1]), resource, subresource, name, namespace)


def review(asked: Attributes) -> Json:
    if asked.url is not None:
        what: Json = {"nonResourceAttributes": {"path": asked.url, "verb": asked.verb}}
    else:
        fields = ("verb", "group", "resource", "subresource", "name", "namespace")
        what = {"resourceAttributes": {field: getattr(asked, field) for field in fields}}
    spec = {"user": asked.user, "groups": list(asked.groups), **what}
    return {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}


def settled(control_plane: ControlPlane) -> Cluster:
    """The snapshot, once the aggregation controller has done its work and the API server's caches have seen it."""
    deadline = time.monotonic() + 30
    while True:
        cluster = read_live(None, str(control_plane.kubeconfig()), StateOptions(name="reviewed"))
        sums = [role for role in cluster.of(ClusterRole) if role.name.startswith("review-sum-")]
        if len(sums) == 2 and all(role.rules for role in sums):
            time.sleep(1)
            return read_live(None, str(control_plane.kubeconfig()), StateOptions(name="reviewed"))
        assert time.monotonic() < deadline, "roles were not aggregated"
        time.sleep(0.3)


def test_the_api_server_decides_as_the_index(control_plane: ControlPlane) -> None:
    random = Random(5)
    objects = world(random)
    namespaces = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in NAMESPACES]
    control_plane.apply(*namespaces)
    control_plane.apply(*objects)
    cluster = settled(control_plane)
    live, files = AccessIndex(cluster), AccessIndex(cluster_of(objects))
    for part in ("0", "1"):  # what files promise is what the controller does
        name = f"review-sum-{part}"
        assert set(files.rbac.cluster_role_rules(name)) == set(live.rbac.cluster_role_rules(name))
    wrong, allowed = [], 0
    with Conversation(control_plane) as api:
        for asked in (request(random) for _ in range(REQUESTS)):
            status, answer = api.post("/apis/authorization.k8s.io/v1/subjectaccessreviews", review(asked))
            assert status == 201, answer
            decision = live.can(asked)
            allowed += decision.allowed is True
            if answer["status"]["allowed"] is not decision.allowed:
                wrong.append((asked, answer["status"], decision))
    print(f"{REQUESTS} reviews, {allowed} allowed, {len(wrong)} disagreements")
    control_plane.kubectl("delete", "clusterroles,clusterrolebindings", "-l", "review=yes")
    control_plane.kubectl("delete", "namespaces", *NAMESPACES, "--wait=false")
    assert not wrong, json.dumps(wrong[:3], default=str)
    assert REQUESTS / 10 < allowed < REQUESTS * 0.9
