# SPDX-License-Identifier: Apache-2.0
"""ALTER TABLE: which clauses go together, and the clauses that need no schema change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import SimError, analyzing
from ..parser.expressions import parse_expr
from ..parser.stream import Stream
from ..printer import query as printer
from ..rules import DOCUMENTED_3_3, MEASURED_4_0, rule
from . import (
    constraints,
    partition_clauses,
    properties,
    redistribution,
    rollup_changes,
    schema_analysis,
    schema_change,
    secondary_indexes,
    struct_fields,
    table_definition,
)
from .context import OK
from .expression_tree import children

if TYPE_CHECKING:
    from ..model.objects import PartitionScheme, Table
    from ..parser.stream import Node
    from .context import Result, Session
    from .server import Engine

OPERATION = {
    "add_column": "SCHEMA_CHANGE", "drop_column": "SCHEMA_CHANGE", "modify_column": "SCHEMA_CHANGE",
    "column_comment": "SCHEMA_CHANGE", "add_field": "SCHEMA_CHANGE", "drop_field": "SCHEMA_CHANGE",
    "add_index": "SCHEMA_CHANGE", "drop_index": "SCHEMA_CHANGE", "order_by": "SCHEMA_CHANGE",
    "rename_column": "RENAME", "rename": "RENAME", "rename_partition": "RENAME", "rename_rollup": "RENAME",
    "swap": "SWAP", "comment": "ALTER_COMMENT", "set": "MODIFY_TABLE_PROPERTY", "optimize": "OPTIMIZE",
    "add_rollup": "ADD_ROLLUP", "drop_rollup": "DROP_ROLLUP", "add_partition": "ADD_PARTITION",
    "drop_partition": "DROP_PARTITION", "modify_partition": "MODIFY_PARTITION",
    "truncate_partition": "TRUNCATE_PARTITION",
}
COMBINABLE = ("SCHEMA_CHANGE", "ADD_ROLLUP", "DROP_ROLLUP")
BUSY = ("A schema change operation is in progress on the table {name}. Please wait until the current operation "
        "completes. To check the status of the operation, see https://docs.starrocks.io/docs/sql-reference/"
        "sql-statements/table_bucket_part_index/SHOW_ALTER")

BUILDING = ("A materialized view or rollup index is being created on the table {name}. Please wait until the current "
            "operation completes. To check the status of the operation, see https://docs.starrocks.io/docs/"
            "sql-reference/sql-statements/materialized_view/SHOW_ALTER_MATERIALIZED_VIEW or https://docs.starrocks.io/"
            "docs/sql-reference/sql-statements/table_bucket_part_index/SHOW_ALTER")


def busy_error(table: Table) -> SimError:
    if table.state == "SCHEMA_CHANGE":
        return SimError(BUSY.format(name=table.name))
    if table.state == "ROLLUP":
        return SimError(BUILDING.format(name=table.name))
    return SimError(f"The table {table.name} is currently in state {table.state}")


@rule(DOCUMENTED_3_3, "an altered table exists")
def alter_table(engine: Engine, session: Session, node: Node) -> Result:
    """The whole statement: analysis of every clause, then the state check, then execution."""
    db, name = engine.split(session, node.name)
    if db not in engine.catalog.databases:
        raise analyzing(f"Database default_catalog.{db} is not found")
    table = engine.catalog.find(db, name)
    if table is None:
        raise analyzing(f"Table {name} is not found")
    _check_kind(db, table, node)
    _check_classes(node.clauses)
    for clause in node.clauses:
        analyse = _ANALYSE.get(clause.kind)
        if analyse:
            analyse(engine, db, table, clause, node)
    engine.check_state(table)
    first = node.clauses[0]
    if OPERATION[first.kind] == "SCHEMA_CHANGE":
        schema_change.execute(engine, db, table, node)
    else:
        for clause in node.clauses:
            _EXECUTE[clause.kind](engine, db, table, clause, node)
    return OK


@rule(MEASURED_4_0, "ALTER TABLE changes tables, and of materialized views only indexes")
def _check_kind(db: str, table: Table, node: Node) -> None:
    if table.kind == "VIEW" or table.engine != "OLAP":
        raise analyzing(f"Do not support alter non-native table/materialized-view[{db}.{table.name}]")
    if table.kind == "MATERIALIZED VIEW":
        allowed = all(c.kind in ("add_index", "drop_index") or (c.kind == "set" and "bloom_filter_columns"
                      in c.properties) for c in node.clauses)
        if not allowed:
            start = 12
            raise analyzing(f"The '{table.name}' cannot be alter by 'ALTER TABLE', because it is a materialized view,"
                            "you can use 'ALTER MATERIALIZED VIEW' to alter it.",
                            span=node.source.span(start, start))


@rule(MEASURED_4_0, "clauses of one ALTER are of one class that can be combined")
def _check_classes(clauses: list[Node]) -> None:
    previous = None
    for clause in clauses:
        operation = OPERATION[clause.kind]
        if previous is not None and (operation != previous or operation not in COMBINABLE):
            raise analyzing(f"Alter operation {operation} conflicts with operation {previous}")
        previous = operation


# --- analysis ---------------------------------------------------------------------------

@rule(MEASURED_4_0, "a table is not renamed to its own name")
def _analyse_rename(engine: Engine, db: str, table: Table, clause: Node, node: Node) -> None:
    if clause.new == table.name:
        raise analyzing(f"Same table name {clause.new}", span=node.source.span(clause.start, clause.end))


def _analyse_set(engine: Engine, db: str, table: Table, clause: Node, node: Node) -> None:
    properties.check_set(clause.properties)
    properties.check_flat_json(table, clause.properties)
    constraints.check(engine, db, table, clause.properties)
    secondary_indexes.bloom_rate(clause.properties)


_ANALYSE = {
    "rename": _analyse_rename, "set": _analyse_set, "optimize": redistribution.analyse,
    "add_partition": partition_clauses.analyse_add,
    "add_column": schema_analysis.analyse_add, "modify_column": schema_analysis.analyse_modify,
    "drop_column": schema_analysis.analyse_drop, "add_field": struct_fields.analyse_field,
    "drop_field": struct_fields.analyse_field, "add_index": schema_analysis.analyse_index,
}


# --- execution ----------------------------------------------------------------------------

@rule(DOCUMENTED_3_3, "the new name of a table is free")
def _rename(engine: Engine, db: str, table: Table, clause: Node, node: Node) -> None:
    objects = engine.catalog.databases[db].objects
    if clause.new in objects:
        raise SimError(f"Table name[{clause.new}] is already used")
    if any(r.name == clause.new for r in table.rollups):
        raise SimError(f"New name conflicts with rollup index name: {clause.new}")
    old = table.name
    del objects[old]
    table.name = clause.new
    objects[clause.new] = table
    if table.scheme is None:
        for part in table.partitions:
            part.name = clause.new
    engine.views.base_renamed(db, old, table)


@rule(MEASURED_4_0, "a renamed column exists, and its new name is free")
def _rename_column(engine: Engine, db: str, table: Table, clause: Node, node: Node) -> None:
    column = table.column(clause.old)
    if column is None:
        raise SimError(f"Unknown column '{clause.old}' in '{table.name}'", 5509)
    if clause.new.lower() == column.name.lower() or table.column(clause.new):
        raise SimError(f"Duplicate column name '{clause.new}'", 1060)
    old = column.name
    for rollup in table.rollups:
        if rollup.aggregating:
            rollup_changes.check_rollup_use(db, table, rollup, old)
    for other in table.columns:
        if other.generated and old in other.reads:
            other.generated = renamed_expression(other.generated, old, clause.new)
            other.reads = [clause.new if n == old else n for n in other.reads]
    column.name = clause.new

    def rename(names: list[str]) -> list[str]:
        return [clause.new if n == old else n for n in names]

    kind, names, buckets = table.distribution
    table.distribution = (kind, rename(names), buckets)
    if table.sort_keys:
        table.sort_keys = rename(table.sort_keys)
    if table.scheme and old in table.scheme.columns:
        table.scheme.columns = rename(table.scheme.columns)
        table.scheme.text = _renamed_scheme(table.scheme, old, clause.new)
    if old in table.properties.get("bloom_filter_columns", "").split(", "):
        table.properties = secondary_indexes.without_bloom(table.properties, {old}, clause.new)
    for index in table.indexes:
        index.columns = rename(index.columns)
    for row in table.rows:
        row[clause.new] = row.pop(old, None)
    engine.views.columns_changed(db, table, {old}, renamed=True)


def _renamed_scheme(scheme: PartitionScheme, old: str, new: str) -> str:
    if scheme.automatic and scheme.type == "RANGE":
        head = "PARTITION BY "
        return head + renamed_expression(scheme.text[len(head):], old, new)
    return scheme.text.replace(f"`{old}`", f"`{new}`")


def renamed_expression(text: str, old: str, new: str) -> str:
    """A printed expression with one column under another name."""
    expr = parse_expr(Stream(text))
    pending = [expr]
    while pending:
        node = pending.pop()
        if node.kind == "col" and node.parts[-1].lower() == old.lower():
            node.parts = [*node.parts[:-1], new]
        pending.extend(children(node))
    return printer.expression(expr, "local")


@rule(MEASURED_4_0, "a renamed rollup exists, and its new name is free")
def _rename_rollup(engine: Engine, db: str, table: Table, clause: Node, node: Node) -> None:
    rollup = next((r for r in table.rollups if r.name == clause.old), None)
    if rollup is None:
        raise SimError(f"Rollup index[{clause.old}] does not exists")
    if clause.new == table.name or any(r.name == clause.new for r in table.rollups):
        raise SimError(f"Rollup name[{clause.new}] is already used")
    rollup.name = clause.new


@rule(MEASURED_4_0, "SWAP looks at the state of the first table only")
def _swap(engine: Engine, db: str, table: Table, clause: Node, node: Node) -> None:
    """The server looks at the state of the first table only."""
    objects = engine.catalog.databases[db].objects
    other = objects.get(clause.other)
    if other is table:
        raise SimError(f"New name conflicts with rollup index name: {table.name}")
    if other is None or other.kind != "TABLE" or other.engine != "OLAP":
        raise SimError(f"Table {clause.other} does not exist or is not OLAP/LAKE table")
    for one, name in ((table, other.name), (other, table.name)):
        if one.scheme is None:
            one.partitions[0].name = name
        objects[name] = one
    table.name, other.name = other.name, table.name
    engine.views.tables_swapped(db, table, other)


def _comment(engine: Engine, db: str, table: Table, clause: Node, node: Node) -> None:
    table.comment = clause.text


def _set(engine: Engine, db: str, table: Table, clause: Node, node: Node) -> None:
    if clause.properties.keys() & {"bloom_filter_columns", "bloom_filter_fpp"}:
        schema_change.bloom_filter(engine, db, table, clause.properties)
        return
    constraints.qualify(engine, clause.properties, db, table.name)
    properties.apply_set(table, clause.properties, db)


@rule(MEASURED_4_0, "a rollup has a name of its own, and its table aggregates or duplicates")
def _add_rollup(engine: Engine, db: str, table: Table, clause: Node, node: Node) -> None:
    built = []
    for item in clause.rollups:
        if item.name == table.name:
            raise SimError(f"Rollup name should be different with base table:{item.name}")
        if item.name in [r.name for r in table.rollups]:
            raise SimError(f"Rollup index[{item.name}] already exists")
        _check_rollup(table, item)
        built.append(table_definition.build_rollup(engine, table, item))
    for rollup in built:
        engine.jobs.start("ROLLUP", db, table, ("rollup", {"rollup": rollup}),
                          rows=(table.name, rollup.name, rollup.id))


@rule(MEASURED_4_0, "the columns of a rollup exist and begin with keys")
def _check_rollup(table: Table, item: Node) -> None:
    if table.keys == "PRIMARY":
        raise SimError(f"Do not support add rollup on primary key table[{table.name}]")
    seen_value, has_key = False, False
    for name in item.columns:
        column = table.column(name)
        if column is None:
            raise SimError(f"Column[{name}] does not exist in base index")
        if column.is_key and seen_value and table.keys != "DUPLICATE":
            raise SimError("Invalid column order. value should be after key")
        seen_value = seen_value or not column.is_key
        has_key = has_key or column.is_key
    leading = table.column(item.columns[0])
    assert leading is not None
    first = leading.type
    if table.keys == "DUPLICATE" and not first.can_be_key:
        raise SimError(f"Data type of first column cannot be {first.upper()}")
    if table.keys in ("AGGREGATE", "UNIQUE") and not has_key:
        raise SimError("No key column is found")
    if table.keys == "UNIQUE" and not {c.name for c in table.key_columns()} <= {
            c.name for c in map(table.column, item.columns) if c}:
        raise SimError("Rollup should contains all unique keys in basetable")


@rule(MEASURED_4_0, "a rollup that is dropped exists")
def _drop_rollup(engine: Engine, db: str, table: Table, clause: Node, node: Node) -> None:
    for name in clause.names:
        rollup = next((r for r in table.rollups if r.name == name), None)
        if rollup is None:
            raise SimError(f"Materialized view [{name}] does not exist in table [{table.name}]")
        table.rollups.remove(rollup)


_EXECUTE = {
    "rename": _rename, "rename_column": _rename_column, "rename_rollup": _rename_rollup, "swap": _swap,
    "comment": _comment, "set": _set, "optimize": redistribution.optimize, "add_rollup": _add_rollup,
    "drop_rollup": _drop_rollup, "add_partition": partition_clauses.add, "drop_partition": partition_clauses.drop,
    "modify_partition": partition_clauses.modify, "rename_partition": partition_clauses.rename,
    "truncate_partition": partition_clauses.truncate,
}
