# SPDX-License-Identifier: Apache-2.0
"""What stands in the way of an export or import, and how it is told."""

import json
import time

import pytest

from harness import paths
from harness.client import Client
from harness.cluster import free_port
from harness.server import gateway

FILE = paths.CORPUS / paths.NEWEST / "export_all.json"
CALLS = [("export", "-o", "out.json", "-y"), ("import", "-i", FILE, "-y"),
         ("import", "-i", FILE, "-y", "--replace")]


@pytest.mark.parametrize("call", CALLS, ids=["export", "import", "replace"])
def test_an_unmigrated_database(empty, serve, call):
    """Never initialised as a side effect."""
    error = serve(empty).refused(*call)
    assert error["reason"] == "NOT_MIGRATED"
    assert "Please run a migration" in error["message"], error
    assert "stateclient migrate" in error["message"] + error["hint"]
    assert empty.execute("SELECT count(*) FROM pg_tables WHERE schemaname IN ('sqlmesh', 'stateserver')") == [(0,)]


@pytest.mark.parametrize("call", CALLS[1:], ids=["import", "replace"])
def test_a_newer_database(state, serve, call):
    ahead = paths.NEWEST_SCHEMA + 1
    state.execute(f"UPDATE sqlmesh._versions SET schema_version = {ahead}, sqlmesh_version = '0.999.0'")
    before = state.fingerprint()
    error = serve(state).refused(*call)
    assert error["reason"] == "STATE_AHEAD"
    told = error["message"] + error["hint"]
    assert str(ahead) in told and str(paths.NEWEST_SCHEMA) in told and "0.999.0" in told, error
    assert "upgrade the server" in error["message"] and "pip install" not in told, error
    assert state.fingerprint() == before


NEWER_FILE = (f"The file is the newer one, and this server knows SQLMesh up to version {paths.NEWEST}: "
              "migrate the state with SQLMesh {release}, or upgrade the server and migrate the state with Migrate.")


@pytest.mark.parametrize("release, way_out", [
    ("0.235.1", "The file is the older one: upgrade it with MigrateStateFile."),
    ("0.230.0", "The file is the older one: upgrade it with MigrateStateFile."),
    # Compared as numbers.
    ("0.99.0", "The file is the older one: upgrade it with MigrateStateFile."),
    ("0.999.0", NEWER_FILE),
    ("1.0.0", NEWER_FILE),
])
def test_a_file_of_another_release(state, serve, tmp_path, release, way_out):
    document = json.loads(FILE.read_text())
    document["versions"]["sqlmesh_version"] = release
    (tmp_path / "other.json").write_text(json.dumps(document))
    error = serve(state).refused("import", "-i", tmp_path / "other.json", "-y")
    assert error["reason"] == "VERSION_MISMATCH"
    assert "SQLMesh version mismatch" in error["message"] and release in error["message"], error
    assert error["hint"].startswith(way_out.replace("{release}", release)), error
    assert "`stateclient upgrade-file`" in error["hint"] and "`stateclient migrate`" in error["hint"], error


def test_a_file_of_a_release_between(state, serve, tmp_path):
    """Which this server knows: the state is what stays behind."""
    state.execute("UPDATE sqlmesh._versions SET sqlmesh_version = '0.235.4'")
    error = serve(state).refused("import", "-i", FILE, "-y")
    assert error["reason"] == "VERSION_MISMATCH"
    assert error["hint"].startswith("The state is the older one: migrate it with Migrate."), error


@pytest.mark.parametrize("prepare, first", [
    (lambda database: database.execute("DROP SCHEMA sqlmesh CASCADE"), "Please run a migration"),
    (lambda database: database.execute("UPDATE sqlmesh._versions SET schema_version = 101, "
                                       "sqlmesh_version = '0.235.4'"), "Please run a migration"),
    (lambda database: database.execute("UPDATE sqlmesh._versions SET schema_version = 103, "
                                       "sqlmesh_version = '0.237.0'"), "Please upgrade the server"),
], ids=["unmigrated", "behind", "ahead"])
def test_the_state_comes_before_missing_keys_of_the_file(state, serve, tmp_path, prepare, first):
    prepare(state)
    document = json.loads(FILE.read_text())
    del document["snapshots"], document["environments"]
    (tmp_path / "part.json").write_text(json.dumps(document))
    assert first in serve(state).refused("import", "-i", tmp_path / "part.json", "-y")["message"]


def test_migrating_a_newer_database(state, serve):
    """SQLMesh would write the older versions over the newer ones."""
    ahead = paths.NEWEST_SCHEMA + 1
    state.execute(f"UPDATE sqlmesh._versions SET schema_version = {ahead}, sqlmesh_version = '0.999.0'")
    before = state.fingerprint()
    assert serve(state).refused("migrate", "-y")["reason"] == "STATE_AHEAD"
    assert state.fingerprint() == before


