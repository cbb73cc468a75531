# SPDX-License-Identifier: Apache-2.0
"""compact, expired and check as a user runs them: answers, refusals, damage found."""

import urllib.request
import uuid
from typing import Any

import pytest

from harness import paths

OLD = 1_700_000_000_000


def findings(client):
    """Kind -> findings of a check that must find something."""
    answer = client("--format", "json", "check", code=1).json
    found: dict[str, list[Any]] = {}
    for finding in answer["first_findings"]:
        assert finding["message"] and finding["hint"], finding
        found.setdefault(finding["kind"].removeprefix("FINDING_KIND_"), []).append(finding)
    counts = {c["kind"].removeprefix("FINDING_KIND_"): c["count"] for c in answer["counts"]}
    assert sum(counts.values()) == answer["findings"]
    assert {kind: min(count, 100) for kind, count in counts.items()} == {
        kind: len(each) for kind, each in found.items()}
    return found


def one(database, columns, table="_snapshots", where="true"):
    return database.execute(f"SELECT {columns} FROM sqlmesh.{table} WHERE {where} ORDER BY 1, 2 LIMIT 1")[0]


def in_prod(database):
    """(name, identifier) of a snapshot that prod uses and that has a parent."""
    return one(database, "s.name, s.identifier", "_snapshots s",
               "s.unpaused_ts IS NOT NULL AND s.snapshot::json #>> '{parents,0,name}' IS NOT NULL")


# Compact --------------------------------------------------------------


def test_compact_tells_what_it_did(state, serve):
    client = serve(state)
    result = client.ok("compact", "-y")
    assert "Intervals compacted successfully" in result.err and "row" in result.err
    assert result.out == ""
    again = client.ok("compact", "-y")
    assert "Nothing to do" in again.err


def test_compact_dry_run_changes_nothing(state, serve):
    client = serve(state)
    before, tables = state.fingerprint(), state.tables("stateserver")
    counted = client.json("compact", "--dry-run")
    assert counted["dry_run"] and counted["operation"] is None
    assert state.fingerprint() == before and state.tables("stateserver") == tables
    done = client.json("compact", "-y")
    keys = ("versions", "rows_deleted", "rows_inserted")
    assert [counted[key] for key in keys] == [done[key] for key in keys]
    assert state.fingerprint() != before


def test_compact_asks(state, serve):
    before = state.fingerprint()
    assert serve(state).ok("compact", input="n\n").out == ""
    assert state.fingerprint() == before


@pytest.mark.parametrize("command", [("compact",), ("expired", "--delete")], ids=["compact", "expired"])
def test_a_retry_runs_nothing_twice(state, serve, command):
    client = serve(state)
    state.execute(f"UPDATE sqlmesh._environments SET expiration_ts = {OLD} WHERE name = 'dev_a'")
    identifier = str(uuid.uuid4())
    first = client.json(*command, "-y", "--operation-id", identifier)
    after = state.fingerprint()
    state.execute("UPDATE sqlmesh._intervals SET is_compacted = false")
    state.execute(f"UPDATE sqlmesh._environments SET expiration_ts = {OLD} WHERE name = 'dev_b'")
    between = state.fingerprint()
    again = client.json(*command, "-y", "--operation-id", identifier)
    assert again["operation"] == first["operation"]
    assert state.fingerprint() == between != after
    record = client.json("operation", identifier)["operation"]
    assert record["kind"] == f"OPERATION_KIND_{'COMPACT' if command[0] == 'compact' else 'DELETE_EXPIRED'}"
    assert record["status"] == "OPERATION_STATUS_SUCCEEDED" and record["details"]


def test_compact_waits_for_the_lock_and_names_its_holder(state, serve):
    client = serve(state, limits={"lock_timeout": "300ms"})
    before = state.fingerprint()
    with state.connect() as other:
        other.cursor().execute("LOCK TABLE sqlmesh._intervals IN ROW EXCLUSIVE MODE")
        error = client.refused("compact", "-y")
    assert error["reason"] == "LOCK_TIMEOUT"
    assert state.fingerprint() == before


def test_compact_names_a_row_it_cannot_read(state, serve):
    name = one(state, "name, id", "_intervals", "NOT is_compacted")[0]
    state.execute(f"UPDATE sqlmesh._intervals SET end_ts = NULL WHERE name = '{name}'")
    before = state.fingerprint()
    client = serve(state)
    error = client.refused("compact", "-y")
    assert error["reason"] == "STATE_CORRUPT" and name in error["message"]
    assert state.fingerprint() == before
    assert name in [f["record"] for f in findings(client)["UNREADABLE_ROW"]]


