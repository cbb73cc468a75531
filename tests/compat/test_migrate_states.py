# SPDX-License-Identifier: Apache-2.0
"""`migrate` of an older state leaves what SQLMesh's own migrate leaves."""

import json

import pytest

from harness import compare, paths
from harness.database import corpus_json
from harness.sqlmesh import SQLMesh

OLDER = paths.TOO_OLD + paths.EXPORTABLE
MIGRATED = OLDER + paths.DBT

# Where docs/migrations.md says that we do otherwise: SQLMesh leaves old ids in these lists.
DEVIATIONS = ("environments.promoted_snapshot_ids", "environments.previous_finalized_snapshots")


def differences(ours, theirs, ignore=DEVIATIONS, **options):
    return compare.differences(ours, theirs, ignore=ignore, migrated=True, **options)


@pytest.mark.parametrize("release", MIGRATED)
def test_equal_to_sqlmeshs(databases, serve, tmp_path, release):
    """Databases and exports compare equal; backup tables too."""
    ours, theirs = databases.state(release), databases.state(release, "after")
    client = serve(ours)
    result = client.json("migrate", "-y")
    assert result["changed"] and result["before"]["sqlmesh_version"] == release.removeprefix("dbt-")
    assert ours.versions() == paths.NEWEST_VERSIONS
    assert differences(ours, theirs) == []
    client.export(tmp_path / "ours.json")
    exported = compare.differences(
        tmp_path / "ours.json", paths.CORPUS / release / "export_after.json",
        ignore=("metadata", "snapshots.updated_ts", "snapshots.unpaused_ts", *DEVIATIONS))
    assert exported == []


@pytest.mark.parametrize("release", OLDER)
def test_lists_of_ids_name_what_is_there(databases, serve, release):
    """The deviation: promoted and previously finalized snapshots are those of today."""
    database = databases.state(release)
    serve(database).ok("migrate", "-y")
    before = databases.state(release).execute(
        "SELECT name, json_array_length(promoted_snapshot_ids::json),"
        " json_array_length(previous_finalized_snapshots::json) FROM sqlmesh._environments ORDER BY 1")
    after = database.execute(
        "SELECT name, json_array_length(promoted_snapshot_ids::json),"
        " json_array_length(previous_finalized_snapshots::json) FROM sqlmesh._environments ORDER BY 1")
    assert after == before
    identifiers: dict[str, set[str]] = {}
    for name, identifier, _ in database.execute(
            "SELECT name, identifier, version FROM sqlmesh._snapshots"):
        identifiers.setdefault(name, set()).add(identifier)
    for environment, infos, promoted in database.execute(
            "SELECT name, snapshots, promoted_snapshot_ids FROM sqlmesh._environments"
            " WHERE promoted_snapshot_ids IS NOT NULL"):
        used = {(info["name"], identifier_of(info)) for info in json.loads(infos)}
        for item in json.loads(promoted):
            assert (item["name"], item["identifier"]) in used, environment


def identifier_of(info):
    import zlib
    parts = [info["fingerprint"].get(key, "0") for key in
             ("data_hash", "metadata_hash", "parent_data_hash", "parent_metadata_hash")]
    return str(zlib.crc32(";".join(parts).encode()))


@pytest.mark.parametrize("release", [OLDER[0], OLDER[-1]])
def test_sqlmesh_has_nothing_to_do_after_us(databases, serve, tmp_path, release):
    database = databases.state(release)
    serve(database).ok("migrate", "-y")
    before = database.fingerprint()
    sqlmesh = SQLMesh(database)
    sqlmesh.migrate()
    assert database.fingerprint() == before
    document = sqlmesh.export(tmp_path / "state.json")
    assert len(document["snapshots"]) == len(corpus_json(release, "export_after.json")["snapshots"])


@pytest.mark.parametrize("release", [OLDER[0], OLDER[-1]])
def test_sqlmesh_rolls_back_after_us(databases, serve, release):
    """Its rollback finds our backup tables, and leaves what it leaves after its own migrate."""
    ours, theirs = databases.state(release), databases.state(release, "after")
    serve(ours).ok("migrate", "-y")
    SQLMesh(ours).run("rollback", input="y\n")
    SQLMesh(theirs).run("rollback", input="y\n")
    assert ours.tables() == theirs.tables()
    assert ours.fingerprint() == theirs.fingerprint()
    # The tables it leaves behind are no obstacle to the next migration.
    serve(ours).ok("migrate", "-y")
    found = differences(ours, databases.state(release, "after"))
    assert [line for line in found if "_backup only in A" not in line] == []


