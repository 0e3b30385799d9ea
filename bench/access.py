"""Authorization: the index built, who-can and can asked of thousands of bindings, beside upstream's own authorizer.

    python bench/access.py                       5,000 bindings
    python bench/access.py --bindings 20000

The clock runs from decoded objects. Upstream's time is that of the Go oracle over the same objects and requests, reading both; its decisions are compared
with ours on the way. Without Go that part is left out.
"""

from __future__ import annotations

import argparse
import gc
import resource
import statistics
import sys
import time
import unittest
from pathlib import Path
from random import Random
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from tests.oracle import Oracle  # noqa: E402

from seawall.access import AccessIndex, Attributes  # noqa: E402
from seawall.access.escalation import Escalations  # noqa: E402
from seawall.model.cluster.coverage import FILES, Coverage  # noqa: E402
from seawall.model.cluster.decode import ObjectDecoder  # noqa: E402
from seawall.model.cluster.kinds import kind_of  # noqa: E402
from seawall.model.cluster.snapshot import Cluster  # noqa: E402

RBAC = "rbac.authorization.k8s.io"
RESOURCES = ("pods", "pods/log", "pods/exec", "secrets", "configmaps", "services", "deployments", "jobs", "events", "*")
VERBS = ("get", "list", "watch", "create", "update", "patch", "delete")
GROUPS = ("", "apps", "batch")


def world(bindings: int, seed: int = 7) -> list[dict[str, Any]]:
    """A tenth of the bindings hold everywhere; a role serves three bindings; subjects are accounts, users and groups."""
    chance = Random(seed)
    namespaces = [f"ns-{index:03d}" for index in range(max(1, bindings // 50))]
    wide, narrow = bindings // 10, bindings - bindings // 10
    objects = [thing("ClusterRole", f"wide-{index}", rules=rules(chance)) for index in range(max(1, wide // 3))]
    objects += [
        thing("Role", f"role-{index}", namespaces[index % len(namespaces)], rules=rules(chance))
        for index in range(max(1, narrow // 3))
    ]
    for index in range(wide):
        role = {"apiGroup": RBAC, "kind": "ClusterRole", "name": f"wide-{index % max(1, wide // 3)}"}
        objects.append(thing("ClusterRoleBinding", f"b-{index}", roleRef=role, subjects=subjects(chance, namespaces)))
    for index in range(narrow):
        number = index % max(1, narrow // 3)
        role = {"apiGroup": RBAC, "kind": "Role", "name": f"role-{number}"}
        where = namespaces[number % len(namespaces)]
        objects.append(thing("RoleBinding", f"b-{index}", where, roleRef=role, subjects=subjects(chance, namespaces)))
    return objects


def thing(kind: str, name: str, namespace: str = "", **more: Any) -> dict[str, Any]:
    where = {"namespace": namespace} if namespace else {}
    return {"apiVersion": f"{RBAC}/v1", "kind": kind, "metadata": {"name": name, **where}, **more}


def rules(chance: Random) -> list[dict[str, Any]]:
    return [
        {
            "verbs": chance.sample(VERBS, chance.randint(1, 4)),
            "apiGroups": [chance.choice(GROUPS)],
            "resources": chance.sample(RESOURCES[:-1], chance.randint(1, 3)) if chance.random() < 0.97 else ["*"],
        }
        for _ in range(chance.randint(1, 5))
    ]


def subjects(chance: Random, namespaces: list[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for _ in range(chance.randint(1, 3)):
        kind = chance.choice(("ServiceAccount", "ServiceAccount", "User", "Group"))
        if kind == "ServiceAccount":
            found.append({"kind": kind, "name": f"app-{chance.randint(0, 9)}", "namespace": chance.choice(namespaces)})
        else:
            found.append({"kind": kind, "apiGroup": RBAC, "name": f"{kind.lower()}-{chance.randint(0, 500)}"})
    return found


def requests(count: int, bindings: int, seed: int = 8) -> list[dict[str, Any]]:
    chance = Random(seed)
    namespaces = [f"ns-{index:03d}" for index in range(max(1, bindings // 50))]
    made = []
    for _ in range(count):
        where = chance.choice(namespaces)
        user = chance.choice(
            (f"system:serviceaccount:{where}:app-{chance.randint(0, 9)}", f"user-{chance.randint(0, 500)}")
        )
        resource_, _, subresource = chance.choice(RESOURCES[:-1]).partition("/")
        made.append(
            {
                "user": user,
                "groups": [f"group-{chance.randint(0, 500)}", "system:authenticated"],
                "verb": chance.choice(VERBS),
                "group": chance.choice(GROUPS),
                "resource": resource_,
                "subresource": subresource,
                "namespace": chance.choice(namespaces),
            }
        )
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bindings", type=int, default=5_000)
    parser.add_argument("--requests", type=int, default=20_000)
    options = parser.parse_args()
    objects = world(options.bindings)
    decoder = ObjectDecoder()
    decoded = [decoder.convert(one, kind) for one in objects if (kind := kind_of(one["apiVersion"], one["kind"]))]
    cluster = Cluster(decoded, name="bench", scope=FILES, coverage=Coverage())
    gc.collect()
    gc.disable()

    start = time.process_time()
    index = AccessIndex(cluster)
    built = time.process_time() - start
    print(f"index: {options.bindings:,} bindings, {len(objects) - options.bindings:,} roles in {built:.3f} CPU s")

    took = []
    for verb in ("get", "create", "delete"):
        for resource_ in ("secrets", "pods", "configmaps"):
            for namespace in (None, "", "ns-001"):
                start = time.process_time()
                found = index.who_can(verb, "", resource_, namespace=namespace)
                took.append((time.process_time() - start, len(found.holders)))
    times = [seconds * 1000 for seconds, _ in took]
    print(
        f"who-can: {len(took)} questions, median {statistics.median(times):.2f} CPU ms, worst {max(times):.2f} "
        f"(up to {max(holders for _, holders in took):,} holders)"
    )

    asked = requests(options.requests, options.bindings)
    attributes = [
        Attributes(one["user"], tuple(one["groups"]), one["verb"], one["group"], one["resource"], one["subresource"], "", one["namespace"])
        for one in asked
    ]  # fmt: skip
    start = time.process_time()
    decisions = [index.can(one) for one in attributes]
    decided = time.process_time() - start
    allowed = sum(decision.allowed is True for decision in decisions)
    print(f"can: {len(asked):,} requests in {decided:.2f} CPU s, {len(asked) / decided:,.0f}/s; {allowed:,} allowed")

    start = time.process_time()
    found_ways = Escalations(index).all()
    print(f"escalation of everybody: {time.process_time() - start:.2f} CPU s, {len(found_ways):,} ways")
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024:,} MB")

    try:
        with Oracle() as upstream:
            upstream.rbac([([], [])])  # built and started, so that only the question is timed
    except unittest.SkipTest as missing:
        print(f"upstream: left out, {missing}")
        return
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with Oracle() as upstream:
        (answer,) = upstream.rbac([(objects, asked)])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    theirs = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    wrong = sum(
        decision.allowed is not their.allowed for decision, their in zip(decisions, answer.decisions, strict=True)
    )
    print(
        f"upstream's authorizer (with reading): {theirs:.2f} CPU s; ours / upstream {(built + decided) / theirs:.2f}; disagreements {wrong}"
    )


if __name__ == "__main__":
    main()
