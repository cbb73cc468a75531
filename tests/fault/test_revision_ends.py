# SPDX-License-Identifier: Apache-2.0
"""A run of two revisions dies at its beginning, between them, or at its end: the next one goes on, and the table
alembic_version, the journal and the operation log agree again."""

import time
import uuid

import pytest

from harness.revisions import LEASE, ONE_REPLICA, Project, configuration

ONE = 'PROPERTIES ("replication_num" = "1")'
TABLE = "CREATE TABLE {name} (id INT NOT NULL{more}) DUPLICATE KEY(id) DISTRIBUTED BY HASH(id) BUCKETS 2 " + ONE + ";"
# Of the first revision, or where "@2" says so of the second.
POINTS = [
    "revision.begun=kill@1", "revision.before_finish=kill@1", "revision.after_finish=kill@1", "revision.begun=kill@2",
    "revision.before_finish=kill@2", "schema.before_commit=kill@1", "schema.before_commit=terminate_backend@1",
    "revision.before_finish=error@2", "revision.begun=error@1"]


@pytest.fixture
def project(empty, start_server, starrocks, tmp_path):
    project = Project(start_server(configuration(empty, starrocks.server, starrocks.name),
                                   limits={"schema_lock_lease": LEASE}), starrocks, tmp_path)
    project.declare(users=TABLE.format(name="users", more=""))
    project.first = project.autogenerate("users")
    project.write("bbb", TABLE.format(name="other", more="") + "\nINSERT INTO other VALUES (1);", "DROP TABLE other;",
                  down=project.first)
    project.declare(other=TABLE.format(name="other", more=""))
    return project


@pytest.mark.parametrize("point", POINTS)
def test_the_next_run_goes_on(project, empty, starrocks, start_server, point):
    gateways = configuration(empty, starrocks.server, starrocks.name)
    server = start_server(gateways, failpoints=point, limits={"schema_lock_lease": LEASE})
    identifier = str(uuid.uuid4())
    dying = Project(server, starrocks, project.folder)
    process = dying.client.start("schema", "upgrade", "head", "-y", "--operation-id", identifier, *ONE_REPLICA,
                                 cwd=project.folder)
    if "kill" in point:
        server.process.wait(30)
        process.kill()
    process.communicate(timeout=60)
    assert project.client.json("operation", identifier)["operation"]["status"] != "OPERATION_STATUS_SUCCEEDED"
    # The same operation again: it had not succeeded, so it runs.
    project("upgrade", "head", "-y", "--operation-id", identifier, "--lock-timeout", "20s", *ONE_REPLICA)
    assert project.heads() == ["bbb"] == project.alembic()
    assert project.agrees() and list(starrocks.run("SELECT id FROM other")) == [(1,)]
    assert [(r["revision"], r["status"]) for r in project.json("history")["runs"]] == [
        ("bbb", "RUN_STATUS_DONE"), (project.first, "RUN_STATUS_DONE")]
    assert project.client.json("operation", identifier)["operation"]["status"] == "OPERATION_STATUS_SUCCEEDED"
    assert project.json("check", "--drift")["drifted"] == []
    project.downgrade("base")
    assert project.heads() == [] == project.alembic()


@pytest.mark.parametrize("point", ["revision.after_statement=kill@3", "revision.before_outcome=kill@4",
                                   "revision.after_intent=error@4"])
def test_a_compensation_that_dies_is_finished(project, empty, starrocks, start_server, point):
    """Two statements of `ccc` are done and the third fails, which its check cannot know; taking them back dies."""
    project.upgrade()
    project.write("ccc", "ALTER TABLE users ADD COLUMN a INT NULL;\nALTER TABLE users ADD COLUMN b INT NULL;\n"
                         "ALTER TABLE users ADD COLUMN d INT NULL TO nothing;",
                  "ALTER TABLE users DROP COLUMN nothing;\nALTER TABLE users DROP COLUMN b;\n"
                  "ALTER TABLE users DROP COLUMN a;",
                  down="bbb")
    gateways = configuration(empty, starrocks.server, starrocks.name)
    server = start_server(gateways, failpoints=point, limits={"schema_lock_lease": LEASE})
    dying = Project(server, starrocks, project.folder)
    process = dying.client.start("schema", "upgrade", "head", "-y", "--on-failure", "compensate", *ONE_REPLICA,
                                 cwd=project.folder)
    if "kill" in point:
        server.process.wait(30)
        process.kill()
    process.communicate(timeout=60)
    project("repair", "-y", "--on-failure", "compensate", "--lock-timeout", "20s", *ONE_REPLICA)
    assert [row[0] for row in starrocks.run("DESC users")] == ["id"] and project.heads() == ["bbb"]
    assert project.json("history")["runs"][0]["status"] == "RUN_STATUS_COMPENSATED"
    assert project.agrees() and project.json("check", "--drift")["drifted"] == []


# What the server asks whether a statement is under way.
LOOK = "SHOW FULL PROCESSLIST"


def looks(control):
    """How often it was asked since a failure of the thousandth such statement was planned."""
    return next(1000 - int(row[2]) for row in control.fault("STATUS") if row[4] == LOOK)


def test_a_server_that_has_to_stop_does_not_wait_for_the_engine(project, empty, starrocks, start_server, barrier):
    """The engine does not answer. After its grace the server leaves the statement alone, and ends; the next run waits
    until the engine is done with it."""
    gateways = configuration(empty, starrocks.server, starrocks.name)
    server = start_server(gateways, limits={"schema_lock_lease": LEASE, "shutdown_grace": "1s"},
                          failpoints=f"revision.after_intent={barrier}@1")
    process = Project(server, starrocks, project.folder).client.start(
        "schema", "upgrade", "head", "-y", *ONE_REPLICA, cwd=project.folder)
    barrier.await_reached(process)
    control = starrocks.server.control()
    create = "HOLD STATEMENTS LIKE 'CREATE TABLE `users` ('"
    control.fault(create)
    barrier.open()
    control.wait_for_statement("CREATE TABLE `users`")
    control.fault("HOLD STATEMENTS")
    try:
        assert server.stop(20) == 0
    finally:
        # It answers again, and is still at work on this.
        control.fault(create)
    process.kill()
    process.communicate()
    assert control.at_work("CREATE TABLE `users`")
    # Nothing is sent a second time: the next run asks until the engine is done.
    control.fault(f"FAIL STATEMENT 1000 LIKE '{LOOK}'")
    process = project.client.start("schema", "upgrade", "head", "-y", "--lock-timeout", "60s", *ONE_REPLICA,
                                   cwd=project.folder)
    deadline = time.monotonic() + 60
    while looks(control) < 2:
        assert time.monotonic() < deadline and process.poll() is None, process.communicate()
        time.sleep(0.02)
    control.fault("RELEASE STATEMENTS")
    assert process.wait(60) == 0, process.communicate()
    assert project.heads() == ["bbb"] and project.agrees()
    log = [row[0] for row in control.fault("LOG")]
    assert sum(text.startswith("CREATE TABLE `users`") for text in log) == 1
