# SPDX-License-Identifier: Apache-2.0
"""--if-unchanged-since, --dry-run and --drop-dangling."""

import json

import pytest

from harness import malformed, paths

FILE = paths.CORPUS / paths.NEWEST / "export_all.json"
PART = paths.CORPUS / paths.NEWEST / "export_env_dev_b.json"


@pytest.fixture
def exported(state, serve, tmp_path):
    """A client, its database, and an export of it."""
    client, path = serve(state), tmp_path / "state.json"
    client.export(path)
    return client, state, path


def token(path):
    return json.loads(path.read_text())["metadata"]["stateserver"]["token"]


@pytest.mark.parametrize("form", ["token", "file"])
def test_holds(exported, form):
    client, _, path = exported
    client.import_(PART, "--if-unchanged-since", path if form == "file" else token(path))


CHANGES = {
    "environment": "UPDATE sqlmesh._environments SET plan_id = 'x' WHERE name = 'dev_a'",
    "unpaused": "UPDATE sqlmesh._snapshots SET unpaused_ts = 1 WHERE name LIKE '%py_full%'",
    "interval": "INSERT INTO sqlmesh._intervals SELECT md5('x'), created_ts + 1, name, identifier, version, "
                "start_ts - 86400000, start_ts, is_dev, is_removed, is_compacted, is_pending_restatement, "
                "dev_version, last_altered_ts FROM sqlmesh._intervals "
                "WHERE name LIKE '%raw_orders%' AND NOT is_dev AND NOT is_removed AND identifier IS NOT NULL "
                "ORDER BY start_ts LIMIT 1",
    "unreferenced snapshot": "DELETE FROM sqlmesh._snapshots s WHERE NOT EXISTS (SELECT 1 FROM "
                             "sqlmesh._environments e, json_array_elements(e.snapshots::json) x WHERE "
                             "x->>'name' = s.name AND (x->'fingerprint')::jsonb = s.fingerprint::jsonb)",
    "statements": "UPDATE sqlmesh._environment_statements SET plan_id = 'x'",
    "auto restatement": "UPDATE sqlmesh._auto_restatements SET next_auto_restatement_ts = 1",
}


@pytest.mark.parametrize("change", CHANGES)
def test_no_longer_holds(exported, change):
    client, state, path = exported
    with state.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SET search_path = sqlmesh")
        cursor.execute(CHANGES[change].replace("INSERT INTO sqlmesh._intervals SELECT", """
            INSERT INTO sqlmesh._intervals (id, created_ts, name, identifier, version, start_ts, end_ts,
            is_dev, is_removed, is_compacted, is_pending_restatement, dev_version, last_altered_ts) SELECT"""))
        assert cursor.rowcount > 0, "the test changed nothing"
    before = state.fingerprint()
    for mode in ((), ("--replace",)):
        error = client.refused("import", "-i", PART, "-y", "--if-unchanged-since", path, *mode)
        assert error["reason"] == "STATE_CHANGED", error
    assert state.fingerprint() == before


def test_the_token_is_of_the_content_only(exported, tmp_path):
    """Row ids, creation times and the order of rows are no content."""
    client, state, path = exported
    state.execute("UPDATE sqlmesh._intervals SET id = md5(id), created_ts = created_ts + 1")
    client.export(tmp_path / "again.json")
    assert token(tmp_path / "again.json") == token(path)


def test_the_token_is_of_the_whole_state(exported, tmp_path):
    """An export of one environment carries the token of all."""
    client, _, path = exported
    client.export(tmp_path / "part.json", "--environment", "dev_a")
    assert token(tmp_path / "part.json") == token(path)


def test_a_file_without_a_token(exported):
    client, state, _ = exported
    before = state.fingerprint()
    result = client("import", "-i", PART, "-y", "--if-unchanged-since", FILE)
    assert result.code in (1, 2) and "token" in result.err
    assert state.fingerprint() == before


@pytest.mark.parametrize("mode", [(), ("--replace",)], ids=["merge", "replace"])
def test_dry_run_reports_and_changes_nothing(exported, mode):
    client, state, _ = exported
    before = state.fingerprint()
    dry = client.json("import", "-i", PART, "--dry-run", *mode)
    assert state.fingerprint() == before
    assert dry["dry_run"] is True
    real = client.json("import", "-i", PART, "-y", *mode)
    for table in ("snapshots", "environments", "statements", "auto_restatements"):
        assert dry[table] == real[table], table
    assert dry["interval_rows_inserted"] == real["interval_rows_inserted"]
    assert real["snapshots"]["inserted"] + real["snapshots"]["replaced"] == 27


def test_dry_run_needs_no_operation_and_no_schema(state, serve):
    serve(state).ok("import", "-i", PART, "--dry-run")
    assert state.scalar("SELECT count(*) FROM pg_namespace WHERE nspname = 'stateserver'") == 0


def test_dry_run_refuses_what_the_import_would(exported, tmp_path):
    client, _, _ = exported
    for name in ("v_old", "dup_snapshot", "dangling"):
        client("import", "-i", malformed.write(name, tmp_path), "--dry-run", code=1)


def test_dangling_entries_can_be_dropped(exported, tmp_path):
    client, state, _ = exported
    path = malformed.write("dangling", tmp_path)
    entries = len(json.loads(path.read_text())["environments"]["dev_a"]["environment"]["snapshots"])
    result = client.json("import", "-i", path, "-y", "--drop-dangling")
    assert [note["count"] for note in result["notes"] if note["kind"] == "NOTE_KIND_DROPPED_DANGLING"] == [1]
    stored = json.loads(state.scalar("SELECT snapshots FROM sqlmesh._environments WHERE name = 'dev_a'"))
    assert len(stored) == entries - 1


def test_an_entry_may_point_to_the_state(exported, tmp_path):
    """Found in the state though not in the file: no dangling reference."""
    client, _, path = exported
    document = json.loads(path.read_text())
    document["snapshots"] = []
    (tmp_path / "environments.json").write_text(json.dumps(document))
    client.import_(tmp_path / "environments.json")
    error = client.refused("import", "-i", tmp_path / "environments.json", "-y", "--replace")
    assert error["reason"] == "DANGLING_REFERENCE"


def test_two_unpaused_snapshots_are_noted(exported, tmp_path):
    client, state, path = exported
    name = state.scalar("SELECT name FROM sqlmesh._snapshots GROUP BY name HAVING count(*) > 1 "
                        "AND count(unpaused_ts) = 1 LIMIT 1")
    document = json.loads(path.read_text())
    paused = [s for s in document["snapshots"] if s["name"] == name and "unpaused_ts" not in s]
    paused[0]["unpaused_ts"] = 1
    (tmp_path / "twice.json").write_text(json.dumps(document))
    result = client.json("import", "-i", tmp_path / "twice.json", "-y")
    notes = [note for note in result["notes"] if note["kind"] == "NOTE_KIND_UNPAUSED_TWICE"]
    assert notes and name in notes[0]["records"]
