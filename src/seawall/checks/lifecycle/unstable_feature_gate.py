"""Alpha or beta feature turned on.

What: a component of Kubernetes that runs as a pod turns on a feature that is alpha or beta in this version.
Why: alpha features change and vanish without notice, have had the fewest eyes, and some widen what pods or nodes may do.
Severity: medium, because the whole cluster runs on it; informational for beta, which most clusters have on by default.
Fix: drop it from `--feature-gates`.
Limits: gates in configuration files, and of components that run as services of the host, are not seen; nor is a gate that upstream had deleted by 1.36.
References: https://kubernetes.io/docs/reference/command-line-tools-reference/feature-gates/
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.lifecycle._api_versions import meant_for
from seawall.checks.lifecycle._feature_gates import gates
from seawall.model.cluster.workload import ContainerView, Workload
from seawall.spi.check import INFO, MEDIUM, Context, Hit, check
from seawall.spi.frameworks import NSA, OWASP

COMPONENTS = frozenset(
    ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "kubelet", "cloud-controller-manager")
)
_FLAG = "--feature-gates"


@check(
    "lifecycle/unstable-feature-gate", on=Workload, severity=MEDIUM, since="0.1", maps=(NSA("upgrading"), OWASP("K07"))
)
def unstable_feature_gate(workload: Workload, context: Context) -> Iterator[Hit]:
    for container in workload.containers():
        line = (*container.container.command, *container.container.args)
        if line and line[0].rpartition("/")[2] in COMPONENTS:
            for path, name in _turned_on(container):
                stage = "alpha" if name == "AllAlpha" else "beta" if name == "AllBeta" else ""
                if not stage and name in gates():
                    stage = gates()[name].stage(meant_for(context))
                if stage:
                    yield Hit(path, f"{name} is {stage}", key=name, severity=INFO if stage == "beta" else None)


def _turned_on(container: ContainerView) -> Iterator[tuple[str, str]]:
    """Path and name of each gate that the command line turns on, whether the flag carries its value or is followed by it."""
    for field, words in (("command", container.container.command), ("args", container.container.args)):
        for index, word in enumerate(words):
            flag, carries, value = word.partition("=")
            if flag != _FLAG:
                continue
            text = value if carries else words[index + 1] if index + 1 < len(words) else ""
            for gate in text.split(","):
                name, _, state = gate.strip().partition("=")
                if state.lower() in ("true", "t", "1"):
                    yield container.at(f"{field}[{index}]"), name
