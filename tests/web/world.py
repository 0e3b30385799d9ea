"""A small world in a real store: cluster c1 (prod) with namespaces `a` and `b`, cluster c2 (dev) with another `a`.

Everything that belongs to c1/a alone carries the word `alpha`, of c1/b `bravo`, of c2 `charlie`, of the cluster as such `zulu`. Two ends of one flow
are seen from both sides, so traffic between a and b is named `border` on both. A canary stands where secrets are.
"""

from __future__ import annotations

from typing import Any

import msgspec

from seawall.model.cluster.coverage import Coverage, Gap, Scope
from seawall.model.cluster.decode import ObjectDecoder
from seawall.model.cluster.kinds import kind_of
from seawall.model.cluster.snapshot import Cluster
from seawall.model.event import TABLES
from seawall.model.event.arrow import record_batch
from seawall.store.client import Store

MINUTE = 60 * 10**9
HOUR = 60 * MINUTE
NOW = 1_800_000_000 * 10**9
"""The world's now: 2027-01-15T08:00:00Z."""
WORDS = {("c1", "a"): "alpha", ("c1", "b"): "bravo", ("c2", "a"): "charlie"}
CLUSTERS = {"c1": "prod", "c2": "dev"}
CANARY = "canary-7f3a9c-do-not-show"


def fill(store: Store) -> None:
    """Everything that the tables hold."""
    for number, ((cluster, namespace), word) in enumerate(WORDS.items()):
        _events(store, cluster, namespace, word, number)
        _ledger(store, cluster, word)
        _posture(store, cluster, namespace, word)
        _incident(store, cluster, namespace, word)
        _identity(store, cluster, namespace, word, number)
    _border(store)
    _insert(store, "finding_transition", [_finding("c1", "", "Node", "zulu-node", "zulu finding", "critical")])
    _insert(
        store,
        "scan_run",
        [
            {
                "started_at": NOW - 10 * MINUTE,
                "finished_at": NOW - 9 * MINUTE,
                "scan_id": f"scan-zulu-{cluster}",
                "cluster": cluster,
                "cluster_name": name,
                "version": "test",
                "objects": 12,
                "findings": [("high", 2)],
                "unknown": 1,
                "coverage": msgspec.json.encode(
                    Coverage({}, (Gap("forbidden", "zulu secrets", kind="Secret"),), {"Widget": 2})
                ).decode(),
            }
            for cluster, name in CLUSTERS.items()
        ],
    )
    _insert(
        store,
        "seawall_audit",
        [
            {
                "at": NOW - MINUTE,
                "entry_id": "look-1",
                "actor": "zulu-person",
                "role": "view",
                "action": "events",
                "outcome": "ok",
            }
        ],
    )


def _insert(store: Store, table: str, rows: list[dict[str, Any]]) -> None:
    batch = record_batch(TABLES[table], {name: [row[name] for row in rows] for name in rows[0]})
    token = msgspec.json.encode([table, rows[0]], enc_hook=str).decode()
    store.insert(table, batch, token=token)


def _envelope(cluster: str, batch: str, row: int, at: int) -> dict[str, Any]:
    return {
        "time": at,
        "observed_time": at + 10**9,
        "cluster": cluster,
        "source": "test",
        "batch_id": batch,
        "batch_row": row,
        "simulated": False,
    }


