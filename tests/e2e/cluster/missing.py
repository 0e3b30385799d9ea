"""What a machine lacks, in one line a person can act on."""

from __future__ import annotations


class Missing(Exception):
    """The cluster cannot run here; the message says what is missing and what to do. Fixtures skip with it."""
