# SPDX-License-Identifier: Apache-2.0
"""What a migration and a rollback refuse, before anything is changed."""

import json

import pytest

from harness import workers

RELEASE = "0.176.0"

# SQL that damages the state -> reason, and words of the message.
DAMAGES = {
    "unparsable JSON": (
        "UPDATE sqlmesh._snapshots SET snapshot = left(snapshot, 100) WHERE name LIKE '%\"raw_orders\"'",
        ["orders"]),
    "no snapshot": (
        "UPDATE sqlmesh._snapshots SET snapshot = NULL WHERE name LIKE '%\"raw_orders\"'", ["orders"]),
    "no time": (
        "UPDATE sqlmesh._snapshots SET updated_ts = NULL WHERE name LIKE '%\"raw_orders\"'",
        ["orders", "updated_ts"]),
    "another identifier": (
        "UPDATE sqlmesh._snapshots SET snapshot = regexp_replace(snapshot,"
        " '\"metadata_hash\": ?\"[0-9]+\"', '\"metadata_hash\": \"1\"') WHERE name LIKE '%\"raw_orders\"'",
        ["orders", "identifier"]),
    "one id twice": (
        "ALTER TABLE sqlmesh._snapshots DROP CONSTRAINT {key};"
        " INSERT INTO sqlmesh._snapshots SELECT * FROM sqlmesh._snapshots WHERE name LIKE '%\"raw_orders\"' LIMIT 1",
        ["orders", "more than once"]),
    "no identifier": (
        "ALTER TABLE sqlmesh._snapshots DROP CONSTRAINT {key}; ALTER TABLE sqlmesh._snapshots"
        " ALTER COLUMN identifier DROP NOT NULL;"
        " UPDATE sqlmesh._snapshots SET identifier = NULL WHERE name LIKE '%\"raw_orders\"'",
        ["orders", "NULL"]),
    "a missing column": (
        "ALTER TABLE sqlmesh._intervals DROP COLUMN dev_version", ["dev_version", "_intervals"]),
    "half migrated": (
        "ALTER TABLE sqlmesh._intervals ADD COLUMN last_altered_ts bigint",
        ["last_altered_ts", "99"]),
    "a wrong type": (
        "ALTER TABLE sqlmesh._snapshots ALTER COLUMN updated_ts TYPE text", ["updated_ts", "bigint"]),
    "an environment without snapshots": (
        "UPDATE sqlmesh._environments SET snapshots = NULL WHERE name = 'prod'", ["prod", "snapshots"]),
    "an environment that is no JSON": (
        "UPDATE sqlmesh._environments SET snapshots = '[{{' WHERE name = 'prod'", ["prod", "snapshots"]),
}


@pytest.fixture
def serve(serve):
    """With the workers that some of these snapshots need."""
    return lambda target, **options: serve(target, **{**workers.OPTIONS, **options})


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_states(databases, serve, damage):
    sql, words = DAMAGES[damage]
    database = databases.state(RELEASE)
    key = database.scalar("SELECT conname FROM pg_constraint"
                          " WHERE conrelid = 'sqlmesh._snapshots'::regclass AND contype = 'p'")
    database.execute(sql.format(key=f'"{key}"'))
    before = database.fingerprint()
    error = serve(database).refused("migrate", "-y")
    assert error["reason"] == "STATE_CORRUPT", error
    assert all(word in error["message"] for word in words), error
    assert error["hint"], error
    assert database.fingerprint() == before


