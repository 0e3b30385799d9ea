"""Cron runs that may overlap.

What: a CronJob allows a run to begin while the last one still goes.
Why: slow runs pile up until the node or the database gives in.
Severity: low, because it costs availability.
Fix: set `concurrencyPolicy` to `Forbid` or `Replace`.
Automatic: unsafe, because a run that comes while the last one goes is left out.
Limits: none.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.workload_kinds import CronJob
from seawall.spi.check import LOW, Context, Hit, Set, check
from seawall.spi.frameworks import ATTACK, OWASP


@check(
    "workload/overlapping-cron-runs",
    on=CronJob,
    severity=LOW,
    since="0.1",
    maps=(
        OWASP("K01"),
        ATTACK("T1499"),
    ),
)
def overlapping_cron_runs(job: CronJob, context: Context) -> Iterator[Hit]:
    if job.spec.concurrency_policy in ("", "Allow"):
        yield Hit("spec.concurrencyPolicy", fix=Set("Forbid"))
