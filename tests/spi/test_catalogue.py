"""Discovery: an outside package is found, nothing is registered, twins are refused."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from seawall.kit.errors import UserError
from seawall.model.cluster.workload import Workload
from seawall.spi.catalogue import unique
from seawall.spi.check import HIGH, Context, check

_CHECK = '''
"""Pod without a mascot.

What: no label names a mascot.
Why: morale.
Severity: low, because only morale suffers.
Fix: add the label.
Limits: taste.
"""
from seawall.model.cluster.workload import Workload
from seawall.spi.check import LOW, Hit, check

@check("outside/missing-mascot", on=Workload, severity=LOW, since="1.0")
def missing_mascot(workload, context):
    if "mascot" not in workload.labels:
        yield Hit(workload.at_metadata("labels"))
'''


def test_an_outside_package_adds_a_check(tmp_path: Path) -> None:
    package = tmp_path / "outside_checks"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "missing_mascot.py").write_text(_CHECK)
    info = tmp_path / "outside-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: outside\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[seawall.plugins]\nchecks = outside_checks\n")
    (tmp_path / "pod.yaml").write_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: shop}\nspec: {containers: [{name: c, image: i}]}\n"
    )
    program = textwrap.dedent("""
        import sys
        sys.path.insert(0, sys.argv[1])
        from seawall.cli import main
        sys.argv = ["seawall", "scan", sys.argv[1] + "/pod.yaml", "--rule", "outside/missing-mascot", "-o", "wide"]
        main()
    """)
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=False)
    assert "outside/missing-mascot shop/p (Pod)" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 0


def test_two_checks_of_one_id_are_refused_naming_both_files() -> None:
    def nothing(workload: Workload, context: Context):  # type: ignore[no-untyped-def]
        yield from ()

    one = check("a/b", on=Workload, severity=HIGH, since="0.1")(nothing)
    other = check("a/b", on=Workload, severity=HIGH, since="0.1")(nothing)
    with pytest.raises(UserError, match=r'two plugins call themselves "a/b"'):
        list(unique([one, other]))


def test_importing_the_shelf_changes_nothing() -> None:
    program = "import seawall.checks.workload.privileged_container, sys; print('seawall.spi.catalogue' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
