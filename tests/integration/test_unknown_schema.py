# SPDX-License-Identifier: Apache-2.0
"""States of later releases of SQLMesh: a known schema works at once, an unknown one is read as it is stored."""

import json

import pytest

from harness import paths, workers
from harness.database import corpus_json

FILE = paths.CORPUS / paths.NEWEST / "export_all.json"
PART = paths.CORPUS / paths.NEWEST / "export_env_dev_b.json"
# (SQLGlot, SQLMesh): a patch release, a minor release with the same schema, and one with a later SQLGlot.
LATER = [("30.8.0", "0.236.9"), ("30.8.7", "0.237.0"), ("30.9.0", "0.237.1")]
READS = [("environments",), ("environment", "prod"), ("snapshots",), ("snapshots", "--environment", "prod"),
         ("snapshot", '"shopwh"."mart"."orders_full"'), ("diff", "prod", "dev_a"), ("stats",)]


def set_versions(database, schema, sqlglot, sqlmesh):
    database.execute(f"UPDATE sqlmesh._versions SET schema_version = {schema}, sqlglot_version = '{sqlglot}',"
                     f" sqlmesh_version = '{sqlmesh}'")


def write(path, document):
    path.write_text(json.dumps(document))
    return path


def file_of(tmp_path, sqlglot, sqlmesh, schema=102):
    document = corpus_json(paths.NEWEST, "export_all.json")
    document["versions"] = {"schema_version": schema, "sqlglot_version": sqlglot, "sqlmesh_version": sqlmesh}
    return write(tmp_path / f"{sqlmesh}.json", document)


def kinds(answer):
    return [note["kind"].removeprefix("NOTE_KIND_") for note in answer["notes"]]


# A known schema.


@pytest.mark.parametrize("sqlglot, sqlmesh", LATER)
def test_a_later_release_with_a_known_schema_works_at_once(state, serve, tmp_path, sqlglot, sqlmesh):
    set_versions(state, 102, sqlglot, sqlmesh)
    client = serve(state)
    own = (102, sqlglot, sqlmesh)
    versions = {"schema_version": 102, "sqlglot_version": sqlglot, "sqlmesh_version": sqlmesh}
    assert client.json("versions")["state"] == versions
    assert client.json("versions")["notes"] == []
    name = client.json("snapshots")["snapshots"][0]["name"]
    for call in [*READS[:4], ("snapshot", name), *READS[5:]]:
        assert client.json(*call)["notes"] == []
    exported = client.export(tmp_path / "out.json")
    assert exported["versions"] == versions

    # Changes, and none of them writes other versions.
    client.import_(tmp_path / "out.json")
    point = client.json("import", "-i", file_of(tmp_path, sqlglot, sqlmesh), "-y", "--replace")["restore_point_id"]
    client.ok("compact", "-y")
    client.ok("expired", "--delete", "-y")
    assert client("check").code in (0, 1)
    client.ok("restore", point, "-y")
    assert state.versions() == own
    assert client.export(tmp_path / "again.json")["versions"] == versions
    assert client.refused("rollback", "-y")["reason"] == "BACKUP_MISSING"


@pytest.mark.parametrize("sqlglot, sqlmesh", LATER)
@pytest.mark.parametrize("arguments", [(), ("--dry-run",), ("--to", "0.236.2")])
def test_migrate_leaves_a_later_release(state, serve, sqlglot, sqlmesh, arguments):
    """Whether its fingerprints have to be migrated, only its own SQLMesh knows."""
    set_versions(state, 102, sqlglot, sqlmesh)
    before = state.fingerprint()
    result = serve(state).json("migrate", "-y", *arguments)
    assert not result["changed"] and result["before"] == result["after"]
    assert kinds(result) == ["LATER_RELEASE"]
    assert f"SQLMesh {sqlmesh}" in result["notes"][0]["message"] and "sqlmesh migrate" in result["notes"][0]["message"]
    assert state.fingerprint() == before
    told = serve(state).ok("migrate", "-y").err
    assert "up to date" not in told and "later release" in told


@pytest.mark.parametrize("sqlglot", ["30.7.2", "30.8.0"])
def test_migrate_never_writes_an_older_release(state, serve, sqlglot):
    """Also if its SQLGlot is older than the newest known."""
    set_versions(state, 102, sqlglot, "0.236.9")
    assert not serve(state).json("migrate", "-y")["changed"]
    assert state.versions() == (102, sqlglot, "0.236.9")


def test_migrate_never_writes_an_older_patch_of_sqlglot(databases, serve):
    state = databases.state("0.231.1")
    set_versions(state, 100, "28.10.1", "0.231.1")
    client = serve(state, **workers.OPTIONS)
    client.ok("migrate", "-y", "--to", "0.236.0")
    set_versions(state, 102, "30.8.9", "0.236.0")
    assert client.json("migrate", "-y")["changed"]
    assert state.versions() == (102, "30.8.9", paths.NEWEST)


