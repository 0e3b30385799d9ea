"""How far a namespace can be tightened: the strictest level that all it holds already meets, and what stands in the way of the next."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from seawall.admit.pss.check import Violation
from seawall.admit.pss.level import LATEST, Level, Version
from seawall.admit.pss.policy import PREFIX, Configuration, Policy, policy_of
from seawall.admit.pss.standard import Assessment
from seawall.model.cluster.cluster_kinds import Namespace
from seawall.model.cluster.coverage import NotCollected
from seawall.model.cluster.kinds import KINDS
from seawall.model.cluster.meta import Object, ObjectRef
from seawall.model.cluster.pod import Pod
from seawall.model.cluster.snapshot import Cluster
from seawall.model.cluster.workload import TEMPLATE_TYPES, Workload

_WORKLOAD_TYPES: tuple[type[Object], ...] = (Pod, *TEMPLATE_TYPES)
WORKLOAD_KINDS = frozenset(row.kind for row in KINDS if row.type in _WORKLOAD_TYPES)
"""Pod, and the kinds that hold a template of pods."""


class Obstacle(msgspec.Struct, frozen=True):
    """A check that keeps a namespace from a level, and the workloads that fail it, each with one of its violations."""

    check: str
    level: Level
    title: str
    by: tuple[tuple[ObjectRef, Violation], ...]


class Advice(msgspec.Struct, frozen=True):
    """What to do with one namespace.

    `tightest` is the strictest level that everything read meets, `next_level` the one above it and `obstacles` what stands between the two.
    `unknown` says what could not be read: then `tightest` is an upper bound and nothing new is enforced by `labels`.
    """

    namespace: str
    workloads: int
    policy: Policy
    problems: tuple[str, ...]
    """What is wrong with the labels that it has."""
    tightest: Level
    next_level: Level | None
    obstacles: tuple[Obstacle, ...]
    exempt: bool
    unknown: tuple[str, ...]
    labels: dict[str, str]
    """The labels to set; what stands already is left out."""

    @property
    def overstepped(self) -> bool:
        """Whether more is enforced than what it holds meets: pods that run now would be refused when they are made anew."""
        return self.policy.enforce.level.rank > self.tightest.rank


_NO_CONFIGURATION = Configuration()


def advise(
    cluster: Cluster, version: Version = LATEST, configuration: Configuration = _NO_CONFIGURATION
) -> tuple[Advice, ...]:
    """Advice for every namespace that was read or that something read lives in, by name. `version` is what the labels are pinned to."""
    unknown = _unread(cluster)
    held: dict[str, list[Workload]] = {namespace.name: [] for namespace in cluster.known(Namespace)}
    for workload in (*cluster.workloads, *cluster.pod_workloads):
        if not (isinstance(workload.object, Pod) and workload.object.finished):
            held.setdefault(workload.namespace, []).append(workload)
    return tuple(_advise(cluster, name, held[name], version, configuration, unknown) for name in sorted(held))


def _advise(
    cluster: Cluster,
    namespace: str,
    workloads: list[Workload],
    version: Version,
    configuration: Configuration,
    unknown: tuple[str, ...],
) -> Advice:
    present = cluster.namespace_labels(namespace)
    policy, problems = policy_of(present, configuration.defaults)
    tightest, obstacles = measure(workloads, version, configuration.exemptions.runtime_classes)
    next_level = None if tightest is Level.RESTRICTED else list(Level)[tightest.rank + 1]
    exempt = namespace in configuration.exemptions.namespaces
    labels = {} if exempt else _labels(policy, tightest, version, enforce=not unknown)
    return Advice(
        namespace=namespace,
        workloads=len({workload.owner for workload in workloads}),
        policy=policy,
        problems=problems,
        tightest=tightest,
        next_level=next_level,
        obstacles=obstacles,
        exempt=exempt,
        unknown=unknown,
        labels={name: value for name, value in labels.items() if present.get(name) != value},
    )


def measure(
    workloads: Iterable[Workload], version: Version, spared: frozenset[str] = frozenset()
) -> tuple[Level, tuple[Obstacle, ...]]:
    """The strictest level that all `workloads` meet but those of the runtime classes `spared`, and what keeps them from the next."""
    failing: dict[Level, dict[str, dict[ObjectRef, Violation]]] = {Level.BASELINE: {}, Level.RESTRICTED: {}}
    for workload in workloads:
        if workload.pod.runtime_class_name in spared:
            continue
        assessment = Assessment(workload)
        for level in (Level.RESTRICTED, Level.BASELINE):
            found = assessment.violations(level, version)
            for violation in found:
                failing[level].setdefault(violation.check, {}).setdefault(workload.owner, violation)
            if not found:
                break  # who meets restricted meets baseline
    wanted = next((level for level in (Level.BASELINE, Level.RESTRICTED) if failing[level]), None)
    if wanted is None:
        return Level.RESTRICTED, ()
    obstacles = []
    for check, by in failing[wanted].items():
        first = next(iter(by.values()))
        obstacles.append(Obstacle(check, first.level, first.title, tuple(by.items())))
    obstacles.sort(key=lambda obstacle: (-len(obstacle.by), obstacle.check))
    return list(Level)[wanted.rank - 1], tuple(obstacles)


def _labels(policy: Policy, tightest: Level, version: Version, *, enforce: bool) -> dict[str, str]:
    """Enforce what is met (never less than today), and hear about everything up to restricted."""
    labels: dict[str, str] = {}
    if enforce and tightest.rank >= policy.enforce.level.rank and tightest is not Level.PRIVILEGED:
        labels[PREFIX + "enforce"], labels[PREFIX + "enforce-version"] = tightest, str(version)
    for mode in ("audit", "warn"):
        labels[PREFIX + mode], labels[f"{PREFIX}{mode}-version"] = Level.RESTRICTED, str(version)
    return {name: str(value) for name, value in labels.items()}


def _unread(cluster: Cluster) -> tuple[str, ...]:
    """What keeps "all it holds" from being all."""
    found: list[str] = []
    for kind in _WORKLOAD_TYPES:
        try:
            cluster.of(kind)
        except NotCollected as gap:
            found.append(str(gap))
    found.extend(
        str(gap)
        for gap in cluster.coverage.gaps
        if gap.kind in WORKLOAD_KINDS and gap.reason not in ("forbidden", "unreachable")
    )
    return tuple(found)
