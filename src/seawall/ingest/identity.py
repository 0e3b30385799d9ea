"""Who owned an address at a time: joined to a batch a column at a time, never row by row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from seawall.model.cluster.cluster_kinds import Node
from seawall.model.cluster.meta import Object, ObjectRef
from seawall.model.cluster.network_kinds import Service
from seawall.model.cluster.pod import Pod
from seawall.model.cluster.snapshot import Cluster

if TYPE_CHECKING:
    import pyarrow as pa

BEGINNING = -(1 << 62)
END = 1 << 62


class Identity(msgspec.Struct, frozen=True):
    """Who an address or a pod name stood for, from `since` (included) to `until` (excluded), UTC nanoseconds."""

    entity: str
    namespace: str = ""
    pod: str = ""
    workload: str = ""
    workload_kind: str = ""
    node: str = ""
    service: str = ""
    service_account: str = ""
    labels: tuple[str, ...] = ()
    since: int = BEGINNING
    until: int = END


UNKNOWN = Identity("unknown")
EXTERNAL = Identity("external")


class IdentityIndex:
    """Identities by address and by pod name. Frozen once built: a new state of the cluster is a new index.

    An address that no interval covers is external when `external` says so (it lies outside every range of the cluster), else unknown.
    """

    def __init__(
        self, by_address: dict[str, tuple[Identity, ...]], by_pod: dict[tuple[str, str], tuple[Identity, ...]]
    ) -> None:
        self._by_address, self._by_pod = by_address, by_pod

    def address(self, address: str, at: int) -> Identity:
        """Who had `address` at `at`."""
        return _at(self._by_address.get(address, ()), at) or UNKNOWN

    def pod(self, namespace: str, name: str, at: int) -> Identity:
        """The pod of that name at `at`."""
        return _at(self._by_pod.get((namespace, name), ()), at) or UNKNOWN

    def resolve(
        self, end: str, batch: dict[str, pa.Array], times: pa.Array, address_column: str
    ) -> dict[str, pa.Array]:
        """The identity columns of one end (`src_`, `dst_` or "" as prefix), for rows where the source left them out.

        Distinct keys are looked up once each; rows are filled by dictionary take. A key whose owner changed within the batch's time is split by the moment of change.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        namespaces, pods, addresses = batch[f"{end}namespace"], batch[f"{end}pod"], batch[address_column]
        instants = times.cast(pa.int64())
        changes = self._changes_between(instants, pc)
        epochs = _epochs(instants, changes)
        keys = pa.StructArray.from_arrays(
            [namespaces, pods, addresses, epochs], names=["namespace", "pod", "address", "epoch"]
        )
        encoded = _encode(keys)
        moments = [*changes, None]
        found = []
        for key in encoded.dictionary.to_pylist():
            at = self._moment(key["epoch"], moments, instants)
            who = self.pod(key["namespace"], key["pod"], at) if key["pod"] else UNKNOWN
            found.append(who if who is not UNKNOWN else self.address(key["address"], at))
        return {name: _column(found, name, encoded.indices) for name in _FIELDS}

    def _changes_between(self, instants: pa.Array, compute: Any) -> list[int]:
        if len(instants) == 0:
            return []
        bounds = compute.min_max(instants).as_py()
        least, greatest = bounds["min"], bounds["max"]
        moments = {
            moment
            for identities in self._by_address.values()
            if len(identities) > 1 or identities[0].since > BEGINNING or identities[0].until < END
            for one in identities
            for moment in (one.since, one.until)
            if least < moment <= greatest
        }
        return sorted(moments)

    @staticmethod
    def _moment(epoch: int, changes: list[int | None], instants: pa.Array) -> int:
        """A time inside the stretch that `epoch` numbers: the start of the stretch, or the batch's first time for the first one."""
        import pyarrow.compute as pc

        if epoch == 0:
            return int(pc.min(instants).as_py())
        start = changes[epoch - 1]
        assert start is not None
        return start


_FIELDS = ("entity", "namespace", "pod", "workload", "workload_kind", "node", "service", "service_account", "labels")


def _at(identities: tuple[Identity, ...], at: int) -> Identity | None:
    for one in reversed(identities):
        if one.since <= at < one.until:
            return one
    return None


