# SPDX-License-Identifier: Apache-2.0
"""Several servers over one database, a primary that dies under them, and exports from its standby."""

import re
import threading
import time
import urllib.request
import uuid

import grpc
import pytest

from harness import paths, raw
from harness.client import Client
from harness.database import Database
from harness.pair import Pair
from harness.revisions import AGED, LEASE, OTHER, USERS, Project
from harness.schemas import warehouse

FILE = paths.CORPUS / paths.NEWEST / "export_all.json"
PART = paths.CORPUS / paths.NEWEST / "export_env_dev_b.json"


def state_of(cluster):
    return Database(cluster, "state")


@pytest.fixture
def pair():
    made = Pair()
    made.primary.execute("CREATE DATABASE state")
    yield made
    made.destroy()


@pytest.fixture
def loaded(pair):
    pair.primary.psql("state", paths.CORPUS / paths.NEWEST / "state_before.sql")
    pair.caught_up()
    return pair


def metric(server, name, **labels):
    text = urllib.request.urlopen(f"http://{server.metrics_address}/metrics", timeout=10).read().decode()
    wanted = ",".join(f'{k}="{v}"' for k, v in sorted(labels.items()))
    found = re.search(rf"^{name}{{{wanted}}} (\S+)$", text, re.M)
    return float(found[1]) if found else 0


def wait_for(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def without_time(document):
    document["metadata"].pop("timestamp")
    return document


# --- several servers ---------------------------------------------------------------------------

@pytest.fixture
def two(state, start_server):
    return [Client(start_server(state)) for _ in range(2)]


def test_an_operation_is_known_to_every_replica(state, two):
    """A retry that lands on another replica does not run twice."""
    operation = str(uuid.uuid4())
    two[0].ok("import", "-i", FILE, "--replace", "-y", "--operation-id", operation)
    before = state.fingerprint()
    two[1].ok("import", "-i", FILE, "--replace", "-y", "--operation-id", operation)
    assert state.fingerprint() == before
    assert len(two[1].json("restore-points")["restore_points"]) == 1, "it ran once"
    assert two[1].json("operation", operation) == two[0].json("operation", operation)


def test_a_client_with_several_addresses(two):
    """The first that answers serves."""
    two[0].server.kill()
    addresses = f"ipv4:{two[0].server.address},{two[1].server.address}"
    assert Client(two[1].server, STATESERVER_SERVER=addresses).ok("versions")


def test_one_id_at_once_on_two_replicas(state, start_server, barrier):
    slow = Client(start_server(state, failpoints=f"import.before_commit={barrier}"))
    fast = Client(start_server(state))
    operation = str(uuid.uuid4())
    command = ("import", "-i", str(FILE), "-y", "--operation-id", operation)
    running = slow.start(*command)
    barrier.await_reached(running)
    assert fast.json("operation", operation)["operation"]["status"] == "OPERATION_STATUS_RUNNING"
    assert fast.refused(*command)["reason"] == "OPERATION_RUNNING"
    barrier.open()
    running.communicate(timeout=60)
    assert running.returncode == 0
    fast.ok(*command)


def test_a_dead_replicas_operation_is_taken_over(state, start_server, barrier):
    """kill -9 in the middle: the other replica sees it abandoned, and the retry runs there."""
    dying = Client(start_server(state, failpoints=f"import.before_commit={barrier}"))
    other = Client(start_server(state))
    before = state.fingerprint()
    operation = str(uuid.uuid4())
    running = dying.start("import", "-i", str(FILE), "-y", "--operation-id", operation)
    barrier.await_reached(running)
    dying.server.kill()
    running.communicate(timeout=60)
    deadline = time.monotonic() + 20
    while other.json("operation", operation)["operation"]["status"] != "OPERATION_STATUS_ABANDONED":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert state.fingerprint() == before
    other.ok("import", "-i", FILE, "-y", "--operation-id", operation)


def test_a_dead_attempt_does_not_end_the_next_one(state, start_server, make_barrier):
    """The session of the first attempt is gone, and its server notices that when the retry runs on the other one."""
    barriers = make_barrier(), make_barrier()
    first, second = (Client(start_server(state, failpoints=f"import.after_staging={one}")) for one in barriers)
    operation = str(uuid.uuid4())
    command = ("import", "-i", str(FILE), "-y", "--operation-id", operation)
    dead = first.start(*command)
    barriers[0].await_reached(dead)
    assert status_of(first, operation) == "RUNNING"
    assert state.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                         f"WHERE datname = '{state.name}' AND state = 'idle in transaction'")
    assert status_of(first, operation) == "ABANDONED"
    retry = second.start(*command)
    barriers[1].await_reached(retry)
    barriers[0].open()
    _, errors = dead.communicate(timeout=60)
    assert dead.returncode != 0, errors
    assert status_of(second, operation) == "RUNNING"
    barriers[1].open()
    _, errors = retry.communicate(timeout=60)
    assert retry.returncode == 0, errors
    assert status_of(first, operation) == "SUCCEEDED"


