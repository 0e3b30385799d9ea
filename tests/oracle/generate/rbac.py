"""Worlds of RBAC objects and the requests that are asked in them."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

Json = dict[str, Any]


class World(NamedTuple):
    """RBAC objects, and requests to decide over them."""

    objects: list[Json]
    requests: list[Json]


VERBS = [
    "get",
    "list",
    "watch",
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
    "impersonate",
    "bind",
    "escalate",
    "use",
    "approve",
    "GET",
    "*",
    "",
]
GROUPS = ["", "apps", "batch", "rbac.authorization.k8s.io", "*", "extensions"]
RESOURCES = [
    "pods", "pods/log", "pods/exec", "pods/*", "*/log", "*/*", "*", "*/", "/log", "deployments", "deployments/scale", "*/scale", "secrets", "serviceaccounts/token", "nodes/proxy", "Pods", "",
]  # fmt: skip
NAMES = ["a", "b", "c", "*", ""]
NAMESPACES = ["default", "kube-system", "team-a", "team-b"]
URLS = [
    "/healthz",
    "/healthz/*",
    "/metrics",
    "/api",
    "/api*",
    "/api/*",
    "/apis/*",
    "*",
    "/*",
    "/",
    "",
    "/logs/**",
    "/*/x",
    "healthz",
    "/healthz/",
]
ASKED_URLS = [
    "/healthz",
    "/healthz/",
    "/healthz/ping",
    "/healthzx",
    "/metrics",
    "/api",
    "/api/v1",
    "/apis",
    "/apis/apps",
    "/",
    "",
    "/logs/x",
    "/logs/*",
    "/a/x",
    "*",
    "/Healthz",
    "healthz",
]
USERS = [
    "alice",
    "bob",
    "system:serviceaccount:team-a:deployer",
    "system:serviceaccount:team-b:deployer",
    "system:serviceaccount:default:default",
    "system:node:w1",
    "*",
    "",
]
MEMBERSHIPS = [
    "system:authenticated", "system:unauthenticated", "system:masters", "system:serviceaccounts", "system:serviceaccounts:team-a", "system:serviceaccounts:team-b", "dev", "ops", "*",
]  # fmt: skip
LABELS = [{"aggregate": "view"}, {"aggregate": "edit"}, {"aggregate": "view", "tier": "x"}, {"tier": "x"}, {}]


def worlds(seed: int, count: int, *, requests: int = 50, loops: bool = False) -> Iterator[World]:
    """Worlds of some ten objects. ``loops``: roles may aggregate each other, so that upstream's answer may hang on order."""
    for case in range(count):
        rng = Random(f"{seed}/{case}")
        objects = _objects(rng, loops)
        yield World(objects, [request(rng, objects if rng.random() < 0.6 else None) for _ in range(requests)])


def request(rng: Random, objects: list[Json] | None = None) -> Json:
    """A request by one of few identities, at random; or, given objects, one that some rule of theirs nearly allows."""
    user = rng.choice(USERS)
    groups = rng.sample(MEMBERSHIPS, rng.choice([0, 1, 1, 2]))
    if rng.random() < 0.25:
        asked: Json = {"verb": rng.choice(VERBS), "nonResourceURL": rng.choice(ASKED_URLS)}
    else:
        resource, _, subresource = rng.choice(RESOURCES).partition("/")
        verb = rng.choice(VERBS[:8] if rng.random() < 0.8 else VERBS)
        asked = {"verb": verb, "group": rng.choice(GROUPS), "resource": resource, "subresource": subresource}
        asked |= {"name": rng.choice(NAMES) if rng.random() < 0.6 else ""}
        asked |= {"namespace": rng.choice(NAMESPACES) if rng.random() < 0.75 else ""}
    bindings = [thing for thing in objects or [] if thing.get("subjects")]
    if bindings:
        binding = rng.choice(bindings)
        subject = rng.choice(binding["subjects"])
        namespace = binding["metadata"].get("namespace", "")
        rule = _granted_rule(rng, objects or [], binding)
        if rule:
            asked |= _asked_of(rng, rule)
        if namespace and rng.random() < 0.85:
            asked["namespace"] = namespace
        if subject["kind"] == "User":
            user = subject["name"]
        elif subject["kind"] == "Group":
            groups.append(subject["name"])
        else:
            user = f"system:serviceaccount:{subject.get('namespace') or namespace}:{subject['name']}"
    if user.startswith("system:serviceaccount:") and rng.random() < 0.8:
        groups += ["system:serviceaccounts", f"system:serviceaccounts:{user.split(':')[2]}", "system:authenticated"]
    return {"user": user, "groups": groups, **asked}


def _granted_rule(rng: Random, objects: list[Json], binding: Json) -> Json | None:
    """One rule of the role that a binding names, if there is one."""
    reference = binding["roleRef"]
    for thing in objects:
        if thing["kind"] == reference["kind"] and thing["metadata"]["name"] == reference["name"] and thing.get("rules"):
            rule: Json = rng.choice(thing["rules"])
            return rule
    return None


