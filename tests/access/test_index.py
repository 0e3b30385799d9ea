"""The index in its directions: may they, who may, what may they; and what it says where it cannot know."""

from __future__ import annotations

from typing import Any

import pytest
from tests.access.objects import aggregated, bind, index_of, principal, role, rule
from tests.model.cluster.clusters import cluster_of
from tests.oracle.generate.rbac import NAMESPACES, worlds

from seawall.access import AccessIndex, Attributes, groups_of
from seawall.access.attributes import impersonated_groups, selected_fields
from seawall.access.decision import Principal
from seawall.access.rules import spell
from seawall.model.cluster.coverage import FILES, LIVE, Gap, Scope

SECRETS = Attributes("alice", verb="get", resource="secrets", namespace="shop")


def test_a_decision_names_the_binding_and_the_rule() -> None:
    index = index_of(role("reader", rule("get list", "secrets"), namespace="shop"), bind("b", "reader", "user:alice", namespace="shop"))  # fmt: skip
    decision = index.can(SECRETS)
    assert decision.allowed is True
    assert decision.grant is not None
    assert (decision.grant.binding.name, decision.grant.role.kind, decision.grant.namespace) == ("b", "Role", "shop")
    assert decision.reason == "RBAC: RoleBinding shop/b gives Role reader to user alice"
    assert decision.rule is not None
    assert spell(decision.rule) == "get, list secrets"
    assert index.can(SECRETS._replace(namespace="other")).allowed is False


def test_service_accounts_are_in_their_groups() -> None:
    assert groups_of("system:serviceaccount:shop:web") == (
        "system:serviceaccounts",
        "system:serviceaccounts:shop",
        "system:authenticated",
    )
    assert groups_of("alice", ("dev",)) == ("dev",)
    assert groups_of("system:serviceaccount:odd") == ()
    index = index_of(role("r", rule("get", "pods")), bind("b", "r", "group:system:serviceaccounts:shop"))
    assert [one.grant.subject.name for one in index.what_can("system:serviceaccount:shop:web")] == [
        "system:serviceaccounts:shop"
    ]


@pytest.mark.parametrize(
    ("user", "groups", "expected"),
    [
        ("alice", (), ("system:authenticated",)),
        ("alice", ("dev",), ("dev", "system:authenticated")),
        ("alice", ("system:unauthenticated",), ("system:unauthenticated",)),
        ("system:anonymous", (), ("system:unauthenticated",)),
        ("system:serviceaccount:a:b", ("dev",), ("dev", "system:authenticated")),
        (
            "system:serviceaccount:a:b",
            (),
            ("system:serviceaccounts", "system:serviceaccounts:a", "system:authenticated"),
        ),
    ],
)
def test_impersonation(user: str, groups: tuple[str, ...], expected: tuple[str, ...]) -> None:
    assert impersonated_groups(user, groups) == expected


def test_masters_may_do_everything_even_where_nothing_is_configured() -> None:
    assert index_of(modes=("AlwaysDeny",)).can(Attributes("x", ("system:masters",), "get", url="/")).allowed is True


def test_modes() -> None:
    assert index_of(modes=("AlwaysAllow",)).can(SECRETS).allowed is True
    assert index_of(modes=("AlwaysDeny",)).can(SECRETS).allowed is False
    assert index_of(modes=()).can(SECRETS).allowed is False
    with pytest.raises(ValueError, match="Webhook"):
        index_of(modes=("Webhook",))
    with pytest.raises(ValueError, match="line 2"):
        index_of(modes=("ABAC",), abac_policy='{"user":"alice"}\n{')
    abac = index_of(modes=("ABAC", "RBAC"), abac_policy='{"user":"alice","namespace":"shop"}')
    assert abac.can(SECRETS).reason == "ABAC: policy 1 of the file allows it"
    assert "ABAC policy 1 allows user alice" in abac.who_can("get", "", "secrets", namespace="shop").notes


# ------------------------------------------------------------------------------------------------ not known is not no


def gap(kind: str, reason: Any = "forbidden") -> Gap:
    return Gap(reason, f"{kind} cannot be listed", kind=kind)


@pytest.mark.parametrize("kind", ["ClusterRoleBinding", "RoleBinding"])
def test_bindings_that_were_not_read_make_no_unknown(kind: str) -> None:
    decision = index_of(scope=LIVE, gaps=(gap(kind),)).can(SECRETS)
    assert decision.allowed is None
    assert f"{kind} cannot be listed" in decision.reason


def test_what_cannot_matter_is_not_unknown() -> None:
    index = index_of(scope=LIVE, gaps=(gap("RoleBinding"), gap("Role")))
    assert index.can(SECRETS._replace(namespace="")).allowed is False, "no role binding counts cluster-wide"
    assert index_of(scope=LIVE, gaps=(gap("ClusterRole"),)).can(SECRETS).allowed is False, "nobody binds a cluster role"


