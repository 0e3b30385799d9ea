"""ABAC policy files of both formats, and the requests that are asked of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

Json = dict[str, Any]


class Case(NamedTuple):
    """The text of a policy file, and requests to decide by it."""

    policy: str
    requests: list[Json]


USERS = ["alice", "bob", "system:serviceaccount:a:b", "*", ""]
GROUPS = ["dev", "ops", "system:authenticated", "system:unauthenticated", "*", ""]
NAMESPACES = ["a", "b", "*", ""]
RESOURCES = ["pods", "services", "events", "*", ""]
API_GROUPS = ["", "apps", "extensions", "*"]
PATHS = ["/healthz", "/api", "/api*", "/api/*", "*", "/", "", "/a**", "/version"]
ASKED_PATHS = ["/healthz", "/api", "/api/v1", "/apis", "/", "", "/a", "/abc", "/version", "*"]
VERBS = ["get", "list", "watch", "create", "update", "delete", "GET", "*", ""]
VERSIONS = ["abac.authorization.kubernetes.io/v1beta1", "abac.authorization.kubernetes.io/v0"]


def cases(seed: int, count: int, *, requests: int = 50) -> Iterator[Case]:
    """Policy files of some four lines; about one in ten cannot be read."""
    for case in range(count):
        rng = Random(f"{seed}/{case}")
        lines = [_line(rng) for _ in range(rng.randint(0, 8))]
        yield Case("\n".join(lines) + rng.choice(["", "\n"]), [request(rng) for _ in range(requests)])


def request(rng: Random) -> Json:
    asked: Json = {
        "user": rng.choice(USERS),
        "groups": rng.sample(GROUPS, rng.choice([0, 1, 1, 2])),
        "verb": rng.choice(VERBS),
    }
    if rng.random() < 0.3:
        return asked | {"nonResourceURL": rng.choice(ASKED_PATHS)}
    resource = {"group": rng.choice(API_GROUPS), "resource": rng.choice(RESOURCES), "namespace": rng.choice(NAMESPACES)}
    return asked | resource | {"name": rng.choice(["", "x"]), "subresource": rng.choice(["", "", "log"])}


def _line(rng: Random) -> str:
    chance = rng.random()
    if chance < 0.08:
        return rng.choice(["", "   ", "# a remark", "\t# another"])
    if chance < 0.1:
        return rng.choice(
            [
                "{",
                "[]",
                '{"user": 1}',
                '{"apiVersion": "v9", "kind": "Policy"}',
                "a: b",
                "{}",
                '{"User": "alice", "resource": "pods"}',
            ]
        )
    return json.dumps(_policy(rng))


def _policy(rng: Random) -> Json:
    spec: Json = {}
    for name, values, chance in (
        ("user", USERS, 0.6),
        ("group", GROUPS, 0.5),
        ("namespace", NAMESPACES, 0.7),
        ("resource", RESOURCES, 0.7),
        ("readonly", [True, True, False], 0.4),
    ):
        if rng.random() < chance:
            spec[name] = rng.choice(values)
    chance = rng.random()
    if chance < 0.25:  # the format without a version, in which nothing said means everything
        return spec
    if chance < 0.3:
        return {"apiVersion": VERSIONS[1], "kind": "Policy"} | spec
    if rng.random() < 0.7:
        spec["apiGroup"] = rng.choice(API_GROUPS)
    if rng.random() < 0.4:
        spec["nonResourcePath"] = rng.choice(PATHS)
    return {"apiVersion": VERSIONS[0], "kind": "Policy", "spec": spec}
