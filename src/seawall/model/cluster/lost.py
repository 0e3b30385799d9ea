"""An object that is there and cannot be read: a gap that names it, as far as its name can be read."""

from __future__ import annotations

from typing import Any

import msgspec

from seawall.model.cluster.coverage import Gap, GapReason


class _Meta(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    name: Any = ""
    namespace: Any = ""


class _Named(msgspec.Struct, frozen=True, gc=False):
    metadata: _Meta = _Meta()


_NAMED = msgspec.json.Decoder(_Named)


def lost(reason: GapReason, raw: bytes, kind: str, why: str, where: str) -> Gap:
    """The gap for the object in `raw` (JSON) of a kind."""
    namespace, name = _name(raw)
    spelled = f"{namespace}/{name}" if namespace else name or "(unnamed)"
    return Gap(reason, f"{kind} {spelled}: {why}", where=where, kind=kind, name=name, namespace=namespace)


def _name(raw: bytes) -> tuple[str, str]:
    """Namespace and name of an object, "" where they cannot be read."""
    try:
        meta = _NAMED.decode(raw).metadata
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "", ""
    namespace, name = (text if isinstance(text, str) else "" for text in (meta.namespace, meta.name))
    return (namespace, name) if name else ("", "")