@pytest.mark.parametrize("command", [("compact", "-y"), ("compact", "--dry-run"), ("expired",),
                                     ("expired", "--delete", "-y")], ids=" ".join)
def test_other_schemas_are_refused(databases, serve, command):
    old = databases.state("0.231.1")
    before = old.fingerprint()
    error = serve(old).refused(*command)
    assert error["reason"] == "STATE_BEHIND"
    assert "stateclient migrate" in error["hint"] and "import" not in error["hint"]
    assert old.fingerprint() == before and old.tables("stateserver") == []


@pytest.mark.parametrize("command,code", [(("compact", "-y"), 1), (("expired",), 1), (("check",), 2)])
def test_an_empty_database_is_refused(empty, serve, command, code):
    assert serve(empty).refused(*command, code=code)["reason"] == "NOT_MIGRATED"
    assert empty.tables("stateserver") == []


def test_each_method_is_counted(state, serve, stubs):
    client = serve(state)
    with client.server.channel() as channel:
        service = stubs.maintenance_grpc.MaintenanceServiceStub(channel)
        *_, last = service.Compact(stubs.maintenance.CompactRequest(operation_id=str(uuid.uuid4())))
        assert last.result.rows_deleted > last.result.rows_inserted > 0
        *_, last = service.Check(stubs.maintenance.CheckRequest())
        assert last.result.findings == 0
    client.ok("expired")
    with urllib.request.urlopen(f"http://{client.server.metrics_address}/metrics", timeout=10) as answer:
        metrics = answer.read().decode()
    for method in ("Compact", "Check", "FindExpired"):
        assert f'stateserver_rpc_handled_total{{code="OK",method="{method}"}} 1' in metrics
    client.server.wait_for_log("Compact")


# Expired --------------------------------------------------------------


@pytest.fixture
def aged(state):
    """dev_a and dev_b have expired, and every time to live is over."""
    state.execute(f"UPDATE sqlmesh._environments SET expiration_ts = CASE WHEN name IN ('dev_a', 'dev_b') "
                  f"THEN {OLD} END")
    state.execute(f"UPDATE sqlmesh._snapshots SET updated_ts = {OLD}")
    return state


def test_expired_lists_and_says_why(aged, serve):
    client = serve(aged)
    before = aged.fingerprint()
    answer = client.json("expired")
    assert [e["name"] for e in answer["environments"]] == ["dev_a", "dev_b"]
    assert all(e["snapshots"] > 0 for e in answer["environments"])
    assert all("2023-11-14" in e["reason"] for e in answer["environments"])
    reasons = {s["reason"].split(",")[0] for s in answer["snapshots"]}
    assert reasons <= {"No environment uses it", "Only expired environments use it ('dev_a')",
                       "Only expired environments use it ('dev_b')"} and len(reasons) > 1
    text = client.ok("expired").out
    assert "dev_b" in text and answer["snapshots"][0]["identifier"] in text
    assert all(table["table"] in text for table in answer["tables"])
    assert aged.fingerprint() == before


def test_a_time_to_live_that_goes_on_keeps_a_snapshot(aged, serve):
    client = serve(aged)
    gone = {(s["name"], s["identifier"]) for s in client.json("expired")["snapshots"]}
    name, identifier = sorted(gone)[0]
    aged.execute(f"UPDATE sqlmesh._snapshots SET ttl_ms = 100000000000000 WHERE name = '{name}' AND "
                 f"identifier = '{identifier}'")
    answer = client.json("expired")
    assert {(s["name"], s["identifier"]) for s in answer["snapshots"]} == gone - {(name, identifier)}
    assert answer["kept_by_ttl"] == 1


def test_delete_leaves_a_restore_point_and_names_the_tables(aged, serve):
    client = serve(aged)
    before = aged.fingerprint()
    listed = client.json("expired")
    result = client.ok("expired", "--delete", "-y")
    assert all(table["table"] in result.out for table in listed["tables"])
    assert aged.count("_environments") == 6
    (point,) = client.json("restore-points")["restore_points"]
    assert point["id"] in result.err and point["reason"] == "expired --delete"
    record = client.json("operations")["operations"][0]
    assert record["restore_point_id"] == point["id"]
    assert sorted(record["details"]["tables"]) == sorted(t["table"] for t in listed["tables"])
    client.ok("restore", point["id"], "-y")
    assert aged.fingerprint() == before


