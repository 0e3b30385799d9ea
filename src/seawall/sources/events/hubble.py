"""Cilium's Hubble: flows as `hubble observe -o json` prints them (one `{"flow": …}` a line) or bare Flow objects.

A Hubble event stands for one packet or request seen at one place, so rows count events; Hubble has no bytes, and they stay null. Both ends' nodes report a
connection: `reporter` says which one did, and the roll-up counts one of them. L7 DNS records give a row of `dns` besides their row of `flow`.
Source: github.com/cilium/cilium `api/v1/flow/flow.proto`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from seawall.model.event.arrow import record_batch
from seawall.model.event.dns import DNS
from seawall.model.event.flow import FLOW
from seawall.sources.events.records import decode_lines, times
from seawall.spi.source import Decoded, event_source


class _IP(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    source: str = ""
    destination: str = ""


class _Flags(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    FIN: bool = False
    SYN: bool = False
    RST: bool = False
    PSH: bool = False
    ACK: bool = False
    URG: bool = False

    def bits(self) -> int:
        return self.FIN | self.SYN << 1 | self.RST << 2 | self.PSH << 3 | self.ACK << 4 | self.URG << 5


class _Ports(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    source_port: int = 0
    destination_port: int = 0
    flags: _Flags | None = None


class _ICMP(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    type: int = 0
    code: int = 0


class _L4(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    TCP: _Ports | None = None
    UDP: _Ports | None = None
    SCTP: _Ports | None = None
    ICMPv4: _ICMP | None = None
    ICMPv6: _ICMP | None = None


class _Workload(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    name: str = ""
    kind: str = ""


class _Endpoint(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    identity: int = 0
    namespace: str = ""
    labels: list[str] | None = None
    pod_name: str = ""
    workloads: list[_Workload] | None = None


class _Service(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    name: str = ""
    namespace: str = ""


class _DNS(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    query: str = ""
    ips: list[str] | None = None
    ttl: int | None = None
    cnames: list[str] | None = None
    rcode: int | None = None
    qtypes: list[str] | None = None


class _HTTP(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    code: int = 0
    method: str = ""
    url: str = ""


class _L7(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    type: str = ""
    latency_ns: int | str | None = None
    dns: _DNS | None = None
    http: _HTTP | None = None
    kafka: dict[str, Any] | None = None


class _Policy(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    name: str = ""
    namespace: str = ""
    kind: str = ""


class _Parent(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    trace_id: str = ""


class _Trace(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    parent: _Parent | None = None


class Flow(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    time: str | None = None
    verdict: str = ""
    drop_reason_desc: str = ""
    IP: _IP | None = None
    l4: _L4 | None = None
    source: _Endpoint = _Endpoint()
    destination: _Endpoint = _Endpoint()
    node_name: str = ""
    source_names: list[str] | None = None
    destination_names: list[str] | None = None
    source_service: _Service | None = None
    destination_service: _Service | None = None
    l7: _L7 | None = None
    traffic_direction: str = ""
    trace_observation_point: str = ""
    is_reply: bool | None = None
    reply: bool | None = None
    egress_allowed_by: list[_Policy] | None = None
    ingress_allowed_by: list[_Policy] | None = None
    egress_denied_by: list[_Policy] | None = None
    ingress_denied_by: list[_Policy] | None = None
    trace_context: _Trace | None = None


class _Line(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    flow: Flow | None = None
    time: str | None = None
    verdict: str = ""
    lost_events: dict[str, Any] | None = None
    node_status: dict[str, Any] | None = None
    agent_event: dict[str, Any] | None = None


_LINE = msgspec.json.Decoder(_Line)
_FLOW = msgspec.json.Decoder(Flow)
_NO_ADDRESS = _IP()
_NO_L4 = _L4()
_NO_PORTS = _Ports()

_VERDICTS = {
    "FORWARDED": "allowed",
    "REDIRECTED": "allowed",
    "TRANSLATED": "allowed",
    "DROPPED": "denied",
    "AUDIT": "audit",
    "ERROR": "error",
}
# RFC 1035 and successors; others keep their number.
_RCODES = {
    0: "NOERROR",
    1: "FORMERR",
    2: "SERVFAIL",
    3: "NXDOMAIN",
    4: "NOTIMP",
    5: "REFUSED",
    6: "YXDOMAIN",
    7: "YXRRSET",
    8: "NXRRSET",
    9: "NOTAUTH",
    10: "NOTZONE",
}
_RESERVED_ENTITIES = {
    "reserved:host": "node",
    "reserved:remote-node": "node",
    "reserved:kube-apiserver": "node",
    "reserved:world": "external",
    "reserved:world-ipv4": "external",
    "reserved:world-ipv6": "external",
}


@event_source("hubble", emits=("flow", "dns"))
class Hubble:
    """Decodes Hubble's JSON lines."""

    def decode(self, chunk: bytes) -> Decoded:
        malformed: Counter[str] = Counter()
        skipped: Counter[str] = Counter()
        flows = self._flows(chunk, malformed, skipped)
        stamped = times([flow.time for flow in flows])
        if stamped.null_count:
            known = stamped.is_valid().to_pylist()
            malformed["no readable time"] += known.count(False)
            flows = [flow for flow, valid in zip(flows, known, strict=True) if valid]
            stamped = stamped.drop_null()
        records = len(flows) + sum(malformed.values()) + sum(skipped.values())
        batches: dict[str, Any] = {}
        if flows:
            batches["flow"] = _flow_batch(flows, stamped)
            named = [index for index, flow in enumerate(flows) if flow.l7 is not None and flow.l7.dns is not None]
            if named:
                batches["dns"] = _dns_batch([flows[index] for index in named], stamped.take(named))
        return Decoded(batches, records, malformed=dict(malformed), skipped=dict(skipped))

    def keep(self, record: bytes) -> bytes | None:
        """One flow with the fields that become columns: no header, and of a URL the path alone."""
        try:
            line = _LINE.decode(record)
            flow = line.flow or _FLOW.decode(record)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        if line.lost_events is not None:
            return msgspec.json.encode(_Line(lost_events={"source": line.lost_events.get("source", "unknown")}))
        if not flow.verdict or flow.time is None:
            return None
        l7 = flow.l7
        if l7 is not None:
            http = msgspec.structs.replace(l7.http, url=_path(l7.http.url)) if l7.http is not None else None
            flow = msgspec.structs.replace(
                flow, l7=msgspec.structs.replace(l7, http=http, kafka={} if l7.kafka is not None else None)
            )
        return msgspec.json.encode(_Line(flow=flow))

    def _flows(self, chunk: bytes, malformed: Counter[str], skipped: Counter[str]) -> list[Flow]:
        if b'"flow":' not in chunk[:65536] and b'"verdict"' in chunk[:65536]:
            return decode_lines(chunk, _FLOW, malformed)
        flows: list[Flow] = []
        for line in decode_lines(chunk, _LINE, malformed):
            if line.flow is not None:
                flows.append(line.flow)
            elif line.lost_events is not None:
                # Hubble itself says that it lost events; how many were lost is its figure, that it lost some is ours to show.
                skipped[f"lost before they reached us ({line.lost_events.get('source', 'unknown')})"] += 1
            elif line.node_status is not None or line.agent_event is not None:
                skipped["no flow: status of a node or agent"] += 1
            else:
                malformed["neither a flow nor an event that Hubble sends"] += 1
        return flows


