# SPDX-License-Identifier: Apache-2.0
"""ADD, DROP and MODIFY COLUMN on the working copy."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..errors import SimError
from ..printer.ddl import column_definition
from ..rules import DOCUMENTED_3_3, MEASURED_4_0, MEASURED_4_0_2, rule
from . import columns as rules

if TYPE_CHECKING:
    from ..model.objects import Column
    from ..parser.stream import Node
    from .schema_working_copy import Change


@rule(DOCUMENTED_3_3, "a column is added to a rollup that exists")
def add_column(change: Change, clause: Node) -> None:
    table = change.table
    if clause.rollup and not any(r.name == clause.rollup for r in table.rollups):
        raise SimError(f"Index[{clause.rollup}] does not exist in table[{table.name}]")
    if clause.rollup:
        change.heavy()
    for definition in clause.columns:
        column = rules.build(definition, source=change.source)
        if definition.generated is not None:
            rules.resolve_generated(column, definition, change.columns, table.keys)
        _place_new(change, column, clause.position)
        if clause.rollup:
            change.rollup_columns.setdefault(clause.rollup, []).append(column)


@rule(MEASURED_4_0, "which models take new keys, aggregates and sketches")
def _place_new(change: Change, column: Column, position: tuple[str, str] | str | None) -> None:
    table = change.table
    if table.keys == "AGGREGATE":
        if not column.agg:
            column.is_key = True
        elif column.is_key:
            raise SimError(f"Can not assign aggregation method on key column: {column.name}")
    elif column.agg:
        raise rules.generic_aggregate_error(table, column)
    if column.is_key and not column.type.can_be_key:
        raise SimError(f"{column.type.name} type can not be key column")
    if column.is_key and table.keys in ("PRIMARY",):
        raise SimError(f"Can not add key column: {column.name} for primary key table")
    if column.type.only_metric and table.keys != "AGGREGATE":
        raise SimError(f"{column.type.name} type column can only be in Aggregation data model table: {column.name}")
    if column.agg == "SUM" and column.default and float(column.default[1]):
        raise SimError(f"The default value of '{column.name}' with SUM aggregation function must be zero")
    if not _check_new_name(change, column):
        return
    change.added[column.name.lower()] = column
    if column.is_key or column.generated or (column.default and column.default[0] == "expr"):
        change.heavy()
    _insert(change, column, position)


@rule(MEASURED_4_0, "names of added columns: column ids count, and names of this ALTER")
def _check_new_name(change: Change, column: Column) -> bool:
    """False when an earlier clause already added just this column. The names of the table itself count even after a
    DROP in the same statement."""
    wanted = column.name.lower()
    existing = change.table.column(column.name)
    if existing is not None and column_definition(existing) == column_definition(column):
        raise SimError(f"Can not add column which already exists in base table: {column.name}")
    for other in change.table.columns:
        if other.origin.lower() == wanted:
            raise SimError(f"Can not add column which already exists in column id: {other.origin}, you can remove "
                           f"{column_definition(other)} and try again.")
    present = change.find(column.name)
    if present is not None:
        if change.added.get(wanted) is present and _same_definition(present, column):
            return False
        raise SimError(f"Repeatedly add same column with different definition: {column.name}")
    if existing is not None:
        change.pairs.append((existing, column))
    return True


def _same_definition(one: Column, other: Column) -> bool:
    """Names fold case."""
    return column_definition(replace(other, name=one.name)) == column_definition(one)


@rule(MEASURED_4_0, "AFTER names a column that is there")
def _insert(change: Change, column: Column, position: tuple[str, str] | str | None) -> None:
    if position == "FIRST":
        change.columns.insert(0, column)
        return
    if position is not None:
        previous = change.find(position[1])
        if previous is None:
            raise SimError(f"Column[{position[1]}] does not found")
        index = next(i for i, c in enumerate(change.columns) if c is previous)
        change.columns.insert(index + 1, column)
        return
    if column.is_key:
        last = max((i for i, c in enumerate(change.columns) if c.is_key), default=-1)
        change.columns.insert(last + 1, column)
    elif column.generated or not any(c.generated for c in change.columns):
        change.columns.append(column)
    else:
        first = next(i for i, c in enumerate(change.columns) if c.generated)
        change.columns.insert(first, column)


@rule(MEASURED_4_0, "which columns can be dropped")
def drop_column(change: Change, clause: Node) -> None:
    table = change.table
    column = change.find(clause.name)
    if clause.rollup:
        raise SimError(f"Index[{clause.rollup}] does not exist in table[{table.name}]")
    if column is None:
        raise SimError(f"Column does not exists: {clause.name}")
    if table.keys == "PRIMARY":
        if column.is_key:
            raise SimError("Can not drop key column in primary data model table")
        if table.sort_keys and column.name in table.sort_keys:
            raise SimError("Can not drop sort column in primary data model table")
    check_sorted(change, column)
    if table.keys == "UNIQUE" and column.is_key:
        raise SimError("Can not drop key column in Unique data model table")
    if table.keys == "AGGREGATE" and column.is_key and any(c.agg and c.agg.startswith("REPLACE")
                                                           for c in change.columns):
        raise SimError("Can not drop key column when table has value column with REPLACE aggregation method")
    if column.is_key or (change.sort_keys and column.name in change.sort_keys):
        change.heavy()
    change.dropped.add(column.name)
    change.columns.remove(column)
    change.indexes = [i for i in change.indexes if column.name.lower() not in [c.lower() for c in i.columns]]
    if any(r for r in table.rollups for c in r.columns if c.name == column.name):
        change.heavy()


@rule(MEASURED_4_0_2, "a column leaves ORDER BY before it is dropped")
def check_sorted(change: Change, column: Column) -> None:
    if change.sort_keys and column.name in change.sort_keys:
        raise SimError(f"Can not drop sort column: {column.name}")


@rule(MEASURED_4_0_2, "a modified column exists, and no generated column reads it")
def modify_column(change: Change, clause: Node) -> None:
    table, definition = change.table, clause.column
    old = change.find(definition.name)
    if old is None:
        raise SimError(f"Column[{definition.name}] does not exists")
    if any(old.name in other.reads for other in change.columns if other.generated):
        raise SimError(f"Do not support modify column: {old.name}, because it associates with the generated column")
    new = rules.build(definition, source=change.source)
    new.name, new.origin = old.name, old.origin
    _check_modify(change, old, new, definition)
    if definition.generated is not None:
        rules.resolve_generated(new, definition, change.columns, table.keys)
    else:
        new.generated = old.generated if old.generated and definition.generated else None
    if new.type != old.type or new.nullable != old.nullable or new.generated != old.generated:
        change.modified.add(old.name)
    change.heavy()
    index = change.columns.index(old)
    change.columns[index] = new
    if clause.position is not None:
        _move(change, new, clause.position)
    if new != old:
        change.shadowed.append(new)
        change.touched.add(old.name)


@rule(DOCUMENTED_3_3, "a moved column goes behind another one")
def _move(change: Change, column: Column, position: tuple[str, str] | str) -> None:
    if position != "FIRST":
        if position[1].lower() == column.name.lower():
            raise SimError(f"Column[{column.name}] modify position is invalid")
        if change.find(position[1]) is None:
            raise SimError(f"Column[{position[1]}] does not exists")
    change.columns = [c for c in change.columns if c is not column]
    _insert(change, column, position)


@rule(MEASURED_4_0_2, "MODIFY leaves keys, sort columns and counters of primary key tables alone")
def _check_modify(change: Change, old: Column, new: Column, definition: Node) -> None:
    table = change.table
    if old.auto:
        raise SimError("Can't not modify a AUTO_INCREMENT column")
    if table.keys == "PRIMARY":
        if old.is_key or new.is_key:
            raise SimError(f"Can not modify key column: {old.name} for primary key table")
        if table.sort_keys and old.name in table.sort_keys:
            raise SimError("Can not modify sort column in primary data model table")
    if table.keys == "AGGREGATE":
        if not new.agg:
            new.is_key = True
    elif new.agg and table.keys == "PRIMARY":
        new.agg = None
    elif new.agg:
        raise rules.generic_aggregate_error(table, new)
    if old.generated and definition.generated is None:
        raise SimError("Can not modify a generated column to a non-generated column")
    if definition.generated is not None and not old.generated:
        raise SimError("Can not modify a non-generated column to a generated column")
    change.pairs.append((old, new))


@rule(DOCUMENTED_3_3, "a commented column exists")
def column_comment(change: Change, clause: Node) -> None:
    column = change.find(clause.name)
    if column is None:
        raise SimError(f"Column [{clause.name}] does not exists")
    column.comment = clause.text
