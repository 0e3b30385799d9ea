"""What `fix` does to files, from the scan to the scan after it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sources.state.styled import manifest, stream

from seawall.app.fix import Fixed, Mending
from seawall.app.inputs import Inputs, read_cluster
from seawall.app.scan import Selection, exceptions_from, scan_cluster
from seawall.kit.errors import UserError
from seawall.model.finding import Severity, Status
from seawall.sources.state.mending import Mended, Wanted
from seawall.sources.state.workspace import Workspace

TODAY = date(2026, 1, 1)


def mending(
    *paths: Path | str, unsafe: bool = False, only: tuple[str, ...] = (), accepted: Path | None = None
) -> Mending:
    exceptions = exceptions_from(str(accepted) if accepted else None, TODAY)
    return Mending(Inputs(tuple(map(str, paths))), selection=Selection(only), unsafe=unsafe, exceptions=exceptions)


def fix(*paths: Path | str, **options: object) -> Fixed:
    """Fixes and writes."""
    one = mending(*paths, **options)  # type: ignore[arg-type]
    one.write()
    return one.answer(written=True)


def mendable(folder: Path, *, unsafe: bool) -> set[str]:
    report = scan_cluster(read_cluster(Inputs((str(folder),))))
    return {
        f"{one.rule} {one.object} {one.path}"
        for one in report.findings
        if one.status is Status.FAIL and one.change is not None and (unsafe or one.change.safe)
    }


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), unsafe=st.booleans())
def test_what_can_be_mended_is_gone_and_a_second_run_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, seed: int, unsafe: bool
) -> None:
    random, folder = Random(seed), tmp_path_factory.mktemp("manifests")
    for number in range(2):
        (folder / f"{number}.yaml").write_text(stream(random, [manifest(random) for _ in range(2)]))
    quiet = folder / "quiet.yaml"
    quiet.write_text("# a config map\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
    before = {path: path.read_bytes() for path in folder.iterdir()}

    answer = fix(folder, unsafe=unsafe)

    assert not answer.refused
    assert mendable(folder, unsafe=unsafe) == set()
    changed = {str(path) for path, content in before.items() if path.read_bytes() != content}
    assert changed == {file.file for file in answer.files}
    assert quiet.read_bytes() == before[quiet]
    after = {path: path.read_bytes() for path in folder.iterdir()}
    again = fix(folder, unsafe=unsafe)
    assert (again.files, again.fixed, again.new) == ((), (), ())
    assert {path: path.read_bytes() for path in folder.iterdir()} == after


POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
spec:
  containers:
  - name: web   # the shop
    image: nginx@sha256:0000000000000000000000000000000000000000000000000000000000000000
    securityContext:
      privileged: true  # for the driver
"""


@pytest.fixture
def pod(tmp_path: Path) -> Path:
    path = tmp_path / "pod.yaml"
    path.write_text(POD)
    path.chmod(0o640)
    return path


def test_only_what_is_safe_is_changed_unless_asked(pod: Path) -> None:
    answer = fix(pod)
    assert "privileged: true  # for the driver" in pod.read_text()
    assert "RuntimeDefault" in pod.read_text()
    assert {row.rule for row in answer.fixed} == {"workload/seccomp-unset"}
    why = {row.rule: row.why for row in answer.unsafe}
    assert "devices" in why["workload/privileged-container"]
    fix(pod, unsafe=True)
    assert "privileged" not in pod.read_text()
    assert "allowPrivilegeEscalation: false" in pod.read_text(), "comes to light when it is privileged no more"
    assert "# for the driver" in pod.read_text()
    assert pod.stat().st_mode & 0o777 == 0o640


def test_nothing_is_written_unless_asked(pod: Path) -> None:
    answer = mending(pod).answer(written=False)
    assert pod.read_text() == POD
    (file,) = answer.files
    assert not file.written
    assert "+  securityContext:\n+    seccompProfile:\n+      type: RuntimeDefault\n" in file.diff


