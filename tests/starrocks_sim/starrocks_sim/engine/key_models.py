# SPDX-License-Identifier: Apache-2.0
"""Key models: which columns are keys, and what a model asks of keys and values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import analyzing
from ..rules import MEASURED_4_0_2, rule
from . import columns as column_rules

if TYPE_CHECKING:
    from ..model.objects import Column
    from ..parser.stream import Node

MODELS = {"DUPLICATE": "DUP_KEYS", "UNIQUE": "UNIQUE_KEYS", "AGGREGATE": "AGG_KEYS", "PRIMARY": "PRIMARY_KEYS"}


def key_model(node: Node, built: list[Column]) -> tuple[str, list[str]]:
    """The model and the names of the key columns."""
    if node.keys is not None:
        model, names = node.keys
        return model, names
    if any(c.agg for c in built):
        names = []
        for column in built:
            if column.agg:
                break
            names.append(column.name)
        return "AGGREGATE", names
    return "DUPLICATE", short_keys(built, node.order_by)


@rule(MEASURED_4_0_2, "the keys of a table without a KEY clause")
def short_keys(built: list[Column], order_by: list[str] | None) -> list[str]:
    names: list[str] = []
    size = 0
    for column in built:
        if not column.type.can_be_key or column.generated:
            break
        size += column.type.index_size()
        if len(names) >= 3 or (size > 36 and names):
            break
        names.append(column.name)
        if column.type.name == "VARCHAR":
            break
    if not names:
        first = built[0]
        if first.type.only_metric:
            raise analyzing(f"No aggregate function specified for '{first.name}'")
        raise analyzing(f"Data type of first column cannot be {first.type.upper()}")
    return names


def unfit_key(column: Column) -> str:
    """The refusal of a type that cannot be a key."""
    advice = ", use decimal instead" if column.type.name in ("FLOAT", "DOUBLE") else ""
    return f"Invalid data type of key column '{column.name}': '{column.type.upper()}'{advice}"


@rule(MEASURED_4_0_2, "keys are the first columns, in their order, of types that can be keys")
def check_columns(node: Node, built: list[Column], keys: str, key_names: list[str]) -> None:
    names = [c.name.lower() for c in built]
    for index, key in enumerate(key_names):
        if key.lower() not in names:
            raise analyzing(f"Key column({key}) doesn't exist")
        if names[index] != key.lower():
            raise analyzing("Key columns must be the first few columns of the schema and the order  of the key columns "
                            "must be consistent with the order of the schema")
        column = built[index]
        column.is_key = True
        if column.agg:
            raise analyzing(f"Cannot specify aggregate function '{column.agg}' for key column '{column.name}'")
        if keys == "PRIMARY" and not column.type.primary_key:
            raise analyzing(f"primary key column[{column.name}] type not supported: {column.type.show()}")
        if not column.type.can_be_key:
            raise analyzing(unfit_key(column))
        if keys == "PRIMARY":
            if node.columns[index].nullable is True:
                raise analyzing(f"primary key column[{column.name}] cannot be nullable")
            column.nullable = False
    for definition, column in zip(node.columns, built):
        _check_value_column(definition, column, built, keys)


@rule(MEASURED_4_0_2, "values of tables that aggregate, and only theirs, have functions")
def _check_value_column(definition: Node, column: Column, built: list[Column], keys: str) -> None:
    if definition.generated is not None:
        if keys == "AGGREGATE":
            raise analyzing("Generated Column does not support AGG table")
        column_rules.resolve_generated(column, definition, built, keys)
    if column.is_key:
        return
    if keys == "AGGREGATE":
        if not column.agg:
            raise analyzing(f"AGG_KEYS table should specify aggregate type for non-key column[{column.name}]")
    elif column.agg == "REPLACE" and keys in ("PRIMARY", "UNIQUE"):
        column.agg = None
    elif column.agg:
        raise analyzing(f"{MODELS[keys]} table should not specify aggregate type for non-key column[{column.name}]")
    if column.type.only_metric and not column.agg and keys in ("DUPLICATE",):
        raise analyzing(f"No aggregate function specified for '{column.name}'")
