"""Pods with a value of the wrong type: where upstream cannot read the pod, the engine does not pretend to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from tests.admit.pss.pods import Pods
from tests.oracle import Oracle

from seawall.model.cluster.decode import ObjectDecoder, Undecodable
from seawall.model.cluster.kinds import kind_of

pytestmark = pytest.mark.oracle

CASES = 5_000
# Not among them: numbers beyond 32 bits and null in lists. The API server refuses the first while decoding and the second, which it reads as an
# empty element, while validating; the engine reads the first and refuses the second.
WRONG: tuple[Any, ...] = ("text", 7, 1.5, True, [], ["x"], {}, {"name": 1}, [1], 1e400, "007", -1)


def test_both_refuse_the_same_pods(oracle: Oracle) -> None:
    random, supply, pods = Random(5), Pods(seed=11), []
    for _ in range(CASES):
        pod = supply.pod()
        holder, key = random.choice(list(places(pod["spec"])))
        holder[key] = random.choice(WRONG)
        pods.append(json.dumps(pod).replace("Infinity", "1e400").encode())  # JSON allows it, no type holds it
    wrong = []
    for pod, upstream in zip(pods, oracle.pss(pods, versions=["v1.36"]), strict=True):
        if refused(pod) != (upstream.error is not None):
            wrong.append((upstream.error, pod.decode()))
    assert not wrong, (len(wrong), wrong[:3])


def refused(pod: bytes) -> bool:
    kind = kind_of("v1", "Pod")
    assert kind is not None
    try:
        ObjectDecoder().decode(pod, kind)
    except Undecodable:
        return True
    return False


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every member and element inside `value`, as the container and the key or index."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(entries):
        yield value, key
        yield from places(inner)