def _flow_batch(flows: Sequence[Flow], stamped: Any) -> Any:
    addresses = [flow.IP or _NO_ADDRESS for flow in flows]
    l4 = [flow.l4 or _NO_L4 for flow in flows]
    ports = [one.TCP or one.UDP or one.SCTP or _NO_PORTS for one in l4]
    icmp = [one.ICMPv4 or one.ICMPv6 for one in l4]
    http = [flow.l7.http if flow.l7 is not None else None for flow in flows]
    sources, destinations = [flow.source for flow in flows], [flow.destination for flow in flows]
    verdicts = [_VERDICTS.get(flow.verdict, "unknown") for flow in flows]
    columns: dict[str, Any] = {
        "time": stamped,
        **_end(
            "src",
            sources,
            [one.source for one in addresses],
            [one.source_port for one in ports],
            [flow.source_names for flow in flows],
            [flow.source_service for flow in flows],
        ),
        **_end(
            "dst",
            destinations,
            [one.destination for one in addresses],
            [one.destination_port for one in ports],
            [flow.destination_names for flow in flows],
            [flow.destination_service for flow in flows],
        ),
        "network_transport": [_transport(one) for one in l4],
        "network_protocol": [_protocol(flow.l7) for flow in flows],
        "icmp_type": [one.type if one is not None else None for one in icmp],
        "icmp_code": [one.code if one is not None else None for one in icmp],
        "direction": [_DIRECTIONS.get(flow.traffic_direction, "") for flow in flows],
        "reporter": [_REPORTERS.get(flow.traffic_direction, "") for flow in flows],
        "is_reply": [_reply(flow) for flow in flows],
        "verdict": verdicts,
        "verdict_source": ["cilium" if verdict != "unknown" else "" for verdict in verdicts],
        "drop_reason": [
            flow.drop_reason_desc if verdict in ("denied", "error") else ""
            for flow, verdict in zip(flows, verdicts, strict=True)
        ],
        "policies": [_policies(flow, verdict) for flow, verdict in zip(flows, verdicts, strict=True)],
        "tcp_flags": [one.flags.bits() if one.flags is not None else 0 for one in ports],
        "http_request_method": [one.method if one is not None else "" for one in http],
        "http_response_status_code": [one.code or None if one is not None else None for one in http],
        "url_path": [_path(one.url) if one is not None else "" for one in http],
        "trace_id": [
            flow.trace_context.parent.trace_id
            if flow.trace_context is not None and flow.trace_context.parent is not None
            else ""
            for flow in flows
        ],
    }
    # The node that reported is the node of the end it reports for.
    columns["src_node"] = [
        flow.node_name if reporter == "source" else ""
        for flow, reporter in zip(flows, columns["reporter"], strict=True)
    ]
    columns["dst_node"] = [
        flow.node_name if reporter == "destination" else ""
        for flow, reporter in zip(flows, columns["reporter"], strict=True)
    ]
    return record_batch(FLOW, columns)


