"""An OpenID Connect issuer that only publishes: a program, run as `issuer.py FOLDER ADDRESS PORT CERTIFICATE KEY`.

The API server fetches the discovery document and the key set from it; both are files. Tokens are signed by whoever
holds the key (`ControlPlane.oidc_token`).
"""

from __future__ import annotations

import functools
import http.server
import ssl
import sys


def main() -> None:
    folder, address, port, certificate, key = sys.argv[1:6]
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with http.server.ThreadingHTTPServer((address, int(port)), handler) as server:
        # Each connection shakes hands in its own thread, so that a silent one holds up nobody.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        server.serve_forever()


if __name__ == "__main__":
    main()
