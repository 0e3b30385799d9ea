"""What stands in a recording.

The file is Zstandard; every line is JSON. The first line is the header, the last one is `end`; a file without `end` was cut off. The lines
between stand in the order in which they were learnt, so `at` never falls:

    take     a stretch of time that was recorded without a pause begins here
    list     all objects of a kind, in one or several lines (`more`); what is in none of them is gone
    put      an object was made or changed
    gone     an object was deleted
    gap      a kind is no longer followed, and why; its next list ends that. With the reason `undecodable`: the one object that it names cannot be read,
             until its next put, gone or list
    event    one record of a stream, as its producer writes it, without what is secret

Times named `at` are UTC nanoseconds; times inside objects and records stay as their producer wrote them (RFC 3339). A later version adds fields
and kinds of lines, which this one passes over; a change that this one could not read raises `FORMAT`.
"""

from __future__ import annotations

import msgspec

from seawall.model.cluster.coverage import Gap, Scope

FORMAT = 1
"""Raised when an older Seawall could not read what this one writes."""
NAME = "seawall-recording"
RECORDED = Scope("recording", "a recording of a live cluster", runtime=True)


class Stream(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """One series of events. `source` is the event source that decodes its records; `made_by` says in words where they come from."""

    source: str
    simulated: bool = False
    made_by: str = ""


class RecordedCluster(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """The cluster by its id (the UID of kube-system), its name and its API server's version."""

    id: str
    name: str
    version: str = ""


class Header(msgspec.Struct, frozen=True, rename="camel"):
    """`id` is drawn when recording begins. `title` and `note` are for people."""

    format: str
    version: int
    written_by: str
    id: str
    cluster: RecordedCluster
    streams: dict[str, Stream]
    title: str = ""
    note: str = ""


class Version(msgspec.Struct, frozen=True):
    """What the header of every version has."""

    format: str = ""
    version: int = 0


class Line(msgspec.Struct, frozen=True, tag_field="is", tag=str.lower, omit_defaults=True, rename="camel"):
    at: int


class Take(Line, frozen=True):
    """`days_before`: shown so many days before the last take; how long the pause really was, `at` tells."""

    name: str = ""
    days_before: int = 0


class List(Line, frozen=True):
    """`kind` is the name under which the watch follows the kind; `objects` are redacted and without `managedFields`."""

    kind: str
    objects: list[msgspec.Raw]
    more: bool = False


class Put(Line, frozen=True):
    kind: str
    object: msgspec.Raw


class Gone(Line, frozen=True):
    """The deleted object's reference: API kind, namespace, name, group."""

    kind: str
    ref: tuple[str, str, str, str]


class Broken(Line, frozen=True, tag="gap"):
    kind: str
    gap: Gap


class Event(Line, frozen=True):
    """One record of the stream of that name."""

    stream: str
    record: msgspec.Raw


class End(Line, frozen=True):
    """`lines` between header and this one; `refused` counts records, by stream, that were none and are not in the file."""

    lines: int = 0
    refused: dict[str, int] = {}


AnyLine = Take | List | Put | Gone | Broken | Event | End
KINDS_OF_LINE = frozenset({"take", "list", "put", "gone", "gap", "event", "end"})


class Stamp(msgspec.Struct, frozen=True, gc=False):
    """A line of any kind and version, as far as everything needs it."""

    is_: str = msgspec.field(name="is", default="")
    at: int = 0
    name: str = ""
    days_before: int = msgspec.field(name="daysBefore", default=0)
    lines: int = 0
    refused: dict[str, int] = {}
