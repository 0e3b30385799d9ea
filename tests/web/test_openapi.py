"""The description of the API is complete: every route says what it answers, and the reference page knows it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from seawall.web.openapi import document

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "api.md"
FOUND = document()
OPERATIONS = [
    (path, method, operation) for path, methods in FOUND["paths"].items() for method, operation in methods.items()
]


@pytest.mark.parametrize(
    ("path", "method", "operation"), OPERATIONS, ids=[one["operationId"] for _, _, one in OPERATIONS]
)
def test_a_route_is_described(path: str, method: str, operation: dict[str, Any]) -> None:
    assert operation["summary"] and {"400", "401", "403", "404", "429", "503"} <= set(operation["responses"])
    problem = operation["responses"]["400"]["content"]["application/problem+json"]["schema"]
    assert problem == {"$ref": "#/components/schemas/Problem"}
    for parameter in operation.get("parameters", ()):
        assert parameter["schema"]
    text = REFERENCE.read_text()
    route = f"{method.upper()} {path.removeprefix('/api/v1')}"
    assert route in text, f"docs/reference/api.md does not know {route}"


def test_ids_are_unique_and_the_document_is_stable() -> None:
    ids = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(set(ids)) == len(ids)
    assert msgspec.json.encode(document()) == msgspec.json.encode(FOUND)
