# SPDX-License-Identifier: Apache-2.0
"""Operation ids: what ran is on record, and a retry runs nothing twice."""

import signal
import time
import uuid

import pytest

from harness import paths
from harness.client import Client

FILE = paths.CORPUS / paths.NEWEST / "export_all.json"
OTHER = paths.CORPUS / paths.NEWEST / "export_env_dev_b.json"


@pytest.fixture
def target(databases, serve):
    database = databases.empty()
    client = serve(database)
    client.ok("migrate", "-y")
    return database, client


def until(answer, seconds=30):
    """What `answer()` says once that is true."""
    deadline = time.monotonic() + seconds
    while not (said := answer()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return said


def operation(client, identifier):
    return client.json("operation", identifier)["operation"]


def test_an_import_is_on_record(target):
    _, client = target
    identifier = str(uuid.uuid4())
    result = client.json("import", "-i", FILE, "-y", "--operation-id", identifier)
    assert result["operation"]["id"] == identifier
    record = operation(client, identifier)
    assert record["status"] == "OPERATION_STATUS_SUCCEEDED"
    assert record["kind"] == "OPERATION_KIND_IMPORT"
    assert record["started_ts"] <= record["finished_ts"]
    assert identifier in [item["id"] for item in client.json("operations")["operations"]]


def test_a_refusal_before_the_first_record_is_on_record(target, databases):
    database, client = target
    identifier = str(uuid.uuid4())
    before = database.fingerprint()
    error = client.refused("import", "-i", paths.CORPUS / "0.231.1" / "export_all.json", "-y",
                           "--operation-id", identifier)
    record = operation(client, identifier)
    assert record["status"] == "OPERATION_STATUS_REFUSED"
    assert record["error_reason"] == "ERROR_REASON_" + error["reason"] == "ERROR_REASON_VERSION_MISMATCH"
    assert record["error"] and record["finished_ts"] >= record["started_ts"]
    assert database.fingerprint() == before


def test_a_refused_dry_run_is_not_on_record(target):
    _, client = target
    client.refused("import", "-i", paths.CORPUS / "0.231.1" / "export_all.json", "-y", "--dry-run")
    assert [item["kind"] for item in client.json("operations")["operations"]] == ["OPERATION_KIND_MIGRATE"]


def test_the_id_is_made_up_and_printed(target):
    _, client = target
    result = client.import_(FILE)
    newest = client.json("operations")["operations"][0]["id"]
    assert newest in result.err


def test_a_retry_does_not_run_again(target):
    database, client = target
    identifier = str(uuid.uuid4())
    first = client.json("import", "-i", FILE, "-y", "--replace", "--operation-id", identifier)
    database.execute("DELETE FROM sqlmesh._environments WHERE name = 'dev_a'")
    before = database.fingerprint()
    again = client.json("import", "-i", FILE, "-y", "--replace", "--operation-id", identifier)
    assert database.fingerprint() == before
    assert again["operation"]["finished_ts"] == first["operation"]["finished_ts"]


@pytest.mark.parametrize("arguments", [("-i", OTHER), ("-i", FILE, "--replace")], ids=["file", "mode"])
def test_the_same_id_for_something_else(target, arguments):
    database, client = target
    identifier = str(uuid.uuid4())
    client.ok("import", "-i", FILE, "-y", "--operation-id", identifier)
    before = database.fingerprint()
    error = client.refused("import", *arguments, "-y", "--operation-id", identifier)
    assert error["reason"] == "OPERATION_ID_REUSED", error
    assert database.fingerprint() == before


def test_an_unknown_operation(target):
    _, client = target
    assert client.refused("operation", str(uuid.uuid4()))["reason"] == "OPERATION_NOT_FOUND"


def test_no_uuid(target):
    assert "UUID" in target[1]("import", "-i", FILE, "-y", "--operation-id", "seven", code=2).err


def test_a_refused_import_is_on_record_as_refused(target):
    database, client = target
    database.execute("UPDATE sqlmesh._versions SET sqlmesh_version = '0.235.0'")
    identifier = str(uuid.uuid4())
    client.refused("import", "-i", FILE, "-y", "--operation-id", identifier)
    record = client("--format", "json", "operation", identifier)
    if record.code == 0:
        assert record.json["operation"]["status"] == "OPERATION_STATUS_REFUSED"
    else:
        assert record.error["reason"] == "OPERATION_NOT_FOUND"


def test_reads_and_refusals_make_no_schema(state, serve):
    """Schema `stateserver` comes with the first change, never with a read."""
    client = serve(state)
    client.ok("versions")
    client.ok("environments")
    client("operations")
    client("restore-points")
    assert state.scalar("SELECT count(*) FROM pg_namespace WHERE nspname = 'stateserver'") == 0
    client.import_(OTHER)
    assert state.scalar("SELECT count(*) FROM pg_namespace WHERE nspname = 'stateserver'") == 1


def test_migrate_is_an_operation_too(empty, serve):
    identifier = str(uuid.uuid4())
    client = serve(empty)
    client.ok("migrate", "-y", "--operation-id", identifier)
    record = operation(client, identifier)
    assert (record["kind"], record["status"]) == ("OPERATION_KIND_MIGRATE", "OPERATION_STATUS_SUCCEEDED")


def test_watching_one_until_it_has_ended(state, serve):
    """An import that waits for a lock, and is then let go."""
    client = serve(state)
    holder = state.connect()
    holder.autocommit = False
    try:
        holder.cursor().execute("LOCK TABLE sqlmesh._snapshots IN ACCESS EXCLUSIVE MODE")
        operation = str(uuid.uuid4())
        importing = client.start("import", "-i", FILE, "-y", "--operation-id", operation)
        following = client.start("operations", "--watch")
        deadline = time.monotonic() + 30
        while client("operation", operation).code != 0:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        watching = client.start("operation", operation, "--watch")
        time.sleep(1.5)
        assert watching.poll() is None
    finally:
        holder.rollback()
        holder.close()
    out, _ = watching.communicate(timeout=30)
    assert watching.returncode == 0 and b"succeeded" in out
    assert importing.wait(30) == 0
    time.sleep(1.5)
    following.send_signal(signal.SIGINT)
    out, _ = following.communicate(timeout=30)
    assert following.returncode == 130
    assert [line.split()[4] for line in out.decode().splitlines() if operation in line] == ["running", "succeeded"]


def test_watching_one_that_failed(state, serve, tmp_path):
    client = serve(state)
    operation = str(uuid.uuid4())
    client("restore", str(uuid.uuid4()), "-y", "--operation-id", operation, code=1)
    assert client("operation", operation, "--watch").code == 1


def test_postgresql_shows_the_trace_of_a_call(state, serve):
    client = serve(state)
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    tracing = Client(client.server, TRACEPARENT=f"00-{trace}-00f067aa0ba902b7-01")
    names = ("SELECT application_name FROM pg_stat_activity WHERE datname = current_database() "
             "AND pid <> pg_backend_pid()")
    holder = state.connect(application_name="somebody else")
    holder.autocommit = False
    try:
        holder.cursor().execute("LOCK TABLE sqlmesh._snapshots IN ACCESS EXCLUSIVE MODE")
        importing = tracing.start("import", "-i", FILE, "-y")
        until(lambda: (f"stateserver {trace}",) in state.execute(names))
    finally:
        holder.rollback()
        holder.close()
    assert importing.wait(30) == 0
    tracing.ok("export", "-o", "/dev/null", "-y")
    assert {name for name, in state.execute(names)} == {"stateserver"}, "given back to the pool as they were"


def test_top_shows_what_runs_and_who_is_in_the_way(state, serve):
    client = serve(state)
    assert client.json("top", "--once") == {"calls": []}
    holder = state.connect(application_name="somebody else")
    holder.autocommit = False
    try:
        holder.cursor().execute("LOCK TABLE sqlmesh._snapshots IN ACCESS EXCLUSIVE MODE")
        operation = str(uuid.uuid4())
        importing = client.start("import", "-i", FILE, "-y", "--operation-id", operation)
        calls = until(lambda: [call for call in client.json("top", "--once")["calls"] if call["blocked_by"]])
        assert calls[0]["method"] == "Import" and calls[0]["operation_id"] == operation
        assert calls[0]["phase"] == "lock" and 'application "somebody else"' in calls[0]["blocked_by"]
        watching = client.start("top")
        time.sleep(1.5)
    finally:
        holder.rollback()
        holder.close()
    watching.send_signal(signal.SIGINT)
    out, _ = watching.communicate(timeout=30)
    assert watching.returncode == 130 and b"somebody else" in out and out.count(b"BLOCKED BY") >= 2
    assert importing.wait(30) == 0
    assert client.json("top", "--once") == {"calls": []}
