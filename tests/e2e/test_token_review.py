"""Whose token it is, asked of a real API server: who it vouches for comes in, nobody else does, and missing rights are said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.cluster.control_plane import ControlPlane

from seawall.app.principals import Identity
from seawall.kit.errors import Retry
from seawall.server.configuration import Kubernetes
from seawall.server.token_review import TokenReview

pytestmark = pytest.mark.control_plane

AUDIENCE = "seawall"


@pytest.fixture
def reviewer(control_plane: ControlPlane, namespace: str) -> Iterator[Path]:
    """The kubeconfig of an account that may ask for reviews and nothing else."""
    control_plane.kubectl("create", "serviceaccount", "reviewer", "-n", namespace)
    role = f"reviewer-{namespace}"
    control_plane.kubectl("create", "clusterrole", role, "--verb=create", "--resource=tokenreviews")
    control_plane.kubectl(
        "create", "clusterrolebinding", role, f"--clusterrole={role}", f"--serviceaccount={namespace}:reviewer"
    )
    yield control_plane.kubeconfig("reviewer", token=control_plane.token("reviewer", namespace))
    control_plane.kubectl("delete", "clusterrole,clusterrolebinding", role)


def issued(plane: ControlPlane, namespace: str, account: str, audience: str = AUDIENCE) -> str:
    return plane.kubectl("create", "token", account, "-n", namespace, f"--audience={audience}").strip()


async def test_the_api_server_says_whose_it_is(control_plane: ControlPlane, namespace: str, reviewer: Path) -> None:
    review = TokenReview(Kubernetes(kubeconfig=str(reviewer), audience=AUDIENCE))
    try:
        found = await review(issued(control_plane, namespace, "default"))
        groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated")
        assert found == Identity("kubernetes", f"system:serviceaccount:{namespace}:default", groups)
    finally:
        await review.close()


async def test_any_other_token_is_nobody(control_plane: ControlPlane, namespace: str, reviewer: Path) -> None:
    review = TokenReview(Kubernetes(kubeconfig=str(reviewer), audience=AUDIENCE))
    control_plane.kubectl("create", "serviceaccount", "gone", "-n", namespace)
    of_the_deleted = issued(control_plane, namespace, "gone")
    control_plane.kubectl("delete", "serviceaccount", "gone", "-n", namespace)
    head, claims, signature = issued(control_plane, namespace, "default").split(".")
    wrong = {
        "made up": "made-up",
        "forged": f"{head}.{claims}.{signature[::-1]}",
        "for the API server": control_plane.token("default", namespace),
        "for somebody else": issued(control_plane, namespace, "default", "vault"),
        "of a deleted account": of_the_deleted,
    }
    try:
        assert {name: await review(token) for name, token in wrong.items()} == dict.fromkeys(wrong)
    finally:
        await review.close()


async def test_who_may_not_ask_is_told_so(control_plane: ControlPlane, namespace: str) -> None:
    nobody = control_plane.kubeconfig("default", token=control_plane.token("default", namespace))
    review = TokenReview(Kubernetes(kubeconfig=str(nobody), audience=AUDIENCE))
    try:
        with pytest.raises(Retry, match=r"does not review tokens for us: .*tokenreviews.* is forbidden"):
            await review(issued(control_plane, namespace, "default"))
    finally:
        await review.close()
