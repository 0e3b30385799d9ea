"""An OpenID Connect issuer on loopback for tests: discovery, keys, and a token endpoint that insists on PKCE. Its keys are real."""

from __future__ import annotations

import base64
import hashlib
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, unquote

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

CLIENT, SECRET = "seawall", "s3cret:with/odd chars"


class Issuer:
    """`claims` go into the next token; `grants` maps a code to the challenge that its redeemer must meet."""

    def __init__(self) -> None:
        self.url = ""
        self.keys: dict[str, Any] = {
            "rsa-1": rsa.generate_private_key(65537, 2048),
            "ec-1": ec.generate_private_key(ec.SECP256R1()),
        }
        self.published = set(self.keys)
        self.claims: dict[str, Any] = {}
        self.grants: dict[str, str] = {}
        self.key_reads = 0
        self.description: dict[str, Any] = {}

    def token(self, key_id: str = "rsa-1", key: Any = None, algorithm: str = "", **head: Any) -> str:
        algorithm = algorithm or ("ES256" if key_id.startswith("ec") else "RS256")
        return jwt.encode(self.claims, key or self.keys[key_id], algorithm, {"kid": key_id, **head})

    def answer(self, path: str) -> dict[str, Any] | None:
        if path == "/.well-known/openid-configuration":
            return {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
                **self.description,
            }
        if path == "/keys":
            self.key_reads += 1
            return {"keys": [self._public(name) for name in sorted(self.published)]}
        return None

    def _public(self, name: str) -> dict[str, Any]:
        key = self.keys[name].public_key()
        encoder: Any = RSAAlgorithm if name.startswith("rsa") else ECAlgorithm
        return {**msgspec.json.decode(encoder.to_jwk(key)), "kid": name, "use": "sig"}

    def redeem(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        pair = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        client, _, secret = pair.partition(":")
        challenge = (
            base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        )
        right = (unquote(client), unquote(secret)) == (CLIENT, SECRET) and self.grants.pop(
            form["code"], None
        ) == challenge
        return {"id_token": self.token(), "access_token": "unused", "token_type": "Bearer"} if right else None


@contextmanager
def running() -> Iterator[Issuer]:
    issuer = Issuer()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send(issuer.answer(self.path))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self._send(issuer.redeem(form, self.headers.get("authorization", "")))

        def _send(self, document: dict[str, Any] | None) -> None:
            body = msgspec.json.encode(document or {"error": "invalid_grant"})
            self.send_response(200 if document else 400)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
