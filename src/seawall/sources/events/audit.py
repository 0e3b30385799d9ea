"""The Kubernetes API server's audit log: JSON lines of `audit.k8s.io` events, or an EventList as the audit webhook sends it.

What is secret never leaves this module: bodies become features (and those of secrets, token requests and token reviews are dropped whole), the
arguments of an exec are cut to the program's name, values in the query string are masked but for those of harmless keys.
Source: k8s.io/apiserver `pkg/apis/audit`, v1, and the v1beta1 field `timestamp` of old logs.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, quote

import msgspec

from seawall.model.cluster.redaction import MASK, scrub
from seawall.model.event.arrow import record_batch
from seawall.model.event.audit import AUDIT
from seawall.sources.events.records import decode_lines, times
from seawall.spi.source import Decoded, event_source

_NOTHING = msgspec.Raw()


class _User(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    username: str = ""
    uid: str = ""
    groups: list[str] | None = None
    extra: dict[str, list[str]] | None = None


class _ObjectRef(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, rename="camel"):
    resource: str = ""
    namespace: str = ""
    name: str = ""
    uid: str = ""
    api_group: str = ""
    api_version: str = ""
    resource_version: str = ""
    subresource: str = ""


class _Status(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    code: int | None = None
    reason: str = ""
    message: str = ""
    status: str = ""


class AuditEvent(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, rename="camel"):
    kind: str = ""
    level: str = ""
    audit_id: str = msgspec.field(default="", name="auditID")
    stage: str = ""
    request_uri: str = msgspec.field(default="", name="requestURI")
    verb: str = ""
    user: _User = _User()
    impersonated_user: _User | None = None
    source_ips: list[str] | None = msgspec.field(default=None, name="sourceIPs")
    user_agent: str = ""
    object_ref: _ObjectRef | None = None
    response_status: _Status | None = None
    request_object: msgspec.Raw = _NOTHING
    response_object: msgspec.Raw = _NOTHING
    request_received_timestamp: str | None = None
    stage_timestamp: str | None = None
    timestamp: str | None = None
    annotations: dict[str, str] | None = None


class _EventList(msgspec.Struct, frozen=True):
    items: list[AuditEvent]
    kind: str = ""


_EVENT = msgspec.json.Decoder(AuditEvent)
_LIST = msgspec.json.Decoder(_EventList)
_NO_OBJECT = _ObjectRef()
_NO_STATUS = _Status()
_NOBODY = _User()

_SECRET_RESOURCES = frozenset({"secrets", "tokenreviews", "tokenrequests", "certificatesigningrequests"})
_HARMLESS_QUERY = frozenset({
    "allowWatchBookmarks", "container", "continue", "dryRun", "fieldManager", "fieldSelector", "fieldValidation", "follow", "force",
    "includeUninitialized", "labelSelector", "limit", "limitBytes", "pretty", "previous", "resourceVersion", "resourceVersionMatch",
    "sendInitialEvents", "sinceSeconds", "stderr", "stdin", "stdout", "tailLines", "timeout", "timeoutSeconds", "timestamps", "tty", "watch",
})  # fmt: skip
_HARMLESS_EXTRA = frozenset({
    "authentication.kubernetes.io/credential-id", "authentication.kubernetes.io/node-name", "authentication.kubernetes.io/node-uid",
    "authentication.kubernetes.io/pod-name", "authentication.kubernetes.io/pod-uid",
})  # fmt: skip
_DECISION = "authorization.k8s.io/decision"
_REASON = "authorization.k8s.io/reason"
_PATCH = "patch.webhook.admission.k8s.io/"


@event_source("audit", emits=("audit",))
class Audit:
    """Decodes audit logs. Cutting a file into chunks is the caller's: whole lines, or one EventList."""

    def decode(self, chunk: bytes) -> Decoded:
        malformed: Counter[str] = Counter()
        events = self._events(chunk, malformed)
        stamped = times(
            [event.stage_timestamp or event.request_received_timestamp or event.timestamp for event in events]
        )
        if stamped.null_count:
            known = stamped.is_valid().to_pylist()
            malformed["no readable timestamp"] += known.count(False)
            events = [event for event, valid in zip(events, known, strict=True) if valid]
            stamped = stamped.drop_null()
        records = len(events) + sum(malformed.values())
        if not events:
            return Decoded({}, records, malformed=dict(malformed))
        return Decoded({"audit": _batch(events, stamped)}, records, malformed=dict(malformed))

    def keep(self, record: bytes) -> bytes | None:
        """One entry that decodes to the same row: of a body stays what features are made of, of an exec the program's name."""
        try:
            event = _EVENT.decode(record)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        return msgspec.json.encode(_kept(event)) if event.kind in ("Event", "") and event.audit_id else None

    def _events(self, chunk: bytes, malformed: Counter[str]) -> list[AuditEvent]:
        if b'"EventList"' in chunk[:4096] or b'"items"' in chunk[:4096]:
            try:
                listed = _LIST.decode(chunk)
            except (msgspec.DecodeError, UnicodeDecodeError):
                pass
            else:
                return listed.items
        events = decode_lines(chunk, _EVENT, malformed)
        strangers = [event for event in events if event.kind not in ("Event", "") or not event.audit_id]
        if strangers:
            malformed["no audit event"] += len(strangers)
            events = [event for event in events if event.kind in ("Event", "") and event.audit_id]
        return events


