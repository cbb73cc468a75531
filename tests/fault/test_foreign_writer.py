# SPDX-License-Identifier: Apache-2.0
"""Somebody writes the state tables without stateserver while it changes them: whoever is second waits for the first,
and both changes are there, whole, as if one had come after the other."""

import threading
import time
import uuid

import psycopg2
import pytest

from fault.campaign import foreign
from fault.campaign.files import DAY, SNAPSHOTS
from fault.campaign.history import ForeignWrite
from harness import paths, workers
from harness.client import Client
from harness.compare import content

PART = str(paths.CORPUS / paths.NEWEST / "export_env_dev_b.json")
ENVIRONMENT = "dev_b"
SNAPSHOT = next(key for key in foreign.TARGETS if "orders_clean" in key[0])
PLAN = "f" * 32

# What each change needs before it, its command, and where it stands with everything changed but not committed.
CHANGES = {
    "merge": ([], ["import", "-i", PART, "-y"], "import.before_commit"),
    "replace": ([], ["import", "-i", PART, "--replace", "-y"], "import.before_commit"),
    "compact": ([], ["compact", "-y"], "compact.before_commit"),
    "restore": ([["import", "-i", PART, "--replace", "-y"]], ["restore", "POINT", "-y"], "restore.before_commit"),
    "expired": ([], ["expired", "--delete", "-y"], "expired.before_commit"),
    "migrate": ([], ["migrate", "-y"], "migrate.before_commit"),
}
# SQLMesh does not write to a state that waits for its migration, and the files' snapshots are not in it.
WRITES = ("touch", "forget", "interval")
CASES = [(change, write) for change in CHANGES for write in WRITES if change != "migrate" or write == "touch"]
OLD = "0.176.0"
# The application of foreign writers.
FOREIGN = "somebody's plan"


def cases(first):
    """Each change with one kind of write, beginning with that of number `first`; the other pairs are exhaustive."""
    often = [(change, "touch" if change == "migrate" else WRITES[(number + first) % len(WRITES)])
             for number, change in enumerate(CHANGES)]
    return pytest.mark.parametrize("change, write", [
        case if case in often else pytest.param(*case, marks=pytest.mark.exhaustive) for case in CASES])


def foreign_write(kind):
    last = SNAPSHOTS[SNAPSHOT]["intervals"][-1][1]
    return ForeignWrite(str(uuid.uuid4()), kind, "local", environment=ENVIRONMENT, plan=PLAN, snapshot=SNAPSHOT,
                        start=last + 2 * DAY, end=last + 3 * DAY)


class Writer(threading.Thread):
    """Carries out a foreign write, and commits it once it may."""

    def __init__(self, database, kind):
        super().__init__(daemon=True)
        self.database, self.kind = database, kind
        self.written, self.may_commit = threading.Event(), threading.Event()
        self.error = None
        self.start()

    def run(self):
        try:
            connection = psycopg2.connect(self.database.url, application_name=FOREIGN,
                                          options="-c statement_timeout=60s")
            foreign.perform(connection, foreign_write(self.kind), self._before_commit)
            connection.close()
        except Exception as error:  # shown by finish
            self.error = error
            self.written.set()

    def _before_commit(self, *_):
        self.written.set()
        assert self.may_commit.wait(60)

    def finish(self):
        self.may_commit.set()
        self.join(60)
        assert not self.is_alive() and self.error is None, self.error


def wait_until(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def waiting(database):
    """The applications that wait for a lock. A server that samples the state may wait, too."""
    return [name for name, in database.execute("SELECT application_name FROM pg_stat_activity WHERE"
                                               f" wait_event_type = 'Lock' AND datname = '{database.name}'")]


def tables_are_locked(database):
    return database.scalar("SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
                           f" WHERE d.datname = '{database.name}' AND l.granted"
                           " AND l.mode IN ('ShareRowExclusiveLock', 'AccessExclusiveLock')"
                           " AND l.relation = 'sqlmesh._intervals'::regclass")


@pytest.fixture
def prepare(databases, start_server):
    """prepare(change, failpoints) -> (database, client, the change's command), with all that comes before it done."""
    def make(change, failpoints=""):
        before, command, _ = CHANGES[change]
        database = databases.state(OLD if change == "migrate" else paths.NEWEST)
        database.execute("UPDATE sqlmesh._environments SET expiration_ts = 1700000000000 WHERE name = 'dev_a'")
        client = Client(start_server(database, **workers.OPTIONS))
        for each in before:
            client.ok(*each)
        if "POINT" in command:
            point = client.json("restore-points")["restore_points"][0]["id"]
            command = [point if part == "POINT" else part for part in command]
        if failpoints:
            client.server.restart(failpoints)
        return database, client, command
    return make


def seen(database, change):
    """What both wrote. A migration notes its time in every snapshot that it rewrites."""
    return {table: rows for table, rows in content(database).items() if change != "migrate" or table != "_snapshots"}


def one_after_the_other(prepare, change, write, foreign_first):
    """What the state is then."""
    database, client, command = prepare(change)
    steps = [lambda: Writer(database, write).finish(), lambda: client.ok(*command)]
    for step in steps if foreign_first else reversed(steps):
        step()
    return seen(database, change)


@cases(0)
def test_a_change_waits_for_a_foreign_writer(prepare, change, write):
    database, client, command = prepare(change)
    writer = Writer(database, write)
    assert writer.written.wait(60)
    running = client.start(*command)
    wait_until(lambda: waiting(database) or running.poll() is not None)
    time.sleep(0.2)
    assert running.poll() is None, running.communicate()
    writer.finish()
    _, errors = running.communicate(timeout=60)
    assert running.returncode == 0, errors
    assert seen(database, change) == one_after_the_other(prepare, change, write, foreign_first=True)


@cases(1)
def test_a_foreign_writer_waits_for_a_change(prepare, barrier, change, write):
    point = CHANGES[change][2]
    database, client, command = prepare(change, f"{point}={barrier}")
    running = client.start(*command)
    barrier.await_reached(running)
    assert tables_are_locked(database)
    writer = Writer(database, write)
    writer.may_commit.set()
    wait_until(lambda: FOREIGN in waiting(database) or not writer.is_alive())
    assert running.poll() is None and writer.is_alive(), "it is kept out until the commit"
    barrier.open()
    _, errors = running.communicate(timeout=60)
    assert running.returncode == 0, errors
    writer.finish()
    assert seen(database, change) == one_after_the_other(prepare, change, write, foreign_first=False)


@pytest.mark.parametrize("change, write", [("merge", "touch"), ("replace", "touch"), ("compact", "interval"),
                                           ("restore", "touch"), ("expired", "interval"), ("migrate", "touch")])
def test_the_order_shows(prepare, change, write):
    """Else the tests above could not tell which was first."""
    ends = [one_after_the_other(prepare, change, write, foreign_first) for foreign_first in (True, False)]
    assert ends[0] != ends[1]
