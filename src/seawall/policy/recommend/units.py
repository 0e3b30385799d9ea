"""Whom one policy can be about: pods that labels select and that nothing else of the namespace shares.

A selector is made of labels that every pod of a workload has and that no rollout changes. Where labels select a second workload too, the two are one unit:
a policy for one of them would be a policy for both, whatever its name says.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from seawall.kit.bitsets import bitset, members
from seawall.model.cluster.meta import ObjectRef
from seawall.model.cluster.snapshot import Cluster
from seawall.model.cluster.workload_kinds import (
    DaemonSet,
    Deployment,
    ReplicaSet,
    ReplicationController,
    StatefulSet,
)
from seawall.policy.explain import PREFERRED, UNSTABLE
from seawall.policy.reach import Group
from seawall.policy.world import PodEnd, World

Scope = Literal["workload", "namespace"]

_OF_A_VERSION = (
    "app.kubernetes.io/version",
    "helm.sh/chart",
    "helm.sh/revision",
    "chart",
    "version",
    "app.kubernetes.io/managed-by",
    "heritage",
)
"""Labels that say which release it is, or who put it there: they change when it is delivered another way."""


class Chosen(msgspec.Struct, frozen=True):
    """A label of a selector, and why it was taken."""

    key: str
    value: str
    why: str


class Passed(msgspec.Struct, frozen=True):
    """A label that pods have and the selector does not use, and why."""

    key: str
    why: str


class Unit(msgspec.Struct, frozen=True, eq=False):
    """Pods that one policy is about. `labels` empty: every pod of the namespace, which is a unit only where it was asked for by namespace."""

    namespace: str
    name: str
    workloads: tuple[Group, ...]
    labels: tuple[Chosen, ...]
    passed: tuple[Passed, ...] = ()

    @property
    def selector(self) -> dict[str, str]:
        return {one.key: one.value for one in self.labels}

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


class Unnamed(msgspec.Struct, frozen=True, eq=False):
    """A workload that no stable label tells from everything else of its namespace."""

    workload: Group
    why: str


class Units(msgspec.Struct, frozen=True):
    """Every workload of a world is in one unit, or unnamed, or in its nodes' network (which no policy selects)."""

    units: tuple[Unit, ...]
    unnamed: tuple[Unnamed, ...]
    of: Mapping[ObjectRef, Unit]


def units_of(groups: Iterable[Group], world: World, scope: Scope) -> Units:
    """The units of workloads, or of namespaces."""
    by_namespace: dict[str, list[Group]] = defaultdict(list)
    for group in groups:
        if not all(pod.host_network for pod in group.pods):
            by_namespace[group.pods[0].namespace].append(group)
    units: list[Unit] = []
    unnamed: list[Unnamed] = []
    for namespace, mine in sorted(by_namespace.items()):
        if scope == "namespace":
            units.append(Unit(namespace, namespace, tuple(mine), ()))
            continue
        found = _Namespace(namespace, mine, world.by_namespace.get(namespace, ()), world.cluster)
        units += found.units
        unnamed += found.unnamed
    return Units(tuple(units), tuple(unnamed), {group.ref: unit for unit in units for group in unit.workloads})


