"""The ledger of batches and of rule runs: what came in, what became of it, what has been looked at.

`batch_ledger` is append-only and is the loss ledger. For the rows of one source and kind

    records_in = accepted + duplicate + sum(dropped) + malformed

and what has arrived without a row here is in flight: it is not acknowledged, so its sender still holds it.
"""

from __future__ import annotations

from seawall.model.event.field import Field, Keeps, Table, Type

BATCH_LEDGER = Table(
    name="batch_ledger",
    meaning="one row for each batch that was settled: how many records came, and what became of them",
    own=(),
    keeps=Keeps.LEDGER,
    key=("batch_id", "outcome", "stored_at"),
    fields=(
        Field(
            name="stored_at",
            attribute="seawall.stored_at",
            type=Type.TIME,
            unit="ns",
            meaning="when this row was written, after the events",
        ),
        Field(
            name="batch_id",
            attribute="seawall.batch_id",
            type=Type.TEXT,
            meaning="the batch; fixed with its bytes before it was first sent",
        ),
        Field(
            name="cluster",
            attribute="seawall.cluster",
            type=Type.CATEGORY,
            identity=True,
            meaning="the cluster it is about",
        ),
        Field(
            name="source",
            attribute="seawall.source",
            type=Type.CATEGORY,
            meaning="the configured source that delivered it",
        ),
        Field(
            name="kind",
            attribute="seawall.kind",
            type=Type.CATEGORY,
            meaning="the kind of event: the table the rows are in",
        ),
        Field(
            name="outcome",
            attribute="seawall.outcome",
            type=Type.CATEGORY,
            meaning="`stored`; `repeat` (the batch was in the ledger before: nothing stored, its records count as duplicate); `refused` (batches that were not taken, a row for many; each counts as one malformed record)",
        ),
        Field(
            name="records_in",
            attribute="seawall.records_in",
            type=Type.U64,
            unit="{record}",
            meaning="records in the batch as received",
        ),
        Field(
            name="accepted",
            attribute="seawall.accepted",
            type=Type.U64,
            unit="{record}",
            meaning="records that gave at least one row, or were read and rightly give none",
        ),
        Field(
            name="duplicate",
            attribute="seawall.duplicate",
            type=Type.U64,
            unit="{record}",
            meaning="records that had been stored before",
        ),
        Field(
            name="dropped",
            attribute="seawall.dropped",
            type=Type.COUNTS,
            unit="{record}",
            meaning="readable records not stored, by reason",
        ),
        Field(
            name="malformed",
            attribute="seawall.malformed",
            type=Type.U64,
            unit="{record}",
            meaning="records that could not be read",
        ),
        Field(
            name="malformed_why",
            attribute="seawall.malformed_why",
            type=Type.COUNTS,
            unit="{record}",
            meaning="the same by reason",
        ),
        Field(
            name="rows_out",
            attribute="seawall.rows_out",
            type=Type.U64,
            unit="{row}",
            meaning="rows written; one record may give several",
        ),
        Field(
            name="late",
            attribute="seawall.late",
            type=Type.U64,
            unit="{row}",
            meaning="rows that were late; a property, they are stored like others",
        ),
        Field(
            name="future",
            attribute="seawall.future",
            type=Type.U64,
            unit="{row}",
            meaning="rows more than five minutes ahead of our clock",
        ),
        Field(
            name="least_time",
            attribute="seawall.least_time",
            type=Type.TIME,
            unit="ns",
            null="no row was written",
            meaning="least event time",
        ),
        Field(
            name="greatest_time",
            attribute="seawall.greatest_time",
            type=Type.TIME,
            unit="ns",
            null="no row was written",
            meaning="greatest event time",
        ),
        Field(
            name="received_at",
            attribute="seawall.received_at",
            type=Type.TIME,
            unit="ns",
            meaning="when the batch arrived",
        ),
        Field(
            name="bytes_in",
            attribute="seawall.bytes_in",
            type=Type.U64,
            unit="By",
            meaning="size as received, before decompression",
        ),
        Field(
            name="simulated", attribute="seawall.simulated", type=Type.BOOL, meaning="the rows were made by a simulator"
        ),
        Field(
            name="sender",
            attribute="seawall.sender",
            type=Type.TEXT,
            identity=True,
            meaning="who sent it: principal, or file name",
        ),
    ),
)

RULE_RUN = Table(
    name="rule_run",
    meaning="one row for each time a rule looked at a slice: no slice is skipped, none silently looked at twice",
    own=(),
    keeps=Keeps.LEDGER,
    key=("rule", "rule_version", "batch_id", "window_start", "window_end", "pass_number"),
    fields=(
        Field(name="ran_at", attribute="seawall.ran_at", type=Type.TIME, unit="ns", meaning="when the run ended"),
        Field(name="rule", attribute="seawall.rule", type=Type.CATEGORY, meaning="the rule's id"),
        Field(
            name="rule_version",
            attribute="seawall.rule_version",
            type=Type.CATEGORY,
            meaning="fingerprint of declaration and query",
        ),
        Field(
            name="cluster",
            attribute="seawall.cluster",
            type=Type.CATEGORY,
            identity=True,
            meaning="the cluster whose rows were read",
        ),
        Field(
            name="batch_id",
            attribute="seawall.batch_id",
            type=Type.TEXT,
            meaning="the batch a stateless rule looked at; '' for a window",
        ),
        Field(
            name="window_start",
            attribute="seawall.window_start",
            type=Type.TIME,
            unit="ns",
            null="a stateless rule",
            meaning="start of the window, included",
        ),
        Field(
            name="window_end",
            attribute="seawall.window_end",
            type=Type.TIME,
            unit="ns",
            null="a stateless rule",
            meaning="end of the window, excluded",
        ),
        Field(
            name="pass_number",
            attribute="seawall.pass_number",
            type=Type.U8,
            meaning="0 for the first run, 1 for the one after a late batch",
        ),
        Field(
            name="late_batch_id",
            attribute="seawall.late_batch_id",
            type=Type.TEXT,
            meaning="the late batch that caused the second run; '' in the first",
        ),
        Field(
            name="rows_read",
            attribute="seawall.rows_read",
            type=Type.U64,
            unit="{row}",
            meaning="rows the query read, as the store counted",
        ),
        Field(
            name="signals",
            attribute="seawall.signals",
            type=Type.U64,
            unit="{signal}",
            meaning="signals that came of it, suppressed ones included",
        ),
        Field(name="took", attribute="seawall.took", type=Type.I64, unit="ns", meaning="how long the run took"),
        Field(
            name="error",
            attribute="seawall.error",
            type=Type.TEXT,
            meaning="why it could not tell; '' if it could. The slice is tried again",
        ),
    ),
)
