"""The kinds that hold a pod template."""

from __future__ import annotations

from typing import Any

from seawall.model.cluster.meta import Object, Struct
from seawall.model.cluster.pod import PodTemplate
from seawall.model.cluster.selector import LabelSelector


class TemplateSpec(Struct, frozen=True):
    """The spec of a controller whose selector is a LabelSelector."""

    selector: LabelSelector | None = None
    template: PodTemplate = PodTemplate()
    replicas: int | None = None
    service_name: str = ""
    strategy: dict[str, Any] = {}
    update_strategy: dict[str, Any] = {}
    volume_claim_templates: tuple[dict[str, Any], ...] = ()
    revision_history_limit: int | None = None
    min_ready_seconds: int = 0
    paused: bool = False


class ControllerStatus(Struct, frozen=True):
    replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    observed_generation: int = 0


class Deployment(Object, frozen=True):
    spec: TemplateSpec = TemplateSpec()
    status: ControllerStatus = ControllerStatus()


class ReplicaSet(Object, frozen=True):
    spec: TemplateSpec = TemplateSpec()
    status: ControllerStatus = ControllerStatus()


class StatefulSet(Object, frozen=True):
    spec: TemplateSpec = TemplateSpec()
    status: ControllerStatus = ControllerStatus()


class DaemonSet(Object, frozen=True):
    spec: TemplateSpec = TemplateSpec()


class ReplicationControllerSpec(Struct, frozen=True):
    selector: dict[str, str] = {}
    template: PodTemplate = PodTemplate()
    replicas: int | None = None


class ReplicationController(Object, frozen=True):
    spec: ReplicationControllerSpec = ReplicationControllerSpec()


class JobSpec(Struct, frozen=True):
    selector: LabelSelector | None = None
    template: PodTemplate = PodTemplate()
    parallelism: int | None = None
    completions: int | None = None
    active_deadline_seconds: int | None = None
    backoff_limit: int | None = None
    ttl_seconds_after_finished: int | None = None
    suspend: bool = False


class Job(Object, frozen=True):
    spec: JobSpec = JobSpec()


class JobTemplate(Struct, frozen=True):
    spec: JobSpec = JobSpec()


class CronJobSpec(Struct, frozen=True):
    schedule: str = ""
    time_zone: str | None = None
    concurrency_policy: str = ""
    starting_deadline_seconds: int | None = None
    suspend: bool = False
    successful_jobs_history_limit: int | None = None
    failed_jobs_history_limit: int | None = None
    job_template: JobTemplate = JobTemplate()


class CronJob(Object, frozen=True):
    spec: CronJobSpec = CronJobSpec()


class PodTemplateObject(Object, frozen=True):
    """The kind `PodTemplate`, a template that is an object of its own."""

    template: PodTemplate = PodTemplate()


class Rollout(Object, frozen=True):
    """Argo Rollouts' Deployment with progressive delivery."""

    spec: TemplateSpec = TemplateSpec()


class CloneSet(Object, frozen=True):
    """OpenKruise's Deployment."""

    spec: TemplateSpec = TemplateSpec()