class _Namespace:
    """Tells the workloads of one namespace apart. Pods are numbered, and sets of them are bits."""

    def __init__(self, name: str, groups: Sequence[Group], pods: Sequence[PodEnd], cluster: Cluster) -> None:
        self.name, self.groups, self.cluster = name, groups, cluster
        self.pods = [pod for pod in pods if not pod.host_network]
        self._number = {id(pod): at for at, pod in enumerate(self.pods)}
        having: dict[tuple[str, str], list[int]] = defaultdict(list)
        for at, pod in enumerate(self.pods):
            for label in pod.labels.items():
                having[label].append(at)
        self._having = {label: bitset(found) for label, found in having.items()}
        self._own = {
            group.ref: bitset(self._number[id(pod)] for pod in group.pods if id(pod) in self._number)
            for group in groups
        }
        self.units: list[Unit] = []
        self.unnamed: list[Unnamed] = []
        self._tell_apart()

    def _tell_apart(self) -> None:
        """Workloads are joined until each selector selects its own unit alone."""
        sets: list[tuple[Group, ...]] = [(group,) for group in self.groups]
        labels: dict[tuple[Group, ...], tuple[Chosen, ...]] = {}
        while waiting := [mine for mine in sets if mine not in labels]:
            mine = waiting[0]
            found = labels[mine] = self._select(mine)
            if not found:
                continue
            beyond = self._selected(found) & ~self._bits(mine)
            near = [one for one in sets if one is not mine and self._bits(one) & beyond]
            if near:
                joined = tuple(dict.fromkeys([*mine, *(group for one in near for group in one)]))
                sets = [one for one in sets if one is not mine and one not in near] + [joined]
        for mine in sets:
            found = labels[mine]
            if found:
                self.units.append(Unit(self.name, self._name(mine), mine, found, self._passed(mine, found)))
            else:
                names = ", ".join(group.ref.name for group in mine[:3])
                why = (
                    "its pods share no label that outlives a rollout"
                    if len(mine) == 1
                    else f"labels that select one of {names} select others of them too, and they share none"
                )
                self.unnamed += [Unnamed(group, why) for group in mine]
        self.units.sort(key=lambda unit: unit.name)

    def _name(self, mine: Sequence[Group]) -> str:
        first = min(mine, key=lambda group: (group.ref.name, group.ref.kind))
        twin = any(one.ref.name == first.ref.name and one.ref != first.ref for one in self.groups)
        return f"{first.ref.name}-{first.ref.kind.lower()}" if twin else first.ref.name

    def _bits(self, mine: Iterable[Group]) -> int:
        found = 0
        for group in mine:
            found |= self._own[group.ref]
        return found

    def _selected(self, labels: Iterable[Chosen]) -> int:
        found = (1 << len(self.pods)) - 1
        for one in labels:
            found &= self._having.get((one.key, one.value), 0)
        return found

    def _common(self, mine: Sequence[Group]) -> dict[str, str]:
        """The stable labels that all pods of these have alike."""
        own = self._bits(mine)
        first = self.pods[next(members(own))]
        return {
            key: value
            for key, value in first.labels.items()
            if key not in UNSTABLE and not own & ~self._having[key, value]
        }

    def _select(self, mine: Sequence[Group]) -> tuple[Chosen, ...]:
        """The fewest labels, the most telling first, that select no pods but these, or as few others as labels can."""
        common, fixed, own = self._common(mine), self._fixed(mine), self._bits(mine)
        chosen: list[Chosen] = []
        left = (1 << len(self.pods)) - 1 & ~own
        for key in sorted(common, key=lambda key: _rank(key, fixed)):
            kept = left & self._having[key, common[key]]
            if chosen and kept == left:
                continue
            why = _why(key, fixed, len(mine) > 1)
            if chosen:
                why += f"; without it the selector would take {self._names(left & ~kept)} too"
            chosen.append(Chosen(key, common[key], why))
            left = kept
            if not left:
                break
        selected = self._selected(chosen)
        for one in chosen[:-1]:  # a later label may have made an earlier one needless
            rest = [other for other in chosen if other is not one]
            if self._selected(rest) == selected:
                chosen = rest
        return tuple(chosen)

    def _names(self, bits: int) -> str:
        names = sorted(self.pods[at].name for at in members(bits))
        return ", ".join(names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")

    def _fixed(self, mine: Sequence[Group]) -> dict[str, str]:
        """The labels of the workloads' own selectors, which the API server never lets change."""
        found: dict[str, str] | None = None
        for group in mine:
            source = self.cluster.get(group.ref)
            labels: dict[str, str] = {}
            if isinstance(source, Deployment | StatefulSet | DaemonSet | ReplicaSet):
                labels = source.spec.selector.match_labels if source.spec.selector is not None else {}
            elif isinstance(source, ReplicationController):
                labels = source.spec.selector
            found = labels if found is None else {k: v for k, v in found.items() if labels.get(k) == v}
        return found or {}

    def _passed(self, mine: Sequence[Group], labels: Sequence[Chosen]) -> tuple[Passed, ...]:
        used, common = {one.key for one in labels}, self._common(mine)
        pods = [self.pods[at] for at in members(self._bits(mine))]
        found: list[Passed] = []
        for key in sorted({key for pod in pods for key in pod.labels} - used):
            if key in UNSTABLE:
                why = "changes with each rollout"
            elif key in _OF_A_VERSION:
                why = "may change with a release"
            elif key not in common:
                why = "not all its pods have it alike"
            else:
                why = "not needed to tell them apart"
            found.append(Passed(key, why))
        return tuple(found)


def _rank(key: str, fixed: Mapping[str, str]) -> tuple[bool, bool, int, str]:
    place = PREFERRED.index(key) if key in PREFERRED else len(PREFERRED)
    return key in _OF_A_VERSION, key not in fixed, place, key


def _why(key: str, fixed: Mapping[str, str], several: bool) -> str:
    if key in fixed:
        return "in the workload's own selector, which cannot change"
    if key in _OF_A_VERSION:
        return "all its pods have it; it may change with a release, and nothing better tells them apart"
    return "all their pods have it" if several else "all its pods have it"
