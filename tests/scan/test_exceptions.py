"""Accepted findings: by annotation and by file, with an owner, a reason and an end; never more than was written."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from seawall.app.exceptions import review, why
from seawall.app.scan import Selection, exceptions_from, scan_cluster
from seawall.kit.errors import UserError
from seawall.model.cluster.snapshot import Cluster
from seawall.model.finding import Finding, Reference, Severity, Status
from seawall.scan.exceptions import Exceptions, Exemption, standing
from seawall.sources.state import read
from seawall.spi.source import StateOptions

TODAY = date(2026, 11, 24)
RULE = "workload/privileged-container"

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  namespace: {namespace}
  labels: {{tier: {tier}}}
  annotations: {{{annotations}}}
spec:
  selector: {{matchLabels: {{app: a}}}}
  template:
    metadata: {{labels: {{app: a}}}}
    spec:
      containers:
        - {{name: c, image: "x:1", securityContext: {{privileged: true}}}}
"""


def cluster(
    folder: Path, *, name: str = "web", namespace: str = "shop", tier: str = "front", annotations: str = ""
) -> Cluster:
    path = folder / f"{namespace}-{name}.yaml"
    path.write_text(DEPLOYMENT.format(name=name, namespace=namespace, tier=tier, annotations=annotations))
    return read((str(folder),), StateOptions())


def scanned(found: Cluster, file: Path | None = None) -> list[Finding]:
    report = scan_cluster(
        found, selection=Selection(only=(RULE,)), exceptions=exceptions_from(str(file) if file else None, TODAY)
    )
    assert report.summary.skipped == sum(one.status is Status.SKIPPED for one in report.findings)
    return list(report.findings)


def annotation(text: str) -> str:
    return f'seawall.dev/allow: "{text}"'


@pytest.mark.parametrize(
    ("text", "accepted"),
    [
        (f"{RULE} until=2026-11-24 owner=platform The CNI needs it.", True),  # its last day counts
        (f"{RULE} until=2026-11-23 owner=platform The CNI needs it.", False),
        ("workload/* until=2027-01-01 owner=platform The CNI needs it.", True),
        ("workload/host-port until=2027-01-01 owner=platform Another rule.", False),
        (f"{RULE} until=2027-01-01 owner=platform", False),
        (f"{RULE} owner=platform until=2027-01-01 Words in another order.", False),
        (f"{RULE} until=2027-02-30 owner=platform No such day.", False),
        (RULE, False),
    ],
)
def test_by_annotation(tmp_path: Path, text: str, accepted: bool) -> None:
    (finding,) = scanned(cluster(tmp_path, annotations=annotation(text)))
    assert (finding.status is Status.SKIPPED) == accepted
    if accepted:
        assert finding.suppression is not None
        assert (finding.suppression.owner, finding.suppression.reason) == ("platform", "The CNI needs it.")


@pytest.mark.parametrize(
    ("match", "accepted"),
    [
        ("{}", True),
        ("{namespace: shop}", True),
        ("{namespace: sh*, name: web, kind: Deployment}", True),
        ("{namespace: bank}", False),
        ("{labels: {tier: front}}", True),
        ("{labels: {tier: back}}", False),
        ("{path: 'spec.template.spec.containers*'}", True),
        ("{path: 'spec.volumes*'}", False),
    ],
)
def test_by_file(tmp_path: Path, match: str, accepted: bool) -> None:
    file = tmp_path / "accepted.txt"
    file.write_text(
        f"exceptions:\n  - rule: {RULE}\n    match: {match}\n    reason: It must.\n    owner: platform\n    until: 2027-01-31\n"
    )
    (finding,) = scanned(cluster(tmp_path), file)
    assert (finding.status is Status.SKIPPED) == accepted
    if accepted and finding.suppression is not None:
        assert finding.suppression.where == f"{file}:2"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("exceptions:\n  - rule: a/b\n    reason: r\n    owner: o\n", "until"),
        (
            "exceptions:\n  - rule: a/b\n    reason: ''\n    owner: o\n    until: 2027-01-01\n",
            ":2: an exception has no reason",
        ),
        ("exceptions:\n  - rule: a/b\n    reason: r\n    owner: o\n    until: 2027-01-01\n    for: ever\n", "for"),
        ("exceptions: [", "is no YAML"),
        ("suppress: []\n", "suppress"),
    ],
)
def test_a_file_that_is_half_understood_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "accepted.txt"
    file.write_text(text)
    with pytest.raises(UserError, match=reason):
        exceptions_from(str(file), TODAY)


