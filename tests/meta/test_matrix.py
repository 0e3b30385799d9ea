"""Every fault of a container, moved to every kind that holds a pod template and to every position: the answer must be the same.

In three large checkers a privileged init container passes because an author forgot a list. Here no author writes the list, and this test holds the pages to it. A page
that looks at fewer positions or kinds says so (`positions:`, `kinds:`) and why.
"""

from __future__ import annotations

import copy
import re
from typing import Any

import msgspec
import pytest
import yaml
from tests.pages.pages import Page, pages

from seawall.model.cluster.coverage import FILES, Coverage
from seawall.model.cluster.decode import ObjectDecoder
from seawall.model.cluster.kinds import kind_of
from seawall.model.cluster.meta import Object
from seawall.model.cluster.snapshot import Cluster
from seawall.model.finding import Status
from seawall.scan.engine import scan
from seawall.spi import catalogue

DECODER = ObjectDecoder()
CHECKS = {check.id: check for check in catalogue.checks()}
KINDS = (
    "Pod",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "ReplicationController",
    "Job",
    "CronJob",
    "PodTemplate",
)
LISTS = {
    "main": "containers",
    "init": "initContainers",
    "sidecar": "initContainers",
    "ephemeral": "ephemeralContainers",
}
_IN_CONTAINER = re.compile(r"\bcontainers\[0\]")
_CLEAN = {"name": "clean", "image": "registry.example/clean:1.0@sha256:" + "c" * 64}


def pod_of(document: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """(metadata of the template, pod spec) of a document that holds one."""
    if document["kind"] == "Pod":
        return document.get("metadata", {}), document["spec"]
    template = document.get("spec", {}).get("template")
    return (template.get("metadata", {}), template["spec"]) if isinstance(template, dict) else None


def wrapped(kind: str, metadata: dict[str, Any], pod: dict[str, Any]) -> dict[str, Any]:
    """An object of `kind` that holds the pod."""
    named = {"name": "web", "namespace": "shop", "annotations": metadata.get("annotations", {})}
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels, "annotations": metadata.get("annotations", {})}, "spec": pod}
    if kind == "Pod":
        return {"apiVersion": "v1", "kind": kind, "metadata": {**named, "labels": labels}, "spec": pod}
    if kind == "PodTemplate":
        return {"apiVersion": "v1", "kind": kind, "metadata": named, "template": template}
    if kind == "CronJob":
        return {
            "apiVersion": "batch/v1",
            "kind": kind,
            "metadata": named,
            "spec": {"schedule": "* * * * *", "jobTemplate": {"spec": {"template": template}}},
        }
    group = {"Job": "batch/v1", "ReplicationController": "v1"}.get(kind, "apps/v1")
    selector: Any = labels if kind == "ReplicationController" else {"matchLabels": labels}
    return {"apiVersion": group, "kind": kind, "metadata": named, "spec": {"selector": selector, "template": template}}


def moved(pod: dict[str, Any], position: str) -> dict[str, Any]:
    """The pod with its first container at `position`, and a clean main container in its place."""
    pod = copy.deepcopy(pod)
    faulty, *rest = pod["containers"]
    if position == "main":
        return pod
    pod["containers"] = [_CLEAN, *rest]
    if position == "sidecar":
        faulty["restartPolicy"] = "Always"
    pod[LISTS[position]] = [faulty]
    return pod


def decode(document: dict[str, Any]) -> Object:
    kind = kind_of(document["apiVersion"], document["kind"])
    assert kind is not None
    return DECODER.convert(document, kind)


def paths(rule: str, documents: list[dict[str, Any]]) -> list[str]:
    things = [decode(document) for document in documents]
    cluster = Cluster(things, name="matrix", scope=FILES, coverage=Coverage())
    report = scan(cluster, (CHECKS[rule],), tool="test")
    return [finding.path for finding in report.findings if finding.status is Status.FAIL]


def container_faults() -> list[tuple[Page, dict[str, Any], dict[str, Any], list[dict[str, Any]]]]:
    """(page, template metadata, pod, other documents) of each page whose first fault lies in the first container of a pod."""
    found = []
    for page in pages():
        case = next(case for case in page.cases if case.kind == "Fires")
        first, *others = list(yaml.safe_load_all(case.yaml))
        pod = pod_of(first)
        if pod is not None and any(_IN_CONTAINER.search(path) for path in paths(page.rule, [first, *others])):
            found.append((page, *pod, others))
    return found


FAULTS = container_faults()


def test_there_is_something_to_move() -> None:
    assert len(FAULTS) > 30


@pytest.mark.parametrize(("page", "metadata", "pod", "others"), FAULTS, ids=[fault[0].rule for fault in FAULTS])
def test_every_kind_and_position(
    page: Page, metadata: dict[str, Any], pod: dict[str, Any], others: list[dict[str, Any]]
) -> None:
    text = page.path.read_text()
    declared = re.search(r"(?m)^kinds: (.+)$", text)
    kinds = [one.strip() for one in declared[1].split(",")] if declared else KINDS
    for kind in KINDS:
        for position in LISTS:
            document = msgspec.json.decode(msgspec.json.encode(wrapped(kind, metadata, moved(pod, position))))
            found = [
                path for path in paths(page.rule, [document, *others]) if re.search(rf"\b{LISTS[position]}\[0\]", path)
            ]
            expected = kind in kinds and position in page.positions
            assert bool(found) == expected, (
                f"{kind}, {position}: {found or 'nothing'} where {'a finding' if expected else 'nothing'} is expected"
            )
