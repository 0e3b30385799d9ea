"""A webhook: one JSON POST a message, with the message's id as `Idempotency-Key`, signed if a secret is given.

The signature is `X-Seawall-Signature: sha256=…`, the HMAC of the body, so that a receiver can tell who sent it.
"""

from __future__ import annotations

import hashlib
import hmac
import urllib.error
import urllib.request

import msgspec

from seawall.kit.errors import Fatal, Retry, UserError
from seawall.spi.notifier import Message

_TIMEOUT = 10.0


class Webhook:
    """Posts to `url`. Redirects are not followed: they would carry the message to somebody who was not named."""

    def __init__(self, name: str, url: str, secret: bytes | None = None) -> None:
        if not url.startswith(("https://", "http://")):
            raise UserError("a webhook's address begins with https:// or http://", where=f"notifier {name}")
        self.name, self._url, self._secret = name, url, secret
        self._opener = urllib.request.build_opener(_NoRedirect)

    def deliver(self, message: Message) -> None:
        body = msgspec.json.encode(message)
        headers = {"Content-Type": "application/json", "Idempotency-Key": message.id, "User-Agent": "seawall"}
        if self._secret is not None:
            headers["X-Seawall-Signature"] = "sha256=" + hmac.new(self._secret, body, hashlib.sha256).hexdigest()
        request = urllib.request.Request(self._url, data=body, headers=headers, method="POST")  # noqa: S310  the scheme is checked above
        try:
            with self._opener.open(request, timeout=_TIMEOUT) as response:
                response.read(4096)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code in (408, 425, 429) or error.code >= 500:
                raise Retry(f"{self.name} answered {error.code}") from None
            raise Fatal(f"{self.name} answered {error.code}") from None
        except (OSError, urllib.error.URLError) as error:
            raise Retry(f"{self.name} does not answer: {getattr(error, 'reason', error)}") from None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None
