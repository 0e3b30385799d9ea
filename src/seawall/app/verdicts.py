"""Who judges the flows of a cluster: the policies that are known of it now, ready to be asked, made anew only when what decides has changed."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from threading import Lock

from seawall.app.moment import SECOND
from seawall.ingest.verdicts import Judges
from seawall.model.cluster.access_kinds import ServiceAccount
from seawall.model.cluster.cluster_kinds import Namespace, Node
from seawall.model.cluster.meta import Object
from seawall.model.cluster.network_kinds import (
    CalicoHostEndpoint,
    CalicoNetworkSet,
    CalicoPolicy,
    CalicoTier,
    CiliumCIDRGroup,
    CiliumPolicy,
    Service,
)
from seawall.model.cluster.snapshot import Cluster
from seawall.model.verdict import EndKind, FlowEnd, FlowTuple, FlowVerdict
from seawall.policy.flow_judge import FlowJudge
from seawall.policy.lower import POLICY_TYPES, PolicyModel
from seawall.policy.profiles import PROFILES

LOOK_AGAIN = 60 * SECOND
"""How old (ns, by the snapshots' times) a world may be before pods that it does not hold are looked for in a newer one."""
_DATAPLANES = {"cilium": "cilium", "calico-node": "calico"}
"""DaemonSets that enforce policies, with the profile that tells what they do."""
_MADE_OF: tuple[type[Object], ...] = (
    *POLICY_TYPES,
    CalicoTier,
    CalicoNetworkSet,
    CalicoHostEndpoint,
    CiliumCIDRGroup,
    Service,
)
"""The types whose objects policies are, or are made of."""


def profile_of(cluster: Cluster) -> str:
    """The profile of the dataplane that a cluster shows: by its DaemonSets, else by the policies that only one of them knows, else `upstream`."""
    for workload in cluster.workloads:
        if workload.kind == "DaemonSet" and workload.name in _DATAPLANES:
            return _DATAPLANES[workload.name]
    calico, cilium = bool(cluster.known(CalicoPolicy)), bool(cluster.known(CiliumPolicy))
    return "calico" if calico and not cilium else "cilium" if cilium and not calico else "upstream"


class ClusterJudge:
    """Judges by one state of one cluster; from any thread. `since` (UTC ns) is since when its policies are known to hold."""

    def __init__(self, cluster: Cluster, since: int | None) -> None:
        self.cluster, self.since = cluster, since
        self._judge = FlowJudge(PolicyModel.of(cluster, PROFILES[profile_of(cluster)]))
        self.version = self._judge.version
        self._lock = Lock()

    @property
    def strangers(self) -> int:
        return self._judge.strangers

    def kinds(self, ends: Sequence[FlowEnd]) -> list[EndKind]:
        with self._lock:
            return self._judge.kinds(ends)

    def judge(self, tuples: Sequence[FlowTuple], kinds: Sequence[tuple[EndKind, EndKind]]) -> list[FlowVerdict]:
        with self._lock:
            return self._judge.judge(tuples, kinds)


class Verdicts:
    """The judges of all clusters, by id. A pod that comes or goes makes no new one by itself."""

    def __init__(self) -> None:
        self._judges: dict[str, tuple[Hashable, ClusterJudge]] = {}
        self._lock = Lock()

    def of(self, cluster: Cluster, *, followed: bool) -> ClusterJudge:
        """Who judges by `cluster`. Of one that is followed it is known since when its policies hold; of a snapshot it is not."""
        with self._lock:
            kept = self._judges.get(cluster.id)
            if kept is not None and kept[1].cluster is cluster:
                return kept[1]
            decides = _decides(cluster)
            if kept is not None and kept[0] == decides and not _outlived(kept[1], cluster):
                return kept[1]
            made = ClusterJudge(cluster, cluster.taken_at if followed else None)
            if kept is not None and kept[1].version == made.version:
                made.since = kept[1].since
            self._judges[cluster.id] = decides, made
            return made


def judges_from(snapshot: Cluster | None, cluster: str) -> Judges:
    """Who judges the flows of `cluster`, by one snapshot of it; nobody where there is none."""
    judge = ClusterJudge(snapshot, None) if snapshot is not None else None
    return lambda asked: judge if asked == cluster else None


def _outlived(judge: ClusterJudge, cluster: Cluster) -> bool:
    """Whether a newer world may know ends that this one did not."""
    then, now = judge.cluster.taken_at, cluster.taken_at
    return judge.strangers > 0 and (then is None or now is None or now - then >= LOOK_AGAIN)


def _decides(cluster: Cluster) -> Hashable:
    """What verdicts hang on beside the flows: unequal where policies may say something else. Objects are compared as such, for a new one is a change."""
    nodes = cluster.known(Node)
    return (
        cluster.coverage.gaps,
        tuple(tuple(map(_Itself, cluster.known(kind))) for kind in _MADE_OF),
        *(
            frozenset((one.namespace, one.name, _labels(one)) for one in known)
            for known in (cluster.known(Namespace), cluster.known(ServiceAccount))
        ),
        frozenset((node.name, _labels(node), tuple(map(str, node.status.addresses))) for node in nodes),
    )


def _labels(thing: Object) -> frozenset[tuple[str, str]]:
    return frozenset(thing.labels.items())


class _Itself:
    """An object, equal to itself alone; kept, so that no other gets its place in memory."""

    __slots__ = ("thing",)

    def __init__(self, thing: Object) -> None:
        self.thing = thing

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Itself) and self.thing is other.thing

    def __hash__(self) -> int:
        return id(self.thing)
