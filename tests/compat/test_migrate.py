# SPDX-License-Identifier: Apache-2.0
"""`migrate` of an empty database makes exactly SQLMesh's tables."""

from harness import compare
from harness.sqlmesh import SQLMesh

DEFINITIONS = """
  SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'sqlmesh' ORDER BY 1, 2
"""
COLUMNS = """
  SELECT table_name, column_name, data_type, is_nullable, column_default
  FROM information_schema.columns WHERE table_schema = 'sqlmesh' ORDER BY 1, 2
"""


def test_tables_are_those_sqlmesh_makes(databases, serve):
    ours, theirs = databases.empty(), databases.empty()
    serve(ours).ok("migrate", "-y")
    SQLMesh(theirs).migrate()
    assert ours.tables() == theirs.tables()
    assert ours.execute(COLUMNS) == theirs.execute(COLUMNS)
    assert ours.execute(DEFINITIONS) == theirs.execute(DEFINITIONS)
    assert compare.differences(ours, theirs, ignore=()) == []
    assert ours.versions() == theirs.versions()


def test_sqlmesh_finds_nothing_to_do(empty, serve, tmp_path):
    serve(empty).ok("migrate", "-y")
    before, definitions = empty.fingerprint(), empty.execute(DEFINITIONS)
    SQLMesh(empty).migrate()
    assert SQLMesh(empty).export(tmp_path / "state.json")["snapshots"] == []
    assert (empty.fingerprint(), empty.execute(DEFINITIONS)) == (before, definitions)


def test_a_second_migrate_changes_nothing(empty, serve):
    client = serve(empty)
    client.ok("migrate", "-y")
    before = empty.fingerprint()
    assert client.json("migrate", "-y")["changed"] is False
    assert empty.fingerprint() == before


def test_sqlmesh_made_tables_are_current_to_us(empty, serve):
    SQLMesh(empty).migrate()
    before = empty.fingerprint()
    assert serve(empty).json("migrate", "-y")["changed"] is False
    assert empty.fingerprint() == before


def test_dry_run_leaves_an_empty_database(empty, serve):
    serve(empty).ok("migrate", "--dry-run", "-y")
    assert empty.tables() == []
