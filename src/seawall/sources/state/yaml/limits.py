"""What a document may cost at most. Past a limit it is refused in one located line, whatever reads it."""

from __future__ import annotations

DOCUMENT_BYTES = 16 << 20
"""Bytes of one document. An API server takes requests of 3 MiB; the rest is room for lists."""

LINE_BYTES = 8 << 20
"""Bytes of one line. Nothing that people or tools write into a manifest comes near."""

DEPTH = 200
"""Collections inside each other. JSON decoders use the stack, so this keeps far from its end."""

EXPANDED_BYTES = 16 << 20
"""Bytes of text that aliases may make of a document."""
