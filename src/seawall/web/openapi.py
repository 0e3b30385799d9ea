"""The OpenAPI document of the API, without a server: `python -m seawall.web.openapi > openapi.json`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, cast

import msgspec

from seawall.app.services import Services
from seawall.web.application import routes
from seawall.web.security.rate import Buckets
from seawall.web.settings import WebSettings


def document() -> dict[str, Any]:
    """The document as the server answers it at /api/v1/openapi.json."""
    nowhere = WebSettings(static=Path("/nonexistent"))
    # only the routes are looked at: nothing of the services is ever asked
    router = routes(cast(Services, None), nowhere, Buckets(1, lambda: 0.0), None)
    return router.openapi_schema.to_schema()


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(document()), indent=2) + b"\n")
