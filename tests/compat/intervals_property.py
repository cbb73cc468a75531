# SPDX-License-Identifier: Apache-2.0
"""Random interval rows: what SQLMesh folds and gives to a snapshot against ours.

    PYTHONPATH=tests python tests/compat/intervals_property.py COUNT [SEED]

SQLMesh's own code runs on the rows; only the query is replaced.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable
from typing import Any

import sqlmesh.core.state_sync.db.interval as interval_module
from sqlmesh.core.dialect import parse_one
from sqlmesh.core.model import create_sql_model
from sqlmesh.core.node import IntervalUnit
from sqlmesh.core.snapshot import Snapshot, SnapshotChangeCategory

# Of _intervals, as the query of SQLMesh gives it.
Row = tuple[Any, ...]

DAY = 86_400_000
BASE = 20_000 * DAY


class Rows:
    """Stands in for the engine adapter: its query has one answer."""

    dialect = "postgres"

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows


# Its query, in place of the one that asks a database.
setattr(interval_module, "fetchall", lambda adapter, query: adapter.rows)  # noqa: B010


def snapshots() -> list[Snapshot]:
    made = []
    for unit in IntervalUnit:
        for partials in (False, True):
            model = create_sql_model("a.b", parse_one("SELECT 1 AS c"), interval_unit=unit,
                                     allow_partials=partials, cron="@yearly")
            snapshot = Snapshot.from_node(model, nodes={})
            snapshot.categorize_as(SnapshotChangeCategory.BREAKING)
            made.append(snapshot)
    return made


def random_rows(rng: random.Random, identifier: str, dev_version: str | None, version: str | None) -> list[Row]:
    rows = []
    for number in range(rng.randint(0, 8)):
        step = rng.choice([DAY, DAY, 40 * DAY, 400 * DAY, 3_600_000, 300_000, 100_000, 1])
        start = BASE + rng.randint(0, 20) * step
        end = start + rng.randint(0 if rng.random() < 0.05 else 1, 10) * step
        dev, removed, pending = rng.random() < 0.3, rng.random() < 0.25, rng.random() < 0.2
        nameless = pending and not removed
        rows.append((str(number), "a", None if nameless else rng.choice([identifier, "1", None]),
                     version, None if nameless else rng.choice([dev_version, dev_version, "2", None]),
                     start, end, dev and not pending, removed, pending,
                     rng.choice([None, None, 0, rng.randint(1, 99)])))
    return rows  # in the order of the query: later rows are newer


def in_wire_form(rows: Iterable[Row]) -> str:
    def row(number: int, each: Row) -> str:
        _, _, identifier, _, dev_version, start, end, dev, removed, pending, altered = each
        fields = [number, start, end, dev + 2 * removed + 4 * pending,
                  "" if altered is None else altered,
                  "" if identifier is None else "+" + identifier,
                  "" if dev_version is None else "+" + dev_version]
        return "\x1f".join(map(str, fields))
    return "\x1e".join(row(number, each) for number, each in enumerate(rows))


def check_folds(count: int, rng: random.Random) -> list[tuple[Any, Any, Any]]:
    """The cases that differ."""
    from probe import ask

    questions, want, models = [], [], snapshots()
    for _ in range(count):
        snapshot = rng.choice(models).copy()
        effective = rng.choice([None, None, BASE + rng.randint(0, 20 * DAY), BASE + 5 * DAY, "2024-10-08"])
        snapshot.effective_from = effective
        snapshot.last_altered_ts, snapshot.dev_last_altered_ts = rng.choice(
            [(None, None), (50, None), (0, 50)])
        rows = random_rows(rng, snapshot.identifier, snapshot.dev_version, snapshot.version)
        rows = [(*row[:1], snapshot.name, *row[2:]) for row in rows]
        [effective_ms] = ask([{"op": "timestamp", "value": effective}]) if isinstance(
            effective, str) else [effective or 0]
        questions.append({
            "op": "assign", "rows": in_wire_form(rows), "identifier": snapshot.identifier,
            "dev_version": snapshot.dev_version, "effective_from": effective_ms,
            "unit": snapshot.node.interval_unit.value,  # type: ignore[union-attr]  # every model here has one
            "allow_partials": snapshot.allow_partials,
            "last_altered_ts": snapshot.last_altered_ts,
            "dev_last_altered_ts": snapshot.dev_last_altered_ts})
        state = interval_module.IntervalState(Rows(rows))  # type: ignore[arg-type]  # Rows is all that it takes
        snapshot.intervals, snapshot.dev_intervals = [], []
        snapshot.pending_restatement_intervals = []
        Snapshot.hydrate_with_intervals_by_version([snapshot], state._get_snapshot_intervals()[1])
        want.append([[list(each) for each in snapshot.intervals],
                     [list(each) for each in snapshot.dev_intervals],
                     [list(each) for each in snapshot.pending_restatement_intervals],
                     snapshot.last_altered_ts, snapshot.dev_last_altered_ts])
    return [case for case in zip(questions, ask(questions), want) if case[1] != case[2]]


if __name__ == "__main__":
    wrong = check_folds(int(sys.argv[1]), random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else None))
    print(len(wrong), "wrong of", sys.argv[1])
    for question, got, want in wrong[:5]:
        print(question, "\n  ours   ", got, "\n  SQLMesh", want)
    sys.exit(bool(wrong))
