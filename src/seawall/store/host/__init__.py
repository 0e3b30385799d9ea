"""The embedded host: a process of its own that owns a chDB path and speaks ClickHouse's HTTP protocol on loopback.

chDB is ClickHouse as a library. In a process of its own a fault of the engine, or its memory, cannot take the server
down; and clickhouse-connect, curl and Grafana reach it as they reach a ClickHouse server.
"""
