# SPDX-License-Identifier: Apache-2.0
"""`rollback` goes back over exactly one migration, and says where to and what is lost."""

import json
import uuid

from harness import paths, raw

OLD = "0.231.1"
FILE = paths.CORPUS / paths.NEWEST / "export_all.json"


def content(database):
    """Every row of the state tables, whatever the order of the columns."""
    return {table: sorted(json.dumps(json.loads(row), sort_keys=True) for row in database.rows(table))
            for table in database.tables() if not table.endswith("_backup")}


def work(database, name):
    """Someone creates an environment with a model that nobody else has, and applies a plan to prod."""
    columns = ", ".join(row[0] for row in database.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'sqlmesh'"
        " AND table_name = '_snapshots' AND column_name NOT IN ('name', 'version') ORDER BY 1"))
    database.execute(f"""
        CREATE TEMP TABLE made AS SELECT * FROM sqlmesh._environments WHERE name = 'prod';
        UPDATE made SET name = '{name}', plan_id = '{name}';
        INSERT INTO sqlmesh._environments SELECT * FROM made;
        UPDATE sqlmesh._environments SET plan_id = '{name}' WHERE name = 'prod';
        INSERT INTO sqlmesh._snapshots (name, version, {columns})
          SELECT '"{name}"', '1', {columns} FROM sqlmesh._snapshots ORDER BY identifier LIMIT 1""")


def rollback(client, *arguments):
    return client.json("rollback", "-y", *arguments)


def versions(database):
    return database.versions()[2]


def migrate_as_sqlmesh(database, schema, sqlglot, sqlmesh):
    """What SQLMesh's migrate does to the tables, in one transaction as there. Its rows stay as they are."""
    before = database.versions()
    minors = [version.rsplit(".", 1)[0] for version in (before[1], before[2], sqlglot, sqlmesh)]
    statements = []
    if schema != before[0] or minors[:2] != minors[2:]:
        for table in database.tables():
            if not table.endswith("_backup"):
                statements.append(f"DROP TABLE IF EXISTS sqlmesh.{table}_backup;"
                                  f" CREATE TABLE sqlmesh.{table}_backup (LIKE sqlmesh.{table} INCLUDING ALL);"
                                  f" INSERT INTO sqlmesh.{table}_backup SELECT * FROM sqlmesh.{table}")
    statements.append("DELETE FROM sqlmesh._versions WHERE TRUE")
    statements.append(f"INSERT INTO sqlmesh._versions VALUES ({schema}, '{sqlglot}', '{sqlmesh}')")
    database.execute("; ".join(statements))


RELEASES = (OLD, "0.236.0", "0.236.1", "0.236.2", paths.NEWEST)


def migrate_four_times(client, database, tag):
    """Only the first makes backup tables. Returns the contents before each, and after the last."""
    contents = []
    for number, release in enumerate(RELEASES[1:]):
        work(database, f"{tag}_{number}")
        contents.append(content(database))
        client.ok("migrate", "-y", "--to", release)
        assert versions(database) == release
    work(database, f"{tag}_4")
    return [*contents, content(database)]


def backups(database):
    return [table for table in database.tables() if table.endswith("_backup")]


def test_a_chain_of_four_migrations_each_way(databases, serve):
    database = databases.state(OLD)
    client = serve(database)
    for tag in ("first", "second"):
        contents = migrate_four_times(client, database, tag)
        for number in reversed(range(4)):
            done = rollback(client)
            assert done["after"]["sqlmesh_version"] == RELEASES[number] == versions(database)
            assert content(database) == contents[number]
            lost = f"{tag}_{number + 1}"
            assert done["losses"] == {
                "environments": 1, "environment_names": [lost],
                "reverted_environments": 1, "reverted_environment_names": ["prod"],
                "snapshots": 1, "snapshot_names": [f'"{lost}"']}
            # A rollback can be undone, and done again.
            client.ok("restore", done["restore_point_id"], "-y")
            assert content(database) == contents[number + 1]
            assert rollback(client)["source_restore_point_id"] == done["source_restore_point_id"]
            assert content(database) == contents[number]
        assert backups(database) == [], "SQLMesh would take them for those of an earlier migration"
        assert client.refused("rollback", "-y")["reason"] == "BACKUP_MISSING"
        assert content(database) == contents[0]


