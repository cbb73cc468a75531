# SPDX-License-Identifier: Apache-2.0
"""The working copy of a table's schema that the clauses of one ALTER change."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..model.objects import Column, Table
    from ..parser.lexer import Source
    from .server import Engine


class Change:
    """The working copy of a table's schema while clauses are applied."""

    def __init__(self, engine: Engine, db: str, table: Table, source: Source) -> None:
        self.engine, self.db, self.table, self.source = engine, db, table, source
        self.columns = copy.deepcopy(table.columns)
        self.indexes = copy.deepcopy(table.indexes)
        self.sort_keys = list(table.sort_keys) if table.sort_keys else None
        self.light = table.properties.get("fast_schema_evolution") == "true"
        self.dropped: set[str] = set()
        self.modified: set[str] = set()
        self.touched: set[str] = set()
        self.reordered = False
        self.added: dict[str, Column] = {}
        self.shadowed: list[Column] = []       # modified columns: later clauses do not find them by name
        self.rollup_columns: dict[str, list[Column]] = {}  # new columns by the rollup they also go to
        self.pairs: list[tuple[Column, Column]] = []          # (old, new) columns of MODIFY, checked after the order

    def find(self, name: str, shadowed: bool = False) -> Column | None:
        wanted = name.lower()
        return next((c for c in self.columns if c.name.lower() == wanted
                     and (shadowed or not any(c is s for s in self.shadowed))), None)

    def heavy(self) -> None:
        self.light = False
