"""Roll-ups by minute and hour, kept up by the store itself as events are inserted.

In `edge_minute` an edge points from client to server: rows that are replies are turned round. An end that is no workload
is named by `peer`: the DNS name if known, else the network (/24 of IPv4, /48 of IPv6), so that a scan of the internet
does not make a row an address. `edge_hour` is `edge_minute` summed up once more, so that a day or a month of the graph is
read from few rows. Two reporters of the same traffic stay apart in `reporter`; the query counts, for each
edge, the reporter that saw most.
"""

from __future__ import annotations

from seawall.model.event.field import Field, Keeps, Table, Type
from seawall.model.event.flow import NOT_COUNTED


def _end(end: str, short: str, role: str) -> tuple[Field, ...]:
    def field(name: str, attribute: str, meaning: str) -> Field:
        return Field(name=f"{short}_{name}", attribute=attribute, type=Type.CATEGORY, identity=True, meaning=meaning)

    return (
        field("entity", f"seawall.{end}.entity", f"what the {role} is, as in `flow`"),
        field("namespace", f"{end}.k8s.namespace.name", f"the {role}'s namespace"),
        field("workload", f"seawall.{end}.workload.name", f"the {role}'s workload; '' if it is none"),
        field("workload_kind", f"seawall.{end}.workload.kind", "that workload's kind"),
        field(
            "peer", f"seawall.{end}.peer", f"the {role}, if it is no workload: node, DNS name or network; '' otherwise"
        ),
    )


def _sum(name: str, unit: str, meaning: str, null: str = "") -> Field:
    return Field(
        name=name, attribute=f"seawall.{name}", type=Type.U64, unit=unit, meaning=meaning, null=null, aggregate="sum"
    )


OBSERVED = Field(
    name="observed_time",
    attribute="seawall.observed_time",
    type=Type.TIME,
    unit="ns",
    aggregate="max",
    meaning="when the last of these events was received",
)
MINUTE = Field(name="minute", attribute="seawall.minute", type=Type.TIME, unit="ns", meaning="start of the minute")
HOUR = Field(name="hour", attribute="seawall.hour", type=Type.TIME, unit="ns", meaning="start of the hour, UTC")
CLUSTER = Field(name="cluster", attribute="seawall.cluster", type=Type.CATEGORY, identity=True, meaning="the cluster")


_JUDGED = tuple(
    Field(name=name, attribute=f"seawall.flow.{name}", type=Type.CATEGORY, meaning="as in `flow`")
    for name in ("egress_policy", "egress_rule", "ingress_policy", "ingress_rule", "staged_policy", "policy_version")
)
"""Who decides, by the model."""