def _batch(events: Sequence[AuditEvent], stamped: Any) -> Any:
    objects = [event.object_ref or _NO_OBJECT for event in events]
    statuses = [event.response_status or _NO_STATUS for event in events]
    acting = [event.impersonated_user or _NOBODY for event in events]
    # Annotations repeat from entry to entry: the same text is scrubbed once a batch.
    scrubbed = _Scrubbed()
    notes = [_notes(event.annotations, scrubbed) if event.annotations else {} for event in events]
    agents = [scrubbed[event.user_agent] for event in events]
    programs = [_exec(event, thing) for event, thing in zip(events, objects, strict=True)]
    features = [_body_features(event, thing) for event, thing in zip(events, objects, strict=True)]
    addresses = [_uri(event.request_uri) for event in events]
    messages = [
        "" if thing.resource in _SECRET_RESOURCES or thing.subresource == "token" else scrubbed[status.message]
        for thing, status in zip(objects, statuses, strict=True)
    ]
    columns: dict[str, Any] = {
        "time": stamped,
        "audit_id": [event.audit_id for event in events],
        "stage": [event.stage for event in events],
        "level": [event.level for event in events],
        "request_time": times([event.request_received_timestamp for event in events]),
        "verb": [event.verb for event in events],
        "user": [event.user.username for event in events],
        "user_uid": [event.user.uid for event in events],
        "groups": [event.user.groups or [] for event in events],
        "user_extra": [_extra(event.user.extra) for event in events],
        "impersonated_user": [user.username for user in acting],
        "impersonated_groups": [user.groups or [] for user in acting],
        "actor": [user.username or event.user.username for user, event in zip(acting, events, strict=True)],
        "source_addresses": [event.source_ips or [] for event in events],
        "user_agent_original": agents,
        "api_group": [thing.api_group for thing in objects],
        "api_version": [thing.api_version for thing in objects],
        "resource": [thing.resource for thing in objects],
        "subresource": [thing.subresource for thing in objects],
        "namespace": [thing.namespace for thing in objects],
        "name": [thing.name for thing in objects],
        "object_uid": [thing.uid for thing in objects],
        "code": [status.code if status.code is not None and 0 <= status.code < 65536 else None for status in statuses],
        "status_reason": [status.reason for status in statuses],
        "status_message": messages,
        "decision": [note.get(_DECISION, "") for note in notes],
        "decision_reason": [note.get(_REASON, "") for note in notes],
        "request_uri": addresses,
        "annotations": [list(note.items()) for note in notes],
        "exec_arguments": [count for count, _ in programs],
        "exec_command": [name for _, name in programs],
        "body_features": features,
        "raw": [
            _raw(event, uri, agent, message, note)
            for event, uri, agent, message, note in zip(events, addresses, agents, messages, notes, strict=True)
        ],
    }
    return record_batch(AUDIT, columns)


class _Scrubbed(dict[str, str]):
    def __missing__(self, text: str) -> str:
        found = self[text] = scrub(text)
        return found


def _notes(annotations: Mapping[str, str], scrubbed: Mapping[str, str]) -> dict[str, str]:
    """The annotations of an entry, scrubbed. What a webhook patched is a part of the body, so of a patch stays that there was one."""
    return {key: MASK if key.startswith(_PATCH) else scrubbed[value] for key, value in annotations.items()}


