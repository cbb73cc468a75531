# SPDX-License-Identifier: Apache-2.0
"""What the SCHEMA_CHANGE clauses are refused for before the table's state is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import SimError, analyzing
from ..rules import DOCUMENTED_3_3, MEASURED_4_0, MEASURED_4_0_2, rule
from . import columns as rules
from . import key_models

if TYPE_CHECKING:
    from ..model.objects import Column, Table
    from ..parser.stream import Node
    from .server import Engine


@rule(MEASURED_4_0, "which columns ADD takes")
def analyse_add(engine: Engine, db: str, table: Table, clause: Node, node: Node) -> None:
    generated = [d for d in clause.columns if d.generated is not None]
    if generated and len(generated) != len(clause.columns):
        raise analyzing("Can not add normal column and Generated Column in the same time")
    for definition in clause.columns:
        if definition.auto:
            raise node_error(node, definition, f"Column '{definition.name}' can not be AUTO_INCREMENT when ADD COLUMN")
        column = _build(definition, node)
        _check_key_marker(table, definition, column, node)
        if (column.agg or table.keys == "PRIMARY") and clause.position == "FIRST" and not column.is_key:
            raise analyzing(f"Cannot add value column[{column.name}] at first",
                            span=node.source.span(definition.start, definition.end))
        rules.check_not_null_default(definition, column, node.source)
        if definition.default and definition.default[0] == "expr":
            raise SimError(f"unsupported default expr:{definition.default[1]}")
        if definition.generated is not None and table.keys == "AGGREGATE":
            raise analyzing("Generated Column does not support AGG table")


@rule(MEASURED_4_0_2, "a bad default or aggregate is a wrong column definition")
def _build(definition: Node, node: Node) -> Column:
    """A column of ADD or MODIFY: a bad default or aggregate is a wrong column definition."""
    try:
        return rules.build(definition, source=node.source)
    except SimError as error:
        _, mark, detail = error.message.partition("Detail message: ")
        if not mark or not detail.startswith(("Invalid default value", "Invalid aggregate function")):
            raise
        raise _wrong(node, definition, detail[:-1]) from None


def node_error(node: Node, definition: Node, text: str) -> SimError:
    err = analyzing(text, span=node.source.span(definition.start, definition.end))
    err.message = err.message.replace("analyzing", "syntax")
    return err


@rule(MEASURED_4_0_2, "which columns KEY can mark")
def _check_key_marker(table: Table, definition: Node, column: Column, node: Node) -> None:
    if not column.is_key:
        return
    agg = definition.agg or ("REPLACE" if table.keys == "PRIMARY" else None)
    if agg:
        raise _wrong(node, definition, f"Cannot specify aggregate function '{agg}' for key column '{column.name}'")
    if not column.type.can_be_key:
        raise _wrong(node, definition, key_models.unfit_key(column))


def _wrong(node: Node, definition: Node, detail: str) -> SimError:
    return analyzing(f"Column definition is wrong. {detail}", span=node.source.span(definition.start, definition.end))


@rule(MEASURED_4_0_2, "which columns MODIFY takes")
def analyse_modify(engine: Engine, db: str, table: Table, clause: Node, node: Node) -> None:
    definition = clause.column
    if definition.auto:
        raise node_error(node, definition, f"Column '{definition.name}' can not be AUTO_INCREMENT when MODIFY COLUMN")
    column = _build(definition, node)
    _check_key_marker(table, definition, column, node)
    if column.type.only_metric and not (column.agg or column.is_key or table.keys == "PRIMARY"):
        raise _wrong(node, definition, f"No aggregate function specified for '{column.name}'")
    if definition.default and definition.default[0] == "expr":
        raise SimError(f"unsupported default expr:{definition.default[1]}")
    if definition.generated is not None and table.keys != "AGGREGATE":
        rules.resolve_generated(column, definition, table.columns, table.keys)
    check_generated_place(node, clause)
    _check_place(table, clause)


@rule(MEASURED_4_0_2, "MODIFY does not move a generated column")
def check_generated_place(node: Node, clause: Node) -> None:
    if clause.position is not None and clause.column.generated is not None:
        raise node_error(node, clause.column, "columnPosition can not be set when MODIFY GENERATED COLUMN")


@rule(DOCUMENTED_3_3, "AFTER of MODIFY names a column that is not generated")
def _check_place(table: Table, clause: Node) -> None:
    """AFTER of MODIFY names a column of the table that is not generated."""
    if clause.position is None or clause.position == "FIRST":
        return
    after = table.column(clause.position[1])
    if after is None:
        raise SimError('Cannot invoke "com.starrocks.catalog.Column.isGeneratedColumn()" because "afterColumn" is null')
    if after.generated and clause.column.generated is None:
        raise analyzing("Can not modify column after Generated Column")


@rule(MEASURED_4_0, "a column that a generated column reads is not dropped")
def analyse_drop(engine: Engine, db: str, table: Table, clause: Node, node: Node) -> None:
    column = table.column(clause.name)
    for other in table.columns:
        if column is not None and other.generated and column.name in other.reads:
            raise analyzing(f"Column: {column.name} can not be dropped, because expression of Generated Column: "
                            f"{other.name} will refer to it")


@rule(DOCUMENTED_3_3, "the columns of an added index exist")
def analyse_index(engine: Engine, db: str, table: Table, clause: Node, node: Node) -> None:
    for name in clause.index.columns:
        if table.column(name) is None:
            raise analyzing(f"can not find column by name: {name}, from table: {table.name}")
