# SPDX-License-Identifier: Apache-2.0
"""ADD, DROP, RENAME, MODIFY and TRUNCATE of partitions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import SimError, analyzing
from ..rules import DOCUMENTED_3_3, MEASURED_4_0, rule
from . import partitions, properties

if TYPE_CHECKING:
    from ..model.objects import Table
    from ..parser.stream import Node
    from .server import Engine


@rule(MEASURED_4_0, "partitions are added to tables that have some")
def analyse_add(engine: Engine, db: str, table: Table, clause: Node, node: Node) -> None:
    if table.scheme is None:
        raise analyzing("Only support adding partition to range/list partitioned table")
    if table.scheme.automatic and table.scheme.type == "RANGE" and clause.item.kind == "part":
        raise analyzing("Currently, you cannot manually add a single range partition to a table that is automatically "
                        "partition")
    _check_kind(table, clause.item)
    copy = table.clone_definition(table.name, table.id)
    try:
        partitions.add_items(engine, copy, [clause.item])
    except partitions.Overlap as error:
        raise analyzing(error.on_add) from None


@rule(MEASURED_4_0, "a partition of the other kind is refused in other words for each")
def _check_kind(table: Table, item: Node) -> None:
    """The server meets a partition of the other kind late, and says so in its own way for each."""
    listed = item.kind == "part" and item.mode == "IN"
    assert table.scheme is not None
    if table.scheme.type == "RANGE" and listed:
        ours, theirs = (f"com.starrocks.catalog.{kind}PartitionInfo" for kind in ("Range", "List"))
        raise SimError(f"class {ours} cannot be cast to class {theirs} ({ours} and {theirs} are in unnamed module of "
                       "loader 'app')")
    if table.scheme.type == "LIST" and not listed:
        raise SimError("Cannot add a Range partition to a table that partition type is not of Range", 5700)


@rule(MEASURED_4_0, "LIST partitions keep their names")
def rename(engine: Engine, db: str, table: Table, clause: Node, node: Node) -> None:
    part = next((p for p in table.partitions if p.name == clause.old), None)
    if table.scheme is None or table.scheme.type == "LIST":
        raise SimError(f"Table[{table.name}] is single partitioned. no need to rename partition name.")
    if table.scheme.automatic:
        raise SimError(f"Table[{table.name}] is automatic partitioned. not support to rename partition name.")
    if part is None:
        raise SimError(f"Partition[{clause.old}] does not exists")
    if any(p.name == clause.new for p in table.partitions):
        raise SimError(f"Partition name[{clause.new}] is already used")
    part.name = clause.new


def add(engine: Engine, db: str, table: Table, clause: Node, node: Node) -> None:
    buckets = clause.distribution.buckets if clause.distribution else table.distribution[2]
    partitions.add_items(engine, table, [clause.item], buckets)


@rule(MEASURED_4_0, "a dropped partition exists")
def drop(engine: Engine, db: str, table: Table, clause: Node, node: Node) -> None:
    if table.scheme is None:
        raise SimError(f"Alter table [{table.name}] failed. Not a partitioned table")
    for name in clause.names:
        part = next((p for p in table.partitions if p.name == name), None)
        if part is None:
            if clause.if_exists:
                continue
            raise SimError(f"Error in list of partitions to [{name}]", 1507)
        table.partitions.remove(part)


@rule(DOCUMENTED_3_3, "a modified partition exists")
def modify(engine: Engine, db: str, table: Table, clause: Node, node: Node) -> None:
    for name in clause.names:
        if name != "*" and not any(p.name == name for p in table.partitions):
            raise SimError(f"Partition[{name}] does not exist in table[{table.name}]")
    for key, value in clause.properties.items():
        if key == "replication_num":
            properties.check_replication(value)
            for part in table.partitions:
                if name == "*" or part.name in clause.names:
                    part.replication_num = value


@rule(DOCUMENTED_3_3, "a truncated partition exists")
def truncate(engine: Engine, db: str, table: Table, clause: Node, node: Node) -> None:
    for name in clause.names:
        if not any(p.name == name for p in table.partitions):
            raise SimError(f"Partition {name} does not exist")
