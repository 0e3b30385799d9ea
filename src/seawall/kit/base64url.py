"""Bytes as text that may stand in a URL or a cookie: RFC 4648 section 5, without padding."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode


def encode(body: bytes) -> str:
    return urlsafe_b64encode(body).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """The bytes that `encode` wrote as `text`. Raises ValueError for any other text, so that no two texts mean the same bytes."""
    body = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    if encode(body) != text:  # the library passes over foreign signs, and over bits that the last sign has too many
        raise ValueError("not base64url")
    return body
