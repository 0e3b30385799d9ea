"""Recommend and Preview over the real application and a real store: answers, refusals, who may ask."""

from __future__ import annotations

from collections.abc import Callable

import httpx
from tests.web.conftest import decoded
from tests.web.test_policy import asking

__all__ = ["asking"]

POLICY = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: shut, namespace: a}
spec: {podSelector: {matchLabels: {app: front}}, policyTypes: [Egress]}
"""
WINDOW = {"from": "2027-01-14T00:00:00Z", "to": "2027-01-15T08:00:00Z"}


async def test_a_preview_says_what_all_traffic_there_could_be_loses(asking: Callable[..., httpx.AsyncClient]) -> None:
    async with asking("viewer") as client:
        found = decoded(await client.post("/api/v1/policy/preview", json={"yaml": POLICY, **WINDOW}))
    assert found["changed"] == ["a/shut (NetworkPolicy)"]
    assert found["possible"]["cut"] > 0
    assert found["recorded"]["coverage"]["windowHours"] == 32


async def test_what_is_no_policy_is_refused_with_its_place(asking: Callable[..., httpx.AsyncClient]) -> None:
    async with asking("viewer") as client:
        for text, words in (
            ("a: [", "line 1"),
            ("kind: Nothing\napiVersion: v9", "document 1"),
            ("- 1", "document 1"),
            ("", "no policy"),
            ("apiVersion: v1\nkind: Namespace\nmetadata: {name: x}", "no policy"),
        ):
            answer = await client.post("/api/v1/policy/preview", json={"yaml": text})
            assert answer.status_code == 400, text
            assert words in answer.text


async def test_a_recommendation_needs_recorded_traffic(asking: Callable[..., httpx.AsyncClient]) -> None:
    async with asking("viewer") as client:
        answer = await client.get("/api/v1/policy/recommend", params={**WINDOW, "namespace": "bare"})
    assert answer.status_code == 400
    assert "nobody to write a policy for" in answer.text


async def test_a_reader_of_one_namespace_may_not_look_at_the_whole_cluster(
    asking: Callable[..., httpx.AsyncClient],
) -> None:
    async with asking("reader of a") as client:
        assert (await client.get("/api/v1/policy/recommend", params=WINDOW)).status_code == 403
        assert (await client.post("/api/v1/policy/preview", json={"yaml": POLICY})).status_code == 403
