"""A cluster brought along the lines of a recording, object by object."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import msgspec

from seawall.live.view import Delta, LiveView
from seawall.model.cluster.coverage import Gap
from seawall.model.cluster.decode import ObjectDecoder, Undecodable, type_meta
from seawall.model.cluster.kinds import kind_of
from seawall.model.cluster.lost import lost
from seawall.model.cluster.meta import Object, ObjectRef
from seawall.sources.recording.format import RECORDED, AnyLine, Broken, Gone, List, Put
from seawall.sources.state.live import RawObjects


class RecordedView:
    """Takes lines in their order. An object that cannot be decoded is a gap of the view and counted in `undecodable`."""

    def __init__(
        self,
        path: Path,
        *,
        id: str,  # noqa: A002  the cluster's id, as everywhere
        name: str,
        version: str,
        text: Callable[[bytes], bytes] = bytes,
        keep_texts: bool = False,
    ) -> None:
        """`text` says how an object's recorded text is shown (moved in time, say); `keep_texts` keeps it for who asks the cluster for raw objects."""
        self._path, self._text = path, text
        self._raw = RawObjects() if keep_texts else None
        self.view = LiveView(id=id, name=name, version=version, scope=RECORDED, raw=self._raw)
        self._decoder = ObjectDecoder(None)
        self._listing: dict[str, list[Object | Gap]] = defaultdict(list)
        self.undecodable = 0

    def take(self, line: AnyLine, at: int) -> list[Delta]:
        """Brings the cluster to a line that happened `at` (UTC ns); what is no object is passed over."""
        deltas: list[Delta] = []
        if isinstance(line, List):
            known = self._listing[line.kind]
            known += [self._object(bytes(raw), line.kind) for raw in line.objects]
            if not line.more:
                del self._listing[line.kind]
                things = [thing for thing in known if not isinstance(thing, Gap)]
                deltas = self.view.listed(line.kind, things, at, (gap for gap in known if isinstance(gap, Gap)))
        elif isinstance(line, Put):
            found = self._object(bytes(line.object), line.kind)
            if isinstance(found, Gap):
                deltas = self.view.undecodable(line.kind, found, at)
            else:
                deltas = self.view.put(line.kind, found, at)
        elif isinstance(line, Gone):
            deltas = self.view.remove(line.kind, ObjectRef(*line.ref), at)
        elif isinstance(line, Broken) and line.gap.reason == "undecodable":
            deltas = self.view.undecodable(line.kind, line.gap, at)
        elif isinstance(line, Broken):
            self.view.broken(line.kind, line.gap)
        self._drop_texts(deltas)
        return deltas

    def _object(self, recorded: bytes, kind_name: str) -> Object | Gap:
        raw = self._text(recorded)
        try:
            meta = type_meta(raw)
            kind = kind_of(meta.api_version, meta.kind)
            if kind is None:
                raise Undecodable(f"{meta.kind} of {meta.api_version} is a kind that this Seawall does not know", "")
            thing = self._decoder.decode(raw, kind)
        except (Undecodable, msgspec.DecodeError, UnicodeDecodeError) as error:
            self.undecodable += 1
            return lost("undecodable", raw, kind_name, str(error), str(self._path))
        if self._raw is not None:
            self._raw.put(kind, thing.ref, raw)
        return thing

    def _drop_texts(self, deltas: list[Delta]) -> None:
        """The texts of what is gone."""
        if self._raw is None:
            return
        for delta in deltas:
            if delta.after is None and delta.before is not None:
                kind = kind_of(delta.before.api_version, delta.before.kind)
                if kind is not None:
                    self._raw.drop(kind, delta.ref)
