# SPDX-License-Identifier: Apache-2.0
"""Runs of revisions that fail, are interrupted, or meet each other."""

import re
import signal

import pytest

from harness.client import DONE, FAILED, INTERRUPTED
from harness.revisions import LEASE, ONE, ONE_REPLICA, OTHER, Project

# --- in the middle -----------------------------------------------------------------------------------------
BROKEN = ("ALTER TABLE users ADD COLUMN a INT NULL;\nALTER TABLE users ADD COLUMN b INT NULL;\n"
          "ALTER TABLE users ADD COLUMN d INT NULL TO nothing;\nALTER TABLE users ADD COLUMN c INT NULL;")
UNDO = ("ALTER TABLE users DROP COLUMN c;\nALTER TABLE users DROP COLUMN nothing;\n"
        "ALTER TABLE users DROP COLUMN b;\nALTER TABLE users DROP COLUMN a;")


@pytest.fixture
def broken(aged):
    """The third statement of `ccc` fails, which the check of the plan cannot know: the rollup is not there."""
    aged.upgrade()
    aged.file = aged.write("ccc", BROKEN, UNDO, down=aged.second)
    return aged


def test_a_failure_says_where_and_goes_on_once_it_is_corrected(broken):
    error = broken.refused("upgrade", "head", "-y", *ONE_REPLICA)
    assert error["reason"] == "STATEMENT_FAILED"
    assert error["message"].startswith("Cannot complete statement 3 of revision 'ccc' (users): ")
    assert "Index[nothing] does not exist" in error["message"]
    assert broken.columns() == ["id", "nm", "age", "a", "b"] and broken.heads() == [broken.second]
    current = broken("current")
    assert "Started and not finished: upgrade of ccc" in current.err and "statement 3 (users): failed" in current.err
    operation = broken.client.json("operation", error["operation"])["operation"]
    assert operation["status"] == "OPERATION_STATUS_FAILED" and operation["error_reason"].endswith("STATEMENT_FAILED")
    assert broken.refused("revision", "--autogenerate", "-m", "x", "--head", broken.second)["reason"] == "NOT_AT_HEAD"
    broken.file.write_text(broken.file.read_text().replace("COLUMN b INT", "COLUMN b BIGINT"))
    error = broken.refused("upgrade", "head", "-y")
    assert error["reason"] == "REVISION_CHANGED" and "statement 2 was run already" in error["message"]
    broken.write("ccc", BROKEN.replace(" TO nothing", ""),
                 UNDO.replace("nothing", "d"), down=broken.second)
    broken.upgrade()
    assert broken.columns() == ["id", "nm", "age", "a", "b", "d", "c"] and broken.heads() == ["ccc"]
    broken.downgrade("-1")
    assert broken.columns() == ["id", "nm", "age"]


def test_compensation(broken):
    error = broken.refused("upgrade", "head", "-y", "--on-failure", "compensate", *ONE_REPLICA)
    assert error["reason"] == "STATEMENT_FAILED"
    assert "The completed part of the revision was undone" in error["message"]
    assert broken.columns() == ["id", "nm", "age"] and broken.heads() == [broken.second]
    run = broken.json("history")["runs"][0]
    assert run["status"] == "RUN_STATUS_COMPENSATED" and "statement 3 of revision 'ccc'" in run["error"]
    assert [(e["seq"], e["compensates"]) for e in run["entries"]] == [
        (1, False), (2, False), (3, False), (3, True), (4, True)]
    assert broken.json("current")["open_run"] is None


def test_repair_explains_finishes_and_takes_back(broken):
    broken.upgrade(code=FAILED)
    shown = broken("repair", "--dry-run").out
    assert "continue upgrade of ccc" in shown and "-- column, job, failed" in shown
    broken("repair", "--on-failure", "compensate", input="y\n")
    assert broken.columns() == ["id", "nm", "age"]
    assert "Nothing to repair" in broken("repair").err
    broken.write("ccc", BROKEN.replace(" TO nothing", ""), UNDO, down=broken.second)
    broken.upgrade(code=DONE)


def test_a_downgrade_takes_a_half_applied_revision_back(broken):
    broken.upgrade(code=FAILED)
    broken.downgrade(broken.first)
    assert broken.heads() == [broken.first] and broken.columns() == ["id", "nm"]


def test_compensation_that_cannot_be_is_refused(broken):
    broken.write("ccc", BROKEN, "ALTER TABLE users DROP COLUMN a;", down=broken.second)
    error = broken.refused("upgrade", "head", "-y", "--on-failure", "compensate", *ONE_REPLICA)
    assert "could not be undone" in error["message"] and "undoes=" in broken.refused(
        "repair", "-y", "--on-failure", "compensate", *ONE_REPLICA)["hint"]
    assert broken.columns() == ["id", "nm", "age", "a", "b"]
    # Nothing was taken back, so that it can still be finished.
    broken.write("ccc", BROKEN.replace(" TO nothing", ""),
                 "ALTER TABLE users DROP COLUMN a;", down=broken.second)
    broken("repair", "-y", *ONE_REPLICA)
    assert broken.heads() == ["ccc"] and broken.columns()[-1] == "c"


