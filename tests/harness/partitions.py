# SPDX-License-Identifier: Apache-2.0
"""Turns tables of a state into partitioned ones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness import documents, paths

if TYPE_CHECKING:
    from harness.database import Database

COUNT = 3


def partition_intervals(database: Database) -> None:
    """As docs/scale.md tells the owner."""
    document = (paths.ROOT / "docs" / "scale.md").read_text(encoding="utf8")
    database.execute(documents.block(document, "partition", "sql"))


def partition(database: Database, *tables: str) -> None:
    """By hash of `name`, in place. PostgreSQL wants that column in every unique index."""
    for table in tables:
        primary = [row[0] for row in database.execute(
            f"SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum "
            "= ANY (i.indkey)"
            f" WHERE i.indrelid = 'sqlmesh.{table}'::regclass AND i.indisprimary")]
        indexes = [row[0] for row in database.execute(
            f"SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = 'sqlmesh.{table}'::regclass "
            "AND NOT indisprimary")]
        statements = [
            f"ALTER TABLE sqlmesh.{table} RENAME TO plain",
            f"CREATE TABLE sqlmesh.{table} (LIKE sqlmesh.plain INCLUDING DEFAULTS) PARTITION BY HASH (name)",
            *(f"CREATE TABLE parts.{table}_{part} PARTITION OF sqlmesh.{table}"
              f" FOR VALUES WITH (MODULUS {COUNT}, REMAINDER {part})" for part in range(COUNT)),
            f"INSERT INTO sqlmesh.{table} SELECT * FROM sqlmesh.plain",
            "DROP TABLE sqlmesh.plain",
            *indexes]
        if primary:
            columns = ", ".join(dict.fromkeys([*primary, "name"]))
            statements.append(f"ALTER TABLE sqlmesh.{table} ADD PRIMARY KEY ({columns})")
        for definition in indexes:
            assert not re.match("CREATE UNIQUE", definition) or "name" in definition, definition
        database.execute("CREATE SCHEMA IF NOT EXISTS parts")
        database.execute("; ".join(statements))


def partitioned(database: Database) -> set[str]:
    """The tables of the state that are."""
    return {row[0] for row in database.execute(
        "SELECT relname FROM pg_class WHERE relkind = 'p' AND relnamespace = 'sqlmesh'::regnamespace")}
