"""What is asked for is not there, or may not be seen: the two are told apart to nobody."""

from __future__ import annotations


class Missing(Exception):
    """There is no such thing for whoever asks."""


class NotAvailable(Exception):
    """This installation does not have what is asked for (yet): a page can say so."""


class Conflict(Exception):
    """Somebody else acted meanwhile: look again, then decide."""
