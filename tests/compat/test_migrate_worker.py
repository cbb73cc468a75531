# SPDX-License-Identifier: Apache-2.0
"""Snapshots whose hashes no native rule covers: by the worker, kept, or refused."""

import json

import pytest

from harness import compare, workers
from harness.sqlmesh import SQLMesh

RELEASE = "0.176.0"
# As SQLMesh's own migration, but for what docs/migrations.md lists.
DEVIATIONS = ("environments.promoted_snapshot_ids", "environments.previous_finalized_snapshots")
# A partition transform; the states of the corpus have none.
TRANSFORM = """
  UPDATE sqlmesh._snapshots SET snapshot = replace(snapshot, '"(ordered_at)"', '"(bucket(4, order_id))"')
  WHERE name LIKE '%"orders_clean"'
"""


@pytest.fixture
def transformed(databases):
    """The state with that transform in every version of a model; as often as it is called."""
    def make():
        database = databases.state(RELEASE)
        database.execute(TRANSFORM)
        changed = database.scalar("SELECT count(*) FROM sqlmesh._snapshots WHERE snapshot LIKE '%bucket(4%'")
        assert changed >= 2
        return database
    return make


def fingerprints(database):
    """Of the model's snapshots: those that SQLMesh's data hash and metadata hash make."""
    documents = [json.loads(row[0]) for row in database.execute(
        "SELECT snapshot FROM sqlmesh._snapshots WHERE name LIKE '%\"orders_clean\"'")]
    return {(d["fingerprint"]["data_hash"], d["fingerprint"]["metadata_hash"]) for d in documents}


def test_the_worker_makes_what_sqlmesh_makes(transformed, serve):
    ours, theirs = transformed(), transformed()
    rows = serve(ours, **workers.OPTIONS).json("migrate", "-y")["rows"]
    assert rows["fingerprints_by_worker"] >= 1 and rows["fingerprints_native"] > 30, rows
    assert rows["fingerprints_kept"] == 0
    SQLMesh(theirs).migrate()
    assert compare.differences(ours, theirs, ignore=DEVIATIONS, migrated=True) == []


def test_without_a_worker_they_are_named_and_nothing_changes(transformed, serve):
    database = transformed()
    before = database.fingerprint()
    options = {"environment": workers.OPTIONS["environment"]}
    for arguments in (("-y",), ("--dry-run",)):
        error = serve(database, **options).refused("migrate", *arguments)
        assert error["reason"] == "FINGERPRINTS_UNSUPPORTED", error
        assert "orders_clean" in error["message"] and "BUCKET" in error["message"].upper(), error
        assert "fingerprint_worker" in error["hint"]
        assert "--keep-unsupported-fingerprints" in error["hint"]
        assert database.fingerprint() == before


def test_kept_on_request(transformed, serve):
    """They go out with the hashes they had, the note names them; the others have new ones."""
    database, whole = transformed(), transformed()
    before = fingerprints(database)
    options = {"environment": workers.OPTIONS["environment"]}
    result = serve(database, **options).json("migrate", "-y", "--keep-unsupported-fingerprints")
    assert result["rows"]["fingerprints_kept"] >= 1
    notes = [note for note in result["notes"] if note["kind"] == "NOTE_KIND_KEPT_FINGERPRINTS"]
    assert len(notes) == 1 and notes[0]["count"] == result["rows"]["fingerprints_kept"], result["notes"]
    assert any("orders_clean" in record for record in notes[0]["records"])
    assert fingerprints(database) <= before
    # Nothing else differs from a migration with the worker but what hangs on them.
    serve(whole, **workers.OPTIONS).ok("migrate", "-y")
    names = "SELECT DISTINCT name FROM sqlmesh._snapshots WHERE snapshot::json ->> 'migrated' = 'true'"
    assert set(database.execute(names)) <= set(whole.execute(names))
    assert database.versions() == whole.versions()
