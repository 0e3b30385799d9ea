"""A pod or a template of pods as a whole."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from seawall.admit.validation import security
from seawall.admit.validation.containers import RESTART_POLICIES, of_containers
from seawall.admit.validation.refusal import Refusal, invalid, one_of, within
from seawall.admit.validation.volumes import Volumes
from seawall.model.cluster.names import label_problem, subdomain_problem
from seawall.model.cluster.pod import Toleration
from seawall.model.cluster.selector import key_problem, value_problem
from seawall.model.cluster.workload import Workload

_DNS_POLICIES = frozenset({"ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"})
_PREEMPTION_POLICIES = frozenset({"PreemptLowerPriority", "Never"})
_EFFECTS = frozenset({"NoSchedule", "PreferNoSchedule", "NoExecute"})
_TOLERATIONS = frozenset({"Equal", "Exists"})
_SYSTEMS = frozenset({"linux", "windows"})
_LASTING = frozenset({"Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "ReplicationController"})
_ENDING = frozenset({"Job", "CronJob"})
_MOST_SECONDS = 2**31 - 1


def refusals(workload: Workload) -> Iterator[Refusal]:
    """Why the API server would refuse `workload`, field by field; nothing where it would not."""
    pod, at = workload.pod, workload.at
    if workload.object.metadata.name:
        yield from invalid("metadata.name", subdomain_problem(workload.object.metadata.name))
    for key, value in workload.labels.items():
        yield from invalid(workload.at_metadata("labels"), key_problem(key) or value_problem(value))
    volumes = Volumes(workload)
    yield from volumes.refusals
    yield from of_containers(workload, volumes.names)
    yield from security.of_pod(pod, at("securityContext"))
    if pod.share_process_namespace and pod.host_pid:
        what = "stands beside `hostPID`: only one may"
        yield Refusal(at("securityContext.shareProcessNamespace"), "invalid", what)
    if pod.host_users is False:
        for shared, name in ((pod.host_pid, "hostPID"), (pod.host_ipc, "hostIPC")):
            if shared:
                yield Refusal(at(name), "forbidden", "stands beside `hostUsers: false`: only one may")
    if pod.ephemeral_containers:
        what = "are added to a pod that runs"
        yield Refusal(at("ephemeralContainers"), "forbidden", what)
    yield from _of_restart_policy(workload)
    yield from one_of(at("dnsPolicy"), pod.dns_policy, _DNS_POLICIES)
    yield from one_of(at("preemptionPolicy"), pod.preemption_policy, _PREEMPTION_POLICIES)
    if pod.os is not None:
        yield from one_of(at("os.name"), pod.os.name, _SYSTEMS)
    yield from within(at("activeDeadlineSeconds"), pod.active_deadline_seconds, 1, _MOST_SECONDS)
    yield from _of_names(workload)
    for key, value in pod.node_selector.items():
        yield from invalid(at("nodeSelector"), key_problem(key) or value_problem(value))
    for index, toleration in enumerate(pod.tolerations):
        yield from _of_toleration(toleration, at(f"tolerations[{index}]"))
    for index, alias in enumerate(pod.host_aliases):
        yield from invalid(at(f"hostAliases[{index}].ip"), _address_problem(alias.ip))
        for place, name in enumerate(alias.hostnames):
            yield from invalid(at(f"hostAliases[{index}].hostnames[{place}]"), subdomain_problem(name))


def _of_restart_policy(workload: Workload) -> Iterator[Refusal]:
    policy, path = workload.pod.restart_policy, workload.at("restartPolicy")
    yield from one_of(path, policy, RESTART_POLICIES)
    if workload.kind in _LASTING and policy in ("OnFailure", "Never"):
        yield Refusal(path, "unsupported", f"the pods of a {workload.kind} are always started again")
    elif workload.kind in _ENDING and policy in ("", "Always"):
        yield Refusal(path, "required", f"a {workload.kind} needs OnFailure or Never")


def _of_names(workload: Workload) -> Iterator[Refusal]:
    pod, at = workload.pod, workload.at
    for name, field in (
        (pod.service_account_name, "serviceAccountName"),
        (pod.node_name, "nodeName"),
        (pod.priority_class_name, "priorityClassName"),
        (pod.runtime_class_name, "runtimeClassName"),
    ):
        if name:
            yield from invalid(at(field), subdomain_problem(name))
    for name, field in ((pod.hostname, "hostname"), (pod.subdomain, "subdomain")):
        if name:
            yield from invalid(at(field), label_problem(name))


def _of_toleration(toleration: Toleration, at: str) -> Iterator[Refusal]:
    operator = toleration.operator
    if toleration.key:
        yield from invalid(f"{at}.key", key_problem(toleration.key))
    elif operator != "Exists":
        yield Refusal(f"{at}.operator", "invalid", "without a key it must be Exists")
    if toleration.toleration_seconds is not None and toleration.effect != "NoExecute":
        yield Refusal(f"{at}.effect", "invalid", "with `tolerationSeconds` it must be NoExecute")
    yield from one_of(f"{at}.operator", operator, _TOLERATIONS)
    if operator in ("Equal", ""):
        yield from invalid(f"{at}.operator", value_problem(toleration.value))
    elif operator == "Exists" and toleration.value:
        yield Refusal(f"{at}.operator", "invalid", "Exists takes no value")
    yield from one_of(f"{at}.effect", toleration.effect, _EFFECTS)


def _address_problem(text: str) -> str | None:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return f'"{text}" is no IP address'
    return None
