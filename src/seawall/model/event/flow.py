"""Flow: traffic between two ends, as a dataplane or a sensor reported it.

A row is what one reporter said: a connection seen on both nodes gives rows of two reporters, and only one of them
may be counted (`edge_minute` keeps them apart). `src` is the sender of the packets reported; for a reply
(`is_reply`) that is the server. Verdict and policies of the dataplane are kept beside what Seawall's model says.
"""

from __future__ import annotations

from seawall.model.event.envelope import event_table, workload_fields
from seawall.model.event.field import Field, Type

NOT_COUNTED = "the source does not count it (Hubble never does); shown as unknown, not as zero"
NOT_JUDGED = "not judged by the model yet"


def _end(end: str, short: str) -> tuple[Field, ...]:
    return (
        Field(
            name=f"{short}_entity",
            attribute=f"seawall.{end}.entity",
            type=Type.CATEGORY,
            identity=True,
            meaning=f"what the {end} is: `pod`, `node`, `service`, `external` (outside the cluster) or `unknown`",
        ),
        *workload_fields(end),
        Field(
            name=f"{short}_service_account",
            attribute=f"seawall.{end}.service_account.name",
            type=Type.CATEGORY,
            identity=True,
            meaning=f"the service account of the {end}'s pod",
        ),
        Field(
            name=f"{short}_labels",
            attribute=f"seawall.{end}.labels",
            type=Type.CATEGORIES,
            meaning=f"labels of the {end}'s pod as `key=value`, sorted; [] where the source gives none",
        ),
        Field(
            name=f"{short}_service",
            attribute=f"seawall.{end}.service.name",
            type=Type.CATEGORY,
            identity=True,
            meaning=f"the Service (`namespace/name`) the {end} was addressed as",
        ),
        Field(
            name=f"{short}_domain",
            attribute=f"seawall.{end}.domain",
            type=Type.CATEGORY,
            identity=True,
            meaning=f"the DNS name the {end}'s address was resolved from",
        ),
        Field(
            name=f"{short}_address",
            attribute=f"{end}.address",
            type=Type.ADDRESS,
            identity=True,
            meaning=f"the {end}'s address",
        ),
        Field(
            name=f"{short}_port",
            attribute=f"{end}.port",
            type=Type.U16,
            meaning=f"the {end}'s port; 0 for a protocol without ports",
        ),
    )


