"""Where the API server is and how to authenticate, from a kubeconfig context or from inside a pod, kept fresh.

Exec plugins give tokens that end; kubernetes-asyncio runs them again only when told to, so `Credentials.refresh` is called before a token
ends and once more after an answer of 401. It also reads a kubeconfig that was written anew.

kubernetes-asyncio is imported where it is used: it has a module for every kind, and a program that reads no cluster would wait for them all.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from seawall.kit.errors import UserError

# A token is renewed when this much of its life is left, or half of it for one that lives shorter than twice that.
_MARGIN = timedelta(seconds=60)


Stamps = tuple[tuple[str, int], ...]
"""Files with the times (ns) at which they were written last; 0 for one that is not there."""


class Credentials:
    """`configuration` is kubernetes-asyncio's; `context` names what was chosen ("in-cluster" from inside a pod)."""

    def __init__(
        self, configuration: Any, files: Iterable[str] = (), loader_of: Callable[[], Any] | None = None
    ) -> None:
        """`files` make the kubeconfig, and `loader_of` reads it; neither from inside a pod."""
        self.configuration = configuration
        self._files, self._loader_of = tuple(files), loader_of
        self._read = _stamps(self._files)
        self._loader: Any = loader_of() if loader_of is not None else None
        self.context = "in-cluster" if self._loader is None else str(self._loader.current_context["name"])
        self._renew_at: datetime | None = None
        self._impersonated: tuple[tuple[str, str], ...] = ()

    def impersonate(self, user: str, groups: Iterable[str] = ()) -> None:
        """Asks as `user` in `groups` from now on, which the API server must allow. UserError for a name that no header can carry."""
        named = (("Impersonate-User", user), *(("Impersonate-Group", group) for group in groups))
        for _, name in named:
            if not name.isprintable() or not name.isascii() or name != name.strip():
                raise UserError(f"{name!r} is no name to ask as", do="give a user as the API server names it")
        self._impersonated = named

    async def load(self) -> None:
        """Authenticates for the first time."""
        if self._loader is not None:
            await _load(self._loader, self.configuration, self.context)
        self._schedule()

    async def refresh(self) -> None:
        """Authenticates anew: runs the exec plugin or provider again, reads the token file again."""
        if self._loader_of is None:
            return
        if _stamps(self._files) != self._read:
            stamps = _stamps(self._files)
            self._loader = self._loader_of()
            self._read = stamps
        elif hasattr(self._loader, "exec_plugin_expiry"):
            del self._loader.exec_plugin_expiry
        await self.load()

    @property
    def certificates(self) -> Stamps:
        """What a connection trusts and shows: it is worth a new connection when this changes."""
        chosen = self.configuration
        return _stamps(file for file in (chosen.ssl_ca_cert, chosen.cert_file, chosen.key_file) if file)

    @property
    def stale(self) -> bool:
        """Whether the token ends soon."""
        return self._renew_at is not None and datetime.now(UTC) >= self._renew_at

    async def headers(self) -> tuple[tuple[str, str], ...]:
        """The Authorization header (none with client certificates), and who is asked as; a header may come several times."""
        token = await self.configuration.get_api_key_with_prefix("BearerToken")
        return ((("Authorization", token),) if token else ()) + self._impersonated

    def _schedule(self) -> None:
        ends = getattr(self._loader, "exec_plugin_expiry", None)
        if ends is not None:
            now = datetime.now(UTC)
            self._renew_at = max(ends - _MARGIN, now + (ends - now) / 2)


async def credentials(context: str | None, kubeconfig: str | None) -> Credentials:
    """The credentials of a kubeconfig context (None: the current one), or the pod's own where there is no kubeconfig. UserError says what is missing."""
    from kubernetes_asyncio.client import Configuration
    from kubernetes_asyncio.config.incluster_config import SERVICE_HOST_ENV_NAME, load_incluster_config

    path = kubeconfig or os.environ.get("KUBECONFIG") or str(Path.home() / ".kube" / "config")
    configuration = Configuration()
    existing = [part for part in path.split(os.pathsep) if part and Path(part).expanduser().exists()]
    if not existing:
        if kubeconfig is None and context is None and SERVICE_HOST_ENV_NAME in os.environ:
            load_incluster_config(configuration)
            return Credentials(configuration)
        raise UserError("there is no kubeconfig", where=path, do="name one with --kubeconfig or KUBECONFIG")

    def loader() -> Any:
        return _loader(path, context)

    chosen = Credentials(configuration, existing, loader)
    await chosen.load()
    return chosen


def _loader(path: str, context: str | None) -> Any:
    from kubernetes_asyncio.config import ConfigException
    from kubernetes_asyncio.config.kube_config import KubeConfigLoader, KubeConfigMerger

    try:
        return KubeConfigLoader(
            config_dict=KubeConfigMerger(path).config, config_base_path=None, active_context=context
        )
    except ConfigException as error:
        raise UserError(
            str(error).rstrip("."), where=path, do="list contexts with: kubectl config get-contexts"
        ) from None
    except Exception as error:  # noqa: BLE001  the library lets any YAML or type error through; all of them mean a broken file
        raise UserError(f"the kubeconfig cannot be read: {error}", where=path) from None


def _stamps(files: Iterable[str]) -> Stamps:
    return tuple((file, _written(Path(file).expanduser())) for file in files)


def _written(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0


async def _load(loader: Any, configuration: Any, context: str) -> None:
    try:
        await loader.load_and_set(configuration)
    except Exception as error:  # noqa: BLE001  plugins fail in their own ways; what they say is what the person needs
        raise UserError(
            f"authentication failed: {error}",
            where=f"context {context}",
            do="check the context with: kubectl auth whoami",
        ) from None
