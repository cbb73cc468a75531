# SPDX-License-Identifier: Apache-2.0
"""`stateclient doctor`: what keeps commands from working, found before they are tried."""

import pytest

from harness import access, paths
from harness.client import Client
from harness.schemas import warehouse
from harness.server import gateway

FILE = paths.CORPUS / paths.NEWEST / "export_all.json"
FAILED, WARNING, PASSED = (f"DIAGNOSIS_VERDICT_{word}" for word in ("FAILED", "WARNING", "PASSED"))
GONE = {"state_connection": {"type": "postgres", "host": "127.0.0.1", "port": 1, "user": "u", "password": "p",
                             "database": "d", "connect_timeout": 1}}


def findings(client, code, *arguments):
    """(gateway, name) -> finding."""
    found = client("--format", "json", *arguments, "doctor", code=code).json["findings"]
    assert len({(f["gateway"], f["name"]) for f in found}) == len(found)
    return {(f["gateway"], f["name"]): f for f in found}


def test_all_is_well(state, starrocks, serve):
    client = serve({"local": gateway(state, connection=warehouse(starrocks.server, starrocks.name))})
    found = findings(client, 0)
    # The cluster of the tests runs without fsync: tests/fault/test_durability.py.
    assert {f["verdict"] for (_, name), f in found.items() if name != "durability"} == {PASSED}, found
    assert {name for where, name in found if where == "local"} >= {
        "caller", "database", "clocks", "connections", "rights to read", "rights to write", "rights to migrate",
        "rights to record", "state", "warehouse"}
    assert paths.NEWEST in found["local", "state"]["message"]
    text = client.ok("doctor").out
    assert "ok    connection" in text and "Gateway local" in text and "FAIL" not in text


def test_an_empty_database(empty, serve):
    found = findings(serve(empty), 0)
    assert found["local", "state"]["verdict"] == WARNING
    assert found["local", "state"]["hint"] == "Migrate the state to create them."


def test_a_database_that_is_gone(state, serve):
    client = serve({"local": gateway(state), "gone": GONE})
    found = findings(client, 1)
    assert found["gone", "database"]["verdict"] == FAILED and found["local", "database"]["verdict"] == PASSED
    assert ("local", "database") not in findings(client, 1, "--gateway", "gone")
    assert findings(client, 0, "--gateway", "local")


def test_a_warehouse_that_is_gone(state, serve):
    block = {"type": "starrocks", "host": "127.0.0.1", "port": 1, "user": "root", "password": "", "database": "x"}
    found = findings(serve({"local": gateway(state, connection=block)}), 1)
    assert "RevisionService.Upgrade" in found["local", "warehouse"]["calls"]


@pytest.fixture
def weak(state, cluster):
    """A role that may connect, and nothing else yet: grant(statement) gives it more."""
    state.execute("CREATE ROLE weak LOGIN PASSWORD 'weak'")
    state.execute(f'REVOKE TEMPORARY ON DATABASE "{state.name}" FROM PUBLIC')
    yield state.execute
    state.execute("DROP OWNED BY weak; DROP ROLE weak")


def test_rights_one_after_the_other(weak, state, serve):
    """Each hint is followed, word for word, until nothing is missing; then the commands work."""
    block = gateway(state)
    block["state_connection"].update(user="weak", password="weak")
    client = serve({"local": block})
    steps = []
    for _ in range(10):
        result = client("--format", "json", "doctor")
        missing = [f for f in result.json["findings"] if f["name"].startswith("rights") and f["verdict"] != PASSED
                   and f["name"] != "rights to migrate"]
        if not missing:
            break
        steps.append(missing[0]["name"])
        assert missing[0]["calls"]
        weak(missing[0]["hint"].removeprefix("Once: "))
    assert set(steps) == {"rights to read", "rights to write", "rights to record"}
    assert client("import", "-i", FILE, "-y").code == 0
    found = findings(client, 0)
    assert found["local", "rights to migrate"]["verdict"] == WARNING
    assert "StateService.Migrate" in found["local", "rights to migrate"]["calls"]


def test_the_role_of_the_caller(state, start_server, tmp_path):
    tokens = access.Tokens(tmp_path)
    reader, admin = tokens.create("r", local="reader"), tokens.create("a", local="admin")
    server = start_server(state, auth={"tokens_file": str(tokens.file)})
    caller = findings(Client(server, STATESERVER_TOKEN=reader), 0)["local", "caller"]
    assert "token:r has the role reader" in caller["message"] and "StateService.Import" in caller["calls"]
    assert "MaintenanceService.Check" not in caller["calls"]
    text = Client(server, STATESERVER_TOKEN=reader).ok("doctor").out
    assert "does not work: import, migrate, rollback, upgrade-file, operation --cancel, restore" in text
    assert findings(Client(server, STATESERVER_TOKEN=admin), 0)["local", "caller"]["calls"] == []
    found = findings(Client(server), 1)
    assert found["", "caller"]["verdict"] == FAILED and found["", "connection"]["verdict"] == PASSED


def test_a_server_that_is_gone(state, serve):
    client = serve(state)
    client.server.stop()
    assert client("doctor", code=3).err
