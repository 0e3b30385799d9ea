"""Who may do what: roles, bindings, service accounts, certificate requests."""

from __future__ import annotations

from typing import Any

import msgspec

from seawall.model.cluster.meta import Object, Struct
from seawall.model.cluster.pod import LocalRef
from seawall.model.cluster.selector import LabelSelector


class PolicyRule(Struct, frozen=True):
    verbs: tuple[str, ...] = ()
    api_groups: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    resource_names: tuple[str, ...] = ()
    non_resource_urls: tuple[str, ...] = msgspec.field(default=(), name="nonResourceURLs")


class AggregationRule(Struct, frozen=True):
    cluster_role_selectors: tuple[LabelSelector, ...] = ()


class Role(Object, frozen=True):
    rules: tuple[PolicyRule, ...] = ()


class ClusterRole(Object, frozen=True):
    rules: tuple[PolicyRule, ...] = ()
    aggregation_rule: AggregationRule | None = None


class RoleRef(Struct, frozen=True):
    api_group: str = ""
    kind: str = ""
    name: str = ""


class Subject(Struct, frozen=True):
    kind: str = ""
    api_group: str = ""
    name: str = ""
    namespace: str = ""


class RoleBinding(Object, frozen=True):
    role_ref: RoleRef = RoleRef()
    subjects: tuple[Subject, ...] = ()


class ClusterRoleBinding(Object, frozen=True):
    role_ref: RoleRef = RoleRef()
    subjects: tuple[Subject, ...] = ()


class ServiceAccount(Object, frozen=True):
    automount_service_account_token: bool | None = None
    secrets: tuple[LocalRef, ...] = ()
    image_pull_secrets: tuple[LocalRef, ...] = ()


class CertificateSigningRequest(Object, frozen=True):
    spec: dict[str, Any] = {}
    status: dict[str, Any] = {}
