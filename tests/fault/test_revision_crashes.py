# SPDX-License-Identifier: Apache-2.0
"""Every statement of a revision, and everything that can go wrong beside it: the next upgrade ends in the declared
schema, and each statement was executed once.

The faults are the columns of the table in docs/starrocks.md, the statements its rows. scripts/test takes about two
fifths of the cells, scripts/test --all each.
"""

import re

import pytest

from harness import paths
from harness.client import UNKNOWN
from harness.revisions import LEASE, ONE_REPLICA, Project, configuration, without_label
from harness.starrocks import Database, Simulator

ONE = 'PROPERTIES ("replication_num" = "1")'
START = {
    "users": f"CREATE TABLE users (id INT NOT NULL, nm VARCHAR(20) NULL) DUPLICATE KEY(id) DISTRIBUTED BY HASH(id) "
             f"BUCKETS 2 {ONE};",
    "orders": f"CREATE TABLE orders (id INT NOT NULL, qty INT NULL) DUPLICATE KEY(id) DISTRIBUTED BY HASH(id) "
              f"BUCKETS 2 {ONE};",
    "events": f"CREATE TABLE events (id INT NOT NULL, what VARCHAR(20) NULL) DUPLICATE KEY(id) "
              f"DISTRIBUTED BY HASH(id) BUCKETS 2 {ONE};",
    "old": f"CREATE TABLE old (id INT NOT NULL) DUPLICATE KEY(id) DISTRIBUTED BY HASH(id) BUCKETS 2 {ONE};",
    "names": "CREATE VIEW names AS SELECT id FROM users;",
}
WANTED = {
    # COLUMN job, then ROLLUP job
    "users": f"CREATE TABLE users (id INT NOT NULL, nm VARCHAR(64) NULL) DUPLICATE KEY(id) COMMENT \"people\" "
             f"DISTRIBUTED BY HASH(id) BUCKETS 2 ROLLUP (r (id)) {ONE};",
    # OPTIMIZE job
    "orders": f"CREATE TABLE orders (id INT NOT NULL, qty INT NULL) DUPLICATE KEY(id) DISTRIBUTED BY HASH(id) "
              f"BUCKETS 5 {ONE};",
    # built anew
    "events": f"CREATE TABLE events (id INT NOT NULL, what VARCHAR(20) NULL) PRIMARY KEY(id) "
              f"DISTRIBUTED BY HASH(id) BUCKETS 2 {ONE};",
    "names": "CREATE VIEW names AS SELECT id, nm FROM users;",
    "fresh": f"CREATE TABLE fresh (id INT NOT NULL) DUPLICATE KEY(id) DISTRIBUTED BY HASH(id) BUCKETS 2 {ONE};",
}
# What the planner makes of it, and its jobs.
STATEMENTS = [
    ("build events beside", None), ("copy events", None), ("compare the counts", None), ("swap events", None),
    ("keep the old events", None), ("create fresh", None), ("redistribute orders", "OPTIMIZE"),
    ("comment users", None), ("widen users.nm", "COLUMN"), ("roll users up", "ROLLUP"), ("replace names", None),
    ("drop old", None)]
# A second run does no harm, so that it may come.
REPEATABLE = {3}
KILLS = ["before_intent", "after_intent", "after_statement", "before_outcome", "after_outcome"]
JOB_KILLS = ["after_sent", "after_job"]
LOSSES = ["connection lost before", "connection lost after"]
JOB_FAULTS = ["job cancelled", "job hung"]
OTHERS = ["engine restarted", "PostgreSQL lost"]
STEPS = range(1, len(STATEMENTS) + 1)
JOBS = [seq for seq in STEPS if STATEMENTS[seq - 1][1]]


def cases():
    for seq in STEPS:
        faults = [f"killed {point}" for point in KILLS] + LOSSES + OTHERS
        if seq in JOBS:
            faults += [f"killed {point}" for point in JOB_KILLS] + JOB_FAULTS
        for number, fault in enumerate(faults):
            yield pytest.param(seq, fault, id=f"{seq} {STATEMENTS[seq - 1][0]}, {fault}",
                               marks=[] if often(seq, number, fault) else pytest.mark.exhaustive)


def often(seq, number, fault):
    """Each fault at every fourth statement, so that each statement has two or more; and of the faults that leave it
    open whether the statement ran, and of those of jobs, all."""
    return fault == "killed after_statement" or "job" in fault or (seq + number) % 4 == 0