def test_roles_that_were_not_read_are_unknown_only_to_whom_they_are_bound() -> None:
    index = index_of(bind("b", "gone", "user:alice"), scope=LIVE, gaps=(gap("ClusterRole"),))
    assert index.can(SECRETS).allowed is None
    assert index.can(SECRETS._replace(user="bob")).allowed is False
    assert not index.problems, "a role that could not be read is not one that does not exist"


def test_what_was_read_is_enough_to_allow() -> None:
    index = index_of(
        role("r", rule("*", "*", "*")), bind("b", "r", "user:alice"), scope=LIVE, gaps=(gap("RoleBinding"),)
    )
    assert index.can(SECRETS).allowed is True
    assert index.who_can("get", "", "secrets").unknown == (
        "RoleBinding was not collected: RoleBinding cannot be listed",
    )


def test_an_unreadable_binding_is_a_doubt() -> None:
    broken = Gap("undecodable", "Expected `array`, got `str`", where="rbac.yaml:7", kind="RoleBinding")
    decision = index_of(gaps=(broken,)).can(SECRETS)
    assert decision.allowed is None
    assert "rbac.yaml:7" in decision.reason


def test_namespaces_that_were_not_asked_for() -> None:
    scope = Scope("live", "a live cluster", runtime=True, namespaces=("shop",))
    index = index_of(scope=scope)
    assert index.can(SECRETS).allowed is False
    assert index.can(SECRETS._replace(namespace="other")).allowed is None


def test_an_open_world_denies_nothing_for_sure() -> None:
    index = index_of(role("r", rule("get", "pods")), bind("b", "r", "user:alice"), open_world=True)
    assert index.can(SECRETS).allowed is None
    assert index.can(SECRETS._replace(resource="pods")).allowed is True


def test_pods_that_were_not_read_make_kubelets_unknown() -> None:
    kubelet = SECRETS._replace(user="system:node:n", groups=("system:nodes",), name="s")
    assert index_of(scope=LIVE).can(kubelet).allowed is False
    decision = index_of(scope=LIVE, gaps=(gap("Pod"),)).can(kubelet)
    assert decision.allowed is None
    assert "Pod was not collected" in decision.reason


# ------------------------------------------------------------------------------------------------ bad objects


def test_dangling_references_are_answered_and_said() -> None:
    index = index_of(
        bind("b", "gone", "user:alice"),
        bind("c", "gone", "user:alice", namespace="shop"),
        {**bind("d", "r", "user:alice"), "roleRef": {"kind": "Group", "name": "r"}},
        bind("e", "r", "account:x"),
        bind("f", "r", "Robot:x"),
        role("r"),
    )
    decision = index.can(SECRETS)
    assert decision.allowed is False
    assert "does not exist" in decision.reason
    assert [str(problem.about.name) + ": " + problem.what for problem in index.problems] == [
        "b: gives gone (ClusterRole), which does not exist",
        "d: gives r (Group), which does not exist",
        "e: names service account x without a namespace: nobody",
        'f: names a subject of kind "Robot": nobody',
        "c: gives shop/gone (Role), which does not exist",
    ]


def test_a_role_that_every_api_server_makes_is_not_refused_because_the_files_lack_it() -> None:
    bound = bind("root", "cluster-admin", "user:alice")
    decision = index_of(bind("b", "gone", "user:alice"), bound).can(SECRETS)
    assert decision.allowed is None
    assert "cluster-admin (ClusterRole), which every API server makes" in decision.reason
    assert index_of(bound, role("cluster-admin", rule("*", "*", group="*"))).can(SECRETS).allowed is True
    live = index_of(bound, scope=LIVE).can(SECRETS)
    assert (live.allowed, "does not exist" in live.reason) == (False, True)


def test_loops_and_overwritten_rules_are_said() -> None:
    index = index_of(
        aggregated("a", "y", labels={"x": "yes"}, rules=(rule("get", "pods"),)),
        aggregated("b", "x", labels={"y": "yes"}),
        aggregated("self", "z", labels={"z": "yes"}, rules=(rule("get", "nodes"),)),
        bind("p", "a", "user:alice"),
        bind("q", "self", "user:alice"),
    )
    assert index.can(Attributes("alice", verb="get", resource="pods")).allowed is None
    assert index.can(Attributes("alice", verb="get", resource="nodes")).allowed is False
    said = {problem.about.name: problem.what for problem in index.problems}
    assert "in a loop with b" in said["a"]
    assert said["self"] == "loses 1 rule of its own: it is aggregated, and no source has them"


def test_enormous_roles_are_answered_and_said() -> None:
    rules = [rule("get", f"kind{number}") for number in range(20_000)]
    index = index_of(role("big", *rules), bind("b", "big", "user:alice"))
    assert index.can(Attributes("alice", verb="get", resource="kind19999")).allowed is True
    assert [holder.subject.name for holder in index.who_can("get", "", "kind7").holders] == ["alice"]
    assert [problem.what for problem in index.problems] == ["is enormous: 20,000 rules"]


