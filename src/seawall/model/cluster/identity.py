"""Who owns whom: from a pod to the workload that people know it by."""

from __future__ import annotations

from collections.abc import Callable

from seawall.model.cluster.meta import Object, ObjectRef

_GROUPS_END = "/"


def owner_ref(thing: Object) -> ObjectRef | None:
    """The controller that `thing` names as its owner."""
    owner = thing.metadata.controller
    if owner is None:
        return None
    group, slash, _ = owner.api_version.rpartition(_GROUPS_END)
    return ObjectRef(owner.kind, thing.metadata.namespace, owner.name, group if slash else "")


def top_owner(thing: Object, find: Callable[[ObjectRef], Object | None]) -> ObjectRef:
    """The top of the chain of controllers above `thing`; `thing` itself where nothing controls it.

    A ReplicaSet that was not collected is seen through by its name: a Deployment names it after itself and the template's hash. A static
    pod's owner is its node, which is no workload, so the pod stands for itself. A chain that loops ends where it repeats.
    """
    current, seen = thing, {thing.ref}
    while (above := owner_ref(current)) is not None and above.kind != "Node":
        found = find(above)
        if found is None:
            return _deployment_of(above, thing) or above
        if above in seen:
            break
        seen.add(above)
        current = found
    return current.ref


def _deployment_of(replica_set: ObjectRef, pod: Object) -> ObjectRef | None:
    name_hash = pod.labels.get("pod-template-hash")
    if replica_set.kind == "ReplicaSet" and name_hash and replica_set.name.endswith(f"-{name_hash}"):
        return ObjectRef("Deployment", replica_set.namespace, replica_set.name.removesuffix(f"-{name_hash}"), "apps")
    return None
