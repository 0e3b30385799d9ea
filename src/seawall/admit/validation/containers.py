"""Containers: their names, images, ports, variables, mounts, resources, probes and hooks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set
from functools import lru_cache

from seawall.admit.validation import security
from seawall.admit.validation.handlers import MOST_PORT, of_lifecycle, of_probe
from seawall.admit.validation.refusal import Refusal, invalid, one_of, required, within
from seawall.model.cluster import quantity
from seawall.model.cluster.names import label_problem, port_name_problem, subdomain_problem
from seawall.model.cluster.pod import Container, EnvFrom, EnvSource, KeySelector, Resources
from seawall.model.cluster.selector import key_problem
from seawall.model.cluster.workload import ContainerView, Position, Workload

_PROTOCOLS = frozenset({"TCP", "UDP", "SCTP"})
_PULL_POLICIES = frozenset({"Always", "IfNotPresent", "Never"})
_MESSAGE_POLICIES = frozenset({"File", "FallbackToLogsOnError"})
_PROPAGATIONS = frozenset({"None", "HostToContainer", "Bidirectional"})
RESTART_POLICIES = frozenset({"Always", "OnFailure", "Never"})
_RESOURCES = frozenset({"cpu", "memory", "ephemeral-storage"})
_POD_FIELDS = frozenset(
    [
        "metadata.name",
        "metadata.namespace",
        "metadata.uid",
        "spec.nodeName",
        "spec.serviceAccountName",
        "status.hostIP",
        "status.hostIPs",
        "status.podIP",
        "status.podIPs",
    ]
)
_SUBSCRIPTED = re.compile(r"metadata\.(?:annotations|labels)\['(?P<key>[^']*)'\]")
_KEY = re.compile(r"[-._a-zA-Z0-9]{1,253}")


def of_containers(workload: Workload, volumes: Set[str]) -> Iterator[Refusal]:
    """`volumes` are the names that a mount may use."""
    if not workload.pod.containers:
        yield Refusal(workload.at("containers"), "required", "a pod has at least one container")
    names: set[str] = set()
    lasting = {container.name for container in (*workload.pod.containers, *workload.pod.init_containers)}
    host_ports: set[tuple[str, str, int]] = set()
    for view in workload.containers():
        if view.position is not Position.MAIN:
            host_ports = set()  # init containers run one after the other
        yield from _of_container(view, volumes, names, host_ports)
        names.add(view.name)
        if view.position is Position.EPHEMERAL:
            yield from _of_ephemeral(view, lasting)
    if workload.pod.host_network:
        yield from _beside_host_network(workload)


def _of_container(
    view: ContainerView, volumes: Set[str], names: Set[str], host_ports: set[tuple[str, str, int]]
) -> Iterator[Refusal]:
    container = view.container
    if not container.name:
        yield Refusal(view.at("name"), "required", "must be set")
    else:
        yield from invalid(view.at("name"), label_problem(container.name))
    if container.name and container.name in names:
        yield Refusal(view.at("name"), "duplicate", f'two containers are named "{container.name}"')
    yield from required(view.at("image"), container.image)
    yield from one_of(view.at("imagePullPolicy"), container.image_pull_policy, _PULL_POLICIES)
    yield from one_of(view.at("terminationMessagePolicy"), container.termination_message_policy, _MESSAGE_POLICIES)
    if view.position is not Position.EPHEMERAL:
        yield from one_of(view.at("restartPolicy"), container.restart_policy, RESTART_POLICIES)
    if container.ports:
        yield from _of_ports(view, host_ports)
    for index, variable in enumerate(container.env):
        path = view.at(f"env[{index}]")
        if not variable.name:
            yield Refusal(f"{path}.name", "required", "must be set")
        else:
            yield from invalid(f"{path}.name", _variable_problem(variable.name))
        if variable.value_from is not None:
            has_value = variable.value is not None and variable.value.length > 0
            yield from _of_env_source(variable.value_from, f"{path}.valueFrom", has_value)
    for index, source in enumerate(container.env_from):
        yield from _of_env_from(source, view.at(f"envFrom[{index}]"))
    if container.volume_mounts:
        yield from _of_mounts(view, volumes)
    yield from _of_resources(container.resources, view.at("resources"))
    yield from security.of_container(view)
    yield from _of_hooks(view)


def _of_hooks(view: ContainerView) -> Iterator[Refusal]:
    container = view.container
    probes = (
        (container.liveness_probe, "livenessProbe"),
        (container.readiness_probe, "readinessProbe"),
        (container.startup_probe, "startupProbe"),
    )
    if view.runs_on:
        if container.lifecycle is not None:
            yield from of_lifecycle(container.lifecycle, view.at("lifecycle"), system=view.workload.pod.os is not None)
        for probe, name in probes:
            yield from of_probe(probe, view.at(name))
        return
    what = "init" if view.position is Position.INIT else "ephemeral"
    for hook, name in ((container.lifecycle, "lifecycle"), *probes):
        if hook is not None:
            yield Refusal(view.at(name), "forbidden", f"an {what} container has none")


def _of_ports(view: ContainerView, host_ports: set[tuple[str, str, int]]) -> Iterator[Refusal]:
    names: set[str] = set()
    for index, port in enumerate(view.container.ports):
        path = view.at(f"ports[{index}]")
        if port.name:
            problem = port_name_problem(port.name)
            yield from invalid(f"{path}.name", problem)
            if problem is None and port.name in names:
                yield Refusal(f"{path}.name", "duplicate", f'two ports are named "{port.name}"')
            names.add(port.name)
        if port.container_port == 0:
            yield Refusal(f"{path}.containerPort", "required", "must be set")
        else:
            yield from within(f"{path}.containerPort", port.container_port, 1, MOST_PORT)
        # On the node's network a port takes the node's, whether it says so or not.
        on_node = port.host_port or (port.container_port if view.workload.pod.host_network else 0)
        if on_node != 0:
            yield from within(f"{path}.hostPort", on_node, 1, MOST_PORT)
            taken = (port.protocol, port.host_ip, on_node)
            if taken in host_ports:
                yield Refusal(f"{path}.hostPort", "duplicate", f"{on_node}/{port.protocol} is taken twice")
            host_ports.add(taken)
        yield from one_of(f"{path}.protocol", port.protocol, _PROTOCOLS)


def _beside_host_network(workload: Workload) -> Iterator[Refusal]:
    for view in workload.containers():
        if view.position is Position.MAIN:
            for index, port in enumerate(view.container.ports):
                if port.host_port not in (0, port.container_port):
                    yield Refusal(
                        view.at(f"ports[{index}].hostPort"),
                        "invalid",
                        "on the node's network it must be the containerPort",
                    )


@lru_cache(maxsize=1 << 12)
def _variable_problem(name: str) -> str | None:
    if all(" " <= character <= "~" and character != "=" for character in name):
        return None
    return f'"{name}" is no name of a variable: printable ASCII without "="'


def _of_env_source(source: EnvSource, at: str, has_value: bool) -> Iterator[Refusal]:
    references = (source.field_ref, source.resource_field_ref, source.config_map_key_ref, source.secret_key_ref)
    named = sum(reference is not None for reference in references)
    if source.field_ref is not None:
        yield from _of_field(source.field_ref.field_path, f"{at}.fieldRef")
    if source.resource_field_ref is not None:
        yield from required(f"{at}.resourceFieldRef.resource", source.resource_field_ref.get("resource"))
    if source.config_map_key_ref is not None:
        yield from _of_key(source.config_map_key_ref, f"{at}.configMapKeyRef")
    if source.secret_key_ref is not None:
        yield from _of_key(source.secret_key_ref, f"{at}.secretKeyRef")
    if not named:
        yield Refusal(at, "invalid", "has no source that is known")
    elif has_value:
        yield Refusal(at, "invalid", "stands beside `value`: only one may")
    elif named > 1:
        yield Refusal(at, "invalid", f"has {named} sources")


def _of_field(field: str, at: str) -> Iterator[Refusal]:
    if not field:
        yield Refusal(f"{at}.fieldPath", "required", "must be set")
        return
    subscripted = _SUBSCRIPTED.fullmatch(field)
    if subscripted is not None:
        yield from invalid(
            at, key_problem(subscripted["key"].lower() if "annotations" in field else subscripted["key"])
        )
    elif field not in _POD_FIELDS:
        yield Refusal(f"{at}.fieldPath", "invalid", f'"{field}" is no field that a variable can have')


def _of_key(selector: KeySelector, at: str) -> Iterator[Refusal]:
    yield from invalid(f"{at}.name", subdomain_problem(selector.name))
    if not selector.key:
        yield Refusal(f"{at}.key", "required", "must be set")
    elif not _KEY.fullmatch(selector.key) or selector.key == "." or selector.key.startswith(".."):
        yield Refusal(f"{at}.key", "invalid", f'"{selector.key}" is no key of a config map or secret')


def _of_env_from(source: EnvFrom, at: str) -> Iterator[Refusal]:
    if source.prefix:
        yield from invalid(f"{at}.prefix", _variable_problem(source.prefix))
    for reference, name in ((source.config_map_ref, "configMapRef"), (source.secret_ref, "secretRef")):
        if reference is not None and not reference.name:
            yield Refusal(f"{at}.{name}.name", "required", "must be set")
        elif reference is not None:
            yield from invalid(f"{at}.{name}.name", subdomain_problem(reference.name))
    if (source.config_map_ref is None) == (source.secret_ref is None):
        yield Refusal(at, "invalid", "must have one of configMapRef and secretRef")


def _of_mounts(view: ContainerView, volumes: Set[str]) -> Iterator[Refusal]:
    paths: set[str] = set()
    for index, mount in enumerate(view.container.volume_mounts):
        at = view.at(f"volumeMounts[{index}]")
        yield from required(f"{at}.name", mount.name)
        if mount.name not in volumes:
            yield Refusal(f"{at}.name", "missing", f'the pod has no volume "{mount.name}"')
        yield from required(f"{at}.mountPath", mount.mount_path)
        if mount.mount_path in paths:
            yield Refusal(f"{at}.mountPath", "invalid", f"two volumes are mounted at {mount.mount_path}")
        paths.add(mount.mount_path)
        for path, name in ((mount.sub_path, "subPath"), (mount.sub_path_expr, "subPathExpr")):
            if path.startswith("/"):
                yield Refusal(f"{at}.{name}", "invalid", "must be a relative path")
            if ".." in path.split("/"):
                yield Refusal(f"{at}.{name}", "invalid", 'must not contain ".."')
        if mount.sub_path and mount.sub_path_expr:
            yield Refusal(f"{at}.subPathExpr", "invalid", "stands beside `subPath`: only one may")
        yield from one_of(f"{at}.mountPropagation", mount.mount_propagation, _PROPAGATIONS)
        if mount.mount_propagation == "Bidirectional" and not view.security.privileged:
            yield Refusal(f"{at}.mountPropagation", "forbidden", "only a privileged container mounts for the node")


def _of_resources(resources: Resources, at: str) -> Iterator[Refusal]:
    for amounts, name in ((resources.limits, "limits"), (resources.requests, "requests")):
        for resource, text in amounts.items():
            path = f"{at}.{name}.{resource}"
            yield from invalid(path, _resource_problem(resource))
            yield from invalid(path, _amount_problem(text, _is_extended(resource)))
    for resource in resources.requests:
        if _is_extended(resource) and resource not in resources.limits:
            yield Refusal(f"{at}.limits", "required", f"{resource} cannot be overcommitted: it needs a limit")


@lru_cache(maxsize=1 << 10)
def _resource_problem(name: str) -> str | None:
    if name in _RESOURCES:
        return None
    if key_problem(name) is not None:
        return f'"{name}" is no name of a resource'
    if "/" not in name and not name.startswith("hugepages-"):
        return f'"{name}" is no resource of containers: others have a domain before a slash'
    if _is_extended(name) and (name.startswith("requests.") or key_problem(f"requests.{name}") is not None):
        return f'"{name}" is no name of an extended resource'
    return None


@lru_cache(maxsize=1 << 10)
def _is_extended(name: str) -> bool:
    """Whether a resource is counted in whole pieces by a device plugin, and not Kubernetes' own."""
    domain, slash, _ = name.partition("/")
    return bool(slash) and domain != "kubernetes.io" and not domain.endswith(".kubernetes.io")


@lru_cache(maxsize=1 << 12, typed=True)
def _amount_problem(text: int | float | str, whole: bool) -> str | None:
    try:
        amount = quantity.parse(text)
    except ValueError:
        return f'"{text}" is no quantity'
    if amount < 0:
        return f"{text} is negative"
    return f"{text} is no whole number" if whole and amount.denominator != 1 else None


def _of_ephemeral(view: ContainerView, lasting: Iterable[str]) -> Iterator[Refusal]:
    container: Container = view.container
    if container.target_container_name and container.target_container_name not in lasting:
        what = f'the pod has no container "{container.target_container_name}"'
        yield Refusal(view.at("targetContainerName"), "missing", what)
    for index, mount in enumerate(container.volume_mounts):
        for path, name in ((mount.sub_path, "subPath"), (mount.sub_path_expr, "subPathExpr")):
            if path:
                yield Refusal(view.at(f"volumeMounts[{index}].{name}"), "forbidden", "an ephemeral container has none")
    for field, name in (
        (container.ports, "ports"),
        (container.resources != Resources(), "resources"),
        (container.restart_policy is not None, "restartPolicy"),
    ):
        if field:
            yield Refusal(view.at(name), "forbidden", "an ephemeral container has none")