def _uri(uri: str) -> str:
    """The path, and the query with every value masked that is not of a harmless key."""
    path, mark, query = uri.partition("?")
    path = scrub(path)
    if not mark:
        return path
    pairs = parse_qsl(query, keep_blank_values=True)
    kept = (
        f"{quote(key)}={quote(value, safe='/:,=!')}" if key in _HARMLESS_QUERY else f"{quote(key)}={MASK}"
        for key, value in pairs
    )
    return f"{path}?{'&'.join(kept)}"


def _exec(event: AuditEvent, thing: _ObjectRef) -> tuple[int | None, str]:
    """How many arguments an exec had, and the program's name: the last part of the first argument's path."""
    if thing.resource != "pods" or thing.subresource != "exec":
        return None, ""
    command = [
        value
        for key, value in parse_qsl(event.request_uri.partition("?")[2], keep_blank_values=True)
        if key == "command"
    ]
    if not command:
        return 0, ""
    return min(len(command), 65535), scrub(command[0].rpartition("/")[2])[:128]


def _extra(extra: dict[str, list[str]] | None) -> list[tuple[str, str]]:
    return [(key, ",".join(values) if key in _HARMLESS_EXTRA else MASK) for key, values in (extra or {}).items()]


def _raw(event: AuditEvent, uri: str, agent: str, message: str, notes: dict[str, str]) -> str:
    """The entry without bodies, by its own field names: what rules written against audit entries look at."""
    entry: dict[str, Any] = {
        "auditID": event.audit_id, "stage": event.stage, "level": event.level, "verb": event.verb, "requestURI": uri,
        "user": {"username": event.user.username, "uid": event.user.uid, "groups": event.user.groups or []},
        "sourceIPs": event.source_ips or [], "userAgent": agent,
    }  # fmt: skip
    if event.impersonated_user is not None:
        entry["impersonatedUser"] = {
            "username": event.impersonated_user.username,
            "groups": event.impersonated_user.groups or [],
        }
    if event.object_ref is not None:
        entry["objectRef"] = event.object_ref
    if event.response_status is not None:
        status = event.response_status
        entry["responseStatus"] = {"code": status.code, "reason": status.reason, "message": message}
    if notes:
        entry["annotations"] = notes
    return msgspec.json.encode(entry).decode()


# ------------------------------------------------------------------------------------------------ features of bodies


class _SecurityContext(msgspec.Struct, frozen=True, omit_defaults=True):
    privileged: bool | None = None


class _HostPath(msgspec.Struct, frozen=True, omit_defaults=True):
    path: str = ""


