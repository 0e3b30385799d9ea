"""A recording: the objects of a cluster and what happened in it for a while, in one folder or archive, to be looked at as if it were live.

    recording.json     what is in it
    objects.seawall    a snapshot
    audit.jsonl, …     events, each file in one format; may be gzip

The archive (`.tar`, `.tar.gz`) holds the same files. `recording.json`:

    {"format": "seawall.recording/v1", "name": "A day at the shop", "cluster": "ID", "from": "…", "to": "…", "snapshot": "objects.seawall",
     "events": [{"file": "audit.jsonl", "format": "audit", "source": "audit-log", "simulated": false}]}
"""

from __future__ import annotations

import tarfile
from pathlib import Path

import msgspec

from seawall.app.moment import nanoseconds_of
from seawall.kit.errors import UserError

FORMAT = "seawall.recording/v1"
CONTENTS = "recording.json"
LARGEST = 4 * 2**30
MOST_FILES = 1000


class RecordedEvents(msgspec.Struct, frozen=True):
    """One file of events. `format` is the source that decodes it, `source` the name it goes by."""

    file: str
    format: str
    source: str
    simulated: bool = False


class Recording(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `recording.json` says. `start` and `end` are RFC 3339."""

    format: str
    name: str
    cluster: str
    start: str = msgspec.field(name="from")
    end: str = msgspec.field(name="to")
    snapshot: str = ""
    events: tuple[RecordedEvents, ...] = ()

    @property
    def ends(self) -> int:
        """UTC nanoseconds."""
        return nanoseconds_of(self.end)


def opened(path: Path, scratch: Path) -> tuple[Recording, Path]:
    """A recording and the folder that its files are in; an archive is unpacked into `scratch`. Raises UserError."""
    folder = path if path.is_dir() else _unpacked(path, scratch)
    contents = folder / CONTENTS
    try:
        recording = msgspec.json.decode(contents.read_bytes(), type=Recording)
        nanoseconds_of(recording.start)
        nanoseconds_of(recording.end)
    except FileNotFoundError:
        raise UserError(f"no recording: it holds no {CONTENTS}", where=str(path)) from None
    except (OSError, msgspec.MsgspecError, ValueError) as error:
        raise UserError(f"{CONTENTS} cannot be read: {error}", where=str(path)) from None
    if recording.format != FORMAT:
        raise UserError(f"its format is {recording.format}", where=str(path), do=f"this Seawall reads {FORMAT}")
    for name in (recording.snapshot, *(events.file for events in recording.events)):
        if name and (Path(name).name != name or not (folder / name).is_file()):
            raise UserError(f"{CONTENTS} names `{name}`, which is not there", where=str(path))
    return recording, folder


def _unpacked(path: Path, scratch: Path) -> Path:
    """The files of an archive, and nothing of it that is no plain file beside `recording.json`."""
    try:
        with tarfile.open(path, "r:*") as archive:
            members = [member for member in archive if member.isfile() and "/" not in member.name.removeprefix("./")]
            if len(members) > MOST_FILES or sum(member.size for member in members) > LARGEST:
                raise UserError("too large for a recording", where=str(path))
            archive.extractall(scratch, members, filter="data")
    except (OSError, tarfile.TarError) as error:
        raise UserError(f"cannot be read: {error}", where=str(path), do="give a folder, .tar or .tar.gz") from None
    return scratch
