"""Container images made from files of this machine: no registry, no pull, no image builder.

All of them go into one archive (the layout `docker save` writes, which containerd imports), so that a layer they share
is stored and unpacked once. The archive is kept in the cache under a name that changes with what goes in; runs of other
checkouts share that cache, so one that was asked for lately is left alone.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests.e2e.cluster.build import cache_root, locked, program
from tests.e2e.cluster.missing import Missing

REGISTRY = "seawall.test"
"""A name that resolves nowhere: an image that was not imported can never be pulled by accident."""
PAUSE = f"{REGISTRY}/pause:1"
BUSYBOX = f"{REGISTRY}/busybox:1"
PYTHON = f"{REGISTRY}/python:1"
COREDNS = f"{REGISTRY}/coredns:1"

BUSYBOX_PROGRAM = Path("/bin/busybox")
NOT_SHIPPED = re.compile(
    r"(test|idlelib|tkinter|_tkinter\..*|turtledemo|ensurepip|lib2to3|site-packages|dist-packages|pydoc_data|config-.*"
    r"|.*\.opt-[12]\.pyc)"
)
"""Names in the standard library that no program in a test cluster loads."""
SHIPPED_SUFFIXES = {".py", ".pyc", ".so"}
USERS = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n"
SEARCH_PATH = "PATH=/usr/local/bin:/usr/bin:/bin"
IN_USE_SECONDS = 900
"""How long after it was asked for an archive may still be read by a run that starts its nodes."""
MACHINE = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True)
class Entry:
    """One path of a layer: a file of this machine, a symbolic link, a text, or an empty folder."""

    path: str
    source: Path | None = None
    link: str | None = None
    text: str | None = None
    mode: int = 0o755

    def fingerprint(self) -> str:
        state = self.source.stat() if self.source else None
        return f"{self} {(state.st_size, state.st_mtime_ns) if state else ''}"


Layer = tuple[Entry, ...]


@dataclass(frozen=True)
class Image:
    name: str
    layers: tuple[Layer, ...]
    command: tuple[str, ...]
    environment: tuple[str, ...] = ()
    """`NAME=value`, beside the PATH that every image has."""


def base_images(version: str | None = None) -> list[Image]:
    """What every cluster has: a pod's sandbox, a shell, an interpreter, the DNS server."""
    shell, interpreter = busybox_layer(), python_layer()
    coredns = (Entry("coredns", source=program("coredns", version)),)
    return [
        # With SIGCHLD ignored, the kernel reaps the orphans of a pod that shares its process namespace.
        Image(PAUSE, (shell,), ("/bin/sh", "-c", "trap '' CHLD; exec sleep infinity")),
        Image(BUSYBOX, (shell,), ("/bin/sh",)),
        Image(PYTHON, (shell, interpreter), ("python3",)),
        Image(COREDNS, (coredns,), ("/coredns",)),
    ]


def archive(name: str, images: Sequence[Image]) -> Path:
    """The images in one file, made if it is not in the cache; files of that name that nobody uses any more are removed."""
    digest = hashlib.sha256()
    for image in images:
        digest.update(f"{image.name} {image.command} {image.environment}".encode())
        for layer in image.layers:
            for entry in layer:
                digest.update(entry.fingerprint().encode())
    path = cache_root() / "images" / f"{name}-{digest.hexdigest()[:16]}.tar"
    with locked(path.with_name(name)):
        if not path.exists():
            arriving = path.with_suffix(".new")
            _write_archive(arriving, images)
            arriving.rename(path)
        os.utime(path)
    for other in path.parent.glob(f"{name}-*.tar"):
        with contextlib.suppress(FileNotFoundError):  # another run tidies too
            if time.time() - other.stat().st_mtime > IN_USE_SECONDS:
                other.unlink()
    return path


