# SPDX-License-Identifier: Apache-2.0
"""The working copy of a table's schema that the clauses of one ALTER change."""

import copy


class Change:
    """The working copy of a table's schema while clauses are applied."""

    def __init__(self, engine, db, table, source):
        self.engine, self.db, self.table, self.source = engine, db, table, source
        self.columns = copy.deepcopy(table.columns)
        self.indexes = copy.deepcopy(table.indexes)
        self.sort_keys = list(table.sort_keys) if table.sort_keys else None
        self.light = table.properties.get("fast_schema_evolution") == "true"
        self.dropped, self.modified, self.touched, self.reordered = set(), set(), set(), False
        self.added = {}
        self.shadowed = []       # modified columns: later clauses do not find them by name
        self.rollup_columns = {}  # new columns by the rollup they also go to
        self.pairs = []          # (old, new) columns of MODIFY, checked after the order

    def find(self, name, shadowed=False):
        wanted = name.lower()
        return next((c for c in self.columns if c.name.lower() == wanted
                     and (shadowed or not any(c is s for s in self.shadowed))), None)

    def heavy(self):
        self.light = False
