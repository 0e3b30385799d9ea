"""Which sources can be recorded, and their records as they may be kept."""

from __future__ import annotations

from seawall.kit.errors import UserError
from seawall.spi.catalogue import sources
from seawall.spi.source import EventSource


def event_source(id: str) -> EventSource:  # noqa: A002
    """The installed source of events of that id. UserError where there is none."""
    declared = next((one for one in sources() if one.id == id and one.kind == "event"), None)
    if declared is None:
        raise UserError(f'there is no source of events "{id}"')
    source: EventSource = declared.type()
    return source


class Keeping:
    """Takes what is secret out of records, each by its source. UserError for a source that cannot be recorded."""

    def __init__(self, *ids: str) -> None:
        self._keep = {}
        for id in ids:  # noqa: A001
            keep = getattr(event_source(id), "keep", None)
            if keep is None:
                raise UserError(f'events of the source "{id}" cannot be recorded')
            self._keep[id] = keep

    def __call__(self, source: str, record: bytes) -> bytes | None:
        kept: bytes | None = self._keep[source](record)
        return kept
