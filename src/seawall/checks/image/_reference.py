"""An image reference taken apart, as the distribution specification writes it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_DOMAIN = r"(?:\[[0-9a-fA-F:]+\]|[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?)(?::[0-9]+)?"
_REFERENCE = re.compile(
    rf"(?:({_DOMAIN})/)?({_COMPONENT}(?:/{_COMPONENT})*)(?::([\w][\w.-]{{0,127}}))?(?:@([a-z0-9+.-]+:[0-9a-fA-F]{{32,}}))?"
)


class Reference(NamedTuple):
    """`registry` is "" where none is named, `tag` and `digest` likewise."""

    registry: str
    name: str
    tag: str
    digest: str


@lru_cache(maxsize=20_000)
def image_reference(text: str) -> Reference | None:
    """`text` taken apart; None where it is no reference."""
    match = _REFERENCE.fullmatch(text)
    if match is None:
        return None
    registry, name = match[1] or "", match[2]
    # A first part without a dot, a port and "localhost" is no registry but part of the name.
    if registry and "." not in registry and ":" not in registry and registry != "localhost":
        registry, name = "", f"{registry}/{name}"
    return Reference(registry, name, match[3] or "", match[4] or "")
