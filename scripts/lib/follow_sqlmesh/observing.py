# SPDX-License-Identifier: Apache-2.0
"""Installs a release of SQLMesh and observes the facts that the product depends on."""

from __future__ import annotations

import json
import pathlib
import subprocess
import tempfile
from typing import TYPE_CHECKING, Any

from follow_sqlmesh import documents
from follow_sqlmesh.facts import Facts
from harness import releases
from harness.cluster import Cluster
from harness.database import Databases
from harness.sqlmesh import SQLMesh

if TYPE_CHECKING:
    from harness.database import Database

PROBE = pathlib.Path(__file__).resolve().parent / "probe.py"
COLUMNS = """
    SELECT table_name, column_name, data_type, coalesce('(' || character_maximum_length || ')', ''), is_nullable,
           coalesce(column_default, '')
    FROM information_schema.columns WHERE table_schema = 'sqlmesh' ORDER BY table_name, ordinal_position"""
INDEXES = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'sqlmesh' ORDER BY indexname"


def install(release: str) -> str:
    """The Python that has the release, installed the first time."""
    return releases.python(release)


def probe(python: str, stored: dict[str, str]) -> Facts:
    """What the release itself says; `stored` holds the documents to fingerprint."""
    with tempfile.TemporaryDirectory(prefix="follow-sqlmesh-") as folder:
        result = pathlib.Path(folder) / "facts.json"
        subprocess.run([python, PROBE, result], input=json.dumps(stored), text=True, check=True, cwd=folder)
        facts: Facts = json.loads(result.read_text(encoding="utf-8"))
    return facts


def table_definitions(python: str, cluster: Cluster) -> dict[str, list[str]]:
    """The tables that the release creates in an empty database: columns by table, and indexes."""
    database = Databases(cluster).empty()
    SQLMesh(database, python).migrate()
    return described(database)


def described(database: Database) -> dict[str, list[str]]:
    made: dict[str, list[str]] = {}
    rows: list[tuple[Any, ...]] = database.execute(COLUMNS)
    for table, column, kind, length, nullable, default in rows:
        text = f"{column} {kind}{length}" + (" NOT NULL" if nullable == "NO" else "")
        made.setdefault(table, []).append(text + (f" DEFAULT {default}" if default else ""))
    made["indexes"] = [row[0] for row in database.execute(INDEXES)]
    return made


def observe(release: str, corpus: pathlib.Path) -> Facts:
    python = install(release)
    facts = probe(python, documents.snapshots(corpus))
    cluster = Cluster()
    try:
        facts["ddl"] = table_definitions(python, cluster)
    finally:
        cluster.destroy()
    return facts


def versions(release: str) -> Facts:
    """Only what the table of releases needs."""
    return probe(install(release), {})
