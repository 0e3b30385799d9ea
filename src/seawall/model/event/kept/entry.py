"""Entries: acts on cases, Plans and deliveries, and Seawall's own audit log.

State is a fold of entries by (at, entry_id). Nothing is read, modified and written back: an actor says in `seen` which
entry was the last it knew, so two who acted on the same state show as a conflict.
"""

from __future__ import annotations

from seawall.model.event.field import Field, Keeps, Table, Type


def _entries(name: str, meaning: str, subject: Field, *, namespaces: tuple[str, ...] = ()) -> Table:
    return Table(
        name=name,
        meaning=meaning,
        own=(),
        keeps=Keeps.LEDGER,
        key=(subject.name, "at", "entry_id"),
        namespaces=namespaces,
        fields=(
            Field(name="at", attribute="seawall.at", type=Type.TIME, unit="ns", meaning="when"),
            Field(
                name="entry_id",
                attribute="seawall.entry_id",
                type=Type.TEXT,
                meaning="this entry; a repeat has the same",
            ),
            subject,
            Field(
                name="cluster",
                attribute="seawall.cluster",
                type=Type.CATEGORY,
                identity=True,
                meaning="the cluster it is about",
            ),
            Field(
                name="actor",
                attribute="seawall.actor",
                type=Type.CATEGORY,
                identity=True,
                meaning="who did it: a principal, or `seawall` for a scheduler",
            ),
            Field(name="action", attribute="seawall.action", type=Type.CATEGORY, meaning="what was done"),
            Field(
                name="seen",
                attribute="seawall.seen",
                type=Type.TEXT,
                meaning="the last entry the actor saw; '' for the first",
            ),
            *(
                (
                    Field(
                        name="namespace",
                        attribute="k8s.namespace.name",
                        type=Type.CATEGORY,
                        identity=True,
                        meaning="the namespace it is about; '' if none or several",
                    ),
                )
                if namespaces
                else ()
            ),
            Field(
                name="data",
                attribute="seawall.data",
                type=Type.TEXT,
                redacted="values of secrets",
                meaning="what the action carries, as JSON",
            ),
        ),
    )


CASE_ENTRY = _entries(
    "case_entry",
    "the life of an incident: opened, signal added, acknowledged, assigned, noted, merged, closed",
    Field(name="case_id", attribute="seawall.case_id", type=Type.TEXT, meaning="the case (incident)"),
    namespaces=("namespace",),
)

PLAN_ENTRY = _entries(
    "plan_entry",
    "the life of a Plan: made, previewed, approved, applied, expired, undone, failed",
    Field(name="plan_id", attribute="seawall.plan_id", type=Type.TEXT, meaning="the Plan"),
    namespaces=("namespace",),
)

OUTBOX = _entries(
    "outbox",
    "deliveries to people and systems: queued, sent, failed, given up; the message id is the receiver's idempotency key",
    Field(
        name="message_id",
        attribute="seawall.message_id",
        type=Type.TEXT,
        meaning="the message; the same on every attempt",
    ),
)

SEAWALL_AUDIT = Table(
    name="seawall_audit",
    meaning="who looked at or did what in Seawall itself",
    own=(),
    keeps=Keeps.LEDGER,
    key=("at", "entry_id"),
    fields=(
        Field(name="at", attribute="seawall.at", type=Type.TIME, unit="ns", meaning="when"),
        Field(
            name="entry_id", attribute="seawall.entry_id", type=Type.TEXT, meaning="this entry; a repeat has the same"
        ),
        Field(
            name="cluster",
            attribute="seawall.cluster",
            type=Type.CATEGORY,
            identity=True,
            meaning="the cluster asked about; '' for several or none",
        ),
        Field(
            name="actor",
            attribute="seawall.actor",
            type=Type.CATEGORY,
            identity=True,
            meaning="the principal; '' before sign-in",
        ),
        Field(name="role", attribute="seawall.role", type=Type.CATEGORY, meaning="the role it acted in"),
        Field(
            name="action", attribute="seawall.action", type=Type.CATEGORY, meaning="what was asked: the operation's id"
        ),
        Field(name="target", attribute="seawall.target", type=Type.TEXT, meaning="on what"),
        Field(
            name="outcome",
            attribute="seawall.outcome",
            type=Type.CATEGORY,
            meaning="`ok`, `denied`, `refused`, `failed`",
        ),
        Field(
            name="client_address", attribute="client.address", type=Type.ADDRESS, identity=True, meaning="from where"
        ),
        Field(
            name="user_agent_original",
            attribute="user_agent.original",
            type=Type.TEXT,
            meaning="what the client says it is",
        ),
        Field(
            name="data",
            attribute="seawall.data",
            type=Type.TEXT,
            redacted="tokens and values of secrets",
            meaning="parameters, as JSON",
        ),
    ),
)
