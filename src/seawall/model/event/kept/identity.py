"""Identity intervals: who owned an address when."""

from __future__ import annotations

from seawall.model.event.envelope import workload_fields
from seawall.model.event.field import Field, Keeps, Table, Type

IDENTITY_INTERVAL = Table(
    name="identity_interval",
    meaning="who owned an address from when to when; the answer to 'who was 10.0.3.7 at 03:12'",
    own=(),
    keeps=Keeps.ROLLUPS,
    key=("cluster", "address", "valid_from", "uid"),
    newest="written_at",
    namespaces=("namespace",),
    fields=(
        Field(
            name="cluster",
            attribute="seawall.cluster",
            type=Type.CATEGORY,
            identity=True,
            meaning="the cluster; addresses are unique within one only",
        ),
        Field(name="address", attribute="seawall.address", type=Type.ADDRESS, identity=True, meaning="the address"),
        Field(
            name="valid_from",
            attribute="seawall.valid_from",
            type=Type.TIME,
            unit="ns",
            meaning="first moment known, included",
        ),
        Field(
            name="valid_to",
            attribute="seawall.valid_to",
            type=Type.TIME,
            unit="ns",
            null="still so when last looked",
            meaning="end, excluded",
        ),
        Field(
            name="written_at",
            attribute="seawall.written_at",
            type=Type.TIME,
            unit="ns",
            meaning="when this version of the row was written",
        ),
        Field(
            name="entity",
            attribute="seawall.entity",
            type=Type.CATEGORY,
            identity=True,
            meaning="`pod`, `node`, `service`",
        ),
        Field(name="uid", attribute="seawall.uid", type=Type.TEXT, identity=True, meaning="UID of that object"),
        *workload_fields(),
        Field(
            name="service",
            attribute="seawall.service.name",
            type=Type.CATEGORY,
            identity=True,
            meaning="the Service, for a service address",
        ),
        Field(
            name="service_account",
            attribute="seawall.service_account.name",
            type=Type.CATEGORY,
            identity=True,
            meaning="the pod's service account",
        ),
        Field(
            name="labels",
            attribute="seawall.labels",
            type=Type.CATEGORIES,
            meaning="the object's labels as `key=value`, sorted",
        ),
        Field(
            name="host_network",
            attribute="seawall.host_network",
            type=Type.BOOL,
            meaning="the pod shares its node's address",
        ),
        Field(
            name="known_from",
            attribute="seawall.known_from",
            type=Type.CATEGORY,
            meaning="`watch`, `snapshot` or the event source that said so",
        ),
    ),
)
