# SPDX-License-Identifier: Apache-2.0
"""A migration that dies in any phase leaves the old state, or the new one."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from harness import paths, workers
from harness.client import FAILED, UNKNOWN, Client
from harness.server import Server, gateway

RELEASE = "0.176.0"
BEFORE = ("after_lock", "after_restore_point", "after_backups", "after_steps", "after_reading",
          "after_snapshots", "after_environments", "after_run", "before_commit")


def content(database):
    """Every row, but for the times that a migration sets."""
    out = {table: database.rows(table) for table in database.tables() if table != "_snapshots"}
    columns = [row[0] for row in database.execute(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_schema = 'sqlmesh' AND table_name = '_snapshots'")]
    kept = ", ".join(c for c in sorted(columns) if c not in ("updated_ts", "unpaused_ts"))
    out["_snapshots"] = sorted(database.execute(f"SELECT {kept} FROM sqlmesh._snapshots"), key=str)
    return out


@pytest.fixture
def serve(serve):
    """With the workers that some of these snapshots need."""
    return lambda target, **options: serve(target, **{**workers.OPTIONS, **options})


@pytest.fixture(scope="module")
def migrated(_databases):
    """What an undisturbed migration leaves."""
    database = _databases.state(RELEASE)
    options: dict[str, Any] = workers.OPTIONS
    server = Server({"local": gateway(database)}, **options)
    Client(server).ok("migrate", "-y")
    server.stop()
    return content(database)


# It is one transaction: where in it matters little.
OFTEN = ("after_steps", "after_snapshots", "before_commit", "after_commit")


def points(*names):
    return pytest.mark.parametrize("point", [
        name if name in OFTEN else pytest.param(name, marks=pytest.mark.exhaustive) for name in names])


@points(*BEFORE, "after_commit")
def test_server_killed(databases, serve, migrated, point):
    database = databases.state(RELEASE)
    old = content(database)
    client = serve(database, failpoints=f"migrate.{point}=kill")
    assert client("migrate", "-y").code == UNKNOWN
    client.server.process.wait(30)
    assert content(database) == (migrated if point == "after_commit" else old)
    client.server.restart()
    done = client.json("migrate", "-y")
    assert done["changed"] == (point != "after_commit")
    assert content(database) == migrated


@points(*BEFORE)
def test_backend_killed(databases, serve, migrated, point):
    database = databases.state(RELEASE)
    old = content(database)
    client = serve(database, failpoints=f"migrate.{point}=terminate_backend@1")
    result = client("migrate", "-y")
    assert result.code == FAILED, result
    assert content(database) == old
    assert client.json("migrate", "-y")["changed"]
    assert content(database) == migrated


@pytest.mark.parametrize("point", ["after_restore_point", "mid_tables", "before_commit", "after_commit"])
def test_server_killed_during_rollback(databases, serve, point):
    database = databases.state(RELEASE)
    # Migration 96 drops it, without a backup.
    database.execute("DROP TABLE sqlmesh._plan_dags")
    old = content(database)
    client = serve(database)
    client.ok("migrate", "-y")
    new = content(database)
    client.server.restart(failpoints=f"rollback.{point}=kill")
    assert client("rollback", "-y").code == UNKNOWN
    client.server.process.wait(30)
    assert content(database) == (old if point == "after_commit" else new)
    client.server.restart()
    if point != "after_commit":
        client.ok("rollback", "-y")
    assert content(database) == old
    client.ok("migrate", "-y")
    assert content(database) == new


def wait_until(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_two_migrations_at_once(databases, start_server, migrated):
    """Both have found the old version when a writer lets them go on: one works, the other waits and finds it done."""
    database = databases.state(RELEASE)
    clients = [Client(start_server(database, limits={"lock_timeout": "60s"}, **workers.OPTIONS)) for _ in range(2)]
    with database.connect() as connection:
        cursor = connection.cursor()
        cursor.execute("BEGIN")
        cursor.execute("UPDATE sqlmesh._environments SET plan_id = plan_id")
        running = [client.start("--format", "json", "migrate", "-y") for client in clients]
        # For the lock of the state: the other one has it, and waits for the writer.
        wait_until(lambda: database.execute(
            "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"))
        cursor.execute("ROLLBACK")
    outputs = [process.communicate(timeout=60)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0], outputs
    assert sorted(b'"changed":true' in output for output in outputs) == [False, True]
    assert content(database) == migrated


@pytest.mark.parametrize("statement", [
    "SELECT count(*) FROM sqlmesh._snapshots",
    "UPDATE sqlmesh._environments SET plan_id = plan_id",
], ids=["reader", "writer"])
def test_a_transaction_of_sqlmesh_is_in_the_way(databases, serve, statement):
    """It is named, nothing is changed, and it loses nothing."""
    database = databases.state(RELEASE)
    old = content(database)
    client = serve(database, limits={"lock_timeout": "1s"})
    with database.connect(application_name="sqlmesh-plan") as connection:
        cursor = connection.cursor()
        cursor.execute("BEGIN")
        cursor.execute(statement)
        error = client.refused("migrate", "-y")
        assert error["reason"] == "LOCK_TIMEOUT" and "sqlmesh-plan" in error["message"], error
        cursor.execute("UPDATE sqlmesh._environments SET plan_id = plan_id")
        cursor.execute("COMMIT")
    assert content(database) == old
    assert client.json("migrate", "-y")["changed"]


def test_a_writer_waits_for_the_migration(databases, serve, barrier):
    """An interval written while a migration runs is there afterwards."""
    database = databases.state(RELEASE)
    client = serve(database, failpoints=f"migrate.after_snapshots={barrier}")
    running = client.start("migrate", "-y")
    barrier.await_reached(running)
    with ThreadPoolExecutor() as pool:
        writing = pool.submit(
            database.execute,
            "INSERT INTO sqlmesh._intervals (id, created_ts, name, identifier, version, start_ts, end_ts,"
            " is_dev, is_removed, is_compacted, is_pending_restatement) SELECT 'late', 1, name, identifier,"
            " version, 0, 86400000, false, false, false, false FROM sqlmesh._snapshots LIMIT 1")
        wait_until(lambda: writing.done() or database.execute(
            "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'INSERT INTO sqlmesh.%'"
            f" AND datname = '{database.name}'"))
        assert not writing.done(), writing.result()
        barrier.open()
        writing.result(60)
    assert running.wait(60) == 0
    assert database.versions()[0] == paths.NEWEST_SCHEMA
    assert database.scalar("SELECT count(*) FROM sqlmesh._intervals WHERE id = 'late'") == 1
