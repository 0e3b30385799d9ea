"""One cause, one finding: a template and its forty pods say a fault once, with how many objects show it, in every output and in what is kept."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from seawall.live.findings import transitions
from seawall.model.cluster.coverage import LIVE, Coverage
from seawall.model.cluster.decode import ObjectDecoder
from seawall.model.cluster.kinds import kind_of
from seawall.model.cluster.meta import Object
from seawall.model.cluster.snapshot import Cluster
from seawall.model.report import Report
from seawall.render import json as json_report
from seawall.render import markdown, table
from seawall.render.grouping import by_rule
from seawall.scan.engine import scan
from seawall.spi import catalogue

RULE = "workload/privileged-container"
PODS = 40


def decode(document: dict[str, Any]) -> Object:
    kind = kind_of(document["apiVersion"], document["kind"])
    assert kind is not None
    return ObjectDecoder().decode(msgspec.json.encode(document), kind)


def owned(kind: str, name: str) -> list[dict[str, Any]]:
    return [{"apiVersion": "apps/v1", "kind": kind, "name": name, "controller": True}]


def world(*, injected: bool = False) -> Report:
    """A Deployment, its ReplicaSet and forty pods; with `injected`, admission added a privileged sidecar to every pod."""
    spec: dict[str, Any] = {
        "containers": [{"name": "c", "image": "x:1", "securityContext": {"privileged": not injected}}]
    }
    template = {"metadata": {"labels": {"app": "web"}}, "spec": spec}
    documents: list[dict[str, Any]] = [
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"},
         "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": template}},
        {"apiVersion": "apps/v1", "kind": "ReplicaSet",
         "metadata": {"name": "web-5d", "namespace": "shop", "ownerReferences": owned("Deployment", "web")},
         "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": template}},
    ]  # fmt: skip
    sidecar = [{"name": "mesh", "image": "m:1", "securityContext": {"privileged": True}}] if injected else []
    documents += [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": f"web-5d-{number:05}",
                "namespace": "shop",
                "labels": {"app": "web"},
                "ownerReferences": owned("ReplicaSet", "web-5d"),
            },
            "spec": {"containers": [*spec["containers"], *sidecar], "nodeName": f"n{number % 3}"},
        }
        for number in range(PODS)
    ]
    cluster = Cluster(map(decode, documents), name="prod", scope=LIVE, coverage=Coverage())
    return scan(cluster, (one for one in catalogue.checks() if one.id == RULE), tool="t")


def test_a_template_and_its_pods_are_one_finding() -> None:
    report = world()
    (finding,) = report.findings
    assert (finding.owner.kind, finding.owner.name, finding.count) == ("Deployment", "web", PODS + 1)


def test_what_admission_added_to_forty_pods_is_one_finding_of_their_owner() -> None:
    report = world(injected=True)
    (finding,) = report.findings
    assert (finding.owner.kind, finding.owner.name, finding.count) == ("Deployment", "web", PODS)
    assert finding.path == "spec.containers[1].securityContext.privileged"


def test_every_output_and_what_is_kept_say_it_once() -> None:
    report = world(injected=True)
    (group,) = by_rule(report)
    assert (group.objects, len(group.findings)) == (1, 1)
    for text in (
        table.grouped(report, colour=False, width=200),
        table.wide(report, colour=False),
        markdown.report(report),
    ):
        assert text.count("web-5d-") == 0
        assert text.startswith(("1 high", "### Seawall: 1 high"))
    assert len(json.loads(json_report.report(report))["findings"]) == 1
    (kept,) = transitions({}, report, at=1, scan="s")
    assert kept.row()["object"] == "web"
