"""hostProbesAndHostLifecycle: probes and lifecycle hooks, which the kubelet runs, reach the pod itself and no other host."""

from __future__ import annotations

from seawall.admit.pss.check import Check, Fault, Revision
from seawall.admit.pss.level import Level
from seawall.model.cluster.pod import LifecycleHandler, Probe
from seawall.model.cluster.workload import ContainerView, Workload
from seawall.model.finding import Change


def host_probes(workload: Workload) -> list[Fault]:
    faults: list[Fault] = []
    for view in workload.containers():
        container = view.container
        if container.liveness_probe is not None:
            _collect(view, "livenessProbe", container.liveness_probe, faults)
        if container.readiness_probe is not None:
            _collect(view, "readinessProbe", container.readiness_probe, faults)
        if container.startup_probe is not None:
            _collect(view, "startupProbe", container.startup_probe, faults)
        if container.lifecycle is not None:
            if container.lifecycle.post_start is not None:
                _collect(view, "lifecycle.postStart", container.lifecycle.post_start, faults)
            if container.lifecycle.pre_stop is not None:
                _collect(view, "lifecycle.preStop", container.lifecycle.pre_stop, faults)
    return faults


def _collect(view: ContainerView, field: str, handler: Probe | LifecycleHandler, faults: list[Fault]) -> None:
    for kind, action in (("httpGet", handler.http_get), ("tcpSocket", handler.tcp_socket)):
        if action is not None and action.host:
            path = view.at(f"{field}.{kind}.host")
            faults.append(Fault(path, f'must not be set, it is "{action.host}"', view.name, Change("unset", path)))


CHECK = Check("hostProbesAndHostLifecycle", Level.BASELINE, "probes that name a host", (Revision(34, host_probes),))
