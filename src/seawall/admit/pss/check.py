"""What one upstream check is here: an id, a level, and the revisions by which it was judged since some version.

A judge looks at a pod once and returns its faults; a revision says from which version on that judge speaks, which pods it spares, and which
baseline checks it replaces at the restricted level. Nothing else differs between versions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from seawall.admit.pss.level import Level
from seawall.model.cluster.pod import PodSpec
from seawall.model.cluster.workload import Workload
from seawall.model.finding import Change


class Fault(NamedTuple):
    """One field that is not as the standard wants it.

    `path` leads from the object's root to the field (a missing one is named where it belongs), `says` completes it to a sentence, `container` is the
    name of the container it belongs to ("" for the pod), `fix` the change that mends it where one is safe to name.
    """

    path: str
    says: str
    container: str = ""
    fix: Change | None = None


Judge = Callable[[Workload], list[Fault]]


class Revision(NamedTuple):
    """From minor version `since` on, `judge` decides, `spares` tells the pods that pass unseen, and `overrides` names the baseline checks it replaces."""

    since: int
    judge: Judge
    spares: Callable[[PodSpec], bool] | None = None
    overrides: tuple[str, ...] = ()


class Check(NamedTuple):
    """An upstream check: its id, the level it belongs to, its title in our words, and its revisions, oldest first."""

    id: str
    level: Level
    title: str
    revisions: tuple[Revision, ...]


class Violation(msgspec.Struct, frozen=True, gc=False):
    """A check that a pod fails. `check` is upstream's id, `level` the one the check belongs to, `title` what it is about."""

    check: str
    level: Level
    title: str
    faults: tuple[Fault, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        """The paths of the fields at fault."""
        return tuple(fault.path for fault in self.faults)

    @property
    def message(self) -> str:
        """All faults as one sentence each."""
        return "; ".join(f"{fault.path} {fault.says}" for fault in self.faults)


def runs_windows(pod: PodSpec) -> bool:
    """Windows pods carry none of the Linux settings, and say so since v1.25."""
    return pod.os is not None and pod.os.name == "windows"


def in_user_namespace(pod: PodSpec) -> bool:
    """With `hostUsers: false` root in the pod is nobody on the node."""
    return pod.host_users is False
