# SPDX-License-Identifier: Apache-2.0
"""What a schema change does to a table's rollups, and which it may not."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from ..errors import SimError
from ..rules import MEASURED_4_0, rule

if TYPE_CHECKING:
    from ..model.objects import Rollup, Table
    from .schema_working_copy import Change


def check_rollups(change: Change) -> None:
    """Columns of an aggregating synchronous materialized view and columns behind expressions are fixed."""
    for name in sorted(change.dropped | change.touched):
        for rollup in change.table.rollups:
            check_rollup_use(change.db, change.table, rollup, name)


@rule(MEASURED_4_0, "columns that a synchronous materialized view is computed from are fixed")
def check_rollup_use(db: str, table: Table, rollup: Rollup, name: str) -> None:
    """Refuses to change a column that a synchronous materialized view is computed from."""
    text = f"Can not drop/modify the column {name}, because the column is used in the related rollup {rollup.name}"
    if any(name in column.reads for column in rollup.columns):
        raise SimError(f"{text} with the define expr:`{db}`.`{table.name}`.`{name}`, please drop the rollup index "
                       "first.")
    if rollup.aggregating and any(name == column.name for column in rollup.columns):
        raise SimError(f"{text}, please drop the rollup index first.")


def retyped(rollups: list[Rollup], change: Change) -> list[Rollup]:
    """Copies of the rollups with the new types of modified columns."""
    out = copy.deepcopy(rollups)
    for rollup in out:
        for column in rollup.columns:
            if column.name in change.modified and not column.reads:
                new = change.find(column.name, shadowed=True)
                assert new is not None
                column.type, column.nullable = copy.deepcopy(new.type), new.nullable
    return out


def without(rollups: list[Rollup], dropped: set[str]) -> list[Rollup]:
    """Copies of the rollups that lose the dropped columns."""
    out = copy.deepcopy(rollups)
    for rollup in out:
        rollup.columns = [c for c in rollup.columns if c.name not in dropped]
        if rollup.columns and not any(c.is_key for c in rollup.columns):
            rollup.columns[0].is_key = True
    return [r for r in out if r.columns]
