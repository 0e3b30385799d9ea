"""Volume cloned from a Git repository by the node.

What: a pod has a `gitRepo` volume.
Why: the kubelet runs `git` as root on the node for whoever may create pods; two known attacks (CVE-2024-10220, CVE-2025-1767) run commands or read other repositories there, and it gets no fixes any more.
Severity: high, because the second attack has no fixed version. Since 1.33 it is off unless a feature gate turns it on, and the pod fails.
Fix: clone in an init container into an `emptyDir`.
Limits: none known.
References: https://github.com/kubernetes/kubernetes/issues/128885 https://github.com/kubernetes/kubernetes/issues/130786
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.workload import Workload
from seawall.spi.check import HIGH, Context, Hit, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP


@check(
    "lifecycle/git-repo-volume",
    on=Workload,
    severity=HIGH,
    since="0.1",
    maps=(NSA("upgrading"), OWASP("K07"), ATTACK("T1611")),
)
def git_repo_volume(workload: Workload, context: Context) -> Iterator[Hit]:
    for path, volume in workload.volumes():
        if volume.git_repo is not None:
            yield Hit(f"{path}.gitRepo")