def test_a_circle_of_parents(databases, serve):
    database = databases.state(RELEASE)
    parent, child = database.execute(
        "SELECT p.value::text, json_build_object('name', s.name, 'identifier', s.identifier)::text"
        " FROM sqlmesh._snapshots s, json_array_elements(s.snapshot::json -> 'parents') p,"
        " sqlmesh._environments e WHERE e.name = 'prod'"
        " AND EXISTS (SELECT FROM json_array_elements(e.snapshots::json) x"
        "  WHERE x.value ->> 'name' = s.name AND x.value -> 'fingerprint' ->> 'metadata_hash'"
        "  = s.snapshot::json -> 'fingerprint' ->> 'metadata_hash')"
        " AND (p.value ->> 'name') LIKE '%orders%' LIMIT 1")[0]
    name, identifier = json.loads(parent)["name"], json.loads(parent)["identifier"]
    with database.connect() as connection:
        cursor = connection.cursor()
        cursor.execute(
            "UPDATE sqlmesh._snapshots SET snapshot = jsonb_set(snapshot::jsonb, '{parents}', %s::jsonb)"
            " WHERE name = %s AND identifier = %s", (f"[{child}]", name, identifier))
        assert cursor.rowcount == 1
        connection.commit()
    before = database.fingerprint()
    error = serve(database).refused("migrate", "-y")
    assert error["reason"] == "STATE_CORRUPT" and "cycle" in error["message"], error
    assert name in error["message"] and json.loads(child)["name"] in error["message"]
    assert database.fingerprint() == before


def test_too_old(databases, serve):
    database = databases.state("0.137.1")
    database.execute("UPDATE sqlmesh._versions SET schema_version = 59, sqlmesh_version = '0.133.0'")
    before = database.fingerprint()
    error = serve(database).refused("migrate", "-y")
    assert error["reason"] == "STATE_TOO_OLD" and "0.134.0" in error["message"], error
    assert database.fingerprint() == before


def test_an_older_release_is_for_empty_databases(databases, serve):
    database = databases.state(RELEASE)
    error = serve(database).refused("migrate", "-y", "--to", "0.213.0")
    assert error["reason"] == "ARGUMENT_INVALID"


def test_no_migration_to_roll_back(databases, serve):
    database = databases.state(RELEASE)
    before = database.fingerprint()
    error = serve(database).refused("rollback", "-y")
    assert error["reason"] == "BACKUP_MISSING"
    assert error["message"] == "There are no prior migrations to roll back to."
    assert serve(databases.empty()).refused("rollback", "-y")["reason"] == "NOT_MIGRATED"
    assert database.fingerprint() == before


def test_views_of_others(databases, serve):
    """A view on a table that would be dropped is named; nothing is dropped."""
    database = databases.state("0.137.1")
    client = serve(database)
    point = client.json("migrate", "-y")["restore_point_id"]
    database.execute("CREATE VIEW public.mine AS SELECT snapshot_name FROM sqlmesh._auto_restatements;"
                     " CREATE VIEW public.forward AS SELECT forward_only FROM sqlmesh._snapshots")
    before = database.fingerprint()
    for call in (("rollback", "-y"), ("restore", point, "-y")):
        error = client.refused(*call)
        assert error["reason"] == "DEPENDENT_OBJECTS", error
        assert "public.mine" in error["message"] and "public.forward" in error["message"], error
    assert database.fingerprint() == before
    database.execute("DROP VIEW public.mine; DROP VIEW public.forward;"
                     " CREATE VIEW public.names AS SELECT name FROM sqlmesh._snapshots")
    # Columns that stay do not stand in the way of a restore.
    client.ok("restore", point, "-y")
    assert database.versions()[0] == 60
    assert database.scalar("SELECT count(*) FROM public.names") == database.count("_snapshots")


def test_rights_survive_a_rollback(databases, serve):
    database = databases.state(RELEASE)
    client = serve(database)
    client.ok("migrate", "-y")
    role = f"reader_{database.name}"
    database.execute(f"CREATE ROLE {role}; GRANT SELECT ON sqlmesh._snapshots TO {role}")
    client.ok("rollback", "-y")
    assert database.scalar(f"SELECT has_table_privilege('{role}', 'sqlmesh._snapshots', 'SELECT')")
    database.execute(f"REVOKE ALL ON sqlmesh._snapshots FROM {role}; DROP ROLE {role}")
