"""From texts to one Cluster: what each document is, what could not be read, and where."""

from __future__ import annotations

import re
from collections import Counter

import msgspec

from seawall.model.cluster.coverage import FILES, Coverage, Gap, GapReason, Scope
from seawall.model.cluster.decode import ObjectDecoder, Undecodable
from seawall.model.cluster.kinds import kind_of
from seawall.model.cluster.lost import lost
from seawall.model.cluster.meta import Object, Origin, place
from seawall.model.cluster.snapshot import Cluster
from seawall.sources.state.texts import Place, Text, Texts
from seawall.sources.state.yaml.document import Broken, Document
from seawall.sources.state.yaml.fast import FastReader
from seawall.sources.state.yaml.limits import DOCUMENT_BYTES
from seawall.sources.state.yaml.split import normalised
from seawall.sources.state.yaml.stream import documents
from seawall.spi.source import StateOptions

NO_KIND = "without apiVersion and kind"
"""How documents that are no Kubernetes objects are counted among the unknown kinds."""


class _Head(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """What tells what a document is; `items` of a list."""

    api_version: str = ""
    kind: str = ""
    items: msgspec.Raw = msgspec.Raw()


_HEAD = msgspec.json.Decoder(_Head)
_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])


class Reading:
    """Collects the objects of texts, and the gaps."""

    def __init__(self, options: StateOptions) -> None:
        self.options = options
        self.objects: list[Object] = []
        self.gaps: list[Gap] = []
        self.sources: list[str] = []
        self._unknown: Counter[str] = Counter()
        self._decoder = ObjectDecoder(options.key)
        self.fast = FastReader()
        self._texts = Texts(options.key)

    def gap(self, reason: GapReason, what: str, where: str, kind: str = "") -> None:
        """Something that could not be read; `where` is a place to look at."""
        self.gaps.append(Gap(reason, what, where=where, kind=kind))

    def read(self, source: str, received: bytes) -> None:
        """Reads the documents of one text; `source` is what people know it by."""
        self.read_text(source, Text(normalised(received), self.fast))

    def read_text(self, source: str, text: Text) -> None:
        """As `read`, of a text that is normalised already."""
        self._texts.add(source, text)
        for document in documents(text.text, self.fast):
            if isinstance(document, Broken):
                line = text.shown(document.line)
                column = f":{document.column}" if document.column and line == document.line else ""
                self.gap("unreadable", document.reason, f"{source}:{line}{column}")
            else:
                self._document(source, text, document)

    def cluster(self, *, scope: Scope = FILES) -> Cluster:
        """All that was read, of the namespaces that were asked for; what belongs to no namespace is always there."""
        asked = frozenset(self.options.namespaces)
        objects = [thing for thing in self.objects if not asked or not thing.namespace or thing.namespace in asked]
        return Cluster(
            objects,
            name=self.options.name,
            scope=msgspec.structs.replace(scope, namespaces=self.options.namespaces),
            coverage=Coverage(
                objects=dict(Counter(thing.kind for thing in objects)),
                gaps=tuple(self.gaps),
                unknown_kinds=dict(self._unknown),
                sources=tuple(self.sources),
            ),
            raw=self._texts.raw,
            lines_of=self._texts.lines_of,
        )

    # -------------------------------------------------------------------------------------------- documents

    def _document(self, source: str, text: Text, document: Document) -> None:
        try:
            head = _HEAD.decode(document.json)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            self._headless(f"{source}:{text.shown(document.line)}", error)
            return
        if not head.api_version or not head.kind:
            self._unknown[NO_KIND] += 1
            return
        for note in document.notes:
            self.gap("refused", note.what, f"{source}:{text.shown(note.line)}", head.kind)
        if head.items and head.kind.endswith("List"):
            self._list(source, text, document, head)
        else:
            text.places.append(Place(document.start, document.end, document.first_line))
            self._object(source, text, document.json, head.api_version, head.kind, document.line)

    def _headless(self, where: str, error: Exception) -> None:
        if (
            isinstance(error, msgspec.ValidationError)
            and str(error).startswith("Expected `object`")
            and "$" not in str(error)
        ):
            self._unknown[NO_KIND] += 1
        else:
            self.gap("unreadable", _reason(error), where)

    def _list(self, source: str, text: Text, document: Document, head: _Head) -> None:
        try:
            items = _ITEMS.decode(head.items)
        except (msgspec.DecodeError, RecursionError) as error:
            where = f"{source}:{text.shown(document.line)}"
            self.gap("refused", f"{head.kind}: {_reason(error)} in items", where, head.kind)
            return
        typed = "" if head.kind == "List" else head.kind.removesuffix("List")
        whole = text.text if text.text.startswith(b"{", document.start) else b""
        at, line = document.start, document.first_line
        for number, item in enumerate(items):
            raw = bytes(item)
            found = _after(whole, at, raw)
            if found >= 0:
                line += whole.count(b"\n", at, found)
                at = found + len(raw)
                place = Place(found, at, line)
                line += raw.count(b"\n")
            else:
                place = Place(document.start, document.end, document.first_line, number)
            text.places.append(place)
            self._item(source, text, raw, head.api_version if typed else "", typed)

    def _item(self, source: str, text: Text, raw: bytes, api_version: str, kind: str) -> None:
        if raw == b"null":
            return
        place = text.places[-1]
        line = place.line if place.item < 0 else text.index(len(text.places) - 1).line_of(place.path(""))
        try:
            head = _HEAD.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            where = f"{source}:{text.shown(line)}"
            self.gap("refused", f"{kind or 'an item'} of a list: {_reason(error)}", where, kind)
            return
        api_version, kind = head.api_version or api_version, head.kind or kind
        if not api_version or not kind:
            self._unknown[NO_KIND] += 1
        elif head.items and kind.endswith("List"):
            self.gap("unsupported", "a list inside a list is not read", f"{source}:{text.shown(line)}", kind)
        else:
            self._object(source, text, raw, api_version, kind, line)

    # -------------------------------------------------------------------------------------------- one object

    def _object(self, source: str, text: Text, raw: bytes, api_version: str, name: str, line: int) -> None:
        """Decodes the object at the last place of `text`, where it begins on `line`, or says why it cannot be."""
        kind = kind_of(api_version, name)
        if kind is None:
            group, slash, _ = api_version.rpartition("/")
            self._unknown[f"{name}.{group}" if slash else name] += 1
            return
        number = len(text.places) - 1
        line = text.first_line_of(number, line)
        if len(raw) > DOCUMENT_BYTES:
            why = f"larger than {DOCUMENT_BYTES >> 20} MiB, which no API server stores"
            self._lose("refused", raw, name, why, f"{source}:{line}")
            return
        try:
            thing = self._decoder.decode(raw, kind)
        except Undecodable as error:
            line = text.lines_of(number)(error.path) or line
            self._lose("refused", raw, name, str(error), f"{source}:{line}")
            return
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            self._lose("undecodable", raw, name, _reason(error), f"{source}:{line}")
            return
        if not thing.kind:  # the items of a typed list go without
            msgspec.structs.force_setattr(thing, "api_version", api_version)
            msgspec.structs.force_setattr(thing, "kind", name)
        place(thing, Origin(source, line, number))
        self.objects.append(thing)

    def _lose(self, reason: GapReason, raw: bytes, kind: str, why: str, where: str) -> None:
        """Counts an object that is missing, by the name that could be read of it."""
        self.gaps.append(lost(reason, raw, kind, why, where))


_BETWEEN = re.compile(rb"[\s,]*")


def _after(text: bytes, at: int, item: bytes) -> int:
    """Where the next item of a list begins in JSON; -1 where the text is none. The first is searched for, each further one follows its forerunner."""
    between = _BETWEEN.match(text, at)
    start = between.end() if between is not None else at
    return start if text.startswith(item, start) else text.find(item, at)


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return "the text is not UTF-8"
    return str(error)
