"""Migrations make what the declarations say; DDL for a cluster is understood as far as an engine alone can."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

import pytest
from tests.store.conftest import NOW, need_chdb

from seawall.kit.errors import UserError
from seawall.model.event import TABLES
from seawall.store.client import Store
from seawall.store.embedded import EmbeddedStore
from seawall.store.layout import LAYOUTS, Retention
from seawall.store.migrate import applied, migrate, migrations, pending
from seawall.store.rollup import VIEWS
from seawall.store.schema import Target, ddl, expiry


def _shape(store: Store) -> list[dict[str, object]]:
    columns: dict[str, list[tuple[object, ...]]] = {}
    for row in store.select(
        "SELECT table, name, type, default_expression FROM system.columns WHERE database = 'seawall' ORDER BY table, position"
    ):
        columns.setdefault(row.pop("table"), []).append(tuple(row.values()))
    tables = store.select(
        "SELECT name, sorting_key, primary_key, partition_key, as_select FROM system.tables "
        "WHERE database = 'seawall' AND name != 'schema_version' ORDER BY name"
    )
    return [table | {"columns": columns[table["name"]]} for table in tables]


def test_all_migrations_together_make_what_the_declarations_say(tmp_path: Path, store: Store) -> None:
    need_chdb()
    with EmbeddedStore(tmp_path / "declared") as embedded, closing(embedded.store()) as declared:
        for statement in ddl():
            declared.execute(statement)
        expected = _shape(declared)
    found = _shape(store)
    assert [table["name"] for table in found] == [table["name"] for table in expected]
    for one, other in zip(found, expected, strict=True):
        assert one == other


def test_a_migration_that_was_cut_off_is_applied_again(own_directory: Path) -> None:
    with EmbeddedStore(own_directory) as embedded, closing(embedded.store()) as store:
        migrate(store, at=NOW)
        before = _shape(store)
        for migration in migrations()[1:]:
            for statement in migration.statements(Target()):
                store.execute(statement)
        assert _shape(store) == before


def test_migrating_again_changes_nothing(store: Store) -> None:
    before = store.select("SELECT name, create_table_query FROM system.tables WHERE database = 'seawall' ORDER BY name")
    assert migrate(store, at=NOW + 1) == ()
    assert pending(store) == ()
    assert (
        store.select("SELECT name, create_table_query FROM system.tables WHERE database = 'seawall' ORDER BY name")
        == before
    )
    assert [row.number for row in applied(store)] == [migration.number for migration in migrations()]
    assert applied(store)[0].applied_at == NOW


def test_a_store_far_ahead_is_left_alone(own_directory: Path) -> None:
    with EmbeddedStore(own_directory) as embedded, closing(embedded.store()) as store:
        migrate(store, at=NOW)
        for number in (98, 99):
            store.execute(f"INSERT INTO seawall.schema_version VALUES ({number}, 'later', '', 0)")
        with pytest.raises(UserError, match="2 schema versions ahead"):
            migrate(store, at=NOW)


def test_retention_is_set_and_set_anew(store: Store) -> None:
    def expires(table: str) -> str:
        query = str(
            store.execute(
                "SELECT create_table_query FROM system.tables WHERE database = 'seawall' AND name = {t:String}", t=table
            )
        )
        return query.partition(" TTL ")[2].partition(" SETTINGS")[0]

    try:
        migrate(store, at=NOW, retention=Retention(events=3, rollups=30))
        assert expires("flow") == "toDateTime(observed_time) + toIntervalDay(3)"
        assert expires("edge_minute") == "toDateTime(observed_time) + toIntervalDay(30)"
    finally:
        migrate(store, at=NOW)
    for table in TABLES.values():
        assert expires(table.name) == expiry(table, Retention())
        assert bool(expires(table.name)) != table.ledger


def test_every_table_has_a_layout() -> None:
    assert LAYOUTS.keys() == TABLES.keys()
    for name, layout in LAYOUTS.items():
        assert TABLES[name].ledger or layout.expires_by


@pytest.mark.parametrize(("replicated", "cluster"), [(False, ""), (True, ""), (True, "main"), (False, "it's")])
def test_ddl_is_understood(store: Store, replicated: bool, cluster: str) -> None:
    """Parsed by the engine; nothing replicated is run here, for want of a server."""
    statements = ddl(replicated=replicated, cluster=cluster)
    for statement in statements:
        assert "CreateQuery" in store.execute(f"EXPLAIN AST {statement}")
        assert ("ON CLUSTER" in statement) == bool(cluster)
        assert "{" not in statement.replace("{source}", "")
    tables = [
        statement
        for statement in statements
        if "ENGINE = " in statement and "DATABASE" not in statement and "Distributed" not in statement
    ]
    assert len(tables) == len(TABLES)
    assert all(("ENGINE = Replicated" in statement) == replicated for statement in tables)
    assert sum("Distributed" in statement for statement in statements) == (len(TABLES) if cluster else 0)


def test_on_a_cluster_views_write_beside_the_events_they_read() -> None:
    views = [statement for statement in ddl(replicated=True, cluster="main") if "MATERIALIZED" in statement]
    assert len(views) == len(VIEWS)
    for view in views:
        read_and_written = re.findall(r"(?:TO|FROM) (seawall\.\w+)", view)
        assert len(read_and_written) == 2
        assert all(name.endswith("_local") for name in read_and_written)


def test_replication_renames_the_window_of_tokens() -> None:
    assert Target(replicated=True).render("SETTINGS {window} = 1") == "SETTINGS replicated_deduplication_window = 1"
    assert Target().render("SETTINGS {window} = 1") == "SETTINGS non_replicated_deduplication_window = 1"