class Run:
    """A project at its first revision, and the second one written."""

    def __init__(self, cluster_database, start_server, barrier, front_end, starrocks, folder):
        self.front_end, self.starrocks, self.database = front_end, starrocks, cluster_database
        self.start_server, self.barrier, self.before = start_server, barrier, []
        self.gateways = configuration(cluster_database, front_end, starrocks.name)
        self.project = Project(self.server(), starrocks, folder)
        self.project.declare(**START)
        self.project.autogenerate("start")
        self.project.upgrade()
        for at in range(3):
            starrocks.run(f"INSERT INTO events VALUES ({at}, 'x{at}')")
        self.project.declare(**WANTED)
        self.project.undeclare("old")
        self.head = self.project.autogenerate("all of it", "--rebuild", "events")
        self.text = self.project.path(self.head).read_text()
        upgrade = self.text.split("-- +upgrade")[1].split("-- +downgrade")[0]
        self.statements = [re.sub(r"\A(--.*\n|\s)*", "", part) for part in upgrade.split(";\n") if part.strip()]
        front_end.fault("RESET")

    def server(self, failpoints="", lease=LEASE):
        return self.start_server(self.gateways, failpoints=failpoints, limits={"schema_lock_lease": lease})

    def through(self, server):
        """The project by another server."""
        return Project(server, self.starrocks, self.project.folder)

    def restart_engine(self):
        self.before += self.front_end.fault("LOG")
        self.front_end.process.kill()
        self.front_end.stop()
        again = Simulator(port=self.front_end.port, state=self.front_end.state)
        self.front_end.process = again.process
        self.starrocks.reconnect()

    def executed(self):
        """How often each statement of the revision was."""
        log = [without_label(row[0]) for row in [*self.before, *self.front_end.fault("LOG")]]
        return [log.count(statement) for statement in self.statements]

    def check(self, twice=()):
        """All is as declared, and every statement ran once; those of `twice` twice."""
        project = self.project
        assert project.heads() == [self.head]
        assert project.agrees(), project("diff", code=None)
        assert project.alembic() == [self.head]
        assert sorted(self.starrocks.run("SELECT id, what FROM events")) == sorted(
            self.starrocks.run("SELECT id, what FROM events__undo"))
        assert len(self.starrocks.run("SELECT id FROM events")) == 3
        for seq, count in enumerate(self.executed(), 1):
            if seq not in REPEATABLE:
                assert count == (2 if seq in twice else 1), (seq, self.statements[seq - 1], self.executed())
        assert project.json("current")["open_run"] is None
        assert project.json("check", "--drift")["drifted"] == []


@pytest.fixture
def run(request, empty, start_server, barrier, start_simulator, starrocks, tmp_path):
    if not starrocks.simulated:
        pytest.skip("a real server cannot be told to fail")
    if "engine" in request.node.name:
        simulator = start_simulator(state=tmp_path / "catalog")
        simulator.state = tmp_path / "catalog"
        starrocks = Database(simulator)
    folder = tmp_path / "project"
    folder.mkdir()
    return Run(empty, start_server, barrier, starrocks.server, starrocks, folder)


def test_the_statements_are_those_of_the_table(run):
    assert len(run.statements) == len(STATEMENTS), run.statements
    kinds = dict(zip(STEPS, re.findall(r"class=(\w+) job=(\w+)", run.text.split("-- +downgrade")[0])))
    assert {seq for seq in STEPS if kinds[seq][1] == "true"} == set(JOBS), kinds
    run.project.upgrade()
    run.check()


def test_a_client_says_that_it_does_not_know(run):
    dying = run.server("revision.after_statement=kill@2")
    result = run.through(dying).upgrade(code=UNKNOWN)
    assert "Run the command again to continue from there" in result.err
    dying.process.wait(30)
    run.project.upgrade("head", "--lock-timeout", "20s")
    run.check()


@pytest.mark.parametrize("seq,fault", cases())
def test_the_next_upgrade_finishes(run, seq, fault):
    twice = FAULTS[fault.split(" ")[0]](run, seq, fault) or ()
    result = run.project.upgrade("head", "--lock-timeout", "20s")
    assert result.code == 0
    run.check(twice)


