"""Fixtures that give tests a real Kubernetes and a real browser; each skips, saying why, where it cannot run."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from tests.e2e.cluster import fake_nodes as fake
from tests.e2e.cluster.cluster import Cluster
from tests.e2e.cluster.control_plane import ControlPlane
from tests.e2e.cluster.enforcer import Enforcer
from tests.e2e.cluster.missing import Missing
from tests.e2e.ui.browser import DESK, chromium, launched

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


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


@pytest.fixture(scope="module")  # not longer: it keeps a core busy while it lives
def kube_router() -> Iterator[Enforcer]:
    """A cluster of its own on which kube-router enforces NetworkPolicy."""
    yield from _enforced(Enforcer.kube_router)


@pytest.fixture(scope="module")  # not longer: it keeps a core busy while it lives
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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Of one module, because its driver keeps an event loop running, below which no test may start its own."""
    if chromium() is None:
        pytest.skip("no Chromium: apt-get install chromium")
    pytest.importorskip("playwright", reason="no playwright: pip install playwright")
    # Playwright's own driver refuses to run below a debugger's event loop; pytest starts none here.
    os.environ.setdefault("PLAYWRIGHT_BROWSERS_PATH", "0")
    with launched() as started:
        yield started


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a page in a context of its own: `open_page(viewport=…, color_scheme=…)`. Errors of the page fail the test."""
    contexts = []
    errors: list[str] = []

    def opened(**options: Any) -> Page:
        context = browser.new_context(**({"viewport": DESK} | options))
        contexts.append(context)
        context.set_default_timeout(60_000)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    return open_page()


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
