"""Bad input, each in a process of its own with bounded memory: it survives, reads the rest, and tells what it could not read and where."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

GOOD = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: good\n"
DEPLOYMENT = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: bad\nspec:\n"


class Outcome(msgspec.Struct):
    code: int
    objects: int = 0
    gaps: list[tuple[str, str, str]] = []
    peak: int = 0
    error: str = ""


def outcome(*targets: Path | str, mebibytes: int = 1200) -> Outcome:
    """Virtual memory is limited, of which the interpreter and its libraries map a good part without using it."""
    root = Path(__file__).parents[3]
    ended = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("bad_input.py")), str(mebibytes), *map(str, targets)],
        capture_output=True,
        check=False,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(root / "src")},
        text=True,
    )
    assert ended.stderr == "", ended.stderr[-2000:]
    return msgspec.convert({"code": ended.returncode, **json.loads(ended.stdout)}, Outcome)


def bomb(levels: int) -> str:
    return "a0: &a0 lol\n" + "".join(
        f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]\n" for level in range(1, levels)
    )


CASES: dict[str, tuple[str | bytes, str, int]] = {
    "broken": (DEPLOYMENT + "  a: [1,\n  b: 2\n", "did not find expected", 7),
    "broken indentation": (DEPLOYMENT + "    a: 1\n   b: 2\n", "did not find expected key", 7),
    "two values": (DEPLOYMENT + "  a: b: c\n", "mapping values are not allowed", 6),
    "unclosed quote": (DEPLOYMENT + '  a: "b\n', "unexpected end of stream", 6),
    "self-referring alias": (DEPLOYMENT + "  a: &a [*a]\n", "stands inside what it names", 6),
    "alias of the root": ("&a\n" + DEPLOYMENT + "  a: *a\n", "stands inside what it names", 7),
    "nested aliases": (bomb(30), "comes from aliases", 5),
    "aliases of a long text": ("a: &a " + "x" * 1_000_000 + "\nb: [" + "*a," * 90 + "]\n", "larger than 16 MiB", 2),
    "NUL": (DEPLOYMENT + "  a: b\x00c\n", "control characters", 6),
    "control byte": (DEPLOYMENT + "  a: \x1b[31m\n", "control characters", 6),
    "invalid UTF-8": (DEPLOYMENT.encode() + b"  a: \xff\xfe\n", "UTF-8", 6),
    "cut UTF-8": (DEPLOYMENT.encode() + b"  a: \xe2\x82", "UTF-8", 6),
    "surrogates": (DEPLOYMENT.encode() + b"  a: \xed\xa0\x80\n", "Unicode", 6),
    "deep flow": (DEPLOYMENT + "  a: " + "[" * 10_000 + "]" * 10_000 + "\n", "nest", 6),
    "deep mappings": ("\n".join(" " * level + "a:" for level in range(3_000)), "nested deeper than 200", 201),
    "deep lists": (DEPLOYMENT + "  a: \n    " + "- " * 10_000 + "x\n", "nested deeper than 200", 7),
    "deep JSON": ('{"a":' * 10_000 + "1" + "}" * 10_000, "nest", 1),
    "a line of 100 MB": ("a: " + "x" * 100_000_000 + "\n", "larger than 16 MiB", 1),
    "truncated JSON": ('{"apiVersion": "v1",\n "kind": "Pod",\n "metadata": {"name": "x"', "truncated", 3),
    "JSON with a mistake": ('{"apiVersion": "v1",\n "kind": "Pod" "x"}', "expected", 2),
    "wrong type": (DEPLOYMENT + "  replicas: many\n", "got `str` at spec.replicas", 6),
    "a kind that is no text": ("apiVersion: v1\nkind: [Pod]\n", "Expected `str`, got `array`", 1),
    "a separator with text": (DEPLOYMENT + "--- !!map\na: 1\n", "only a comment may follow ---", 6),
    "bad tag": (DEPLOYMENT + "  a: !!int x\n", "is no !!int", 6),
    "unknown directive": ("%FOO bar\n" + DEPLOYMENT, "found unknown directive name", 1),
    "infinity": (DEPLOYMENT + "  a: .inf\n", "JSON has no infinity", 6),
    "UTF-16": (DEPLOYMENT, "the text is UTF-16", 1),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_it_survives_and_tells(tmp_path: Path, name: str) -> None:
    content, reason, line = CASES[name]
    received = (
        content.encode("utf-16") if name == "UTF-16" else content.encode() if isinstance(content, str) else content
    )
    (tmp_path / "a.yaml").write_text(GOOD)
    (tmp_path / "b.yaml").write_bytes(received)
    (tmp_path / "c.yaml").write_text(GOOD)
    result = outcome(tmp_path)
    assert result.code == 3
    assert result.objects == 2
    (_, what, where), *_ = result.gaps
    assert reason in what
    path, _, place = where.partition(":")
    assert path == str(tmp_path / "b.yaml")
    assert int(place.partition(":")[0]) == line
    assert "\n" not in what
    assert result.peak < 400


def test_a_line_of_100_mb_in_json(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text(
        '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"data":{"a":"' + "x" * 100_000_000 + '"}}'
    )
    result = outcome(file)
    assert (result.code, result.objects) == (3, 0)
    assert "larger than 16 MiB" in result.gaps[0][1]
    assert result.peak < 450


def test_a_snapshot_that_unpacks_to_far_more_than_it_is(tmp_path: Path) -> None:
    import zstandard

    (tmp_path / "a").write_bytes(
        zstandard.compress(b'{"format":"seawall-snapshot","x":"' + b"x" * (200 << 20) + b'"}\n')
    )
    result = outcome(tmp_path / "a")
    assert (result.code, "this is no snapshot" in result.error) == (2, True)


def test_broken_documents_in_one_of_many_files(tmp_path: Path) -> None:
    for number in range(50):
        (tmp_path / f"{number:02}.yaml").write_text(GOOD * 1 if number != 7 else GOOD + "---\na: [\n---\n" + GOOD)
    result = outcome(tmp_path)
    assert (result.code, result.objects, len(result.gaps)) == (3, 51, 1)
    assert result.gaps[0][2] == f"{tmp_path}/07.yaml:6"


def test_what_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    result = outcome(tmp_path / "nowhere")
    assert (result.code, "there is no such file or folder" in result.error) == (2, True)
