"""How far a namespace can be tightened."""

from __future__ import annotations

from typing import Any

from tests.model.cluster.clusters import cluster_of

from seawall.admit.pss import Advice, Configuration, Exemptions, Level, Version, advise
from seawall.admit.pss.policy import PREFIX
from seawall.model.cluster.coverage import LIVE, Gap

GOOD = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}


def namespace(name: str, **labels: str) -> dict[str, Any]:
    spelled = {PREFIX + key.replace("_", "-"): value for key, value in labels.items()}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": spelled}}


def deployment(where: str, name: str, context: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": where},
        "spec": {"template": {"spec": {"containers": [{"name": "c", "securityContext": context}], **spec}}},
    }


def one(advice: tuple[Advice, ...], name: str) -> Advice:
    return next(entry for entry in advice if entry.namespace == name)


def test_the_tightest_level_and_what_stands_in_the_way() -> None:
    advice = advise(
        cluster_of(
            [
                namespace("shop"),
                deployment("shop", "web", GOOD),
                deployment("shop", "db", {**GOOD, "runAsNonRoot": None}),
                deployment("dev", "any", GOOD, hostPID=True),
                deployment("clean", "web", GOOD),
                namespace("empty"),
            ]
        ),
        Version(36),
    )
    assert [(entry.namespace, entry.tightest) for entry in advice] == [
        ("clean", Level.RESTRICTED),
        ("dev", Level.PRIVILEGED),
        ("empty", Level.RESTRICTED),
        ("shop", Level.BASELINE),
    ]
    shop = one(advice, "shop")
    assert shop.next_level is Level.RESTRICTED
    (obstacle,) = shop.obstacles
    assert obstacle.check == "runAsNonRoot"
    assert [ref.name for ref, _ in obstacle.by] == ["db"]
    assert shop.labels == {
        PREFIX + "enforce": "baseline",
        PREFIX + "enforce-version": "v1.36",
        PREFIX + "audit": "restricted",
        PREFIX + "audit-version": "v1.36",
        PREFIX + "warn": "restricted",
        PREFIX + "warn-version": "v1.36",
    }
    dev = one(advice, "dev")
    assert [entry.check for entry in dev.obstacles] == ["hostNamespaces"]
    assert PREFIX + "enforce" not in dev.labels, "privileged needs no label"


def test_what_stands_is_left_alone_and_never_loosened() -> None:
    labels = {mode + part: value for mode in ("enforce", "audit", "warn") for part, value in (("", "restricted"), ("_version", "latest"))}  # fmt: skip
    (done,) = advise(cluster_of([namespace("a", **labels), deployment("a", "web", GOOD)]))
    assert done.labels == {}
    (over,) = advise(cluster_of([namespace("a", enforce="restricted"), deployment("a", "web", {})]))
    assert over.overstepped
    assert PREFIX + "enforce" not in over.labels


def test_wrong_labels_are_told() -> None:
    (entry,) = advise(cluster_of([namespace("a", enforce="strict")]))
    assert "must be one of privileged, baseline, restricted" in entry.problems[0]


def test_exempt_namespaces_and_runtime_classes() -> None:
    configuration = Configuration(exemptions=Exemptions(frozenset(), frozenset({"kube-system"}), frozenset({"kata"})))
    advice = advise(
        cluster_of([deployment("kube-system", "x", {}), deployment("a", "x", {}, runtimeClassName="kata")]),
        configuration=configuration,
    )
    assert one(advice, "kube-system").exempt
    assert one(advice, "kube-system").labels == {}
    assert one(advice, "a").tightest is Level.RESTRICTED


def test_nothing_is_enforced_that_was_not_proven() -> None:
    gap = Gap("forbidden", "pods is forbidden", kind="Pod")
    (entry,) = advise(cluster_of([namespace("a"), deployment("a", "web", GOOD)], scope=LIVE, gaps=(gap,)))
    assert "Pod was not collected" in entry.unknown[0]
    assert PREFIX + "enforce" not in entry.labels
    assert entry.labels[PREFIX + "warn"] == "restricted"
    broken = Gap("undecodable", "Expected `bool`, got `str`", where="web.yaml:3", kind="Deployment")
    (entry,) = advise(cluster_of([namespace("a")], gaps=(broken,)))
    assert entry.unknown == ("web.yaml:3: Expected `bool`, got `str`",)


def test_forty_pods_of_one_template_are_one_obstacle() -> None:
    owner = {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "agent", "uid": "1", "controller": True}
    pods = [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": f"agent-{index}", "namespace": "a", "ownerReferences": [owner]},
            "spec": {"hostNetwork": True},
            "status": {"phase": "Running" if index else "Failed"},
        }
        for index in range(40)
    ]
    (entry,) = advise(cluster_of(pods, scope=LIVE))
    (obstacle,) = entry.obstacles
    assert [ref.name for ref, _ in obstacle.by] == ["agent"]
    assert entry.workloads == 1
