"""Pods and the templates that make them: containers, security contexts, volumes, probes, status."""

from __future__ import annotations

from typing import Any

import msgspec

from seawall.model.cluster.meta import Integer, Object, ObjectMeta, Struct
from seawall.model.cluster.redaction import Arguments, Features
from seawall.model.cluster.selector import LabelSelector

# ------------------------------------------------------------------------------------------------ security contexts


class SELinuxOptions(Struct, frozen=True):
    user: str = ""
    role: str = ""
    type: str = ""
    level: str = ""


class SeccompProfile(Struct, frozen=True):
    type: str = ""
    localhost_profile: str | None = None


class AppArmorProfile(Struct, frozen=True):
    type: str = ""
    localhost_profile: str | None = None


class WindowsOptions(Struct, frozen=True):
    host_process: bool | None = None
    gmsa_credential_spec_name: str | None = None
    run_as_user_name: str | None = None


class Capabilities(Struct, frozen=True):
    add: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()


class SecurityContext(Struct, frozen=True):
    """A container's. None is "not set", which a pod-level setting or the runtime's default then decides."""

    privileged: bool | None = None
    allow_privilege_escalation: bool | None = None
    capabilities: Capabilities | None = None
    read_only_root_filesystem: bool | None = None
    run_as_non_root: bool | None = None
    run_as_user: Integer | None = None
    run_as_group: Integer | None = None
    proc_mount: str | None = None
    se_linux_options: SELinuxOptions | None = None
    seccomp_profile: SeccompProfile | None = None
    app_armor_profile: AppArmorProfile | None = None
    windows_options: WindowsOptions | None = None


class Sysctl(Struct, frozen=True):
    name: str = ""
    value: str = ""


class PodSecurityContext(Struct, frozen=True):
    run_as_non_root: bool | None = None
    run_as_user: Integer | None = None
    run_as_group: Integer | None = None
    fs_group: Integer | None = None
    fs_group_change_policy: str | None = None
    supplemental_groups: tuple[Integer, ...] = ()
    sysctls: tuple[Sysctl, ...] = ()
    se_linux_options: SELinuxOptions | None = None
    seccomp_profile: SeccompProfile | None = None
    app_armor_profile: AppArmorProfile | None = None
    windows_options: WindowsOptions | None = None


NO_SECURITY = SecurityContext()
NO_POD_SECURITY = PodSecurityContext()

# ------------------------------------------------------------------------------------------------ environment


class KeySelector(Struct, frozen=True):
    """A key of a ConfigMap or Secret."""

    name: str = ""
    key: str = ""
    optional: bool | None = None


class FieldSelector(Struct, frozen=True):
    field_path: str = ""


class EnvSource(Struct, frozen=True):
    config_map_key_ref: KeySelector | None = None
    secret_key_ref: KeySelector | None = None
    field_ref: FieldSelector | None = None
    resource_field_ref: dict[str, Any] | None = None


class EnvVar(Struct, frozen=True):
    name: str = ""
    value: Features | None = None
    value_from: EnvSource | None = None


class LocalRef(Struct, frozen=True):
    """Names an object of the same namespace."""

    name: str = ""
    optional: bool | None = None


class EnvFrom(Struct, frozen=True):
    prefix: str = ""
    config_map_ref: LocalRef | None = None
    secret_ref: LocalRef | None = None


# ------------------------------------------------------------------------------------------------ containers


class ContainerPort(Struct, frozen=True):
    name: str = ""
    container_port: Integer = 0
    host_port: Integer = 0
    host_ip: str = msgspec.field(default="", name="hostIP")
    protocol: str = "TCP"


class VolumeMount(Struct, frozen=True):
    name: str = ""
    mount_path: str = ""
    sub_path: str = ""
    sub_path_expr: str = ""
    read_only: bool = False
    mount_propagation: str | None = None


class Resources(Struct, frozen=True):
    """Quantities as written; `quantity.parse` reads them."""

    requests: dict[str, int | float | str] = {}
    limits: dict[str, int | float | str] = {}
    claims: tuple[dict[str, Any], ...] = ()


class ExecAction(Struct, frozen=True):
    command: Arguments = Arguments()


class HTTPGetAction(Struct, frozen=True):
    path: str = ""
    port: int | str = 0
    host: str = ""
    scheme: str = ""


class TCPSocketAction(Struct, frozen=True):
    port: int | str = 0
    host: str = ""


class GRPCAction(Struct, frozen=True):
    port: Integer = 0
    service: str | None = None


class Probe(Struct, frozen=True):
    exec: ExecAction | None = None
    http_get: HTTPGetAction | None = None
    tcp_socket: TCPSocketAction | None = None
    grpc: GRPCAction | None = None
    initial_delay_seconds: Integer = 0
    timeout_seconds: Integer = 0
    period_seconds: Integer = 0
    success_threshold: Integer = 0
    failure_threshold: Integer = 0


