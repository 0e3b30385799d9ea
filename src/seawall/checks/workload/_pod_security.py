"""A check of the Pod Security Standards as a check of the catalogue: the newest revision, judged by `admit.pss`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from seawall.admit.pss import CHECKS
from seawall.model.cluster.workload import Workload
from seawall.spi.check import Hit


def faults_of(id: str) -> Callable[[Workload], Iterator[Hit]]:  # noqa: A002  upstream's own word
    """What the upstream check `id` finds in a workload, by its newest revision."""
    check = next(one for one in CHECKS if one.id == id)
    revision = check.revisions[-1]
    judge, spares = revision.judge, revision.spares

    def faults(workload: Workload) -> Iterator[Hit]:
        found = judge(workload)
        if found and not (spares is not None and spares(workload.pod)):
            for fault in found:
                yield Hit(fault.path, message=fault.says, fix=fault.fix)

    return faults
