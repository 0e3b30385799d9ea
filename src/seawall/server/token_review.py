"""Kubernetes vouches for a token: the TokenReview API (authentication.k8s.io/v1), for our audience only."""

from __future__ import annotations

import msgspec

from seawall.app.principals import Identity
from seawall.kit.errors import Retry
from seawall.kube.client import KubeClient
from seawall.kube.credentials import credentials
from seawall.kube.errors import Refused
from seawall.server.configuration import Kubernetes

PATH = "/apis/authentication.k8s.io/v1/tokenreviews"


class _User(msgspec.Struct, frozen=True):
    username: str = ""
    groups: tuple[str, ...] = ()


class _Status(msgspec.Struct, frozen=True):
    authenticated: bool = False
    user: _User = _User()
    audiences: tuple[str, ...] = ()
    error: str = ""


class _Review(msgspec.Struct, frozen=True):
    status: _Status = _Status()


def identity_in(body: bytes, audience: str) -> Identity | None:
    """Who a review's answer says it is; None unless it is authenticated for the audience that was asked for."""
    status = msgspec.json.decode(body, type=_Review).status
    if not status.authenticated or not status.user.username or audience not in status.audiences:
        return None
    return Identity("kubernetes", status.user.username, status.user.groups)


class TokenReview:
    """Asks one API server. Opens its client at the first question."""

    def __init__(self, settings: Kubernetes) -> None:
        self._settings = settings
        self._client: KubeClient | None = None

    async def __call__(self, token: str) -> Identity | None:
        """The identity of a bearer token, or None. Raises what the client raises where the API server does not answer."""
        if self._client is None:
            chosen = await credentials(self._settings.context or None, self._settings.kubeconfig or None)
            self._client = await KubeClient(chosen).__aenter__()
        asked = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenReview",
            "spec": {"token": token, "audiences": [self._settings.audience]},
        }
        try:
            return identity_in(await self._client.post(PATH, asked), self._settings.audience)
        except Refused as error:
            # our own rights are missing: nobody is let in, and it is worth another try once they are there
            raise Retry(f"the cluster does not review tokens for us: {error}") from None

    async def close(self) -> None:
        if self._client is not None:
            await self._client.__aexit__(None, None, None)
            self._client = None
