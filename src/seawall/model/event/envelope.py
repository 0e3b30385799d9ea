"""The columns that every event carries, and the columns that say which workload an event belongs to."""

from __future__ import annotations

from seawall.model.event.field import Field, Keeps, Table, Type

ENVELOPE: tuple[Field, ...] = (
    Field(
        name="time",
        attribute="seawall.time",
        type=Type.TIME,
        unit="ns",
        meaning="when it happened, by the clock of whoever saw it; OpenTelemetry's Timestamp",
    ),
    Field(
        name="observed_time",
        attribute="seawall.observed_time",
        type=Type.TIME,
        unit="ns",
        meaning="when Seawall received it; OpenTelemetry's ObservedTimestamp",
    ),
    Field(
        name="cluster",
        attribute="seawall.cluster",
        type=Type.CATEGORY,
        identity=True,
        meaning="the cluster's id: the UID of its kube-system namespace, or the name given with --cluster for files",
    ),
    Field(
        name="source",
        attribute="seawall.source",
        type=Type.CATEGORY,
        meaning="the configured source that delivered it, as `seawall health` lists it (`hubble`, `audit-webhook`)",
    ),
    Field(
        name="batch_id",
        attribute="seawall.batch_id",
        type=Type.CATEGORY,
        meaning="the batch it came in; fixed with the batch's bytes, so a repeat has the same",
    ),
    Field(
        name="batch_row",
        attribute="seawall.batch_row",
        type=Type.U32,
        meaning="its place in the batch, from 0; with `batch_id` it is the event's id (`event_id` in the table: `batch_id.batch_row`)",
    ),
    Field(
        name="clock_offset",
        attribute="seawall.clock_offset",
        type=Type.I64,
        unit="ns",
        meaning="how far the source's clock is ahead of ours, as last measured; `time` is not corrected by it",
        null="not measured for this source",
    ),
    Field(
        name="future",
        attribute="seawall.future",
        type=Type.BOOL,
        meaning="`time` lies more than five minutes after `observed_time`",
    ),
    Field(
        name="late",
        attribute="seawall.late",
        type=Type.BOOL,
        meaning="`time` lies further before `observed_time` than the source's allowed lateness",
    ),
    Field(
        name="simulated",
        attribute="seawall.simulated",
        type=Type.BOOL,
        meaning="made by a simulator, not recorded; shown as such everywhere",
    ),
    Field(
        name="attributes",
        attribute="seawall.attributes",
        type=Type.MAP,
        redacted="values of secrets, as in every column",
        meaning="what the source said that has no column, by its attribute name",
    ),
)


def workload_fields(end: str = "") -> tuple[Field, ...]:
    """Which workload: the columns of one end of a flow (`source`, `destination`), or of the one that acts (``)."""
    prefix, dotted, whose = (
        (f"{ {'source': 'src', 'destination': 'dst'}[end] }_", f"{end}.", f"of the {end}")
        if end
        else ("", "", "that did it")
    )

    def field(name: str, attribute: str, meaning: str, kind: Type = Type.CATEGORY) -> Field:
        return Field(
            name=prefix + name, attribute=attribute, type=kind, identity=True, meaning=meaning.format(whose=whose)
        )

    return (
        field(
            "namespace",
            f"{dotted}k8s.namespace.name",
            "the namespace {whose}; '' for what has none and for what is not known",
        ),
        field("pod", f"{dotted}k8s.pod.name", "the pod {whose}", Type.TEXT),
        field(
            "workload",
            f"seawall.{dotted}workload.name",
            "the topmost owner of that pod at that time, by name (a Deployment, not its ReplicaSet)",
        ),
        field(
            "workload_kind",
            f"seawall.{dotted}workload.kind",
            "the Kubernetes kind of the workload; `Pod` for a pod without owner",
        ),
        field("node", f"{dotted}k8s.node.name", "the node {whose}"),
    )


def event_table(
    name: str,
    *,
    meaning: str,
    own: tuple[str, ...],
    fields: tuple[Field, ...],
    namespaces: tuple[str, ...] = ("namespace",),
) -> Table:
    """Declare a kind of event: the envelope and its own fields."""
    return Table(
        name=name,
        meaning=meaning,
        own=own,
        fields=ENVELOPE + fields,
        key=("batch_id", "batch_row"),
        keeps=Keeps.EVENTS,
        namespaces=namespaces,
    )
