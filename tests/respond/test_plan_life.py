"""The life of a Plan over an API server in memory: killed anywhere and run again it is as if never killed; undone it is as if never applied."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sources.state.styled import manifest
from tests.sources.state.test_mending import changes_for

from seawall.model.changed import changed
from seawall.model.patch import holds, merge_patch, merged, patch_between, removes
from seawall.model.plan import Plan, Reason, Step, create, delete, patch, plan
from seawall.respond.plan_life import LABEL, NOTE, Life, note_of, undo_ended

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
Key = tuple[str, str, str, str]


class Killed(Exception):
    """The program ended here."""


class Changed(Exception):
    """The API server's Conflict."""


class Server:
    """Objects as an API server keeps them: versions that must fit, nulls that remove, and defaults filled in. Ends the caller after `left` writes."""

    def __init__(self, things: list[dict[str, Any]], left: int = 10**9) -> None:
        self.things: dict[Key, dict[str, Any]] = {}
        self.left, self._version = 10**9, 0
        for thing in things:
            self._keep(thing)
        self.left = left

    def bare(self) -> dict[Key, dict[str, Any]]:
        """What people decided: without versions."""
        found = copy.deepcopy(self.things)
        for thing in found.values():
            thing["metadata"] = {
                key: value for key, value in thing["metadata"].items() if key not in ("resourceVersion", "uid")
            }
        return found

    def _keep(self, thing: dict[str, Any]) -> None:
        if self.left <= 0:
            raise Killed
        self.left -= 1
        self._version += 1
        kept = copy.deepcopy(thing)
        kept["metadata"] |= {
            "resourceVersion": str(self._version),
            "uid": kept["metadata"].get("uid", str(self._version)),
        }
        for port in kept.get("spec", {}).get("filled", ()):
            port.setdefault("protocol", "TCP")
        self.things[_key(kept)] = kept

    def _seen(self, seen: dict[str, Any]) -> dict[str, Any]:
        live = self.things.get(_key(seen))
        if live is None or live["metadata"]["resourceVersion"] != seen["metadata"]["resourceVersion"]:
            raise Changed
        return live

    async def read(self, api_version: str, kind: str, namespace: str, name: str) -> dict[str, Any] | None:
        return copy.deepcopy(self.things.get((api_version, kind, namespace, name)))

    async def create(self, thing: dict[str, Any]) -> None:
        if _key(thing) in self.things:
            raise Changed
        self._keep(thing)

    async def apply(self, seen: dict[str, Any], fields: dict[str, Any]) -> None:
        assert not removes(fields), "server-side apply takes nothing away"
        self._keep(merged(self._seen(seen), fields))

    async def merge(self, seen: dict[str, Any], patch: dict[str, Any]) -> None:
        self._keep(_json_merged(self._seen(seen), patch))

    async def delete(self, seen: dict[str, Any]) -> None:
        live = self._seen(seen)
        if self.left <= 0:
            raise Killed
        self.left -= 1
        del self.things[_key(live)]


def _key(thing: dict[str, Any]) -> Key:
    meta = thing["metadata"]
    return thing["apiVersion"], thing["kind"], meta.get("namespace") or "", meta["name"]


def _json_merged(target: Any, patch: Any) -> Any:
    """RFC 7386, as it is written there."""
    if not isinstance(patch, dict):
        return patch
    target = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            target.pop(name, None)
        else:
            target[name] = _json_merged(target.get(name), value)
    return target


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(one) for key, one in value.items() if one is not None}
    return [_without_nulls(one) for one in value] if isinstance(value, list) else value


def cluster_and_plan(seed: int, **more: Any) -> tuple[list[dict[str, Any]], Plan]:
    """Objects, and a Plan that creates, patches and deletes some."""
    random = Random(seed)
    things, steps = [], []
    for index in range(random.randint(1, 5)):
        thing = _without_nulls(manifest(random))
        thing["metadata"]["name"] = f"w{index}"
        thing["metadata"]["namespace"] = "shop"
        what = random.choice(("create", "patch", "delete", "leave"))
        if what != "create":
            things.append(thing)
        if what == "create":
            steps.append(create(thing))
        elif what == "delete":
            steps.append(delete(thing))
        elif what == "patch":
            after = _without_nulls(changed(thing, changes_for(random, thing)))
            if patch_between(thing, after):
                steps.append(patch(thing, after))
    return things, plan("a plan", tuple(steps), reasons=(Reason("a test"),), **more)


def life(made: Plan, server: Server, now: datetime = NOW) -> Life:
    return Life(made, server, now)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 6), st.integers(0, 6))
async def test_killed_anywhere_it_is_finished_by_the_next_run_and_undone_to_the_letter(
    seed: int, first: int, second: int
) -> None:
    things, made = cluster_and_plan(seed)
    calm = Server(things)
    await life(made, calm).apply()
    server = Server(things, left=first + len(things))
    server.left = first
    try:
        await life(made, server).apply()
    except Killed:
        server.left = 10**9
        await life(made, server).apply()
    server.left = 10**9
    assert server.bare() == calm.bare()
    assert {state.state for state in await life(made, server).states()} <= {"done"}
    server.left = second
    try:
        await life(made, server).undo()
    except Killed:
        server.left = 10**9
        await life(made, server).undo()
    assert server.bare() == Server(things).bare()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
