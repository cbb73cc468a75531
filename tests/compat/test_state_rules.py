# SPDX-License-Identifier: Apache-2.0
"""The rules of server/sqlmesh/records against the real SQLMesh: times, crons, intervals, seeds."""

import json

import pytest
from sqlmesh.core.node import IntervalUnit

import cron_property
import intervals_property
import probe
import seed_property
import time_property
from harness import paths
from harness.database import corpus_json
from harness.dice import rng


def test_cron_units():
    dice = rng()
    crons = cron_property.fixed_crons() + [cron_property.random_cron(dice) for _ in range(120)]
    wrong, answered, answerable = cron_property.compare(crons)
    assert wrong == []
    assert answered >= 0.7 * answerable > 80


@pytest.mark.parametrize("check,count,least", [
    (time_property.check_ttl, 800, 0.6), (time_property.check_timestamps, 60, 0.8),
    pytest.param(time_property.check_timestamps, 450, 0.8, marks=pytest.mark.exhaustive),
    (time_property.check_alignment, 800, 1)])
def test_times(check, count, least):
    wrong, answered, answerable = check(count, rng())
    assert wrong == []
    assert answered >= least * answerable > count / 2


def test_seed_hashes():
    dice = rng()
    wrong, answered, answerable = seed_property.compare(
        [seed_property.random_case(dice) for _ in range(1500)])
    assert wrong == []
    assert answered >= 0.5 * answerable > 500


def test_intervals_of_random_histories():
    assert intervals_property.check_folds(500, rng()) == []


@pytest.mark.parametrize("release", [paths.NEWEST, *paths.EXPORTABLE])
def test_rows_aggregated_by_postgres(databases, release):
    """AggregatedIntervalsSql on a real server, folded and assigned: SQLMesh's export."""
    database = databases.state(release)
    schema = database.versions()[0]
    [sql] = probe.ask([{"op": "intervals_sql", "schema_version": schema, "alias": "i"}])
    groups = {(name, version): rows for name, version, rows in database.execute(
        f"SELECT i.name, i.version, {sql} FROM sqlmesh._intervals i GROUP BY 1, 2")}
    snapshots = corpus_json(release, "export_all.json")["snapshots"]
    stored = {(name, identifier): json.loads(text) for name, identifier, text in
              database.execute("SELECT name, identifier, snapshot FROM sqlmesh._snapshots")}
    questions, want = [], []
    for exported in snapshots:
        own = dict(exported)
        version = own["version"]
        identifier = next(i for (name, i), row in stored.items()
                          if name == own["name"] and row["fingerprint"] == own["fingerprint"])
        row = stored[own["name"], identifier]
        [effective] = probe.ask([{"op": "timestamp", "value": row.get("effective_from") or 0}])
        node = own["node"]
        unit = node.get("interval_unit") or IntervalUnit.from_cron(node.get("cron", "@daily")).value
        questions.append({
            "op": "assign", "rows": groups.get((own["name"], version), ""), "unit": unit,
            "identifier": identifier, "dev_version": own["dev_version"],
            "effective_from": effective, "allow_partials": node.get("allow_partials", False)})
        want.append([own["intervals"], own["dev_intervals"], own["pending_restatement_intervals"],
                     own.get("last_altered_ts"), own.get("dev_last_altered_ts")])
    assert probe.ask(questions) == want
    assert sum(bool(each[0]) for each in want) > 20
