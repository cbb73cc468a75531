# SPDX-License-Identifier: Apache-2.0
"""Schema `stateserver` of an earlier release is brought forward, and servers of both work on it."""

import uuid

import pytest

from harness import paths
from harness.client import Client
from harness.server import gateway

# A state of SQLMesh 0.236.4 with what stateserver 0.1.0 wrote for a migration, two imports and a refused one.
FIRST = paths.TESTS / "data" / "stateserver" / "0.1.0.sql"
FILE = paths.CORPUS / paths.NEWEST / "export_all.json"


@pytest.fixture
def first(databases):
    database = databases.empty()
    database.cluster.psql(database.name, FIRST)
    return database


def steps(database):
    if "steps" not in database.tables("stateserver"):
        return None
    return [row[0] for row in database.execute("SELECT number FROM stateserver.steps ORDER BY 1")]


def test_reads_leave_it(first, serve):
    client = serve(first)
    operations = client.json("operations")["operations"]
    assert [one["kind"].removeprefix("OPERATION_KIND_") for one in operations] == [
        "IMPORT", "IMPORT_REPLACE", "IMPORT", "MIGRATE"]
    assert len(client.json("restore-points")["restore_points"]) == 1
    assert client.json("top", "--once")["calls"] == []
    assert steps(first) is None


def test_the_first_change_brings_it_forward(first, serve):
    client = serve(first)
    before = client.json("operations")["operations"]
    client.ok("compact", "-y")
    assert steps(first) == [1, 2, 3]
    assert [row[0] for row in first.execute("SELECT version FROM stateserver.meta")] == [1], "0.1.0 still takes it"
    assert client.json("operations")["operations"][1:] == before
    point = client.json("restore-points")["restore_points"][0]["id"]
    client.ok("restore", point, "-y")


def test_an_operation_of_the_first_release_is_answered(first, serve):
    """Its record has the numbers as texts."""
    client = serve(first)
    identifier = client.json("operations")["operations"][2]["id"]
    answer = client.json("import", "-i", FILE, "-y", "--operation-id", identifier)
    assert answer["operation"]["id"] == identifier and answer["file"]["snapshots"] == 73
    assert steps(first) == [1, 2, 3]


@pytest.fixture
def role(first):
    """A role that may use the tables that 0.1.0 made, and owns none."""
    name = f"weak_{uuid.uuid4().hex[:8]}"
    first.execute(f"""
        CREATE ROLE {name} LOGIN PASSWORD 'weak';
        GRANT USAGE ON SCHEMA sqlmesh TO {name};
        GRANT USAGE, CREATE ON SCHEMA stateserver TO {name};
        GRANT ALL ON ALL TABLES IN SCHEMA sqlmesh, stateserver TO {name};
        GRANT ALL ON ALL SEQUENCES IN SCHEMA stateserver TO {name}""")
    yield name
    first.execute(f"REASSIGN OWNED BY {name} TO CURRENT_USER; DROP OWNED BY {name}; DROP ROLE {name}")


@pytest.fixture
def weak(first, role, start_server):
    entry = gateway(first)
    entry["state_connection"].update(user=role, password="weak")
    client = Client(start_server({"local": entry}))
    yield client
    client.server.stop()


def test_a_server_that_does_not_own_the_tables(first, role, weak):
    """It works without what the last steps add."""
    client = weak
    client.ok("compact", "-y")
    assert client.json("top", "--once")["calls"] == []
    assert steps(first) is None
    found = {one["name"]: one for one in client("doctor", "--format", "json").json["findings"]}["rights to record"]
    assert found["verdict"] == "DIAGNOSIS_VERDICT_WARNING" and "step 2 of 3" in found["message"], found
    for statement in found["hint"].split(";")[:-1]:
        first.execute(statement)
    client.ok("compact", "-y")
    assert steps(first) == [1, 2, 3]


def test_a_weak_role_beside_the_owner(first, weak, start_server):
    """The owner's server has brought the schema forward; one with rights on the older tables alone still works."""
    Client(start_server(first)).ok("compact", "-y")
    assert steps(first) == [1, 2, 3]
    weak.ok("compact", "-y")
    weak.ok("top", "--once")
