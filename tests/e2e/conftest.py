"""Fixtures that give tests a real Kubernetes; each skips, saying why, where it cannot run."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest
from tests.e2e.cluster.control_plane import ControlPlane
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


@pytest.fixture
def namespace(control_plane: ControlPlane) -> Iterator[str]:
    """The name of a fresh, empty namespace with its default service account; deleted afterwards."""
    name = f"test-{secrets.token_hex(4)}"
    control_plane.kubectl("create", "namespace", name)
    control_plane.kubectl("wait", f"--namespace={name}", "--for=create", "serviceaccount/default", "--timeout=30s")
    yield name
    control_plane.kubectl("delete", "namespace", name, "--wait=false")