def test_the_document_has_these_cases():
    document = (paths.ROOT / "docs" / "starrocks.md").read_text(encoding="utf8")
    table = document.split("<!-- crashes -->\n")[1].split("\n\n")[0].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table[2:]]
    assert [(int(row[0]), row[1]) for row in rows] == [(seq, STATEMENTS[seq - 1][0]) for seq in STEPS]
    assert sum(cell == "ok" for row in rows for cell in row) == len(list(cases()))
    assert all(cell in ("ok", "–") for row in rows for cell in row[2:])


# --- faults ---------------------------------------------------------------------------------
def nth_hit(point, seq):
    """Points behind a job are passed by statements with jobs alone."""
    return [s for s in JOBS if s <= seq].index(seq) + 1 if point in JOB_KILLS else seq


def killed(run, seq, fault):
    point = fault.removeprefix("killed ")
    run.front_end.fault("JOB DELAY 0.3")
    dying = run.server(f"revision.{point}=kill@{nth_hit(point, seq)}")
    process = start_upgrade(run.through(dying))
    dying.process.wait(30)
    # It would ask for the outcome a while; test_a_client_says_that_it_does_not_know lets it.
    process.kill()
    process.communicate()
    run.front_end.fault("JOB DELAY 0.03")


def connection(run, seq, fault):
    """The engine answers again at once, so the same upgrade goes on."""
    when = fault.split(" ")[-1].upper()
    text = run.statements[seq - 1].split("(")[0].split("\n")[0].strip()[:60]
    text = re.sub(r"^INSERT INTO (`\w+`).*", r"INSERT INTO \1", text).replace("'", "''")
    run.front_end.fault(f"DROP CONNECTION {when} STATEMENT 1 LIKE '{text}'")
    result = run.project.upgrade(code=None)
    assert result.code == 0, result
    assert not [row for row in run.front_end.fault("STATUS") if row[0].startswith("drop")]


def job(run, seq, fault):
    before = JOBS.index(seq)
    if fault == "job cancelled":
        # Of the jobs to come the one of this statement.
        run.front_end.fault("JOB DELAY 0.1")
        cancel_nth_job(run, before)
        return (seq,)
    hang_nth_job(run, before)
    return None


def one_by_one(run, before, spoil):
    """Stops the run before the statement with the job, spoils that, and lets it go on."""
    seq = JOBS[before]
    stopped = run.server(f"revision.before_intent=error@{seq}")
    result = run.through(stopped).upgrade(code=None)
    assert result.code == 1, result
    run.starrocks.wait_for_jobs()
    spoil()


def cancel_nth_job(run, before):
    one_by_one(run, before, lambda: run.front_end.fault("CANCEL NEXT JOB REASON 'no space left'"))
    error = run.project.refused("upgrade", "head", "-y", *ONE_REPLICA)
    assert error["reason"] == "STATEMENT_FAILED"
    assert "no space left" in error["message"], error
    current = run.project.json("current")
    states = {entry["seq"]: entry["state"] for entry in current["open_run"]["entries"]}
    assert states[JOBS[before]] == "STATEMENT_STATE_FAILED", states


def hang_nth_job(run, before):
    one_by_one(run, before, lambda: run.front_end.fault("HANG NEXT JOB"))
    error = run.project.refused("upgrade", "head", "-y", "--timeout", "3s", *ONE_REPLICA)
    assert error["reason"] == "STATEMENT_UNFINISHED", error
    assert "is still running" in error["message"]
    run.front_end.fault("RELEASE JOBS")


# On a busy machine, a server may need more than LEASE to renew its lock.
LONG_LEASE = "3s"


def start_upgrade(project):
    return project.client.start("schema", "upgrade", "head", "-y", *ONE_REPLICA, cwd=project.folder)


def engine(run, seq, fault):
    """It dies with the statement executed, and comes back with what it knew."""
    server = run.server(f"revision.after_statement={run.barrier}@{seq}", lease=LONG_LEASE)
    process = start_upgrade(run.through(server))
    run.barrier.await_reached(process)
    run.restart_engine()
    run.barrier.open()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err


def PostgreSQL(run, seq, fault):
    """It is gone when the engine has executed the statement, and comes back after the run has ended."""
    server = run.server(f"revision.after_statement={run.barrier}@{seq}", lease=LONG_LEASE)
    process = start_upgrade(run.through(server))
    run.barrier.await_reached(process)
    with run.database.shut():
        run.barrier.open()
        server.wait_for_log("method=Upgrade code=")
    _, err = process.communicate(timeout=60)
    assert process.returncode != 0, err


FAULTS = {"killed": killed, "connection": connection, "job": job, "engine": engine, "PostgreSQL": PostgreSQL}
