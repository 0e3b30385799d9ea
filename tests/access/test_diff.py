"""What changed between two snapshots, by what is allowed."""

from __future__ import annotations

from random import Random

from tests.access.objects import bind, index_of, principal, role, rule
from tests.model.cluster.clusters import cluster_of
from tests.oracle.generate.rbac import NAMESPACES, worlds

from seawall.access import AccessIndex, Attributes
from seawall.access.decision import Principal
from seawall.access.diff import Change, diff
from seawall.access.rules import allows, atoms, compact, count, includes, spell
from seawall.model.cluster.access_kinds import PolicyRule
from seawall.model.cluster.coverage import LIVE, Gap


def spelled(change: Change) -> tuple[str, str, list[str], list[str]]:
    return str(change.subject), change.namespace, [*map(spell, change.gained)], [*map(spell, change.lost)]


def test_gained_and_lost() -> None:
    before = index_of(role("r", rule("get list", "pods secrets")), bind("b", "r", "user:alice", "group:dev"))
    after = index_of(
        role("r", rule("get list watch", "pods")),
        bind("b", "r", "user:alice"),
        role("s", rule("get", "secrets"), namespace="shop"),
        bind("c", "s", "account:web", namespace="shop"),
    )
    assert [spelled(change) for change in diff(before, after).changes] == [
        ("group dev", "", [], ["get, list pods, secrets"]),
        ("service account shop/web", "shop", ["get secrets"], []),
        ("user alice", "", ["watch pods"], ["get, list secrets"]),
    ]


def test_how_it_is_written_is_no_change() -> None:
    before = index_of(role("r", rule("get list", "pods pods/log")), bind("b", "r", "user:alice"))
    after = index_of(
        role("x", rule("get", "pods"), rule("list", "pods pods/log")),
        role("y", rule("get", "*/log")),
        bind("b", "x", "user:alice"),
        bind("c", "y", "user:alice"),
    )
    assert [spelled(change) for change in diff(before, after).changes] == [("user alice", "", ["get */log"], [])]
    same = index_of(role("w", rule("*", "*", "*")), bind("b", "w", "user:alice"), bind("c", "w", "user:alice"))
    assert diff(same, index_of(role("v", rule("*", "*", "*")), bind("z", "v", "user:alice"))).changes == ()


def test_what_holds_everywhere_holds_in_a_namespace() -> None:
    before = index_of(role("r", rule("get", "pods")), bind("b", "cluster:r", "user:alice", namespace="shop"))
    after = index_of(role("r", rule("get", "pods")), bind("b", "r", "user:alice"))
    assert [spelled(change) for change in diff(before, after).changes] == [("user alice", "", ["get pods"], [])]
    assert [spelled(change) for change in diff(after, before).changes] == [("user alice", "", [], ["get pods"])]


def test_an_enormous_rule_is_told_as_a_whole() -> None:
    many = [f"r{number}" for number in range(1_000)]
    names = [f"n{number}" for number in range(1_000)]
    big = {"verbs": ["get"], "apiGroups": [""], "resources": many, "resourceNames": names}
    before = index_of(role("r", big), bind("b", "r", "user:alice"))
    after = index_of(role("r", {**big, "resources": [*many, "more"]}), bind("b", "r", "user:alice"))
    (change,) = diff(before, after).changes
    assert [len(rule.resources) for rule in change.gained] == [1_001]
    assert not change.lost, "all of it is in the larger one"


def test_parts_are_counted_without_being_made() -> None:
    for world in worlds(42, 100, requests=0):
        index = AccessIndex(cluster_of(world.objects), ("RBAC",))
        for one in (one.rule for subject in index.subjects for one in index.given_to(subject)):
            assert count(one) == sum(1 for _ in atoms(one))
            assert includes(one, one)
            assert all(includes(one, part) for part in atoms(one))


def test_what_was_not_read_is_said() -> None:
    gap = Gap("forbidden", "rolebindings is forbidden", kind="RoleBinding")
    assert "RoleBinding was not collected" in diff(index_of(), index_of(scope=LIVE, gaps=(gap,))).unknown[0]


def test_a_change_is_a_change_of_decisions() -> None:
    """Where a subject's answer differs, the difference says so; where it says nothing, no answer differs."""
    pairs = list(zip(worlds(31, 150, requests=25), worlds(32, 150, requests=0), strict=True))
    differing = 0
    for first, second in pairs:
        before, after = (AccessIndex(cluster_of(world.objects), ("RBAC",)) for world in (first, second))
        changes: dict[Principal, list[Change]] = {}
        for change in diff(before, after).changes:
            changes.setdefault(change.subject, []).append(change)
        for asked in first.requests:
            for subject in {*before.subjects, *after.subjects}:
                user, groups = (subject.user, ()) if subject.kind != "Group" else ("\0", (subject.name,))
                if groups == ("system:masters",):
                    continue
                namespace = asked.get("namespace", "")
                request = Attributes(user, groups, asked["verb"], asked.get("group", ""), asked.get("resource", ""), asked.get("subresource", ""), asked.get("name", ""), namespace, asked.get("nonResourceURL"))  # fmt: skip
                was, now = before.can(request).allowed, after.can(request).allowed
                if was is now or None in (was, now):
                    continue
                differing += 1
                told = [
                    rule
                    for change in changes.get(subject, ())
                    if change.namespace in ("", namespace)
                    for rule in (change.gained if now else change.lost)
                ]
                assert any(allows(rule, request) for rule in told), (request, was, now, told)
    assert differing > 500


def test_compact_rules_allow_what_the_parts_allow() -> None:
    random = Random(4)
    for world in worlds(41, 200, requests=25):
        index = AccessIndex(cluster_of(world.objects), ("RBAC",))
        parts = [part for subject in index.subjects for one in index.given_to(subject) for part in atoms(one.rule)]
        random.shuffle(parts)
        packed = compact(parts)
        assert len(packed) <= len(set(parts))
        for asked in world.requests:
            request = Attributes("", (), asked["verb"], asked.get("group", ""), asked.get("resource", ""), asked.get("subresource", ""), asked.get("name", ""), random.choice(NAMESPACES), asked.get("nonResourceURL"))  # fmt: skip
            assert any(allows(rule, request) for rule in packed) == any(allows(part, request) for part in parts)


def test_spelling() -> None:
    assert spell(PolicyRule(("get",), ("", "apps"), ("pods",), ("a", "b"))) == "get pods, pods.apps named a, b"
    assert spell(PolicyRule(("patch",), ("apps",), ("deployments/scale",))) == "patch deployments.apps/scale"
    assert spell(PolicyRule(("get",), non_resource_urls=("/metrics", "*"))) == "get /metrics, every URL"
    assert principal("user:alice") == Principal("User", "alice")
