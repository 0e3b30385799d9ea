"""What happened: one declaration for each kind of event, and for each table of rows that Seawall keeps beside them.

>>> from seawall.model.event import KINDS
>>> sorted(KINDS)
['audit', 'dns', 'flow', 'process']
"""

from __future__ import annotations

from seawall.model.event.audit import AUDIT
from seawall.model.event.dns import DNS
from seawall.model.event.field import Field, Keeps, Table, Type, column_of
from seawall.model.event.flow import FLOW
from seawall.model.event.kept.entry import CASE_ENTRY, OUTBOX, PLAN_ENTRY, SEAWALL_AUDIT
from seawall.model.event.kept.finding import FINDING_TRANSITION, SCAN_RUN
from seawall.model.event.kept.identity import IDENTITY_INTERVAL
from seawall.model.event.kept.ledger import BATCH_LEDGER, RULE_RUN
from seawall.model.event.kept.rollup import EDGE_HOUR, EDGE_MINUTE, EVENT_MINUTE
from seawall.model.event.kept.signal import SIGNAL, SIGNAL_EVIDENCE
from seawall.model.event.process import PROCESS

KINDS: dict[str, Table] = {table.name: table for table in (FLOW, DNS, AUDIT, PROCESS)}
"""The kinds of event, by name: what sources emit and rules read."""

ROLLUPS: dict[str, Table] = {table.name: table for table in (EDGE_MINUTE, EDGE_HOUR, EVENT_MINUTE)}
"""Tables the store fills from events; nobody inserts into them. One that is made of another comes after it."""

KEPT: dict[str, Table] = {
    table.name: table
    for table in (
        BATCH_LEDGER,
        RULE_RUN,
        SIGNAL,
        SIGNAL_EVIDENCE,
        FINDING_TRANSITION,
        SCAN_RUN,
        CASE_ENTRY,
        PLAN_ENTRY,
        OUTBOX,
        SEAWALL_AUDIT,
        IDENTITY_INTERVAL,
    )
}
"""Rows that Seawall keeps about its own work."""

TABLES: dict[str, Table] = KINDS | ROLLUPS | KEPT

__all__ = ["KEPT", "KINDS", "ROLLUPS", "TABLES", "Field", "Keeps", "Table", "Type", "column_of"]