FLOW = event_table(
    "flow",
    meaning="traffic between two ends: who, to whom, on which port, allowed or denied and by what",
    own=("flow.",),
    namespaces=("src_namespace", "dst_namespace"),
    fields=(
        *_end("source", "src"),
        *_end("destination", "dst"),
        Field(
            name="network_transport",
            attribute="network.transport",
            type=Type.CATEGORY,
            meaning="`tcp`, `udp`, `sctp`, `icmp`, `icmpv6`, or the IP protocol's number; '' if not said",
        ),
        Field(
            name="network_protocol",
            attribute="network.protocol.name",
            type=Type.CATEGORY,
            meaning="the application protocol where the source parsed it: `http`, `dns`, `kafka`",
        ),
        Field(
            name="icmp_type",
            attribute="seawall.flow.icmp_type",
            type=Type.U8,
            meaning="ICMP type",
            null="not ICMP, or not said (type 0 is an echo reply)",
        ),
        Field(
            name="icmp_code",
            attribute="seawall.flow.icmp_code",
            type=Type.U8,
            meaning="ICMP code",
            null="not ICMP, or not said",
        ),
        Field(
            name="direction",
            attribute="seawall.flow.direction",
            type=Type.CATEGORY,
            meaning="`ingress` or `egress`, as the endpoint that reported it sees it; '' if not said",
        ),
        Field(
            name="reporter",
            attribute="seawall.flow.reporter",
            type=Type.CATEGORY,
            meaning="which end's node saw it: `source`, `destination`; '' if not known. Both ends report the same traffic: count one",
        ),
        Field(
            name="is_reply",
            attribute="seawall.flow.is_reply",
            type=Type.BOOL,
            meaning="these are packets of the answering side, so `src` is the server",
            null="the source could not tell (a dropped packet has no connection)",
        ),
        Field(
            name="verdict",
            attribute="seawall.flow.verdict",
            type=Type.CATEGORY,
            meaning="what the dataplane did: `allowed`, `denied`, `audit` (would be denied), `error` or `unknown`",
        ),
        Field(
            name="verdict_source",
            attribute="seawall.flow.verdict_source",
            type=Type.CATEGORY,
            meaning="who said so: `cilium`, `calico`, `sensor`; '' if the verdict is unknown",
        ),
        Field(
            name="drop_reason",
            attribute="seawall.flow.drop_reason",
            type=Type.CATEGORY,
            meaning="the dataplane's reason of a denial or error, in its words",
        ),
        Field(
            name="policies",
            attribute="seawall.flow.policies",
            type=Type.CATEGORIES,
            meaning="the policies the dataplane names as deciding, as `Kind namespace/name`; [] if it names none",
        ),
        Field(
            name="model_verdict",
            attribute="seawall.flow.model_verdict",
            type=Type.CATEGORY,
            null=NOT_JUDGED,
            meaning="what Seawall's policy model says: `allowed`, `denied` or `unknown`",
        ),
        Field(
            name="model_basis",
            attribute="seawall.flow.model_basis",
            type=Type.CATEGORY,
            meaning="what the model knew the ends by, the weaker of both: `identity`; `labels` (recorded of a pod that is gone or has changed); `address` alone",
        ),
        Field(
            name="model_reason",
            attribute="seawall.flow.model_reason",
            type=Type.CATEGORY,
            meaning="why the model's verdict is `unknown`, in words; '' if it is not",
        ),
        Field(
            name="model_policy",
            attribute="seawall.flow.model_policy",
            type=Type.CATEGORY,
            meaning="the policy that decides by the model, as `Kind namespace/name`: of a denial the one that denies, else the one that lets it in, else out; '' if no policy says anything",
        ),
        Field(
            name="model_rule",
            attribute="seawall.flow.model_rule",
            type=Type.CATEGORY,
            meaning="the path of the deciding rule in that policy; `spec` where a policy isolates and no rule allows",
        ),
        Field(
            name="egress_verdict",
            attribute="seawall.flow.egress_verdict",
            type=Type.CATEGORY,
            meaning="whether the client may send, by the model: `allowed`, `denied` or `unknown`; '' if not judged",
        ),
        Field(
            name="egress_policy",
            attribute="seawall.flow.egress_policy",
            type=Type.CATEGORY,
            meaning="the policy that decides, by the model, whether the client may send; '' if none says anything",
        ),
        Field(
            name="egress_rule",
            attribute="seawall.flow.egress_rule",
            type=Type.CATEGORY,
            meaning="the path of the deciding rule in `egress_policy`",
        ),
        Field(
            name="ingress_verdict",
            attribute="seawall.flow.ingress_verdict",
            type=Type.CATEGORY,
            meaning="whether the server may be reached, by the model: `allowed`, `denied` or `unknown`; '' if not judged",
        ),
        Field(
            name="ingress_policy",
            attribute="seawall.flow.ingress_policy",
            type=Type.CATEGORY,
            meaning="the policy that decides, by the model, whether the server may be reached; '' if none says anything",
        ),
        Field(
            name="ingress_rule",
            attribute="seawall.flow.ingress_rule",
            type=Type.CATEGORY,
            meaning="the path of the deciding rule in `ingress_policy`",
        ),
        Field(
            name="staged_verdict",
            attribute="seawall.flow.staged_verdict",
            type=Type.CATEGORY,
            null="no draft is staged, or not judged yet",
            meaning="what the model says with the staged drafts in force",
        ),
        Field(
            name="staged_policy",
            attribute="seawall.flow.staged_policy",
            type=Type.CATEGORY,
            meaning="the draft that would decide, as `Kind namespace/name`; '' if none of them would",
        ),
        Field(
            name="policy_version",
            attribute="seawall.flow.policy_version",
            type=Type.CATEGORY,
            meaning="the fingerprint of the policies that the model's columns were computed with",
        ),
        Field(
            name="policy_since",
            attribute="seawall.flow.policy_since",
            type=Type.TIME,
            unit="ns",
            null="not judged, or it is not known since when these policies hold",
            meaning="since when those policies are known to hold: after `time`, they were not in force yet, and the verdict says what they would do",
        ),
        Field(
            name="events",
            attribute="seawall.flow.events",
            type=Type.U64,
            unit="{record}",
            default="1",
            meaning="how many records of the source this row stands for: 1, or the count of an aggregating source",
        ),
        Field(
            name="bytes_sent",
            attribute="seawall.flow.bytes_sent",
            type=Type.U64,
            unit="By",
            null=NOT_COUNTED,
            meaning="bytes from source to destination",
        ),
        Field(
            name="bytes_received",
            attribute="seawall.flow.bytes_received",
            type=Type.U64,
            unit="By",
            null=NOT_COUNTED,
            meaning="bytes from destination to source, where one record holds both ways",
        ),
        Field(
            name="packets_sent",
            attribute="seawall.flow.packets_sent",
            type=Type.U64,
            unit="{packet}",
            null=NOT_COUNTED,
            meaning="packets from source to destination",
        ),
        Field(
            name="packets_received",
            attribute="seawall.flow.packets_received",
            type=Type.U64,
            unit="{packet}",
            null=NOT_COUNTED,
            meaning="packets from destination to source, where one record holds both ways",
        ),
        Field(
            name="duration",
            attribute="seawall.flow.duration",
            type=Type.I64,
            unit="ns",
            null="the record is of a moment, not of a span",
            meaning="length of the span the record covers, from `time`",
        ),
        Field(
            name="tcp_flags",
            attribute="seawall.flow.tcp_flags",
            type=Type.U16,
            meaning="TCP flags as on the wire (FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32); 0 if not said",
        ),
        Field(
            name="http_request_method",
            attribute="http.request.method",
            type=Type.CATEGORY,
            meaning="the HTTP method, where the source parsed it",
        ),
        Field(
            name="http_response_status_code",
            attribute="http.response.status_code",
            type=Type.U16,
            null="no HTTP response in this record",
            meaning="the HTTP status code",
        ),
        Field(
            name="url_path",
            attribute="url.path",
            type=Type.TEXT,
            redacted="the query string",
            meaning="the path of the HTTP request",
        ),
        Field(
            name="trace_id",
            attribute="seawall.trace_id",
            type=Type.TEXT,
            meaning="the W3C trace id, where the source parsed it",
        ),
    ),
)
