# SPDX-License-Identifier: Apache-2.0
"""What a schema change does to a table's rollups, and which it may not."""

import copy

from ..errors import SimError


def check_rollups(change):
    """Columns of an aggregating synchronous materialized view and columns behind expressions are fixed."""
    for name in sorted(change.dropped | change.touched):
        for rollup in change.table.rollups:
            check_rollup_use(change.db, change.table, rollup, name)


def check_rollup_use(db, table, rollup, name):
    """Refuses to change a column that a synchronous materialized view is computed from."""
    text = f"Can not drop/modify the column {name}, because the column is used in the related rollup {rollup.name}"
    if any(name in column.reads for column in rollup.columns):
        raise SimError(f"{text} with the define expr:`{db}`.`{table.name}`.`{name}`, please drop the rollup index "
                       "first.")
    if rollup.aggregating and any(name == column.name for column in rollup.columns):
        raise SimError(f"{text}, please drop the rollup index first.")


def retyped(rollups, change):
    """Copies of the rollups with the new types of modified columns."""
    out = copy.deepcopy(rollups)
    for rollup in out:
        for column in rollup.columns:
            if column.name in change.modified and not column.reads:
                new = change.find(column.name, shadowed=True)
                column.type, column.nullable = copy.deepcopy(new.type), new.nullable
    return out


def without(rollups, dropped):
    """Copies of the rollups that lose the dropped columns."""
    out = copy.deepcopy(rollups)
    for rollup in out:
        rollup.columns = [c for c in rollup.columns if c.name not in dropped]
        if rollup.columns and not any(c.is_key for c in rollup.columns):
            rollup.columns[0].is_key = True
    return [r for r in out if r.columns]
