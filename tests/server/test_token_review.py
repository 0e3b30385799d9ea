"""A token is somebody only if the API server says so, for our audience. (Against a real API server: tests/e2e.)"""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from seawall.app.principals import Identity
from seawall.server.token_review import identity_in


def review(**status: Any) -> bytes:
    return msgspec.json.encode({"kind": "TokenReview", "status": status})


USER = {
    "username": "system:serviceaccount:ops:reader",
    "uid": "1",
    "groups": ["system:serviceaccounts", "system:authenticated"],
}


def test_an_authenticated_token_for_us_is_its_user() -> None:
    found = identity_in(review(authenticated=True, user=USER, audiences=["seawall"]), "seawall")
    assert found == Identity("kubernetes", USER["username"], tuple(USER["groups"]))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "status",
    [
        {},
        {"authenticated": False, "error": "expired"},
        {"authenticated": True, "user": USER},
        {"authenticated": True, "user": USER, "audiences": ["https://kubernetes.default.svc"]},
        {"authenticated": True, "user": {}, "audiences": ["seawall"]},
    ],
)
def test_any_other_token_is_nobody(status: dict[str, Any]) -> None:
    assert identity_in(review(**status), "seawall") is None
