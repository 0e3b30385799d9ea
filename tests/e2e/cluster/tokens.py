"""JSON web tokens, signed here: of service accounts, and of the local OpenID Connect issuer."""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

COORDINATE_BYTES = 32
"""Of a point on P-256."""


def signed(claims: Mapping[str, Any], key: ec.EllipticCurvePrivateKey, seconds: int, key_id: str | None = None) -> str:
    """A token that is valid from now for `seconds` (ES256: RFC 7518, 3.4). Without `key_id` every known key is tried."""
    now = int(time.time())
    times = {"iat": now, "nbf": now, "exp": now + seconds, "jti": str(uuid.uuid4())}
    header = {"alg": "ES256", "typ": "JWT", **({"kid": key_id} if key_id else {})}
    body = f"{_json(header)}.{_json({**times, **claims})}"
    r, s = utils.decode_dss_signature(key.sign(body.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{body}.{_base64(_coordinate(r) + _coordinate(s))}"


def key_set(key: ec.EllipticCurvePrivateKey, key_id: str) -> dict[str, Any]:
    """The public half as an issuer publishes it (RFC 7517)."""
    point = key.public_key().public_numbers()
    return {
        "keys": [
            {
                "kty": "EC",
                "crv": "P-256",
                "alg": "ES256",
                "use": "sig",
                "kid": key_id,
                "x": _base64(_coordinate(point.x)),
                "y": _base64(_coordinate(point.y)),
            }
        ]
    }


def _coordinate(value: int) -> bytes:
    return value.to_bytes(COORDINATE_BYTES, "big")


def _json(value: Mapping[str, Any]) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