def _edges(period: Field) -> Table:
    return Table(
        name=f"edge_{period.name}",
        meaning=f"who talked to whom in each {period.name}, by workload, port and verdict",
        own=("flow.",),
        keeps=Keeps.ROLLUPS,
        namespaces=("src_namespace", "dst_namespace"),
        key=(
            period.name,
            "cluster",
            "src_entity",
            "src_namespace",
            "src_workload",
            "src_workload_kind",
            "src_peer",
            "dst_entity",
            "dst_namespace",
            "dst_workload",
            "dst_workload_kind",
            "dst_peer",
            "dst_service",
            "network_transport",
            "dst_port",
            "network_protocol",
            "verdict",
            "model_verdict",
            "staged_verdict",
            "policies",
            "reporter",
            "source",
            "simulated",
            *(field.name for field in _JUDGED),
        ),
        fields=(
            period,
            CLUSTER,
            *_end("source", "src", "client"),
            *_end("destination", "dst", "server"),
            Field(
                name="dst_service",
                attribute="seawall.destination.service.name",
                type=Type.CATEGORY,
                identity=True,
                meaning="the Service the server was addressed as",
            ),
            Field(name="network_transport", attribute="network.transport", type=Type.CATEGORY, meaning="as in `flow`"),
            Field(name="dst_port", attribute="destination.port", type=Type.U16, meaning="the server's port"),
            Field(
                name="network_protocol",
                attribute="network.protocol.name",
                type=Type.CATEGORY,
                meaning="the application protocol, where parsed",
            ),
            Field(
                name="verdict",
                attribute="seawall.flow.verdict",
                type=Type.CATEGORY,
                meaning="what the dataplane did, as in `flow`",
            ),
            Field(
                name="model_verdict",
                attribute="seawall.flow.model_verdict",
                type=Type.CATEGORY,
                meaning="what the model says; '' if not judged yet",
            ),
            Field(
                name="staged_verdict",
                attribute="seawall.flow.staged_verdict",
                type=Type.CATEGORY,
                meaning="what the model says with the drafts; '' if none or not judged yet",
            ),
            Field(
                name="policies",
                attribute="seawall.flow.policies",
                type=Type.CATEGORY,
                meaning="deciding policies, joined by `, `: the dataplane's, else the model's",
            ),
            Field(
                name="reporter",
                attribute="seawall.flow.reporter",
                type=Type.CATEGORY,
                meaning="which end's node saw it; count one reporter of an edge",
            ),
            Field(name="source", attribute="seawall.source", type=Type.CATEGORY, meaning="the configured source"),
            Field(name="simulated", attribute="seawall.simulated", type=Type.BOOL, meaning="made by a simulator"),
            *_JUDGED,
            _sum("events", "{record}", "records from client to server"),
            _sum("reply_events", "{record}", "records from server to client"),
            _sum("bytes_sent", "By", "bytes from client to server", NOT_COUNTED),
            _sum("bytes_received", "By", "bytes from server to client", NOT_COUNTED),
            _sum("packets_sent", "{packet}", "packets from client to server", NOT_COUNTED),
            _sum("packets_received", "{packet}", "packets from server to client", NOT_COUNTED),
            OBSERVED,
            Field(
                name="first_time",
                attribute="seawall.first_time",
                type=Type.TIME,
                unit="ns",
                aggregate="min",
                meaning="first event",
            ),
            Field(
                name="last_time",
                attribute="seawall.last_time",
                type=Type.TIME,
                unit="ns",
                aggregate="max",
                meaning="last event",
            ),
            Field(
                name="src_addresses",
                attribute="seawall.source.addresses",
                type=Type.ADDRESS,
                aggregate="uniq",
                meaning="distinct client addresses, estimated",
            ),
            Field(
                name="dst_addresses",
                attribute="seawall.destination.addresses",
                type=Type.ADDRESS,
                aggregate="uniq",
                meaning="distinct server addresses, estimated",
            ),
        ),
    )


EDGE_MINUTE = _edges(MINUTE)
EDGE_HOUR = _edges(HOUR)

EVENT_MINUTE = Table(
    name="event_minute",
    meaning="how many events of each kind, namespace and outcome in each minute",
    own=(),
    keeps=Keeps.ROLLUPS,
    namespaces=("namespace", "peer_namespace"),
    key=("minute", "cluster", "kind", "source", "namespace", "peer_namespace", "outcome", "simulated"),
    fields=(
        MINUTE,
        CLUSTER,
        Field(name="kind", attribute="seawall.kind", type=Type.CATEGORY, meaning="the kind of event"),
        Field(name="source", attribute="seawall.source", type=Type.CATEGORY, meaning="the configured source"),
        Field(
            name="namespace",
            attribute="k8s.namespace.name",
            type=Type.CATEGORY,
            identity=True,
            meaning="the namespace; of a flow, the sender's",
        ),
        Field(
            name="peer_namespace",
            attribute="seawall.peer_namespace",
            type=Type.CATEGORY,
            identity=True,
            meaning="of a flow, the receiver's; '' for other kinds",
        ),
        Field(
            name="outcome",
            attribute="seawall.outcome",
            type=Type.CATEGORY,
            meaning="flow: `verdict`; dns: `response_code` (or `query`); audit: `ok`, `forbidden` (401, 403), `error` (other 4xx, 5xx), `pending`; process: `action`",
        ),
        Field(name="simulated", attribute="seawall.simulated", type=Type.BOOL, meaning="made by a simulator"),
        _sum("events", "{record}", "records of the source"),
        _sum("rows", "{row}", "rows in the event table"),
        _sum("late", "{row}", "rows that were late"),
        OBSERVED,
    ),
)