def test_wrong_gateway(state, serve):
    error = serve(state).refused("--gateway", "nope", "versions")
    assert error["reason"] == "GATEWAY_NOT_FOUND"
    assert "nope" in error["message"] and "local" in error["message"] + error["hint"]


def test_no_server(state, serve):
    client = serve(state)
    result = client("--server", f"127.0.0.1:{free_port()}", "versions", code=3)
    assert "127.0.0.1" in result.err


def test_no_database(cluster, databases, start_server):
    """The server lives; only calls that need the database fail."""
    state = databases.state()
    block = gateway(state)
    block["state_connection"]["port"] = free_port()
    client = Client(start_server({"local": block}))
    error = client.refused("versions", code=3)
    assert error["reason"] == "DATABASE_UNREACHABLE"
    assert str(block["state_connection"]["port"]) in error["message"]
    assert cluster.password not in str(error)
    assert client.json("gateways")["gateways"][0]["name"] == "local"


def test_a_missing_database_is_named(databases, start_server):
    state = databases.state()
    block = gateway(state)
    block["state_connection"]["database"] = "nowhere"
    error = Client(start_server({"local": block})).refused("versions", code=3)
    assert "nowhere" in error["message"]


def test_a_wrong_password_is_not_printed(databases, start_server):
    block = gateway(databases.state())
    block["state_connection"]["password"] = "wr0ng-secret"
    server = start_server({"local": block})
    result = Client(server)("versions", code=3)
    assert "wr0ng-secret" not in result.err + server.text()


def test_a_missing_environment(state, serve, tmp_path):
    result = serve(state)("export", "-o", tmp_path / "out.json", "-y", "--environment", "nope", code=1)
    assert "No such environment: 'nope'." in result.err
    assert not (tmp_path / "out.json").exists()


def test_environment_with_local(state, serve):
    result = serve(state)("export", "-o", "x.json", "--local", "--environment", "dev_b", "-y", code=1)
    assert "Cannot specify both --environment and --local" in result.err


class Lock:
    """Another session that holds a lock on a state table."""

    def __init__(self, database, table="_snapshots", mode="SHARE ROW EXCLUSIVE"):
        self.connection = database.connect(application_name="somebody else")
        self.connection.autocommit = False
        self.connection.cursor().execute(f"LOCK TABLE sqlmesh.{table} IN {mode} MODE")
        self.pid = self.connection.get_backend_pid()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.rollback()
        self.connection.close()


@pytest.mark.parametrize("mode", [(), ("--replace",)], ids=["merge", "replace"])
def test_a_lock_held_by_another_session(state, serve, mode):
    """Who holds it: pid, application, age."""
    client = serve(state, limits={"lock_timeout": "1s"})
    before = state.fingerprint()
    with Lock(state) as lock:
        begin = time.monotonic()
        error = client.refused("import", "-i", FILE, "-y", *mode)
        assert time.monotonic() - begin < 15
    assert error["reason"] == "LOCK_TIMEOUT"
    assert str(lock.pid) in error["message"] and "somebody else" in error["message"], error
    assert state.fingerprint() == before
    client.import_(FILE, *mode)


def test_export_does_not_wait_for_a_writer(state, serve, tmp_path):
    with Lock(state):
        assert len(serve(state).export(tmp_path / "out.json")["snapshots"]) == 73


def test_a_missing_right_prints_the_grant(cluster, databases, start_server):
    state = databases.state()
    state.execute("CREATE ROLE weak LOGIN PASSWORD 'weak'; GRANT USAGE ON SCHEMA sqlmesh TO weak; "
                  "GRANT SELECT ON ALL TABLES IN SCHEMA sqlmesh TO weak")
    try:
        block = gateway(state)
        block["state_connection"].update(user="weak", password="weak")
        client = Client(start_server({"local": block}))
        assert client.json("environments")["environments"]
        error = client.refused("import", "-i", FILE, "-y")
        assert error["reason"] == "PERMISSION_MISSING"
        assert "GRANT" in error["hint"] + error["message"]
    finally:
        state.execute("DROP OWNED BY weak; DROP ROLE weak")


def test_a_corrupt_row_is_named(state, serve, tmp_path):
    """Damage by somebody else: the export says where, and writes no file."""
    state.execute("UPDATE sqlmesh._snapshots SET snapshot = '{\"name\": ' WHERE name LIKE '%py_full%'")
    error = serve(state).refused("export", "-o", tmp_path / "out.json", "-y")
    assert error["reason"] == "STATE_CORRUPT"
    assert "py_full" in error["message"]
    assert list(tmp_path.iterdir()) == []