def _events(store: Store, cluster: str, namespace: str, word: str, number: int) -> None:
    flows = [
        _envelope(cluster, f"flows-{word}", row, NOW - 50 * MINUTE + row * MINUTE)
        | {
            "src_entity": "pod",
            "src_namespace": namespace,
            "src_pod": f"{word}-web-{row % 3}",
            "src_workload": f"{word}-web",
            "src_workload_kind": "Deployment",
            "src_service_account": f"{word}-account",
            "src_address": f"10.{number}.0.{row % 3 + 1}",
            "src_port": 40000 + row,
            "dst_entity": "pod" if row % 4 else "external",
            "dst_namespace": namespace if row % 4 else "",
            "dst_pod": f"{word}-db-0" if row % 4 else "",
            "dst_workload": f"{word}-db" if row % 4 else "",
            "dst_workload_kind": "StatefulSet" if row % 4 else "",
            "dst_domain": "" if row % 4 else f"{word}.example.com",
            "dst_address": f"10.{number}.0.9" if row % 4 else f"203.0.113.{number}",
            "dst_port": 5432 if row % 4 else 443,
            "network_transport": "tcp",
            "reporter": "source",
            "verdict": ("allowed", "denied", "unknown")[row % 3],
            "verdict_source": "cilium" if row % 3 < 2 else "",
            "policies": [f"NetworkPolicy {namespace}/{word}-policy"] if row % 3 == 1 else [],
            "is_reply": False,
            "events": 2,
        }
        for row in range(40)
    ]
    _insert(store, "flow", flows)
    _insert(
        store,
        "dns",
        [
            _envelope(cluster, f"dns-{word}", row, NOW - 50 * MINUTE + row * MINUTE - 10**9)
            | {
                "namespace": namespace,
                "pod": f"{word}-web-{row % 3}",
                "workload": f"{word}-web",
                "workload_kind": "Deployment",
                "client_address": f"10.{number}.0.{row % 3 + 1}",
                "record": "response",
                "question": f"{word}.example.com",
                "question_type": "A",
                "response_code": "NOERROR" if row % 5 else "NXDOMAIN",
                "answers": [f"203.0.113.{number}"],
                "verdict": "unknown",
            }
            for row in range(20)
        ],
    )
    _insert(
        store,
        "audit",
        [
            _envelope(cluster, f"audit-{word}", row, NOW - 40 * MINUTE + row * MINUTE)
            | {
                "audit_id": f"audit-id-{word}-{row}",
                "stage": "ResponseComplete",
                "level": "Metadata",
                "verb": ("get", "create", "update", "delete")[row % 4],
                "user": f"{word}-user",
                "actor": f"{word}-user",
                "groups": [f"{word}-group"],
                "source_addresses": [f"192.0.2.{number}"],
                "resource": "pods" if row % 2 else "configmaps",
                "namespace": namespace,
                "name": f"{word}-web-0",
                "code": (200, 201, 403, 404)[row % 4] if row < 12 else 200,
                "request_uri": f"/api/v1/namespaces/{namespace}/pods/{word}-web-0",
            }
            for row in range(20)
        ],
    )
    _insert(
        store,
        "process",
        [
            _envelope(cluster, f"process-{word}", row, NOW - 52 * MINUTE + row * MINUTE)
            | {
                "namespace": namespace,
                "pod": f"{word}-web-{row % 3}",
                "workload": f"{word}-web",
                "workload_kind": "Deployment",
                "node": "worker-1",
                "action": "exec",
                "exec_id": f"exec-{word}-{row}",
                "parent_exec_id": f"exec-{word}-{row - 1}" if row else "",
                "executable_path": f"/usr/bin/{word}",
                "command_args": [word, "--serve"],
                "user": f"{word}-os-user",
            }
            for row in range(10)
        ],
    )


def _border(store: Store) -> None:
    _insert(
        store,
        "flow",
        [
            _envelope("c1", "flows-border", row, NOW - 30 * MINUTE + row * MINUTE)
            | {
                "src_entity": "pod",
                "src_namespace": "a",
                "src_workload": "border-client",
                "src_workload_kind": "Deployment",
                "dst_entity": "pod",
                "dst_namespace": "b",
                "dst_workload": "border-server",
                "dst_workload_kind": "Deployment",
                "dst_port": 8080,
                "network_transport": "tcp",
                "verdict": "allowed",
                "is_reply": False,
                "events": 1,
            }
            for row in range(5)
        ],
    )


def _ledger(store: Store, cluster: str, word: str) -> None:
    _insert(
        store,
        "batch_ledger",
        [
            {
                "stored_at": NOW - 20 * MINUTE,
                "batch_id": f"flows-{word}",
                "cluster": cluster,
                "source": "zulu-hubble",
                "kind": "flow",
                "outcome": "stored",
                "records_in": 45,
                "accepted": 40,
                "dropped": [("too old", 2)],
                "malformed": 3,
                "malformed_why": [("not JSON", 3)],
                "rows_out": 40,
                "least_time": NOW - 50 * MINUTE,
                "greatest_time": NOW - 11 * MINUTE,
                "received_at": NOW - 21 * MINUTE,
                "sender": "zulu-sender",
            }
        ],
    )


def _finding(cluster: str, namespace: str, kind: str, name: str, message: str, severity: str) -> dict[str, Any]:
    detail = {
        "id": f"finding-{name}",
        "rule": "workload/privileged-container",
        "severity": severity,
        "status": "fail",
        "message": message,
        "object": {"kind": kind, "name": name, "namespace": namespace},
        "owner": {"kind": kind, "name": name, "namespace": namespace},
        "path": "spec.template.spec.containers[0].securityContext.privileged",
        "change": {"op": "unset", "path": "spec.template.spec.containers[0].securityContext.privileged"},
    }
    return {
        "at": NOW - 26 * HOUR,
        "fingerprint": f"finding-{name}",
        "transition": "opened",
        "scan_id": "scan-0",
        "cluster": cluster,
        "rule": "workload/privileged-container",
        "severity": severity,
        "status": "fail",
        "namespace": namespace,
        "object_kind": kind,
        "object": name,
        "path": "spec.template.spec.containers[app].securityContext.privileged",
        "message": message,
        "detail": msgspec.json.encode(detail).decode(),
    }


def _posture(store: Store, cluster: str, namespace: str, word: str) -> None:
    open_one = _finding(cluster, namespace, "Deployment", f"{word}-web", f"{word} is privileged", "high")
    gone = _finding(cluster, namespace, "StatefulSet", f"{word}-db", f"{word} was privileged", "critical")
    over = gone | {"at": NOW - HOUR, "transition": "resolved", "status": "pass", "scan_id": "scan-1"}
    _insert(store, "finding_transition", [open_one, gone, over])


