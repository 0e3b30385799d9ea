"""Audit: one entry of the Kubernetes API server's audit log (`audit.k8s.io/v1` Event), one row a stage.

Bodies are never stored: the source turns them into features. `raw` is the entry after redaction, so that rules written
against the entry's own paths (Sigma `objectRef.*`, Falco `ka.*` and `jevt.value`) can be answered.
"""

from __future__ import annotations

from seawall.model.event.envelope import event_table
from seawall.model.event.field import Field, Type

AUDIT = event_table(
    "audit",
    meaning="what people and programs asked of the Kubernetes API, and how it was answered",
    own=("audit.",),
    fields=(
        Field(
            name="audit_id",
            attribute="seawall.audit.audit_id",
            type=Type.TEXT,
            meaning="`auditID`: the same for every stage of one request",
        ),
        Field(
            name="stage",
            attribute="seawall.audit.stage",
            type=Type.CATEGORY,
            meaning="`RequestReceived`, `ResponseStarted` (watch, exec), `ResponseComplete`, `Panic`",
        ),
        Field(
            name="level",
            attribute="seawall.audit.level",
            type=Type.CATEGORY,
            meaning="`Metadata`, `Request`, `RequestResponse`: what the audit policy asked to record",
        ),
        Field(
            name="request_time",
            attribute="seawall.audit.request_time",
            type=Type.TIME,
            unit="ns",
            null="an old entry without `requestReceivedTimestamp`",
            meaning="when the API server received the request; `time` is when this stage was reached",
        ),
        Field(
            name="verb",
            attribute="seawall.audit.verb",
            type=Type.CATEGORY,
            meaning="the Kubernetes verb (`get`, `list`, `create`, `deletecollection`), or the HTTP method in lower case for a path",
        ),
        Field(name="user", attribute="user.name", type=Type.CATEGORY, identity=True, meaning="who authenticated"),
        Field(
            name="user_uid",
            attribute="seawall.user.uid",
            type=Type.TEXT,
            identity=True,
            meaning="the user's UID, where the authenticator gives one",
        ),
        Field(
            name="groups", attribute="seawall.groups", type=Type.CATEGORIES, identity=True, meaning="the user's groups"
        ),
        Field(
            name="user_extra",
            attribute="seawall.user.extra",
            type=Type.MAP,
            redacted="values of keys that are not on the list of known harmless ones",
            meaning="extra of the user (pod and node of a bound token, credential id); several values joined by a comma",
        ),
        Field(
            name="impersonated_user",
            attribute="seawall.impersonated_user",
            type=Type.CATEGORY,
            identity=True,
            meaning="who was acted for; '' if nobody. Whose rights counted is `actor`",
        ),
        Field(
            name="impersonated_groups",
            attribute="seawall.impersonated_groups",
            type=Type.CATEGORIES,
            identity=True,
            meaning="the groups that were acted with",
        ),
        Field(
            name="actor",
            attribute="seawall.audit.actor",
            type=Type.CATEGORY,
            identity=True,
            meaning="whose rights decided: the impersonated user, else the user",
        ),
        Field(
            name="source_addresses",
            attribute="seawall.audit.source_addresses",
            type=Type.TEXTS,
            identity=True,
            meaning="`sourceIPs`: forwarded first, peer last; only the last was seen by the API server itself",
        ),
        Field(
            name="user_agent_original",
            attribute="user_agent.original",
            type=Type.CATEGORY,
            meaning="what the client says it is",
        ),
        Field(
            name="api_group",
            attribute="seawall.audit.api_group",
            type=Type.CATEGORY,
            meaning="the object's API group; '' for the core group and for a path",
        ),
        Field(
            name="api_version",
            attribute="seawall.audit.api_version",
            type=Type.CATEGORY,
            meaning="the object's API version",
        ),
        Field(
            name="resource",
            attribute="seawall.audit.resource",
            type=Type.CATEGORY,
            identity=True,
            meaning="the resource (`pods`); '' for a path that is no resource",
        ),
        Field(
            name="subresource",
            attribute="seawall.audit.subresource",
            type=Type.CATEGORY,
            meaning="the subresource (`exec`, `token`, `status`)",
        ),
        Field(
            name="namespace",
            attribute="k8s.namespace.name",
            type=Type.CATEGORY,
            identity=True,
            meaning="the object's namespace; '' for what has none",
        ),
        Field(
            name="name",
            attribute="seawall.audit.name",
            type=Type.TEXT,
            identity=True,
            meaning="the object's name; '' for lists and generated names",
        ),
        Field(
            name="object_uid",
            attribute="seawall.audit.object.uid",
            type=Type.TEXT,
            identity=True,
            meaning="the object's UID, where given",
        ),
        Field(
            name="code",
            attribute="seawall.audit.code",
            type=Type.U16,
            null="no response yet (`RequestReceived`), or the entry says none",
            meaning="the HTTP status code of the response; 101 is a switched protocol, so an exec that began",
        ),
        Field(
            name="status_reason",
            attribute="seawall.audit.status_reason",
            type=Type.CATEGORY,
            meaning="`reason` of the response status: `Forbidden`, `NotFound`, `AlreadyExists`",
        ),
        Field(
            name="status_message",
            attribute="seawall.audit.status_message",
            type=Type.TEXT,
            redacted="of secrets, token requests and token reviews it is dropped",
            meaning="`message` of the response status",
        ),
        Field(
            name="decision",
            attribute="seawall.audit.decision",
            type=Type.CATEGORY,
            meaning="the authorizer's decision, from its annotation: `allow`, `forbid`; '' where not annotated",
        ),
        Field(
            name="decision_reason",
            attribute="seawall.audit.decision_reason",
            type=Type.CATEGORY,
            meaning="the authorizer's reason: the binding and role that allowed it",
        ),
        Field(
            name="request_uri",
            attribute="seawall.audit.request_uri",
            type=Type.TEXT,
            redacted="values of the query string, but for those of a list of harmless keys; so no exec command",
            meaning="the request's path and query",
        ),
        Field(
            name="annotations",
            attribute="seawall.audit.annotations",
            type=Type.MAP,
            redacted="values that quote an object's content",
            meaning="annotations of the entry (authorization, admission, pod security)",
        ),
        Field(
            name="exec_arguments",
            attribute="seawall.audit.exec_arguments",
            type=Type.U16,
            unit="{argument}",
            null="not an exec",
            meaning="how many arguments the command of an exec had",
        ),
        Field(
            name="exec_command",
            attribute="seawall.audit.exec_command",
            type=Type.CATEGORY,
            redacted="every argument after the program's name",
            meaning="the program of an exec: the last part of its first argument",
        ),
        Field(
            name="body",
            attribute="seawall.audit.body",
            type=Type.CATEGORY,
            meaning="what became of the bodies: `none` (the entry holds none), `features`, or `dropped` whole (secrets, token requests and reviews)",
        ),
        Field(
            name="body_features",
            attribute="seawall.audit.body_features",
            type=Type.MAP,
            redacted="every value of the body",
            meaning="what was seen in request and response bodies, by name: `privileged`, `host_path`, `cluster_role`, `images`",
        ),
        Field(
            name="raw",
            attribute="seawall.raw",
            type=Type.TEXT,
            redacted="bodies, exec arguments, query values; see the other columns",
            meaning="the entry as JSON after redaction",
        ),
    ),
)
