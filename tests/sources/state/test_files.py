"""Files, folders and standard input."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.sources.state.yaml.manifests import MANIFESTS

from seawall.kit.errors import UserError
from seawall.sources.state import files, read
from seawall.spi.source import StateOptions

OPTIONS = StateOptions()


def namespace(name: str) -> str:
    return f"apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n"


def write(folder: Path, **names: str) -> None:
    for name, file in names.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(namespace(name))


def names(*targets: Path) -> list[str]:
    cluster = read(tuple(map(str, targets)), OPTIONS)
    assert cluster.coverage.gaps == ()
    return [thing.name for thing in cluster.objects]


def test_a_folder_is_read_in_the_order_of_names(tmp_path: Path) -> None:
    write(tmp_path, c="sub/deeper/c.yml", a="a.yaml", b="b.json", z="z.yaml")
    (tmp_path / "README.md").write_text("# no manifest")
    assert names(tmp_path) == ["a", "b", "c", "z"]


def test_hidden_folders_and_those_of_tools_are_skipped(tmp_path: Path) -> None:
    write(tmp_path, a="a.yaml", b=".git/b.yaml", c="node_modules/c.yaml", d=".hidden.yaml")
    assert names(tmp_path) == ["d", "a"]


def test_a_named_file_is_read_whatever_its_suffix(tmp_path: Path) -> None:
    write(tmp_path, a="a.txt", b=".git/b")
    assert names(tmp_path / "a.txt", tmp_path / ".git/b") == ["a", "b"]


def test_links_are_followed_and_loops_end(tmp_path: Path) -> None:
    write(tmp_path, a="real/a.yaml")
    (tmp_path / "real" / "back").symlink_to(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "b.yaml").symlink_to(tmp_path / "real" / "a.yaml")
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "nowhere")
    assert names(tmp_path) == ["a", "a"]


def test_a_mounted_config_map_is_read_once(tmp_path: Path) -> None:
    write(tmp_path, a="..2026_01_01/a.yaml")
    (tmp_path / "..data").symlink_to("..2026_01_01")
    (tmp_path / "a.yaml").symlink_to("..data/a.yaml")
    assert names(tmp_path) == ["a"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_what_may_not_be_read_is_a_gap(tmp_path: Path) -> None:
    write(tmp_path, a="a.yaml", b="b.yaml")
    (tmp_path / "a.yaml").chmod(0)
    cluster = read((str(tmp_path),), OPTIONS)
    assert [(gap.reason, gap.where) for gap in cluster.coverage.gaps] == [("unreadable", str(tmp_path / "a.yaml"))]


def test_what_is_too_large_is_a_gap(tmp_path: Path) -> None:
    write(tmp_path, a="a.yaml")
    with (tmp_path / "b.yaml").open("wb") as file:
        file.truncate(files.FILE_BYTES + 1)
    cluster = read((str(tmp_path),), OPTIONS)
    (gap,) = cluster.coverage.gaps
    assert (gap.where, gap.what) == (str(tmp_path / "b.yaml"), "larger than 256 MiB")
    assert len(cluster.objects) == 1


def test_binary_files_are_gaps(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(bytes(range(256)))
    (tmp_path / "b.json").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    cluster = read((str(tmp_path),), OPTIONS)
    assert {gap.where.partition(":")[0] for gap in cluster.coverage.gaps} == {
        str(tmp_path / "a.yaml"),
        str(tmp_path / "b.json"),
    }


def test_a_path_that_is_not_there() -> None:
    with pytest.raises(UserError, match=r"^nowhere: there is no such file or folder"):
        read(("nowhere",), OPTIONS)


def test_sources_and_progress_are_told(tmp_path: Path) -> None:
    write(tmp_path, a="a.yaml", b="b.yaml")
    told: list[tuple[str, int, int]] = []
    options = StateOptions(name="prod", progress=lambda what, done, total: told.append((what, done, total)))
    cluster = read((str(tmp_path),), options)
    assert cluster.name == "prod"
    assert cluster.coverage.sources == (str(tmp_path / "a.yaml"), str(tmp_path / "b.yaml"))
    assert told == [("files read", 0, 2), ("files read", 1, 2)]


def test_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "piped"
    file.write_text("---\n".join(MANIFESTS))
    with file.open() as stream:
        monkeypatch.setattr("sys.stdin", stream)
        cluster = read(("-",), OPTIONS)
    assert len(cluster.objects) == len(MANIFESTS)
    service = cluster.services[0]
    assert service.origin.source == "stdin"
    assert cluster.line_of(service.origin, "spec.externalIPs") > service.origin.line
    assert cluster.raw(service) is not None
