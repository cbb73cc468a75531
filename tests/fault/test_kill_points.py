# SPDX-License-Identifier: Apache-2.0
"""The server dies at a named point: the state is exactly the old or the new one,
the client says which or says that it does not know, and a retry is safe."""

import uuid

import pytest

from harness import paths
from harness.client import FAILED, UNKNOWN

FILE = paths.CORPUS / paths.NEWEST / "export_env_dev_b.json"
BEFORE = ("before_staging", "mid_copy", "after_staging", "before_commit")
AFTER = ("after_commit", "before_reply")
MODES = pytest.mark.parametrize("mode", [(), ("--replace",)], ids=["merge", "replace"])


def outcome(client, identifier):
    """What the restarted server knows: a status, or None when it never began."""
    result = client("--format", "json", "operation", identifier)
    if result.code == 0:
        return result.json["operation"]["status"].removeprefix("OPERATION_STATUS_")
    assert result.error["reason"] == "OPERATION_NOT_FOUND", result
    return None


@MODES
@pytest.mark.parametrize("point", BEFORE + AFTER)
def test_server_killed_during_import(databases, state, serve, point, mode):
    expected = databases.state()
    serve(expected).import_(FILE, *mode)
    old, new = content(state), content(expected)
    assert old != new
    identifier = str(uuid.uuid4())
    client = serve(state, failpoints=f"import.{point}=kill")
    result = client("import", "-i", FILE, "-y", "--operation-id", identifier, *mode)
    client.server.process.wait(30)
    assert result.code == UNKNOWN, result
    assert identifier in result.err

    assert content(state) == (old if point in BEFORE else new)
    client.server.restart()
    said = outcome(client, identifier)
    assert said in (("ABANDONED", "FAILED", None) if point in BEFORE else ("SUCCEEDED",))
    points = len(client.json("restore-points")["restore_points"])

    again = client.json("import", "-i", FILE, "-y", "--operation-id", identifier, *mode)
    assert again["operation"]["status"] == "OPERATION_STATUS_SUCCEEDED"
    assert content(state) == new
    if point in AFTER:
        assert len(client.json("restore-points")["restore_points"]) == points


def content(database):
    """Everything but what an import makes anew each time: interval ids and times."""
    rows = {table: database.rows(table) for table in database.tables() if table != "_intervals"}
    rows["_intervals"] = sorted(database.execute(
        "SELECT name, identifier, version, dev_version, start_ts, end_ts, is_dev, is_removed, "
        "is_pending_restatement, last_altered_ts FROM sqlmesh._intervals"), key=str)
    return rows


@pytest.mark.parametrize("point", BEFORE + AFTER)
def test_a_client_that_is_answered_in_time_knows(state, serve, point):
    """The server comes back while the client asks."""
    before = state.fingerprint()
    client = serve(state, failpoints=f"import.{point}=kill")
    running = client.start("import", "-i", str(FILE), "-y", "--replace")
    client.server.process.wait(60)
    client.server.restart()
    _, errors = (text.decode() for text in running.communicate(timeout=60))
    if point in BEFORE:
        assert running.returncode == FAILED, errors
        assert state.fingerprint() == before
    else:
        assert running.returncode == 0, errors
        assert state.count("_environments") == 1


@pytest.mark.parametrize("point", ["before_commit", "after_commit"])
def test_server_killed_during_migrate(empty, serve, point):
    client = serve(empty, failpoints=f"migrate.{point}=kill")
    result = client("migrate", "-y")
    assert result.code == UNKNOWN, result
    client.server.process.wait(30)
    assert ("_versions" in empty.tables()) == (point == "after_commit")
    client.server.restart()
    client.ok("migrate", "-y")
    assert empty.versions() == paths.NEWEST_VERSIONS


@pytest.mark.parametrize("point", ["before_commit", "after_commit"])
def test_server_killed_during_restore(state, serve, point):
    client = serve(state)
    old = state.fingerprint()
    made = client.json("import", "-i", FILE, "-y", "--replace")["restore_point_id"]
    new = state.fingerprint()
    client.server.restart(failpoints=f"restore.{point}=kill")
    assert client("restore", made, "-y").code == UNKNOWN
    client.server.process.wait(30)
    assert state.fingerprint() == (new if point == "before_commit" else old)
    client.server.restart()
    client.ok("restore", made, "-y")
    assert state.fingerprint() == old


@MODES
def test_the_whole_cluster_crashes(cluster, state, serve, barrier, mode):
    """PostgreSQL dies between staging and commit; the server lives on."""
    old = content(state)
    client = serve(state, failpoints=f"import.before_commit={barrier}")
    running = client.start("import", "-i", str(FILE), "-y", *mode)
    barrier.await_reached(running)
    cluster.crash()
    cluster.start()
    barrier.open()
    _, errors = running.communicate(timeout=60)
    assert running.returncode in (FAILED, UNKNOWN), errors
    assert content(state) == old
    client.import_(FILE, *mode)
    assert content(state) != old
