# SPDX-License-Identifier: Apache-2.0
"""From an analysed CREATE TABLE to a table, and from a rollup clause to a rollup."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from ..errors import SimError, analyzing
from ..model.objects import Partition, Rollup, Table
from ..rules import DOCUMENTED_3_3, rule
from . import columns as column_rules
from . import constraints, distribution, dynamic_partitions, key_models, partitions, properties, secondary_indexes

if TYPE_CHECKING:
    from ..model.objects import Column, PartitionScheme
    from ..parser.stream import Node
    from .server import Engine


@rule(DOCUMENTED_3_3, "colocation wants a distribution")
def build_table(engine: Engine, db: str, name: str, node: Node) -> Table:
    """Analyses a definition and returns the table, not yet in the catalog."""
    built = _columns(node)
    column_rules.check_order(built, node)
    keys, key_names = key_models.key_model(node, built)
    key_models.check_columns(node, built, keys, key_names)
    dist = distribution.of_definition(node, built, keys)
    constraints.qualify(engine, node.properties, db, name)
    scheme = partitions.build(node.partition, built) if node.partition is not None else None
    _check_partition_columns(scheme, built, keys)
    indexes = [secondary_indexes.check_index(i, built, keys, node.source) for i in node.indexes]
    secondary_indexes.check_index_names(node, indexes)
    sort_keys = _sort_keys(node, built, keys)
    if node.distribution is None and node.properties.get("colocate_with"):
        raise analyzing("Colocate table must specify distribution column")
    if any(i.type == "GIN" for i in indexes):
        node.properties["replicated_storage"] = "false"
    props = properties.for_create(node.properties, keys, dist[0] == "RANDOM", scheme)
    table = Table(name, engine.catalog.new_id(), keys, built, dist, scheme, [], sort_keys, props, node.comment, indexes)
    table.base_index_id = engine.catalog.new_id()
    secondary_indexes.set_bloom(table, node.properties)
    distribution.check_colocation(engine, db, table)
    if scheme is None:
        table.partitions = [Partition(name, engine.catalog.new_id(2), buckets=dist[2])]
    else:
        _initial_partitions(engine, table, node.partition.items)
        dynamic_partitions.create(engine, table)
    for item in node.rollups:
        table.rollups.append(build_rollup(engine, table, item))
    return table


@rule(DOCUMENTED_3_3, "partitions have names of their own")
def _initial_partitions(engine: Engine, table: Table, items: list[Node]) -> None:
    names = [i.name for i in items if i.kind == "part"]
    for index, part_name in enumerate(names):
        if part_name in names[:index]:
            raise analyzing(f"Duplicated partition name: {part_name}")
    partitions.add_items(engine, table, items, table.distribution[2])


@rule(DOCUMENTED_3_3, "columns have names of their own, and one counts")
def _columns(node: Node) -> list[Column]:
    built, seen = [], set()
    for definition in node.columns:
        if definition.name.lower() in seen:
            raise analyzing(f"Duplicate column name '{definition.name}'", 1060)
        seen.add(definition.name.lower())
        built.append(column_rules.build(definition, source=node.source))
    if sum(1 for c in built if c.auto) > 1:
        raise analyzing("More than one AUTO_INCREMENT column defined in CREATE TABLE Statement")
    return built


@rule(DOCUMENTED_3_3, "partition columns are keys where there are some")
def _check_partition_columns(scheme: PartitionScheme | None, built: list[Column], keys: str) -> None:
    if scheme is None or keys == "DUPLICATE":
        return
    for name in scheme.columns:
        column = next(c for c in built if c.name == name)
        if not column.is_key and not column.name.startswith("__generated_partition"):
            raise analyzing("The partition column could not be aggregated column and unique table's partition column "
                            "must be key column")


@rule(DOCUMENTED_3_3, "sort columns exist and have types that can be sorted by")
def _sort_keys(node: Node, built: list[Column], keys: str) -> list[str] | None:
    if not node.order_by:
        return None
    out: list[str] = []
    for name in node.order_by:
        column = next((c for c in built if c.name.lower() == name.lower()), None)
        if column is None:
            raise SimError(f"Invalid column '{name}': not exists in all columns.")
        if keys == "PRIMARY" and not column.type.primary_key and column.type.name != "VARBINARY":
            raise analyzing(f"sort key column[{name}] type not supported: {column.type.show()}")
        if not column.type.can_be_key and not out:
            raise SimError(f"Data type of first column cannot be {built[0].type.upper()}")
        out.append(column.name)
    if keys in ("AGGREGATE", "UNIQUE") and sorted(out) != sorted(c.name for c in built if c.is_key):
        raise analyzing(f"The sort columns of {keys} KEY table must be same with key columns")
    return out


@rule(DOCUMENTED_3_3, "the columns of a rollup exist")
def build_rollup(engine: Engine, table: Table, item: Node) -> Rollup:
    """A Rollup of a table from its clause."""
    chosen = []
    for name in item.columns:
        column = table.column(name)
        if column is None:
            raise SimError(f"Column[{name}] does not exist in base index")
        chosen.append(column)
    return Rollup(item.name, engine.catalog.new_id(), _rollup_columns(table, chosen))


def _rollup_columns(table: Table, chosen: list[Column]) -> list[Column]:
    out = [copy.deepcopy(c) for c in chosen]
    if table.keys in ("AGGREGATE", "UNIQUE", "PRIMARY"):
        return out
    names = key_models.short_keys(out, None) if out[0].type.can_be_key else [out[0].name]
    for column in out:
        column.is_key = column.name in names
    return out
