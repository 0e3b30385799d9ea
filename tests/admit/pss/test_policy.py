"""Namespace labels, the cluster's configuration, and what the plugin does with them."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from tests.model.cluster.clusters import cluster_of, decoded
from tests.oracle import Oracle

from seawall.admit.pss import (
    Assessment,
    Configuration,
    Exemptions,
    Level,
    LevelVersion,
    Policy,
    Version,
    admit,
    policy_of,
    read_configuration,
)
from seawall.admit.pss.policy import PREFIX
from seawall.model.cluster.workload import workload_of

CASES = 10_000
VALUES = ("privileged", "baseline", "restricted", "latest", "v1.0", "v1.24", "v1.99", "v1.024", "v1.", "", "Baseline", "v2.1", "v1.24\n")  # fmt: skip


@pytest.mark.oracle
def test_labels_are_read_as_upstream_reads_them(oracle: Oracle) -> None:
    random = Random(3)
    sets = [
        {
            PREFIX + mode + part: random.choice(VALUES)
            for mode in ("enforce", "audit", "warn")
            for part in ("", "-version")
            if random.random() < 0.5
        }
        for _ in range(CASES)
    ]
    wrong = []
    for labels, upstream in zip(sets, oracle.pss_labels(sets), strict=True):
        policy, problems = policy_of(labels)
        ours = [(mode.level.value, str(mode.version)) for mode in policy]
        expected = [(mode.level, mode.version) for mode in (upstream.enforce, upstream.audit, upstream.warn)]
        if ours != expected or len(problems) != len(upstream.errors):
            wrong.append((labels, ours, expected, problems, upstream.errors))
    assert not wrong, (len(wrong), wrong[:3])


def test_labels_fall_back_to_the_clusters_defaults() -> None:
    defaults = Policy(warn=LevelVersion(Level.BASELINE, Version(30)))
    policy, problems = policy_of({PREFIX + "audit": "restricted"}, defaults)
    assert policy == Policy(audit=LevelVersion(Level.RESTRICTED), warn=LevelVersion(Level.BASELINE, Version(30)))
    assert not problems


CONFIGURATION: dict[str, Any] = {
    "kind": "PodSecurityConfiguration",
    "defaults": {"enforce": "baseline", "enforce-version": "v1.30"},
    "exemptions": {"namespaces": ["kube-system"], "usernames": ["root"], "runtimeClasses": ["kata"]},
}


def test_the_configuration_is_read_alone_and_inside_the_admission_configuration() -> None:
    expected = Configuration(
        Policy(enforce=LevelVersion(Level.BASELINE, Version(30))),
        Exemptions(frozenset({"root"}), frozenset({"kube-system"}), frozenset({"kata"})),
    )
    outer = {"kind": "AdmissionConfiguration", "plugins": [{"name": "Other"}, {"name": "PodSecurity", "configuration": CONFIGURATION}]}  # fmt: skip
    assert read_configuration(CONFIGURATION) == read_configuration(outer) == expected
    assert read_configuration({"kind": "AdmissionConfiguration"}) == Configuration()


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({"kind": "Pod"}, 'kind is "Pod"'),
        ({**CONFIGURATION, "defaults": {"enforce": "strict"}}, "defaults.enforce"),
        ({**CONFIGURATION, "defaults": {"warn-version": 1.3}}, "defaults.warn"),
        ({**CONFIGURATION, "exemptions": {"namespaces": "kube-system"}}, "exemptions.namespaces is no list"),
        ({**CONFIGURATION, "exemptions": {"usernames": ["a", 1]}}, "exemptions.usernames[1]"),
        ({"kind": "AdmissionConfiguration", "plugins": [{"name": "PodSecurity", "path": "p.yaml"}]}, "p.yaml"),
    ],
)
def test_a_wrong_configuration_says_where(document: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says.replace("[", r"\[")):
        read_configuration(document)


SPEC = {"hostNetwork": True, "containers": [{"name": "c"}], "runtimeClassName": "kata"}
POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "n"}, "spec": SPEC}
DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "d", "namespace": "n"},
    "spec": {"template": {"spec": SPEC}},
}
STRICT = Policy(*[LevelVersion(Level.BASELINE)] * 3)


def test_a_pod_is_refused_and_a_template_warned_about() -> None:
    pod = admit(Assessment(workload_of(decoded(POD))), STRICT)
    assert [one.check for one in pod.refused] == [one.check for one in pod.audited] == ["hostNamespaces"]
    assert not pod.allowed
    assert not pod.warned, "who is refused is not warned as well"
    template = admit(Assessment(workload_of(decoded(DEPLOYMENT))), STRICT)
    assert template.allowed
    assert [one.fields for one in template.warned] == [("spec.template.spec.hostNetwork",)]


@pytest.mark.parametrize(
    ("exemptions", "user", "says"),
    [
        (Exemptions(namespaces=frozenset({"n"})), "", "namespace n"),
        (Exemptions(usernames=frozenset({"root"})), "root", "user root"),
        (Exemptions(runtime_classes=frozenset({"kata"})), "", "runtime class kata"),
        (Exemptions(usernames=frozenset({"root"})), "someone", ""),
    ],
)
def test_exemptions(exemptions: Exemptions, user: str, says: str) -> None:
    found = admit(Assessment(workload_of(decoded(POD))), STRICT, exemptions, user=user)
    assert (found.exempt, found.allowed) == (says, bool(says))


def test_nothing_is_looked_at_where_everything_is_privileged() -> None:
    (workload,) = cluster_of([POD]).workloads
    assert admit(Assessment(workload), Policy()).allowed