def test_dml_of_unknown_outcome_stops_and_asks(aged, gateways, start_server):
    aged.write("ccc", f"CREATE TABLE p (id INT NOT NULL, n INT NULL) PRIMARY KEY(id) DISTRIBUTED BY HASH(id) "
                      f"BUCKETS 1 {ONE};\n"
                      "INSERT INTO p VALUES (1, 1);\nUPDATE p SET n = n + 1 WHERE id = 1;", "DROP TABLE p;",
                      down=aged.second)
    dying = start_server(gateways, failpoints="revision.after_statement=error@4", limits={"schema_lock_lease": LEASE})
    Project(dying, aged.starrocks, aged.folder).upgrade(code=FAILED)
    error = aged.refused("upgrade", "head", "-y", *ONE_REPLICA)
    assert error["reason"] == "REPAIR_NEEDED" and "--assume" in error["hint"]
    assert "not known: it changes rows" in aged("repair", "--dry-run").out
    aged("repair", "-y", "--assume", "done", *ONE_REPLICA)
    assert list(aged.starrocks.run("SELECT n FROM p")) == [(2,)]
    assert aged.heads() == ["ccc"]


def test_a_foreign_change_stops_with_both_versions(aged, gateways, start_server):
    """Between the intent and the statement somebody else changes the object to something else."""
    dying = start_server(gateways, failpoints="revision.after_intent=error@1", limits={"schema_lock_lease": LEASE})
    Project(dying, aged.starrocks, aged.folder).upgrade(code=FAILED)
    aged.starrocks.apply("ALTER TABLE users ADD COLUMN height INT NULL")
    error = aged.refused("upgrade", "head", "-y", *ONE_REPLICA)
    # The other's change left a job of its own behind: it is not taken for ours.
    assert error["reason"] == "REPAIR_NEEDED" and "Another session has changed users" in error["message"]
    assert "ADD COLUMN `age`" in error["message"] and "`height` INT" in error["message"]
    aged("repair", "-y", "--assume", "not-done", *ONE_REPLICA)
    assert sorted(aged.columns()) == ["age", "height", "id", "nm"]


def test_a_server_that_starts_reconciles(aged, gateways, start_server):
    """It notes what is done, and runs nothing."""
    dying = start_server(gateways, failpoints="revision.after_statement=kill@1", limits={"schema_lock_lease": LEASE})
    process = Project(dying, aged.starrocks, aged.folder).client.start(
        "schema", "upgrade", "head", "-y", *ONE_REPLICA, cwd=aged.folder)
    dying.process.wait(30)
    process.kill()
    process.communicate()
    assert aged.json("current")["open_run"]["entries"][0]["state"] == "STATEMENT_STATE_UNKNOWN"
    fresh = start_server(gateways, limits={"schema_lock_lease": LEASE})
    line = fresh.wait_for_log("Reconciled the journal of an interrupted schema run")
    assert "done=1 not_done=0 running=0 unknown=0" in line, line
    current = aged.json("current")
    assert current["open_run"]["entries"][0]["state"] == "STATEMENT_STATE_DONE" and current["heads"] == [aged.first]
    aged.upgrade("head", "--lock-timeout", "20s")
    assert aged.heads() == [aged.second] and aged.columns() == ["id", "nm", "age"]


# --- locks --------------------------------------------------------------------------------------------------
def test_two_clients_one_run(aged, gateways, start_server):
    other = start_server(gateways, limits={"schema_lock_lease": LEASE})
    running = [p.client.start("schema", "upgrade", "head", "-y", "--lock-timeout", "20s", *ONE_REPLICA, cwd=aged.folder)
               for p in (aged, Project(other, aged.starrocks, aged.folder), aged)]
    for process in running:
        assert process.wait(60) == DONE, process.communicate()
    assert aged.heads() == [aged.second] and aged.columns() == ["id", "nm", "age"]
    assert [r["revision"] for r in aged.json("history")["runs"]] == [aged.second, aged.first]


