# SPDX-License-Identifier: Apache-2.0
"""The counts of an import: never negative, and they add up to what the file and the tables hold.

Each seed is a walk: files with random parts of a state are imported one after another into the same database, so
that each pair of neighbours is a random pair of states.
"""

import copy
import json
import random

import pytest

from harness import paths

DOCUMENT = json.loads((paths.CORPUS / paths.NEWEST / "export_all.json").read_text())
TABLES = {"snapshots": "_snapshots", "environments": "_environments", "auto_restatements": "_auto_restatements",
          "statements": "_environment_statements"}
STEPS = 8


def random_file(dice):
    """Some environments with and without statements, their snapshots, and some that none of them uses."""
    document = {"metadata": DOCUMENT["metadata"], "versions": DOCUMENT["versions"], "environments": {}}
    names = dice.sample(sorted(DOCUMENT["environments"]), dice.randint(0, len(DOCUMENT["environments"])))
    used = set()
    for name in names:
        record = copy.deepcopy(DOCUMENT["environments"][name])
        if dice.random() < 0.5:
            record["statements"] = []
        used |= {(info["name"], json.dumps(info["fingerprint"])) for info in record["environment"]["snapshots"]}
        document["environments"][name] = record
    document["snapshots"] = []
    for snapshot in DOCUMENT["snapshots"]:
        if (snapshot["name"], json.dumps(snapshot["fingerprint"])) in used or dice.random() < 0.2:
            document["snapshots"].append(random_snapshot(copy.deepcopy(snapshot), dice))
    dice.shuffle(document["snapshots"])
    return document


def random_snapshot(snapshot, dice):
    if dice.random() < 0.3:
        snapshot["next_auto_restatement_ts"] = dice.choice([0, 1_796_000_000_000, 1_796_100_000_000])
    elif dice.random() < 0.3:
        snapshot.pop("next_auto_restatement_ts", None)
    for lists in ("intervals", "dev_intervals", "pending_restatement_intervals"):
        snapshot[lists] = [interval for interval in snapshot[lists] if dice.random() < 0.8]
    return snapshot


def held(document):
    """What the file holds, by kind."""
    restated = {(s["name"], s["version"]) for s in document["snapshots"] if s.get("next_auto_restatement_ts")}
    return {"snapshots": len(document["snapshots"]), "environments": len(document["environments"]),
            "auto_restatements": len(restated),
            "statements": sum(bool(record["statements"]) for record in document["environments"].values())}


def check(answer, document, before, after, rows_before, rows_after, mode):
    numbers = [number for kind in TABLES for number in answer[kind].values()]
    assert min(*numbers, answer["interval_rows_inserted"], answer["intervals_already_covered"]) >= 0, answer
    for kind in TABLES:
        changes = answer[kind]
        new = changes["inserted"] + changes["replaced"]
        assert new == held(document)[kind], (kind, answer)
        assert changes["replaced"] + changes["left_alone"] + changes["deleted"] == before[kind], (kind, answer)
        assert new + changes["left_alone"] == after[kind], (kind, answer)
    for kind in ("snapshots", "environments", "statements"):
        assert answer["file"][kind] == held(document)[kind], (kind, answer)
    kept = rows_before if mode == "merge" else 0
    assert kept + answer["interval_rows_inserted"] == rows_after, answer


@pytest.mark.parametrize("seed", [
    seed if seed < 3 else pytest.param(seed, marks=pytest.mark.exhaustive) for seed in range(25)])
def test_counts_add_up(empty, serve, tmp_path, seed):
    dice = random.Random(seed)
    client = serve(empty)
    client.ok("migrate", "-y")
    path = tmp_path / "state.json"
    modes = ["replace" if dice.random() < 0.25 else "merge" for _ in range(STEPS)]
    for mode in modes:
        document = random_file(dice)
        path.write_text(json.dumps(document))
        flags = ["--drop-dangling", *(["--replace"] if mode == "replace" else [])]
        before = {kind: empty.count(table) for kind, table in TABLES.items()}
        rows = empty.count("_intervals")
        promised = client.json("import", "-i", path, "-y", "--dry-run", *flags)
        answer = client.json("import", "-i", path, "-y", *flags)
        after = {kind: empty.count(table) for kind, table in TABLES.items()}
        check(answer, document, before, after, rows, empty.count("_intervals"), mode)
        for part in (*TABLES, "file", "interval_rows_inserted", "intervals_already_covered"):
            assert promised[part] == answer[part], part


def test_statements_that_go_and_come(state, serve, tmp_path):
    client, path = serve(state), tmp_path / "state.json"
    document = json.loads(json.dumps(DOCUMENT))
    statements = document["environments"]["prod"]["statements"]
    assert state.count("_environment_statements") == 8

    def import_(new):
        document["environments"]["prod"]["statements"] = new
        path.write_text(json.dumps(document))
        return client.json("import", "-i", path, "-y")["statements"]

    assert import_([]) == {"inserted": 0, "replaced": 7, "left_alone": 0, "deleted": 1}
    assert import_([]) == {"inserted": 0, "replaced": 7, "left_alone": 0, "deleted": 0}
    assert import_(statements) == {"inserted": 1, "replaced": 7, "left_alone": 0, "deleted": 0}


def test_rows_of_a_table_that_lost_its_primary_key(state, serve, tmp_path):
    """It can hold a name twice; both go, and one comes."""
    for table, key in (("_environments", "name"), ("_environment_statements", "environment_name")):
        [[constraint]] = state.execute(f"SELECT conname FROM pg_constraint WHERE contype = 'p' AND "
                                       f"conrelid = 'sqlmesh.{table}'::regclass")
        state.execute(f'ALTER TABLE sqlmesh.{table} DROP CONSTRAINT "{constraint}"')
        state.execute(f"INSERT INTO sqlmesh.{table} SELECT * FROM sqlmesh.{table} WHERE {key} = 'prod'")
    document = json.loads(json.dumps(DOCUMENT))
    document["environments"] = {"prod": document["environments"]["prod"]}
    path = tmp_path / "state.json"
    path.write_text(json.dumps(document))
    answer = serve(state).json("import", "-i", path, "-y")
    for kind in ("environments", "statements"):
        assert answer[kind] == {"inserted": 0, "replaced": 1, "left_alone": 7, "deleted": 1}, answer
        assert state.count(TABLES[kind]) == 8
