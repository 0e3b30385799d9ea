"""The life of findings: only transitions are stored, plus one row for each scan."""

from __future__ import annotations

from seawall.model.event.field import Field, Keeps, Table, Type

FINDING_TRANSITION = Table(
    name="finding_transition",
    meaning="one row for each change in a finding's life; the newest row of a fingerprint is its state",
    own=(),
    keeps=Keeps.LEDGER,
    key=("fingerprint", "at", "scan_id"),
    namespaces=("namespace",),
    fields=(
        Field(
            name="at", attribute="seawall.at", type=Type.TIME, unit="ns", meaning="when the scan that saw it was taken"
        ),
        Field(
            name="fingerprint",
            attribute="seawall.fingerprint",
            type=Type.TEXT,
            meaning="rule, cluster, owning workload and path by name",
        ),
        Field(
            name="transition",
            attribute="seawall.transition",
            type=Type.CATEGORY,
            meaning="`opened`, `changed`, `resolved`, `suppressed`, `unsuppressed`, `unknown`",
        ),
        Field(name="scan_id", attribute="seawall.scan_id", type=Type.TEXT, meaning="the scan that saw it"),
        Field(name="cluster", attribute="seawall.cluster", type=Type.CATEGORY, identity=True, meaning="the cluster"),
        Field(name="rule", attribute="seawall.rule", type=Type.CATEGORY, meaning="the check's id"),
        Field(name="rule_version", attribute="seawall.rule_version", type=Type.CATEGORY, meaning="the check's version"),
        Field(
            name="severity",
            attribute="seawall.severity",
            type=Type.CATEGORY,
            meaning="`critical`, `high`, `medium`, `low`, `info`",
        ),
        Field(
            name="status",
            attribute="seawall.status",
            type=Type.CATEGORY,
            meaning="`fail`, `unknown`, `skipped`, `pass` (of a resolved one)",
        ),
        Field(
            name="namespace",
            attribute="k8s.namespace.name",
            type=Type.CATEGORY,
            identity=True,
            meaning="the object's namespace; '' for what has none",
        ),
        Field(
            name="object_kind",
            attribute="seawall.object_kind",
            type=Type.CATEGORY,
            identity=True,
            meaning="the owning object's kind",
        ),
        Field(
            name="object", attribute="seawall.object", type=Type.TEXT, identity=True, meaning="the owning object's name"
        ),
        Field(
            name="path",
            attribute="seawall.path",
            type=Type.TEXT,
            meaning="where in the object, by name, never by index",
        ),
        Field(name="message", attribute="seawall.message", type=Type.TEXT, meaning="one line for people"),
        Field(
            name="detail",
            attribute="seawall.detail",
            type=Type.TEXT,
            redacted="as the snapshot is",
            meaning="the finding as JSON",
        ),
    ),
)

SCAN_RUN = Table(
    name="scan_run",
    meaning="one row for each scan of a live cluster or an uploaded snapshot",
    own=(),
    keeps=Keeps.LEDGER,
    key=("scan_id",),
    newest="finished_at",
    fields=(
        Field(
            name="started_at",
            attribute="seawall.started_at",
            type=Type.TIME,
            unit="ns",
            meaning="when the snapshot scanned was taken",
        ),
        Field(
            name="finished_at",
            attribute="seawall.finished_at",
            type=Type.TIME,
            unit="ns",
            meaning="when the scan ended",
        ),
        Field(name="scan_id", attribute="seawall.scan_id", type=Type.TEXT, meaning="the scan"),
        Field(name="cluster", attribute="seawall.cluster", type=Type.CATEGORY, identity=True, meaning="the cluster"),
        Field(
            name="cluster_name",
            attribute="seawall.cluster_name",
            type=Type.CATEGORY,
            meaning="what people called the cluster then",
        ),
        Field(
            name="version",
            attribute="seawall.version",
            type=Type.CATEGORY,
            meaning="the version of Seawall that scanned",
        ),
        Field(name="objects", attribute="seawall.objects", type=Type.U64, unit="{object}", meaning="objects scanned"),
        Field(
            name="findings",
            attribute="seawall.findings",
            type=Type.COUNTS,
            unit="{finding}",
            meaning="open findings by severity",
        ),
        Field(
            name="unknown",
            attribute="seawall.unknown",
            type=Type.U64,
            unit="{answer}",
            meaning="answers that could not be given",
        ),
        Field(
            name="coverage",
            attribute="seawall.coverage",
            type=Type.TEXT,
            meaning="what could not be collected, as JSON",
        ),
    ),
)
