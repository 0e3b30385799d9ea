"""Credentials that are written anew are taken up; those that are just being written are waited for. (Against a real API server: tests/e2e.)"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from seawall.kit.errors import UserError
from seawall.kube.credentials import credentials


def kubeconfig(path: Path, **user: str) -> Path:
    path.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
                "users": [{"name": "u", "user": user}],
                "contexts": [{"name": "prod", "context": {"cluster": "c", "user": "u"}}],
                "current-context": "prod",
            }
        )
    )
    return path


def touch(path: Path, at: int) -> None:
    os.utime(path, ns=(at, at))


async def test_a_kubeconfig_that_was_written_anew_is_read_again(tmp_path: Path) -> None:
    file = kubeconfig(tmp_path / "config", token="old")
    touch(file, 1)
    chosen = await credentials(None, str(file))
    assert (chosen.context, await chosen.headers()) == ("prod", (("Authorization", "Bearer old"),))
    kubeconfig(file, token="new")
    await chosen.refresh()
    assert await chosen.headers() == (("Authorization", "Bearer new"),)


async def test_a_half_written_kubeconfig_is_read_once_it_is_whole(tmp_path: Path) -> None:
    file = kubeconfig(tmp_path / "config", token="old")
    touch(file, 1)
    chosen = await credentials(None, str(file))
    file.write_text("users: [")
    touch(file, 2)
    with pytest.raises(UserError, match="cannot be read"):
        await chosen.refresh()
    kubeconfig(file, token="new")
    touch(file, 2)  # within the clock's grain
    await chosen.refresh()
    assert await chosen.headers() == (("Authorization", "Bearer new"),)


async def test_a_renewed_certificate_is_another(tmp_path: Path) -> None:
    certificate, key = tmp_path / "tls.crt", tmp_path / "tls.key"
    for file in (certificate, key):
        file.write_text("pem")
        touch(file, 1)
    chosen = await credentials(
        None, str(kubeconfig(tmp_path / "config", **{"client-certificate": str(certificate), "client-key": str(key)}))
    )
    before = chosen.certificates
    assert chosen.certificates == before
    touch(certificate, 2)
    assert chosen.certificates != before


async def test_who_is_asked_as_goes_with_every_request_and_no_other_header(tmp_path: Path) -> None:
    chosen = await credentials("prod", str(kubeconfig(tmp_path / "config", token="t")))
    chosen.impersonate("jane", ("ops", "dev"))
    assert await chosen.headers() == (
        ("Authorization", "Bearer t"),
        ("Impersonate-User", "jane"),
        ("Impersonate-Group", "ops"),
        ("Impersonate-Group", "dev"),
    )
    for name in ("jane\r\nX-Evil: 1", " jane", "j\u00e4ne"):
        with pytest.raises(UserError, match="no name to ask as"):
            chosen.impersonate(name)
