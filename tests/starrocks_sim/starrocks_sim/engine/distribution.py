# SPDX-License-Identifier: Apache-2.0
"""How a table is spread: hash columns, random distribution, colocation groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import SimError, analyzing
from ..rules import DOCUMENTED_3_3, MEASURED_4_0, rule

if TYPE_CHECKING:
    from ..model.objects import Column, Table
    from ..parser.stream import Node
    from .server import Engine


@rule(DOCUMENTED_3_3, "which models want HASH")
def of_definition(node: Node, built: list[Column], keys: str) -> tuple[str, list[str], int]:
    dist = node.distribution
    if dist is None:
        if keys == "AGGREGATE":
            raise analyzing("Currently not support default distribution in AGG_KEYS")
        if keys == "UNIQUE":
            raise analyzing("Currently not support default distribution in UNIQUE_KEYS")
        if keys == "PRIMARY":
            return ("HASH", [c.name for c in built if c.is_key], 0)
        return ("RANDOM", [], 0)
    if dist.type == "RANDOM":
        if keys in ("UNIQUE", "PRIMARY"):
            raise analyzing(f"{keys} KEY must use hash distribution", span=node.source.span(dist.start, dist.end))
        if keys == "AGGREGATE" and any(c.agg and c.agg.startswith("REPLACE") for c in built):
            raise SimError("AGG_KEYS table with aggregate function REPLACE must use hash distribution")
        return ("RANDOM", [], dist.buckets)
    return ("HASH", check_hash_columns(dist, built, keys), dist.buckets)


@rule(DOCUMENTED_3_3, "columns of HASH exist and can be keys")
def check_hash_columns(dist: Node, built: list[Column], keys: str, strict: bool = True) -> list[str]:
    """The canonical names of hash columns."""
    out = []
    for name in dist.columns:
        column = next((c for c in built if c.name.lower() == name.lower()), None)
        if column is None:
            raise analyzing(f"Distribution column({name}) doesn't exist.")
        if column.name in out and strict:
            raise analyzing(f"Duplicated distribution column {name}")
        if strict and not column.type.can_be_key:
            raise SimError(f"{column.type.upper()} column can not be distribution column")
        if strict and keys != "DUPLICATE" and not column.is_key:
            raise SimError(f"Distribution column[{column.name}] is not key column")
        out.append(column.name)
    return out


@rule(MEASURED_4_0, "tables of one colocation group agree on their distribution")
def check_colocation(engine: Engine, db: str, table: Table) -> None:
    """Tables of one colocation group agree on their distribution."""
    group = table.properties.get("colocate_with")
    database = engine.catalog.databases[db]
    first = next((o for o in database.objects.values() if group and o.kind == "TABLE"
                  and o.properties.get("colocate_with") == group), None)
    if first is None:
        return
    _, names, buckets = first.distribution
    _, own, own_buckets = table.distribution
    place = f"with group {database.id}.{first.id}, current"
    info = f"info type: HASH; distribution columns: [{','.join(own)},]; bucket num: {own_buckets}; "
    if buckets != own_buckets:
        raise SimError(f"Colocate tables must have same bucket num: {buckets}, {place} {info}", 5063)
    if len(names) != len(own):
        raise SimError(f"Colocate tables distribution columns size must be the same : {len(names)}, {place} {info}",
                       5063)
    for mine, other in zip(own, names):
        wanted = first.column(other).type
        here = table.column(mine)
        assert here is not None
        if here.type.name != wanted.name:
            raise SimError(f"Colocate tables distribution columns must have the same data type {place} col: {mine}, "
                           f"should be: {wanted.upper()}, current {info}", 5063)
