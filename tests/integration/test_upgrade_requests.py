# SPDX-License-Identifier: Apache-2.0
"""`upgrade-file`: what needs no migration, and what is refused."""

import json

import pytest

from harness import paths, workers
from harness.database import corpus_json

OLD = paths.CORPUS / "0.213.0" / "export_all.json"
NEW = paths.CORPUS / paths.NEWEST / "export_all.json"


def written(tmp_path, change):
    """The old file, changed."""
    document = corpus_json("0.213.0", "export_all.json")
    change(document)
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(document))
    return path


def left(database):
    """What an upgrade could have left behind: a schema of the server, a temporary table."""
    return database.execute(
        "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'stateserver%' UNION ALL"
        " SELECT relname FROM pg_class WHERE relpersistence = 't' AND relkind = 'r'")


def test_the_newest_stays_as_it_is(empty, serve, tmp_path):
    """Also with content that no environment uses."""
    document = json.loads(NEW.read_text())
    document["environments"].pop("dev_a")
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text(json.dumps(document))
    result = serve(empty, **workers.OPTIONS).json("upgrade-file", "-i", old, "-o", new)
    assert result["changed"] is False
    assert json.loads(new.read_text()) == document


def test_to_another_release_of_the_same_schema(empty, serve, tmp_path):
    new = tmp_path / "new.json"
    serve(empty, **workers.OPTIONS).ok("upgrade-file", "-i", NEW, "-o", new, "--to", "0.236.1")
    document, before = json.loads(new.read_text()), json.loads(NEW.read_text())
    assert document["versions"].pop("sqlmesh_version") == "0.236.1"
    assert before["versions"].pop("sqlmesh_version") == paths.NEWEST
    assert document == before


@pytest.mark.parametrize("release", ["0.213.0", "0.170.0", "7"])
def test_other_targets_are_refused_with_the_list(empty, serve, tmp_path, release):
    error = serve(empty, **workers.OPTIONS).refused("upgrade-file", "-i", OLD, "-o", tmp_path / "n", "--to", release)
    assert error["reason"] == "ARGUMENT_INVALID" and f" to {paths.NEWEST}" in error["hint"], error
    assert not (tmp_path / "n").exists()


@pytest.mark.parametrize("change, reason, said", [
    (lambda d: d["versions"].update(schema_version=103), "STATE_AHEAD",
     "(schema version 103) of the file. Please upgrade the server."),
    (lambda d: d["versions"].update(schema_version=76), "STATE_TOO_OLD", "The file has schema version 76"),
    (lambda d: d["metadata"].update(importable=False), "FILE_NOT_IMPORTABLE", "importable"),
    (lambda d: d["snapshots"].append(d["snapshots"][0]), "RECORD_DUPLICATE", "twice"),
    (lambda d: d["snapshots"][3].pop("updated_ts"), "RECORD_INVALID", "snapshots[3]"),
    (lambda d: d["snapshots"][3].pop("fingerprint"), "RECORD_INVALID", "snapshots[3]"),
    (lambda d: d["snapshots"][3].update(intervals=[[1]]), "RECORD_INVALID", "intervals"),
    (lambda d: d["environments"]["prod"]["environment"].pop("snapshots"), "RECORD_INVALID",
     "environments.prod.environment.snapshots"),
    (lambda d: d["environments"]["prod"]["environment"].update(finalized_ts="x"), "RECORD_INVALID",
     "environments.prod.environment.finalized_ts"),
])
def test_bad_files_are_refused_and_leave_nothing(empty, serve, tmp_path, change, reason, said):
    target = tmp_path / "new.json"
    target.write_text("as it was")
    error = serve(empty, **workers.OPTIONS).refused("upgrade-file", "-i", written(tmp_path, change), "-o", target)
    assert error["reason"] == reason, error
    assert said in error["message"] + error["hint"], error
    assert "allow_newer" not in error["hint"] and "stateclient" not in error["hint"], error
    assert target.read_text() == "as it was"
    assert left(empty) == []


def test_a_file_cut_short(empty, serve, tmp_path):
    (tmp_path / "cut.json").write_bytes(OLD.read_bytes()[:-2000])
    error = serve(empty, **workers.OPTIONS).refused("upgrade-file", "-i", tmp_path / "cut.json", "-o", tmp_path / "n")
    assert error["reason"] == "FILE_TRUNCATED", error
    assert not (tmp_path / "n").exists() and left(empty) == []


@pytest.fixture
def bare(empty):
    """The configuration of a role that may only connect to the database."""
    cluster = empty.cluster
    empty.execute(f"CREATE ROLE bare LOGIN PASSWORD '{cluster.password}'")
    yield {"local": {"state_connection": {
        "type": "postgres", "host": cluster.host, "port": cluster.port, "user": "bare",
        "password": cluster.password, "database": empty.name}}}
    empty.execute("DROP OWNED BY bare; DROP ROLE bare")


def content(path):
    """What does not depend on the time of the upgrade."""
    document = json.loads(path.read_text())
    snapshots = [(s["name"], s["fingerprint"], s["node"], s["intervals"]) for s in document["snapshots"]]
    environments = {name: e["environment"]["plan_id"] for name, e in document["environments"].items()}
    return document["versions"], snapshots, environments


def test_without_the_right_to_create_a_schema(bare, empty, serve, tmp_path):
    """The same as with all rights, twice over one connection."""
    assert empty.scalar("SELECT has_database_privilege('bare', current_database(), 'CREATE')") is False
    serve(empty, **workers.OPTIONS).ok("upgrade-file", "-i", OLD, "-o", tmp_path / "wanted")
    client = serve(bare, **workers.OPTIONS)
    for name in ("first", "second"):
        client.ok("upgrade-file", "-i", OLD, "-o", tmp_path / name)
        assert content(tmp_path / name) == content(tmp_path / "wanted")
        assert left(empty) == []


def test_without_the_right_to_create_temporary_tables(bare, empty, serve, tmp_path):
    """The error has the remedy, and `doctor` names the command before it is tried."""
    empty.execute(f'REVOKE TEMPORARY ON DATABASE "{empty.name}" FROM PUBLIC')
    client = serve(bare, **workers.OPTIONS)
    error = client.refused("upgrade-file", "-i", OLD, "-o", tmp_path / "n")
    assert error["reason"] == "PERMISSION_MISSING", error
    found = {f["name"]: f for f in client("--format", "json", "doctor", code=1).json["findings"]}
    writing = found["rights to write"]
    assert "temporary tables" in writing["message"] and "StateService.MigrateStateFile" in writing["calls"]
    assert error["hint"] == writing["hint"]
    empty.execute(writing["hint"])
    client.ok("upgrade-file", "-i", OLD, "-o", tmp_path / "n")
