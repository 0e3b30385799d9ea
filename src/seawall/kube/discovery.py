"""What the API server serves: groups, versions and resources."""

from __future__ import annotations

import msgspec

from seawall.kube.client import KubeClient
from seawall.kube.errors import Refused, Unreachable


class Resource(msgspec.Struct, frozen=True):
    """One resource: `path` lists it over all namespaces (`/apis/apps/v1/deployments`)."""

    group: str
    version: str
    name: str
    kind: str
    namespaced: bool
    verbs: tuple[str, ...]

    @property
    def path(self) -> str:
        return f"{self._prefix}/{self.name}"

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def _prefix(self) -> str:
        return f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"

    def in_namespace(self, namespace: str) -> str:
        return f"{self._prefix}/namespaces/{namespace}/{self.name}"


class Served(msgspec.Struct, frozen=True):
    """`resources` by (group, resource name), in the version that the server prefers first; `failed` says which group versions could not be asked."""

    version: str
    resources: dict[tuple[str, str], tuple[Resource, ...]]
    failed: dict[str, str]

    def find(self, group: str, plural: str, versions: tuple[str, ...]) -> Resource | None:
        """The resource in the first of `versions` that is served."""
        offered = {resource.version: resource for resource in self.resources.get((group, plural), ())}
        return next((offered[version] for version in versions if version in offered), None)


class _APIResource(msgspec.Struct, frozen=True):
    name: str
    kind: str = ""
    namespaced: bool = False
    verbs: tuple[str, ...] = ()


class _ResourceList(msgspec.Struct, frozen=True):
    resources: tuple[_APIResource, ...] = ()


class _GroupVersion(msgspec.Struct, frozen=True):
    version: str


class _Group(msgspec.Struct, frozen=True):
    name: str
    versions: tuple[_GroupVersion, ...] = ()


class _GroupList(msgspec.Struct, frozen=True):
    groups: tuple[_Group, ...] = ()


class _Version(msgspec.Struct, frozen=True, rename="camel"):
    git_version: str = ""


async def discover(client: KubeClient, groups: frozenset[str]) -> Served:
    """Asks which of `groups` (the core group is "") are served and what they hold. A group that fails is named, and the others are still known."""
    version = msgspec.json.decode(await client.get("/version"), type=_Version).git_version
    listed = msgspec.json.decode(await client.get("/apis"), type=_GroupList)
    wanted = [
        ("", "v1"),
        *((group.name, one.version) for group in listed.groups if group.name in groups for one in group.versions),
    ]
    resources: dict[tuple[str, str], tuple[Resource, ...]] = {}
    failed: dict[str, str] = {}
    for group, api in wanted:
        path = f"/apis/{group}/{api}" if group else f"/api/{api}"
        try:
            found = msgspec.json.decode(await client.get(path), type=_ResourceList)
        except (Refused, Unreachable) as error:
            failed[f"{group}/{api}" if group else api] = str(error)
            continue
        for one in found.resources:
            if "/" not in one.name:
                resource = Resource(group, api, one.name, one.kind, one.namespaced, one.verbs)
                resources[group, one.name] = (*resources.get((group, one.name), ()), resource)
    return Served(version, resources, failed)
