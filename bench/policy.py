"""Network policy: from parsed objects to the full relation, one-policy changes, single verdicts, YAML to model.

    python bench/policy.py                       generated worlds of 400 to 100,000 pods, ten times the pods, 10,000 policies from YAML
    python bench/policy.py --pods 100000         one size
    python bench/policy.py --from DIR            manifests of your own (a folder that holds namespaces, pods and policies)

The clock runs from parsed objects: the world, lowering and matching are in it. The allowed ordered pairs are printed for each probe port; on the
smallest world a sample of them is judged by the tuple evaluator too, which shares no code with the sets, and all of them by cyclonus where it
can be built (some 70 CPU seconds at 400 pods), with the ratio of the two times.
"""

from __future__ import annotations

import argparse
import gc
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from tests.oracle import cyclonus
from tests.oracle.build import GoMissing

from seawall.model.cluster.coverage import FILES, Coverage
from seawall.model.cluster.decode import ObjectDecoder
from seawall.model.cluster.kinds import kind_of
from seawall.model.cluster.network_kinds import NetworkPolicy
from seawall.model.cluster.snapshot import Cluster
from seawall.policy.batch import Batch
from seawall.policy.judge import Flow, Judge
from seawall.policy.lower import PolicyModel
from seawall.policy.model import TCP, UDP, kind_of_traffic
from seawall.policy.relation import Relation

PROBES = (("TCP", TCP, 8080), ("TCP", TCP, 9090), ("TCP", TCP, 5432), ("UDP", UDP, 53))
PORTS = (("http", 8080, "TCP"), ("metrics", 9090, "TCP"), ("db", 5432, "TCP"), ("dns", 53, "UDP"))
TIERS, ENVIRONMENTS = ("web", "api", "data"), ("prod", "stage", "dev")


# ------------------------------------------------------------------------------------------------ worlds


