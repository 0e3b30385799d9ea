"""Refusals against upstream's own validation: the same fields for the same kind of fault."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from tests.oracle import Oracle, Validation
from tests.oracle.generate.refused_pods import refused_pods

from seawall.admit.validation import refusals
from seawall.model.cluster.decode import ObjectDecoder
from seawall.model.cluster.kinds import kind_of
from seawall.model.cluster.workload import workload_of

pytestmark = pytest.mark.oracle

POD = kind_of("v1", "Pod")
FAULTS = {
    "FieldValueRequired": "required",
    "FieldValueInvalid": "invalid",
    "FieldValueNotSupported": "unsupported",
    "FieldValueDuplicate": "duplicate",
    "FieldValueForbidden": "forbidden",
    "FieldValueNotFound": "missing",
    "FieldValueTooLong": "invalid",
    "FieldValueTypeInvalid": "invalid",
}


def ours(pod: dict[str, Any]) -> set[tuple[str, str]]:
    assert POD is not None
    workload = workload_of(ObjectDecoder().decode(json.dumps(pod).encode(), POD))
    return {(spelt_as_upstream(one.path), one.fault) for one in refusals(workload)}


def spelt_as_upstream(path: str) -> str:
    """Some paths of upstream lack an index or a parent; ours are whole."""
    path = without_index(path)
    path = re.sub(r"(envFrom)\[\d+\]$", r"\1", path)
    path = re.sub(r"\.resources\.(limits|requests)\.(.*)$", r".resources.\1[\2]", path)
    return path.replace("spec.hostPID", "spec.HostPID").replace("spec.hostIPC", "spec.HostIPC")


def without_index(path: str) -> str:
    """Of some fields of mounts upstream gives the index here and not there."""
    return re.sub(r"(volumeMounts)\[\d+\]\.(subPath|subPathExpr|mountPropagation)$", r"\1.\2", path)


def theirs(answer: Validation) -> set[tuple[str, str]]:
    return {(without_index(one.field), FAULTS[one.type]) for one in answer.refusals}


@pytest.mark.parametrize("cases", [2_000, pytest.param(20_000, marks=pytest.mark.slow)])
def test_the_same_fields_are_refused(oracle: Oracle, cases: int) -> None:
    asked = list(refused_pods(3, cases))
    answers = oracle.refusals(asked)
    assert not [answer.error for answer in answers if answer.error]
    wrong = [
        f"upstream {sorted(theirs(answer) - ours(pod))}, ours {sorted(ours(pod) - theirs(answer))}, pod {json.dumps(pod['spec'])}"
        for pod, answer in zip(asked, answers, strict=True)
        if ours(pod) != theirs(answer)
    ]
    refused = sum(bool(answer.refusals) for answer in answers)
    kinds = {fault for answer in answers for _, fault in theirs(answer)}
    print(f"{cases} pods: {len(wrong)} disagreements; {refused} refused")
    assert not wrong, wrong[:5]
    assert cases * 0.2 < refused < cases * 0.9, "the generated pods must be of both sorts"
    assert kinds == {"required", "invalid", "unsupported", "duplicate", "forbidden", "missing"}