_DIRECTIONS = {"INGRESS": "ingress", "EGRESS": "egress"}
_REPORTERS = {"INGRESS": "destination", "EGRESS": "source"}


def _end(
    end: str,
    endpoints: Sequence[_Endpoint],
    addresses: Sequence[str],
    ports: Sequence[int],
    names: Sequence[list[str] | None],
    services: Sequence[_Service | None],
) -> dict[str, Any]:
    owners = [one.workloads[0] if one.workloads else None for one in endpoints]
    # Flows repeat their ends: labels are read once an end and batch.
    known: dict[tuple[str, str, int], tuple[str, str, list[str]]] = {}
    read = [
        known.get(key) or known.setdefault(key, (_entity(one), _label(one, _ACCOUNT), _labels(one)))
        for one in endpoints
        for key in ((one.namespace, one.pod_name, one.identity),)
    ]
    return {
        f"{end}_entity": [entity for entity, _, _ in read],
        f"{end}_namespace": [one.namespace for one in endpoints],
        f"{end}_pod": [one.pod_name for one in endpoints],
        f"{end}_workload": [owner.name if owner is not None else "" for owner in owners],
        f"{end}_workload_kind": [owner.kind if owner is not None else "" for owner in owners],
        f"{end}_service_account": [account for _, account, _ in read],
        f"{end}_labels": [labels for _, _, labels in read],
        f"{end}_service": [f"{one.namespace}/{one.name}" if one is not None and one.name else "" for one in services],
        f"{end}_domain": [found[0].rstrip(".") if found else "" for found in names],
        f"{end}_address": addresses,
        f"{end}_port": [port if 0 <= port < 65536 else 0 for port in ports],
    }


_ACCOUNT = "k8s:io.cilium.k8s.policy.serviceaccount="


def _entity(endpoint: _Endpoint) -> str:
    if endpoint.pod_name:
        return "pod"
    for label in endpoint.labels or ():
        if label in _RESERVED_ENTITIES:
            return _RESERVED_ENTITIES[label]
    return "unknown"


def _label(endpoint: _Endpoint, prefix: str) -> str:
    return next((label[len(prefix) :] for label in endpoint.labels or () if label.startswith(prefix)), "")


def _labels(endpoint: _Endpoint) -> list[str]:
    """The pod's own labels: Cilium mixes in the namespace's and its own."""
    return sorted(
        label[4:]
        for label in endpoint.labels or ()
        if label.startswith("k8s:")
        and not label.startswith("k8s:io.cilium.k8s.")
        and not label.startswith("k8s:io.kubernetes.")
    )


