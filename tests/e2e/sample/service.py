"""The program of every service of the sample shop. It runs in a container with nothing but Python's standard library.

What it does, environment variables say:

    NAME       what it calls itself
    PORT       where it listens, 8080
    CALLS      URLs that a request to it calls in turn, by comma
    EVERY      seconds after which it makes a request to itself, 0 for never
    ONCE       set: makes one request to itself and ends, as a job does
    TLS        a folder with tls.crt and tls.key: speaks TLS
    ADMITS     begins of image names: answers admission reviews, and admits pods whose images begin so
"""

from __future__ import annotations

import json
import os
import ssl
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

NAME = os.environ.get("NAME", "service")
PORT = int(os.environ.get("PORT", "8080"))
CALLS = [url for url in os.environ.get("CALLS", "").split(",") if url]
EVERY = float(os.environ.get("EVERY", "0"))
ADMITS = tuple(name for name in os.environ.get("ADMITS", "").split(",") if name)
PATIENCE = 2.0


def work() -> dict[str, str]:
    """Calls what it depends on; each answer or why there is none."""
    answers: dict[str, str] = {}
    for url in CALLS:
        try:
            with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
                answers[url] = str(answer.status)
        except OSError as error:
            answers[url] = str(error)
    return answers


def review(body: bytes) -> dict[str, Any]:
    """The answer to an admission review of a pod."""
    request = json.loads(body)["request"]
    spec = (request.get("object") or {}).get("spec") or {}
    images = [one.get("image", "") for one in (*spec.get("containers", ()), *spec.get("initContainers", ()))]
    strange = [image for image in images if not image.startswith(ADMITS)]
    answer: dict[str, Any] = {"uid": request["uid"], "allowed": not strange}
    if strange:
        answer["status"] = {"code": 403, "message": f"images from elsewhere: {', '.join(strange)}"}
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": answer}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._answer({"name": NAME} if self.path == "/healthz" else {"name": NAME, "calls": work()})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer(review(body) if ADMITS else {"name": NAME})

    def _answer(self, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002  the standard library's name
        if self.path != "/healthz":
            print(NAME, format % arguments, flush=True)


def main() -> None:
    if os.environ.get("ONCE"):
        print(NAME, work(), flush=True)
        return
    server = ThreadingHTTPServer(("", PORT), Handler)
    if folder := os.environ.get("TLS"):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(f"{folder}/tls.crt", f"{folder}/tls.key")
        server.socket = context.wrap_socket(server.socket, server_side=True)
    if EVERY:
        threading.Thread(target=_again_and_again, daemon=True).start()
    server.serve_forever()


def _again_and_again() -> None:
    while True:
        time.sleep(EVERY)
        work()


if __name__ == "__main__":
    main()