def _incident(store: Store, cluster: str, namespace: str, word: str) -> None:
    signal = {
        "time": NOW - 35 * MINUTE,
        "signal_id": f"signal-{word}",
        "written_at": NOW - 34 * MINUTE,
        "cluster": cluster,
        "rule": "audit/secret-sweep",
        "rule_version": "1",
        "severity": "high",
        "score": 0.9,
        "title": f"{word} swept secrets",
        "reasons": [f"{word} read 30 secrets"],
        "entity_kind": "user",
        "entity": f"{word}-user",
        "namespace": namespace,
        "events": 30,
        "kinds": ["audit"],
        "attack": ["T1552.007"],
    }
    _insert(store, "signal", [signal])
    _insert(
        store,
        "signal_evidence",
        [
            {
                "signal_id": f"signal-{word}",
                "event_id": f"audit-{word}.1",
                "written_at": NOW - 34 * MINUTE,
                "time": NOW - 39 * MINUTE,
                "cluster": cluster,
                "kind": "audit",
                "namespaces": [namespace],
                "event": msgspec.json.encode(
                    {
                        "actor": f"{word}-user",
                        "verb": "create",
                        "resource": "pods",
                        "subresource": "",
                        "request_uri": "",
                        "namespace": namespace,
                        "name": f"{word}-web-0",
                        "code": 201,
                    }
                ).decode(),
            }
        ],
    )
    case_signal = {
        "id": f"signal-{word}",
        "rule": "audit/secret-sweep",
        "severity": "high",
        "time": NOW - 35 * MINUTE,
        "title": f"{word} swept secrets",
        "entities": [f"user:{word}-user", f"workload:{namespace}/{word}-web"],
        "attack": ["T1552.007"],
        "namespace": namespace,
    }
    case = f"case-{word}"
    rows = [
        {
            "action": "opened",
            "data": {"title": f"{word} swept secrets", "severity": "high"},
            "actor": "seawall",
            "seen": "",
        },
        {"action": "signal", "data": case_signal, "actor": "seawall", "seen": ""},
        {"action": "note", "data": {"text": f"{word} note"}, "actor": f"{word}-analyst", "seen": f"{case}-1"},
    ]
    _insert(
        store,
        "case_entry",
        [
            row
            | {
                "at": NOW - 33 * MINUTE + number,
                "entry_id": f"{case}-{number}",
                "case_id": case,
                "cluster": cluster,
                "namespace": namespace,
                "data": msgspec.json.encode(row["data"]).decode(),
            }
            for number, row in enumerate(rows)
        ],
    )


def _identity(store: Store, cluster: str, namespace: str, word: str, number: int) -> None:
    _insert(
        store,
        "identity_interval",
        [
            {
                "cluster": cluster,
                "address": "10.0.0.1",
                "valid_from": NOW - 5 * HOUR,
                "written_at": NOW - HOUR,
                "entity": "pod",
                "uid": f"uid-{word}",
                "namespace": namespace,
                "pod": f"{word}-web-0",
                "workload": f"{word}-web",
                "workload_kind": "Deployment",
                "known_from": "watch",
            }
        ],
    )


def snapshot(cluster_id: str) -> Cluster:
    """The objects of a cluster, secrets with the canary included."""
    decoder = ObjectDecoder(b"k" * 32)
    documents: list[dict[str, Any]] = [
        {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "zulu-node", "labels": {"team": "zulu-team"}}}
    ]
    for (cluster, namespace), word in WORDS.items():
        if cluster == cluster_id:
            documents += _objects(namespace, word)
    objects = [
        decoder.decode(msgspec.json.encode(document), kind)
        for document in documents
        if (kind := kind_of(document["apiVersion"], document["kind"]))
    ]
    return Cluster(
        objects,
        name=CLUSTERS[cluster_id],
        id=cluster_id,
        scope=Scope("snapshot", "a snapshot", runtime=True),
        coverage=Coverage(objects={"Deployment": 2}),
        taken_at=NOW - 10 * MINUTE,
        raw=lambda thing: {"kind": thing.kind, "metadata": {"name": thing.name, "namespace": thing.namespace}},
    )


def _objects(namespace: str, word: str) -> list[dict[str, Any]]:
    pod = {
        "metadata": {"labels": {"app": f"{word}-web"}},
        "spec": {
            "serviceAccountName": f"{word}-account",
            "containers": [
                {
                    "name": "app",
                    "image": f"registry.example/{word}:1",
                    "env": [{"name": "PASSWORD", "value": CANARY}],
                    "securityContext": {"privileged": True},
                }
            ],
        },
    }
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": {"team": f"{word}-team"}}},
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": f"{word}-web", "namespace": namespace, "labels": {"app": f"{word}-web"}},
            "spec": {"replicas": 1, "selector": {"matchLabels": {"app": f"{word}-web"}}, "template": pod},
        },
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": f"{word}-lone", "namespace": namespace, "labels": {"app": f"{word}-web"}},
            "spec": pod["spec"],
        },
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": f"{word}-secret", "namespace": namespace},
            "stringData": {"password": CANARY},
        },
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": f"{word}-policy", "namespace": namespace},
            "spec": {"podSelector": {"matchLabels": {"app": f"{word}-web"}}, "policyTypes": ["Ingress"], "ingress": []},
        },
    ]
