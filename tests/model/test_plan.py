"""Plans: that a patch is what changed, that undoing brings everything back, and that the document survives its travels."""

from __future__ import annotations

import copy
from random import Random
from typing import Any

import msgspec
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sources.state.styled import manifest
from tests.sources.state.test_mending import changes_for

from seawall.model.changed import changed
from seawall.model.patch import patch_between
from seawall.model.plan import SCHEMA, Plan, Reason, Step, create, delete, patch, plan
from seawall.render.plan import yaml_of

SEEDS = st.integers(0, 2**32)
KEYED = {"containers": "name", "initContainers": "name", "env": "name", "volumes": "name", "volumeMounts": "mountPath"}


def merged(value: Any, body: Any, field: str = "") -> Any:
    """A strategic merge patch applied as the API server documents it."""
    if isinstance(value, dict) and isinstance(body, dict):
        result = dict(value)
        for key, one in body.items():
            if one is None:
                result.pop(key, None)
            else:
                result[key] = merged(result.get(key), one, key)
        return result
    key = KEYED.get(field) or ("containerPort" if field == "ports" and body and "containerPort" in body[0] else "")
    if isinstance(value, list) and isinstance(body, list) and key:
        left = {one[key]: one for one in body}
        result = [merged(one, left.pop(one[key])) if one.get(key) in left else one for one in value]
        return [*result, *left.values()]
    return without_nulls(copy.deepcopy(body))


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_nulls(one) for key, one in value.items() if one is not None}
    return [without_nulls(one) for one in value] if isinstance(value, list) else value


@settings(max_examples=200, deadline=None)
@given(SEEDS)
def test_a_patch_makes_the_one_of_the_other_and_back(seed: int) -> None:
    random = Random(seed)
    before = without_nulls(manifest(random))
    after = changed(before, changes_for(random, before))
    assert merged(before, patch_between(before, after)) == without_nulls(after)
    assert merged(after, patch_between(after, before)) == before
    assert patch_between(before, before) == {}


def test_a_list_that_merges_by_key_is_patched_by_entry() -> None:
    before = {"spec": {"containers": [{"name": "a", "tty": True}, {"name": "b"}], "tolerations": [{"key": "x"}]}}
    after = {"spec": {"containers": [{"name": "a"}, {"name": "b"}], "tolerations": [{"key": "y"}]}}
    assert patch_between(before, after) == {
        "spec": {"containers": [{"name": "a", "tty": None}], "tolerations": [{"key": "y"}]}
    }


def role(*verbs: str) -> dict[str, Any]:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": "r", "namespace": "shop"},
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": list(verbs)}],
    }


def example() -> Plan:
    old = role("get", "list") | {"metadata": {"name": "old", "namespace": "shop"}}
    return plan(
        "A smaller role",
        (create(role("get")), patch(role("get"), role("get", "watch")), delete(old)),
        reasons=(Reason("what did it use?", id="q"),),
        expires="2026-12-31T00:00:00Z",
    )


def apply(steps: tuple[Step, ...], world: dict[str, Any]) -> dict[str, Any]:
    """Takes the steps plainly; objects by name."""
    world = dict(world)
    for step in steps:
        match step.operation:
            case "create":
                assert step.target.name not in world
                world[step.target.name] = step.body
            case "delete":
                del world[step.target.name]
            case "patch":
                world[step.target.name] = merged(world[step.target.name], step.body)
    return world


def test_undoing_brings_everything_back() -> None:
    one = example()
    before = {"old": one.steps[2].back}
    after = apply(one.steps, before)
    assert set(after) == {"r"}
    assert after["r"]["rules"][0]["verbs"] == ["get", "watch"]
    assert apply(one.undo().steps, after) == before
    assert one.undo().undo().steps == one.steps


def test_the_document_survives_json_and_yaml() -> None:
    one = example()
    assert msgspec.json.decode(msgspec.json.encode(one), type=Plan) == one
    assert msgspec.convert(yaml.safe_load(yaml_of(one)), Plan) == one
    document = yaml.safe_load(yaml_of(one))
    assert document["schema"] == SCHEMA
    assert document["steps"][0]["target"] == {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "name": "r",
        "namespace": "shop",
    }


def test_an_id_follows_from_what_is_done() -> None:
    one = example()
    same = plan("Other words", one.steps, reasons=(Reason("other"),))
    assert same.id == one.id
    assert plan("Other words", one.steps[:2], reasons=()).id != one.id


def test_preconditions_and_preview_follow_from_the_steps() -> None:
    one = example()
    assert [need.absent for need in one.preconditions] == [True, False, False]
    labels = patch(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"a/b": "x", "c": "y"}}},
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": "shop", "labels": {"a/b": "z", "c": "y", "d": "w"}},
        },
    )
    assert labels.body == {"metadata": {"labels": {"a/b": "z", "d": "w"}}}
    assert labels.back == {"metadata": {"labels": {"a/b": "x", "d": None}}}
    assert labels.preview == ('metadata.labels["a/b"]: "x" -> "z"', 'metadata.labels.d: (not set) -> "w"')
    container = patch(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "p"},
            "spec": {"containers": [{"name": "a", "tty": True}]},
        },
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "p"},
            "spec": {"containers": [{"name": "a", "stdin": False}]},
        },
    )
    assert container.preview == (
        "spec.containers[name=a].tty: true -> (not set)",
        "spec.containers[name=a].stdin: (not set) -> false",
    )
