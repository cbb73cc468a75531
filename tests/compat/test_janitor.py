# SPDX-License-Identifier: Apache-2.0
"""compact and expired --delete against the real SQLMesh, on copies of the same state."""

import json
import random
import subprocess
import sys
import uuid

import pytest

from harness import compare, paths

DAY = 86_400_000
ROWS = ("name, identifier, version, dev_version, start_ts, end_ts, is_dev, is_removed, is_compacted, "
        "is_pending_restatement, last_altered_ts")
# States that SQLMesh migrated from its oldest releases, and one that needed no migration.
RELEASES = pytest.mark.parametrize("release", [
    "0.137.1", pytest.param("0.200.0", marks=pytest.mark.exhaustive), paths.NEWEST])


def sqlmesh(database, *command):
    """tests/tools/state_sync.py, in a process of its own."""
    done = subprocess.run([sys.executable, paths.TESTS / "tools" / "state_sync.py", database.url, *command],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def intervals(database):
    return sorted(database.execute(f"SELECT {ROWS} FROM sqlmesh._intervals"), key=str)


def token(client, tmp_path):
    return client.export(tmp_path / "token.json")["metadata"]["stateserver"]["token"]


def newest(databases, release):
    return databases.state(release, "before" if release == paths.NEWEST else "after")


def add_histories(database, dice, count=400):
    """Rows of every sort, in the order and with the gaps a long life gives them."""
    keys = database.execute("SELECT name, identifier, version, dev_version FROM sqlmesh._snapshots")
    values = []
    for number in range(count):
        name, identifier, version, dev_version = dice.choice(keys[:12])
        dev, removed, pending = dice.random() < .3, dice.random() < .2, dice.random() < .2
        pending = pending and not removed
        start = 20_500 * DAY + dice.randint(0, 60) * DAY
        nameless = pending or dice.random() < .1
        text = lambda value: "NULL" if nameless else f"'{value}'"  # noqa: B023, E731
        values.append(
            f"('{uuid.uuid4().hex}', {1_700_000_000_000 + number // 2}, '{name}', {text(identifier)}, "
            f"'{version}', {text(dev_version)}, {start}, {start + dice.randint(1, 9) * DAY}, "
            f"{dev and not pending}, {removed}, {dice.random() < .3}, {pending}, "
            f"{dice.choice(['NULL', '0', str(dice.randint(1, 99))])})")
    database.execute(f"INSERT INTO sqlmesh._intervals (id, created_ts, name, identifier, version, dev_version, "
                     f"start_ts, end_ts, is_dev, is_removed, is_compacted, is_pending_restatement, "
                     f"last_altered_ts) VALUES {', '.join(values)}")


@RELEASES
def test_compact_leaves_what_sqlmesh_leaves(databases, serve, tmp_path, release):
    ours, theirs = newest(databases, release), newest(databases, release)
    client = serve(ours)
    before, rows = token(client, tmp_path), ours.count("_intervals")
    result = client.json("compact", "-y")
    sqlmesh(theirs, "compact")
    assert intervals(ours) == intervals(theirs)
    assert token(client, tmp_path) == before
    assert result["rows_deleted"] > result["rows_inserted"] > 0
    assert ours.count("_intervals") == rows - result["rows_deleted"] + result["rows_inserted"]


def test_compact_random_histories(databases, serve, tmp_path):
    ours = databases.state()
    seed = random.randrange(10**6)
    print("seed", seed)
    # No two rows share a key of SQLMesh's order and a snapshot, or its own result would vary.
    add_histories(ours, random.Random(seed))
    ours.execute("DELETE FROM sqlmesh._intervals a USING sqlmesh._intervals b WHERE a.id > b.id AND "
                 "(a.name, a.version, a.created_ts, a.is_removed, a.is_pending_restatement) = "
                 "(b.name, b.version, b.created_ts, b.is_removed, b.is_pending_restatement)")
    theirs, untouched = databases.copy(ours), databases.copy(ours)
    client = serve(ours)
    before = token(client, tmp_path)
    assert client.json("compact", "-y")["rows_deleted"] > 150
    sqlmesh(theirs, "compact")
    assert intervals(ours) == intervals(theirs)
    assert token(client, tmp_path) == before
    assert compare.differences(ours, untouched, ignore=(), fold_all=True) == []


def age(database, environments="name <> 'prod'"):
    """Everything is a month older, and some environments have expired."""
    database.execute(f"UPDATE sqlmesh._snapshots SET updated_ts = updated_ts - 30 * {DAY}::bigint")
    database.execute(f"UPDATE sqlmesh._environments SET expiration_ts = 1700000000000 WHERE {environments}")


def everything(database):
    """All rows; ids and times of interval rows are made anew by both tools."""
    tables = ("_snapshots", "_environments", "_environment_statements", "_versions")
    return {table: database.rows(table) for table in tables} | {"_intervals": intervals(database)}


@RELEASES
def test_expired_deletes_what_the_janitor_deletes(databases, serve, release):
    ours, theirs = newest(databases, release), newest(databases, release)
    for database in (ours, theirs):
        age(database)
    client = serve(ours)
    before = ours.count("_snapshots")
    listed = client.json("expired")
    untouched = ours.fingerprint()
    result = client.json("expired", "--delete", "-y")
    tables = json.loads(sqlmesh(theirs, "janitor"))
    assert everything(ours) == everything(theirs)
    gone = before - ours.count("_snapshots")
    assert len(listed["snapshots"]) == result["expired"]["snapshots"] == gone > 5
    assert [e["name"] for e in client.json("environments")["environments"]] == ["prod"]
    assert sorted(t["table"] for t in result["tables"]) == tables
    assert listed["tables"] == result["tables"]
    client.ok("restore", result["restore_point_id"], "-y")
    assert ours.fingerprint() == untouched


def test_only_one_environment(databases, serve):
    """The others that have expired stay, and so does all they use."""
    ours, theirs = databases.state(), databases.state()
    age(ours)
    age(theirs)
    client = serve(ours)
    name = "dev_a"
    result = client.json("expired", "--delete", "-y", "--environment", name)
    # SQLMesh's janitor, if nothing else had expired and only its snapshots were old.
    theirs.execute(f"UPDATE sqlmesh._environments SET expiration_ts = NULL WHERE name <> '{name}'")
    theirs.execute(f"UPDATE sqlmesh._snapshots s SET ttl_ms = 1000000000000000 WHERE NOT EXISTS (SELECT 1 FROM "
                   f"sqlmesh._environments e, json_array_elements(e.snapshots::json) x WHERE e.name = '{name}' AND "
                   f"x->>'name' = s.name AND (x->'fingerprint')::jsonb = s.fingerprint::jsonb)")
    sqlmesh(theirs, "janitor")
    ids = "SELECT name, identifier FROM sqlmesh._snapshots ORDER BY 1, 2"
    assert ours.execute(ids) == theirs.execute(ids)
    names = "SELECT name FROM sqlmesh._environments ORDER BY 1"
    assert ours.execute(names) == theirs.execute(names)
    assert result["expired"]["environments"] == 1
    assert result["expired"]["snapshots"] > 0
    sqlmesh(ours, "compact")  # ours compacted the models concerned only
    assert intervals(ours) == intervals(theirs)


def test_an_environment_that_is_not_finalized_keeps_its_previous_snapshots(databases, serve):
    ours, theirs = databases.state(), databases.state()
    for database in (ours, theirs):
        age(database, "name NOT IN ('prod', 'dev_b')")
        # Its own list is short: what it keeps alive is in the other one. It stays, whatever today is.
        database.execute("UPDATE sqlmesh._environments e SET finalized_ts = NULL, expiration_ts = NULL, "
                         "snapshots = '[]', "
                         "promoted_snapshot_ids = NULL, previous_finalized_snapshots = (SELECT snapshots FROM "
                         "sqlmesh._environments d WHERE d.name = 'dev_a') WHERE e.name = 'dev_b'")
    client = serve(ours)
    client.ok("expired", "--delete", "-y")
    sqlmesh(theirs, "janitor")
    assert everything(ours) == everything(theirs)
    assert ours.count("_snapshots") > len(client.json("snapshots", "--environment", "prod")["snapshots"])


def test_sqlmesh_works_on(databases, serve, tmp_path):
    """What is left loads through SQLMesh's own models, and its janitor finds nothing more."""
    state = databases.state()
    age(state)
    client = serve(state)
    client.ok("expired", "--delete", "-y")
    client.ok("compact", "-y")
    after = everything(state)
    assert json.loads(sqlmesh(state, "janitor")) == []
    assert everything(state) == after
    assert client("check").code == 0
