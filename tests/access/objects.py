"""RBAC objects for tests, in one line each."""

from __future__ import annotations

from typing import Any

from tests.model.cluster.clusters import cluster_of

from seawall.access import AccessIndex
from seawall.access.decision import Principal
from seawall.model.cluster.coverage import FILES, Gap, Scope

Document = dict[str, Any]
RBAC = "rbac.authorization.k8s.io"


def rule(verbs: str, resources: str = "", group: str = "", *, names: str = "", urls: str = "") -> Document:
    """Verbs, resources, names and URLs are separated by spaces."""
    if urls:
        return {"verbs": verbs.split(), "nonResourceURLs": urls.split()}
    found: Document = {"verbs": verbs.split(), "apiGroups": [group], "resources": resources.split()}
    return {**found, "resourceNames": names.split()} if names else found


def role(name: str, *rules: Document, namespace: str = "", **metadata: Any) -> Document:
    kind = "Role" if namespace else "ClusterRole"
    where = {"namespace": namespace} if namespace else {}
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": kind,
        "metadata": {"name": name, **where, **metadata},
        "rules": list(rules),
    }


def aggregated(name: str, *labels: str, rules: tuple[Document, ...] = (), **metadata: Any) -> Document:
    selectors = [{"matchLabels": {label: "yes"}} for label in labels]
    return {**role(name, *rules, **metadata), "aggregationRule": {"clusterRoleSelectors": selectors}}


def bind(name: str, to: str, *subjects: str, namespace: str = "") -> Document:
    """`to` is `ROLE` of the namespace or `cluster:ROLE`; subjects are `user:X`, `group:X`, `account:NS/X` or `account:X`."""
    where = {"namespace": namespace} if namespace else {}
    kind = "ClusterRole" if to.startswith("cluster:") or not namespace else "Role"
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "RoleBinding" if namespace else "ClusterRoleBinding",
        "metadata": {"name": name, **where},
        "roleRef": {"apiGroup": RBAC, "kind": kind, "name": to.removeprefix("cluster:")},
        "subjects": [_subject(text) for text in subjects],
    }


def _subject(text: str) -> Document:
    kind, _, name = text.partition(":")
    if kind == "account":
        namespace, slash, account = name.rpartition("/")
        return {"kind": "ServiceAccount", "name": account, **({"namespace": namespace} if slash else {})}
    return {"kind": {"user": "User", "group": "Group"}.get(kind, kind), "apiGroup": RBAC, "name": name}


def principal(text: str) -> Principal:
    kind, _, name = text.partition(":")
    if kind == "account":
        namespace, _, account = name.partition("/")
        return Principal("ServiceAccount", account, namespace)
    return Principal(kind.title(), name)


def index_of(*documents: Document, scope: Scope = FILES, gaps: tuple[Gap, ...] = (), **options: Any) -> AccessIndex:
    return AccessIndex(cluster_of(documents, scope=scope, gaps=gaps), **options)