def status_of(client, operation):
    status: str = client.json("operation", operation)["operation"]["status"]
    return status.removeprefix("OPERATION_STATUS_")


def test_writers_on_two_replicas_take_turns(state, two):
    errors = []

    def work(client):
        for _ in range(5):
            result = client("import", "-i", FILE, "--replace", "-y")
            if result.code != 0:
                errors.append(result)
    threads = [threading.Thread(target=work, args=(client,)) for client in two]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert len(two[0].json("restore-points")["restore_points"]) == 10


# --- a primary that dies -----------------------------------------------------------------------

def test_what_only_the_primary_has_is_not_acknowledged(loaded, start_server, barrier):
    """A commit that PostgreSQL shows although its standby never got it: a retry waits for the standby, too."""
    block = {"local": loaded.gateway("state")}
    dying = Client(start_server(block, failpoints=f"import.before_commit={barrier}"))
    other = Client(start_server(block))
    other.ok("operations")
    operation = str(uuid.uuid4())
    command = ("import", "-i", str(FILE), "-y", "--operation-id", operation)
    running = dying.start(*command)
    state = state_of(loaded.primary)
    barrier.await_reached(running)
    # The import's: a heartbeat's transaction is younger, and waits for no standby.
    pid = state.scalar("SELECT pid FROM pg_stat_activity WHERE datname = 'state' AND state = 'idle in transaction' "
                       "ORDER BY xact_start LIMIT 1")
    loaded.standby.stop()
    barrier.open()
    waiting = (f"SELECT pid FROM pg_stat_activity WHERE pid = {pid} AND wait_event = 'SyncRep' "
               "AND query = 'COMMIT'")
    wait_for(lambda: state.execute(waiting))
    dying.server.kill()
    running.communicate(timeout=60)
    # From here on everybody sees what was committed, once the backend has noticed the signal.
    state.execute(f"SELECT pg_terminate_backend(pid) FROM ({waiting}) w")
    succeeded = f"SELECT 1 FROM stateserver.operations WHERE id = '{operation}' AND status = 'succeeded'"
    wait_for(lambda: state.execute(succeeded))
    assert other("--timeout", "4", *command).code != 0
    loaded.standby.start()
    loaded.wait_for_streaming()
    other.ok(*command)
    assert state.scalar(f"SELECT count(*) FROM stateserver.audit WHERE operation_id = '{operation}'"
                        " AND event = 'succeeded'") == 1, "it ran once"


def outcome_of(client, operation):
    """The operation's status after the fail-over; None where it never began."""
    deadline = time.monotonic() + 60
    while True:
        result = client("--format", "json", "operation", operation)
        if result.code == 0:
            status = result.json["operation"]["status"].removeprefix("OPERATION_STATUS_")
            if status != "RUNNING":
                return status
        elif result.code == 1:
            assert result.error["reason"] == "OPERATION_NOT_FOUND", result
            return None
        assert time.monotonic() < deadline, result
        time.sleep(0.2)


COMMANDS = {
    "merge": (["import", "-i", str(PART), "-y"], "import", ("mid_copy", "before_commit", "after_commit")),
    "replace": (["import", "-i", str(PART), "--replace", "-y"], "import", ("before_commit", "after_commit")),
}


