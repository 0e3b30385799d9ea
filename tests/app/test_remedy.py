"""How a fix is shown: the part of the object that changes, and the line that makes it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from seawall.app.inputs import Inputs, read_cluster
from seawall.app.remedy import Fix, fix_of
from seawall.app.scan import Selection, explain, scan_cluster

PODS = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers:
  - name: proxy
    image: p
  - name: web
    image: w
    env: [{name: PASSWORD, value: canary-5ec7e7-0123456789}]
    securityContext: {privileged: true, runAsUser: 1000}
"""


def shown(tmp_path: Path, rule: str, *, at_hand: bool = True, now: str = PODS) -> Fix:
    path = tmp_path / "my pods.yaml"
    path.write_text(PODS)
    (finding, *_) = scan_cluster(read_cluster(Inputs((str(path),))), selection=Selection((rule,))).findings
    path.write_text(now)
    cluster = read_cluster(Inputs((str(path),)))
    finding = msgspec.structs.replace(finding, file="my pods.yaml")
    return fix_of(finding, explain(rule).documentation, cluster if at_hand else None)


def test_a_field_that_goes(tmp_path: Path) -> None:
    fix = shown(tmp_path, "workload/privileged-container")
    assert fix.patch is not None
    assert fix.patch.startswith("--- a/shop/web (Pod)\n+++ b/shop/web (Pod)\n@@")
    assert "   - name: web\n     securityContext:\n-      privileged: true\n       runAsUser: 1000\n" in fix.patch
    assert "proxy" not in fix.patch
    assert (fix.kind, fix.safe) == ("unset", False)
    assert "devices" in fix.why
    assert fix.command == "seawall fix 'my pods.yaml' --rule workload/privileged-container --unsafe"


def test_a_field_that_comes(tmp_path: Path) -> None:
    fix = shown(tmp_path, "workload/seccomp-unset")
    assert fix.patch is not None
    assert "+  securityContext:\n+    seccompProfile:\n+      type: RuntimeDefault\n" in fix.patch
    assert fix.safe
    assert fix.command.endswith("--rule workload/seccomp-unset")


def test_no_secret_is_shown(tmp_path: Path) -> None:
    for rule in ("workload/undropped-capability", "workload/seccomp-unset", "workload/privileged-container"):
        assert "canary" not in str(shown(tmp_path, rule))


def test_no_difference_without_the_object(tmp_path: Path) -> None:
    assert shown(tmp_path, "workload/privileged-container", at_hand=False).patch is None
    mended = PODS.replace("privileged: true, ", "")
    assert shown(tmp_path, "workload/privileged-container", now=mended).patch is None
    other = PODS.replace("  - name: proxy\n    image: p\n", "")
    assert shown(tmp_path, "workload/privileged-container", now=other).patch is None


def test_advice_alone(tmp_path: Path) -> None:
    fix = shown(tmp_path, "image/missing-digest")
    assert (fix.kind, fix.patch, fix.command) == ("advice", None, "")
    assert fix.text
