"""What the fixture server of the console's tests answers has the shapes that the real API has, so that those tests are about the real console."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from tests.e2e.ui.fixture.server import World, route

API = Path(__file__).parents[2] / "ui" / "src" / "api" / "openapi.json"
INCIDENT, RUNNER = "inc-2041", "workload/ci/build-runner"
ANSWERS: dict[str, tuple[str, Any]] = {
    "/me": ("Me", None),
    "/clusters": ("[ClusterView]", None),
    "/overview": ("Overview", None),
    "/graph": ("Graph", None),
    "/events/flow": ("EventPage", None),
    "/events/audit": ("EventPage", None),
    "/events/flow/histogram": ("Histogram", None),
    "/findings": ("Findings", None),
    "/findings/trend": ("[TrendPoint]", None),
    "/compliance": ("Frameworks", None),
    "/compliance/pss-baseline": ("Compliance", None),
    f"/entities/{RUNNER}": ("Entity", None),
    "/incidents": ("[IncidentSummary]", None),
    f"/incidents/{INCIDENT}": ("IncidentDetail", None),
    "/health": ("Health", None),
    "/changes": ("[ObjectChange]", None),
    "/schema": ("Schema", None),
    "/sql": ("SqlAnswer", {"query": "SELECT 1"}),
    "/policy/board": ("Board", None),
    "/policy/reach": ("ReachMatrix", None),
}


@pytest.fixture(scope="module")
def world() -> World:
    return World(policy=True)


@pytest.mark.parametrize("path", ANSWERS)
def test_the_fixture_answers_in_the_shapes_of_the_api(world: World, path: str) -> None:
    name, body = ANSWERS[path]
    assert not _faults(name, route(world, path, {}, body))


def test_a_finding_and_its_fix(world: World) -> None:
    findings = route(world, "/findings", {}, None)["findings"]
    for one in findings[:30]:
        found = route(world, f"/findings/{one['id']}", {}, None)
        assert not _faults("FindingDetail", found)


def _faults(name: str, answer: Any) -> list[str]:
    """What the API would never give. A field that the fixture leaves out is no fault: no page that the tests look at reads it."""
    found = _validator(name).iter_errors(json.loads(json.dumps(answer)))
    return [
        f"{fault.instance_path}: {fault.message[:200]}"
        for fault in found
        if "is a required property" not in fault.message
    ][:5]


def _validator(name: str) -> jsonschema_rs.Validator:
    one = {"$ref": f"#/components/schemas/{name.strip('[]')}"}
    schema = {"type": "array", "items": one} if name.startswith("[") else one
    components = json.loads(API.read_text())["components"]
    return jsonschema_rs.validator_for(
        {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "components": components}
    )