@pytest.mark.parametrize("command, point", [(c, p) for c, (_, _, points) in COMMANDS.items() for p in points])
def test_promotion_in_the_middle_of_an_import(loaded, start_server, barrier, command, point):
    arguments, family, _ = COMMANDS[command]
    loaded.primary.execute("DELETE FROM sqlmesh._environments WHERE name = 'dev_b'", "state")
    loaded.caught_up()
    before = state_of(loaded.primary).fingerprint()
    server = start_server({"local": loaded.gateway("state")}, failpoints=f"{family}.{point}={barrier}")
    client = Client(server)
    operation = str(uuid.uuid4())
    running = client.start("--format", "json", *arguments, "--operation-id", operation)
    barrier.await_reached(running)
    loaded.fail_over()
    barrier.open()
    _, errors = running.communicate(timeout=90)
    status = outcome_of(client, operation)
    after = state_of(loaded.primary).fingerprint()
    # Whatever the caller was told, the record and the tables say the same.
    assert (after != before) == (status == "SUCCEEDED"), (status, errors)
    if running.returncode == 0:
        assert status == "SUCCEEDED", errors
    elif running.returncode == 1:
        assert status != "SUCCEEDED", errors
    client.ok(*arguments, "--operation-id", operation)
    assert outcome_of(client, operation) == "SUCCEEDED"
    assert "dev_b" in [e["name"] for e in client.json("environments")["environments"]]


@pytest.mark.parametrize("point", ["before_commit", "after_commit"])
def test_promotion_in_the_middle_of_a_migration(pair, start_server, barrier, point):
    pair.primary.psql("state", paths.CORPUS / "0.200.0" / "state_before.sql")
    pair.caught_up()
    before = state_of(pair.primary).fingerprint()
    client = Client(start_server({"local": pair.gateway("state")}, failpoints=f"migrate.{point}={barrier}"))
    operation = str(uuid.uuid4())
    command = ("migrate", "-y", "--keep-unsupported-fingerprints", "--operation-id", operation)
    running = client.start(*command)
    barrier.await_reached(running)
    pair.fail_over()
    barrier.open()
    running.communicate(timeout=90)
    status = outcome_of(client, operation)
    assert (state_of(pair.primary).fingerprint() != before) == (status == "SUCCEEDED")
    client.ok(*command)
    assert client.json("versions")["state"]["schema_version"] == paths.NEWEST_SCHEMA


def test_promotion_in_the_middle_of_an_export(loaded, start_server, barrier, tmp_path):
    """The file is whole or not there; the next one is that of the new primary."""
    client = Client(start_server({"local": loaded.gateway("state")}, failpoints=f"export.mid_stream={barrier}@2"))
    whole = client.export(tmp_path / "before.json")
    target = tmp_path / "state.json"
    running = client.start("export", "-o", str(target), "-y")
    barrier.await_reached(running)
    loaded.fail_over()
    barrier.open()
    running.communicate(timeout=90)
    assert running.returncode == 0 or not target.exists()
    assert without_time(client.export(target)) == without_time(whole)


@pytest.mark.parametrize("point", ["after_intent", "after_statement", "before_finish"])
def test_promotion_in_the_middle_of_a_schema_upgrade(pair, start_server, barrier, starrocks, tmp_path, point):
    """The journal moves to the new primary; the next upgrade goes on, and no statement runs twice."""
    gateways = {"local": pair.gateway("state", connection=warehouse(starrocks.server, starrocks.name))}
    server = start_server(gateways, limits={"schema_lock_lease": LEASE}, failpoints=f"revision.{point}={barrier}")
    project = Project(server, starrocks, tmp_path)
    project.declare(users=USERS, other=OTHER)
    project.autogenerate("two tables")
    running = project.client.start("schema", "upgrade", "head", "-y", "--version-table-property", "replication_num=1",
                                   cwd=tmp_path)
    barrier.await_reached(running)
    pair.fail_over()
    barrier.open()
    running.communicate(timeout=90)
    deadline = time.monotonic() + 60
    while project("upgrade", "head", "-y", "--version-table-property", "replication_num=1", code=None).code != 0:
        assert time.monotonic() < deadline
        time.sleep(0.5)
    assert project.agrees()
    assert not project.json("check", "--drift", code=None)["drifted"]
    project.declare(users=AGED)
    project.autogenerate("age")
    project.upgrade()