def test_objects_without_a_namespace_in_files_are_the_default_ones() -> None:
    documents = [
        {**role("r", rule("get", "pods"), namespace="x"), "metadata": {"name": "r"}},
        {**bind("b", "r", "account:web", namespace="x"), "metadata": {"name": "b"}},
    ]
    asked = Attributes("system:serviceaccount:default:web", verb="get", resource="pods", namespace="default")
    assert index_of(*documents).can(asked).allowed is True
    assert index_of(*documents, scope=LIVE).can(asked).allowed is False


# ------------------------------------------------------------------------------------------------ who may


def test_who_can_is_the_inverse_of_can() -> None:
    """Every subject that `who_can` names may, by itself; every user, group and account of a binding that it leaves out may not."""
    compared = 0
    for world in worlds(11, 120, requests=12):
        index = AccessIndex(cluster_of(world.objects), ("RBAC",))
        for asked in world.requests:
            url = asked.get("nonResourceURL")
            what: tuple[str, ...] = (asked.get("group", ""), asked.get("resource", ""), asked.get("subresource", ""), asked.get("name", ""))  # fmt: skip
            for namespace in ("", *NAMESPACES):
                found = index.who_can(asked["verb"], *what, namespace, url=url)
                named = {holder.subject for holder in found.holders}
                for subject in index.subjects:
                    user, groups = (subject.user, ()) if subject.kind != "Group" else ("\0", (subject.name,))
                    request = Attributes(user, groups, asked["verb"], *what, namespace, url)
                    if groups == ("system:masters",):
                        continue
                    assert (index.can(request).allowed is True) == (subject in named), (request, found, world.objects)
                    compared += 1
    assert compared > 10_000


def test_who_can_tells_limits_and_places() -> None:
    index = index_of(
        role("all", rule("*", "*", "*")),
        role("one", rule("get create", "secrets", names="db")),
        bind("a", "all", "group:admins"),
        bind("b", "cluster:one", "user:alice", namespace="shop"),
        bind("c", "cluster:all", "account:web", namespace="shop"),
    )
    anywhere = index.who_can("get", "", "secrets")
    assert {str(one.subject): [way.namespace for way in one.ways] for one in anywhere.holders} == {
        "group admins": [""],
        "service account shop/web": ["shop"],
    }
    assert [(str(one.subject), one.names) for one in anywhere.limited] == [("user alice", ("db",))]
    assert [str(one.subject) for one in index.who_can("get", "", "secrets", name="db", namespace="shop").holders] == [
        "group admins",
        "service account shop/web",
        "user alice",
    ]
    assert [str(one.subject) for one in index.who_can("get", "", "secrets", namespace="").holders] == ["group admins"]
    assert not index.who_can("create", "", "secrets").limited, "a name is not known yet when an object is created"
    assert "group system:masters may do everything" in anywhere.notes


def test_who_can_tells_which_kubelets() -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "namespace": "shop"},
        "spec": {"nodeName": "n1", "volumes": [{"name": "v", "secret": {"secretName": "db"}}]},
    }
    index = index_of(pod, scope=LIVE)
    assert "Node: kubelets of n1 may, something that runs there needs it" in index.who_can("get", "", "secrets", name="db", namespace="shop").notes  # fmt: skip
    assert not any("Node:" in note for note in index.who_can("get", "", "secrets", name="x", namespace="shop").notes)
    assert any("every kubelet may" in note for note in index.who_can("get", "", "secrets", namespace="shop").notes)
    assert not any("Node:" in note for note in index.who_can("delete", "", "secrets", namespace="shop").notes)


def test_what_can_is_every_rule_with_its_binding() -> None:
    index = index_of(
        role("a", rule("get", "pods"), rule("list", "pods")),
        role("b", rule("get", "secrets"), namespace="shop"),
        bind("x", "a", "group:dev"),
        bind("y", "b", "user:alice", namespace="shop"),
        bind("z", "a", "user:bob"),
    )
    found = index.what_can("alice", ("dev",))
    assert [(spell(one.rule), one.namespace, one.grant.binding.name) for one in found] == [
        ("get pods", "", "x"),
        ("list pods", "", "x"),
        ("get secrets", "shop", "y"),
    ]
    assert [spell(one.rule) for one in index.given_to(principal("user:alice"))] == ["get secrets"]
    assert index.subjects == (Principal("Group", "dev"), Principal("User", "alice"), Principal("User", "bob"))


def test_selected_fields() -> None:
    assert selected_fields("spec.nodeName=n,a!=b,c==d\\,e") == (("spec.nodeName", "n"), ("c", "d,e"))
    for wrong in ("a", "a=b=c", "a=\\x", "a=b\\"):
        assert selected_fields(wrong) == ()


def test_files_know_nothing_of_attachments() -> None:
    asked = Attributes("system:node:n", ("system:nodes",), "get", "storage.k8s.io", "volumeattachments", name="v")
    assert index_of(scope=FILES).can(asked).allowed is False
