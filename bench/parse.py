"""Manifests from bytes to typed objects with their places, beside PyYAML's C loader and json.load over the same objects.

    python bench/parse.py                         2,000 generated workloads
    python bench/parse.py --workloads 10000
    python bench/parse.py --folder manifests/     your own

Each reader runs in a process of its own, which reports CPU seconds (the best of three) and its peak memory. Seawall's time is told by stage, too: the
stages run one after the other over all documents, so their sum is not quite the whole.
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
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

READERS = ("seawall", "stages", "careful", "pyyaml", "json")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workloads", type=int, default=2_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--reader", choices=READERS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.reader:
        print(json.dumps(measure(options.reader, options.folder)))
        return
    with tempfile.TemporaryDirectory(prefix="seawall-bench-") as scratch:
        folder = options.folder or Path(scratch)
        if not options.folder:
            write(folder, options.workloads)
        found = {reader: run(reader, folder) for reader in READERS}
    size, documents = found["seawall"]["bytes"], found["seawall"]["documents"]
    print(f"{documents:,} documents, {size / 1e6:.1f} MB of YAML, {found['seawall']['objects']:,} objects\n")
    whole = found["seawall"]["seconds"]
    for reader, what in (
        ("seawall", "Seawall: typed objects and places"),
        ("careful", "Seawall's careful reader alone, to JSON"),
        ("pyyaml", "PyYAML CSafeLoader, to dicts"),
        ("json", "json.load of the same objects"),
    ):
        one = found[reader]
        ratio = "" if reader == "seawall" else f"  {one['seconds'] / whole:5.2f} times Seawall's time"
        print(
            f"{what:42} {one['seconds']:6.3f} CPU s {documents / one['seconds']:9,.0f} documents/s {one['peak']:5} MB{ratio}"
        )
    print("\nby stage: " + ", ".join(f"{name} {seconds:.3f}" for name, seconds in found["stages"]["stages"].items()))


def run(reader: str, folder: Path) -> dict[str, Any]:
    command = [sys.executable, __file__, "--reader", reader, "--folder", str(folder)]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return found


def measure(reader: str, folder: Path) -> dict[str, Any]:
    files = sorted(path for path in folder.rglob("*") if path.suffix in (".yaml", ".yml", ".json"))
    gc.disable()
    work: Callable[[], dict[str, Any]] = {
        "seawall": lambda: seawall(folder),
        "stages": lambda: stages(files),
        "careful": lambda: careful(files),
        "pyyaml": lambda: pyyaml(files),
        "json": as_json(files) if reader == "json" else dict,
    }[reader]
    best: dict[str, Any] = {}
    for _ in range(3):
        start = time.process_time()
        found = work()
        found["seconds"] = time.process_time() - start
        best = min(best or found, found, key=lambda one: one["seconds"])
    return best | {
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
        "bytes": sum(path.stat().st_size for path in files),
    }


def seawall(folder: Path) -> dict[str, Any]:
    from seawall.sources.state import read
    from seawall.spi.source import StateOptions

    cluster = read((str(folder),), StateOptions())
    coverage = cluster.coverage
    documents = len(cluster.objects) + sum(coverage.unknown_kinds.values()) + len(coverage.gaps)
    return {"documents": documents, "objects": len(cluster.objects)}


def stages(files: list[Path]) -> dict[str, Any]:
    from seawall.model.cluster.decode import ObjectDecoder, type_meta
    from seawall.model.cluster.kinds import kind_of
    from seawall.sources.state.yaml.fast import FastReader
    from seawall.sources.state.yaml.split import Piece, normalised, split

    clock = [time.process_time()]
    reader, decoder = FastReader(), ObjectDecoder()
    texts = [path.read_bytes() for path in files]
    clock.append(time.process_time())
    pieces = [[one.text for one in split(normalised(text)) if isinstance(one, Piece)] for text in texts]
    clock.append(time.process_time())
    proven = [[text for text in one if reader.proves(text)] for one in pieces]
    clock.append(time.process_time())
    answers = [answer for one in proven for answer in reader._parse(one) if answer is not None]
    clock.append(time.process_time())
    metas = [type_meta(answer) for answer in answers]
    kinds = [kind_of(meta.api_version, meta.kind) for meta in metas]
    clock.append(time.process_time())
    for answer, kind in zip(answers, kinds, strict=True):
        if kind is not None:
            decoder.decode(answer, kind)
    clock.append(time.process_time())
    names = ("read", "split", "prove", "parse to JSON", "look at the kind", "decode")
    return {"stages": {name: end - start for name, start, end in zip(names, clock, clock[1:], strict=False)}}


def careful(files: list[Path]) -> dict[str, Any]:
    import msgspec

    from seawall.sources.state.yaml import careful
    from seawall.sources.state.yaml.split import Piece, normalised, split

    for path in files:
        for piece in split(normalised(path.read_bytes())):
            if isinstance(piece, Piece):
                msgspec.json.encode(careful.read(piece.text + b"\n").value)
    return {}


def pyyaml(files: list[Path]) -> dict[str, Any]:
    import yaml

    for path in files:
        for _ in yaml.load_all(path.read_bytes(), Loader=yaml.CSafeLoader):
            pass
    return {}


def as_json(files: list[Path]) -> Callable[[], dict[str, Any]]:
    import yaml

    texts = [json.dumps(list(yaml.load_all(path.read_bytes(), Loader=yaml.CSafeLoader)), default=str) for path in files]

    def work() -> dict[str, Any]:
        for text in texts:
            json.loads(text)
        return {}

    return work


# ------------------------------------------------------------------------------------------------ generated manifests


def write(folder: Path, workloads: int, seed: int = 7) -> None:
    """Namespaces of twenty-five workloads, a file each, with what workloads come with."""
    rng = random.Random(seed)
    for number in range(0, workloads, 25):
        namespace = f"ns-{number // 25:04}"
        documents = [
            f"apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {namespace}\n  labels:\n    team: team-{rng.randint(1, 9)}\n"
        ]
        for index in range(min(25, workloads - number)):
            documents += workload(rng, namespace, f"{rng.choice(('cart', 'ledger', 'search', 'auth'))}-{index:02}")
        (folder / f"{namespace}.yaml").write_text("---\n".join(documents))


def workload(rng: random.Random, namespace: str, name: str) -> list[str]:
    def named(suffix: str = "") -> str:
        return f"metadata:\n  name: {name}{suffix}\n  namespace: {namespace}\n  labels:\n    app: {name}\n"

    found = []
    account = rng.random() < 0.5
    if account:
        found.append(f"apiVersion: v1\nkind: ServiceAccount\n{named('-sa')}automountServiceAccountToken: false\n")
        found.append(
            f'apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\n{named("-role")}rules:\n- apiGroups:\n  - ""\n  resources:\n  - configmaps\n  - endpoints\n'
            "  verbs:\n  - get\n  - list\n"
        )
        found.append(
            f"apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\n{named('-rb')}roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: Role\n"
            f"  name: {name}-role\nsubjects:\n- kind: ServiceAccount\n  name: {name}-sa\n  namespace: {namespace}\n"
        )
    if rng.random() < 0.4:
        lines = "".join(f"    {key}={rng.randint(1, 99)}\n" for key in ("workers", "queue", "timeout"))
        found.append(
            f"apiVersion: v1\nkind: ConfigMap\n{named('-conf')}data:\n  app.conf: |\n{lines}  mode: {rng.choice(('fast', 'safe'))}\n"
        )
    if rng.random() < 0.3:
        found.append(f"apiVersion: v1\nkind: Secret\n{named('-sec')}type: Opaque\ndata:\n  password: c2VjcmV0\n")
    found.append(
        f"apiVersion: apps/v1\nkind: Deployment\n{named()}spec:\n  replicas: {rng.randint(1, 5)}\n{template(rng, name, account)}"
    )
    if rng.random() < 0.7:
        found.append(
            f"apiVersion: v1\nkind: Service\n{named()}spec:\n  selector:\n    app: {name}\n  ports:\n  - name: http\n    port: 80\n    targetPort: http\n"
        )
    return found


def template(rng: random.Random, name: str, account: bool) -> str:
    lines = [
        f"  selector:\n    matchLabels:\n      app: {name}\n  template:\n    metadata:\n      labels:\n        app: {name}\n    spec:"
    ]
    if account:
        lines.append(f"      serviceAccountName: {name}-sa")
    lines.append("      containers:")
    for container in (name, "sidecar")[: 1 + (rng.random() < 0.15)]:
        image = rng.choice(("nginx", "registry.example.com/pay/gateway", "quay.io/acme/search"))
        lines += [
            f"      - name: {container}", f'        image: "{image}:{rng.randint(1, 9)}.{rng.randint(0, 20)}.{rng.randint(0, 9)}"', "        ports:",
            "        - name: http", f"          containerPort: {rng.choice((80, 8080, 3000))}", "        env:", "        - name: LOG_LEVEL",
            f"          value: {rng.choice(('info', 'debug'))}", "        resources:", "          requests:", f'            cpu: "{rng.choice((50, 100))}m"',
            f'            memory: "{rng.choice((64, 128))}Mi"', "        livenessProbe:", "          httpGet:", "            path: /healthz",
            "            port: http", "          periodSeconds: 10", "        securityContext:",
            f"          allowPrivilegeEscalation: {rng.choice(('true', 'false'))}", "          capabilities:", "            drop:", "            - ALL",
        ]  # fmt: skip
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