def test_a_chain_of_four_migrations_by_sqlmesh(databases, serve):
    """There is one set of backup tables: each migration can be undone until the next one."""
    database = databases.state()
    database.execute("UPDATE sqlmesh._versions SET schema_version = 100, sqlglot_version = '30.2.1',"
                     " sqlmesh_version = '0.233.0'")
    client = serve(database)
    for number, after in enumerate(((101, "30.4.3", "0.234.1"), (101, "30.8.0", "0.235.4"),
                                    (102, "30.8.0", "0.236.0"), (103, "30.8.0", "0.237.0"))):
        work(database, f"work_{number}")
        before = content(database)
        for _ in range(2):
            migrate_as_sqlmesh(database, *after)
            work(database, f"later_{number}")
            done = rollback(client)
            assert content(database) == before
            assert done["losses"]["environment_names"] == [f"later_{number}"]
            assert done["source_restore_point_id"] == ""
            assert done["after"]["sqlmesh_version"] == versions(database)
            assert client.refused("rollback", "-y")["reason"] == "BACKUP_MISSING"
            assert content(database) == before
        migrate_as_sqlmesh(database, *after)


def test_a_patch_release_is_not_gone_back_over(empty, serve, tmp_path):
    """Backup tables of the migration before it still exist."""
    client = serve(empty)
    client.ok("migrate", "-y", "--to", OLD)
    client.ok("migrate", "-y", "--to", "0.236.0")
    document = json.loads(FILE.read_text())
    document["versions"]["sqlmesh_version"] = "0.236.0"
    path = tmp_path / "work.json"
    path.write_text(json.dumps(document))
    client.import_(path)
    before = content(empty)
    assert client.json("migrate", "-y")["before"]["sqlmesh_version"] == "0.236.0"
    done = rollback(client)
    assert done["after"]["sqlmesh_version"] == "0.236.0"
    assert done["losses"]["snapshots"] == done["losses"]["environments"] == 0
    assert content(empty) == before
    assert "_snapshots_backup" in empty.tables(), "they belong to the migration that is the last one now"
    # That one is undone only when asked for.
    assert rollback(client)["losses"]["environments"] == len(document["environments"])
    assert versions(empty) == OLD and empty.count("_environments") == 0


def test_a_patch_release_of_sqlmesh_is_not_gone_back_over(databases, serve):
    """It leaves neither a restore point nor backup tables of its own."""
    database = databases.state(OLD)
    client = serve(database)
    point = client.json("migrate", "-y", "--to", "0.236.0")["restore_point_id"]
    work(database, "weeks")
    migrate_as_sqlmesh(database, *paths.NEWEST_VERSIONS)
    before = content(database)
    error = client.refused("rollback", "-y")
    assert error["reason"] == "BACKUP_MISSING"
    assert paths.NEWEST in error["message"]
    hint = error["hint"]
    assert point in hint and "before migrate, SQLMesh 0.231.1" in hint, "what can be restored, and from when"
    assert "backup tables hold SQLMesh 0.231.1" in hint and "sqlmesh rollback" in hint
    assert client.refused("rollback", "--dry-run")["reason"] == "BACKUP_MISSING"
    assert content(database) == before
    client.ok("restore", point, "-y")
    assert versions(database) == OLD


def test_a_dump_proves_nothing(databases, serve):
    """Loaded rows are not those that the migration wrote; also if one transaction loads them all."""
    database = databases.state(OLD)
    client = serve(database)
    client.ok("migrate", "-y")
    database.execute("""
        CREATE TABLE sqlmesh.copy AS SELECT * FROM sqlmesh._versions; DROP TABLE sqlmesh._versions;
        ALTER TABLE sqlmesh.copy RENAME TO _versions;
        CREATE TABLE sqlmesh.copy AS SELECT * FROM sqlmesh._versions_backup; DROP TABLE sqlmesh._versions_backup;
        ALTER TABLE sqlmesh.copy RENAME TO _versions_backup; DELETE FROM stateserver.restore_points""")
    before = content(database)
    assert client.refused("rollback", "-y")["reason"] == "BACKUP_MISSING"
    assert content(database) == before


def test_the_backup_tables_of_the_migration_without_its_restore_point(databases, serve):
    database = databases.state(OLD)
    before = content(database)
    client = serve(database)
    client.ok("migrate", "-y")
    database.execute("DELETE FROM stateserver.restore_points")
    client.import_(FILE)
    done = rollback(client)
    assert done["source_restore_point_id"] == "" and done["target_ts"] > 0
    assert content(database) == before


