"""The reference page of events and rows, from the declarations: `python -m seawall.model.event.reference > docs/reference/events.md`."""

from __future__ import annotations

import sys

from seawall.model.event import KEPT, KINDS, ROLLUPS, Field, Keeps, Table
from seawall.model.event.envelope import ENVELOPE

_HEAD = """# Events and rows

Generated from the declarations in `seawall.model.event`; do not edit.

Every kind of event is one table, and every row of it carries the columns of the [envelope](#envelope). A column is named after
its OpenTelemetry attribute by one rule, so that who knows one knows the other:

1. `seawall.` (what OpenTelemetry does not name) is dropped, then the prefix of the table's own kind (`process.` in `process`).
2. `source.` and `destination.` become `src_` and `dst_`.
3. `k8s.` is dropped, and so is a `.name` at the end.
4. Dots become underscores.

So `source.k8s.namespace.name` is `src_namespace`, and `process.executable.path` is `executable_path`.

Times are UTC with nanoseconds. Text that is not known is `''`, a list `[]`, a map `{}`; a column is null only where the column
says what null means. In the column *marks*, **id** names who or what acted or was acted upon (what pivots, scopes and
pseudonyms work on), **few** has few distinct values, **redacted** says what the source removed before the value got here.
"""


def reference() -> str:
    """The whole page."""
    parts = [_HEAD, "## Envelope\n\nThe columns of every event.\n", _fields(ENVELOPE)]
    for title, tables in (("Kinds of event", KINDS), ("Roll-ups", ROLLUPS), ("Rows Seawall keeps", KEPT)):
        parts.append(f"# {title}\n")
        parts.extend(_table(table) for table in tables.values())
    return "\n".join(parts)


def _table(table: Table) -> str:
    held = ", ".join(f"`{name}`" for name in table.namespaces)
    facts = [
        f"Kept as *{table.keeps.value}*."
        if table.keeps is not Keeps.LEDGER
        else "Kept for good: no time to live, exempt from the disk guard, backed up first.",
        f"A reader of some namespaces is held to {held}." if held else "Only readers of the whole cluster see it.",
        f"One row for each: {', '.join(f'`{name}`' for name in table.key)}.",
    ]
    if table.newest:
        facts.append(
            f"Of rows with one key the one with the greatest `{table.newest}` stands; read `{table.name}_now`."
        )
    fields = tuple(field for field in table.fields if field not in ENVELOPE) if table.name in KINDS else table.fields
    return f"## {table.name}\n\n{table.meaning[0].upper()}{table.meaning[1:]}. {' '.join(facts)}\n\n{_fields(fields)}"


def _fields(fields: tuple[Field, ...]) -> str:
    rows = ["| column | attribute | type | unit | meaning | null means | marks |", "|---|---|---|---|---|---|---|"]
    for field in fields:
        marks = ["id"] if field.identity else []
        marks += ["few"] if "few distinct" in field.type.value else []
        marks += [f"redacted: {field.redacted}"] if field.redacted else []
        marks += [f"roll-up: {field.aggregate}"] if field.aggregate else []
        kind = field.type.value.removesuffix(", few distinct values")
        cells = (
            f"`{field.name}`",
            f"`{field.attribute}`",
            kind,
            field.unit,
            field.meaning,
            field.null or "never null",
            "; ".join(marks),
        )
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    sys.stdout.write(reference())
