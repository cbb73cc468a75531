# SPDX-License-Identifier: Apache-2.0
"""Clauses that rewrite a whole table in an OPTIMIZE job: its distribution, or partitions merged into coarser ones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..errors import NotSimulated, analyzing
from ..printer import query as printer
from ..rules import MEASURED_4_0, rule
from . import distribution

if TYPE_CHECKING:
    from ..model.objects import Table
    from ..parser.stream import Node
    from .server import Engine


@rule(MEASURED_4_0, "which tables can be distributed anew")
def analyse(engine: Engine, db: str, table: Table, clause: Node, node: Node) -> None:
    if clause.keys is not None:
        raise analyzing("not support change keys type when optimize table")
    if clause.partition is not None:
        if clause.partition.type != "EXPR":
            raise analyzing("Unsupported partition type for merge partitions", 5064)
        _check_merge(table, clause)
        return
    dist = clause.distribution
    if dist is None:
        raise NotSimulated("ALTER TABLE .. PARTITIONS without DISTRIBUTED BY")
    if clause.partitions:
        raise NotSimulated("ALTER TABLE .. PARTITIONS (..) DISTRIBUTED BY")
    if "colocate_with" in table.properties:
        raise analyzing("Optimize table in colocate group is not supported", 5064)
    if dist.default and table.distribution[0] == "RANDOM":
        raise analyzing("Only support hash distribution tables")
    if dist.type == "RANDOM" and table.keys != "DUPLICATE":
        raise analyzing(f"{table.keys} KEY must use hash distribution" if table.keys != "AGGREGATE" else
                        "AGG_KEYS must use hash distribution", span=node.source.span(dist.start, dist.end))
    if table.distribution[0] == "RANDOM" and "bucket_size" in table.properties:
        raise analyzing("Random distribution table already supports automatic scaling and does not require "
                        "optimization", 5064)
    if dist.type == "HASH":
        distribution.check_hash_columns(dist, table.columns, table.keys, strict=False)
    if dist.default and [c.lower() for c in dist.columns] != [c.lower() for c in table.distribution[1]]:
        raise analyzing(f"Distribution columns mismatch: [{', '.join(dist.columns)}] vs "
                        f"[{', '.join(table.distribution[1])}]")


_UNITS = ("minute", "hour", "day", "month", "year")
_TRUNCATED = re.compile(r"date_trunc\('(\w+)', `?(\w+)`?\)")


@rule(MEASURED_4_0, "PARTITION BY merges partitions when it names the same column in a coarser unit")
def _check_merge(table: Table, clause: Node) -> None:
    """PARTITION BY merges partitions when it names the same column in a coarser unit."""
    if clause.distribution is not None:
        raise NotSimulated("ALTER TABLE .. PARTITION BY .. DISTRIBUTED BY")
    old = table.scheme and _TRUNCATED.search(table.scheme.text)
    wanted = _TRUNCATED.fullmatch(printer.expression(clause.partition.exprs[0], "source"))
    if not old or not wanted or len(clause.partition.exprs) > 1 or not {old[1], wanted[1]} <= set(_UNITS):
        raise NotSimulated("ALTER TABLE .. PARTITION BY other than a coarser date_trunc")
    if old[2] != wanted[2] or _UNITS.index(wanted[1]) <= _UNITS.index(old[1]):
        raise analyzing("Unsupported partition type for merge partitions", 5064)


def optimize(engine: Engine, db: str, table: Table, clause: Node, node: Node) -> None:
    if clause.partition is not None:      # rewrites the data; the declared scheme stays
        engine.jobs.start("OPTIMIZE", db, table, ("nothing", {}), rows=[])
        engine.views.inactivate(db, table.name, f"base-table optimized:{table.name}")
        return
    dist = clause.distribution
    names = distribution.check_hash_columns(dist, table.columns, table.keys,
                                            strict=False) if dist.type == "HASH" else []
    if dist.default:
        table.distribution = (dist.type, names, dist.buckets)
        return
    bad = next((n for n in names for column in [table.column(n)]
                if table.keys != "DUPLICATE" and column is not None and not column.is_key), None)
    shown = f"HASH({', '.join(names)})" if names else "RANDOM"
    operation = f"ALTER DISTRIBUTED BY {shown}" + (f" BUCKETS {dist.buckets}" if dist.buckets else "")
    effect = ("optimize", {"distribution": (dist.type, names, dist.buckets), "operation": operation})
    if bad:
        effect = ("fail", {"reason": "create temp partitions failed java.lang.RuntimeException: create partitions "
                                     f"failed: Distribution column[{bad}] is not key column"})
    engine.jobs.start("OPTIMIZE", db, table, effect, rows=[])
    engine.views.inactivate(db, table.name, f"base-table optimized:{table.name}")