@pytest.mark.parametrize("sqlglot, sqlmesh", [("30.8.0", "0.237.0"), ("30.9.0", "0.235.9")])
def test_migrate_refuses_an_older_schema_of_a_later_release(databases, serve, sqlglot, sqlmesh):
    state = databases.state("0.231.1")
    set_versions(state, 100, sqlglot, sqlmesh)
    before = state.fingerprint()
    error = serve(state, **workers.OPTIONS).refused("migrate", "-y")
    assert error["reason"] == "STATE_AHEAD", error
    assert sqlmesh in error["message"] and sqlglot in error["message"] and "100" in error["message"], error
    assert state.fingerprint() == before


@pytest.mark.parametrize("sqlglot, sqlmesh", LATER)
def test_upgrade_file_leaves_a_later_release(empty, serve, tmp_path, sqlglot, sqlmesh):
    old = file_of(tmp_path, sqlglot, sqlmesh)
    result = serve(empty).json("upgrade-file", "-i", old, "-o", tmp_path / "new.json")
    assert not result["changed"]
    new = json.loads((tmp_path / "new.json").read_text())
    assert new["versions"] == json.loads(old.read_text())["versions"]


@pytest.mark.parametrize("sqlmesh", ["0.237.0", "0.236.4"])
def test_releases_that_do_not_fit_are_refused_as_before(state, serve, tmp_path, sqlmesh):
    """By major and minor version, in both directions."""
    other = "0.236.9" if sqlmesh == "0.237.0" else "0.237.0"
    set_versions(state, 102, "30.8.0", other)
    error = serve(state).refused("import", "-i", file_of(tmp_path, "30.8.0", sqlmesh), "-y")
    assert error["reason"] == "VERSION_MISMATCH", error


def test_doctor_says_that_the_release_is_later(state, serve):
    set_versions(state, 102, "30.9.0", "0.237.0")
    (finding,) = [f for f in serve(state).json("doctor")["findings"] if f["name"] == "state"]
    assert finding["verdict"] == "DIAGNOSIS_VERDICT_PASSED"
    assert "0.237.0" in finding["message"] and "later release" in finding["message"], finding


# An unknown schema.


def backups(database):
    """Statements that make the backup tables, as every migration of SQLMesh does."""
    for table in database.tables():
        if not table.endswith("_backup"):
            name = f"sqlmesh.{table}"
            yield (f"DROP TABLE IF EXISTS {name}_backup; CREATE TABLE {name}_backup (LIKE {name} INCLUDING ALL);"
                   f" INSERT INTO {name}_backup SELECT * FROM {name}")


def migrate_to_unknown(database, *, backed_up=True):
    """What a later SQLMesh's migration could do, in one transaction as there."""
    statements = backups(database) if backed_up else []
    database.execute(";".join([
        *statements,
        "ALTER TABLE sqlmesh._snapshots ADD COLUMN IF NOT EXISTS physical_location text",
        "UPDATE sqlmesh._snapshots SET physical_location = 'a\tb\\c' || identifier,"
        " snapshot = regexp_replace(snapshot, '}$', ', \"new \\\"field\\\"\": {\"n\": 9007199254740993}}')",
        "ALTER TABLE sqlmesh._environments ADD COLUMN IF NOT EXISTS owner text",
        "CREATE TABLE IF NOT EXISTS sqlmesh._something (id int PRIMARY KEY, body jsonb NOT NULL, at timestamptz)",
        "INSERT INTO sqlmesh._something SELECT i, jsonb_build_object('i', i), now() FROM generate_series(1, 20) i"
        " ON CONFLICT DO NOTHING",
        "DELETE FROM sqlmesh._versions",
        "INSERT INTO sqlmesh._versions VALUES (103, '31.0.0', '0.240.0')"]))


@pytest.fixture
def unknown(state):
    migrate_to_unknown(state, backed_up=False)
    return state


@pytest.mark.parametrize("call", [("versions",), *READS], ids=" ".join)
def test_an_unknown_schema_is_shown(unknown, serve, call):
    client = serve(unknown)
    if call[0] == "snapshot":
        call = ("snapshot", client.json("snapshots")["snapshots"][0]["name"])
    answer = client.json(*call)
    assert kinds(answer) == ["NEWER_SCHEMA"]
    (note,) = answer["notes"]
    assert "103" in note["message"] and "102" in note["message"] and "0.240.0" in note["message"], note
    assert note["records"] == ["column _environments.owner", "column _snapshots.physical_location", "table _something"]
    told = client.ok(*call)
    assert "newer than this server knows" in told.err and "table _something" in told.err, told
    assert "newer than this server knows" not in told.out


