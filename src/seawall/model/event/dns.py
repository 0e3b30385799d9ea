"""DNS: a question asked or an answer given, as a resolver, a proxy or a sensor saw it."""

from __future__ import annotations

from seawall.model.event.envelope import event_table, workload_fields
from seawall.model.event.field import Field, Type

DNS = event_table(
    "dns",
    meaning="questions and answers of the Domain Name System, by the workload that asked",
    own=("dns.",),
    fields=(
        *workload_fields(),
        Field(
            name="client_address",
            attribute="client.address",
            type=Type.ADDRESS,
            identity=True,
            meaning="the address that asked",
        ),
        Field(name="client_port", attribute="client.port", type=Type.U16, meaning="the port that asked; 0 if not said"),
        Field(
            name="server_address",
            attribute="server.address",
            type=Type.ADDRESS,
            identity=True,
            meaning="the address that was asked",
        ),
        Field(
            name="server_port", attribute="server.port", type=Type.U16, meaning="the port that was asked; 0 if not said"
        ),
        Field(
            name="network_transport",
            attribute="network.transport",
            type=Type.CATEGORY,
            meaning="`udp`, `tcp`; '' if not said",
        ),
        Field(
            name="record",
            attribute="seawall.dns.record",
            type=Type.CATEGORY,
            meaning="`query` for a question seen alone, `response` for an answer (with its question)",
        ),
        Field(
            name="question",
            attribute="dns.question.name",
            type=Type.TEXT,
            identity=True,
            meaning="the name asked for, lower case, without the last dot",
        ),
        Field(
            name="question_type",
            attribute="seawall.dns.question.type",
            type=Type.CATEGORY,
            meaning="the record type asked for: `A`, `AAAA`, `TXT`, or `TYPE65280` for one without a name",
        ),
        Field(
            name="response_code",
            attribute="seawall.dns.response_code",
            type=Type.CATEGORY,
            null="a question, or an answer whose code is not given",
            meaning="the response code by name: `NOERROR`, `NXDOMAIN`, `SERVFAIL`",
        ),
        Field(
            name="answers",
            attribute="dns.answers",
            type=Type.TEXTS,
            meaning="the data of the answer records (addresses, names, texts), in order",
        ),
        Field(
            name="answer_types",
            attribute="seawall.dns.answer_types",
            type=Type.CATEGORIES,
            meaning="the record types of `answers`; as long as `answers`, or [] if the source does not give them",
        ),
        Field(
            name="ttl",
            attribute="seawall.dns.ttl",
            type=Type.U32,
            unit="s",
            null="not given",
            meaning="the least time to live of the answers",
        ),
        Field(
            name="latency",
            attribute="seawall.dns.latency",
            type=Type.I64,
            unit="ns",
            null="question and answer were not paired, or the source does not measure",
            meaning="time from question to answer",
        ),
        Field(
            name="verdict",
            attribute="seawall.dns.verdict",
            type=Type.CATEGORY,
            meaning="what a policy-enforcing proxy did: `allowed`, `denied`; `unknown` where none is in the path",
        ),
    ),
)
