"""The page *Compliance*: what each reader is told, and the files."""

from __future__ import annotations

import csv
import io
from typing import Any

from tests.web.conftest import WINDOW, Client, decoded


def controls(found: dict[str, Any]) -> dict[str, str]:
    return {one["id"]: one["state"] for one in found["controls"]}


async def test_every_framework_summed_up(client: Client) -> None:
    found = decoded(await client("viewer").get(f"/api/v1/compliance?{WINDOW}"))
    assert found["scanned"] and found["at"] == "2027-01-15T08:00:00Z"
    assert [one["id"] for one in found["frameworks"]][-1] == "cis-1.12"
    for one in found["frameworks"]:
        assert sum(one["states"].values()) == one["controls"]


async def test_one_framework_with_its_findings(client: Client) -> None:
    viewer = client("viewer")
    found = decoded(await viewer.get(f"/api/v1/compliance/owasp-2025?{WINDOW}"))
    failing = [one for one in found["controls"] if one["state"] == "fail"]
    assert failing
    for control in failing:
        url = f"/api/v1/findings?{WINDOW}&framework=owasp-2025&control={control['id']}&status=fail"
        listed = decoded(await viewer.get(url))["findings"]
        assert {one["id"] for one in listed} == {one for one in control["findings"] if one}, control["id"]
        assert {one["rule"] for one in listed} <= set(control["failing"])
    assert (await viewer.get(f"/api/v1/compliance/no-such?{WINDOW}")).status_code == 404
    assert (await viewer.get(f"/api/v1/findings?{WINDOW}&framework=no-such")).status_code == 400


async def test_nothing_scanned_is_no_pass(client: Client) -> None:
    found = decoded(await client("viewer").get("/api/v1/compliance?to=2020-01-01T00:00:00Z&from=2019-12-31T00:00:00Z"))
    assert not found["scanned"]
    assert all(one["states"]["pass"] == 0 for one in found["frameworks"])


async def test_a_reader_of_a_namespace_is_not_told_that_the_cluster_passes(client: Client) -> None:
    whole = decoded(await client("reader of c1").get(f"/api/v1/compliance/cis-1.12?{WINDOW}"))
    part = decoded(await client("reader of a").get(f"/api/v1/compliance/cis-1.12?{WINDOW}"))
    assert controls(part)["5.1.1"] == "unknown"
    assert any("not shown to you" in line for line in part["partial"])
    assert not any("not shown to you" in line for line in whole["partial"])
    assert "b" not in [one["name"] for one in part["namespaces"]]


async def test_files(client: Client) -> None:
    viewer = client("viewer")
    page = await viewer.get(f"/api/v1/compliance/nsa/file?{WINDOW}&form=html")
    assert page.headers["content-type"] == "text/html; charset=utf-8" and "<script" not in page.text
    assert page.headers["content-disposition"] == 'attachment; filename="nsa.html"'
    sheet = await viewer.get(f"/api/v1/compliance/nsa/file?{WINDOW}&form=csv")
    assert next(row["control"] for row in csv.DictReader(io.StringIO(sheet.text))) == "pod-security"
    assert (await viewer.get(f"/api/v1/compliance/nsa/file?{WINDOW}&form=json")).json()["framework"] == "nsa"
    assert (await viewer.get(f"/api/v1/compliance/nsa/file?{WINDOW}&form=pdf")).status_code == 400


async def test_trend_counts_what_was_open_each_day_since_the_first_scan(client: Client) -> None:
    viewer = client("viewer")
    points = decoded(await viewer.get(f"/api/v1/findings/trend?{WINDOW}"))
    assert [point["at"] for point in points] == ["2027-01-15T08:00:00Z"], "the days before were not scanned"
    now = decoded(await viewer.get(f"/api/v1/findings?{WINDOW}"))["counts"]["bySeverity"]
    assert points[-1]["bySeverity"] == now
