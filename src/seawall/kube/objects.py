"""Single objects by apiVersion, kind and name: read, made, changed and deleted, each as it was last seen or not at all."""

from __future__ import annotations

import copy
from typing import Any

import msgspec

from seawall.kube.client import KubeClient
from seawall.kube.discovery import Resource, discover
from seawall.kube.errors import NotFound, Refused, Unreachable

MANAGER = "seawall"
"""The field manager under which the API server notes what Seawall set."""


class Objects:
    """The objects of one API server. What each call raises is what `KubeClient` raises; NotFound for a kind that is not served."""

    def __init__(self, client: KubeClient) -> None:
        self._client = client
        self._parameters = {"fieldManager": MANAGER}
        self._dry_run = False
        self._resources: dict[tuple[str, str], Resource] = {}

    def rehearsal(self) -> Objects:
        """The same, of which the server keeps nothing: admission, validation and authorization speak all the same. Shares what was discovered."""
        found = copy.copy(self)
        found._parameters, found._dry_run = {**self._parameters, "dryRun": "All"}, True
        return found

    async def read(self, api_version: str, kind: str, namespace: str, name: str) -> dict[str, Any] | None:
        """The object, or None where there is none."""
        path = await self._path(api_version, kind, namespace)
        try:
            found: dict[str, Any] = msgspec.json.decode(await self._client.get(f"{path}/{name}"))
        except NotFound:
            return None
        return found

    async def create(self, thing: dict[str, Any]) -> None:
        """Makes it. Conflict where one of that name is there."""
        meta = thing["metadata"]
        path = await self._path(thing["apiVersion"], thing["kind"], meta.get("namespace") or "")
        await self._client.post(path, thing, self._parameters)

    async def apply(self, seen: dict[str, Any], fields: dict[str, Any]) -> None:
        """Sets `fields` by server-side apply, taking them over from whoever owns them. Conflict where the object is not as it was `seen`."""
        meta = seen["metadata"]
        path = await self._path(seen["apiVersion"], seen["kind"], meta.get("namespace") or "")
        names = {key: meta[key] for key in ("name", "namespace", "resourceVersion") if key in meta}
        body = {
            **fields,
            "apiVersion": seen["apiVersion"],
            "kind": seen["kind"],
            "metadata": {**fields.get("metadata", {}), **names},
        }
        await self._client.apply(f"{path}/{meta['name']}", body, MANAGER, force=True, dry_run=self._dry_run)

    async def merge(self, seen: dict[str, Any], patch: dict[str, Any]) -> None:
        """Changes it by a JSON merge patch. Conflict where the object is not as it was `seen`."""
        meta = seen["metadata"]
        path = await self._path(seen["apiVersion"], seen["kind"], meta.get("namespace") or "")
        metadata = {**patch.get("metadata", {}), "resourceVersion": meta["resourceVersion"]}
        await self._client.merge(f"{path}/{meta['name']}", {**patch, "metadata": metadata}, self._parameters)

    async def delete(self, seen: dict[str, Any]) -> None:
        """Deletes it. Conflict where the object is not as it was `seen`."""
        meta = seen["metadata"]
        path = await self._path(seen["apiVersion"], seen["kind"], meta.get("namespace") or "")
        options = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "preconditions": {"uid": meta["uid"], "resourceVersion": meta["resourceVersion"]},
            **({"dryRun": ["All"]} if self._dry_run else {}),  # in the body: beside one the query's is not looked at
        }
        await self._client.delete(f"{path}/{meta['name']}", options)

    async def labelled(self, selector: str, groups: frozenset[str]) -> tuple[list[dict[str, Any]], list[str]]:
        """Every object of `groups` that has the labels, and what could not be listed, a sentence each."""
        served = await discover(self._client, groups)
        found: list[dict[str, Any]] = []
        blind = [f"{group} could not be discovered: {why}" for group, why in served.failed.items()]
        for resources in served.resources.values():
            resource = resources[0]
            if "list" not in resource.verbs:
                continue
            try:
                async for page in self._client.pages(resource.path, {"labelSelector": selector}):
                    for item in page.items:
                        thing: dict[str, Any] = msgspec.json.decode(item)
                        found.append({"apiVersion": resource.api_version, "kind": resource.kind, **thing})
            except (Refused, Unreachable) as error:
                blind.append(f"{resource.name} could not be listed: {error}")
        return found, blind

    async def _path(self, api_version: str, kind: str, namespace: str) -> str:
        resource = self._resources.get((api_version, kind))
        if resource is None:
            group, _, _ = api_version.rpartition("/")
            for resources in (await discover(self._client, frozenset((group,)))).resources.values():
                for one in resources:
                    self._resources[one.api_version, one.kind] = one
            resource = self._resources.get((api_version, kind))
            if resource is None:
                raise NotFound(404, "NotFound", f"the API server serves no {kind} of {api_version}")
        return resource.in_namespace(namespace) if namespace and resource.namespaced else resource.path
