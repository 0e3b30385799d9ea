"""The ordinary life of the shop: people who look, people who change things, a pipeline that delivers. Seeded, so that a day can be had again."""

from __future__ import annotations

import functools
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.e2e.cluster.control_plane import ControlPlane
from tests.e2e.cluster.images import REGISTRY
from tests.e2e.sample.machines import OFFICE, Machine

PAUSE = (2.0, 7.0)
"""Seconds between two acts of anybody."""


@dataclass(frozen=True)
class People:
    """The machines of everybody who speaks to the API server from outside."""

    alice: Machine
    bob: Machine
    carol: Machine
    pipeline: Machine

    @classmethod
    def arrive(cls, control_plane: ControlPlane) -> People:
        """Alice and Bob are developers, Carol is of the platform team; the pipeline uses its service account's token."""
        developers, platform = ("developers",), ("platform",)
        return cls(
            Machine.start(control_plane, "alice", f"{OFFICE}.11", groups=developers),
            Machine.start(control_plane, "bob", f"{OFFICE}.12", groups=developers),
            Machine.start(control_plane, "carol", f"{OFFICE}.13", groups=platform),
            Machine.start(control_plane, "pipeline", f"{OFFICE}.40", token=pipeline_token(control_plane)),
        )


def pipeline_token(control_plane: ControlPlane) -> str:
    """The token that lies in the Secret `build/deployer-token`."""
    import base64

    secret = control_plane.get("secret", "deployer-token", "-n", "build")
    return base64.b64decode(secret["data"]["token"]).decode()


@dataclass(frozen=True)
class Planned:
    """Something that happens once, so many seconds after the beginning."""

    second: float
    name: str
    act: Callable[[], object]


def looking(people: People, seed: int) -> Iterator[tuple[float, Callable[[], object]]]:
    """What people do all day: pauses in seconds, each with what is done after it."""
    dice = random.Random(seed)
    alice, bob, carol, pipeline = people.alice, people.bob, people.carol, people.pipeline
    habits: list[tuple[int, Machine, tuple[str, ...]]] = [
        (6, alice, ("get", "pods", "-n", "shop")),
        (3, alice, ("get", "deployments,services,ingresses", "-n", "shop")),
        (3, alice, ("logs", "-n", "shop", "deploy/api", "--tail=20")),
        (2, alice, ("describe", "deployment", "api", "-n", "shop")),
        (5, bob, ("get", "pods", "-n", "shop", "-o", "wide")),
        (2, bob, ("get", "events", "-n", "shop")),
        (2, bob, ("logs", "-n", "pay", "deploy/payments", "--tail=20")),
        (2, bob, ("get", "networkpolicies", "-n", "shop")),
        (1, bob, ("get", "configmaps", "-n", "kube-system")),  # he may not, and forgets that
        (3, carol, ("get", "nodes", "-o", "wide")),
        (2, carol, ("get", "pods", "-A", "--field-selector=status.phase!=Running")),
        (2, carol, ("describe", "node", "n1")),
        (1, carol, ("get", "clusterrolebindings")),
        (3, pipeline, ("get", "deployments", "-n", "shop", "-o", "name")),
        (1, pipeline, ("get", "secret", "session", "-n", "shop", "-o", "name")),
        (2, pipeline, ("rollout", "status", "-n", "shop", "deployment/web", "--timeout=5s")),
    ]
    weights = [weight for weight, _, _ in habits]
    while True:
        _, who, what = dice.choices(habits, weights)[0]
        yield dice.uniform(*PAUSE), functools.partial(who.kubectl, *what)


def yesterday(people: People) -> list[Planned]:
    """What happened once, the day before."""
    pod = "deploy/cart-cache"
    return [
        Planned(35, "a delivery of the front end", lambda: _deliver(people.pipeline, "web", "web", "1.4.1")),
        Planned(80, "alice looks into the cache", lambda: people.alice.kubectl("exec", "-n", "shop", pod, "--", "sh", "-c", "ps; free")),
        Planned(110, "carol warns of what restricted would refuse", lambda: people.carol.kubectl(
            "label", "namespace", "pay", "pod-security.kubernetes.io/warn=restricted", "--overwrite")),
    ]  # fmt: skip


def today(people: People) -> list[Planned]:
    """What happened once, on the day itself, beside the attack."""
    return [
        Planned(30, "a delivery of the API", lambda: _deliver(people.pipeline, "api", "api", "2.3.2")),
        Planned(75, "bob mends the policy of the cache", lambda: people.bob.kubectl("apply", "-f", "-", stdin=json.dumps(CACHE_POLICY))),
        Planned(95, "bob gives the front end limits", lambda: people.bob.kubectl(
            "set", "resources", "deployment/web", "-n", "shop", "--requests=cpu=20m,memory=32Mi", "--limits=memory=128Mi")),
        Planned(240, "bob opens the cache to the office, for a test", lambda: people.bob.kubectl(
            "expose", "deployment", "cart-cache", "-n", "shop", "--name=cart-cache-test", "--type=NodePort", "--port=6379")),
        Planned(330, "carol holds the shop to a baseline", lambda: people.carol.kubectl(
            "label", "namespace", "shop", "pod-security.kubernetes.io/enforce=baseline", "--overwrite")),
    ]  # fmt: skip


CACHE_POLICY = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "cache-from-api", "namespace": "shop"},
    "spec": {
        "podSelector": {"matchLabels": {"app": "cart-cache"}},
        "policyTypes": ["Ingress"],
        "ingress": [
            {
                "from": [{"podSelector": {"matchLabels": {"app": name}}} for name in ("api", "worker")],
                "ports": [{"port": 6379}],
            }
        ],
    },
}


def _deliver(pipeline: Machine, name: str, program: str, version: str) -> object:
    image = f"{REGISTRY}/shop/{program}:{version}"
    pipeline.kubectl("set", "image", "-n", "shop", f"deployment/{name}", f"{name}={image}")
    return pipeline.kubectl("rollout", "status", "-n", "shop", f"deployment/{name}", "--timeout=60s", seconds=70)