def test_delete_shows_and_asks(aged, serve):
    before = aged.fingerprint()
    result = serve(aged).ok("expired", "--delete", input="n\n")
    assert "dev_a" in result.err and "destructive" in result.err
    assert aged.fingerprint() == before


def test_nothing_expired(state, serve):
    state.execute("UPDATE sqlmesh._environments SET expiration_ts = NULL")
    state.execute("UPDATE sqlmesh._snapshots SET ttl_ms = 100000000000000")
    client = serve(state)
    before = state.fingerprint()
    assert client.json("expired")["snapshots"] == []
    result = client.json("expired", "--delete", "-y")
    assert result["restore_point_id"] == "" and result["tables"] == []
    assert state.fingerprint() == before


def test_one_environment_that_lives(aged, serve):
    client = serve(aged)
    answer = client.json("expired", "--environment", "prod")
    assert answer["snapshots"] == answer["environments"] == []
    assert answer["notes"][0]["kind"] == "NOTE_KIND_ENVIRONMENT_NOT_EXPIRED"
    assert client.refused("expired", "--environment", "nope")["reason"] == "ENVIRONMENT_NOT_FOUND"


def test_one_environment_only(aged, serve):
    client = serve(aged)
    everything = client.json("expired")
    part = client.json("expired", "--environment", "dev_a")
    ids = lambda answer: {(s["name"], s["identifier"]) for s in answer["snapshots"]}  # noqa: E731
    assert [e["name"] for e in part["environments"]] == ["dev_a"]
    assert set() < ids(part) < ids(everything)
    used = {name: {s["identifier"] for s in client.json("environment", name)["snapshots"]}
            for name in ("dev_a", "dev_b")}
    assert {identifier for _, identifier in ids(part)} <= used["dev_a"] - used["dev_b"]


def test_delete_only_if_unchanged(aged, serve, tmp_path):
    client = serve(aged)
    client.export(tmp_path / "now.json")
    aged.execute("UPDATE sqlmesh._snapshots SET unrestorable = NOT unrestorable")
    before = aged.fingerprint()
    error = client.refused("expired", "--delete", "-y", "--if-unchanged-since", tmp_path / "now.json")
    assert error["reason"] == "STATE_CHANGED" and aged.fingerprint() == before
    client.export(tmp_path / "now.json")
    client.ok("expired", "--delete", "-y", "--if-unchanged-since", tmp_path / "now.json")


# Check ----------------------------------------------------------------


@pytest.mark.parametrize("release,when", [(paths.NEWEST, "before"), ("0.176.0", "before"), ("0.231.1", "before")])
def test_a_sound_state(databases, serve, release, when):
    state = databases.state(release, when)
    before = state.fingerprint()
    answer = serve(state).json("check")
    assert answer["findings"] == 0 and answer["counts"] == answer["first_findings"] == []
    assert answer["snapshots"] == state.count("_snapshots") > 40
    assert answer["interval_rows"] == state.count("_intervals")
    assert answer["environments"] == state.count("_environments")
    assert state.fingerprint() == before


@pytest.mark.parametrize("release", ["0.137.1", "0.231.1"])
def test_what_sqlmeshs_own_migration_leaves_behind(databases, serve, release):
    """It rewrites identifiers, but not those in promoted_snapshot_ids."""
    state = databases.state(release, "after")
    found = findings(serve(state))
    assert list(found) == ["STALE_PROMOTED_ID"]
    assert "prod" not in {finding["record"] for finding in found["STALE_PROMOTED_ID"]}


def test_too_old_to_check(databases, serve):
    error = serve(databases.state("0.163.0")).refused("check", code=2)
    assert error["reason"] == "STATE_TOO_OLD" and "stateclient migrate" in error["hint"]


