"""Job without an end.

What: a Job sets no deadline.
Why: one that hangs runs on, and holds its credentials and its node.
Severity: info, because it is noticed sooner or later.
Fix: set `activeDeadlineSeconds`.
Limits: the deadline may stand on the pod; that is read too. A Job that a CronJob made is reported at the CronJob, where it can be mended; at
the Job itself where the CronJob is not in the input.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.identity import owner_ref
from seawall.model.cluster.workload_kinds import CronJob, Job
from seawall.spi.check import INFO, Context, Hit, check
from seawall.spi.frameworks import ATTACK, OWASP


@check(
    "workload/endless-job",
    on=(Job, CronJob),
    severity=INFO,
    since="0.1",
    maps=(
        OWASP("K01"),
        ATTACK("T1496"),
    ),
)
def endless_job(job: Job | CronJob, context: Context) -> Iterator[Hit]:
    above = owner_ref(job) if isinstance(job, Job) else None
    if above is not None and isinstance(context.cluster.get(above), CronJob):
        return
    spec = job.spec if isinstance(job, Job) else job.spec.job_template.spec
    if spec.active_deadline_seconds is None and spec.template.spec.active_deadline_seconds is None:
        yield Hit(
            "spec.activeDeadlineSeconds" if isinstance(job, Job) else "spec.jobTemplate.spec.activeDeadlineSeconds"
        )
