"""Pods of a live cluster from the JSON of an API list to a Cluster with its indexes, beside json.load of the same bytes.

    python bench/decode.py                    10,000 pods
    python bench/decode.py --pods 50000

Pods have what a cluster adds to them: owners, tolerations, token volumes, conditions, container statuses. Every measure runs in a process of its own,
which reports CPU seconds (the best of three) and its peak memory, the list's bytes included.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

MEASURES = ("seawall", "json")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pods", type=int, default=10_000)
    parser.add_argument("--measure", choices=MEASURES, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure, options.file)))
        return
    with tempfile.TemporaryDirectory(prefix="seawall-bench-") as scratch:
        file = Path(scratch) / "pods.json"
        file.write_text(
            json.dumps(
                {
                    "kind": "PodList",
                    "apiVersion": "v1",
                    "metadata": {"resourceVersion": "1"},
                    "items": pods(options.pods),
                }
            )
        )
        size = file.stat().st_size
        command = [sys.executable, __file__, "--file", str(file), "--measure"]
        found: dict[str, dict[str, Any]] = {
            name: json.loads(subprocess.run([*command, name], check=True, capture_output=True).stdout)
            for name in MEASURES
        }
    ours, theirs = found["seawall"], found["json"]
    whole = ours["decode"] + ours["index"]
    print(f"{options.pods:,} pods, {size / 1e6:.1f} MB of JSON")
    print(
        f"Seawall: decode {ours['decode']:.2f} + index {ours['index']:.2f} = {whole:.2f} CPU s, {options.pods / whole:,.0f} pods/s, "
        f"peak {ours['peak']} MB ({ours['workloads']:,} owners)"
    )
    print(
        f"json.load alone: {theirs['decode']:.2f} CPU s, peak {theirs['peak']} MB: {theirs['decode'] / whole:.2f} times Seawall's time"
    )


def measure(name: str, file: Path) -> dict[str, Any]:
    gc.disable()
    runs = [seawall(file) if name == "seawall" else plain(file) for _ in range(3)]
    best = min(runs, key=lambda one: one["decode"] + one.get("index", 0))
    return best | {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10}


def seawall(file: Path) -> dict[str, Any]:
    from seawall.sources.state import read
    from seawall.spi.source import StateOptions

    start = time.process_time()
    cluster = read((str(file),), StateOptions())
    decoded = time.process_time()
    owners = {workload.owner for workload in cluster.pod_workloads}
    for pod in cluster.pods:
        cluster.get(pod.ref)
    end = time.process_time()
    return {"decode": decoded - start, "index": end - decoded, "workloads": len(owners)}


def plain(file: Path) -> dict[str, Any]:
    start = time.process_time()
    with file.open("rb") as stream:
        json.load(stream)
    return {"decode": time.process_time() - start}


# ------------------------------------------------------------------------------------------------ generated pods


def pods(count: int, seed: int = 7) -> list[dict[str, Any]]:
    rng = random.Random(seed)
    return [pod(rng, number) for number in range(count)]


def pod(rng: random.Random, number: int) -> dict[str, Any]:
    app, namespace = f"app-{number // 20:04}", f"ns-{number // 400:03}"
    suffix = f"{rng.getrandbits(40):010x}"
    token = f"kube-api-access-{suffix[:5]}"
    containers = [container(rng, name, token) for name in ("main", "proxy")[: 1 + (rng.random() < 0.3)]]
    return {
        "metadata": {
            "name": f"{app}-{suffix}",
            "generateName": f"{app}-",
            "namespace": namespace,
            "uid": f"{rng.getrandbits(128):032x}",
            "resourceVersion": str(rng.randrange(10**8)),
            "creationTimestamp": "2026-01-02T03:04:05Z",
            "labels": {"app": app, "pod-template-hash": suffix[:8], "app.kubernetes.io/part-of": "shop"},
            "annotations": {"checksum/config": f"{rng.getrandbits(256):064x}"},
            "ownerReferences": [
                {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": f"{app}-{suffix[:8]}", "uid": f"{rng.getrandbits(128):032x}", "controller": True}
            ],
        },
        "spec": {
            "containers": containers,
            "serviceAccountName": app,
            "nodeName": f"node-{rng.randrange(200):03}",
            "restartPolicy": "Always",
            "dnsPolicy": "ClusterFirst",
            "schedulerName": "default-scheduler",
            "securityContext": {"runAsNonRoot": True, "fsGroup": 2000} if rng.random() < 0.5 else {},
            "tolerations": [{"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300} for key in ("not-ready", "unreachable")],
            "volumes": [{"name": token, "projected": {"defaultMode": 420, "sources": [{"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}}, {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}}]}}],
        },
        "status": {
            "phase": "Running",
            "podIP": f"10.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(256)}",
            "hostIP": f"192.168.0.{rng.randrange(200)}",
            "qosClass": "Burstable",
            "conditions": [{"type": kind, "status": "True", "lastTransitionTime": "2026-01-02T03:04:06Z"} for kind in ("Initialized", "Ready", "ContainersReady", "PodScheduled")],
            "containerStatuses": [
                {
                    "name": one["name"], "image": one["image"], "imageID": f"{one['image']}@sha256:{rng.getrandbits(256):064x}", "ready": True, "restartCount": rng.randrange(3),
                    "containerID": f"containerd://{rng.getrandbits(256):064x}", "state": {"running": {"startedAt": "2026-01-02T03:04:07Z"}},
                }
                for one in containers
            ],
        },
    }  # fmt: skip


def container(rng: random.Random, name: str, token: str) -> dict[str, Any]:
    return {
        "name": name,
        "image": f"registry.example.com/shop/{name}:{rng.randint(1, 9)}.{rng.randint(0, 20)}",
        "imagePullPolicy": "IfNotPresent",
        "args": ["--listen=0.0.0.0:8080", "--log-format=json", f"--workers={rng.randint(1, 9)}"],
        "env": [{"name": "LOG_LEVEL", "value": "info"}, {"name": "DB_HOST", "value": "db.shop.svc"}, {"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}],
        "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
        "livenessProbe": {"httpGet": {"path": "/healthz", "port": "http", "scheme": "HTTP"}, "timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3},
        "volumeMounts": [{"name": token, "readOnly": True, "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}],
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }  # fmt: skip


if __name__ == "__main__":
    main()
