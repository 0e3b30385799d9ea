"""Services, endpoint slices, ingresses, Gateway API and network policies of every dialect.

Policies and Gateway API keep their spec as decoded JSON: each dialect's reader names the fields that it does not support, which a
struct with only the known fields could not.
"""

from __future__ import annotations

from typing import Any

import msgspec

from seawall.model.cluster.meta import Object, Struct


class ServicePort(Struct, frozen=True):
    name: str = ""
    protocol: str = "TCP"
    port: int = 0
    target_port: int | str | None = None
    node_port: int = 0
    app_protocol: str | None = None


class ServiceSpec(Struct, frozen=True):
    type: str = "ClusterIP"
    selector: dict[str, str] | None = None
    ports: tuple[ServicePort, ...] = ()
    cluster_ip: str = msgspec.field(default="", name="clusterIP")
    cluster_ips: tuple[str, ...] = msgspec.field(default=(), name="clusterIPs")
    external_ips: tuple[str, ...] = msgspec.field(default=(), name="externalIPs")
    external_name: str = ""
    external_traffic_policy: str = ""
    internal_traffic_policy: str | None = None
    load_balancer_ip: str = msgspec.field(default="", name="loadBalancerIP")
    load_balancer_source_ranges: tuple[str, ...] = ()
    load_balancer_class: str | None = None
    allocate_load_balancer_node_ports: bool | None = None
    session_affinity: str = ""
    publish_not_ready_addresses: bool = False
    health_check_node_port: int = 0


class Service(Object, frozen=True):
    spec: ServiceSpec = ServiceSpec()
    status: dict[str, Any] = {}


class Endpoint(Struct, frozen=True):
    addresses: tuple[str, ...] = ()
    conditions: dict[str, bool | None] = {}
    hostname: str | None = None
    node_name: str | None = None
    target_ref: dict[str, str] | None = None


class EndpointPort(Struct, frozen=True):
    name: str | None = None
    protocol: str | None = None
    port: int | None = None


class EndpointSlice(Object, frozen=True):
    address_type: str = ""
    endpoints: tuple[Endpoint, ...] = ()
    ports: tuple[EndpointPort, ...] = ()


class IngressTLS(Struct, frozen=True):
    hosts: tuple[str, ...] = ()
    secret_name: str = ""


class IngressSpec(Struct, frozen=True):
    ingress_class_name: str | None = None
    default_backend: dict[str, Any] | None = None
    rules: tuple[dict[str, Any], ...] = ()
    tls: tuple[IngressTLS, ...] = ()


class Ingress(Object, frozen=True):
    spec: IngressSpec = IngressSpec()


class IngressClass(Object, frozen=True):
    spec: dict[str, Any] = {}


class Gateway(Object, frozen=True):
    spec: dict[str, Any] = {}


class GatewayClass(Object, frozen=True):
    spec: dict[str, Any] = {}


class Route(Object, frozen=True):
    """HTTPRoute, GRPCRoute, TLSRoute, TCPRoute and UDPRoute alike; `kind` tells which."""

    spec: dict[str, Any] = {}


class ReferenceGrant(Object, frozen=True):
    spec: dict[str, Any] = {}


class NetworkPolicy(Object, frozen=True):
    """networking.k8s.io/v1."""

    spec: dict[str, Any] = {}


class ClusterNetworkPolicy(Object, frozen=True):
    """policy.networking.k8s.io/v1alpha2."""

    spec: dict[str, Any] = {}


class AdminNetworkPolicy(Object, frozen=True):
    """policy.networking.k8s.io/v1alpha1."""

    spec: dict[str, Any] = {}


class BaselineAdminNetworkPolicy(Object, frozen=True):
    """policy.networking.k8s.io/v1alpha1."""

    spec: dict[str, Any] = {}


class CalicoPolicy(Object, frozen=True):
    """NetworkPolicy, GlobalNetworkPolicy and their Staged twins of projectcalico.org; `kind` tells which."""

    spec: dict[str, Any] = {}


class PolicyDraft(Object, frozen=True):
    """PolicyDraft and ClusterPolicyDraft of seawall.dev: `spec.policy` is a whole policy object that is not in force yet."""

    spec: dict[str, Any] = {}


class CalicoTier(Object, frozen=True):
    spec: dict[str, Any] = {}


class CalicoNetworkSet(Object, frozen=True):
    """NetworkSet and GlobalNetworkSet."""

    spec: dict[str, Any] = {}


class CalicoHostEndpoint(Object, frozen=True):
    spec: dict[str, Any] = {}


class CiliumPolicy(Object, frozen=True):
    """CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy. One object holds `spec`, or a list in `specs`, or both."""

    spec: dict[str, Any] | None = None
    specs: tuple[dict[str, Any], ...] = ()


class CiliumCIDRGroup(Object, frozen=True):
    spec: dict[str, Any] = {}
