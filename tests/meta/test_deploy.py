"""The manifests in deploy/: what Seawall itself says of them, and whether they, the code and the docs mean the same rights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from tests.meta.rights import Right, documented

from seawall.app.inputs import Inputs, read_cluster
from seawall.app.scan import scan_cluster
from seawall.model.cluster.kinds import KINDS
from seawall.model.finding import Severity

DEPLOY = Path(__file__).parents[2] / "deploy"
EVERY_ACCOUNT = {
    Right("authentication.k8s.io", "selfsubjectreviews", "create"),
    Right("authorization.k8s.io", "selfsubjectaccessreviews", "create"),
    Right("authorization.k8s.io", "selfsubjectrulesreviews", "create"),
}
"""What the API server lets every account do, by its own default roles."""


def objects() -> list[dict[str, Any]]:
    listed = yaml.safe_load((DEPLOY / "kustomization.yaml").read_text())["resources"]
    return [found for name in listed for found in yaml.safe_load_all((DEPLOY / name).read_text())]


def granted() -> set[Right]:
    """What the ClusterRoles that are bound to the server's account grant."""
    roles = {found["metadata"]["name"]: found for found in objects() if found["kind"] == "ClusterRole"}
    bound = [found["roleRef"]["name"] for found in objects() if found["kind"] == "ClusterRoleBinding"]
    return {
        Right(group, resource, verb, name)
        for role in bound
        for rule in roles[role]["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
        for name in rule.get("resourceNames", [""])
    }


def test_seawall_finds_nothing_at_medium_or_above() -> None:
    report = scan_cluster(read_cluster(Inputs((str(DEPLOY),))))
    grave = [f"{one.rule} {one.owner}" for one in report.failed if one.severity >= Severity.MEDIUM]
    assert grave == []
    assert {one.rule for one in report.failed} <= {
        "image/missing-digest",  # whoever installs pins their own
        "workload/cpu-limit-unset",  # a limit would throttle a burst of events into late ones
        "workload/single-replica",  # the embedded store belongs to one process
    }
    assert report.summary.unknown == 0


def test_every_file_is_applied() -> None:
    listed = set(yaml.safe_load((DEPLOY / "kustomization.yaml").read_text())["resources"])
    files = {str(file.relative_to(DEPLOY)) for file in DEPLOY.rglob("*.yaml")}
    assert listed == files - {"kustomization.yaml"}


def test_the_collector_reads_every_kind_but_secrets_and_nothing_else() -> None:
    read = {Right(kind.group, kind.plural, verb) for kind in KINDS for verb in ("list", "watch")}
    read -= {Right("", "secrets", verb) for verb in ("list", "watch")}
    identity = Right("", "namespaces", "get", "kube-system")
    assert granted() == read | {identity, Right("authentication.k8s.io", "tokenreviews", "create")}


def test_the_docs_name_every_right() -> None:
    assert documented() == granted() | EVERY_ACCOUNT


def test_the_server_takes_the_configuration() -> None:
    from seawall.server.configuration import parse

    text = next(found for found in objects() if found["kind"] == "ConfigMap")["data"]["seawall.yaml"]
    configuration = parse(text, "seawall.yaml")
    assert configuration.auth.kubernetes is not None
    assert [watched.context for watched in configuration.watch] == [""]
