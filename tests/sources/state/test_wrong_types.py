"""Any value in any field: an object or a gap with its path, never another error."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sources.state.yaml.manifests import MANIFESTS

from seawall.model.cluster.snapshot import Cluster
from seawall.model.cluster.workload import Workload
from seawall.sources.state.reading import NO_KIND, Reading
from seawall.sources.state.yaml import careful
from seawall.spi.source import StateOptions

FULL = careful.read(MANIFESTS[0].encode()).value
FULL["spec"]["template"]["spec"] |= {
    "initContainers": [
        {"name": "i", "image": "x", "restartPolicy": "Always", "envFrom": [{"secretRef": {"name": "s"}}]}
    ],
    "ephemeralContainers": [{"name": "e", "targetContainerName": "web"}],
    "affinity": {"podAntiAffinity": {}},
    "tolerations": [{"key": "k", "tolerationSeconds": 3}],
    "securityContext": {
        "runAsUser": 1,
        "sysctls": [{"name": "a", "value": "b"}],
        "seccompProfile": {"type": "RuntimeDefault"},
    },
    "imagePullSecrets": [{"name": "p"}],
    "hostAliases": [{"ip": "1.2.3.4", "hostnames": ["a"]}],
}
FULL["spec"]["template"]["spec"]["containers"][0] |= {
    "livenessProbe": {"httpGet": {"path": "/", "port": "http"}, "periodSeconds": 3},
    "lifecycle": {"preStop": {"exec": {"command": ["a"]}}},
    "volumeMounts": [{"name": "v", "mountPath": "/v", "readOnly": True}],
    "envFrom": [{"configMapRef": {"name": "c", "optional": True}}],
}
FULL["metadata"] |= {
    "ownerReferences": [{"kind": "X", "name": "x", "controller": True}],
    "finalizers": ["f"],
    "generation": 3,
}
FULL["status"] = {"replicas": 1}

VALUES = (
    None,
    True,
    False,
    0,
    -1,
    1.5,
    2**63,
    10**30,
    "",
    "text",
    "é\n",
    [],
    ["a"],
    [None],
    [[]],
    {},
    {"a": "b"},
    {"name": 3},
    {"$redacted": {"length": 3}},
    {"$redacted": 1},
)


def paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found = [path]
    if isinstance(value, dict):
        for key, entry in value.items():
            found += paths(entry, (*path, key))
    if isinstance(value, list):
        for number, entry in enumerate(value):
            found += paths(entry, (*path, number))
    return found


PATHS = paths(FULL)


def changed(path: tuple[str | int, ...], value: Any) -> Any:
    if not path:
        return value
    thing = copy.deepcopy(FULL)
    *way, last = path
    inner: Any = thing
    for step in way:
        inner = inner[step]
    inner[last] = value
    return thing


def read(text: str) -> Cluster:
    reading = Reading(StateOptions(key=b"k" * 16))
    reading.read("x.yaml", text.encode())
    return reading.cluster()


def check(thing: Any, path: tuple[str | int, ...]) -> str:
    """What came of `thing`; a document that is null is none."""
    if thing is None:
        return "no object"
    cluster = read(json.dumps(thing, indent=1))
    if cluster.objects:
        (found,) = cluster.objects
        for workload in cluster.workloads:
            use(workload)
        raw = cluster.raw(found)
        assert raw is not None
        json.dumps(raw)
        assert cluster.line_of(found.origin, ".".join(map(str, path))) >= 1
        return "read"
    if cluster.coverage.gaps:
        (gap,) = cluster.coverage.gaps
        assert gap.where.startswith("x.yaml:")
        assert "\n" not in gap.what
        assert gap.reason in ("refused", "unreadable", "undecodable")
        return gap.reason
    assert sum(cluster.coverage.unknown_kinds.values()) == 1
    return "no object"


def use(workload: Workload) -> None:
    for view in workload.containers():
        repr(view)
    assert workload.account
    [*workload.volumes()]


def test_any_value_in_any_field() -> None:
    outcomes = dict.fromkeys(("read", "refused", "unreadable", "undecodable", "no object"), 0)
    for number, path in enumerate(PATHS):
        for step in range(3):  # each field meets three values, all fields together all of them
            outcomes[check(changed(path, VALUES[(number * 3 + step) % len(VALUES)]), path)] += 1
    print(outcomes)
    assert outcomes["refused"] > 100
    assert outcomes["read"] > 50


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(PATHS),
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
        max_leaves=4,
    ),
)
def test_any_json_in_any_field(path: tuple[str | int, ...], value: Any) -> None:
    check(changed(path, value), path)


def test_the_line_of_a_wrong_type_is_exact() -> None:
    for path in PATHS:
        if not path or isinstance(path[-1], int) or path[-1] in ("apiVersion", "kind"):
            continue
        text = json.dumps(changed(path, [[7]]), indent=1)
        cluster = read(text)
        for gap in cluster.coverage.gaps:
            line = int(gap.where.rpartition(":")[2])
            told = gap.what.rpartition(" at ")[2]
            if told.endswith("[...]"):  # somewhere in a map: its own line
                continue
            assert f'"{path[-1]}": [' in text.split("\n")[line - 1] or text.split("\n")[line - 1].strip() == "[", (
                path,
                gap,
            )


def test_documents_that_are_no_mappings() -> None:
    for value in VALUES:
        cluster = read(f"---\n{json.dumps(value)}\n")
        assert not cluster.coverage.gaps
        assert cluster.coverage.unknown_kinds in ({}, {NO_KIND: 1})
