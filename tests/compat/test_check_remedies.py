# SPDX-License-Identifier: Apache-2.0
"""The remedy of each finding of `check`, followed to the letter with the real SQLMesh, removes the finding."""

import json
import pathlib
import re
import shutil
import zlib

import pytest

from harness.database import Database
from harness.sqlmesh import SQLMesh

CONFIG = """\
gateways:
  local:
    connection: {{type: duckdb, database: {warehouse}}}
    state_connection:
      type: postgres
      host: {host}
      port: {port}
      user: {user}
      password: '{password}'
      database: "{{{{ env_var('STATE_DB') }}}}"
default_gateway: local
model_defaults: {{dialect: duckdb, start: 2026-11-01}}
"""
MODELS = {
    "base": "MODEL (name demo.base, kind FULL);\nSELECT 1 AS a\n",
    "child": "MODEL (name demo.child, kind VIEW);\nSELECT a FROM demo.base\n",
    "other": "MODEL (name demo.other, kind FULL);\nSELECT 2 AS b\n",
    "gone": "MODEL (name demo.gone, kind VIEW);\nSELECT a FROM demo.base\n",
}
# What dev has instead.
CHANGED = MODELS["other"].replace("2", "3")


class Project(SQLMesh):
    def plan(self, environment, *arguments):
        # dev is the branch on which one model has changed.
        (self.project / "models" / "other.sql").write_text(CHANGED if environment == "dev" else MODELS["other"])
        return self.run("plan", environment, "--no-prompts", "--auto-apply", "--skip-tests", *arguments)


@pytest.fixture(scope="module")
def origin(cluster, tmp_path_factory):
    """prod, and dev that differs in one model; all tests of this module work on copies."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "models").mkdir()
    for name, text in MODELS.items():
        (folder / "models" / f"{name}.sql").write_text(text)
    database = Database(cluster, cluster.create("template0"))
    (folder / "config.yaml").write_text(CONFIG.format(
        warehouse="wh.duckdb", host=cluster.host, port=cluster.port, user=cluster.USER, password=cluster.password))
    project = Project(database, project=folder)
    project.plan("prod")
    project.plan("dev")
    return project


@pytest.fixture
def project(origin, databases, tmp_path):
    """A copy of it for one test."""
    folder = tmp_path / "project"
    shutil.copytree(origin.project, folder)
    return Project(databases.copy(origin.database), project=folder)


def findings(client):
    return client("--format", "json", "check").json["first_findings"]


def kinds(client):
    return {finding["kind"].removeprefix("FINDING_KIND_") for finding in findings(client)}


def row(model, changed=False):
    """A condition for the rows of a model; of two, the one that prod has, or the changed one."""
    paused = "NULL" if changed else "NOT NULL"
    return f"name LIKE '%\"{model}\"' AND unpaused_ts IS {paused}"


def copy_of(model, **values):
    """Another row of prod's snapshot of a model, paused, with some columns set."""
    columns = ("name", "identifier", "version", "snapshot", "kind_name", "updated_ts", "unpaused_ts", "ttl_ms",
               "unrestorable", "forward_only", "dev_version", "fingerprint")
    chosen = {column: column for column in columns} | {"unpaused_ts": "NULL::bigint"} | values
    return (f"INSERT INTO sqlmesh._snapshots ({', '.join(chosen)}) SELECT {', '.join(chosen.values())}"
            f" FROM sqlmesh._snapshots WHERE {row(model)}")


# SQL that damages the state; one statement for each finding repairs it.
DAMAGES = {
    "version": "UPDATE sqlmesh._snapshots SET version = '1' WHERE " + row("other"),
    "dev_version": "UPDATE sqlmesh._snapshots SET dev_version = '1' WHERE " + row("other"),
    "kind_name": "UPDATE sqlmesh._snapshots SET kind_name = 'X' WHERE " + row("other"),
    "name": "UPDATE sqlmesh._snapshots SET name = '\"x\"' WHERE " + row("other"),
    "identifier": "UPDATE sqlmesh._snapshots SET identifier = '1' WHERE " + row("other"),
    "identifier of an unused copy": copy_of("other", identifier="'1'"),
    "name of an unused copy": copy_of("other", name="'\"x\"'"),
    "fingerprint": "UPDATE sqlmesh._snapshots SET fingerprint = '{\"data_hash\": \"1\", \"metadata_hash\": \"2\"}'"
                   " WHERE " + row("other"),
    "an unreadable fingerprint": "UPDATE sqlmesh._snapshots SET fingerprint = 'no' WHERE " + row("other"),
    "updated_ts": "UPDATE sqlmesh._snapshots SET updated_ts = NULL WHERE " + row("other"),
    "unrestorable": "UPDATE sqlmesh._snapshots SET unrestorable = NULL WHERE " + row("other"),
    "forward_only": "UPDATE sqlmesh._snapshots SET forward_only = NULL WHERE " + row("other"),
    "unpaused_ts": "UPDATE sqlmesh._snapshots SET unpaused_ts = 1 WHERE " + row("other", changed=True),
    "an interval without its end": "UPDATE sqlmesh._intervals SET end_ts = NULL WHERE name LIKE '%\"other\"'",
    "intervals of no snapshot": "UPDATE sqlmesh._intervals SET version = '1' WHERE name LIKE '%\"other\"'",
    "statements of no environment": "INSERT INTO sqlmesh._environment_statements VALUES ('nobody', 'p', '[]')",
    "auto restatements of no snapshot": "INSERT INTO sqlmesh._auto_restatements VALUES ('\"nobody\"', '1', 1)",
    "promoted ids of prod": "UPDATE sqlmesh._environments SET promoted_snapshot_ids ="
                            " '[{\"name\": \"x\", \"identifier\": \"1\"}]' WHERE name = 'prod'",
}


