"""Drafts: judged beside what is in force, in every dialect, and never counted as in force."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.policy import worlds
from tests.policy.generated import Generator
from tests.policy.test_questions import GUARD, SHOP

from seawall.policy.connections import Connection, EndName, Evaluator
from seawall.policy.lower import PolicyModel


def drafted(policy: dict[str, Any], action: str = "Set", name: str = "") -> dict[str, Any]:
    namespace = policy["metadata"].get("namespace")
    return {
        "apiVersion": "seawall.dev/v1alpha1",
        "kind": "PolicyDraft" if namespace else "ClusterPolicyDraft",
        "metadata": {
            "name": name or f"draft-of-{policy['metadata']['name']}",
            **({"namespace": namespace} if namespace else {}),
        },
        "spec": {"action": action, "policy": policy},
    }


def model(*documents: dict[str, Any]) -> PolicyModel:
    return PolicyModel.of(worlds.cluster(documents))


def asked(model: PolicyModel, source: str = "pay/api") -> tuple[bool | None, bool | None]:
    """Whether `source` reaches the shop's database: now, and with the drafts in force."""
    found = Evaluator(model).answer(Connection(EndName(workload=source), EndName(workload="shop/db"), "TCP", 5432))
    return found.allowed, found.staged.allowed if found.staged is not None else None


def test_a_draft_is_judged_and_not_in_force() -> None:
    found = model(*SHOP, drafted(GUARD))
    assert asked(found) == (True, False)
    assert asked(found, "shop/web") == (True, True)


def test_a_draft_takes_the_place_of_its_policy_and_may_take_it_away() -> None:
    wider = worlds.policy("db", {"podSelector": {"matchLabels": {"app": "db"}}, "ingress": [{}]}, "shop")
    assert asked(model(*SHOP, GUARD)) == (False, None)
    assert asked(model(*SHOP, GUARD, drafted(wider))) == (False, True)
    assert asked(model(*SHOP, GUARD, drafted(GUARD, "Delete"))) == (False, True)


def test_the_draft_is_what_the_trace_names() -> None:
    found = model(*SHOP, drafted(GUARD))
    answer = Evaluator(found).answer(Connection(EndName(workload="shop/web"), EndName(workload="shop/db"), "TCP", 5432))
    assert answer.staged is not None and answer.staged.ingress.decided_by is not None
    rule = answer.staged.ingress.decided_by.rule
    assert (str(rule.policy), rule.path) == ("shop/draft-of-db (PolicyDraft)", "spec.policy.spec.ingress[0]")


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}}, "no policy"),
        ({"apiVersion": "x/v1", "kind": "Y", "metadata": {"name": "p"}}, "no policy"),
        ({**GUARD, "metadata": {"name": "db", "namespace": "pay"}}, "must be the draft's own"),
        (worlds.cluster_policy("c", {}), "drafted by a ClusterPolicyDraft"),
        ({**GUARD, "metadata": {}}, "name"),
    ],
)
def test_a_draft_of_no_policy_is_named_and_changes_nothing(policy: dict[str, Any], words: str) -> None:
    draft = drafted(GUARD)
    draft["spec"]["policy"] = policy
    found = model(*SHOP, draft)
    (notice,) = [one for one in found.notices if one.kind == "refused"]
    assert words in str(notice), str(notice)
    assert asked(found) == (True, True)


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 10_000))
def test_a_draft_in_any_dialect_answers_as_the_policy_in_force_would(seed: int) -> None:
    made = Generator(seed, odd=False)
    world, policies = made.world(5), [made.policy(index) for index in range(3)]
    *kept, new = [one for one in policies if not one["kind"].startswith("Staged")] or [GUARD]
    same = (new["kind"], new["metadata"].get("namespace"), new["metadata"]["name"])
    kept = [one for one in kept if (one["kind"], one["metadata"].get("namespace"), one["metadata"]["name"]) != same]
    beside = Evaluator(model(*world, *kept, drafted(new)))
    in_force = Evaluator(model(*world, *kept, new))
    before = Evaluator(model(*world, *kept))
    pods = [one for one in world if one["kind"] == "Pod"]
    for source in pods:
        for destination in pods:
            ends = [
                EndName(pod=f"{one['metadata']['namespace']}/{one['metadata']['name']}")
                for one in (source, destination)
            ]
            connection = Connection(*ends, "TCP", 80)
            found = beside.answer(connection)
            assert found.allowed is before.answer(connection).allowed
            staged = found.staged.allowed if found.staged is not None else found.allowed
            assert staged is in_force.answer(connection).allowed, (connection, new)
