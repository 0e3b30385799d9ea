"""Contracts between teams: whose a change is to make, what must hold, the roles that fit."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.policy import worlds
from tests.policy.generated import NAMESPACES, Generator
from tests.policy.test_questions import GUARD, SHOP

from seawall.app.access import access_index
from seawall.app.contract import check_change, labelled, read_contract, reports, roles, team_reports
from seawall.cli import seawall
from seawall.kit.errors import UserError
from seawall.model.cluster.diff import diff
from seawall.policy import contract as contracts
from seawall.policy.lower import PolicyModel
from seawall.policy.reach import Reaching

CONTRACT = {
    "teams": [
        {"name": "shop", "groups": ["shop-dev"], "namespaces": ["shop"]},
        {"name": "pay", "groups": ["pay-dev"], "users": ["ann"], "namespaces": ["pay", "pay-*"]},
        {
            "name": "platform",
            "groups": ["ops"],
            "namespaces": ["kube-*"],
            "tiers": ["admin", "baseline"],
            "cluster": True,
        },
    ],
    "always": [
        {
            "name": "nobody outside reaches the database",
            "from": {"ip": "203.0.113.1"},
            "to": {"workload": "shop/db"},
            "port": 5432,
            "allowed": False,
        }
    ],
}
OPEN = worlds.policy("db", {"podSelector": {"matchLabels": {"app": "db"}}, "ingress": [{}]}, "shop")
RBAC = "rbac.authorization.k8s.io"


def contract(**changes: Any) -> contracts.Contract:
    return contracts.read({**CONTRACT, **changes})


def model(*documents: dict[str, Any]) -> PolicyModel:
    return PolicyModel.of(worlds.cluster(documents))


def test_a_change_is_refused_to_another_team_and_taken_from_its_own() -> None:
    before, after = model(*SHOP, GUARD), model(*SHOP, OPEN)
    one = check_change(contract(), contract().team("pay"), before, after)
    assert [(change.object.name, change.allowed, change.reason) for change in one.changes] == [
        ("db", False, "namespace shop belongs to team shop")
    ]
    own = check_change(contract(), contract().team("shop"), before, after)
    assert [change.allowed for change in own.changes] == [True]
    assert own.refused == 0


def test_what_must_hold_is_judged_before_and_after() -> None:
    before, after = model(*SHOP, GUARD), model(*SHOP, OPEN)
    found = check_change(contract(), contract().team("shop"), before, after)
    assert [(one.outcome, one.before) for one in found.always] == [("fail", "pass")]
    assert found.broken == 1
    back = check_change(contract(), contract().team("shop"), after, before)
    assert [(one.outcome, one.before) for one in back.always] == [("pass", "fail")]


def test_tiers_and_what_belongs_to_no_namespace() -> None:
    wide = worlds.cluster_policy(
        "all", {"tier": "Admin", "priority": 1, "subject": {"namespaces": {}}, "ingress": [], "egress": []}
    )
    before, after = model(*SHOP), model(*SHOP, wide)
    refused = check_change(contract(), contract().team("shop"), before, after)
    assert [one.reason for one in refused.changes] == [
        "it belongs to no namespace, and team shop may change only what does"
    ]
    assert [one.allowed for one in check_change(contract(), contract().team("platform"), before, after).changes] == [
        True
    ]
    only_default = contract(teams=[{"name": "x", "namespaces": ["*"], "cluster": True}])
    found = check_change(only_default, only_default.team("x"), before, after)
    assert [one.reason for one in found.changes] == ["tier admin is not among those of team x"]


def test_a_contract_that_does_not_fit_the_cluster_is_said() -> None:
    twice = contract(teams=[{"name": "a", "namespaces": ["shop"]}, {"name": "b", "namespaces": ["sh*", "gone"]}])
    assert [one.what for one in contracts.disputed(twice, ("shop", "pay"))] == [
        "b names namespace gone, which is not there",
        "namespace shop is claimed by a and b",
    ]


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"teams": [{"name": "a"}, {"name": "a"}]}, "two teams"),
        ({"teams": [{"name": "a", "serviceAccounts": ["bot"]}]}, "NAMESPACE/NAME"),
        ({"teams": [{"name": "a", "tier": ["x"]}]}, "unknown field"),
        ({"teams": {}}, "array"),
    ],
)
def test_a_bad_contract_is_refused_with_its_place(document: Any, words: str, tmp_path: Path) -> None:
    path = tmp_path / "teams.yaml"
    path.write_text(yaml.safe_dump(document))
    with pytest.raises(UserError, match=words) as told:
        read_contract(str(path))
    assert str(told.value).startswith(str(path))


def test_a_contract_that_is_no_yaml_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "teams.yaml"
    path.write_text("teams:\n  - {name: a\n")
    with pytest.raises(UserError, match=r"teams\.yaml:3"):
        read_contract(str(path))


# ------------------------------------------------------------------------------------------------ against the obvious


def _tier(document: dict[str, Any]) -> str:
    """The tier that the document itself names."""
    kind, spec = document["kind"], document["spec"]
    if kind == "ClusterNetworkPolicy":
        return str(spec.get("tier", "")).lower()
    if kind == "AdminNetworkPolicy":
        return "admin"
    if kind == "BaselineAdminNetworkPolicy":
        return "baseline"
    return str(spec.get("tier") or "default") if "projectcalico" in document["apiVersion"] else "default"


def _obviously(team: contracts.Team, documents: list[dict[str, Any]]) -> bool:
    """May the team change an object that looked like this before and after (those of the two that there were)?"""
    namespace = documents[0]["metadata"].get("namespace", "")
    if namespace not in team.namespaces if namespace else not team.cluster:
        return False
    return all(_tier(one) in team.tiers for one in documents if "olic" in one["kind"])


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10_000))
def test_rulings_are_what_the_documents_say(seed: int) -> None:
    chance = random.Random(seed)
    made = Generator(seed, odd=False)
    old = {(one["kind"], one["metadata"].get("namespace"), one["metadata"]["name"]): one for one in made.world(3)}
    for index in range(5):
        one = made.policy(index)
        old[one["kind"], one["metadata"].get("namespace"), one["metadata"]["name"]] = one
    new = copy.deepcopy(old)
    for key in list(new):
        if chance.random() < 0.3 and key[0] != "Namespace":
            del new[key]
        elif chance.random() < 0.3:
            new[key]["metadata"].setdefault("labels", {})["touched"] = "yes"
    tiers = [name for name in ("admin", "baseline", "default", "early") if chance.random() < 0.6]
    mine = [name for name in NAMESPACES if chance.random() < 0.5]
    agreed = contracts.read(
        {"teams": [{"name": "x", "namespaces": mine, "tiers": tiers, "cluster": chance.random() < 0.5}]}
    )
    before, after = model(*old.values()), model(*new.values())
    changed = [one.ref for one in diff(before.world.cluster, after.world.cluster)]
    for ruling in contracts.rulings(agreed, agreed.team("x"), before, after, changed):
        ref = ruling.object
        key = (ref.kind, ref.namespace or None, ref.name)
        states = [side[key] for side in (old, new) if key in side]
        assert ruling.allowed is _obviously(agreed.team("x"), states), (ruling, states)


# ------------------------------------------------------------------------------------------------ what a team has


def test_a_team_is_told_what_it_lacks_and_who_else_may() -> None:
    edit = {
        "apiVersion": f"{RBAC}/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "edit"},
        "rules": [{"apiGroups": ["networking.k8s.io", ""], "resources": ["*"], "verbs": ["*"]}],
    }
    bound = {
        "apiVersion": f"{RBAC}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "wide"},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "edit"},
        "subjects": [
            {"kind": "Group", "name": "pay-dev", "apiGroup": RBAC},
            {"kind": "Group", "name": "system:masters-of-old", "apiGroup": RBAC},
        ],
    }
    cluster = worlds.cluster([*SHOP, GUARD, edit, bound])
    shop = contract().team("shop")
    (found,) = team_reports(contract(), [shop], Reaching(PolicyModel.of(cluster)), access_index(cluster))
    assert found.namespaces == ["shop"] and found.workloads == 2
    assert [(one.policy.name, one.tier) for one in found.policies] == [("db", "default")]
    assert {one.workload.name: one.reached_by for one in found.openings} == {"web": ["outside", "cluster"], "db": []}
    assert found.powerless == ["group shop-dev may not create networkpolicies.networking.k8s.io in shop"]
    assert [(one.subject.name, one.namespaces, [by.name for by in one.bindings]) for one in found.others] == [
        ("pay-dev", ["shop"], ["wide"])
    ]
    assert set(found.others[0].what) == {
        "exec into its pods",
        "read its secrets",
        "run pods in it",
        "change its policies",
    }
    assert found.system == 1


def test_without_a_contract_labels_say_whose_a_namespace_is() -> None:
    cluster = worlds.cluster([*SHOP, worlds.namespace("nobodys")])
    agreed = labelled(cluster)
    assert [(team.name, team.namespaces) for team in agreed.teams] == [("pay", ("pay",)), ("shop", ("shop",))]
    assert [one.team for one in reports(agreed, cluster)] == ["pay", "shop"]


def test_the_roles_give_each_team_its_own_and_nobody_another() -> None:
    cluster = worlds.cluster([*SHOP, GUARD, worlds.namespace("pay-eu"), worlds.namespace("kube-system")])
    found = roles(contract(), cluster, ("kubernetes", "cluster", "admin"))
    assert all(holds for _, holds in found.shown), found.shown
    index = access_index(worlds.cluster(found.documents))

    def may(user: str, groups: tuple[str, ...], resource: str, group: str, namespace: str) -> bool | None:
        from seawall.access import Attributes

        return index.can(
            Attributes(user=user, groups=groups, verb="patch", group=group, resource=resource, namespace=namespace)
        ).allowed

    own, other = "networking.k8s.io", "policy.networking.k8s.io"
    assert may("ann", (), "networkpolicies", own, "pay-eu") is True
    assert may("ann", (), "networkpolicies", own, "shop") is False
    assert may("", ("shop-dev",), "networkpolicies", own, "shop") is True
    assert may("", ("shop-dev",), "clusternetworkpolicies", other, "") is False
    assert may("", ("ops",), "clusternetworkpolicies", other, "") is True
    assert may("", ("ops",), "networkpolicies", own, "shop") is False


# ------------------------------------------------------------------------------------------------ as a person types it


def run(*arguments: object) -> Result:
    found = CliRunner().invoke(seawall, ["team", *map(str, arguments)])
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path, Path]:
    for name, documents in (("main", [*SHOP, GUARD]), ("branch", [*SHOP, OPEN])):
        (tmp_path / name).mkdir()
        (tmp_path / name / "all.yaml").write_text(yaml.safe_dump_all(documents))
    (tmp_path / "teams.yaml").write_text(yaml.safe_dump(CONTRACT))
    return tmp_path / "main", tmp_path / "branch", tmp_path / "teams.yaml"


def test_check_fails_a_pull_request_and_says_why(folders: tuple[Path, Path, Path]) -> None:
    main, branch, agreed = folders
    done = run("check", main, branch, "--contract", agreed, "--team", "pay")
    assert done.exit_code == 1
    assert done.stdout.startswith("1 of 1 change not for team pay to make; 1 of 1 thing that must always hold broken")
    assert "namespace shop belongs to team shop" in done.stdout
    comment = run("check", main, branch, "--contract", agreed, "--team", "shop", "-o", "markdown").stdout
    assert "| nobody outside reaches the database | fail | pass |" in comment
    same = run("check", main, main, "--contract", agreed, "--team", "shop", "-o", "json")
    assert same.exit_code == 0 and json.loads(same.stdout)["changes"] == []
    with pytest.raises(UserError, match="choose one of shop, pay, platform"):
        run("check", main, branch, "--contract", agreed, "--team", "nobody")


def test_show_and_rbac(folders: tuple[Path, Path, Path]) -> None:
    main, _, agreed = folders
    shown = run("show", main, "--contract", agreed, "--team", "shop")
    assert shown.stdout.startswith("shop: 1 namespace, 2 workloads, 1 policies")
    printed = run("rbac", main, "--contract", agreed).stdout
    documents = list(yaml.safe_load_all(printed))
    assert {one["kind"] for one in documents} == {"Role", "RoleBinding"}
    assert "# judged: nobody else of the contract may change those of shop: yes" in printed
