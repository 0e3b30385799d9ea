"""What a declaration of a table is made of: fields with a type, a unit and a meaning.

One declaration gives the Arrow schema (`arrow.py`), the ClickHouse table (`seawall.store.schema`) and the
reference page (`reference.py`). This module imports nothing but msgspec, so the file verbs can read it.

How a column gets its name: from the OpenTelemetry attribute, by one rule (`column_of`), so that whoever knows
the attribute knows the column and the other way round. Where OpenTelemetry has no attribute, ours begins with
`seawall.`; an attribute that describes one end of a flow is prefixed with that end (`source.k8s.pod.name`).
"""

from __future__ import annotations

from enum import Enum

import msgspec


class Type(Enum):
    """The value types a column can have. The value is what the reference page prints."""

    TEXT = "text"
    CATEGORY = "text, few distinct values"
    ADDRESS = "IP address as text, v6 compressed"
    TIME = "time, UTC, nanoseconds"
    BOOL = "true or false"
    U8 = "unsigned integer, 8 bit"
    U16 = "unsigned integer, 16 bit"
    U32 = "unsigned integer, 32 bit"
    U64 = "unsigned integer, 64 bit"
    I32 = "signed integer, 32 bit"
    I64 = "signed integer, 64 bit"
    F64 = "floating point, 64 bit"
    TEXTS = "list of text"
    CATEGORIES = "list of text, few distinct values"
    TIMES = "list of times, UTC, nanoseconds"
    MAP = "map of text to text"
    COUNTS = "map of text to a count"


LISTS = frozenset({Type.TEXTS, Type.CATEGORIES})
"""The types of which a row holds several texts."""


class Keeps(Enum):
    """How long rows of a table live. Days are configuration (`seawall.store.schema.Retention`); a ledger has none."""

    EVENTS = "events"
    ROLLUPS = "roll-ups"
    SIGNALS = "signals"
    LEDGER = "for good: no time to live, exempt from the disk guard, backed up first"


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One column. A column is never null unless `null` says what null means; absent text is ''."""

    name: str
    type: Type
    meaning: str
    attribute: str
    """The OpenTelemetry attribute, or ours; `column_of` maps it to `name`."""
    unit: str = ""
    """UCUM as OpenTelemetry writes it: `ns`, `By`, `{packet}`; '' for what has none."""
    null: str = ""
    """What null says, where absence differs from '' or 0; '' if the column is never null."""
    identity: bool = False
    """Names who or what acted or was acted upon: what pivots, scopes and pseudonyms work on."""
    redacted: str = ""
    """What the source removes before a value gets here; '' if the value is kept as it came."""
    aggregate: str = ""
    """In a roll-up, how rows of one key become one: `sum`, `min`, `max`, or `uniq` (a sketch of distinct values)."""
    default: str = ""
    """The ClickHouse literal of a row that does not say; '' for the type's own zero."""


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """One declared table: a kind of event, or rows that Seawall keeps about its own work."""

    name: str
    meaning: str
    own: tuple[str, ...]
    """Attribute prefixes that column names drop, beside the general ones."""
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    """The columns that identify one row; of a roll-up, those it groups by."""
    keeps: Keeps
    namespaces: tuple[str, ...] = ()
    """The columns by which a reader of some namespaces is held to them; () if only readers of the whole cluster see rows."""
    newest: str = ""
    """If set, of rows with one key that with the greatest value of this column stands: writing twice is harmless."""

    @property
    def ledger(self) -> bool:
        return self.keeps is Keeps.LEDGER

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields)

    def field(self, name: str) -> Field:
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(f"table {self.name} has no column {name}")


def column_of(attribute: str, own: tuple[str, ...] = ()) -> str:
    """The column name of an attribute: five steps, in this order.

    1. `seawall.` is dropped, then the table's `own` prefix (`process.` in the process table).
    2. `source.` and `destination.` become `src.` and `dst.`.
    3. `k8s.` is dropped wherever it stands.
    4. A last `.name` is dropped.
    5. Dots become underscores.

    >>> column_of("source.k8s.namespace.name")
    'src_namespace'
    >>> column_of("process.executable.path", own=("process.",))
    'executable_path'
    """
    name = attribute.removeprefix("seawall.")
    for prefix in own:
        name = name.removeprefix(prefix)
    for long, short in (("source.", "src."), ("destination.", "dst.")):
        if name.startswith(long):
            name = short + name.removeprefix(long)
    name = name.replace("k8s.", "")
    return name.removesuffix(".name").replace(".", "_")
