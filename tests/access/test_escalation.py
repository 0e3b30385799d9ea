"""Who could come to more than they were given."""

from __future__ import annotations

import pytest
from tests.access.objects import Document, bind, index_of, role, rule

from seawall.access.escalation import Escalation, Escalations
from seawall.access.powers import POWERS, REACHES, Power
from seawall.access.rules import ALL

RBAC = "rbac.authorization.k8s.io"


def powers(found: tuple[Escalation, ...]) -> list[tuple[str, str]]:
    return [(one.power.id, one.namespace) for one in found]


def smallest(power: Power) -> list[Document]:
    """The fewest rules that give a power."""
    return [rule(verb, resource, group) for verb, group, resource in (need[0] for need in power.needs)]


@pytest.mark.parametrize("power", POWERS, ids=lambda power: power.id)
def test_each_power_is_found_by_its_fewest_rules_and_by_none_fewer(power: Power) -> None:
    rules = smallest(power)
    found = Escalations(index_of(role("r", *rules), bind("b", "r", "user:alice"))).of("alice")
    assert power.id in [one.power.id for one in found]
    for left_out in range(len(rules)):
        fewer = rules[:left_out] + rules[left_out + 1 :]
        found = Escalations(index_of(role("r", *fewer), bind("b", "r", "user:alice"))).of("alice")
        assert power.id not in [one.power.id for one in found]


@pytest.mark.parametrize("power", POWERS, ids=lambda power: power.id)
def test_each_power_is_explained(power: Power) -> None:
    rules = smallest(power)
    namespace = power.only_in or "shop"
    index = index_of(role("r", *rules, namespace=namespace), bind("b", "r", "user:alice", namespace=namespace))
    found = [one for one in Escalations(index).of("alice") if one.power is power]
    assert bool(found) == (not power.wide), "what needs the whole cluster is not had in one namespace"
    for one in found:
        assert one.namespace == namespace
        assert all("{" not in step for step in one.steps)
    assert power.reach in REACHES
    assert all(part[:1] == "T" for part in power.attack)


def test_ids_are_told_apart() -> None:
    assert len({power.id for power in POWERS}) == len(POWERS)
    assert len({power.title for power in POWERS}) == len(POWERS)


def test_who_may_do_everything_is_told_that_alone() -> None:
    index = index_of(
        role("all", rule(ALL, ALL, ALL)),
        bind("a", "all", "user:root"),
        bind("b", "cluster:all", "user:alice", namespace="shop"),
        bind("c", "cluster:all", "user:root", namespace="shop"),
    )
    assert powers(Escalations(index).of("root")) == [("everything", "")]
    assert powers(Escalations(index).of("alice")) == [("everything", "shop")]
    assert Escalations(index).of("alice")[0].steps == ("every verb on every resource of namespace shop: nothing else is needed",)  # fmt: skip


def test_names_limit_a_power_and_creation_has_none() -> None:
    index = index_of(role("r", rule("get create", "secrets pods", names="db")), bind("b", "r", "user:alice"))
    (secrets,) = Escalations(index).of("alice")
    assert (secrets.power.id, secrets.names) == ("read-secrets", ("db",))
    assert secrets.steps[0] == "read the secrets of any namespace (only db)"
    token = index_of(role("r", rule("create", "serviceaccounts/token", names="ci")), bind("b", "r", "user:alice"))
    assert [(one.power.id, one.names) for one in Escalations(token).of("alice")] == [("create-tokens", ("ci",))]


def test_what_is_needed_may_come_from_several_bindings() -> None:
    index = index_of(
        role("binder", rule("bind", "clusterroles", RBAC)),
        role("writer", rule("create", "rolebindings", RBAC), namespace="shop"),
        bind("a", "binder", "group:dev"),
        bind("b", "writer", "user:alice", namespace="shop"),
    )
    (found,) = Escalations(index).of("alice", ("dev",))
    assert powers((found,)) == [("bind-in-namespace", "shop")]
    assert [grant.binding.name for grant in found.grants] == ["a", "b"]
    assert not Escalations(index).of("alice")


def test_service_accounts_have_what_their_groups_have() -> None:
    index = index_of(role("r", rule("get", "secrets")), bind("b", "r", "group:system:serviceaccounts:shop"))
    (found,) = Escalations(index).of("system:serviceaccount:shop:web")
    assert str(found.subject) == "service account shop/web"
    assert str(found.grants[0].subject) == "group system:serviceaccounts:shop"


def test_everybody_worst_first() -> None:
    index = index_of(
        role("logs", rule("get", "pods/log")),
        role("proxy", rule("create", "nodes/proxy")),
        role("tokens", rule("create", "serviceaccounts/token")),
        bind("a", "logs", "user:a"),
        bind("b", "proxy", "user:b"),
        bind("c", "tokens", "user:c", "group:d"),
        bind("e", "gone", "user:e"),
    )
    assert [(str(one.subject), one.power.id) for one in Escalations(index).all()] == [
        ("user b", "node-proxy"),
        ("group d", "create-tokens"),
        ("user c", "create-tokens"),
        ("user a", "read-logs"),
    ]


def test_a_power_held_everywhere_is_not_told_again_for_a_namespace() -> None:
    index = index_of(
        role("r", rule("get", "secrets")),
        role("n", rule("get", "secrets", names="x")),
        bind("a", "r", "user:alice"),
        bind("b", "cluster:r", "user:alice", namespace="shop"),
        bind("c", "n", "user:bob"),
        bind("d", "cluster:r", "user:bob", namespace="shop"),
    )
    assert powers(Escalations(index).of("alice")) == [("read-secrets", "")]
    assert [(one.namespace, one.names) for one in Escalations(index).of("bob")] == [("", ("x",)), ("shop", ())]
