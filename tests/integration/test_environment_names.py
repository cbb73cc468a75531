# SPDX-License-Identifier: Apache-2.0
"""Names of environments as people type them; tests/compat/test_environment_names.py compares with SQLMesh."""

import json

import grpc
import pytest

from harness import paths

DOCUMENT = json.loads((paths.CORPUS / paths.NEWEST / "export_all.json").read_text())
# Typed -> stored.
NAMES = {"Dev_Sel": "dev_sel", "DEV-SEL": "dev_sel", "dev sel": "dev_sel", "Feature/Ünï-1": "feature_ünï_1",
         "FEATURE/ÜNÏ-1": "feature_ünï_1", "ΟΔΟΣ": "οδος", "Prod": "prod", "dev_b": "dev_b"}


def rename(database, old, new):
    """In the tables, as SQLMesh would have stored it."""
    for table, column in (("_environments", "name"), ("_environment_statements", "environment_name")):
        database.execute(f"UPDATE sqlmesh.{table} SET {column} = '{new}' WHERE {column} = '{old}'")


@pytest.fixture
def named(state):
    for old, new in (("dev_a", "dev_sel"), ("dev_c", "feature_ünï_1"), ("dev_gone", "οδος")):
        rename(state, old, new)
    return state


@pytest.mark.parametrize("typed, stored", NAMES.items())
def test_found_by_every_command(named, serve, tmp_path, typed, stored):
    client = serve(named)
    assert client.json("environment", typed)["summary"]["name"] == stored
    assert client.json("environment", typed) == client.json("environment", stored)
    assert client.json("snapshots", "--environment", typed)["environment"] == stored
    difference = client.json("diff", typed, "Cat_East")
    assert (difference["from"], difference["to"]) == (stored, "cat_east")
    assert difference == client.json("diff", stored, "cat_east")
    assert list(client.export(tmp_path / "one.json", "--environment", typed)["environments"]) == [stored]
    expired = client.json("expired", "--environment", typed)
    found = [e["name"] for e in expired["environments"]] or expired["notes"][0]["records"]
    assert found == [stored]


def test_people_are_told_the_stored_name(named, serve):
    client = serve(named)
    told = client.ok("diff", "Feature/Ünï-1", "prod")
    assert "Environment 'Feature/Ünï-1' is stored as 'feature_ünï_1'." in told.err and "'prod' is" not in told.err
    assert "stored as" in client.ok("snapshots", "--environment", "DEV-SEL").err
    assert "stored as" not in client.ok("snapshots", "--environment", "dev_sel").err


def test_two_spellings_of_one_environment(named, serve, tmp_path):
    document = serve(named).export(tmp_path / "one.json", "--environment", "Dev-Sel", "--environment", "dev_sel")
    assert list(document["environments"]) == ["dev_sel"]


def test_only_the_named_one_is_deleted(named, serve):
    named.execute("UPDATE sqlmesh._environments SET expiration_ts = 1 WHERE name <> 'prod'")
    result = serve(named).json("expired", "--delete", "-y", "--environment", "Feature/Ünï-1")
    assert result["expired"]["environments"] == 1
    assert named.scalar("SELECT count(*) FROM sqlmesh._environments WHERE name = 'feature_ünï_1'") == 0
    assert named.count("_environments") == 7


@pytest.mark.parametrize("command", [
    ("environment",), ("diff", "prod"), ("snapshots", "--environment"), ("expired", "--environment"),
    ("export", "-o", "x", "-y", "--environment")], ids=lambda command: command[0])
def test_one_that_does_not_exist(named, serve, command):
    error = serve(named).refused(*command, "Feature/Ünï-2")
    assert error["reason"] == "ENVIRONMENT_NOT_FOUND"
    words = "No such environment: " if command[0] == "export" else "No environment named "
    assert error["message"] == f"{words}'Feature/Ünï-2', which SQLMesh names 'feature_ünï_2'."


