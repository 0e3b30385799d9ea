"""What the plugin does with a pod or a template that arrives in a namespace.

Pods are refused by the enforced level; templates never are, they are warned about and audited, which is why a Deployment is accepted and
its pods are not. Source: k8s.io/pod-security-admission `admission`.
"""

from __future__ import annotations

from typing import NamedTuple

from seawall.admit.pss.check import Violation
from seawall.admit.pss.level import Level
from seawall.admit.pss.policy import Exemptions, Policy
from seawall.admit.pss.standard import Assessment
from seawall.model.cluster.pod import Pod


class Admission(NamedTuple):
    """The plugin's answer. `refused` holds what a pod is turned away for; `exempt` says who it is exempt as ("" for nobody)."""

    refused: tuple[Violation, ...] = ()
    audited: tuple[Violation, ...] = ()
    warned: tuple[Violation, ...] = ()
    exempt: str = ""

    @property
    def allowed(self) -> bool:
        return not self.refused


_EVERYBODY = Exemptions()


def admit(
    assessment: Assessment,
    policy: Policy,
    exemptions: Exemptions = _EVERYBODY,
    *,
    user: str = "",
    as_pod: bool | None = None,
) -> Admission:
    """What happens when `user` creates the assessed pod or template in its namespace under `policy`.

    `as_pod` True asks for the pods that a template makes, which are what is refused in the end.
    """
    workload = assessment.workload
    namespace = workload.namespace
    if namespace and namespace in exemptions.namespaces:
        return Admission(exempt=f"namespace {namespace}")
    if user and user in exemptions.usernames:
        return Admission(exempt=f"user {user}")
    is_pod = isinstance(workload.object, Pod) if as_pod is None else as_pod
    if policy.privileged or (
        not is_pod and policy.warn.level is Level.PRIVILEGED and policy.audit.level is Level.PRIVILEGED
    ):
        return Admission()
    runtime_class = workload.pod.runtime_class_name
    if runtime_class and runtime_class in exemptions.runtime_classes:
        return Admission(exempt=f"runtime class {runtime_class}")
    refused = assessment.violations(*policy.enforce) if is_pod else ()
    return Admission(
        refused,
        assessment.violations(*policy.audit),
        () if refused else assessment.violations(*policy.warn),  # who is refused is not warned as well
    )
