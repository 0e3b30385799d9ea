"""Bad input in every verb that reads files: the file is named, the rest is answered, the exit code says that the answer is not the whole one.

What the reader makes of each kind of bad input, with its line and its memory, is tested in `tests/sources/state/test_bad_input.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from tests.sources.state.test_bad_input import CASES, GOOD

from seawall.cli import seawall

VERBS = {
    "scan": "scan {files}",
    "pss check": "pss check {files} --level baseline",
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
    "report": "report {files} --framework cis-1.12",
    "fix": "fix {files}",
    "policy explain": "policy explain {files} --from good/web --to good/web --port 80",
    "policy list": "policy list {files}",
    "policy lint": "policy lint {files}",
    "policy who-can-reach": "policy who-can-reach {files} --to good/web --port 80",
    "policy equivalent": "policy equivalent {files} {files}",
    "policy generate": "policy generate default-app {files} --for good/web",
    "policy assert": "policy assert {files} --tests {tests}",
    "policy recommend": "policy recommend {files} --flows {flows} --for good/web",
    "policy preview": "policy preview {files} {files}",
    "policy preview --with": "policy preview {files} --with {policy}",
    "team show": "team show {files} --contract {contract} --team payments",
    "team check": "team check {files} {files} --contract {contract} --team payments",
    "team rbac": "team rbac {files} --contract {contract}",
    "access diff": "access diff {files} {files}",
    "access least-privilege": "access least-privilege jane {files} --audit {nothing}",
}
FAILS = {"report"}
"""Those that find fault with the good file, which weighs more than what could not be told."""
SMALL = sorted(set(CASES) - {"a line of 100 MB", "wrong type", "a kind that is no text", "UTF-16"})
"""Those that no object can be read from; the large line has its test with the reader, in a process of its own."""

WEB = """\
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: good}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web}]}
"""
POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: none, namespace: good}
spec: {podSelector: {}, policyTypes: [Ingress]}
"""
CONTRACT = "teams:\n- name: payments\n  groups: [pay]\n  namespaces: [good]\n"
FLOW = (
    '{"flow":{"time":"2026-11-25T08:00:00Z","verdict":"FORWARDED","IP":{"source":"10.0.0.1","destination":"10.0.0.2"},'
    '"l4":{"TCP":{"source_port":40000,"destination_port":80}},"source":{"namespace":"good","pod_name":"web-1"},'
    '"destination":{"namespace":"good","pod_name":"web-2"},"traffic_direction":"EGRESS","Type":"L3_L4"}}\n'
)


def ended_with(tmp_path: Path, line: str, bad: str | bytes) -> Result:
    """Runs `line` over a folder with a good file and a bad one."""
    files = tmp_path / "files"
    files.mkdir()
    (files / "a.yaml").write_text(GOOD + WEB)
    (files / "b.yaml").write_bytes(bad.encode() if isinstance(bad, str) else bad)
    named = {"files": files, "good": files / "a.yaml", "new": tmp_path / "new"}
    texts = {"nothing": "", "contract": CONTRACT, "tests": "tests: []\n", "policy.yaml": POLICY, "flows": FLOW}
    for name, content in texts.items():
        named[name.partition(".")[0]] = tmp_path / name
        (tmp_path / name).write_text(content)
    return CliRunner().invoke(seawall, line.format(**named).split())


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("name", SMALL)
def test_each_verb_names_the_file_and_ends_with_3(tmp_path: Path, verb: str, name: str) -> None:
    content, _, line = CASES[name]
    ended = ended_with(tmp_path, VERBS[verb], content)
    assert ended.exit_code == (1 if verb in FAILS else 3), ended.output
    assert isinstance(ended.exception, SystemExit)
    assert f"{tmp_path / 'files' / 'b.yaml'}:{line}" in ended.output
    assert "Traceback" not in ended.output


def test_events_stored_by_half_the_objects_are_said_to_be(tmp_path: Path) -> None:
    content, _, line = CASES["broken"]
    ended = ended_with(tmp_path, "ingest audit {nothing} --cluster c --objects {files} --store {new}", content)
    assert ended.exit_code == 3, ended.output
    assert f"{tmp_path / 'files' / 'b.yaml'}:{line}" in ended.output


def test_a_finding_is_explained_though_a_file_is_not_read(tmp_path: Path) -> None:
    content, _, line = CASES["broken"]
    report = json.loads(ended_with(tmp_path, "scan {files} -o json", content).stdout)
    found = report["findings"][0]["id"]
    ended = CliRunner().invoke(seawall, ["exceptions", "explain", found, str(tmp_path / "files")])
    assert ended.exit_code == 3, ended.output
    assert f"{tmp_path / 'files' / 'b.yaml'}:{line}" in ended.output


def test_every_verb_that_reads_files_is_in_the_table() -> None:
    told = {"exceptions explain", "ingest"}  # each has a test of its own
    elsewhere = {
        "policy promote",
        "store rejudge",
        "up",
    }  # they need drafts, a store with events, a browser before they answer
    lines = [f"{line} " for line in VERBS.values()]
    for verb in set(_verbs(seawall, ())) - told - elsewhere:
        assert any(line.startswith(f"{verb} ") for line in lines), verb


def _verbs(command: click.Command, path: tuple[str, ...]) -> Iterator[str]:
    """The verbs that take paths of manifests."""
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            verb = command.get_command(context, name)
            assert verb is not None
            yield from _verbs(verb, (*path, name))
    elif {"paths", "before", "objects"} & {option.name for option in command.params} and path[0] != "snapshot":
        yield " ".join(path)