DAMAGE = {
    "DANGLING_REFERENCE": "DELETE FROM sqlmesh._snapshots WHERE name = '{name}' AND identifier = '{identifier}'",
    "MISSING_PARENT": "DELETE FROM sqlmesh._snapshots WHERE name = '{parent}'",
    "STALE_PROMOTED_ID": "UPDATE sqlmesh._environments SET promoted_snapshot_ids = "
                         "'[{{\"name\": \"{name_json}\", \"identifier\": \"1\"}}]' WHERE name = 'prod'",
    "STALE_PREVIOUS_FINALIZED": "UPDATE sqlmesh._environments SET finalized_ts = NULL, previous_finalized_snapshots = "
                                "replace(snapshots, '\"data_hash\": \"', '\"data_hash\": \"9') WHERE name = 'prod'",
    "DUPLICATE_UNPAUSED": "UPDATE sqlmesh._snapshots SET unpaused_ts = 1 WHERE name IN (SELECT name FROM "
                          "sqlmesh._snapshots GROUP BY name HAVING count(*) > 1)",
    "IDENTIFIER_MISMATCH": "UPDATE sqlmesh._snapshots SET identifier = '1' WHERE name = '{name}' AND "
                           "identifier = '{identifier}'",
    "ORPHANED_INTERVALS": "UPDATE sqlmesh._intervals SET version = '1' WHERE name = '{name}'",
    "ORPHANED_STATEMENTS": "UPDATE sqlmesh._environment_statements SET environment_name = 'gone' WHERE "
                           "environment_name = 'prod'",
    "ORPHANED_AUTO_RESTATEMENT": "UPDATE sqlmesh._auto_restatements SET snapshot_version = snapshot_version || '1'",
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_found(state, serve, kind):
    name, identifier = in_prod(state)
    parent = state.scalar(f"SELECT snapshot::json #>> '{{parents,0,name}}' FROM sqlmesh._snapshots WHERE "
                          f"name = '{name}' AND identifier = '{identifier}'")
    client = serve(state)
    client.ok("check")
    state.execute(DAMAGE[kind].format(name=name, identifier=identifier, parent=parent,
                                      name_json=name.replace('"', '\\"')))
    found = findings(client)
    assert kind in found
    text = client("check", code=1).out
    assert found[kind][0]["message"] in text and found[kind][0]["hint"] in text


@pytest.mark.parametrize("change", ["version = '1'", "dev_version = '1'", "kind_name = 'FULL, once'",
                                    """fingerprint = '{"data_hash": "1", "metadata_hash": "2"}'"""])
def test_a_column_that_differs_from_the_json(state, serve, change):
    name, identifier = in_prod(state)
    state.execute(f"UPDATE sqlmesh._snapshots SET {change} WHERE name = '{name}' AND identifier = '{identifier}'")
    (finding,) = findings(serve(state))["COLUMN_MISMATCH"]
    assert (finding["record"], finding["identifier"]) == (name, identifier)
    assert change.split(" ")[0] in finding["message"]


@pytest.mark.parametrize("change", [
    "snapshot = '{'", "snapshot = '[1]'", "snapshot = NULL", "snapshot = '{\"name\": \"x\"}'",
    "fingerprint = 'no'", "updated_ts = NULL", "unrestorable = NULL", "forward_only = NULL"])
def test_a_snapshot_that_cannot_be_read(state, serve, change):
    name, identifier = in_prod(state)
    state.execute(f"UPDATE sqlmesh._snapshots SET {change} WHERE name = '{name}' AND identifier = '{identifier}'")
    (finding,) = findings(serve(state))["UNREADABLE_ROW"]
    assert (finding["record"], finding["identifier"]) == (name, identifier)


@pytest.mark.parametrize("change", [
    "snapshots = '{'", "snapshots = '[1]'", "snapshots = NULL", "promoted_snapshot_ids = '[1]'",
    "requirements = '{'", "snapshots = '[' || repeat(' ', 9000000)"], ids=lambda text: text[:30])
def test_an_environment_that_cannot_be_read(state, serve, change):
    state.execute(f"UPDATE sqlmesh._environments SET {change} WHERE name = 'dev_a'")
    found = findings(serve(state))
    assert {finding["record"] for finding in found["UNREADABLE_ROW"]} == {"dev_a"}


def test_previous_snapshots_of_a_finalized_environment_are_a_note(state, serve):
    """SQLMesh does not read them, and its janitor deletes what they name."""
    state.execute("UPDATE sqlmesh._environments SET finalized_ts = 1, previous_finalized_snapshots = "
                  "replace(snapshots, '\"data_hash\": \"', '\"data_hash\": \"9') WHERE name = 'prod'")
    answer = serve(state).json("check")
    assert [(n["kind"], n["records"]) for n in answer["notes"]] == [("NOTE_KIND_STALE_PREVIOUS_FINALIZED", ["prod"])]


def test_many_findings_are_counted_and_the_first_are_shown(state, serve):
    state.execute("INSERT INTO sqlmesh._environment_statements (environment_name, plan_id, environment_statements) "
                  "SELECT 'gone ' || i, 'p', '[]' FROM generate_series(1, 250) i")
    client = serve(state)
    assert len(findings(client)["ORPHANED_STATEMENTS"]) == 100
    assert "orphaned statements (250)" in client("check", code=1).out
    assert "and 150 more" in client("check", code=1).out
