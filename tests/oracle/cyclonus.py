"""Cyclonus, a simulator of NetworkPolicy by other authors, built from its Go module when first asked and kept."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tests.oracle.build import UNUSABLE, GoMissing, cache_folder

MODULE = "github.com/mattfenwick/cyclonus"
VERSION = "v0.5.6"


def executable() -> Path:
    """The program at `VERSION`; Go's checksum database vouches for what was fetched. GoMissing where it cannot be built."""
    folder = cache_folder() / f"cyclonus-{VERSION}"
    folder.mkdir(parents=True, exist_ok=True)
    built = folder / "cyclonus"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test processes may want it at once
        if not built.exists():
            install(folder)
    return built


def install(folder: Path) -> None:
    go = shutil.which("go")
    if go is None:
        raise GoMissing("cyclonus needs Go, which is not on PATH")
    command = [go, "install", "-ldflags=-s -w", f"{MODULE}/cmd/cyclonus@{VERSION}"]
    environment = {**os.environ, "GOBIN": str(folder)}
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        reason = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"go install exited {done.returncode}"
        if any(sign in done.stderr for sign in UNUSABLE):
            raise GoMissing(f"cyclonus cannot be built here: {reason}")
        raise RuntimeError(f"{' '.join(command)}\n{done.stderr}")


def probed(
    program: Path,
    documents: list[dict[str, Any]],
    policies: list[dict[str, Any]],
    probes: list[tuple[str, int]],
    folder: Path,
) -> dict[tuple[str, int], dict[tuple[str, str], bool]]:
    """What cyclonus says: for each probe (a protocol and a port) the verdict of each ordered pair of different pods; `folder` takes its input."""
    pods = [one for one in documents if one["kind"] == "Pod"]
    resources = {
        "Namespaces": {
            one["metadata"]["name"]: {
                "kubernetes.io/metadata.name": one["metadata"]["name"],
                **one["metadata"]["labels"],
            }
            for one in documents
            if one["kind"] == "Namespace"
        },
        "Pods": [
            {
                "Namespace": one["metadata"]["namespace"],
                "Name": one["metadata"]["name"],
                "Labels": one["metadata"]["labels"],
                "IP": one["status"]["podIP"],
                "Containers": [
                    {
                        "Name": f"c{index}",
                        "Port": port["containerPort"],
                        "PortName": port["name"],
                        "Protocol": port["protocol"],
                    }
                    for index, port in enumerate(one["spec"]["containers"][0]["ports"])
                ],
            }
            for one in pods
        ],
    }
    model = {"Probes": [{"Protocol": name, "Port": port} for name, port in probes], "Resources": resources}
    (folder / "probe.json").write_text(json.dumps(model))
    listed = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicyList", "items": policies}
    (folder / "policies.yaml").write_text(json.dumps(listed))
    command = [
        str(program),
        "analyze",
        "--mode",
        "probe",
        "--policy-path",
        str(folder / "policies.yaml"),
        "--probe-path",
        str(folder / "probe.json"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=900)
    return dict(zip(probes, tables(done.stdout), strict=True))


def tables(text: str) -> list[dict[tuple[str, str], bool]]:
    """The tables headed `Combined:`, rows being sources."""
    found = []
    for piece in text.split("Combined:")[1:]:
        rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in piece.splitlines() if line.startswith("|")]
        heads = [name.lower() for name in rows[0][1:]]
        table: dict[tuple[str, str], bool] = {}
        for row in rows[1:]:
            if not row[0]:
                break
            table |= {
                (row[0].lower(), head): cell == "."
                for head, cell in zip(heads, row[1:], strict=True)
                if head != row[0].lower()
            }
        found.append({pair: verdict for pair, verdict in table.items() if "/" in pair[0]})
    return [table for table in found if table]
