"""A scan after a change says what a full scan says."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest

from seawall.model.cluster.coverage import LIVE, Coverage
from seawall.model.cluster.decode import ObjectDecoder
from seawall.model.cluster.kinds import kind_of
from seawall.model.cluster.meta import Object, ObjectRef
from seawall.model.cluster.snapshot import Cluster
from seawall.scan.engine import scan
from seawall.scan.incremental import Rescanner
from seawall.spi import catalogue

DECODER = ObjectDecoder()
CHECKS = catalogue.checks()


def decode(document: dict[str, Any]) -> Object:
    kind = kind_of(document["apiVersion"], document["kind"])
    assert kind is not None
    return DECODER.decode(msgspec.json.encode(document), kind)


def spec(chance: random.Random) -> dict[str, Any]:
    def container(name: str) -> dict[str, Any]:
        return {
            "name": name, "image": chance.choice(["a:1", "b:latest"]),
            "securityContext": {"privileged": chance.random() < 0.3, "readOnlyRootFilesystem": chance.random() < 0.5},
            "env": [{"name": chance.choice(["PASSWORD", "MODE"]), "value": chance.choice(["s3cr3t!x", "fast"])}],
        }  # fmt: skip

    return {
        "containers": [container(f"c{i}") for i in range(chance.randint(1, 2))],
        "initContainers": [container("init")] if chance.random() < 0.3 else [],
    }


def deployment(chance: random.Random, name: str) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": "n"},
        "spec": {"selector": {"matchLabels": {"app": name}}, "template": {"metadata": {"labels": {"app": name}}, "spec": spec(chance)}},
    }  # fmt: skip


def pod(chance: random.Random, owner: str, name: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": name, "namespace": "n", "labels": {"pod-template-hash": "h"},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": f"{owner}-h", "controller": True}],
        },
        "spec": {**spec(chance), "nodeName": chance.choice(["n1", "n2"])},
    }  # fmt: skip


def service(chance: random.Random, name: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "n"},
        "spec": {"externalIPs": ["1.2.3.4"] if chance.random() < 0.5 else []},
    }


def role(chance: random.Random, name: str) -> dict[str, Any]:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": name, "namespace": "n"},
        "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"] if chance.random() < 0.5 else ["get"]}],
    }  # fmt: skip


def cluster_of(world: dict[ObjectRef, Object]) -> Cluster:
    counts: dict[str, int] = {}
    for thing in world.values():
        counts[thing.kind] = counts.get(thing.kind, 0) + 1
    return Cluster(world.values(), name="t", scope=LIVE, coverage=Coverage(objects=counts))


@pytest.mark.parametrize("seed", range(25))
def test_updates_agree_with_full_scans(seed: int) -> None:
    chance = random.Random(seed)
    world: dict[ObjectRef, Object] = {}
    rescanner = Rescanner(CHECKS, tool="t")
    rescanner.full(cluster_of(world))
    for _ in range(15):
        changed: set[ObjectRef] = set()
        for _ in range(chance.randint(1, 4)):
            if world and chance.random() < 0.3:
                ref = chance.choice(list(world))
                gone = world.pop(ref)
                changed |= {ref, cluster_of({**world, ref: gone}).owner_of(gone)}
                continue
            number = chance.randint(0, 4)
            thing = decode(
                chance.choice(
                    [
                        deployment(chance, f"d{number}"),
                        pod(chance, f"d{number}", f"d{number}-h-{chance.randint(0, 5)}"),
                        service(chance, f"s{number}"),
                        role(chance, f"r{number}"),
                    ]
                )
            )
            world[thing.ref] = thing
            changed.add(thing.ref)
        cluster = cluster_of(world)
        updated = rescanner.update(cluster, frozenset(changed))
        assert msgspec.json.encode(updated) == msgspec.json.encode(scan(cluster, CHECKS, tool="t"))