def _asked_of(rng: Random, rule: Json) -> Json:
    """What to ask so that a rule nearly allows it: each part is either from the rule or left to chance."""

    def from_rule(name: str) -> str | None:
        values = [value for value in rule.get(name) or [] if value != "*"]
        return rng.choice(values) if values and rng.random() < 0.9 else None

    asked: Json = {}
    if (verb := from_rule("verbs")) is not None:
        asked["verb"] = verb
    url = from_rule("nonResourceURLs")
    if url is not None:
        return asked | {"nonResourceURL": url.replace("*", rng.choice(["", "x", "/x", "*"]))}
    resource = from_rule("resources")
    if resource is not None:
        first, _, second = resource.partition("/")
        asked["resource"] = first if first != "*" else rng.choice(["pods", "jobs"])
        asked["subresource"] = second if second != "*" else rng.choice(["", "log", "status"])
    for part, name in (("apiGroups", "group"), ("resourceNames", "name")):
        if (value := from_rule(part)) is not None:
            asked[name] = value
    return asked


def _objects(rng: Random, loops: bool) -> list[Json]:
    cluster_roles = [f"role-{index}" for index in range(rng.randint(1, 6))]
    roles = [(rng.choice(NAMESPACES), f"local-{index}") for index in range(rng.randint(0, 4))]
    objects = [_cluster_role(rng, name, loops) for name in cluster_roles]
    objects += [_object("Role", name, namespace) | {"rules": _rules(rng, local=True)} for namespace, name in roles]
    for index in range(rng.randint(0, 4)):
        subjects = _subjects(rng)
        reference = {"kind": "ClusterRole", "name": rng.choice([*cluster_roles, "gone"])}
        objects.append(_object("ClusterRoleBinding", f"wide-{index}") | _binding(rng, reference, subjects))
    for index in range(rng.randint(0, 6)):
        reference = {"kind": "ClusterRole", "name": rng.choice([*cluster_roles, "gone"])}
        namespace = rng.choice(NAMESPACES)
        if roles and rng.random() < 0.5:
            namespace, name = rng.choice(roles)
            reference = {"kind": "Role", "name": name if rng.random() < 0.9 else "gone"}
        objects.append(_object("RoleBinding", f"narrow-{index}", namespace) | _binding(rng, reference, _subjects(rng)))
    rng.shuffle(objects)
    return objects


def _object(kind: str, name: str, namespace: str | None = None) -> Json:
    metadata = {"name": name} | ({"namespace": namespace} if namespace is not None else {})
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": metadata}


def _cluster_role(rng: Random, name: str, loops: bool) -> Json:
    role = _object("ClusterRole", name)
    labels = rng.choice(LABELS)
    if rng.random() < 0.25:
        selectors = rng.sample(
            [
                {"matchLabels": {"aggregate": "view"}},
                {"matchLabels": {"aggregate": "edit"}},
                {"matchExpressions": [{"key": "aggregate", "operator": "Exists"}]},
                {"matchExpressions": [{"key": "tier", "operator": "In", "values": ["x", "y"]}]},
                {"matchExpressions": [{"key": "tier", "operator": "Wrong"}]},
            ],
            rng.choice([0, 1, 1, 2]),
        )
        role["aggregationRule"] = {"clusterRoleSelectors": selectors}
        if not loops:
            labels = {}  # nothing selects a role without labels, so none aggregates one that aggregates
        if rng.random() < 0.5:
            role["rules"] = _rules(rng)
    else:
        role["rules"] = _rules(rng) if rng.random() < 0.97 else None
    if labels:
        role["metadata"]["labels"] = labels
    return role


def _rules(rng: Random, *, local: bool = False) -> list[Json]:
    return [_rule(rng, local) for _ in range(rng.choice([0, 1, 1, 2, 3]))]


def _rule(rng: Random, local: bool) -> Json:
    rule: Json = {"verbs": _some(rng, VERBS, wildcard=0.15)}
    if not local and rng.random() < 0.3:
        rule["nonResourceURLs"] = _some(rng, URLS)
        if rng.random() < 0.9:
            return rule
    rule["apiGroups"] = _some(rng, GROUPS, wildcard=0.15)
    rule["resources"] = _some(rng, RESOURCES, wildcard=0.1)
    if rng.random() < 0.25:
        rule["resourceNames"] = _some(rng, NAMES)
    return rule


def _some(rng: Random, values: list[str], *, wildcard: float = 0.0) -> list[str]:
    if rng.random() < wildcard:
        return ["*"]
    return [rng.choice(values) for _ in range(rng.choice([0, 1, 1, 2, 3]) if rng.random() < 0.3 else rng.randint(1, 3))]


def _binding(rng: Random, reference: Json, subjects: list[Json]) -> Json:
    role: Json = {"apiGroup": "rbac.authorization.k8s.io", **reference}
    if rng.random() < 0.03:
        role["kind"] = rng.choice(["role", "", "Other"])
    return {"roleRef": role} | ({"subjects": subjects} if subjects or rng.random() < 0.5 else {})


def _subjects(rng: Random) -> list[Json]:
    return [_subject(rng) for _ in range(rng.choice([0, 1, 1, 1, 2, 3]))]


def _subject(rng: Random) -> Json:
    kind = rng.choice(["User", "Group", "ServiceAccount"])
    if kind == "User":
        return {"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": rng.choice(USERS)}
    if kind == "Group":
        return {"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": rng.choice(MEMBERSHIPS)}
    subject = {"kind": "ServiceAccount", "name": rng.choice(["deployer", "default"])}
    if rng.random() < 0.8:
        subject["namespace"] = rng.choice(["team-a", "team-b", "default", ""])
    return subject