def test_a_diff_shows_no_secret_beside_a_change(pod: Path) -> None:
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData:\n  password: canary-1\n"
    variable = "    env:\n    - name: A\n      value: canary-2\n"
    pod.write_text(secret + "---\n" + POD + variable + "---\n" + secret)
    (file,) = mending(pod).answer(written=False).files
    assert "+  securityContext:" in file.diff
    assert "canary" not in file.diff
    assert "canary-2" in pod.read_text()


def test_only_the_rules_named_are_mended_and_counted(pod: Path) -> None:
    answer = fix(pod, only=("workload/privileged-*",), unsafe=True)
    assert [row.rule for row in answer.fixed if row.rule == "workload/privileged-container"]
    assert "RuntimeDefault" not in pod.read_text()
    assert answer.left == {}


def test_what_somebody_accepted_is_left(pod: Path, tmp_path: Path) -> None:
    accepted = tmp_path / "accepted.txt"
    accepted.write_text(
        "exceptions:\n- {rule: workload/seccomp-unset, match: {name: web}, reason: r, owner: o, until: 2026-12-31}\n"
    )
    assert fix(pod, accepted=accepted).files == ()
    assert pod.read_text() == POD


def test_one_object_in_two_files_is_mended_in_both(tmp_path: Path) -> None:
    for name in ("blue", "green"):
        (tmp_path / f"{name}.yaml").write_text(POD)
    answer = fix(tmp_path)
    assert len(answer.files) == 2
    assert (tmp_path / "blue.yaml").read_text() == (tmp_path / "green.yaml").read_text() != POD


def test_an_object_that_would_not_be_read_any_more_is_left_alone(pod: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def spoil(self: Workspace, source: str, content: bytes, wanted: list[Wanted]) -> Mended:
        return Mended(content.replace(b"name: web ", b"name: [1] "), tuple(wanted), ())

    monkeypatch.setattr(Workspace, "mend", spoil)
    answer = fix(pod)
    assert pod.read_text() == POD
    assert {row.why for row in answer.refused} == {"the API server would refuse it"}
    assert answer.exit_code(None) == 3


def test_an_object_that_would_get_worse_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "pod.yaml"
    path.write_text(POD.replace("      privileged: true  # for the driver", "      runAsUser: 1000"))

    def worse(self: Workspace, source: str, content: bytes, wanted: list[Wanted]) -> Mended:
        return Mended(content.replace(b"runAsUser: 1000", b"privileged: true\n      seccompProfile: {type: RuntimeDefault}"), tuple(wanted), ())  # fmt: skip

    text = path.read_text()
    monkeypatch.setattr(Workspace, "mend", worse)
    answer = fix(path)
    assert path.read_text() == text
    assert any("workload/privileged-container" in row.why for row in answer.refused)
    told = fix(path, unsafe=True)
    assert "workload/privileged-container" in {row.rule for row in told.new}, "asked for, but never silently"


def test_a_file_that_changed_meanwhile_is_not_overwritten(pod: Path) -> None:
    one = mending(pod)
    pod.write_text(POD + "# more\n")
    with pytest.raises(UserError, match="changed while"):
        one.write()
    assert pod.read_text() == POD + "# more\n"


def test_a_link_stays_one(pod: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(pod)
    fix(link)
    assert link.is_symlink()
    assert "RuntimeDefault" in pod.read_text()


def test_a_namespace_gets_the_level_that_it_meets(tmp_path: Path) -> None:
    (tmp_path / "all.yaml").write_text(
        "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n---\n"
        + POD.replace("privileged: true", "runAsUser: 7")
    )
    fix(tmp_path, only=("namespace/missing-pod-security-level",))
    assert "  labels:\n    pod-security.kubernetes.io/enforce: baseline\n---" in (tmp_path / "all.yaml").read_text()


def test_exit_codes(pod: Path) -> None:
    answer = mending(pod).answer(written=False)
    assert answer.exit_code(Severity.HIGH) == 1, "privileged is left"
    assert answer.exit_code(None) == 0
    mended = mending(pod, unsafe=True).answer(written=False)
    assert mended.exit_code(Severity.HIGH) == 0
    (pod.parent / "broken.yaml").write_text("a: [\n")
    assert mending(pod.parent, unsafe=True).answer(written=False).exit_code(Severity.HIGH) == 3