def statement(finding):
    """The SQL that the hint of a finding describes."""
    hint, record, identifier = finding["hint"], finding["record"].replace("'", "''"), finding["identifier"]
    here = f"name = '{record}' AND identifier = '{identifier}'"
    if found := re.match(r"Set the column (\w+) to ('.*?'|NULL): SQLMesh searches", hint):
        return f"UPDATE sqlmesh._snapshots SET {found[1]} = {found[2]} WHERE {here}"
    if found := re.match(r"Set the column identifier to '(\d+)'", hint):
        return f"UPDATE sqlmesh._snapshots SET identifier = '{found[1]}' WHERE {here}"
    if found := re.match(r"Set the column unpaused_ts to NULL in the rows ([\d, ]+):", hint):
        return (f"UPDATE sqlmesh._snapshots SET unpaused_ts = NULL WHERE name = '{record}' AND identifier IN"
                f" ({', '.join(repr(one) for one in found[1].split(', '))})")
    if hint.startswith("Set the column promoted_snapshot_ids to NULL"):
        return f"UPDATE sqlmesh._environments SET promoted_snapshot_ids = NULL WHERE name = '{record}'"
    if found := re.match(r"Set the column to a value: (a time|true or false)", hint):
        column = re.search(r"column (\w+) is NULL", finding["message"])
        assert column
        return f"UPDATE sqlmesh._snapshots SET {column[1]} = {'1' if found[1] == 'a time' else 'false'} WHERE {here}"
    if hint == "Copy the fingerprint from the row's JSON.":
        return f"UPDATE sqlmesh._snapshots SET fingerprint = snapshot::json ->> 'fingerprint' WHERE {here}"
    if hint.startswith("Delete the row: another row holds this snapshot"):
        return f"DELETE FROM sqlmesh._snapshots WHERE {here}"
    if hint.startswith("Delete the row; the next run"):
        found = re.search(r"Interval row (\w+) of", finding["message"])
        assert found
        return f"DELETE FROM sqlmesh._intervals WHERE id = '{found[1]}'"
    if hint == "Delete the rows of that name and version; nothing reads them.":
        found = re.search(r"version (\w+)", finding["message"])
        assert found
        return f"DELETE FROM sqlmesh._intervals WHERE name = '{record}' AND version = '{found[1]}'"
    assert hint == "Delete the row; nothing reads it.", hint
    if "environment" in finding["message"]:
        return f"DELETE FROM sqlmesh._environment_statements WHERE environment_name = '{record}'"
    return f"DELETE FROM sqlmesh._auto_restatements WHERE snapshot_name = '{record}'"


@pytest.mark.parametrize("damage", DAMAGES)
def test_statements(project, serve, damage):
    """Findings whose remedy is one statement."""
    client = serve(project.database)
    assert findings(client) == []
    project.database.execute(DAMAGES[damage])
    found = findings(client)
    assert found
    while found:
        # A wrong name or identifier also leaves a reference without its snapshot, which the same remedy finds again.
        followed = [one for one in found if not one["kind"].endswith(("DANGLING_REFERENCE", "MISSING_PARENT"))]
        assert followed, found
        project.database.execute(statement(followed[0]))
        left = findings(client)
        assert followed[0] not in left and len(left) < len(found), left
        found = left


def test_sqlmesh_after_statements(project, serve):
    """One project has all of the damage that does not touch the same column, and SQLMesh works on what is left."""
    client = serve(project.database)
    for damage in ("version", "dev_version", "kind_name", "fingerprint", "updated_ts", "unpaused_ts",
                   "intervals of no snapshot", "statements of no environment"):
        project.database.execute(DAMAGES[damage])
    while found := findings(client):
        project.database.execute(statement(found[0]))
    project.plan("dev")
    project.plan("prod")
    project.run("janitor")
    assert findings(client) == []


RESTORED = {
    "a snapshot that is not JSON": "UPDATE sqlmesh._snapshots SET snapshot = '{' WHERE " + row("other"),
    "a snapshot without its node": "UPDATE sqlmesh._snapshots SET snapshot = '{\"name\": \"x\"}' WHERE "
                                   + row("other"),
    "an environment without snapshots": "UPDATE sqlmesh._environments SET snapshots = NULL WHERE name = 'dev'",
    "requirements that are not JSON": "UPDATE sqlmesh._environments SET requirements = '{' WHERE name = 'dev'",
    "another fingerprint in the JSON": (
        "UPDATE sqlmesh._snapshots SET snapshot = replace(snapshot, '\"metadata_hash\":\"', '\"metadata_hash\":\"9')"
        " WHERE " + row("other")),
}


