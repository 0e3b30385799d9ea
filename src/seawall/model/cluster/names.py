"""What the API takes for a name: DNS labels, DNS subdomains and names of ports. Each function says why a text is none, or None."""

from __future__ import annotations

import re
from functools import lru_cache

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")


@lru_cache(maxsize=1 << 12)
def label_problem(name: str) -> str | None:
    """Of a DNS label (RFC 1123), as containers, volumes and namespaces are named."""
    if len(name) <= 63 and _LABEL.fullmatch(name):
        return None
    return f'"{name}" is no DNS label: up to 63 lower-case letters, digits and inner hyphens'


@lru_cache(maxsize=1 << 14)
def subdomain_problem(name: str) -> str | None:
    """Of a DNS subdomain (RFC 1123), as most objects are named."""
    if len(name) <= 253 and _SUBDOMAIN.fullmatch(name):
        return None
    return f'"{name}" is no DNS subdomain: up to 253 lower-case letters, digits, inner hyphens and dots'


@lru_cache(maxsize=1 << 12)
def port_name_problem(name: str) -> str | None:
    """Of the name of a port (an IANA service name)."""
    if not 0 < len(name) <= 15:
        return f'"{name}" is no port name: it must have 1 to 15 characters'
    if not _LABEL.fullmatch(name):
        return f'"{name}" is no port name: lower-case letters, digits and inner hyphens only'
    if "--" in name:
        return f'"{name}" is no port name: it may not have two hyphens in a row'
    if not re.search("[a-z]", name):
        return f'"{name}" is no port name: it needs a letter'
    return None
