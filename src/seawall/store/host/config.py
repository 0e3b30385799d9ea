"""The engine's server configuration, written next to the data before the engine is opened.

Every figure is a deliberate choice for one machine that also runs other things; see docs/tasks/store.md.
"""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape

import msgspec

MiB = 1024 * 1024
BACKUP_DISK = "backups"


class EngineLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What the engine may use. `memory` is what the engine's own tracker counts; RSS is up to twice that at peak."""

    memory: int = 1536 * MiB
    query_memory: int = 1024 * MiB
    reader_memory: int = 512 * MiB
    query_seconds: int = 120
    reader_seconds: int = 60


def write_config(directory: Path, limits: EngineLimits) -> Path:
    """Write config.xml and users.xml into `directory` (absolute) and return the path of config.xml."""
    backups = directory / "backups"
    backups.mkdir(exist_ok=True)
    (directory / "users.xml").write_text(_users(limits))
    config = directory / "config.xml"
    config.write_text(_config(directory, backups, limits))
    return config


def _config(directory: Path, backups: Path, limits: EngineLimits) -> str:
    return f"""<clickhouse>
  <user_directories><users_xml><path>{escape(str(directory / "users.xml"))}</path></users_xml></user_directories>
  <user_files_path>{escape(str(directory / "user_files"))}/</user_files_path>
  <max_server_memory_usage>{limits.memory}</max_server_memory_usage>
  <mark_cache_size>{64 * MiB}</mark_cache_size>
  <uncompressed_cache_size>0</uncompressed_cache_size>
  <index_mark_cache_size>{16 * MiB}</index_mark_cache_size>
  <index_uncompressed_cache_size>0</index_uncompressed_cache_size>
  <mmap_cache_size>256</mmap_cache_size>
  <background_pool_size>2</background_pool_size>
  <background_merges_mutations_concurrency_ratio>2</background_merges_mutations_concurrency_ratio>
  <background_schedule_pool_size>8</background_schedule_pool_size>
  <background_common_pool_size>4</background_common_pool_size>
  <background_fetches_pool_size>1</background_fetches_pool_size>
  <background_move_pool_size>1</background_move_pool_size>
  <merge_tree>
    <fsync_after_insert>1</fsync_after_insert>
    <fsync_part_directory>1</fsync_part_directory>
    <number_of_free_entries_in_pool_to_execute_mutation>2</number_of_free_entries_in_pool_to_execute_mutation>
    <number_of_free_entries_in_pool_to_lower_max_size_of_merge>2</number_of_free_entries_in_pool_to_lower_max_size_of_merge>
    <number_of_free_entries_in_pool_to_execute_optimize_entire_partition>2</number_of_free_entries_in_pool_to_execute_optimize_entire_partition>
    <max_bytes_to_merge_at_max_space_in_pool>{8 * 1024 * MiB}</max_bytes_to_merge_at_max_space_in_pool>
  </merge_tree>
  <storage_configuration><disks><{BACKUP_DISK}><type>local</type><path>{escape(str(backups))}/</path></{BACKUP_DISK}></disks></storage_configuration>
  <backups><allowed_disk>{BACKUP_DISK}</allowed_disk></backups>
  <logger><level>none</level></logger>
</clickhouse>
"""


def _users(limits: EngineLimits) -> str:
    """chDB always runs as `default`; its grants leave out every source beyond the store but the disk of backups."""
    return f"""<clickhouse>
  <profiles>
    <default>
      <max_memory_usage>{limits.query_memory}</max_memory_usage>
      <implicit_select>0</implicit_select>
      <constraints><max_memory_usage><min>1</min><max>{limits.memory}</max></max_memory_usage></constraints>
    </default>
  </profiles>
  <users>
    <default>
      <no_password/>
      <networks><ip>::1</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
      <grants>
        <query>GRANT SELECT, INSERT, ALTER, CREATE DATABASE, CREATE TABLE, CREATE TEMPORARY TABLE, CREATE VIEW, CREATE DICTIONARY, DROP, UNDROP TABLE, TRUNCATE, OPTIMIZE, SHOW, CHECK, KILL QUERY, SYSTEM, BACKUP, dictGet ON *.*</query>
        <query>GRANT TABLE ENGINE ON *</query>
        <query>GRANT READ, WRITE ON DISK</query>
      </grants>
    </default>
  </users>
  <quotas><default></default></quotas>
</clickhouse>
"""