@pytest.mark.parametrize("damage", RESTORED)
def test_restore_points(project, serve, tmp_path, damage):
    """Findings whose remedy is a restore point."""
    client = serve(project.database)
    client.export(tmp_path / "state.json")
    point = client.json("import", "-i", tmp_path / "state.json", "--replace", "-y")["restore_point_id"]
    project.database.execute(RESTORED[damage])
    found = findings(client)
    assert any(finding["hint"] == "Restore the row from a backup or a restore point." for finding in found), found
    client.ok("restore", point, "-y")
    assert findings(client) == []


def hint_of(client, kind, record):
    (hint,) = {finding["hint"] for finding in findings(client)
               if finding["kind"] == f"FINDING_KIND_{kind}" and finding["record"] == record}
    return hint


def leave_out(client, environment, folder: pathlib.Path):
    """"Export the environment and import the file with `drop_dangling`"."""
    path = folder / f"{environment}.json"
    client.ok("export", "--environment", environment, "-o", path, "-y")
    client.import_(path, "--drop-dangling")


def test_a_snapshot_that_is_gone(project, serve, tmp_path):
    """SQLMesh's plan alone fails on such a state."""
    client = serve(project.database)
    project.database.execute("DELETE FROM sqlmesh._snapshots WHERE " + row("base"))
    # Its intervals are used again once its model is planned again.
    assert kinds(client) == {"DANGLING_REFERENCE", "MISSING_PARENT", "ORPHANED_INTERVALS"}
    for environment in ("prod", "dev"):
        hint = hint_of(client, "DANGLING_REFERENCE", environment)
        assert hint.startswith("Export the environment and import the file with `drop_dangling`")
        assert f"`sqlmesh plan {environment}` then adds the model again" in hint
        leave_out(client, environment, tmp_path)
    assert kinds(client) == {"MISSING_PARENT", "ORPHANED_INTERVALS"}
    for finding in findings(client):
        if finding["kind"].endswith("MISSING_PARENT"):
            assert finding["hint"].startswith("Apply a plan to the environments that use the snapshot"), finding
    project.plan("prod")
    project.plan("dev")
    assert findings(client) == []
    names = {snapshot["name"] for snapshot in client.json("environment", "prod")["snapshots"]}
    assert any("base" in name for name in names), names


def test_previous_snapshots_of_an_environment_that_is_not_finalized(project, serve):
    client = serve(project.database)
    project.database.execute(
        "UPDATE sqlmesh._environments SET finalized_ts = NULL, previous_finalized_snapshots ="
        " replace(snapshots, '\"metadata_hash\": \"', '\"metadata_hash\": \"9') WHERE name = 'dev'")
    assert kinds(client) == {"STALE_PREVIOUS_FINALIZED"}
    assert "`sqlmesh plan dev`" in hint_of(client, "STALE_PREVIOUS_FINALIZED", "dev")
    project.plan("dev")
    assert findings(client) == []


def test_stale_promoted_ids(project, serve):
    client = serve(project.database)
    project.database.execute("UPDATE sqlmesh._environments SET promoted_snapshot_ids ="
                             " '[{\"name\": \"\\\"x\\\"\", \"identifier\": \"12\"}]' WHERE name = 'dev'")
    assert kinds(client) == {"STALE_PROMOTED_ID"}
    assert hint_of(client, "STALE_PROMOTED_ID", "dev") == (
        "Recreate the environment: `sqlmesh invalidate dev`, then `sqlmesh plan dev`.")
    project.run("invalidate", "dev")
    project.plan("dev")
    assert findings(client) == []


def test_a_model_that_prod_has_dropped(project, serve):
    """SQLMesh leaves its snapshot unpaused, and a migration makes a second one of it."""
    client = serve(project.database)
    (project.project / "models" / "gone.sql").unlink()
    project.plan("prod")
    ((name, text, unpaused_ts),) = project.database.execute(
        "SELECT name, snapshot, unpaused_ts FROM sqlmesh._snapshots WHERE name LIKE '%\"gone\"'")
    assert unpaused_ts is not None
    snapshot = json.loads(text)
    fingerprint = snapshot["fingerprint"]
    fingerprint["metadata_hash"] = "7"
    parts = [fingerprint.get(key, "0") for key in ("data_hash", "metadata_hash", "parent_data_hash",
                                                   "parent_metadata_hash")]
    identifier = zlib.crc32(";".join(parts).encode())
    project.database.execute(copy_of(
        "gone", identifier=f"'{identifier}'", unpaused_ts="unpaused_ts", snapshot=f"$text${json.dumps(snapshot)}$text$",
        fingerprint=f"$text${json.dumps(fingerprint)}$text$"))
    answer = client.json("check")
    assert answer["findings"] == 0, answer
    assert [(note["kind"], note["records"]) for note in answer["notes"]] == [("NOTE_KIND_UNPAUSED_TWICE", [name])]
