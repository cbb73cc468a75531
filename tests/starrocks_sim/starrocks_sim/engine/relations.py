# SPDX-License-Identifier: Apache-2.0
"""FROM: what tables, views, subqueries, joins and table functions offer to a query."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import SimError, analyzing
from ..model.types import INT, NULL_TYPE, SqlType
from ..parser.stream import Node
from ..rules import DOCUMENTED_3_3, MEASURED_4_0_2, rule
from . import query_checks
from .expression_types import common
from .scopes import (
    Ctes,
    Output,
    Relations,
    Scope,
    nullable,
)

if TYPE_CHECKING:
    from .context import Row


class RelationAnalyzer:
    """The part of the analysis that follows FROM."""

    def __init__(self, catalog: Any, database: str, variables: Row | None = None) -> None:
        self.catalog = catalog
        self.database = database
        self.variables = variables or {}
        self.reads: dict[tuple[str, str], set[str]] = {}  # (db, table) -> set of column names

    if TYPE_CHECKING:
        def query(self, node: Node, parent: Scope | None = None, ctes: Ctes | None = None) -> list[Output]: ...
        def expr(self, node: Node, scope: Scope, ctes: Ctes | None = None) -> SqlType: ...

    def _relation(self, node: Node, parent: Scope | None, ctes: Ctes) -> Relations:
        if node.kind == "table":
            return self._table(node, ctes)
        if node.kind == "sub":
            outputs = self.query(node.query, parent, ctes)
            names = node.columns or [o.name for o in outputs]
            alias = node.alias or ""
            return [(alias, [Output(n, o.type, o.nullable, [alias, n] if alias else [n], o.base)
                             for n, o in zip(names, outputs)])]
        if node.kind == "tablefunc":
            return self._table_function(node, Scope([], parent), ctes)
        if node.kind == "values":
            return self._values(node, Scope([], parent), ctes)
        left = self._relation(node.left, parent, ctes)
        if node.right.kind == "tablefunc":
            right = self._table_function(node.right, Scope(left, parent), ctes)
        else:
            right = self._relation(node.right, parent, ctes)
        if node.on is not None:
            query_checks.check_plain(node.on, "JOIN")
            self.expr(node.on, Scope(left + right, parent), ctes)
        if node.type.startswith(("LEFT SEMI", "LEFT ANTI")):
            return left
        if node.type.startswith(("RIGHT SEMI", "RIGHT ANTI")):
            return right
        if node.type.startswith(("LEFT", "FULL")):
            right = [(a, [nullable(o) for o in outs]) for a, outs in right]
        if node.type.startswith(("RIGHT", "FULL")):
            left = [(a, [nullable(o) for o in outs]) for a, outs in left]
        if node.using:
            self._check_using(node, left)
            hidden = {u.lower() for u in node.using}
            right = [(a, [o for o in outs if o.name.lower() not in hidden]) for a, outs in right]
        return left + right

    def _values(self, node: Node, scope: Scope, ctes: Ctes | None) -> Relations:
        rows = [[self.expr(e, scope, ctes) for e in row] for row in node.rows]
        names = node.columns or [f"column_{i}" for i in range(len(rows[0]))]
        alias = node.alias or ""
        return [(alias, [Output(name, common(list(kinds)), True, [alias, name] if alias else [name])
                         for name, kinds in zip(names, zip(*rows))])]

    @rule(MEASURED_4_0_2, "a column of USING stands once on the left")
    def _check_using(self, node: Node, left: Relations) -> None:
        """A column of USING stands once on the left."""
        for name in node.using:
            found = [o for _, outs in left for o in outs if o.name.lower() == name.lower()]
            if len(found) > 1:
                raise analyzing(f"Column '{name}' is ambiguous")

    def _table_function(self, node: Node, scope: Scope, ctes: Ctes | None) -> Relations:
        kinds = [self.expr(a, scope, ctes) for a in node.call.args]
        alias = node.alias or f"table_function_{node.call.name}"
        names = node.columns or [node.call.name if node.call.name == "unnest" else "generate_series"]
        node.output = names
        outs = []
        for index, name in enumerate(names):
            kind = kinds[index] if index < len(kinds) else NULL_TYPE
            element = kind.fields[0] if kind.name == "ARRAY" else kind
            if element.is_integer and node.call.name == "generate_series":
                element = common([element, INT])
            outs.append(Output(name, element, True, [alias, name]))
        return [(alias, outs)]

    @rule(DOCUMENTED_3_3, "a table of a query exists")
    def _table(self, node: Node, ctes: Ctes) -> Relations:
        if len(node.parts) == 1 and node.parts[0].lower() in ctes:
            outs = ctes[node.parts[0].lower()]
            alias = node.alias or node.parts[0]
            node.resolved = [node.parts[0]]
            return [(alias, [Output(o.name, o.type, o.nullable, [alias, o.name], o.base) for o in outs])]
        if len(node.parts) == 3 and node.parts[0] != "default_catalog":
            raise analyzing(f"Unknown catalog '{node.parts[0]}'", 5078)
        if len(node.parts) == 1 and not self.database:
            raise SimError("No database selected", 1046)
        db = node.parts[-2] if len(node.parts) > 1 else self.database
        name = node.parts[-1]
        if db not in self.catalog.databases:
            raise analyzing(f"Unknown database '{db}'", 5501)
        obj = self.catalog.find(db, name)
        if obj is None:
            raise analyzing(f"Unknown table '{db}.{name}'", 5502)
        node.resolved = [db, name]
        self.reads.setdefault((db, name), set())
        alias = node.alias or name
        types = self._view_types(db, obj) if obj.kind == "VIEW" else {}
        return [(alias, [Output(c.name, types.get(c.name, c.type), c.nullable, [db, alias, c.name],
                                (db, name, c.name)) for c in obj.columns if not c.hidden])]

    def _view_types(self, db: str, view: Any) -> dict[str, SqlType]:
        """The types that a view's query has now: its own columns keep those of its creation."""
        from ..parser import parse_statement
        try:
            outputs = type(self)(self.catalog, db).query(parse_statement(view.original).query)
        except (SimError, AttributeError):
            return {}
        return {c.name: o.type for c, o in zip(view.columns, outputs)}

    @rule(DOCUMENTED_3_3, "the table before .* is in FROM")
    def _expand(self, items: list[Node], scope: Scope) -> list[Node]:
        out = []
        for item in items:
            if item.expr.kind != "star":
                out.append(item)
                continue
            wanted = item.expr.qualifier[-1] if item.expr.qualifier else None
            found = [(a, outs) for a, outs in scope.relations if wanted is None or a == wanted]
            if not found:
                raise analyzing(f"Unknown table '{wanted}'" if wanted else "No tables used")
            excluded = {n.lower() for n in getattr(item.expr, "excluded", ())}
            for _, outs in found:
                out += [Node("item", alias=None, expr=Node("col", parts=[o.name], quoted=False, pinned=o))
                        for o in outs if o.name.lower() not in excluded]
        return out