async def test_a_merge_patch_makes_the_one_of_the_other(seed: int) -> None:
    random = Random(seed)
    before = _without_nulls(manifest(random))
    after = _without_nulls(changed(before, changes_for(random, before)))
    assert _json_merged(before, merge_patch(before, after)) == after
    assert merged(before, patch_between(before, after)) == after
    assert holds(after, patch_between(before, after))
    assert holds(before, patch_between(before, after)) is (before == after)


def pod(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "shop"}, "spec": spec}


async def test_what_was_changed_since_is_left_alone() -> None:
    made = plan("close it", (patch(pod(hostNetwork=True), pod(hostNetwork=False)),), reasons=())
    server = Server([pod(hostNetwork=True, nodeName="n1")])
    await life(made, server).apply()
    (live,) = server.things.values()
    assert live["metadata"]["labels"][LABEL] == made.id
    live["spec"]["hostNetwork"] = True
    with pytest.raises(ValueError, match="changed since the plan was applied"):
        await life(made, server).undo()
    assert server.bare()["v1", "Pod", "shop", "p"]["spec"]["hostNetwork"] is True


async def test_a_plan_that_does_not_fit_does_nothing() -> None:
    steps = (create(pod() | {"metadata": {"name": "q", "namespace": "shop"}}), patch(pod(a=1), pod(a=2)))
    made = plan("two steps", steps, reasons=())
    server = Server([pod(a=3)])
    with pytest.raises(ValueError, match=r"shop/p \(Pod\) was changed since the plan was made"):
        await life(made, server).apply()
    assert len(server.things) == 1
    assert [one.state for one in await life(made, server).states()] == ["ready", "blocked"]


async def test_one_object_is_under_one_plan() -> None:
    one = plan("one", (patch(pod(a=1), pod(a=2)),), reasons=())
    other = plan("other", (patch(pod(a=2), pod(a=3)),), reasons=())
    server = Server([pod(a=1)])
    await life(one, server).apply()
    with pytest.raises(ValueError, match=f"is under {one.id}"):
        await life(other, server).apply()


async def test_an_entry_more_in_a_list_that_is_given_whole_is_a_change() -> None:
    rules = [{"ports": [{"port": 80}]}]
    made = plan("narrow", (patch(pod(ingress=rules), pod(ingress=[])),), reasons=())
    with pytest.raises(ValueError, match="changed since the plan was made"):
        await life(made, Server([pod(ingress=[{"ports": [{"port": 80}, {"port": 81}]}])])).apply()
    added = plan("add", (create(pod(containers=[{"name": "a"}])),), reasons=())
    server = Server([])
    await life(added, server).apply()
    (live,) = server.things.values()
    live["spec"]["containers"].append({"name": "b"})
    with pytest.raises(ValueError, match="changed since the plan was applied"):
        await life(added, server).undo()


async def test_defaults_of_the_server_are_no_change() -> None:
    before, after = pod(), pod(filled=[{"port": 80}])
    made = plan("fill", (patch(before, after),), reasons=())
    server = Server([before])
    await life(made, server).apply()
    assert server.bare()["v1", "Pod", "shop", "p"]["spec"]["filled"] == [{"port": 80, "protocol": "TCP"}]
    await life(made, server).undo()
    assert server.bare() == Server([before]).bare()


async def test_an_ended_plan_is_not_applied_and_what_it_did_is_put_back_without_it() -> None:
    until = (NOW + timedelta(hours=1)).isoformat()
    made = plan("for an hour", (patch(pod(a=1), pod(a=2)),), reasons=(), expires=until)
    server = Server([pod(a=1)])
    await life(made, server).apply()
    things = list(copy.deepcopy(server.things).values())
    assert [one.undone for one in await undo_ended(server, things, NOW)] == [False]
    late = NOW + timedelta(hours=2)
    assert [one.undone for one in await undo_ended(server, things, late)] == [True]
    assert server.bare() == Server([pod(a=1)]).bare()
    with pytest.raises(ValueError, match="ended"):
        await life(made, server, late).apply()


async def test_no_plan_touches_a_secret() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "a"}, "data": {"p": "eA=="}}
    made = plan("no", (delete(secret),), reasons=())
    with pytest.raises(ValueError, match="no plan changes a Secret"):
        await life(made, Server([secret])).apply()


async def test_a_note_says_everything_that_undoing_needs() -> None:
    made = plan("note", (patch(pod(a=1), pod(a=2)),), reasons=())
    server = Server([pod(a=1)])
    await life(made, server).apply()
    (live,) = server.things.values()
    note = note_of(live)
    assert note is not None and (note.plan, note.title, note.step) == (made.id, "note", made.steps[0])
    live["metadata"]["annotations"][NOTE] = "{"
    with pytest.raises(ValueError, match="cannot be read"):
        note_of(live)
    assert msgspec.json.decode(msgspec.json.encode(note.step), type=Step) == made.steps[0]
