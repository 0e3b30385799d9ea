"""runAsNonRoot: the kubelet is told to refuse containers that would start as root. Since v1.35 a user namespace is as good."""

from __future__ import annotations

from seawall.admit.pss.check import Check, Fault, Revision, in_user_namespace
from seawall.admit.pss.level import Level
from seawall.model.cluster.workload import ContainerView, Workload
from seawall.model.finding import Change


def run_as_non_root(workload: Workload) -> list[Fault]:
    """Explicit `false` hides what is merely missing, as upstream reports it."""
    refused: list[Fault] = []
    missing: list[Fault] = []
    for_all = workload.pod.security.run_as_non_root
    if for_all is False:
        path = workload.at("securityContext.runAsNonRoot")
        refused.append(Fault(path, "must not be false", fix=_fix(path, *workload.containers())))
    for container in workload.containers():
        value = container.security.run_as_non_root
        if value is False:
            path = container.at("securityContext.runAsNonRoot")
            refused.append(Fault(path, "must not be false", container.name, _fix(path, container)))
        elif value is None and not for_all:
            path = container.at("securityContext.runAsNonRoot")
            missing.append(Fault(path, "must be true, here or for the pod", container.name, _fix(path, container)))
    return refused or missing


def _fix(path: str, *containers: ContainerView) -> Change | None:
    """None for root, which would not be started any more. Safe where the user is set, for otherwise the image decides."""
    users = [container.user for container in containers]
    return None if 0 in users else Change("set", path, True, safe=None not in users)


CHECK = Check(
    "runAsNonRoot",
    Level.RESTRICTED,
    "root not refused",
    (Revision(0, run_as_non_root), Revision(35, run_as_non_root, in_user_namespace)),
)
