"""Fixtures that give tests a real Kubernetes; each skips, saying why, where it cannot run."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterator

import pytest
from tests.e2e.cluster import fake_nodes as fake
from tests.e2e.cluster.cluster import Cluster
from tests.e2e.cluster.control_plane import ControlPlane
from tests.e2e.cluster.enforcer import Enforcer
from tests.e2e.cluster.missing import Missing


@pytest.fixture(scope="session")
def control_plane() -> Iterator[ControlPlane]:
    """API server, etcd, controllers and scheduler, without a node: pods stay Pending."""
    try:
        started = ControlPlane.start()
    except Missing as why:
        pytest.skip(str(why))
    yield started
    started.end()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A cluster of its own with two real nodes, `n1` and `n2`, and DNS."""
    try:
        started = Cluster.start()
    except Missing as why:
        pytest.skip(str(why))
    yield started
    started.end()


@pytest.fixture(scope="session")
def kube_router() -> Iterator[Enforcer]:
    """A cluster of its own on which kube-router enforces NetworkPolicy."""
    yield from _enforced(Enforcer.kube_router)


@pytest.fixture(scope="session")
def kube_network_policies() -> Iterator[Enforcer]:
    """A cluster of its own on which kube-network-policies enforces NetworkPolicy and the Admin kinds."""
    yield from _enforced(Enforcer.kube_network_policies)


@pytest.fixture
def namespace(control_plane: ControlPlane) -> Iterator[str]:
    """The name of a fresh, empty namespace of `control_plane` with its default service account; deleted afterwards."""
    with _fresh_namespace(control_plane) as name:
        yield name


@pytest.fixture
def cluster_namespace(cluster: Cluster) -> Iterator[str]:
    """The same, of `cluster`."""
    with _fresh_namespace(cluster.control_plane) as name:
        yield name


@pytest.fixture
def fake_nodes(control_plane: ControlPlane) -> Callable[[int], list[str]]:
    """`fake_nodes(n)` adds n ready nodes without a machine to `control_plane` and returns their names."""

    def add(count: int) -> list[str]:
        try:
            return fake.add(control_plane, count)
        except Missing as why:
            pytest.skip(str(why))

    return add


def _enforced(start: Callable[[Cluster], Enforcer]) -> Iterator[Enforcer]:
    # Not the shared cluster: two enforcers on one would both decide, and other tests do not expect any.
    try:
        cluster = Cluster.start()
    except Missing as why:
        pytest.skip(str(why))
    try:
        yield start(cluster)
    except Missing as why:
        pytest.skip(str(why))
    finally:
        cluster.end()


@contextlib.contextmanager
def _fresh_namespace(control_plane: ControlPlane) -> Iterator[str]:
    name = f"test-{secrets.token_hex(4)}"
    control_plane.kubectl("create", "namespace", name)
    control_plane.kubectl("wait", f"--namespace={name}", "--for=create", "serviceaccount/default", "--timeout=30s")
    yield name
    control_plane.kubectl("delete", "namespace", name, "--wait=false")