class _Container(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    image: str = ""
    security_context: _SecurityContext | None = None


class _Volume(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    host_path: _HostPath | None = None


class _PodSpec(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    containers: list[_Container] | None = None
    init_containers: list[_Container] | None = None
    ephemeral_containers: list[_Container] | None = None
    volumes: list[_Volume] | None = None
    host_network: bool | None = None
    host_pid: bool | None = msgspec.field(default=None, name="hostPID")
    host_ipc: bool | None = msgspec.field(default=None, name="hostIPC")
    service_account_name: str = ""
    template: _Template | None = None
    job_template: _JobTemplate | None = None
    type: str = ""
    external_ips: list[str] | None = msgspec.field(default=None, name="externalIPs")


class _Template(msgspec.Struct, frozen=True, omit_defaults=True):
    spec: _PodSpec | None = None


class _JobTemplate(msgspec.Struct, frozen=True, omit_defaults=True):
    spec: _PodSpec | None = None


class _RoleRef(msgspec.Struct, frozen=True, omit_defaults=True):
    kind: str = ""
    name: str = ""


class _Subject(msgspec.Struct, frozen=True, omit_defaults=True):
    kind: str = ""
    name: str = ""
    namespace: str = ""


class _Rule(msgspec.Struct, frozen=True, omit_defaults=True):
    verbs: list[str] | None = None
    resources: list[str] | None = None


class _Body(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    kind: str = ""
    spec: _PodSpec | None = None
    role_ref: _RoleRef | None = None
    subjects: list[_Subject] | None = None
    rules: list[_Rule] | None = None


_BODY = msgspec.json.Decoder(_Body)


def _body_features(event: AuditEvent, thing: _ObjectRef) -> list[tuple[str, str]]:
    """What was seen in the request's body (the response's where there is none), by name; none without a body and for those that are dropped whole."""
    body = bytes(event.request_object) or bytes(event.response_object)
    if not body or body == b"null" or thing.resource in _SECRET_RESOURCES or thing.subresource == "token":
        return []
    try:
        seen = _BODY.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return [("undecodable", "true")]
    found: dict[str, str] = {"kind": seen.kind} if seen.kind else {}
    spec = seen.spec
    while spec is not None and (inner := spec.template or spec.job_template) is not None:
        spec = inner.spec
    if spec is not None:
        _pod_features(spec, found)
    if seen.role_ref is not None and seen.role_ref.name:
        found["role_kind"], found["role"] = seen.role_ref.kind, seen.role_ref.name
        found["subjects"] = ",".join(
            f"{one.kind}:{one.namespace}/{one.name}" if one.namespace else f"{one.kind}:{one.name}"
            for one in seen.subjects or ()
        )
    if seen.rules:
        found["wildcard_rule"] = str(
            any("*" in (rule.verbs or ()) and "*" in (rule.resources or ()) for rule in seen.rules)
        ).lower()
    return list(found.items())


_IMAGE = re.compile(r"[\w.\-/:@]{1,256}")


def _pod_features(spec: _PodSpec, found: dict[str, str]) -> None:
    containers = [*(spec.containers or ()), *(spec.init_containers or ()), *(spec.ephemeral_containers or ())]
    if containers:
        found["images"] = ",".join(sorted({one.image for one in containers if _IMAGE.fullmatch(one.image)}))
        if any(one.security_context is not None and one.security_context.privileged for one in containers):
            found["privileged"] = "true"
    for name, value in (("host_network", spec.host_network), ("host_pid", spec.host_pid), ("host_ipc", spec.host_ipc)):
        if value:
            found[name] = "true"
    paths = sorted({volume.host_path.path for volume in spec.volumes or () if volume.host_path is not None})
    if paths:
        found["host_path"] = ",".join(paths)
    if spec.service_account_name:
        found["service_account"] = spec.service_account_name
    if spec.type in ("NodePort", "LoadBalancer"):
        found["service_type"] = spec.type
    if spec.external_ips:
        found["external_ips"] = ",".join(spec.external_ips)


# ------------------------------------------------------------------------------------------------ entries that may be kept


def _kept(event: AuditEvent) -> AuditEvent:
    """An entry by what is known to be harmless, so that a field that nobody thought of is not in it."""
    thing = event.object_ref or _NO_OBJECT
    status = event.response_status
    secret = thing.resource in _SECRET_RESOURCES or thing.subresource == "token"
    if status is not None:
        message = "" if secret else scrub(status.message)
        status = msgspec.structs.replace(status, message=message)
    body = bytes(event.request_object) or bytes(event.response_object)
    return msgspec.structs.replace(
        event,
        request_uri=_kept_uri(event.request_uri, *_exec(event, thing)),
        user=_kept_user(event.user),
        impersonated_user=_kept_user(event.impersonated_user) if event.impersonated_user is not None else None,
        response_status=status,
        request_object=_NOTHING if secret or not body or body == b"null" else _kept_body(body),
        response_object=_NOTHING,
        annotations=_notes(event.annotations, _Scrubbed()) if event.annotations else None,
        user_agent=scrub(event.user_agent),
    )


def _kept_uri(uri: str, arguments: int | None, program: str) -> str:
    kept = _uri(uri)
    if arguments:
        kept = kept.replace(f"command={MASK}", f"command={quote(program)}", 1)
    return kept


def _kept_user(user: _User) -> _User:
    extra = user.extra or {}
    kept = {key: values if key in _HARMLESS_EXTRA else [MASK] for key, values in extra.items()}
    return msgspec.structs.replace(user, extra=kept or None)


def _kept_body(body: bytes) -> msgspec.Raw:
    try:
        seen = _BODY.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return msgspec.Raw(b'"undecodable"')
    if seen.spec is not None:
        seen = msgspec.structs.replace(seen, spec=_kept_spec(seen.spec))
    return msgspec.Raw(msgspec.json.encode(seen))


def _kept_spec(spec: _PodSpec) -> _PodSpec:
    def images(containers: list[_Container] | None) -> list[_Container] | None:
        if containers is None:
            return None
        return [one if _IMAGE.fullmatch(one.image) else msgspec.structs.replace(one, image="") for one in containers]

    return msgspec.structs.replace(
        spec,
        containers=images(spec.containers),
        init_containers=images(spec.init_containers),
        ephemeral_containers=images(spec.ephemeral_containers),
        template=_Template(_kept_spec(spec.template.spec)) if spec.template and spec.template.spec else None,
        job_template=_JobTemplate(_kept_spec(spec.job_template.spec))
        if spec.job_template and spec.job_template.spec
        else None,
    )