def test_who_holds_the_lock(aged, gateways, start_server, barrier, empty):
    slow = start_server(gateways, failpoints=f"revision.before_intent={barrier}", limits={"schema_lock_lease": LEASE})
    process = Project(slow, aged.starrocks, aged.folder).client.start(
        "schema", "upgrade", "head", "-y", *ONE_REPLICA, cwd=aged.folder)
    barrier.await_reached(process)
    error = aged.refused("upgrade", "head", "-y", "--lock-timeout", "0")
    assert error["reason"] == "WAREHOUSE_LOCKED"
    holder = r"being changed by anonymous:127.0.0.1 on .*\(process \d+\) since .*\(operation "
    assert re.search(holder, error["message"])
    assert "locked by" in aged("upgrade", "head", "--dry-run").err
    waiting = aged.client.start("schema", "upgrade", "head", "-y", "--lock-timeout", "20s", *ONE_REPLICA,
                                cwd=aged.folder)
    # The lease is renewed as long as it works: the other one waits beyond its first end.
    ends = "SELECT expires_ts FROM stateserver.revision_locks"
    first_end = empty.scalar(ends)
    aged.wait_for_current(lambda _: empty.scalar(ends) > first_end + 1500)
    barrier.open()
    assert [one.wait(60) for one in (process, waiting)] == [DONE, DONE]
    assert [r["revision"] for r in aged.json("history")["runs"]] == [aged.second, aged.first]


def test_a_server_that_lost_its_lock_stops(aged, gateways, start_server, barrier):
    """It is stopped by the system for longer than its lease, between the intent and a statement that would count
    twice."""
    aged.upgrade()
    aged.write("ccc", f"CREATE TABLE p (id INT NOT NULL, n INT NULL) PRIMARY KEY(id) DISTRIBUTED BY HASH(id) "
                      f"BUCKETS 1 {ONE};\nINSERT INTO p VALUES (1, 1);\nUPDATE p SET n = n + 1 WHERE id = 1;",
               "DROP TABLE p;", down=aged.second)
    stalled = start_server(gateways, failpoints=f"revision.after_intent={barrier}@3",
                           limits={"schema_lock_lease": LEASE})
    process = Project(stalled, aged.starrocks, aged.folder).client.start(
        "schema", "upgrade", "head", "-y", *ONE_REPLICA, cwd=aged.folder)
    barrier.await_reached(process)
    stalled.signal(signal.SIGSTOP)
    try:
        aged("repair", "-y", "--assume", "not-done", "--lock-timeout", "20s", *ONE_REPLICA)
        barrier.open()
    finally:
        stalled.signal(signal.SIGCONT)
    assert process.wait(60) == FAILED
    assert "lock" in process.communicate()[1].decode()
    assert list(aged.starrocks.run("SELECT n FROM p")) == [(2,)]
    assert aged.heads() == ["ccc"]


def test_a_server_that_lost_its_lock_writes_nothing(aged, gateways, start_server, empty, barrier):
    """It is stopped by the system for longer than its lease, between the statement and its outcome."""
    stalled = start_server(gateways, failpoints=f"revision.after_statement={barrier}",
                           limits={"schema_lock_lease": LEASE})
    process = Project(stalled, aged.starrocks, aged.folder).client.start(
        "schema", "upgrade", "head", "-y", *ONE_REPLICA, cwd=aged.folder)
    barrier.await_reached(process)
    stalled.signal(signal.SIGSTOP)
    try:
        aged.upgrade("head", "--lock-timeout", "20s")
        written = journal(empty)
        barrier.open()
    finally:
        stalled.signal(signal.SIGCONT)
    assert process.wait(60) == FAILED
    assert "lock" in process.communicate()[1].decode()
    assert journal(empty) == written


def journal(database):
    return [database.execute(f"SELECT * FROM stateserver.{table} ORDER BY 1, 2, 3")
            for table in ("revision_runs", "revision_statements")]


# Kind -> (statement, query, its only value).
LATE = {
    "ddl": ("ALTER TABLE users ADD COLUMN late INT NULL;", "SELECT count(late) FROM users", 0),
    "labelled": ("INSERT INTO users (id) VALUES (7);", "SELECT count(*) FROM users", 1),
}


@pytest.mark.parametrize("kind", LATE)
def test_a_statement_that_arrives_late(aged, gateways, start_server, empty, barrier, kind):
    """A server sends it and is gone. It arrives when the next one has found that it was not executed: the engine
    rejects the second one, and the statement is done."""
    statement, question, count = LATE[kind]
    late = Late(aged, gateways, start_server, barrier, statement)
    late.run_until("revision.after_intent")
    assert empty.scalar(f"SELECT attempts {ENTRY}") == 2
    late.arrive(empty)
    assert list(aged.starrocks.run(question)) == [(count,)]


def test_a_statement_that_arrives_between_two_looks(aged, gateways, start_server, empty, barrier):
    """It arrives after the server has found that it was not executed, and before it reads the object again. It starts
    no job, which would tell as well."""
    late = Late(aged, gateways, start_server, barrier,
                f"CREATE TABLE late (id INT NOT NULL) PRIMARY KEY(id) DISTRIBUTED BY HASH(id) BUCKETS 1 {ONE};")
    late.run_until("revision.before_digest")
    late.arrive(empty)