def test_a_name_that_sqlmesh_cannot_have_stored(named, serve):
    """It is found as it stands, so that a damaged state can be looked at; SQLMesh's own name comes first."""
    rename(named, "dev_b", "Dev-B")
    client = serve(named)
    assert client.json("environment", "Dev-B")["summary"]["name"] == "Dev-B"
    named.execute("UPDATE sqlmesh._environments SET name = 'dev_b' WHERE name = 'suffix_env'")
    assert client.json("environment", "Dev-B")["summary"]["name"] == "dev_b"


def test_pages_name_the_environment(named, serve, stubs):
    with serve(named).server.channel() as channel:
        stub = stubs.state_grpc.StateServiceStub(channel)
        token, pages = "", 0
        while token or not pages:
            page = stub.ListEnvironmentSnapshots(stubs.state.ListEnvironmentSnapshotsRequest(
                environment="Dev-Sel", page_size=10, page_token=token))
            assert page.environment == "dev_sel"
            token, pages = page.next_page_token, pages + 1
        assert pages == 3
        with pytest.raises(grpc.RpcError) as refused:
            stub.GetEnvironment(stubs.state.GetEnvironmentRequest(name="--"))
        assert refused.value.details() == "No environment named '--', which SQLMesh names '__'."


@pytest.mark.parametrize("command", ["import", "upgrade-file"])
def test_names_of_a_file(state, serve, tmp_path, command):
    """They are stored as SQLMesh stores them, with all that belongs to the environment."""
    release = paths.NEWEST if command == "import" else "0.231.1"
    document = json.loads((paths.CORPUS / release / "export_all.json").read_text())
    record = document["environments"].pop("dev_b")
    record["environment"]["name"] = "Feature/Ünï-1"
    document["environments"]["Feature/Ünï-1"] = record
    path = tmp_path / "state.json"
    path.write_text(json.dumps(document))
    client = serve(state)
    if command == "upgrade-file":
        client.ok("upgrade-file", "-i", path, "-o", tmp_path / "new.json", "--keep-unsupported-fingerprints")
        found = json.loads((tmp_path / "new.json").read_text())["environments"]["feature_ünï_1"]
        assert found["environment"]["name"] == "feature_ünï_1"
        assert len(found["environment"]["snapshots"]) == len(record["environment"]["snapshots"]) > 10
        return
    client.import_(path)
    [[snapshots, promoted, statements]] = state.execute(
        "SELECT snapshots, promoted_snapshot_ids, environment_statements FROM sqlmesh._environments JOIN "
        "sqlmesh._environment_statements ON environment_name = name WHERE name = 'feature_ünï_1'")
    assert json.loads(snapshots) == record["environment"]["snapshots"]
    assert json.loads(promoted or "null") == record["environment"].get("promoted_snapshot_ids")
    assert json.loads(statements) == record["statements"]


def test_a_key_that_differs_from_the_name(state, serve, tmp_path):
    """SQLMesh goes by the name; the entries belong to the key."""
    document = json.loads(json.dumps(DOCUMENT))
    document["environments"]["prod"]["environment"]["name"] = "copy-of-Prod"
    path = tmp_path / "state.json"
    path.write_text(json.dumps(document))
    serve(state).import_(path)
    assert state.count("_environments") == 9
    [[snapshots]] = state.execute("SELECT snapshots FROM sqlmesh._environments WHERE name = 'copy_of_prod'")
    assert len(json.loads(snapshots)) == 27


def test_two_names_that_become_one(state, serve, tmp_path):
    document = json.loads(json.dumps(DOCUMENT))
    for name in ("Dev-1", "dev_1"):
        document["environments"][name] = json.loads(json.dumps(document["environments"]["dev_b"]))
        document["environments"][name]["environment"]["name"] = name
    path = tmp_path / "state.json"
    path.write_text(json.dumps(document))
    error = serve(state).refused("import", "-i", path, "-y")
    assert error["reason"] == "RECORD_DUPLICATE" and "'dev_1' occurs 2 times" in error["message"], error