class LifecycleHandler(Struct, frozen=True):
    exec: ExecAction | None = None
    http_get: HTTPGetAction | None = None
    tcp_socket: TCPSocketAction | None = None
    sleep: dict[str, Any] | None = None


class Lifecycle(Struct, frozen=True):
    post_start: LifecycleHandler | None = None
    pre_stop: LifecycleHandler | None = None
    stop_signal: str | None = None


class Container(Struct, frozen=True):
    """A container of any position: main, init, sidecar (an init container that restarts) or ephemeral."""

    name: str = ""
    image: str = ""
    image_pull_policy: str = ""
    command: Arguments = Arguments()
    args: Arguments = Arguments()
    working_dir: str = ""
    env: tuple[EnvVar, ...] = ()
    env_from: tuple[EnvFrom, ...] = ()
    ports: tuple[ContainerPort, ...] = ()
    resources: Resources = Resources()
    volume_mounts: tuple[VolumeMount, ...] = ()
    volume_devices: tuple[dict[str, Any], ...] = ()
    liveness_probe: Probe | None = None
    readiness_probe: Probe | None = None
    startup_probe: Probe | None = None
    lifecycle: Lifecycle | None = None
    termination_message_path: str = ""
    termination_message_policy: str = ""
    security_context: SecurityContext | None = None
    stdin: bool = False
    tty: bool = False
    restart_policy: str | None = None
    target_container_name: str = ""

    @property
    def security(self) -> SecurityContext:
        return self.security_context or NO_SECURITY


# ------------------------------------------------------------------------------------------------ volumes


class HostPath(Struct, frozen=True):
    path: str = ""
    type: str | None = None


class SecretVolume(Struct, frozen=True):
    secret_name: str = ""
    items: tuple[dict[str, Any], ...] = ()
    default_mode: Integer | None = None
    optional: bool | None = None


class ConfigMapVolume(Struct, frozen=True):
    name: str = ""
    items: tuple[dict[str, Any], ...] = ()
    default_mode: Integer | None = None
    optional: bool | None = None


class EmptyDir(Struct, frozen=True):
    medium: str = ""
    size_limit: int | float | str | None = None


class ServiceAccountToken(Struct, frozen=True):
    audience: str = ""
    expiration_seconds: Integer | None = None
    path: str = ""


class Projection(Struct, frozen=True):
    secret: LocalRef | None = None
    config_map: LocalRef | None = None
    service_account_token: ServiceAccountToken | None = None
    downward_api: dict[str, Any] | None = msgspec.field(default=None, name="downwardAPI")
    cluster_trust_bundle: dict[str, Any] | None = None
    pod_certificate: dict[str, Any] | None = None


class Projected(Struct, frozen=True):
    sources: tuple[Projection, ...] = ()
    default_mode: Integer | None = None


class ClaimRef(Struct, frozen=True):
    claim_name: str = ""
    read_only: bool = False


class CSIVolume(Struct, frozen=True):
    driver: str = ""
    read_only: bool | None = None
    volume_attributes: dict[str, str] = {}
    node_publish_secret_ref: LocalRef | None = None


class Volume(Struct, frozen=True):
    """A volume: its name and the one source that is set."""

    name: str = ""
    host_path: HostPath | None = None
    empty_dir: EmptyDir | None = None
    secret: SecretVolume | None = None
    config_map: ConfigMapVolume | None = None
    projected: Projected | None = None
    persistent_volume_claim: ClaimRef | None = None
    csi: CSIVolume | None = None
    downward_api: dict[str, Any] | None = msgspec.field(default=None, name="downwardAPI")
    ephemeral: dict[str, Any] | None = None
    image: dict[str, Any] | None = None
    gce_persistent_disk: dict[str, Any] | None = None
    aws_elastic_block_store: dict[str, Any] | None = None
    git_repo: dict[str, Any] | None = None
    nfs: dict[str, Any] | None = None
    iscsi: dict[str, Any] | None = None
    glusterfs: dict[str, Any] | None = None
    rbd: dict[str, Any] | None = None
    flex_volume: dict[str, Any] | None = None
    cinder: dict[str, Any] | None = None
    cephfs: dict[str, Any] | None = None
    flocker: dict[str, Any] | None = None
    fc: dict[str, Any] | None = None
    azure_file: dict[str, Any] | None = None
    azure_disk: dict[str, Any] | None = None
    vsphere_volume: dict[str, Any] | None = None
    quobyte: dict[str, Any] | None = None
    photon_persistent_disk: dict[str, Any] | None = None
    portworx_volume: dict[str, Any] | None = None
    scale_io: dict[str, Any] | None = msgspec.field(default=None, name="scaleIO")
    storageos: dict[str, Any] | None = None

    @property
    def types(self) -> tuple[str, ...]:
        """The API names of the sources that are set; the API server wants exactly one."""
        return tuple(api for attribute, api in _VOLUME_SOURCES if getattr(self, attribute) is not None)


_VOLUME_SOURCES: tuple[tuple[str, str], ...] = tuple(
    (field.name, field.encode_name) for field in msgspec.structs.fields(Volume) if field.name != "name"
)

