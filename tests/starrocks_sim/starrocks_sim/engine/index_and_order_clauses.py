# SPDX-License-Identifier: Apache-2.0
"""ADD and DROP INDEX, and ORDER BY, on the working copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import SimError
from ..rules import MEASURED_4_0, MEASURED_4_0_2, rule
from . import secondary_indexes

if TYPE_CHECKING:
    from ..model.objects import Column
    from ..parser.stream import Node
    from .schema_working_copy import Change


@rule(MEASURED_4_0_2, "an index has a name and columns of its own")
def add_index(change: Change, clause: Node) -> None:
    index = secondary_indexes.check_index(clause.index, change.table.columns, change.table.keys, change.source)
    # Indexes that the same statement drops still count.
    gone = [i for i in change.table.indexes if i not in change.indexes]
    for existing in change.indexes + gone:
        if existing.name.lower() == index.name.lower():
            raise SimError(f"index `{index.name}` already exist.")
        if [c.lower() for c in existing.columns] == [c.lower() for c in index.columns] and existing.type == index.type:
            raise SimError(f"index for columns ({','.join(index.columns)} ) already exist.")
    change.indexes.append(index)
    change.heavy()


@rule(MEASURED_4_0, "a dropped index exists")
def drop_index(change: Change, clause: Node) -> None:
    found = next((i for i in change.indexes if i.name.lower() == clause.name.lower()), None)
    if found is None:
        raise SimError(f"index {clause.name} does not exist")
    change.indexes.remove(found)
    change.heavy()


@rule(MEASURED_4_0, "a new order of columns names all of them")
def order_by(change: Change, clause: Node) -> None:
    table = change.table
    change.heavy()
    seen = set()
    if len(clause.columns) != len(table.columns):
        _sort_key(change, clause.columns)
        return
    if table.keys == "PRIMARY":
        raise SimError("Primary key table do not support reorder table schema. Please confirm if you want to "
                       "modify the sorting columns.")
    ordered = []
    for name in clause.columns:
        column = change.find(name)
        if column is None:
            raise SimError(f"Column[{name}] not exists")
        if name.lower() in seen:
            raise SimError(f"Duplicated column[{name}]")
        seen.add(name.lower())
        ordered.append(column)
    if len(ordered) != len(change.columns):
        raise SimError("Reorder stmt should contains all columns")
    change.columns = ordered
    change.reordered = True


@rule(MEASURED_4_0, "sort columns exist, and are the keys of tables that aggregate")
def _sort_key(change: Change, names: list[str]) -> None:
    table = change.table
    by_name = {c.name: c for c in change.columns}
    out = []
    for name in names:
        if name not in by_name:
            raise SimError(f"Column[{name}] not exists")
        if name in out:
            raise SimError(f"Duplicated column[{name}]")
        out.append(name)
    if table.keys in ("AGGREGATE", "UNIQUE") and sorted(out) != sorted(c.name for c in change.columns if c.is_key):
        raise SimError(f"The sort columns of {table.keys} KEY table must be same with key columns")
    for position, name in enumerate(out):
        _check_sort_type(change, by_name[name], position)
    change.sort_keys = out
    change.reordered = True


@rule(MEASURED_4_0, "which types a sort column can have")
def _check_sort_type(change: Change, column: Column, position: int) -> None:
    if change.table.keys == "PRIMARY":
        if not column.type.primary_key:
            raise SimError(f"Sort key column[{column.name}] type not supported: {column.type.upper()} in PrimaryKey "
                           "table")
    elif column.type.name in ("FLOAT", "DOUBLE"):
        if position == 0:
            raise SimError(f"Data type of first column cannot be {change.columns[0].type.upper()}")
    elif not column.type.can_be_key:
        raise SimError(f"Sort key column[{column.name}] type not supported: {column.type.upper()}")