@pytest.mark.parametrize("release", [OLDER[0], OLDER[-1]])
@pytest.mark.parametrize("migrated_by", ["us", "sqlmesh"])
def test_we_roll_back(databases, serve, release, migrated_by):
    """Rows as before, and no table that only the migration made."""
    original, database = databases.state(release), databases.state(release)
    client = serve(database)
    if migrated_by == "us":
        client.ok("migrate", "-y")
    else:
        SQLMesh(database).migrate()
    migrated = content(database)
    result = client.json("rollback", "-y")
    assert result["after"]["sqlmesh_version"] == release
    assert (result["source_restore_point_id"] != "") == (migrated_by == "us")
    assert result["losses"]["environments"] == result["losses"]["snapshots"] == 0
    expected = original.fingerprint()
    if migrated_by == "sqlmesh":
        # Migration 96 drops it without a backup.
        expected.pop("_plan_dags", None)
    assert database.fingerprint() == expected
    # The restore point brings the migrated state back, tables and all.
    client.ok("restore", result["restore_point_id"], "-y")
    kept = {table: rows for table, rows in migrated.items() if not table.endswith("_backup")}
    assert content(database) == kept
    assert "sqlmesh._snapshots" in database.execute(
        "SELECT string_agg(conrelid::regclass::text, ',') FROM pg_constraint WHERE contype = 'p'")[0][0]


def test_a_patch_release_of_sqlmesh_is_not_gone_back_over(databases, serve):
    """It makes no backup tables and leaves those of the migration before it."""
    database = databases.state("0.231.1")
    client = serve(database)
    client.ok("migrate", "-y", "--to", "0.236.0")
    SQLMesh(database).migrate()
    assert database.versions()[2] == paths.NEWEST
    before = database.fingerprint()
    error = client.refused("rollback", "-y")
    assert error["reason"] == "BACKUP_MISSING" and "0.231.1" in error["hint"], error
    assert database.fingerprint() == before


def content(database):
    """Every row, whatever the order of the columns."""
    return {table: sorted(json.dumps(json.loads(row), sort_keys=True) for row in database.rows(table))
            for table in database.tables()}


@pytest.mark.parametrize("release", OLDER)
def test_the_restore_point_brings_the_old_state_back(databases, serve, release):
    """Across schema versions: rows, columns, keys and indexes."""
    original, database = databases.state(release), databases.state(release)
    client = serve(database)
    point = client.json("migrate", "-y")["restore_point_id"]
    listed = client.json("restore-points")["restore_points"][0]
    assert listed["id"] == point and listed["versions"]["sqlmesh_version"] == release
    client.ok("restore", point, "-y")
    kept = {t: rows for t, rows in database.fingerprint().items() if not t.endswith("_backup")}
    assert kept == original.fingerprint()
    assert shapes(database) == shapes(original)
    # And on again.
    assert client.json("migrate", "-y")["changed"]


def shapes(database):
    """Columns, keys and indexes of the state tables, without the order of columns and names."""
    columns = database.execute(
        "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns"
        " WHERE table_schema = 'sqlmesh' AND table_name NOT LIKE '%_backup' ORDER BY 1, 2")
    indexes = database.execute(
        "SELECT tablename, regexp_replace(indexdef, '^.* USING ', '') FROM pg_indexes"
        " WHERE schemaname = 'sqlmesh' AND tablename NOT LIKE '%_backup' ORDER BY 1, 2")
    return columns, indexes


@pytest.mark.parametrize("release", [OLDER[0], OLDER[-1]])
def test_dry_run_changes_nothing_and_says_what_would_be(databases, serve, release):
    database = databases.state(release)
    before = database.fingerprint()
    client = serve(database)
    told = client.json("migrate", "--dry-run", "-y")
    assert told["changed"] and told["dry_run"]
    assert database.fingerprint() == before
    assert database.execute("SELECT 1 FROM pg_namespace WHERE nspname = 'stateserver'") == []
    done = client.json("migrate", "-y")
    assert done["rows"] == told["rows"] and done["steps"] == told["steps"]


def test_a_state_that_did_not_change_since(databases, serve, tmp_path):
    database = databases.state("0.176.0")
    client = serve(database)
    document = client.export(tmp_path / "state.json")
    token = document["metadata"]["stateserver"]["token"]
    wrong = client.refused("migrate", "-y", "--if-unchanged-since", "0" * 64)
    assert wrong["reason"] == "STATE_CHANGED"
    assert client.json("migrate", "-y", "--if-unchanged-since", token)["changed"]


def test_tokens_are_younger_than_the_oldest_states(databases, serve):
    error = serve(databases.state("0.137.1")).refused(
        "migrate", "-y", "--if-unchanged-since", "0" * 64)
    assert error["reason"] == "ARGUMENT_INVALID" and "77" in error["message"]


def test_output_is_sqlmeshs(databases, serve):
    """The lines of SQLMesh's console, in its order; ours may stand between them."""
    release = "0.231.1"
    told = serve(databases.state(release)).ok("migrate", "-y").err.splitlines()
    theirs = (paths.CORPUS / release / "migrate.console.txt").read_text().splitlines()
    expected = [line for line in theirs if line and "━" not in line and not line.startswith("exit")]
    assert [line for line in told if line in expected] == expected
    bars = [line.split("•")[:2] for line in theirs if "━" in line]
    assert [line.split("•")[:2] for line in told if "━" in line] == bars
