"""From texts to a Cluster: objects with their places, lists, gaps."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.sources.state.yaml.manifests import MANIFESTS

from seawall.model.cluster.cluster_kinds import Namespace
from seawall.model.cluster.config_kinds import Secret
from seawall.model.cluster.coverage import OutOfScope
from seawall.model.cluster.pod import Pod
from seawall.model.cluster.snapshot import Cluster
from seawall.model.cluster.workload_kinds import Deployment
from seawall.sources.state.reading import NO_KIND, Reading
from seawall.spi.source import StateOptions


def read(text: str | bytes, **options: Any) -> Cluster:
    reading = Reading(StateOptions(**options))
    reading.read("all.yaml", text.encode() if isinstance(text, str) else text)
    return reading.cluster()


def pod(name: str, **more: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "shop"}, "spec": {"containers": [{"name": "c"}]}, **more}


def test_objects_know_their_place() -> None:
    cluster = read("# all\n---\n" + "---\n".join(MANIFESTS))
    (web,) = cluster.of(Deployment)
    assert (web.name, web.origin.source, web.origin.line) == ("web", "all.yaml", 4)
    line = cluster.line_of(web.origin, "spec.template.spec.containers[0].securityContext.privileged")
    assert ("---\n" + "---\n".join(MANIFESTS)).split("\n")[line - 2].strip() == "privileged: true"
    assert cluster.coverage.objects == {"Deployment": 1, "ConfigMap": 1, "Role": 1, "Service": 1}
    assert cluster.coverage.gaps == ()


def test_what_files_never_hold_is_out_of_scope() -> None:
    with pytest.raises(OutOfScope):
        _ = read("").nodes


@pytest.mark.parametrize("indent", [None, 1, 4])
def test_a_list_of_objects_in_json(indent: int | None) -> None:
    items = [
        pod("a", apiVersion="v1", kind="Pod"),
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}},
    ]
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": items}, indent=indent)
    cluster = read(text)
    (found,) = cluster.pods
    assert found.ref == ("Pod", "shop", "a", "")
    assert (cluster.raw(found) or {})["spec"] == {"containers": [{"name": "c"}]}
    (namespace,) = cluster.of(Namespace)
    line = cluster.line_of(namespace.origin, "metadata.name")
    assert '"n"' in text.split("\n")[line - 1]
    if indent:
        assert namespace.origin.line > found.origin.line > 1


@pytest.mark.parametrize("as_yaml", [False, True])
def test_a_typed_list_lends_its_items_their_kind(as_yaml: bool) -> None:
    text = json.dumps({"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": [pod("a"), pod("b")]})
    if as_yaml:
        text = (
            "kind: PodList\napiVersion: v1\nitems:\n- metadata:\n    name: a\n    namespace: shop\n"
            "- metadata: {name: b,\n    namespace: shop}\n  spec: &s {hostNetwork: yes}\n"
        )
    cluster = read(text)
    first, second = cluster.pods
    assert (first.name, second.name) == ("a", "b")
    assert (second.api_version, second.kind) == ("v1", "Pod")
    raw = cluster.raw(second)
    assert raw is not None
    assert (raw["apiVersion"], raw["kind"], raw["metadata"]["name"]) == ("v1", "Pod", "b")
    if as_yaml:
        assert (first.origin.line, second.origin.line) == (4, 7)
        assert cluster.line_of(second.origin, "spec.hostNetwork") == 9
        assert second.spec.host_network


def test_lists_that_are_none() -> None:
    cluster = read(
        '{"apiVersion":"v1","kind":"List","items":{}}\n{"apiVersion":"v1","kind":"PodList","items":[null,3,{"apiVersion":"v1","kind":"List","items":[]}]}'
    )
    assert [(gap.reason, gap.where) for gap in cluster.coverage.gaps] == [
        ("refused", "all.yaml:1"),
        ("refused", "all.yaml:2"),
        ("unsupported", "all.yaml:2"),
    ]


def test_documents_that_are_no_objects_are_counted() -> None:
    cluster = read("replicas: 3\n---\n- a\n---\ntext\n---\nkind: Deployment\n---\nversion: '3'\nservices: {}\n")
    assert cluster.coverage.unknown_kinds == {NO_KIND: 5}
    assert cluster.coverage.gaps == ()


def test_unknown_kinds_are_counted_by_name() -> None:
    cluster = read(
        "apiVersion: example.com/v1\nkind: Thing\n---\napiVersion: example.com/v2\nkind: Thing\n---\napiVersion: v1\nkind: Event\n"
    )
    assert cluster.coverage.unknown_kinds == {"Thing.example.com": 2, "Event": 1}


def test_a_broken_document_is_a_gap_and_the_rest_is_read() -> None:
    cluster = read("---\n".join((MANIFESTS[0], "a: [\n", MANIFESTS[3], "b: \x00\n", MANIFESTS[2])))
    assert sorted(cluster.coverage.objects) == ["Deployment", "Role", "Service"]
    first, second = cluster.coverage.gaps
    assert first.reason == second.reason == "unreadable"
    assert first.where == f"all.yaml:{MANIFESTS[0].count(chr(10)) + 2}"
    assert "control characters" in second.what


def test_a_wrong_type_is_refused_with_its_path_and_line() -> None:
    cluster = read(
        'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  namespace: shop\nspec:\n  replicas: 3\n  template:\n    spec:\n      hostNetwork: "yes"\n'
    )
    (gap,) = cluster.coverage.gaps
    assert (gap.reason, gap.kind, gap.where) == ("refused", "Deployment", "all.yaml:10")
    assert gap.what == "Deployment shop/web: Expected `bool`, got `str` at spec.template.spec.hostNetwork"


def test_a_repeated_key_is_told_and_the_last_value_counts() -> None:
    cluster = read("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n  name: b\n")
    assert [namespace.name for namespace in cluster.namespaces] == ["b"]
    (gap,) = cluster.coverage.gaps
    assert (gap.reason, gap.where, gap.kind) == ("refused", "all.yaml:5", "Namespace")


def test_namespaces_that_were_asked_for() -> None:
    text = "".join(
        f"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c, namespace: {name}}}\n" for name in ("a", "b", "''")
    )
    cluster = read(text + "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: c}\n", namespaces=("a",))
    assert cluster.scope.namespaces == ("a",)
    assert [thing.namespace for thing in cluster.objects] == ["a", "", ""]


def test_raw_objects_come_out_redacted() -> None:
    secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n  annotations:\n    note: password=hunter2hunter\ndata:\n  a: aHVudGVyMmh1bnRlcg==\nstringData:\n  b: hunter2hunter\n"
    cluster = read(secret + "---\n" + secret.replace("name: s", "name: &x t"))
    for thing in cluster.of(Secret):
        raw = cluster.raw(thing)
        assert raw is not None
        assert raw["data"]["a"] == {"$redacted": {"length": 13, "entropy": thing.data["a"].entropy}}
        assert "hunter" not in repr(raw) and "aHVudGVy" not in repr(raw)
        assert "hunter" not in repr(thing)


def test_large_objects_are_refused() -> None:
    big = json.dumps(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "big"}, "data": {"a": "x" * (17 << 20)}}
    )
    (gap,) = read(big).coverage.gaps
    assert (gap.reason, "larger than 16 MiB" in gap.what) == ("refused", True)


def test_bytes_that_are_no_text_in_json() -> None:
    cluster = read(b'{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a\xff"}}')
    (gap,) = cluster.coverage.gaps
    assert gap.what.endswith("not UTF-8")
    assert cluster.of(Pod) == ()
