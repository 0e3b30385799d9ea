"""Signals (what a rule found) and the evidence copied with them, which outlives the events."""

from __future__ import annotations

from seawall.model.event.field import Field, Keeps, Table, Type

SIGNAL = Table(
    name="signal",
    meaning="what rules found; the id is a hash of what it is about, so writing one twice is harmless",
    own=(),
    keeps=Keeps.SIGNALS,
    key=("signal_id",),
    newest="written_at",
    namespaces=("namespace",),
    fields=(
        Field(
            name="time", attribute="seawall.time", type=Type.TIME, unit="ns", meaning="time of the latest event in it"
        ),
        Field(
            name="signal_id",
            attribute="seawall.signal_id",
            type=Type.TEXT,
            meaning="hash of cluster, rule, version, window start, entity and key fields; the idempotency key of deliveries",
        ),
        Field(
            name="written_at",
            attribute="seawall.written_at",
            type=Type.TIME,
            unit="ns",
            meaning="when this version of the row was written",
        ),
        Field(name="cluster", attribute="seawall.cluster", type=Type.CATEGORY, identity=True, meaning="the cluster"),
        Field(name="rule", attribute="seawall.rule", type=Type.CATEGORY, meaning="the rule's id"),
        Field(
            name="rule_version",
            attribute="seawall.rule_version",
            type=Type.CATEGORY,
            meaning="fingerprint of declaration and query",
        ),
        Field(
            name="severity",
            attribute="seawall.severity",
            type=Type.CATEGORY,
            meaning="`critical`, `high`, `medium`, `low`, `info`",
        ),
        Field(
            name="score",
            attribute="seawall.score",
            type=Type.F64,
            unit="1",
            null="the rule does not score",
            meaning="how unusual or certain, 0 to 1",
        ),
        Field(name="title", attribute="seawall.title", type=Type.TEXT, meaning="one line for people"),
        Field(name="reasons", attribute="seawall.reasons", type=Type.TEXTS, meaning="why, a sentence each"),
        Field(
            name="entity_kind",
            attribute="seawall.entity.kind",
            type=Type.CATEGORY,
            identity=True,
            meaning="what `entity` names: `user`, `workload`, `pod`, `node`, `address`",
        ),
        Field(
            name="entity",
            attribute="seawall.entity.name",
            type=Type.TEXT,
            identity=True,
            meaning="who or what it is about (`namespace/name` where it has one)",
        ),
        Field(
            name="namespace",
            attribute="k8s.namespace.name",
            type=Type.CATEGORY,
            identity=True,
            meaning="the namespace it is about; '' if none or several",
        ),
        Field(
            name="workload",
            attribute="seawall.workload.name",
            type=Type.CATEGORY,
            identity=True,
            meaning="the workload it is about; '' if none",
        ),
        Field(
            name="workload_kind",
            attribute="seawall.workload.kind",
            type=Type.CATEGORY,
            identity=True,
            meaning="that workload's kind",
        ),
        Field(name="key_fields", attribute="seawall.key_fields", type=Type.MAP, meaning="the other fields in the id"),
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
            name="events", attribute="seawall.events", type=Type.U64, unit="{event}", meaning="how many events make it"
        ),
        Field(name="kinds", attribute="seawall.kinds", type=Type.CATEGORIES, meaning="the kinds of event it rests on"),
        Field(name="attack", attribute="seawall.attack", type=Type.CATEGORIES, meaning="MITRE ATT&CK technique ids"),
        Field(
            name="suppressed_by",
            attribute="seawall.suppressed_by",
            type=Type.TEXT,
            meaning="the exception that silences it; '' if none",
        ),
        Field(
            name="suppressed_until",
            attribute="seawall.suppressed_until",
            type=Type.TIME,
            unit="ns",
            null="not suppressed",
            meaning="when the exception ends",
        ),
        Field(
            name="simulated",
            attribute="seawall.simulated",
            type=Type.BOOL,
            meaning="rests on at least one simulated event",
        ),
    ),
)

SIGNAL_EVIDENCE = Table(
    name="signal_evidence",
    meaning="the events a signal rests on, copied when it was written",
    own=(),
    keeps=Keeps.SIGNALS,
    key=("signal_id", "event_id"),
    newest="written_at",
    namespaces=("namespaces",),
    fields=(
        Field(name="signal_id", attribute="seawall.signal_id", type=Type.TEXT, meaning="the signal"),
        Field(name="event_id", attribute="seawall.event_id", type=Type.TEXT, meaning="the event, `batch_id.batch_row`"),
        Field(
            name="written_at", attribute="seawall.written_at", type=Type.TIME, unit="ns", meaning="when it was copied"
        ),
        Field(name="time", attribute="seawall.time", type=Type.TIME, unit="ns", meaning="the event's time"),
        Field(
            name="cluster",
            attribute="seawall.cluster",
            type=Type.CATEGORY,
            identity=True,
            meaning="the event's cluster",
        ),
        Field(name="kind", attribute="seawall.kind", type=Type.CATEGORY, meaning="the event's kind"),
        Field(
            name="namespaces",
            attribute="seawall.namespaces",
            type=Type.CATEGORIES,
            identity=True,
            meaning="the namespaces the event touches",
        ),
        Field(
            name="event",
            attribute="seawall.event",
            type=Type.TEXT,
            redacted="as the event is",
            meaning="the event's row as JSON, by column",
        ),
    ),
)
