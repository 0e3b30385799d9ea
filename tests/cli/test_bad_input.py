"""Bad input in every verb that reads files: the file is named, the rest is answered, the exit code says that the answer is not the whole one.

What the reader makes of each kind of bad input, with its line and its memory, is tested in `tests/sources/state/test_bad_input.py`.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.sources.state.test_bad_input import CASES, GOOD

from seawall.cli import seawall

VERBS = {
    "scan": "scan {files}",
    "pss check": "pss check {files}",
    "pss advise": "pss advise {files}",
    "policy eval": "policy eval {files} --tuples {nothing} -o json",
    "policy reach": "policy reach {files}",
    "policy exposure": "policy exposure {files}",
    "policy diff": "policy diff {files} {files}",
    "access can": "access can {files} --tuples {nothing} -o json",
    "access who-can": "access who-can get pods {files}",
    "access what-can": "access what-can jane {files}",
    "access escalation": "access escalation {files}",
    "snapshot save": "snapshot save {new} {files}",
    "exceptions list": "exceptions list {files}",
}
SMALL = sorted(set(CASES) - {"a line of 100 MB", "wrong type", "a kind that is no text", "UTF-16"})
"""Those that no object can be read from; the large line has its test with the reader, in a process of its own."""


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("name", SMALL)
def test_each_verb_names_the_file_and_ends_with_3(tmp_path: Path, verb: str, name: str) -> None:
    content = CASES[name][0]
    files, nothing = tmp_path / "files", tmp_path / "nothing.jsonl"
    files.mkdir()
    nothing.write_text("")
    (files / "a.yaml").write_text(GOOD)
    (files / "b.yaml").write_bytes(content.encode() if isinstance(content, str) else content)
    line = VERBS[verb].format(files=files, nothing=nothing, new=tmp_path / "new.seawall")
    ended = CliRunner().invoke(seawall, line.split())
    assert ended.exit_code == 3, ended.output
    assert isinstance(ended.exception, SystemExit)
    assert f"{files / 'b.yaml'}:{CASES[name][2]}" in ended.output
    assert "Traceback" not in ended.output