# ------------------------------------------------------------------------------------------------ pod


class Toleration(Struct, frozen=True):
    key: str = ""
    operator: str = ""
    value: str = ""
    effect: str = ""
    toleration_seconds: Integer | None = None


class TopologySpread(Struct, frozen=True):
    max_skew: Integer = 0
    topology_key: str = ""
    when_unsatisfiable: str = ""
    label_selector: LabelSelector | None = None


class HostAlias(Struct, frozen=True):
    ip: str = ""
    hostnames: tuple[str, ...] = ()


class PodOS(Struct, frozen=True):
    name: str = ""


class PodResourceClaim(Struct, frozen=True):
    """A claim for devices: one that exists, or one to be made from a template, whose name the pod's status then tells."""

    name: str = ""
    resource_claim_name: str | None = None
    resource_claim_template_name: str | None = None


class PodSpec(Struct, frozen=True):
    containers: tuple[Container, ...] = ()
    init_containers: tuple[Container, ...] = ()
    ephemeral_containers: tuple[Container, ...] = ()
    volumes: tuple[Volume, ...] = ()
    security_context: PodSecurityContext | None = None
    service_account_name: str = ""
    service_account: str = ""
    automount_service_account_token: bool | None = None
    host_network: bool = False
    host_pid: bool = msgspec.field(default=False, name="hostPID")
    host_ipc: bool = msgspec.field(default=False, name="hostIPC")
    host_users: bool | None = None
    share_process_namespace: bool | None = None
    node_name: str = ""
    node_selector: dict[str, str] = {}
    affinity: dict[str, Any] | None = None
    tolerations: tuple[Toleration, ...] = ()
    topology_spread_constraints: tuple[TopologySpread, ...] = ()
    priority_class_name: str = ""
    priority: Integer | None = None
    preemption_policy: str | None = None
    runtime_class_name: str | None = None
    restart_policy: str = ""
    termination_grace_period_seconds: Integer | None = None
    active_deadline_seconds: Integer | None = None
    dns_policy: str = ""
    hostname: str = ""
    subdomain: str = ""
    host_aliases: tuple[HostAlias, ...] = ()
    image_pull_secrets: tuple[LocalRef, ...] = ()
    scheduler_name: str = ""
    enable_service_links: bool | None = None
    readiness_gates: tuple[dict[str, Any], ...] = ()
    os: PodOS | None = None
    resource_claims: tuple[PodResourceClaim, ...] = ()

    @property
    def security(self) -> PodSecurityContext:
        return self.security_context or NO_POD_SECURITY

    @property
    def account(self) -> str:
        """The service account that the pod runs as; the API server fills in `default`."""
        return self.service_account_name or self.service_account or "default"


class PodTemplate(Struct, frozen=True):
    metadata: ObjectMeta = ObjectMeta()
    spec: PodSpec = PodSpec()


class PodIP(Struct, frozen=True):
    ip: str = ""


class Condition(Struct, frozen=True):
    type: str = ""
    status: str = ""
    reason: str = ""
    message: str = ""
    last_transition_time: str | None = None


class ContainerStatus(Struct, frozen=True):
    name: str = ""
    image: str = ""
    image_id: str = msgspec.field(default="", name="imageID")
    container_id: str = msgspec.field(default="", name="containerID")
    ready: bool = False
    restart_count: Integer = 0
    state: dict[str, Any] = {}
    last_state: dict[str, Any] = {}


class PodResourceClaimStatus(Struct, frozen=True):
    """The claim that was made for a template; None where none was needed."""

    name: str = ""
    resource_claim_name: str | None = None


class ExtendedResourceClaimStatus(Struct, frozen=True):
    resource_claim_name: str = ""


class PodStatus(Struct, frozen=True):
    phase: str = ""
    reason: str = ""
    pod_ip: str = msgspec.field(default="", name="podIP")
    pod_ips: tuple[PodIP, ...] = msgspec.field(default=(), name="podIPs")
    host_ip: str = msgspec.field(default="", name="hostIP")
    start_time: str | None = None
    qos_class: str = ""
    conditions: tuple[Condition, ...] = ()
    container_statuses: tuple[ContainerStatus, ...] = ()
    init_container_statuses: tuple[ContainerStatus, ...] = ()
    ephemeral_container_statuses: tuple[ContainerStatus, ...] = ()
    resource_claim_statuses: tuple[PodResourceClaimStatus, ...] = ()
    extended_resource_claim_status: ExtendedResourceClaimStatus | None = None


class Pod(Object, frozen=True):
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()

    @property
    def addresses(self) -> tuple[str, ...]:
        """The pod's addresses; none before it has any and after it has ended."""
        if self.finished:
            return ()
        listed = tuple(entry.ip for entry in self.status.pod_ips if entry.ip)
        return listed or ((self.status.pod_ip,) if self.status.pod_ip else ())

    @property
    def finished(self) -> bool:
        return self.status.phase in ("Succeeded", "Failed")
