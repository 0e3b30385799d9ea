"""What validation says of templates, where an oracle of pods does not reach."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.oracle import Oracle

from seawall.admit.validation import refusals
from seawall.model.cluster.decode import ObjectDecoder
from seawall.model.cluster.kinds import kind_of
from seawall.model.cluster.pod import PodSpec
from seawall.model.cluster.unknown_fields import known_fields, siblings
from seawall.model.cluster.workload import workload_of


def refused(
    kind: str, spec: dict[str, Any], *, more: dict[str, Any] | None = None, version: str = "apps/v1"
) -> list[tuple[str, str]]:
    known = kind_of(version, kind)
    assert known is not None
    template = {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "a", "image": "a"}], **spec}}
    document = {
        "kind": kind,
        "metadata": {"name": "a", "namespace": "n"},
        "spec": {"template": template, **(more or {})},
    }
    workload = workload_of(ObjectDecoder().decode(json.dumps(document).encode(), known))
    return sorted({(one.path, one.fault) for one in refusals(workload)})


@pytest.mark.parametrize(
    ("kind", "version", "policy", "fault"),
    [
        ("Deployment", "apps/v1", "", None),
        ("Deployment", "apps/v1", "Always", None),
        ("Deployment", "apps/v1", "Never", "unsupported"),
        ("DaemonSet", "apps/v1", "OnFailure", "unsupported"),
        ("Job", "batch/v1", "", "required"),
        ("Job", "batch/v1", "Always", "required"),
        ("Job", "batch/v1", "Never", None),
        ("Job", "batch/v1", "Sometimes", "unsupported"),
    ],
)
def test_controllers_want_their_own_restart_policy(kind: str, version: str, policy: str, fault: str | None) -> None:
    found = refused(kind, {"restartPolicy": policy} if policy else {}, version=version)
    assert found == ([("spec.template.spec.restartPolicy", fault)] if fault else [])


def test_claims_of_a_stateful_set_are_volumes() -> None:
    mounting = {"containers": [{"name": "a", "image": "a", "volumeMounts": [{"name": "data", "mountPath": "/d"}]}]}
    assert refused("StatefulSet", mounting, more={"volumeClaimTemplates": [{"metadata": {"name": "data"}}]}) == []
    assert refused("StatefulSet", mounting) == [("spec.template.spec.containers[0].volumeMounts[0].name", "missing")]
    claims = {"volumeClaimTemplates": [{"metadata": "none"}, {}]}
    assert refused("StatefulSet", mounting, more=claims) == refused("StatefulSet", mounting)


def test_what_is_no_quantity_is_named() -> None:
    container = {"name": "a", "image": "a", "resources": {"limits": {"memory": "12 potatoes", "cpu": 1}}}
    assert refused("Deployment", {"containers": [container]}) == [
        ("spec.template.spec.containers[0].resources.limits.memory", "invalid")
    ]


def test_unknown_fields_are_kept_by_name() -> None:
    kind = kind_of("batch/v1", "CronJob")
    assert kind is not None
    pod = {
        "containers": [{"name": "a", "new": {"deep": 1}, "env": [{"name": "b", "vale": "c"}]}],
        "dnsConfig": {"any": 1},
        "soon": None,
    }
    job = {"spec": {"template": {"spec": pod}}, "other": 1}
    document = {"kind": "CronJob", "spec": {"jobTemplate": job, "jobTempl": 1}, "status": {"x": 1}}
    at = "spec.jobTemplate.spec.template.spec"
    expected = {f"{at}.containers[0].new", f"{at}.containers[0].env[0].vale"}
    assert set(ObjectDecoder().decode(json.dumps(document).encode(), kind).unknown) == expected | {f"{at}.soon"}
    assert set(ObjectDecoder().convert(document, kind).unknown) == expected, "what is null is absent"
    assert "value" in siblings(f"{at}.containers[0].env[0].vale")
    assert "containers" in siblings(f"{at}.soon")


@pytest.mark.oracle
def test_the_fields_of_upstream_are_all_known(oracle: Oracle) -> None:
    fields = oracle.pod_fields()
    todo: list[tuple[type, str]] = [(PodSpec, "spec")]
    looked_at = 0
    while todo:
        struct, path = todo.pop()
        known = known_fields(struct)
        assert set(fields[path]) <= set(known), path
        looked_at += 1
        todo += [
            (inner, f"{path}.{name}") for name, inner in known.items() if inner is not None and name in fields[path]
        ]
    assert looked_at > 60