def test_a_migration_that_sqlmesh_rolled_back_is_not_the_last(databases, serve):
    """Its `_versions` row is the copy that the migration made, so the restore point is of the same transaction."""
    database = databases.state(OLD)
    client = serve(database)
    client.ok("migrate", "-y")
    for table in backups(database):
        name = table.removesuffix("_backup")
        database.execute(f"DROP TABLE sqlmesh.{name}; ALTER TABLE sqlmesh.{table} RENAME TO {name}")
    work(database, "weeks")
    before = content(database)
    assert client.refused("rollback", "-y")["reason"] == "BACKUP_MISSING"
    assert content(database) == before


def test_versions_that_someone_else_wrote(databases, serve):
    database = databases.state(OLD)
    client = serve(database)
    client.ok("migrate", "-y")
    database.execute("UPDATE sqlmesh._versions SET sqlmesh_version = '0.236.9'")
    assert client.refused("rollback", "-y")["reason"] == "BACKUP_MISSING"
    assert database.count("_snapshots") and versions(database) == "0.236.9"


def test_changes_since_are_not_migrations(databases, serve):
    """Restore points of other operations are not those of the last migration."""
    database = databases.state(OLD)
    before = content(database)
    client = serve(database)
    point = client.json("migrate", "-y")["restore_point_id"]
    replaced = client.json("import", "-i", FILE, "--replace", "-y")["restore_point_id"]
    client.ok("restore", replaced, "-y")
    client.import_(FILE)
    done = rollback(client)
    assert done["source_restore_point_id"] == point
    assert content(database) == before


def test_a_restore_of_an_older_state(databases, serve):
    """The last migration is the one before the restored state."""
    database = databases.state(OLD)
    client = serve(database)
    contents = migrate_four_times(client, database, "work")
    points = [one for one in client.json("restore-points")["restore_points"]
              if one["versions"]["sqlmesh_version"] == "0.236.1"]
    client.ok("restore", points[0]["id"], "-y")
    assert content(database) == contents[2]
    assert rollback(client)["after"]["sqlmesh_version"] == "0.236.0"
    assert content(database) == contents[1]


def test_a_dry_run_says_what_a_run_does(databases, serve):
    database = databases.state(OLD)
    client = serve(database)
    migrated = client.json("migrate", "-y")
    work(database, "lost")
    before = content(database)
    operations = client.json("operations")
    told = client.json("rollback", "--dry-run")
    assert told["dry_run"] and told["operation"] is None and told["restore_point_id"] == ""
    assert content(database) == before and client.json("operations") == operations
    assert told["source_restore_point_id"] == migrated["restore_point_id"]
    assert told["target_ts"] == client.json("restore-points")["restore_points"][0]["created_ts"]
    text = client.ok("rollback", "--dry-run").err
    assert f"SQLMesh version: {paths.NEWEST} -> 0.231.1" in text and "Lost: 1 environment: lost" in text, text
    asked = client("rollback", input="n\n").err
    assert "Lost: 1 environment: lost" in asked and "Are you sure?" in asked, asked
    done = rollback(client)
    for key in ("before", "after", "source_restore_point_id", "target_ts", "losses"):
        assert done[key] == told[key]


def test_names_are_limited(databases, serve):
    database = databases.state(OLD)
    client = serve(database)
    client.ok("migrate", "-y")
    columns = ", ".join(row[0] for row in database.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'sqlmesh'"
        " AND table_name = '_environments' AND column_name <> 'name'"))
    database.execute(f"INSERT INTO sqlmesh._environments (name, {columns}) SELECT 'e' || lpad(n::text, 4, '0'),"
                     f" {columns} FROM sqlmesh._environments, generate_series(1, 150) n WHERE name = 'prod'")
    losses = client.json("rollback", "--dry-run")["losses"]
    assert losses["environments"] == 150
    assert losses["environment_names"] == [f"e{number:04}" for number in range(1, 101)]


def test_another_migration_since_the_dry_run(databases, serve, stubs):
    database = databases.state(OLD)
    client = serve(database)
    client.ok("migrate", "-y", "--to", "0.236.0")
    seen = client.json("rollback", "--dry-run")["after"]
    client.ok("migrate", "-y")
    before = content(database)
    service = stubs.state_grpc.StateServiceStub(client.server.channel())
    request = stubs.state.RollbackRequest(operation_id=str(uuid.uuid4()), if_after=stubs.common.Versions(**seen))
    reason = raw.refused(stubs, lambda: list(service.Rollback(request)))
    assert reason == "STATE_CHANGED"
    assert content(database) == before
    seen = client.json("rollback", "--dry-run")["after"]
    request.if_after.CopyFrom(stubs.common.Versions(**seen))
    list(service.Rollback(request))
    assert versions(database) == "0.236.0"