def test_reads_wait_for_the_promotion(loaded, start_server):
    """Between the death of one and the promotion of the other there is no primary; calls wait for it."""
    client = Client(start_server({"local": loaded.gateway("state")}))
    client.ok("environments")
    loaded.primary.crash()
    running = client.start("environments")
    time.sleep(1.5)
    assert running.poll() is None, running.communicate()
    loaded.promote()
    out, errors = running.communicate(timeout=60)
    assert running.returncode == 0, errors
    assert b"dev_b" in out


# --- exports from the standby ------------------------------------------------------------------

@pytest.fixture
def with_replica(loaded, start_server):
    def start(max_staleness="10s"):
        return Client(start_server({"local": loaded.gateway("state", read_replica=loaded.replica(max_staleness))}))
    return start


def reads(client, outcome):
    return metric(client.server, "stateserver_replica_reads_total", gateway="local", outcome=outcome)


def test_an_export_from_the_standby(loaded, with_replica, start_server, tmp_path):
    client = with_replica("0s")
    exported = client.export(tmp_path / "a.json")
    assert reads(client, "replica") == 1
    plain = Client(start_server({"local": loaded.gateway("state")}))
    assert without_time(exported) == without_time(plain.export(tmp_path / "b.json"))
    assert loaded.standby.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = 'state' "
                                  "AND pid <> pg_backend_pid()")[0][0] >= 1


def test_a_stale_standby_is_not_read(loaded, with_replica, tmp_path):
    """Its replay stands still while the primary goes on."""
    strict, lenient = with_replica("0s"), with_replica("1h")
    loaded.standby.execute("SELECT pg_wal_replay_pause()")
    time.sleep(0.3)
    loaded.primary.execute("SET synchronous_commit = local; DELETE FROM sqlmesh._environments WHERE name = 'dev_a'",
                           "state")
    assert "dev_a" not in strict.export(tmp_path / "a.json")["environments"]
    assert reads(strict, "stale") == 1
    assert "dev_a" in lenient.export(tmp_path / "b.json")["environments"], "as old as it may be"
    assert reads(lenient, "replica") == 1
    loaded.standby.execute("SELECT pg_wal_replay_resume()")
    loaded.caught_up()
    assert "dev_a" not in strict.export(tmp_path / "c.json")["environments"]
    assert reads(strict, "replica") == 1


def test_a_standby_that_is_gone(loaded, with_replica, tmp_path):
    client = with_replica()
    loaded.standby.crash()
    assert client.export(tmp_path / "a.json")["environments"]
    assert reads(client, "unreachable") == 1


def test_a_primary_that_is_gone(loaded, with_replica, stubs):
    """Then the standby may be as old as its last transaction. The RPC alone: stateclient asks for versions first."""
    client, strict = with_replica("1h"), with_replica("0s")
    loaded.primary.crash()

    def export(server):
        with server.channel() as channel:
            return list(stubs.state_grpc.StateServiceStub(channel).Export(stubs.state.ExportRequest(), timeout=60))
    assert export(client.server)[-1].trailer.counts.environments == 8
    assert reads(client, "replica") == 1
    with pytest.raises(grpc.RpcError) as caught:
        export(strict.server)
    assert raw.reason(stubs, caught.value) == "DATABASE_UNREACHABLE"


def test_a_restore_point_is_read_from_the_primary(loaded, with_replica, tmp_path):
    client = with_replica()
    client.ok("import", "-i", FILE, "--replace", "-y")
    point = client.json("restore-points")["restore_points"][0]["id"]
    assert client.export(tmp_path / "a.json", "--restore-point", point)["snapshots"]
    assert reads(client, "replica") == 0
