"""Drafts into force: what the Plan does to the world is what the drafts said it would."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.policy.generated import Generator
from tests.policy.test_draft import drafted
from tests.policy.test_questions import GUARD, SHOP

from seawall.app.inputs import Inputs, read_cluster
from seawall.app.promote import promote
from seawall.kit.errors import UserError
from seawall.model.patch import merged
from seawall.model.plan import Plan
from seawall.policy.compare import equivalent
from seawall.policy.lower import PolicyModel

STAGED = {
    "apiVersion": "projectcalico.org/v3",
    "kind": "StagedNetworkPolicy",
    "metadata": {"name": "narrow", "namespace": "shop"},
    "spec": {"stagedAction": "Set", "selector": "app == 'db'", "ingress": []},
}


def model_of(folder: Path, documents: list[dict[str, Any]]) -> PolicyModel:
    path = folder / "all.json"
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": documents}))
    return PolicyModel.of(read_cluster(Inputs((str(path),))))


def key(thing: dict[str, Any]) -> tuple[str, str | None, str]:
    return thing["kind"], thing["metadata"].get("namespace"), thing["metadata"]["name"]


def done(made: Plan, documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The documents after every step of a Plan, by the plain meaning of the steps."""
    world = {key(one): copy.deepcopy(one) for one in documents}
    for step in made.steps:
        name = (step.target.kind, step.target.namespace or None, step.target.name)
        if step.operation == "delete":
            del world[name]
        elif step.operation == "create":
            assert name not in world
            world[name] = step.body
        else:
            world[name] = merged(world[name], step.body)
    return list(world.values())


@pytest.mark.parametrize("draft", [drafted(GUARD), STAGED], ids=["PolicyDraft", "Staged"])
def test_a_new_policy_is_created_and_its_draft_goes(tmp_path: Path, draft: dict[str, Any]) -> None:
    model = model_of(tmp_path, [*SHOP, draft])
    made = promote(model)
    assert [step.operation for step in made.steps] == ["create", "delete"]
    assert "stagedAction" not in yaml.safe_dump(made.steps[0].body)
    assert "newly denied" in made.reasons[0].says
    assert promote(model, ("shop/narrow" if draft is STAGED else "shop/draft-of-db",)) == made


def test_names_that_no_draft_has_and_drafts_of_nothing_are_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no draft to promote"):
        promote(model_of(tmp_path, [*SHOP, GUARD]))
    with pytest.raises(UserError, match=r'no draft "shop/x"; choose one of shop/draft-of-db'):
        promote(model_of(tmp_path, [*SHOP, drafted(GUARD)]), ("shop/x",))
    broken = copy.deepcopy(drafted(GUARD))
    broken["spec"]["policy"]["kind"] = "Pod"
    with pytest.raises(UserError, match=r"spec\.policy\.kind"):
        promote(model_of(tmp_path, [*SHOP, broken]))
    with pytest.raises(UserError, match="not there to be deleted"):
        promote(model_of(tmp_path, [*SHOP, drafted(GUARD, "Delete")]))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_promoted_the_world_is_as_the_draft_said(
    tmp_path_factory: pytest.TempPathFactory, seed: int, away: bool
) -> None:
    made = Generator(seed, odd=False)
    world = made.world(5)
    policies = {key(one): one for one in map(made.policy, range(4)) if not one["kind"].startswith("Staged")}
    if not policies:
        return
    *kept, last = policies.values()
    other = made.policy(9)
    changed = (
        {**last, "spec": other["spec"]}
        if (other["kind"], other["apiVersion"]) == (last["kind"], last["apiVersion"])
        else last
    )
    documents = [*world, *kept, last, drafted(changed, "Delete" if away else "Set")]
    folder = tmp_path_factory.mktemp("promote")
    model = model_of(folder, documents)
    assume(not any(one.kind == "refused" for one in model.notices))
    plan = promote(model)
    after = model_of(folder, done(plan, documents))
    wanted = [*world, *kept, *(() if away else (changed,))]
    assert equivalent(after, model_of(folder, wanted))
    assert not any(one.stage for one in after.lowered)