ENTRY = "FROM stateserver.revision_statements ORDER BY run_id DESC, seq LIMIT 1"


class Late:
    """A server has recorded its intent to send the only statement of `ccc`, and is gone."""

    def __init__(self, aged, gateways, start_server, barrier, statement):
        self.aged, self.gateways, self.start_server, self.barrier = aged, gateways, start_server, barrier
        aged.upgrade()
        aged.write("ccc", statement, "-- irreversible: late", down=aged.second)
        gone = self.server("revision.after_intent=error@1")
        Project(gone, aged.starrocks, aged.folder).upgrade(code=FAILED)

    def server(self, failpoints):
        return self.start_server(self.gateways, failpoints=failpoints, limits={"schema_lock_lease": LEASE})

    def run_until(self, point):
        """Starts the next upgrade, on a server that waits there. Returns when it is there."""
        server = self.server(f"{point}={self.barrier}")
        self.process = Project(server, self.aged.starrocks, self.aged.folder).client.start(
            "schema", "upgrade", "head", "-y", "--lock-timeout", "20s", *ONE_REPLICA, cwd=self.aged.folder)
        self.barrier.await_reached(self.process)

    def arrive(self, database):
        """The engine executes the statement that was on its way; the upgrade goes on and must succeed."""
        self.aged.starrocks.apply(database.scalar(f"SELECT statement {ENTRY}"))
        self.barrier.open()
        assert self.process.wait(60) == DONE, self.process.communicate()
        assert self.aged.heads() == ["ccc"]


# --- stopping ------------------------------------------------------------------------------------------------
@pytest.fixture
def long_job(aged):
    if not aged.starrocks.simulated:
        pytest.skip("jobs of a real server cannot be held")
    aged.upgrade()
    aged.write("ccc", "ALTER TABLE users MODIFY COLUMN nm VARCHAR(64) NULL;\nALTER TABLE users ADD COLUMN b INT NULL;",
               "-- irreversible: narrower\n", down=aged.second)
    aged.starrocks.server.fault("HANG NEXT JOB")
    return aged


@pytest.mark.slow
def test_tables_run_side_by_side(aged):
    """While the job of one goes on, the other's is started and ends; a second change of the first waits."""
    if not aged.starrocks.simulated:
        pytest.skip("jobs of a real server cannot be held")
    aged.upgrade()
    aged.write("ccc", OTHER + "\n" + "\n".join(f"ALTER TABLE {t} MODIFY COLUMN nm VARCHAR({n}) NULL;" for t, n in [
        ("users", 64), ("other", 64), ("users", 80)]), "-- irreversible: narrower", down=aged.second)
    aged.starrocks.server.fault("HANG NEXT JOB")
    error = aged.refused("upgrade", "head", "-y", "--timeout", "3s", *ONE_REPLICA)
    assert error["reason"] == "STATEMENT_UNFINISHED", error
    jobs = {row["TableName"]: row["State"] for kind, row in aged.starrocks.jobs() if int(row["Timeout"]) > 1}
    assert jobs == {"users": "RUNNING", "other": "FINISHED"}
    aged.starrocks.server.fault("RELEASE JOBS")
    aged.upgrade("head", "--lock-timeout", "20s")
    assert [row[1] for row in aged.starrocks.run("DESC users")][1].lower() == "varchar(80)"


def finish(project):
    project.starrocks.server.fault("RELEASE JOBS")
    project.upgrade("head", "--lock-timeout", "20s")
    assert project.columns() == ["id", "nm", "age", "b"] and project.heads() == ["ccc"]


@pytest.mark.slow
def test_a_timeout_leaves_the_job_and_the_next_run_waits_on(long_job):
    error = long_job.refused("upgrade", "head", "-y", "--timeout", "3s", *ONE_REPLICA)
    assert error["reason"] == "STATEMENT_UNFINISHED" and re.search(r"job \d+ is still running", error["message"])
    assert "statement 1 (users): job" in long_job("current").err
    finish(long_job)


def test_ctrl_c_says_where_things_stand(long_job):
    process = long_job.client.start("schema", "upgrade", "head", "-y", *ONE_REPLICA, cwd=long_job.folder)
    long_job.wait_for_current(lambda current: current["open_run"] and [
        entry["state"] for entry in current["open_run"]["entries"]] == ["STATEMENT_STATE_JOB"])
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == INTERRUPTED, err
    assert re.search(rb"statement 1 \(users\): job \d+ is running", err), err
    finish(long_job)


def test_a_stamp_closes_an_open_run(broken):
    broken.upgrade(code=FAILED)
    broken("stamp", "ccc", "-y", "--force", *ONE_REPLICA)
    assert broken.heads() == ["ccc"] and broken.json("current")["open_run"] is None