def _write_archive(path: Path, images: Sequence[Image]) -> None:
    written: dict[Layer, str] = {}
    manifest = []
    with tarfile.open(path, "w") as tar:
        for image in images:
            for layer in image.layers:
                if layer not in written:
                    with tempfile.TemporaryFile(dir=path.parent) as content:  # Seawall's is a gigabyte: not in memory
                        written[layer] = _write_layer(content, layer)
                        info = tarfile.TarInfo(f"{written[layer]}/layer.tar")
                        info.size = content.seek(0, os.SEEK_END)
                        content.seek(0)
                        tar.addfile(info, content)
            layers = [written[layer] for layer in image.layers]
            config = {
                "architecture": MACHINE[platform.machine()],
                "os": "linux",
                "config": {"Cmd": list(image.command), "Env": [SEARCH_PATH, *image.environment]},
                "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer}" for layer in layers]},
                "history": [{"created_by": "seawall tests"} for _ in layers],
            }
            raw = json.dumps(config).encode()
            name = f"{hashlib.sha256(raw).hexdigest()}.json"
            _add(tar, name, raw)
            manifest.append(
                {"Config": name, "RepoTags": [image.name], "Layers": [f"{layer}/layer.tar" for layer in layers]}
            )
        _add(tar, "manifest.json", json.dumps(manifest).encode())


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    tar.addfile(info, io.BytesIO(content))


def _write_layer(content: IO[bytes], layer: Layer) -> str:
    """Write a layer as a tar file; returns its SHA-256, by which images name it."""
    with tarfile.open(fileobj=content, mode="w") as tar:
        for entry in layer:
            info = tarfile.TarInfo(entry.path)
            info.mode = entry.mode
            if entry.source is not None:
                state = entry.source.stat()
                # Times are kept: Python trusts a compiled module only beside a source of the recorded age.
                info.size, info.mtime = state.st_size, int(state.st_mtime)
                with entry.source.open("rb") as file:
                    tar.addfile(info, file)
            elif entry.link is not None:
                info.type, info.linkname = tarfile.SYMTYPE, entry.link
                tar.addfile(info)
            elif entry.text is not None:
                info.size = len(entry.text)
                tar.addfile(info, io.BytesIO(entry.text.encode()))
            else:
                info.type = tarfile.DIRTYPE
                tar.addfile(info)
    content.seek(0)
    return hashlib.file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]  # a file, as it wants


def busybox_layer() -> Layer:
    """A shell and the usual commands."""
    if not BUSYBOX_PROGRAM.exists():
        raise Missing(f"{BUSYBOX_PROGRAM} is not installed: python -m tests.e2e.cluster build packages")
    applets = subprocess.run([BUSYBOX_PROGRAM, "--list"], text=True, capture_output=True, check=True).stdout.split()
    return (
        Entry("bin/busybox", source=BUSYBOX_PROGRAM),
        *(Entry(f"bin/{applet}", link="busybox") for applet in applets if applet != "busybox"),
        Entry("etc/passwd", text=USERS, mode=0o644),
        Entry("root"),
        Entry("tmp", mode=0o1777),
    )


def python_layer() -> Layer:
    """The interpreter that runs the tests, its standard library, and every shared object they load."""
    executable = Path(sys.executable).resolve()
    library = Path(sysconfig.get_path("stdlib"))
    entries = {
        "usr/bin/python3": Entry("usr/bin/python3", link=str(executable)),
        inside(executable): Entry(inside(executable), source=executable),
    }
    modules = [path for path in files(library) if path.suffix in SHIPPED_SUFFIXES]
    for path in (*modules, *shared_objects([executable, *(path for path in modules if path.suffix == ".so")])):
        entries[inside(path)] = Entry(inside(path), source=path)
    return tuple(entries.values())


def files(folder: Path) -> Iterator[Path]:
    """Of the standard library, what is shipped; sorted."""
    for path in sorted(folder.iterdir()):
        if NOT_SHIPPED.fullmatch(path.name):
            continue
        if path.is_dir():
            yield from files(path)
        elif path.is_file():
            yield path


def shared_objects(binaries: Sequence[Path]) -> list[Path]:
    """Everything the dynamic linker would load for these, the linker included, under the names it looks for."""
    if shutil.which("ldd") is None:
        raise Missing("ldd is not installed (package libc-bin): it names the libraries of the Python image")
    listed = subprocess.run(["ldd", *map(str, binaries)], text=True, capture_output=True, check=False).stdout
    named = re.findall(r"^\t(?:\S+ => )?(/\S+) \(0x", listed, re.MULTILINE)
    return [Path(name) for name in sorted(set(named))]


def inside(path: Path) -> str:
    """Where a file of this machine lies in an image: at the same place."""
    return str(path).removeprefix("/")
