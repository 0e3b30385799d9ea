"""Finished jobs kept.

What: a Job sets no time after which it is removed.
Why: finished pods stay with their logs, environment and volumes for whoever reads them.
Severity: info, because they do nothing any more.
Fix: set `ttlSecondsAfterFinished`.
Limits: jobs of a CronJob are removed by its history limits and are left out.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.workload_kinds import Job
from seawall.spi.check import INFO, Context, Hit, check
from seawall.spi.frameworks import ATTACK, OWASP


@check(
    "workload/kept-finished-job",
    on=Job,
    severity=INFO,
    since="0.1",
    maps=(
        OWASP("K01"),
        ATTACK("T1552"),
    ),
)
def kept_finished_job(job: Job, context: Context) -> Iterator[Hit]:
    if job.spec.ttl_seconds_after_finished is None and job.metadata.controller is None:
        yield Hit("spec.ttlSecondsAfterFinished")