def test_review_names_what_ended_and_what_covers_nothing(tmp_path: Path) -> None:
    file = tmp_path / "accepted.txt"
    entry = "  - {{rule: {0}, match: {{namespace: {1}}}, reason: r, owner: o, until: {2}}}\n"
    file.write_text(
        "exceptions:\n"
        + entry.format(RULE, "shop", "2027-01-01")
        + entry.format(RULE, "bank", "2027-01-01")
        + entry.format(RULE, "shop", "2026-01-01")
    )
    states = {(one.state, one.covers) for one in review(cluster(tmp_path), str(file), TODAY)}
    assert states == {("in force", 1), ("covers nothing", 0), ("ended", 1)}


def test_explain_says_why_exception_by_exception(tmp_path: Path) -> None:
    file = tmp_path / "accepted.txt"
    entry = "  - {{rule: {0}, match: {{namespace: {1}}}, reason: r, owner: o, until: {2}}}\n"
    file.write_text(
        "exceptions:\n"
        + entry.format("a/b", "shop", "2027-01-01")
        + entry.format(RULE, "bank", "2027-01-01")
        + entry.format(RULE, "shop", "2026-01-01")
    )
    world = cluster(tmp_path)
    finding = next(one for one in scan_cluster(world).findings if one.rule == RULE)
    lines = why(world, finding.id, str(file), TODAY)
    assert [line.rpartition(": ")[2] for line in lines[1:-1]] == [
        "is about a/b",
        "is about other objects",
        "ended on 2026-01-01",
    ]
    assert lines[-1] == "not accepted"
    with pytest.raises(UserError, match="no finding"):
        why(world, "zzzz", None, TODAY)


def judged(found: Cluster, file: Path | None, *rules: str) -> list[tuple[str, str]]:
    """(rule, place) of the findings about exceptions, where `rules` and the rules about exceptions take part."""
    report = scan_cluster(
        found,
        selection=Selection(only=(*rules, "exception/*")),
        at=TODAY,
        exceptions=exceptions_from(str(file) if file else None, TODAY),
    )
    assert not report.summary.unknown
    return [(one.rule.partition("/")[2], one.place) for one in report.findings if one.rule.startswith("exception/")]


def test_an_exception_that_covers_nothing_or_has_ended_is_a_finding_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "accepted.txt"
    entry = "  - {{rule: {0}, match: {{namespace: {1}}}, reason: r, owner: o, until: {2}}}\n"
    file.write_text(
        "exceptions:\n"
        + entry.format(RULE, "shop", "2027-01-01")
        + entry.format(RULE, "bank", "2027-01-01")
        + entry.format(RULE, "shop", "2026-01-01")
        + entry.format("workload/no-such-fault", "shop", "2027-01-01")
    )
    world = cluster(tmp_path)
    assert judged(world, file, RULE) == [
        ("ended-exception", f"{file}:4"),
        ("unused-exception", f"{file}:3"),
        ("unused-exception", f"{file}:5"),
    ]
    # The rule did not take part: that nothing is covered says nothing.
    assert judged(world, file) == [("ended-exception", f"{file}:4"), ("unused-exception", f"{file}:5")]


def test_an_annotation_is_judged_where_it_stands(tmp_path: Path) -> None:
    text = f"{RULE} until=2027-01-01 owner=platform The CNI needs it."
    assert judged(cluster(tmp_path, annotations=annotation(text)), None, RULE) == []
    other = text.replace("privileged-container", "host-port")
    world = cluster(tmp_path, annotations=annotation(other))
    assert judged(world, None, "workload/host-port") == [("unused-exception", f"{tmp_path}/shop-web.yaml:7")]


def test_what_could_not_be_told_leaves_open_whether_an_exception_is_used(tmp_path: Path) -> None:
    exemption = Exemption("a/b", "r", "o", "2027-01-01", where="accepted.yaml:2")
    there = Reference("Pod", "p", "shop")
    unknown = Finding("1", "a/b", Severity.LOW, Status.UNKNOWN, "", there, there, why="not collected")
    found = standing(cluster(tmp_path), Exceptions((exemption,), TODAY), (unknown,), known=("a/b",), ran=("a/b",))
    (one,) = found
    assert (one.covers, one.undecided, one.judged, one.ended) == (0, 1, True, False)


def test_explain_and_list_name_a_line_that_cannot_be_read(tmp_path: Path) -> None:
    world = cluster(tmp_path, annotations=annotation(f"{RULE} until=2027-01-01 The CNI needs it."))
    finding = next(one for one in scan_cluster(world).findings if one.rule == RULE)
    assert why(world, finding.id, None, TODAY)[1:] == [
        "  annotation seawall.dev/allow of shop/web (Deployment): cannot be read: no owner=WHO after the day",
        "not accepted",
    ]
    (listed,) = review(world, None, TODAY)
    assert (listed.state, listed.rule, listed.reason) == ("unreadable", RULE, "no owner=WHO after the day")
