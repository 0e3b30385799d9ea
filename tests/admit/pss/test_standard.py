"""What the engine promises beyond upstream's verdicts: paths in every kind of template, versions that do not exist yet, mending."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.model.cluster.clusters import decoded
from tests.oracle.generate.pods import pods

from seawall.admit.pss import CHECKS, NEWEST, Assessment, Level, Version, parse_version, version_of, violations
from seawall.model.cluster.workload import TEMPLATE_TYPES, Workload, workload_of

TEMPLATES: tuple[tuple[str, str, str], ...] = (
    ("apps/v1", "Deployment", "spec.template"),
    ("apps/v1", "ReplicaSet", "spec.template"),
    ("apps/v1", "StatefulSet", "spec.template"),
    ("apps/v1", "DaemonSet", "spec.template"),
    ("v1", "ReplicationController", "spec.template"),
    ("batch/v1", "Job", "spec.template"),
    ("batch/v1", "CronJob", "spec.jobTemplate.spec.template"),
    ("v1", "PodTemplate", "template"),
    ("argoproj.io/v1alpha1", "Rollout", "spec.template"),
    ("apps.kruise.io/v1alpha1", "CloneSet", "spec.template"),
)


def pod(spec: dict[str, Any], annotations: dict[str, str] | None = None) -> Workload:
    document = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "annotations": annotations or {}}, "spec": spec}  # fmt: skip
    return workload_of(decoded(document))


def in_template(api_version: str, kind: str, at: str, pod: dict[str, Any]) -> Workload:
    template: dict[str, Any] = {"metadata": pod["metadata"], "spec": pod["spec"]}
    for name in reversed(at.split(".")):
        template = {name: template}
    return workload_of(decoded({"apiVersion": api_version, "kind": kind, "metadata": {"name": "t"}, **template}))


def test_every_kind_of_template_is_tried() -> None:
    empty = {"metadata": {}, "spec": {}}
    assert {type(in_template(*row, empty).object) for row in TEMPLATES} == set(TEMPLATE_TYPES)


@pytest.mark.parametrize(("api_version", "kind", "at"), TEMPLATES)
def test_a_template_fails_what_its_pod_fails(api_version: str, kind: str, at: str) -> None:
    for document in pods(21, 300):
        alone = violations(workload_of(decoded(document)), Level.RESTRICTED)
        inside = violations(in_template(api_version, kind, at, document), Level.RESTRICTED)
        assert [one.check for one in inside] == [one.check for one in alone]
        assert [one.fields for one in inside] == [tuple(f"{at}.{path}" for path in one.fields) for one in alone]


def test_latest_and_versions_to_come_are_judged_as_the_newest() -> None:
    for document in pods(22, 300):
        assessment = Assessment(workload_of(decoded(document)))
        newest = assessment.violations(Level.RESTRICTED, Version(NEWEST))
        assert (
            assessment.violations(Level.RESTRICTED) == assessment.violations(Level.RESTRICTED, Version(999)) == newest
        )


def test_the_newest_version_knows_two_more_settings() -> None:
    """Added by Kubernetes 1.37: k8s.io/pod-security-admission v0.37 `check_sysctls.go`."""
    tuned = pod({"securityContext": {"sysctls": [{"name": "net.ipv4.tcp_notsent_lowat"}, {"name": "net.ipv4.tcp_slow_start_after_idle"}]}})  # fmt: skip
    assert [one.check for one in violations(tuned, "baseline", "v1.36")] == ["sysctls"]
    assert not violations(tuned, "baseline", "v1.37")
    assert not violations(tuned, "baseline", "latest")


def test_a_violation_tells_where_what_and_how_to_mend_it() -> None:
    (violation,) = violations(
        pod({"containers": [{"name": "web", "securityContext": {"privileged": True}}]}), "baseline"
    )
    assert (violation.check, violation.level, violation.fields) == (
        "privileged",
        Level.BASELINE,
        ("spec.containers[0].securityContext.privileged",),
    )
    (fault,) = violation.faults
    assert fault.container == "web"
    assert fault.fix is not None
    assert (fault.fix.op, fault.fix.path) == ("unset", fault.path)
    assert violation.message == "spec.containers[0].securityContext.privileged must not be true"


def test_applying_the_fixes_leaves_only_what_a_person_must_decide() -> None:
    """Host paths, volume types, user 0 (whose refusal would keep the pod from starting) and kernel settings have no mending."""
    left = set[str]()
    for document in pods(23, 1_000):
        for _ in range(4):
            for violation in violations(workload_of(decoded(document)), Level.RESTRICTED):
                for fault in violation.faults:
                    if fault.fix is not None:
                        apply(document, fault.fix.op, fault.fix.path, fault.fix.value)
        here = {one.check for one in violations(workload_of(decoded(document)), Level.RESTRICTED)}
        assert "runAsNonRoot" not in here or "runAsUser" in here
        left |= here - {"runAsNonRoot"}
    assert left <= {"restrictedVolumes", "runAsUser", "sysctls"}, left


def apply(document: dict[str, Any], op: str, path: str, value: Any) -> None:
    *way, last = steps(path)
    at: Any = document
    for step in way:
        if isinstance(at, dict) and at.get(step) is None:
            at[step] = {}
        at = at[step]
    if op == "set":
        at[last] = value
    elif op == "append":
        at[last] = [*(at.get(last) or ()), value]
    else:
        at.pop(last, None)


def steps(path: str) -> list[Any]:
    if path.startswith("metadata.annotations["):
        return ["metadata", "annotations", path[len("metadata.annotations[") : -1]]
    found: list[Any] = []
    for part in path.split("."):
        name, _, index = part.partition("[")
        found += [name, int(index[:-1])] if index else [name]
    return found


def test_a_judge_runs_once_however_often_it_is_asked() -> None:
    document = {"containers": [{"name": "c"}]}
    assessment = Assessment(pod(document))
    for minor in range(NEWEST + 1):
        assessment.violations(Level.RESTRICTED, Version(minor))
    judges = {id(revision.judge) for check in CHECKS for revision in check.revisions}
    assert len(assessment._faults) <= len(judges)


@pytest.mark.parametrize("text", ["1.24", "v1", "v1.01", "v1.-1", "v1.١", "v2.0", "newest", "v1.1\n", ""])
def test_versions_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match="is no version"):
        parse_version(text)


@pytest.mark.parametrize(
    ("server", "version"),
    [("v1.36.3", "v1.36"), ("v1.30.1-gke.1234", "v1.30"), ("1.29+", "v1.29"), ("", "latest"), ("dev", "latest")],
)
def test_the_servers_version(server: str, version: str) -> None:
    assert str(version_of(server)) == version


def test_wrong_questions_are_refused() -> None:
    empty = pod({})
    with pytest.raises(ValueError, match="strict"):
        violations(empty, "strict")
    with pytest.raises(ValueError, match="v9"):
        violations(empty, "baseline", "v9")


def test_tightest() -> None:
    assert Assessment(pod({"hostPID": True})).tightest() is Level.PRIVILEGED
    assert Assessment(pod({"containers": [{"name": "c"}]})).tightest() is Level.BASELINE
    assert Assessment(pod({})).tightest() is Level.RESTRICTED
    assert json.dumps(Level.RESTRICTED) == '"restricted"'
