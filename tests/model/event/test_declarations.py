"""The declarations themselves: names by the rule, nothing nullable without a reason, no pyarrow needed to read them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from seawall.model.event import KINDS, ROLLUPS, TABLES, Keeps, Table, Type, column_of
from seawall.model.event.envelope import ENVELOPE
from seawall.model.event.reference import reference

ROOT = Path(__file__).parents[3]
every_table = pytest.mark.parametrize("table", TABLES.values(), ids=TABLES.keys())


@every_table
def test_columns_are_named_after_their_attribute(table: Table) -> None:
    for field in table.fields:
        assert column_of(field.attribute, table.own) == field.name, field.attribute


@every_table
def test_columns_are_told_apart(table: Table) -> None:
    assert len(set(table.columns)) == len(table.columns)
    attributes = [field.attribute for field in table.fields]
    assert len(set(attributes)) == len(attributes)


@every_table
def test_key_scope_and_version_are_columns(table: Table) -> None:
    for name in (*table.key, *table.namespaces, *((table.newest,) if table.newest else ())):
        table.field(name)
    assert "cluster" in table.columns


@every_table
def test_a_list_or_map_is_never_null(table: Table) -> None:
    for field in table.fields:
        if field.type in (Type.TEXTS, Type.CATEGORIES, Type.TIMES, Type.MAP, Type.COUNTS):
            assert not field.null, f"{field.name}: ClickHouse has no null list"


@every_table
def test_every_column_says_what_it_means(table: Table) -> None:
    for field in table.fields:
        assert len(field.meaning) > 3
        assert not field.meaning.endswith(".")
        if field.type is Type.TIME:
            assert field.unit == "ns"


def test_only_rollups_aggregate() -> None:
    for table in TABLES.values():
        assert any(field.aggregate for field in table.fields) == (table.name in ROLLUPS)
    for table in ROLLUPS.values():
        assert {field.name for field in table.fields if not field.aggregate} == set(table.key)


def test_events_carry_the_envelope_first() -> None:
    for table in KINDS.values():
        assert table.fields[: len(ENVELOPE)] == ENVELOPE
        assert table.keeps is Keeps.EVENTS


def test_ledgers_are_kept_for_good() -> None:
    ledgers = {name for name, table in TABLES.items() if table.ledger}
    assert {"batch_ledger", "rule_run", "case_entry", "plan_entry", "seawall_audit", "outbox"} <= ledgers
    assert not ledgers & (KINDS.keys() | ROLLUPS.keys())


@pytest.mark.parametrize(
    ("attribute", "own", "column"),
    [
        ("source.k8s.namespace.name", (), "src_namespace"),
        ("destination.port", (), "dst_port"),
        ("seawall.destination.service_account.name", (), "dst_service_account"),
        ("process.executable.path", ("process.",), "executable_path"),
        ("seawall.process.exec_id", ("process.",), "exec_id"),
        ("dns.question.name", ("dns.",), "question"),
        ("http.response.status_code", (), "http_response_status_code"),
        ("seawall.source", (), "source"),
    ],
)
def test_the_rule_by_example(attribute: str, own: tuple[str, ...], column: str) -> None:
    assert column_of(attribute, own) == column


def test_reading_declarations_needs_no_pyarrow() -> None:
    code = "import sys, seawall.model.event, seawall.model.event.read_scope; sys.exit('pyarrow' in sys.modules or 'numpy' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(ROOT / "src")}, check=False).returncode == 0
    )


def test_the_reference_page_is_fresh() -> None:
    written = (ROOT / "docs" / "reference" / "events.md").read_text()
    assert written == reference(), "run: python -m seawall.model.event.reference > docs/reference/events.md"
