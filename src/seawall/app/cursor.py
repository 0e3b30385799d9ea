"""Cursors: where a page ended, as a text that only has to be sent back."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from seawall.kit import base64url
from seawall.kit.errors import UserError

T = TypeVar("T")


def write_cursor(place: object) -> str:
    return base64url.encode(msgspec.msgpack.encode(place))


def read_cursor(text: str, kind: type[T]) -> T:
    """The place that a cursor holds. Raises UserError for a text that no page of this kind gave."""
    try:
        return msgspec.msgpack.decode(base64url.decode(text), type=kind)
    except (ValueError, msgspec.MsgspecError):
        raise UserError("not a cursor of this page", where="cursor", do="take `next` of the page before") from None
