"""Cursors: where a page ended, as a text that only has to be sent back."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TypeVar

import msgspec

from seawall.kit.errors import UserError

T = TypeVar("T")


def write_cursor(place: object) -> str:
    return urlsafe_b64encode(msgspec.msgpack.encode(place)).rstrip(b"=").decode()


def read_cursor(text: str, kind: type[T]) -> T:
    """The place that a cursor holds. Raises UserError for a text that no page of this kind gave."""
    try:
        return msgspec.msgpack.decode(urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4)), type=kind)
    except (ValueError, msgspec.MsgspecError):
        raise UserError("not a cursor of this page", where="cursor", do="take `next` of the page before") from None
