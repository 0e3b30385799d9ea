"""How the web answers: what an installation sets, and the defaults."""

from __future__ import annotations

from pathlib import Path

import msgspec

MiB = 2**20


class Limits(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Rates are a minute's worth; a burst of one minute's worth is let through at once."""

    sign_in_failures_per_minute: int = 10
    """Wrong links and tokens of one client address, before it is told to wait."""
    requests_per_minute: int = 1200
    """Requests of one principal from one address."""
    ingest_requests_per_minute: int = 3000
    """Batches of one token."""
    sql_per_minute: int = 60
    """Own SQL of one principal."""
    body_bytes: int = 1 * MiB
    """Largest body of a request that is not ingest."""
    ingest_body_bytes: int = 64 * MiB
    """Largest batch, as sent."""
    ingest_decompressed_bytes: int = 256 * MiB
    """Largest batch, decompressed."""
    ingest_bytes_at_once: int = 256 * MiB
    """All batches under way; beyond, senders are told to wait."""
    body_seconds: float = 30.0
    """Longest silence while a body is sent."""
    tails: int = 64
    """Live tails at once."""
    tails_of_one: int = 8
    """Live tails of one principal at once."""


class WebSettings(msgspec.Struct, frozen=True):
    """`hosts` are the names by which browsers may call this server; `secure` says that they do so by TLS."""

    hosts: frozenset[str] = frozenset({"127.0.0.1", "localhost", "[::1]"})
    secure: bool = False
    limits: Limits = Limits()
    static: Path = Path(__file__).with_name("static")
    sign_in_title: str = ""
    """The name of the OIDC provider on the sign-in page; "" where there is none."""
