"""A real cluster followed: changes arrive, findings live, addresses have owners, faults heal."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import pytest
from tests.e2e.cluster.control_plane import ControlPlane
from tests.e2e.following import PRIVILEGED, deployment, following, gaps, rules_of, until

from seawall.app.watching import WatchedCluster
from seawall.store.client import Store
from seawall.store.embedded import EmbeddedStore
from seawall.store.migrate import migrate

pytestmark = pytest.mark.control_plane


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with EmbeddedStore(tmp_path_factory.mktemp("store")) as embedded:
        client = embedded.store()
        migrate(client, at=time.time_ns())
        yield client
        client.close()


@pytest.fixture
async def watched(control_plane: ControlPlane, store: Store) -> AsyncIterator[WatchedCluster]:
    async with following(control_plane.kubeconfig(), store) as followed:
        yield followed


async def test_a_finding_opens_and_is_resolved(
    watched: WatchedCluster, control_plane: ControlPlane, namespace: str, store: Store
) -> None:
    rule = "workload/privileged-container"
    await asyncio.to_thread(control_plane.apply, deployment("web", namespace, privileged=True))
    await until(lambda: rule in rules_of(watched, namespace))
    await asyncio.to_thread(control_plane.apply, deployment("web", namespace, privileged=False))
    await until(lambda: rule not in rules_of(watched, namespace))
    await asyncio.sleep(0.5)
    life = [
        row
        for row in store.select("SELECT * FROM seawall.finding_transition ORDER BY at")
        if row["namespace"] == namespace and row["rule"] == rule
    ]
    assert [row["transition"] for row in life if row["object"] == "web"][:1] == ["opened"]
    assert life[-1]["transition"] == "resolved"


async def test_addresses_have_owners(watched: WatchedCluster, control_plane: ControlPlane, namespace: str) -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": namespace},
        "spec": {"ports": [{"port": 80}], "selector": {"app": "web"}},
    }
    await asyncio.to_thread(control_plane.apply, service)
    address = (await asyncio.to_thread(control_plane.get, "-n", namespace, "service", "web"))["spec"]["clusterIP"]
    assert watched.view is not None
    cluster = watched.view.id

    def owner() -> str:
        index = watched.identities(cluster)
        assert index is not None
        return index.address(address, time.time_ns()).service

    await until(lambda: owner() == f"{namespace}/web")
    await asyncio.to_thread(control_plane.kubectl, "-n", namespace, "delete", "service", "web")
    await until(lambda: owner() == "")


async def test_an_api_server_that_restarts_is_followed_again(
    watched: WatchedCluster, control_plane: ControlPlane, namespace: str
) -> None:
    await asyncio.to_thread(control_plane.restart_api_server)
    await asyncio.to_thread(control_plane.apply, deployment("after", namespace, privileged=True))
    await until(lambda: PRIVILEGED in rules_of(watched, namespace), seconds=90)
    await until(lambda: not watched.current.coverage.gaps if watched.current else False, seconds=90)


async def test_what_is_forbidden_is_a_gap_and_the_rest_is_followed(control_plane: ControlPlane, namespace: str) -> None:
    control_plane.apply(
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "half", "namespace": namespace}},
        {
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": f"watch-{namespace}"},
            "rules": [{"apiGroups": ["", "apps"], "resources": ["pods", "deployments"], "verbs": ["list", "watch"]}],
        },
        {
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": f"watch-{namespace}"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": f"watch-{namespace}"},
            "subjects": [{"kind": "ServiceAccount", "name": "half", "namespace": namespace}],
        },
    )  # fmt: skip
    kubeconfig = control_plane.kubeconfig("half", token=control_plane.token("half", namespace))
    async with following(kubeconfig, name="half") as followed:
        assert gaps(followed).keys() >= {"Secret", "Role", "Service"}
        await asyncio.to_thread(control_plane.apply, deployment("seen", namespace, privileged=True))
        await until(lambda: PRIVILEGED in rules_of(followed, namespace))