def _transport(l4: _L4) -> str:
    if l4.TCP is not None:
        return "tcp"
    if l4.UDP is not None:
        return "udp"
    if l4.SCTP is not None:
        return "sctp"
    return "icmp" if l4.ICMPv4 is not None else "icmpv6" if l4.ICMPv6 is not None else ""


def _protocol(l7: _L7 | None) -> str:
    if l7 is None:
        return ""
    return "http" if l7.http is not None else "dns" if l7.dns is not None else "kafka" if l7.kafka is not None else ""


def _reply(flow: Flow) -> bool | None:
    """New Hubble says nothing where it cannot tell; old Hubble left `reply` out for false."""
    return flow.is_reply if flow.is_reply is not None else flow.reply


def _policies(flow: Flow, verdict: str) -> list[str]:
    named = (
        (flow.egress_denied_by, flow.ingress_denied_by)
        if verdict == "denied"
        else (flow.egress_allowed_by, flow.ingress_allowed_by)
    )
    return [
        f"{one.kind or 'CiliumNetworkPolicy'} {one.namespace}/{one.name}"
        if one.namespace
        else f"{one.kind or 'CiliumClusterwideNetworkPolicy'} {one.name}"
        for found in named
        for one in found or ()
    ]


def _path(url: str) -> str:
    """The path of a URL: no scheme, host or query, which may hold what is secret."""
    rest = url.partition("://")[2] or url
    path = rest if url.startswith("/") else "/" + rest.partition("/")[2]
    return path.partition("?")[0].partition("#")[0]


def _dns_batch(flows: Sequence[Flow], stamped: Any) -> Any:
    found = [flow.l7.dns for flow in flows if flow.l7 is not None and flow.l7.dns is not None]
    responses = [flow.l7 is not None and flow.l7.type == "RESPONSE" for flow in flows]
    addresses = [flow.IP or _NO_ADDRESS for flow in flows]
    ports = [one.TCP or one.UDP or _NO_PORTS for one in (flow.l4 or _NO_L4 for flow in flows)]
    # The client asked: it is the source of a query and the destination of a response.
    clients = [flow.destination if response else flow.source for flow, response in zip(flows, responses, strict=True)]
    owners = [one.workloads[0] if one.workloads else None for one in clients]
    columns: dict[str, Any] = {
        "time": stamped,
        "namespace": [one.namespace for one in clients],
        "pod": [one.pod_name for one in clients],
        "workload": [owner.name if owner is not None else "" for owner in owners],
        "workload_kind": [owner.kind if owner is not None else "" for owner in owners],
        "client_address": [
            ip.destination if response else ip.source for ip, response in zip(addresses, responses, strict=True)
        ],
        "client_port": [
            port.destination_port if response else port.source_port
            for port, response in zip(ports, responses, strict=True)
        ],
        "server_address": [
            ip.source if response else ip.destination for ip, response in zip(addresses, responses, strict=True)
        ],
        "server_port": [
            port.source_port if response else port.destination_port
            for port, response in zip(ports, responses, strict=True)
        ],
        "network_transport": [_transport(flow.l4 or _NO_L4) for flow in flows],
        "record": ["response" if response else "query" for response in responses],
        "question": [one.query.rstrip(".").lower() for one in found],
        "question_type": [one.qtypes[0] if one.qtypes else "" for one in found],
        "response_code": [
            (_RCODES.get(one.rcode or 0, f"RCODE{one.rcode}") if response else None)
            for one, response in zip(found, responses, strict=True)
        ],
        "answers": [[*(one.cnames or ()), *(one.ips or ())] for one in found],
        # Hubble gives the greatest number for an answer without records.
        "ttl": [one.ttl if one.ttl is not None and 0 <= one.ttl < 0xFFFFFFFF else None for one in found],
        "latency": [_latency(flow.l7) if response else None for flow, response in zip(flows, responses, strict=True)],
        "verdict": [
            {"FORWARDED": "allowed", "REDIRECTED": "allowed", "DROPPED": "denied"}.get(flow.verdict, "unknown")
            for flow in flows
        ],
    }
    return record_batch(DNS, columns)


def _latency(l7: _L7 | None) -> int | None:
    if l7 is None or l7.latency_ns is None:
        return None
    value = int(l7.latency_ns)
    return value if value > 0 else None
