# SPDX-License-Identifier: Apache-2.0
"""Runs the SCHEMA_CHANGE clauses of ALTER TABLE: on a working copy, then at once or as a job."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from ..errors import SimError
from ..model.types import conversion_problem
from ..rules import DOCUMENTED_3_3, MEASURED_4_0, MEASURED_4_0_2, rule
from . import column_clauses, index_and_order_clauses, rollup_changes, secondary_indexes, struct_fields
from .schema_working_copy import Change

if TYPE_CHECKING:
    from ..model.objects import Column, Table
    from ..parser.stream import Node
    from .server import Engine

_APPLY = {
    "add_column": column_clauses.add_column, "drop_column": column_clauses.drop_column,
    "modify_column": column_clauses.modify_column, "column_comment": column_clauses.column_comment,
    "add_field": struct_fields.apply_field, "drop_field": struct_fields.apply_field,
    "add_index": index_and_order_clauses.add_index, "drop_index": index_and_order_clauses.drop_index,
    "order_by": index_and_order_clauses.order_by,
}


def execute(engine: Engine, db: str, table: Table, node: Node) -> None:
    """All clauses on a working copy, then either at once or as a job."""
    change = Change(engine, db, table, node.source)
    struct_fields.check_one_column(table, node.clauses)
    for clause in node.clauses:
        _check_alone(table, clause, len(node.clauses))
        _APPLY[clause.kind](change, clause)
    if node.clauses[0].kind == "column_comment":
        table.columns = change.columns
        return
    _check_result(change)
    plain = all(c.kind in ("add_column", "drop_column", "modify_column") for c in node.clauses)
    if plain and change.columns == table.columns:
        return                   # nothing changes: accepted, no job
    _finish(change, node)


@rule(DOCUMENTED_3_3, "which clauses stand alone")
def _check_alone(table: Table, clause: Node, count: int) -> None:
    """Clauses that stand alone are refused when their turn comes."""
    if count > 1 and clause.kind == "column_comment":
        raise SimError("MODIFY COLUMN COMMENT can not be combined with other alter operations")
    if count > 1 and clause.kind == "order_by" and len(clause.columns) != len(table.columns):
        raise SimError("MODIFY SORT KEY COLUMNS can not be combined with other alter operations")


def _finish(change: Change, node: Node) -> None:
    engine, db, table = change.engine, change.db, change.table
    timeout = _timeout(node)
    payload: dict[str, Any] = {"columns": change.columns, "indexes": change.indexes, "sort_keys": change.sort_keys}
    if change.rollup_columns:
        payload["rollups"] = copy.deepcopy(table.rollups)
        for rollup in payload["rollups"]:
            rollup.columns += copy.deepcopy(change.rollup_columns.get(rollup.name, []))
    elif change.dropped & {c.name for r in table.rollups for c in r.columns}:
        payload["rollups"] = rollup_changes.without(table.rollups, change.dropped)
    elif change.modified and table.rollups:
        payload["rollups"] = rollup_changes.retyped(table.rollups, change)
    if change.dropped and "bloom_filter_columns" in table.properties:
        payload["properties"] = secondary_indexes.without_bloom(table.properties, change.dropped)
    if change.light:
        for attribute, value in payload.items():
            setattr(table, attribute, value)
        engine.jobs.instant(db, table)
        fill_rows(table)
        engine.views.columns_changed(db, table, change.dropped | change.modified)
    else:
        effect = ("schema", payload, change.dropped | change.modified)
        engine.jobs.start("COLUMN", db, table, effect, timeout=timeout)
    if change.reordered:
        engine.views.inactivate(db, table.name, f"base-table reordered columns:{table.name}")


def _timeout(node: Node) -> int:
    for clause in node.clauses:
        value = getattr(clause, "properties", {}).get("timeout")
        if value:
            return int(value)
    return 86400


def fill_rows(table: Table) -> None:
    names = {c.name for c in table.columns}
    for row in table.rows:
        for column in table.columns:
            if column.name not in row:
                row[column.name] = column.default[1] if column.default and column.default[0] == "value" else None
        for name in list(row):
            if name not in names:
                del row[name]


@rule(MEASURED_4_0, "a changed table still has keys, partition and distribution columns")
def _check_result(change: Change) -> None:
    if not any(c.is_key for c in change.columns):
        raise SimError(f"No key column left. index[{change.table.name}]")
    seen_value = False
    for column in change.columns:
        if column.is_key and seen_value:
            raise SimError(f"Invalid column order. value should be after key. index[{change.table.name}]")
        seen_value = seen_value or not column.is_key
    rollup_changes.check_rollups(change)
    for old, new in change.pairs:
        _check_column_change(change.table, old, new)
    names = {c.name.lower() for c in change.columns}
    scheme = change.table.scheme
    for name in scheme.columns if scheme else []:
        if name.lower() not in names:
            raise SimError(f"Partition column[{name}] cannot be dropped. index[{change.table.name}]")
        _same(change, name, "partition")
    for name in change.table.distribution[1]:
        if name.lower() not in names:
            raise SimError(f"Distribution column[{name}] cannot be dropped. index[{change.table.name}]")
        _same(change, name, "distribution")


@rule(MEASURED_4_0, "partition and distribution columns do not change")
def _same(change: Change, name: str, what: str) -> None:
    """Partition and distribution columns must not change at all."""
    old, new = change.table.column(name), change.find(name, shadowed=True)
    assert old is not None and new is not None
    if (old.type, old.nullable, old.is_key) != (new.type, new.nullable, new.is_key):
        raise SimError(f"Can not modify {what} column[{old.name}]. index[{change.table.name}]")


@rule(MEASURED_4_0_2, "MODIFY leaves aggregates, defaults and NOT NULL as they are")
def _check_column_change(table: Table, old: Column, new: Column) -> None:
    check_nested_change(old, new)
    problem = conversion_problem(old.type, new.type)
    if problem:
        raise SimError(problem)
    if (None if new.is_key else new.agg or "NONE") != (None if old.is_key else old.agg or "NONE"):
        raise SimError("Can not change aggregation type")
    if old.nullable and not new.nullable:
        raise SimError("Can not change from nullable to non-nullable")
    if old.default != new.default:
        raise SimError("Can not change default value")


@rule(MEASURED_4_0_2, "MODIFY changes nothing of an ARRAY, MAP or STRUCT")
def check_nested_change(old: Column, new: Column) -> None:
    if old.type.is_complex and old != new:
        raise SimError(f"Can not change {old.type.upper()} to {new.type.upper()}")


@rule(MEASURED_4_0_2, "SET ('bloom_filter_columns') or ('bloom_filter_fpp'): properties that run as a job")
def bloom_filter(engine: Engine, db: str, table: Table, given: dict[str, str]) -> None:
    """SET ("bloom_filter_columns") or ("bloom_filter_fpp"): properties that run as a job."""
    current = table.properties.get("bloom_filter_columns", "")
    wanted = current
    if "bloom_filter_columns" in given:
        wanted = secondary_indexes.bloom_columns(table, given["bloom_filter_columns"])
        if not wanted and not current:
            return
    rate = secondary_indexes.bloom_rate(given) or table.bloom_rate or 0.05
    rate = rate if wanted else 0.0
    if wanted.lower() == current.lower() and rate == table.bloom_rate:
        raise SimError("Bloom filter index has no change")
    props = dict(table.properties)
    props.pop("bloom_filter_columns", None)
    if wanted:
        props["bloom_filter_columns"] = wanted
    engine.jobs.start("COLUMN", db, table, ("schema", {"properties": props, "bloom_rate": rate}, set()))