def test_what_is_shown_is_the_same(databases, unknown, serve):
    """As of the same state with a known schema."""
    client, twin = serve(unknown), serve(databases.state())
    for call in [*READS[:4], *READS[5:]]:
        ours, theirs = client.json(*call), twin.json(*call)
        for answer in (ours, theirs):
            for key in ("notes", "versions", "tables", "bytes"):
                answer.pop(key, None)
        assert ours == theirs, call


def test_an_unknown_schema_is_exported_as_it_is(databases, unknown, serve, tmp_path):
    client = serve(unknown)
    result = client.json("export", "-o", tmp_path / "out.json", "-y")
    assert kinds(result) == ["NEWER_SCHEMA"] and result["notes"][0]["records"][2] == "table _something"
    exported = json.loads((tmp_path / "out.json").read_text())
    assert exported["versions"] == {"schema_version": 103, "sqlglot_version": "31.0.0", "sqlmesh_version": "0.240.0"}
    assert len(exported["snapshots"]) == 73 and len(exported["environments"]) == 8
    for snapshot in exported["snapshots"]:
        assert snapshot['new "field"'] == {"n": 2**53 + 1}
    stored = {(name, identifier): json.loads(text) for name, identifier, text in unknown.execute(
        "SELECT name, identifier, snapshot FROM sqlmesh._snapshots")}
    nodes = [value["node"] for value in stored.values()]
    assert all(snapshot["node"] in nodes for snapshot in exported["snapshots"]), "the node is as it is stored"
    # Intervals are in the tables.
    known = serve(databases.state()).export(tmp_path / "known.json")
    assert [s["intervals"] for s in exported["snapshots"]] == [s["intervals"] for s in known["snapshots"]]
    # The flag of older scripts is accepted.
    assert client.export(tmp_path / "flag.json", "--allow-newer")["snapshots"] == exported["snapshots"]
    token = client.json("export", "-o", tmp_path / "more.json", "-y")["state_token"]
    assert token == result["state_token"]


@pytest.mark.parametrize("call", [
    ("import", "-i", FILE, "-y"), ("import", "-i", FILE, "-y", "--replace"), ("import", "-i", FILE, "--dry-run"),
    ("migrate", "-y"), ("migrate", "--dry-run"), ("compact", "-y"), ("expired",), ("expired", "--delete", "-y"),
    ("check",),
], ids=lambda call: " ".join(map(str, call)).replace(str(FILE), "FILE"))
def test_an_unknown_schema_is_not_changed(unknown, serve, call):
    before = unknown.fingerprint()
    error = serve(unknown).refused(*call, code=2 if call[0] == "check" else 1)
    assert error["reason"] == "STATE_AHEAD", error
    assert "103" in error["message"] and "0.240.0" in error["hint"] and "stateclient export" in error["hint"], error
    assert unknown.fingerprint() == before


def test_a_file_of_an_unknown_schema(state, serve, tmp_path):
    path = file_of(tmp_path, "31.0.0", "0.240.0", 103)
    client = serve(state)
    assert client.refused("import", "-i", path, "-y")["reason"] == "VERSION_MISMATCH"
    assert client.refused("upgrade-file", "-i", path, "-o", tmp_path / "new.json")["reason"] == "STATE_AHEAD"


DAMAGES = [
    ("ALTER TABLE sqlmesh._snapshots DROP COLUMN unrestorable", "unrestorable", "_snapshots", "is missing"),
    ("ALTER TABLE sqlmesh._snapshots ALTER COLUMN updated_ts TYPE text", "updated_ts", "_snapshots", "type text"),
    ("ALTER TABLE sqlmesh._environments ALTER COLUMN snapshots TYPE jsonb USING snapshots::jsonb", "snapshots",
     "_environments", "type jsonb"),
    ("ALTER TABLE sqlmesh._intervals RENAME COLUMN start_ts TO start", "start_ts", "_intervals", "is missing"),
    ("DROP TABLE sqlmesh._environment_statements", "environment_name", "_environment_statements", "with its table"),
]


@pytest.mark.parametrize("sql, column, table, problem", DAMAGES, ids=[f"{d[2]}.{d[1]}" for d in DAMAGES])
def test_what_cannot_be_read_is_named(unknown, serve, tmp_path, sql, column, table, problem):
    unknown.execute(sql)
    client = serve(unknown)
    name = unknown.scalar("SELECT name FROM sqlmesh._snapshots LIMIT 1")
    for call in [*READS[:4], ("snapshot", name), *READS[5:], ("export", "-o", tmp_path / "out.json", "-y")]:
        error = client.refused(*call)
        assert error["reason"] == "STATE_AHEAD", error
        assert f"column {column} of table {table}" in error["message"] and problem in error["message"], error
    assert list(tmp_path.iterdir()) == []
    answer = client.json("versions")
    assert answer["state"]["schema_version"] == 103 and column in answer["notes"][0]["message"]
    doctor = client("--format", "json", "doctor", code=1).json
    (finding,) = [f for f in doctor["findings"] if f["name"] == "state"]
    assert finding["verdict"] == "DIAGNOSIS_VERDICT_FAILED" and column in finding["message"], finding


