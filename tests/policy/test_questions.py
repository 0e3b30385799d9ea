"""What people ask: connections of workloads and services, explanations with edits, diffs, reach, exposure, idle rules, tests, generators, batches."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.policy import worlds
from tests.policy.asking import Asked
from tests.policy.generated import Generator
from tests.policy.test_relation import TRAFFIC

from seawall.model.cluster.meta import ObjectRef
from seawall.policy import assertions, generate
from seawall.policy.batch import Batch
from seawall.policy.compare import diff, equivalent
from seawall.policy.connections import Connection, EndName, Evaluator
from seawall.policy.effect import Effects
from seawall.policy.explain import explain, patched
from seawall.policy.judge import Flow, Judge
from seawall.policy.lower import PolicyModel
from seawall.policy.model import TCP, ports_of
from seawall.policy.reach import ASKED, Reaching, describe_traffic_set, exposure
from seawall.policy.relation import Relation


def deployment(name: str, namespace: str, labels: dict[str, str], *ports: tuple[str, int]) -> dict[str, Any]:
    containers = [
        {"name": "main", "image": "app:1", "ports": [{"name": port, "containerPort": number} for port, number in ports]}
    ]
    template = {"metadata": {"labels": labels}, "spec": {"containers": containers}}
    spec = {"selector": {"matchLabels": labels}, "template": template}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }


SHOP = [
    worlds.namespace("shop", team="shop"),
    worlds.namespace("pay", team="pay"),
    deployment("web", "shop", {"app": "web"}, ("http", 8080)),
    deployment("db", "shop", {"app": "db"}, ("sql", 5432)),
    deployment("api", "pay", {"app": "api"}, ("http", 8080)),
    worlds.service("db", "shop", {"app": "db"}, [{"port": 15432, "targetPort": "sql"}], clusterIP="10.96.0.7"),
    worlds.service("gone", "shop", {"app": "gone"}, [{"port": 80}]),
    worlds.service("web", "shop", {"app": "web"}, [{"port": 80, "targetPort": 8080}]),
]
GUARD = worlds.policy(
    "db",
    {
        "podSelector": {"matchLabels": {"app": "db"}},
        "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "web"}}}], "ports": [{"port": 5432}]}],
    },
    "shop",
)


# ------------------------------------------------------------------------------------------------ connections


def test_a_service_is_judged_after_translation() -> None:
    world = Asked([*SHOP, GUARD])
    assert world.verdict("Deployment shop/web", "service shop/db", 15432) is True
    assert world.verdict("Deployment pay/api", "service shop/db", 15432) is False
    assert world.verdict("Deployment shop/web", "ip 10.96.0.7", 15432) is True
    assert "no port TCP 5432" in world.ask("Deployment shop/web", "service shop/db", 5432).reason
    assert "nothing stands behind" in world.ask("Deployment shop/web", "service shop/gone", 80).reason
    assert world.verdict("service shop/web", "workload shop/db", 5432) is True
    assert "at shop/db (Deployment) port 5432" in world.ask("Deployment shop/web", "service shop/db", 15432).reason


def test_a_workload_stands_for_its_pods() -> None:
    def replica(index: int, **more: str) -> dict[str, Any]:
        found = worlds.pod(f"web-{index}", "shop", {"app": "web", **more}, f"10.0.0.{index}")
        found["metadata"]["ownerReferences"] = [
            {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "u", "controller": True}
        ]
        return found

    pods = [*SHOP, replica(1), replica(2), replica(3, track="canary")]
    limited = worlds.policy(
        "p",
        {
            "podSelector": {"matchLabels": {"app": "db"}},
            "ingress": [{"from": [{"podSelector": {"matchLabels": {"track": "canary"}}}]}],
        },
        "shop",
    )
    answer = Asked([*pods, limited]).ask("Deployment shop/web", "Deployment shop/db", 5432)
    assert answer.allowed is None
    assert answer.split is not None
    assert (answer.split.allowed, answer.split.denied, answer.split.unknown) == (1, 2, 0)
    assert Asked([*pods, GUARD]).verdict("Deployment shop/web", "Deployment shop/db", 5432) is True
    assert Asked(pods).verdict("StatefulSet shop/web", "Deployment shop/db", 5432) is None


@pytest.mark.parametrize(
    ("source", "destination", "message"),
    [
        ({"pod": "a/b"}, {"pod": "shop/web"}, "there is no pod a/b"),
        ({}, {"ip": "1.2.3.4"}, "exactly one of"),
        ({"ip": "1.2.3"}, {"ip": "1.2.3.4"}, "not an IP address"),
        ({"ip": "1.2.3.4"}, {"service": "shop/none"}, "there is no service"),
        ({"ip": "1.2.3.4"}, {"node": "n"}, "there is no node"),
    ],
)
def test_what_cannot_be_asked_is_answered_with_the_reason(
    source: dict[str, str], destination: dict[str, str], message: str
) -> None:
    asked = Connection(EndName(**source), EndName(**destination), "TCP", 80)
    answer = Evaluator(PolicyModel.of(worlds.cluster(SHOP))).answer(asked)
    assert answer.allowed is None
    assert message in answer.reason


def test_hairpin() -> None:
    pods = [
        worlds.namespace("x"),
        worlds.pod("a", "x", {"app": "a"}, "10.0.0.1"),
        worlds.service("s", "x", {"app": "a"}, [{"port": 80}]),
    ]
    deny = worlds.policy("deny", {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}, "x")
    verdicts = {
        name: Asked([*pods, deny], profile=name).verdict("x/a", "service x/s", 80)
        for name in ("upstream", "calico", "cilium", "strict")
    }
    assert verdicts == {"upstream": True, "calico": False, "cilium": True, "strict": None}


# ------------------------------------------------------------------------------------------------ explain


DENIED: list[tuple[list[dict[str, Any]], str]] = [
    ([GUARD], "NetworkPolicy"),
    ([GUARD, worlds.policy("out", {"podSelector": {}, "policyTypes": ["Egress"]}, "pay")], "NetworkPolicy"),
    (
        [
            worlds.cluster_policy(
                "c",
                {
                    "tier": "Admin",
                    "priority": 1,
                    "subject": {"namespaces": {}},
                    "ingress": [{"action": "Deny", "from": [{"namespaces": {"matchLabels": {"team": "pay"}}}]}],
                },
            )
        ],
        "ClusterNetworkPolicy",
    ),
    ([worlds.calico("NetworkPolicy", "p", {"selector": "app == 'db'", "types": ["Ingress"]}, "shop")], "NetworkPolicy"),
    (
        [worlds.calico("GlobalNetworkPolicy", "p", {"selector": "app == 'api'", "egress": [{"action": "Deny"}]})],
        "GlobalNetworkPolicy",
    ),
    (
        [
            worlds.cilium(
                "p",
                {"endpointSelector": {"matchLabels": {"app": "db"}}, "ingress": [{"fromEntities": ["world"]}]},
                "shop",
            )
        ],
        "CiliumNetworkPolicy",
    ),
]


@pytest.mark.parametrize(("policies", "kind"), DENIED)
def test_the_smallest_edit_allows_what_was_denied(policies: list[dict[str, Any]], kind: str) -> None:
    model = PolicyModel.of(worlds.cluster([*SHOP, *policies]))
    asked = Connection(EndName(workload="pay/api"), EndName(workload="shop/db"), "TCP", 5432)
    found = explain(model, asked)
    assert found.answer.allowed is False
    assert found.edits
    assert found.edits[-1].policy.kind in (kind, "NetworkPolicy")
    assert all(edit.verified for edit in found.edits)
    documents = []
    for document in [*SHOP, *policies]:
        thing = worlds.decoded(document)
        for edit in found.edits:
            if edit.policy == thing.ref:
                thing = patched(thing, edit.operations)
        documents.append(thing)
    again = PolicyModel.of(worlds.of_objects(documents))
    assert Evaluator(again).answer(asked).allowed is True
    assert not [notice for notice in again.notices if notice.kind == "refused"]
    other = Connection(EndName(ip="203.0.113.1"), EndName(workload="shop/db"), "TCP", 5432)
    assert Evaluator(again).answer(other).allowed == Evaluator(model).answer(other).allowed


def test_the_edit_opens_as_little_as_it_can() -> None:
    wide = worlds.policy(
        "wide", {"podSelector": {}, "ingress": [{"from": [{"namespaceSelector": {}}], "ports": [{"port": 53}]}]}, "shop"
    )
    model = PolicyModel.of(worlds.cluster([*SHOP, wide]))
    found = explain(model, Connection(EndName(workload="pay/api"), EndName(workload="shop/db"), "TCP", 5432))
    (edit,) = found.edits
    assert edit.operations[0].path == "/spec/ingress/-"  # a rule for this end, not one port more for everybody
    assert {near.misses for near in found.near} == {"traffic"}


def test_an_allowed_connection_needs_no_edit() -> None:
    found = explain(
        PolicyModel.of(worlds.cluster(SHOP)),
        Connection(EndName(workload="pay/api"), EndName(workload="shop/db"), "TCP", 5432),
    )
    assert found.answer.allowed is True
    assert found.edits == ()


# ------------------------------------------------------------------------------------------------ two worlds


def test_diff_says_what_is_newly_allowed_and_denied() -> None:
    before = PolicyModel.of(worlds.cluster(SHOP))
    after = PolicyModel.of(worlds.cluster([*SHOP, GUARD]))
    closed, opened = diff(before, after), diff(after, before)
    api, db = ObjectRef("Deployment", "pay", "api", "apps"), ObjectRef("Deployment", "shop", "db", "apps")
    (change,) = [one for one in closed.changes if one.source == api]
    assert change.destination == db
    assert not change.allowed
    assert ports_of(TCP, 5432, 5432) <= change.denied
    (web,) = [one for one in closed.changes if one.source.name == "web"]
    assert not web.denied & ports_of(TCP, 5432, 5432)
    assert {str(one.addresses) for one in closed.outside} == {"0.0.0.0/0"}
    assert [(one.source, one.allowed) for one in opened.changes] == [(one.source, one.denied) for one in closed.changes]
    assert not equivalent(before, after)
    assert equivalent(after, after)


def test_the_same_meaning_in_other_words_is_equivalent() -> None:
    other = worlds.policy(
        "other",
        {
            "podSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["db"]}]},
            "policyTypes": ["Ingress"],
            "ingress": [
                {
                    "from": [
                        {
                            "podSelector": {"matchLabels": {"app": "web"}},
                            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}},
                        }
                    ],
                    "ports": [{"port": "sql"}],
                }
            ],
        },
        "shop",
    )
    first, second = PolicyModel.of(worlds.cluster([*SHOP, GUARD])), PolicyModel.of(worlds.cluster([*SHOP, other]))
    assert diff(first, second).empty
    moved = [*SHOP[:4], deployment("api", "pay", {"app": "api", "new": "yes"}), *SHOP[5:]]
    assert diff(first, PolicyModel.of(worlds.cluster([*moved, GUARD]))).empty
    extra = diff(first, PolicyModel.of(worlds.cluster([*SHOP, deployment("cache", "shop", {"app": "cache"}), GUARD])))
    assert [ref.name for ref in extra.added] == ["cache"]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 1 << 32))
def test_diff_agrees_with_judging_each_flow(seed: int) -> None:
    generator = Generator(seed, odd=False)
    world = generator.world(6)
    models = [
        PolicyModel.of(worlds.cluster([*world, *(generator.policy(index) for index in range(4))])) for _ in range(2)
    ]
    found = diff(*models)
    changed = {(one.source.name, one.destination.name): one for one in found.changes}
    judges = [Judge(model) for model in models]
    for one in models[0].world.pods:
        for other in models[0].world.pods:
            if one is other:
                continue
            change = changed.get((one.name, other.name))
            for traffic in TRAFFIC:
                if traffic not in ASKED:
                    continue
                answers = []
                for judge in judges:
                    ends = (judge.model.world.by_name[end.namespace, end.name] for end in (one, other))
                    answers.append(judge.judge(Flow(*ends, traffic, 4)).allowed)
                before, after = answers
                assert (change is not None and traffic in change.allowed) == (after is True and before is not True)
                assert (change is not None and traffic in change.denied) == (after is False and before is not False)


# ------------------------------------------------------------------------------------------------ reach and exposure


def test_reach_lists_pairs_of_workloads() -> None:
    found = Reaching(PolicyModel.of(worlds.cluster([*SHOP, GUARD]))).reach()
    into_db = {
        edge.source.name: describe_traffic_set(edge.allowed) for edge in found.edges if edge.destination.name == "db"
    }
    assert into_db == {"web": ["TCP 5432"]}
    assert {edge.destination.name for edge in found.edges if edge.source.name == "db"} == {"web", "api"}
    outside = {
        edge.group.name: str(edge.addresses) for edge in found.outside if edge.direction == "ingress" and edge.allowed
    }
    assert outside == {"web": "0.0.0.0/0", "api": "0.0.0.0/0"}


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 1 << 32), dual=st.booleans())
def test_reach_agrees_with_judging_each_flow(seed: int, dual: bool) -> None:
    model = PolicyModel.of(Generator(seed, dual=dual, odd=False).cluster(6, 5))
    found = {(edge.source.name, edge.destination.name): edge for edge in Reaching(model).reach(outside=False).edges}
    judge = Judge(model)
    for one in model.world.pods:
        for other in model.world.pods:
            families = {address.family for address in one.addresses} & {address.family for address in other.addresses}
            if one is other or not families:
                continue
            edge = found.get((one.name, other.name))
            for traffic in (kind for kind in TRAFFIC if kind >> 16 in (6, 17, 132)):
                answers = {judge.judge(Flow(one, other, traffic, family)).allowed for family in families}
                assert (edge is not None and traffic in edge.allowed) == (answers == {True})


def test_exposure() -> None:
    inside = worlds.policy(
        "web",
        {
            "podSelector": {"matchLabels": {"app": "web"}},
            "ingress": [
                {"from": [{"podSelector": {}}]},
                {"from": [{"namespaceSelector": {"matchLabels": {"team": "none-yet"}}}], "ports": [{"port": 9}]},
            ],
        },
        "shop",
    )
    found = list(exposure(Reaching(PolicyModel.of(worlds.cluster([*SHOP, GUARD, inside])))))
    into = {(one.group.name, one.whom): one for one in found if one.direction == "ingress"}
    assert ("db", "outside") not in into
    assert ("db", "cluster") not in into
    assert into["api", "outside"].traffic == ASKED
    assert into["web", "namespace"].selector == ""
    assert into["web", "matching"].selector == "namespace team=none-yet"
    assert describe_traffic_set(into["web", "matching"].traffic) == ["TCP 9"]


# ------------------------------------------------------------------------------------------------ effect


def idle(*policies: dict[str, Any]) -> dict[str, str]:
    found = Effects(PolicyModel.of(worlds.cluster([*SHOP, *policies]))).idle()
    return {f"{one.rule.policy.name if one.rule.policy else ''} {one.rule.path}": one.kind for one in found}


def test_rules_without_effect() -> None:
    rule = {"from": [{"podSelector": {"matchLabels": {"app": "web"}}}], "ports": [{"port": 5432}]}
    wide = {"from": [{"podSelector": {}}]}
    db = {"matchLabels": {"app": "db"}}
    assert idle(worlds.policy("p", {"podSelector": db, "ingress": [rule, wide]}, "shop")) == {
        "p spec.ingress[0]": "covered"
    }
    assert idle(worlds.policy("p", {"podSelector": db, "ingress": [rule, rule]}, "shop")) == {
        "p spec.ingress[1]": "covered"
    }
    assert idle(worlds.policy("p", {"podSelector": {"matchLabels": {"app": "none"}}, "ingress": [rule]}, "shop")) == {
        "p spec.ingress[0]": "selects-nobody"
    }
    nobody = {"from": [{"podSelector": {"matchLabels": {"app": "none"}}}]}
    assert idle(worlds.policy("p", {"podSelector": db, "ingress": [nobody]}, "shop")) == {
        "p spec.ingress[0]": "matches-nobody"
    }
    deny = {"action": "Deny", "from": [{"namespaces": {}}]}
    accept = {"action": "Accept", "from": [{"namespaces": {"matchLabels": {"team": "pay"}}}]}
    spec = {"tier": "Admin", "priority": 1, "subject": {"namespaces": {}}, "ingress": [deny, accept]}
    assert idle(worlds.cluster_policy("c", spec)) == {"c spec.ingress[1]": "shadowed"}
    assert idle(worlds.cluster_policy("c", {**spec, "ingress": [accept, deny]})) == {}
    assert idle(GUARD) == {}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 1 << 32))
def test_taking_an_idle_rule_away_changes_nothing(seed: int) -> None:
    generator = Generator(seed, ("kubernetes", "cluster"), odd=False)
    model = PolicyModel.of(generator.cluster(7, 5))
    for one in list(Effects(model).idle())[:3]:
        assert one.rule.policy is not None
        policy: Any = model.world.cluster.get(one.rule.policy)
        index = int(one.rule.path.rpartition("[")[2].rstrip("]"))
        rules = list(policy.spec[one.direction.value])
        types = policy.spec.get("policyTypes") or (["Ingress", "Egress"] if policy.spec.get("egress") else ["Ingress"])
        del rules[index]
        spec = {
            **policy.spec,
            one.direction.value: rules,
            **({"policyTypes": types} if policy.kind == "NetworkPolicy" else {}),
        }
        assert equivalent(model, model.with_policy(msgspec.structs.replace(policy, spec=spec)))


def test_conflicts() -> None:
    def at(name: str, action: str, port: int) -> dict[str, Any]:
        rule = {
            "action": action,
            "from": [{"namespaces": {}}],
            "protocols": [{"tcp": {"destinationPort": {"number": port}}}],
        }
        return worlds.cluster_policy(
            name, {"tier": "Admin", "priority": 3, "subject": {"namespaces": {}}, "ingress": [rule]}
        )

    def conflicts(*policies: dict[str, Any]) -> int:
        return len(list(Effects(PolicyModel.of(worlds.cluster([*SHOP, *policies]))).conflicts()))

    assert conflicts(at("a", "Accept", 80), at("b", "Deny", 80)) == 1
    assert conflicts(at("a", "Accept", 80), at("b", "Deny", 81)) == 0
    assert conflicts(at("a", "Deny", 80), at("b", "Deny", 80)) == 0


# ------------------------------------------------------------------------------------------------ tests as a file, generators


def test_assertions() -> None:
    suite = assertions.read(
        {
            "tests": [
                {
                    "name": "holds",
                    "from": {"workload": "shop/web"},
                    "to": {"service": "shop/db"},
                    "port": 15432,
                    "allowed": True,
                },
                {"from": {"workload": "pay/api"}, "to": {"workload": "shop/db"}, "port": 5432, "allowed": True},
                {"from": {"workload": "none/none"}, "to": {"workload": "shop/db"}, "port": 5432, "allowed": False},
                {"from": {"workload": "none/none"}, "to": {"workload": "shop/db"}, "port": 5432, "allowed": None},
            ]
        }
    )
    found = assertions.check(PolicyModel.of(worlds.cluster([*SHOP, GUARD])), suite)
    assert [one.outcome for one in found] == ["pass", "fail", "unknown", "pass"]
    with pytest.raises(msgspec.ValidationError):
        assertions.read({"tests": [{"from": {"workload": "a/b"}, "to": {"workload": "a/b"}}]})
    with pytest.raises(msgspec.ValidationError):
        assertions.read({"tests": [], "extra": 1})


@pytest.mark.parametrize("form", generate.FORMS)
def test_generated_policies_do_what_they_say(form: generate.Form) -> None:
    pods = [
        worlds.namespace("shop"),
        worlds.node("n1", "192.168.0.1"),
        worlds.pod("web", "shop", {"app": "web"}, "10.0.0.1", [("http", 8080, "TCP")], "n1"),
    ]
    model = PolicyModel.of(worlds.cluster(pods))
    for documents in (
        generate.default_deny(form, ("shop",)),
        generate.default_app(form, "shop", "web", {"app": "web"}, (("TCP", 8080),)),
        *([] if form == "kubernetes" else [generate.default_deny(form, ())]),
    ):
        found = generate.verify(model, documents, model.world.pods)
        assert found.shown
        assert [words for words, holds in found.shown if not holds] == []


# ------------------------------------------------------------------------------------------------ batches


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 1 << 32))
@example(seed=107)  # policies of equal priority, one of which passes: the next one decides
@example(seed=219)
def test_a_batch_agrees_with_judging_each_flow(seed: int) -> None:
    model = PolicyModel.of(Generator(seed).cluster(8, 6))
    judge, batch = Judge(model), Batch(Relation.of(model), 4)
    pods = model.world.pods
    usable = [index for index, pod in enumerate(pods) if not pod.host_network]
    chance = random.Random(seed)
    flows = [(chance.choice(usable), chance.choice(usable), chance.choice(TRAFFIC)) for _ in range(150)]
    found = batch.judge(*(list(column) for column in zip(*flows, strict=True)))
    for (source, destination, traffic), index in zip(flows, found.index, strict=True):
        outcome = found.outcomes[index]
        expected = judge.judge(Flow(pods[source], pods[destination], traffic, 4))
        assert outcome.allowed == expected.allowed
        for side, trace in ((outcome.egress, expected.egress), (outcome.ingress, expected.ingress)):
            assert side.allowed == trace.allowed
            if side.allowed is not None and trace.decided_by is not None and all(step.certain for step in trace.steps):
                assert side.rule == trace.decided_by.rule or source == destination


def test_a_batch_refuses_pods_in_their_nodes_network() -> None:
    pods = [
        worlds.namespace("x"),
        worlds.pod("a", "x", {}, "10.0.0.1"),
        worlds.pod("h", "x", {}, (), host_network=True),
    ]
    model = PolicyModel.of(worlds.cluster(pods))
    with pytest.raises(ValueError, match="flow 0"):
        Batch(Relation.of(model), 4).judge([1], [0], [6 << 16 | 80])
    assert Batch(Relation.of(model), 4).judge([], [], []).index == []
