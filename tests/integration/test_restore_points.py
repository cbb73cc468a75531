# SPDX-License-Identifier: Apache-2.0
"""A copy before anything destructive, and the way back."""

import uuid

import pytest

from harness import compare, paths

PART = paths.CORPUS / paths.NEWEST / "export_env_dev_b.json"
FILE = paths.CORPUS / paths.NEWEST / "export_all.json"


@pytest.fixture
def replaced(databases, serve):
    """A state that was replaced: client, database, and an untouched twin of what it was."""
    state, twin = databases.state(), databases.state()
    client = serve(state)
    result = client.json("import", "-i", PART, "-y", "--replace")
    return client, state, twin, result


def points(client):
    return client.json("restore-points")["restore_points"]


def test_taken_and_listed(replaced):
    client, _, twin, result = replaced
    (point,) = points(client)
    assert point["id"] == result["restore_point_id"]
    assert point["snapshots"] == twin.count("_snapshots")
    assert point["interval_rows"] == twin.count("_intervals")
    assert point["environments"] == 8
    assert point["versions"]["schema_version"] == paths.NEWEST_SCHEMA
    assert 0 < point["stored_bytes"] < point["raw_bytes"]
    assert result["operation"]["id"] in (point["operation_id"], point["reason"])


@pytest.mark.slow
def test_restored_to_the_row(replaced):
    client, state, twin, result = replaced
    client.ok("restore", result["restore_point_id"], "-y")
    assert compare.differences(state, twin, ignore=(), raw=True, fold_all=True) == []
    assert state.fingerprint() == twin.fingerprint()


def test_a_restore_can_be_undone(replaced):
    client, state, _, result = replaced
    before = state.fingerprint()
    undo = client.json("restore", result["restore_point_id"], "-y")
    assert state.fingerprint() != before
    client.ok("restore", undo["restore_point_id"], "-y")
    assert state.fingerprint() == before


def test_a_restore_is_on_record(replaced):
    client, _, _, result = replaced
    identifier = str(uuid.uuid4())
    client.ok("restore", result["restore_point_id"], "-y", "--operation-id", identifier)
    record = client.json("operation", identifier)["operation"]
    assert (record["kind"], record["status"]) == ("OPERATION_KIND_RESTORE", "OPERATION_STATUS_SUCCEEDED")


def test_a_merge_takes_none(state, serve):
    client = serve(state)
    client.import_(PART)
    assert points(client) == []


def test_a_refused_replace_takes_none(replaced):
    client, state, _, _ = replaced
    state.execute("UPDATE sqlmesh._versions SET sqlmesh_version = '0.235.0'")
    client.refused("import", "-i", PART, "-y", "--replace")
    state.execute(f"UPDATE sqlmesh._versions SET sqlmesh_version = '{paths.NEWEST}'")
    assert len(points(client)) == 1


def test_an_unknown_one(replaced):
    error = replaced[0].refused("restore", str(uuid.uuid4()), "-y")
    assert error["reason"] == "RESTORE_POINT_NOT_FOUND"


def test_exported(replaced, tmp_path):
    client, _, _, result = replaced
    client.ok("export", "-o", tmp_path / "point.json", "-y", "--restore-point", result["restore_point_id"])
    assert compare.differences(tmp_path / "point.json", FILE) == []


def test_the_oldest_go_first(state, serve):
    client = serve(state, restore_points={"keep": 2})
    made = [client.json("import", "-i", PART, "-y", "--replace")["restore_point_id"] for _ in range(4)]
    assert [point["id"] for point in points(client)] == made[:1:-1]


def test_the_newest_stays_however_old(state, serve):
    client = serve(state, restore_points={"max_age": "1s"})
    made = client.json("import", "-i", PART, "-y", "--replace")["restore_point_id"]
    state.execute("UPDATE stateserver.restore_points SET created_ts = created_ts - 40 * 86400000::bigint")
    assert [point["id"] for point in points(client)] == [made]
    newest = client.json("import", "-i", PART, "-y", "--replace")["restore_point_id"]
    assert [point["id"] for point in points(client)] == [newest]