def test_columns_that_are_not_read_may_be_missing(unknown, serve, tmp_path):
    unknown.execute("ALTER TABLE sqlmesh._snapshots DROP COLUMN fingerprint, DROP COLUMN dev_version;"
                    "ALTER TABLE sqlmesh._intervals DROP COLUMN is_compacted")
    client = serve(unknown)
    for call in READS[:4]:
        client.ok(*call)
    client.export(tmp_path / "out.json")


def test_versions_without_a_column(unknown, serve):
    unknown.execute("ALTER TABLE sqlmesh._versions DROP COLUMN sqlglot_version")
    error = serve(unknown).refused("environments")
    assert error["reason"] == "STATE_CORRUPT"
    assert "_versions" in error["message"] and "sqlglot_version" in error["message"], error


def test_doctor_says_what_works(unknown, serve):
    (finding,) = [f for f in serve(unknown).json("doctor")["findings"] if f["name"] == "state"]
    assert finding["verdict"] == "DIAGNOSIS_VERDICT_WARNING"
    assert "103" in finding["message"] and "Reading works" in finding["message"], finding
    assert {"StateService.Import", "StateService.Migrate", "MaintenanceService.Check"} <= set(finding["calls"])


# Going back from an unknown schema, and forth.


def contents(database):
    return {table: sorted(database.rows(table)) for table in database.tables() if not table.endswith("_backup")}


@pytest.fixture
def migrated(state, serve):
    """A state with a restore point of before: client, database, restore point, contents before and after."""
    client = serve(state)
    before = contents(state)
    point = client.json("import", "-i", PART, "-y", "--replace")["restore_point_id"]
    client.ok("restore", point, "-y")
    migrate_to_unknown(state)
    return client, state, point, before, contents(state)


def test_a_restore_point_of_an_unknown_schema_has_everything(migrated):
    """Additional columns and tables, although the table changes or disappears in the meantime."""
    client, state, point, before, after = migrated
    undo = client.json("restore", point, "-y")["restore_point_id"]
    back = contents(state)
    assert back.pop("_something") == after["_something"], "a table that is not in the restore point stays"
    assert {t: [json.loads(row) for row in rows] for t, rows in back.items()} == {
        t: [json.loads(row) for row in rows] for t, rows in before.items()}
    for change in ("DELETE FROM sqlmesh._something WHERE id > 3", "DROP TABLE sqlmesh._something",
                   "ALTER TABLE sqlmesh._something DROP COLUMN at"):
        state.execute(change)
        client.ok("restore", undo, "-y")
        assert contents(state) == after, change
        assert state.scalar("SELECT count(*) FROM pg_constraint WHERE conrelid = 'sqlmesh._something'::regclass"
                            " AND contype = 'p'") == 1
        client.ok("restore", point, "-y")


def test_a_restore_point_of_an_unknown_schema_is_exported(migrated, tmp_path):
    client, _, point, _, _ = migrated
    whole = client.export(tmp_path / "whole.json")
    undo = client.json("restore", point, "-y")["restore_point_id"]
    result = client.json("export", "-o", tmp_path / "point.json", "-y", "--restore-point", undo)
    assert kinds(result) == ["NEWER_SCHEMA"]
    exported = json.loads((tmp_path / "point.json").read_text())
    assert exported["versions"]["schema_version"] == 103 and exported["snapshots"] == whole["snapshots"]


def test_rollback_over_a_migration_to_an_unknown_schema(migrated):
    client, state, _, before, after = migrated
    result = client.json("rollback", "-y")
    assert result["after"]["schema_version"] == 102
    back = contents(state)
    assert back.pop("_something") == after["_something"]
    assert back == before
    client.ok("restore", result["restore_point_id"], "-y")
    assert contents(state) == after


def test_rollback_between_unknown_schemas_takes_back_every_table(migrated):
    client, state, _, _, after = migrated
    migrate_again(state)
    later = contents(state)
    result = client.json("rollback", "-y")
    assert "_something" in result["restored_tables"], result
    assert contents(state) == after
    client.ok("restore", result["restore_point_id"], "-y")
    assert contents(state) == later


def migrate_again(database):
    """To schema 104, which rewrites the additional table."""
    database.execute(";".join([*backups(database), "UPDATE sqlmesh._something SET body = '[104]'",
                               "DELETE FROM sqlmesh._versions",
                               "INSERT INTO sqlmesh._versions VALUES (104, '31.0.0', '0.241.0')"]))