def _epochs(instants: pa.Array, changes: list[int]) -> pa.Array:
    """Which stretch between changes each row falls in."""
    import pyarrow as pa

    if not changes:
        return pa.repeat(pa.scalar(0, pa.int32()), len(instants))
    import numpy as np

    return pa.array(
        np.searchsorted(np.array(changes, dtype=np.int64), instants.to_numpy(), side="right").astype(np.int32)
    )


def _encode(keys: pa.StructArray) -> pa.DictionaryArray:
    """Dictionary of the distinct structs: Arrow encodes no structs, so columns are encoded and their numbers combined."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    combined = np.zeros(len(keys), dtype=np.int64)
    for column in keys.flatten():
        encoded = pc.dictionary_encode(column)
        combined = combined * max(len(encoded.dictionary), 1) + encoded.indices.to_numpy().astype(np.int64)
        # Numbers are made dense again after each column, so that they never overflow.
        _, combined = np.unique(combined, return_inverse=True)
    _, first, inverse = np.unique(combined, return_index=True, return_inverse=True)
    return pa.DictionaryArray.from_arrays(pa.array(inverse.astype(np.int32)), keys.take(pa.array(first)))


def _column(found: list[Identity], name: str, indices: pa.Array) -> pa.Array:
    import pyarrow as pa

    values = [getattr(one, name) for one in found]
    kind = pa.list_(pa.field("item", pa.string(), nullable=False)) if name == "labels" else pa.string()
    return pa.array(values, type=kind).take(indices)


# ------------------------------------------------------------------------------------------------ building


def index_of(cluster: Cluster) -> IdentityIndex:
    """Identities as one snapshot shows them: a pod from its start on, services, nodes and pods without a start time always."""
    return build(identities_of(cluster))


def build(identities: Iterable[tuple[str, Identity]]) -> IdentityIndex:
    """An index of (address, identity) pairs; the address is "" for a pod that has none."""
    by_address: dict[str, list[Identity]] = defaultdict(list)
    by_pod: dict[tuple[str, str], list[Identity]] = defaultdict(list)
    for address, identity in identities:
        if address:
            by_address[address].append(identity)
        if identity.entity == "pod":
            known = by_pod[identity.namespace, identity.pod]
            if not known or known[-1] is not identity:
                known.append(identity)
    return IdentityIndex(
        {address: tuple(sorted(found, key=lambda one: one.since)) for address, found in by_address.items()},
        {pod: tuple(sorted(found, key=lambda one: one.since)) for pod, found in by_pod.items()},
    )


def identities_of(cluster: Cluster) -> Iterable[tuple[str, Identity]]:
    """Every address of a snapshot with whom it stands for. A pod on its node's network gives no address: the node has it."""
    for node in cluster.known(Node):
        for entry in node.status.addresses:
            if entry.type in ("InternalIP", "ExternalIP"):
                yield entry.address, Identity("node", node=node.name, labels=_labels(node))
    for service in cluster.known(Service):
        for address in service.spec.cluster_ips or ((service.spec.cluster_ip,) if service.spec.cluster_ip else ()):
            if address and address != "None":
                yield (
                    address,
                    Identity(
                        "service",
                        namespace=service.namespace,
                        service=f"{service.namespace}/{service.name}",
                        labels=_labels(service),
                    ),
                )
    for pod in cluster.known(Pod):
        identity = pod_identity(pod, cluster.owner_of(pod))
        addresses = () if pod.spec.host_network else pod.addresses
        for address in addresses or ("",):
            yield address, identity


def pod_identity(pod: Pod, owner: ObjectRef) -> Identity:
    """A pod's identity from its start on."""
    return Identity(
        "pod",
        namespace=pod.namespace,
        pod=pod.name,
        workload=owner.name,
        workload_kind=owner.kind,
        node=pod.spec.node_name,
        service_account=pod.spec.account,
        labels=_labels(pod),
        since=nanoseconds(pod.status.start_time) if pod.status.start_time else BEGINNING,
    )


def nanoseconds(text: str) -> int:
    """An RFC 3339 time as UTC nanoseconds."""
    from datetime import datetime

    moment = datetime.fromisoformat(text)
    return int(moment.timestamp()) * 1_000_000_000 + moment.microsecond * 1000


def _labels(thing: Object) -> tuple[str, ...]:
    return tuple(sorted(f"{key}={value}" for key, value in thing.labels.items()))