def world(
    pods: int, policies: int, per_namespace: int = 40, per_app: int = 4, seed: int = 7
) -> Iterator[dict[str, Any]]:
    """Namespaces with an environment and a team, apps with a tier; policies of the usual shapes, a default deny in each namespace."""
    chance = random.Random(seed)
    count = -(-pods // per_namespace)
    names = [f"ns-{index:04d}" for index in range(count)]
    for index, name in enumerate(names):
        labels = {"env": ENVIRONMENTS[index % 3], "team": f"team-{index % 8}"}
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
    declared = [{"name": name, "containerPort": number, "protocol": protocol} for name, number, protocol in PORTS]
    for index in range(pods):
        app = index % per_namespace // per_app
        labels = {"app": f"app{app}", "tier": TIERS[app % 3], "track": "canary" if index % per_app == 0 else "stable"}
        ip = f"10.{1 + index // 62500}.{index // 250 % 250}.{index % 250 + 1}"
        yield {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": f"app{app}-{index}", "namespace": names[index // per_namespace], "labels": labels},
            "spec": {
                "nodeName": f"node-{index % 40}",
                "containers": [{"name": "main", "image": "app:1", "ports": declared}],
            },
            "status": {"phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}]},
        }
    for index in range(policies):
        yield policy(
            index,
            names[index * count // policies],
            index % max(1, policies // count),
            names,
            per_namespace // per_app,
            chance,
        )


def policy(
    index: int, namespace: str, place: int, names: list[str], apps: int, chance: random.Random
) -> dict[str, Any]:
    if place == 0:
        spec: dict[str, Any] = {
            "podSelector": {},
            "policyTypes": ["Ingress", "Egress"] if chance.random() < 0.4 else ["Ingress"],
        }
    elif place == 1:
        spec = {
            "podSelector": {},
            "policyTypes": ["Egress"],
            "egress": [
                {"to": [{"namespaceSelector": {}}], "ports": [{"protocol": "UDP", "port": 53}]},
                {"to": [{"podSelector": {}}]},
            ],
        }
    else:
        sides = chance.choice((("ingress",), ("ingress",), ("egress",), ("ingress", "egress")))
        spec = {"podSelector": _pods(apps, chance), "policyTypes": [side.capitalize() for side in sides]}
        for side in sides:
            spec[side] = [
                _rule("from" if side == "ingress" else "to", names, apps, chance) for _ in range(chance.randint(1, 3))
            ]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": f"policy-{index}", "namespace": namespace},
        "spec": spec,
    }


def _pods(apps: int, chance: random.Random) -> dict[str, Any]:
    return chance.choice(
        (
            {"matchLabels": {"app": f"app{chance.randrange(apps)}"}},
            {"matchLabels": {"app": f"app{chance.randrange(apps)}"}},
            {"matchLabels": {"tier": chance.choice(TIERS)}},
            {
                "matchExpressions": [
                    {"key": "tier", "operator": chance.choice(("In", "NotIn")), "values": ["web", "api"]}
                ]
            },
            {"matchLabels": {"tier": "web", "track": "stable"}},
            {},
        )
    )


def _rule(side: str, names: list[str], apps: int, chance: random.Random) -> dict[str, Any]:
    found: dict[str, Any] = {side: [_peer(names, apps, chance) for _ in range(chance.randint(1, 3))]}
    ports = chance.choice(
        (
            None,
            [{"port": 8080}],
            [{"port": 9090}],
            [{"port": "http"}],
            [{"protocol": "UDP", "port": 53}, {"port": 8080}],
            [{"port": 8000, "endPort": 9100}],
        )
    )
    if ports:
        found["ports"] = ports
    return found


def _peer(names: list[str], apps: int, chance: random.Random) -> dict[str, Any]:
    spaces = chance.choice(
        (
            {"matchLabels": {"kubernetes.io/metadata.name": chance.choice(names)}},
            {"matchLabels": {"env": chance.choice(ENVIRONMENTS)}},
            {"matchLabels": {"team": f"team-{chance.randrange(8)}"}},
        )
    )
    match chance.randrange(8):
        case 0 | 1 | 2:
            return {"podSelector": _pods(apps, chance)}
        case 3 | 4:
            return {"namespaceSelector": spaces}
        case 5 | 6:
            return {"namespaceSelector": spaces, "podSelector": _pods(apps, chance)}
    if chance.random() < 0.3:
        return {"ipBlock": {"cidr": "0.0.0.0/0", "except": [chance.choice(("10.0.0.0/8", "172.16.0.0/12"))]}}
    return {"ipBlock": {"cidr": f"172.16.{chance.randrange(256)}.0/24"}}


def parsed(documents: Iterable[dict[str, Any]]) -> Cluster:
    decoder = ObjectDecoder()
    objects = []
    for document in documents:
        kind = kind_of(document["apiVersion"], document["kind"])
        assert kind is not None
        objects.append(decoder.decode(msgspec.json.encode(document), kind))
    return Cluster(objects, name="bench", scope=FILES, coverage=Coverage())


def folder(path: str) -> Cluster:
    from seawall.sources.state import read
    from seawall.spi.source import StateOptions

    return read((path,), StateOptions())


# ------------------------------------------------------------------------------------------------ measuring


class Clock:
    """CPU seconds of this process since it was made."""

    def __init__(self) -> None:
        self.start = time.process_time()

    @property
    def seconds(self) -> float:
        return time.process_time() - self.start


def peak() -> float:
    """Most memory used so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def relation(cluster: Cluster) -> tuple[float, Relation]:
    clock = Clock()
    found = Relation.of(PolicyModel.of(cluster))
    for family in found.views:
        if len(found.views) == 1:
            found.totals(family)
    return clock.seconds, found


def sample(found: Relation, count: int) -> str:
    """Pairs judged by the tuple evaluator beside the sets."""
    chance, judge = random.Random(3), Judge(found.model)
    pods = found.model.world.pods
    clock = Clock()
    for _ in range(count):
        source, destination = chance.sample(pods, 2)
        _, protocol, port = chance.choice(PROBES)
        traffic = kind_of_traffic(protocol, port)
        family = min(found.views)
        assert judge.judge(Flow(source, destination, traffic, family)).allowed is found.verdict(
            source, destination, traffic, family
        )
    return f"tuple evaluator: {count:,} flows judged alike in {clock.seconds:.2f} s ({count / clock.seconds:,.0f}/s)"


def compared(documents: list[dict[str, Any]], found: Relation, ours: float) -> str:
    """All pairs by cyclonus: its counts are ours, and how much longer it took."""
    try:
        program = cyclonus.executable()
    except GoMissing as missing:
        return str(missing)
    policies = [one for one in documents if one["kind"] == "NetworkPolicy"]
    probes = [(protocol, port) for protocol, _, port in PROBES]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as place:
        theirs = cyclonus.probed(program, documents, policies, probes, Path(place))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    for label, protocol, port in PROBES:
        mine, other = found.count(kind_of_traffic(protocol, port)).allowed, sum(theirs[label, port].values())
        assert mine == other, f"{label} {port}: {mine:,} allowed pairs here, {other:,} by cyclonus"
    return f"cyclonus: the same allowed pairs in {seconds:.1f} s CPU, {seconds / ours:,.0f} times as long"


def change(found: Relation, times: int) -> str:
    """One policy gets a rule more, or loses its rules, again and again."""
    chance = random.Random(5)
    policies = [
        one
        for one in found.model.world.cluster.known(NetworkPolicy)
        if one.spec.get("policyTypes") and len(one.spec) > 2
    ]
    taken: list[float] = []
    for index in range(times):
        one = chance.choice(policies)
        side = "ingress" if "Ingress" in one.spec["policyTypes"] else "egress"
        peer = {"namespaceSelector": {"matchLabels": {"env": chance.choice(ENVIRONMENTS)}}}
        rule = {
            ("from" if side == "ingress" else "to"): [peer],
            "ports": [{"port": chance.choice((8080, 9090, 7000 + index))}],
        }
        spec = {**one.spec, side: [*one.spec.get(side, ()), rule]}
        clock = Clock()
        after = found.with_policy(msgspec.structs.replace(one, spec=spec))
        for family in after.views:
            after.totals(family)
        taken.append(clock.seconds)
    taken.sort()
    return (
        f"one policy changes: median {taken[len(taken) // 2] * 1000:.1f} ms, worst {taken[-1] * 1000:.1f} ms of {times}"
    )


def batch(found: Relation, count: int) -> str:
    """Distinct flows, each with its verdict and the rules that decided it."""
    chance = random.Random(11)
    pods, family = found.model.world.pods, min(found.views)
    ports = [kind_of_traffic(protocol, port) for _, protocol, port in PROBES] + [
        kind_of_traffic(TCP, 1000 + at) for at in range(40)
    ]
    flows: set[tuple[int, int, int]] = set()
    while len(flows) < count:
        flows.add((chance.randrange(len(pods)), chance.randrange(len(pods)), chance.choice(ports)))
    columns = [np.array(column, np.int64) for column in zip(*flows, strict=True)]
    clock = Clock()
    judged = Batch(found, family).judge(*columns)
    seconds = clock.seconds
    return f"{count:,} distinct flows judged with the deciding rule in {seconds:.2f} s ({sum(one.allowed is True for one in judged.outcomes):,} kinds of outcome allow)"


def yaml_to_model(cluster: Cluster) -> str:
    """Policies as YAML text to the model."""
    import yaml

    policies = cluster.known(NetworkPolicy)
    with tempfile.TemporaryDirectory() as place:
        documents = [
            {
                "apiVersion": one.api_version,
                "kind": one.kind,
                "metadata": {"name": one.name, "namespace": one.namespace},
                "spec": one.spec,
            }
            for one in policies
        ]
        (Path(place) / "policies.yaml").write_text(
            yaml.dump_all(documents, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper))
        )
        clock = Clock()
        model = PolicyModel.of(folder(place))
        count = len(model.enforced.rules)
    return f"{len(policies):,} policies from YAML to {count:,} rules in {clock.seconds:.2f} s"


def run(name: str, cluster: Cluster, small: bool, documents: list[dict[str, Any]] | None = None) -> float:
    gc.collect()
    gc.freeze()
    seconds, found = relation(cluster)
    classes = found.classes
    print(
        f"\n{name}: {len(found.model.world.pods):,} pods, {len(found.model.lowered):,} policies: full relation in {seconds * 1000:,.0f} ms CPU, peak {peak():,.0f} MB"
    )
    print(
        f"  {classes.pod_count:,} classes of pods, {[view.cells.count for view in found.views.values()]} cells of traffic"
    )
    print(
        "  allowed ordered pairs: "
        + ", ".join(
            f"{label} {port}: {found.count(kind_of_traffic(protocol, port)).allowed:,}"
            for label, protocol, port in PROBES
        )
    )
    if small:
        print(f"  {sample(found, 2_000)}")
    if documents:
        print(f"  {compared(documents, found, seconds)}")
    if all(view.dense for view in found.views.values()):
        print(f"  {change(found, 30)}")
    if len(found.model.world.pods) <= 20_000:
        print(f"  {batch(found, 1_000_000)}")
    return seconds


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--pods", type=int, action="append", help="sizes to generate (policies: a quarter)")
    arguments.add_argument("--from", dest="folders", action="append", help="folders of manifests to read instead")
    chosen = arguments.parse_args()
    gc.disable()
    if chosen.folders:
        for at, path in enumerate(chosen.folders):
            cluster = folder(path)
            run(path, cluster, at == 0)
            print(f"  {yaml_to_model(cluster)}")
        return
    for at, pods in enumerate(chosen.pods or (400, 1_600, 10_000, 100_000)):
        documents = list(world(pods, pods // 4))
        run("generated", parsed(documents), at == 0, documents if pods == 400 else None)
    if not chosen.pods:
        print(f"\n{yaml_to_model(parsed(world(400, 10_000)))}")
        same = [parsed(world(1_600 * times, 400, 40 * times, 4 * times)) for times in (1, 10)]
        seconds = [
            run(f"the same label sets, {times} times the pods", cluster, False)
            for times, cluster in zip((1, 10), same, strict=True)
        ]
        print(f"\nten times the pods over the same label sets: {seconds[1] / seconds[0]:.2f} times the time")


if __name__ == "__main__":
    main()
