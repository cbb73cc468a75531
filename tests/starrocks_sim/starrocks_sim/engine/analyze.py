# SPDX-License-Identifier: Apache-2.0
"""Name resolution and types of queries (what view definitions and SELECTs need)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..errors import SimError, analyzing
from ..model.types import BOOLEAN, DATETIME, INT, JSON, NULL_TYPE, VARCHAR, SqlType
from ..parser.stream import Node
from ..printer import query as printer
from .expression_tree import has_aggregate, substitute, ungrouped
from .expression_types import arithmetic, common, function_type, literal_type, wider

if TYPE_CHECKING:
    from .context import Row


@dataclass
class Output:
    """A column that a relation offers: how to print it and what it is."""

    name: str
    type: SqlType
    nullable: bool = True
    resolved: list[str] = field(default_factory=list)
    base: tuple[str, str, str] | None = None


# Of a FROM clause: aliases and what they offer; common table expressions by name.
Relations = list[tuple[str, list[Output]]]
Ctes = dict[str, list[Output]]


@dataclass
class Scope:
    """Relations in reach: (alias, outputs); `parent` for correlated subqueries."""

    relations: Relations
    parent: Scope | None = None


class Analyzer:
    """Resolves one query against the catalog; records what it reads."""

    def __init__(self, catalog: Any, database: str, variables: Row | None = None) -> None:
        self.catalog = catalog
        self.database = database
        self.variables = variables or {}
        self.reads: dict[tuple[str, str], set[str]] = {}  # (db, table) -> set of column names

    # --- queries ---------------------------------------------------------------
    def query(self, node: Node, parent: Scope | None = None, ctes: Ctes | None = None) -> list[Output]:
        """Annotates the tree and returns its outputs."""
        ctes = dict(ctes or {})
        for cte in node.ctes:
            outputs = self.query(cte.query, parent, ctes)
            names = cte.columns or [o.name for o in outputs]
            cte.output = names
            ctes[cte.name.lower()] = [Output(n, o.type, o.nullable, [cte.name, n], o.base)
                                      for n, o in zip(names, outputs)]
        if node.kind == "setop":
            return self._set_operation(node, parent, ctes)
        if node.kind == "paren_query":
            outputs = self.query(node.query, parent, ctes)
            self._order(node, Scope([("", outputs)], parent), outputs, ctes)
            return outputs
        return self._select(node, parent, ctes)

    def _set_operation(self, node: Node, parent: Scope | None, ctes: Ctes) -> list[Output]:
        left = self.query(node.left, parent, ctes)
        right = self.query(node.right, parent, ctes)
        if len(left) != len(right):
            raise analyzing("Operands have unequal number of columns")
        outputs = [Output(a.name, common([a.type, b.type]), a.nullable or b.nullable, a.resolved)
                   for a, b in zip(left, right)]
        self._order(node, Scope([("", outputs)], parent), outputs, ctes)
        return outputs

    def _select(self, node: Node, parent: Scope | None, ctes: Ctes) -> list[Output]:
        relations = self._relation(node.source, parent, ctes) if node.source is not None else []
        scope = Scope(relations, parent)
        node.items = self._expand(node.items, scope)
        outputs = []
        for item in node.items:
            kind = self.expr(item.expr, scope, ctes)
            item.name = item.alias or self._label(item.expr)
            base = getattr(item.expr, "base", None)
            nullable = getattr(item.expr, "nullable", True)
            resolved = getattr(item.expr, "resolved", None) or [item.name]
            outputs.append(Output(item.name, kind, nullable, resolved, base))
        if node.where is not None:
            self.expr(node.where, scope, ctes)
        aliases = {i.name.lower(): i.expr for i in node.items if i.alias}
        if node.group is not None:
            for index, expr in enumerate(node.group.exprs):
                if not (expr.kind == "lit" and expr.type == "int"):
                    node.group.exprs[index] = self._with_aliases(expr, scope, ctes, aliases)
        if node.having is not None:
            node.having = self._with_aliases(node.having, scope, ctes, aliases)
        self._check_grouping(node)
        self._order(node, scope, outputs, ctes, node.items, aliases)
        return outputs

    def _with_aliases(self, expr: Node, scope: Scope, ctes: Ctes, aliases: dict[str, Node]) -> Node:
        """Resolves an expression whose names may be select aliases."""
        if expr.kind == "col" and len(expr.parts) == 1 and expr.parts[0].lower() in aliases:
            if not self._in_scope(expr, scope):
                return aliases[expr.parts[0].lower()]
        substituted: Node = substitute(expr, lambda n: aliases.get(n.parts[0].lower())
                                  if len(n.parts) == 1 and not self._in_scope(n, scope) else None)
        self.expr(substituted, scope, ctes)
        return substituted

    def _in_scope(self, node: Node, scope: Scope) -> bool:
        return bool(self._candidates(node, scope))

    def _order(self, node: Node, scope: Scope, outputs: list[Output], ctes: Ctes, items: list[Node] | None = None,
               aliases: dict[str, Node] | None = None) -> None:
        ordered = []
        for expr, desc, nulls in node.order:
            if expr.kind == "lit" and expr.type == "int" and 1 <= expr.value <= len(outputs):
                out = outputs[expr.value - 1]
                if items:
                    expr = items[expr.value - 1].expr
                else:
                    expr = Node("col", parts=[out.name], quoted=False, resolved=out.resolved)
            elif aliases is not None:
                expr = self._with_aliases(expr, scope, ctes, aliases)
            else:
                self.expr(expr, scope, ctes)
            ordered.append((expr, desc, nulls))
        node.order = ordered

    def _check_grouping(self, node: Node) -> None:
        """A bare column beside an aggregate must be grouped."""
        if node.group is None and not any(has_aggregate(i.expr) for i in node.items):
            return
        grouped = set()
        for expr in node.group.exprs if node.group else []:
            if expr.kind == "lit" and expr.type == "int" and 1 <= expr.value <= len(node.items):
                expr = node.items[expr.value - 1].expr
            grouped.add(printer.expression(expr))
        for item in node.items:
            bad = ungrouped(item.expr, grouped)
            if bad is not None:
                raise analyzing(f"'{printer.expression(bad)}' must be an aggregate expression or appear in GROUP BY "
                                "clause")

    def _label(self, expr: Node) -> str:
        return expr.parts[-1] if expr.kind == "col" else printer.expression(expr, "label")

    # --- relations ---------------------------------------------------------------
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
        left = self._relation(node.left, parent, ctes)
        if node.right.kind == "tablefunc":
            right = self._table_function(node.right, Scope(left, parent), ctes)
        else:
            right = self._relation(node.right, parent, ctes)
        if node.on is not None:
            self.expr(node.on, Scope(left + right, parent), ctes)
        if node.type.startswith(("LEFT SEMI", "LEFT ANTI")):
            return left
        if node.type.startswith(("LEFT", "FULL")):
            right = [(a, [_nullable(o) for o in outs]) for a, outs in right]
        if node.type.startswith(("RIGHT", "FULL")):
            left = [(a, [_nullable(o) for o in outs]) for a, outs in left]
        if node.using:
            hidden = {u.lower() for u in node.using}
            right = [(a, [o for o in outs if o.name.lower() not in hidden]) for a, outs in right]
        return left + right

    def _table_function(self, node: Node, scope: Scope, ctes: Ctes | None) -> Relations:
        kinds = [self.expr(a, scope, ctes) for a in node.call.args]
        alias = node.alias or f"table_function_{node.call.name}"
        names = node.columns or [node.call.name if node.call.name == "unnest" else "generate_series"]
        outs = []
        for index, name in enumerate(names):
            kind = kinds[index] if index < len(kinds) else NULL_TYPE
            element = kind.fields[0] if kind.name == "ARRAY" else kind
            outs.append(Output(name, element, True, [alias, name]))
        return [(alias, outs)]

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
        return [(alias, [Output(c.name, c.type, c.nullable, [db, alias, c.name],
                                (db, name, c.name)) for c in obj.columns if not c.hidden])]

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
            for _, outs in found:
                out += [Node("item", alias=None, expr=Node("col", parts=[o.name], quoted=False, pinned=o))
                        for o in outs]
        return out

    # --- expressions ---------------------------------------------------------------
    def _candidates(self, node: Node, scope: Scope) -> list[Output]:
        name = node.parts[-1].lower()
        qualifier = node.parts[-2] if len(node.parts) > 1 else None
        return [o for alias, outs in scope.relations if qualifier is None or alias == qualifier
                for o in outs if o.name.lower() == name]

    def _column(self, node: Node, scope: Scope) -> SqlType:
        found = None
        if hasattr(node, "pinned"):
            found = _nullable(node.pinned)
        level: Scope | None = scope
        while found is None and level is not None:
            matches = self._candidates(node, level)
            if len(matches) > 1 and len({tuple(m.resolved) for m in matches}) > 1:
                raise analyzing(f"Column '{node.parts[-1]}' is ambiguous", 1052)
            found = matches[0] if matches else None
            level = level.parent
        if found is None:
            parts = node.parts
            shown = ".".join(f"`{p}`" for p in parts) if len(parts) > 1 else parts[0]
            raise analyzing(f"Column '{shown}' cannot be resolved")
        node.resolved, node.type, node.nullable = found.resolved, found.type, found.nullable
        node.type_name = found.type.name
        node.base = found.base
        if found.base:
            self.reads.setdefault(found.base[:2], set()).add(found.base[2])
        return found.type

    def expr(self, node: Node, scope: Scope, ctes: Ctes | None = None) -> SqlType:
        """The type of an expression; resolves the columns in it."""
        if node.kind == "col":
            return self._column(node, scope)
        if node.kind in ("subquery", "exists"):
            outputs = self.query(node.query, scope, ctes)
            return BOOLEAN if node.kind == "exists" else outputs[0].type
        if node.kind == "in":
            self.expr(node.expr, scope, ctes)
            if node.query is not None:
                self.query(node.query, scope, ctes)
            for item in node.items or []:
                self.expr(item, scope, ctes)
            return BOOLEAN
        if node.kind == "lambda":
            outs = [Output(n, NULL_TYPE, True, ["__LAMBDA_TABLE", "__LAMBDA_TABLE", n]) for n in node.names]
            return self.expr(node.body, Scope([("", outs)], scope), ctes)
        if node.kind == "call":
            return self._call(node, scope, ctes)
        if node.kind == "case":
            return self._case(node, scope, ctes)
        return self._simple(node, scope, ctes)

    def _case(self, node: Node, scope: Scope, ctes: Ctes | None) -> SqlType:
        if node.value is not None:
            self.expr(node.value, scope, ctes)
        kinds = []
        for cond, value in node.whens:
            self.expr(cond, scope, ctes)
            kinds.append(self.expr(value, scope, ctes))
        if node.default is not None:
            kinds.append(self.expr(node.default, scope, ctes))
        return common(kinds)

    def _simple(self, node: Node, scope: Scope, ctes: Ctes | None) -> SqlType:
        kind = node.kind
        if kind == "lit":
            node.nullable = node.type == "null"
            return literal_type(node)
        if kind == "bin":
            return self._binary(node, scope, ctes)
        if kind in ("not", "isnull", "between", "like"):
            for name in ("expr", "low", "high", "pattern"):
                if hasattr(node, name):
                    self.expr(getattr(node, name), scope, ctes)
            node.nullable = kind != "isnull"
            return BOOLEAN
        if kind == "neg":
            inner = self.expr(node.expr, scope, ctes)
            return wider(inner) if inner.is_integer else inner
        if kind == "cast":
            self.expr(node.expr, scope, ctes)
            target: SqlType = node.type
            return target
        if kind == "array":
            kinds = [self.expr(i, scope, ctes) for i in node.items]
            array: SqlType = node.type or SqlType("ARRAY", fields=[common(kinds) if kinds else BOOLEAN])
            node.inferred = array
            return array
        if kind == "map":
            keys = [self.expr(k, scope, ctes) for k, _ in node.pairs]
            values = [self.expr(v, scope, ctes) for _, v in node.pairs]
            mapping: SqlType = node.type or SqlType("MAP", fields=[common(keys), common(values)])
            node.inferred = mapping
            return mapping
        if kind == "index":
            inner = self.expr(node.expr, scope, ctes)
            self.expr(node.index, scope, ctes)
            return inner.fields[-1] if inner.name in ("ARRAY", "MAP") else inner
        if kind == "field":
            inner = self.expr(node.expr, scope, ctes)
            return next((t for n, t in inner.fields if n.lower() == node.name.lower()), NULL_TYPE)
        if kind == "arrow":
            self.expr(node.expr, scope, ctes)
            return JSON
        if kind == "interval":
            self.expr(node.amount, scope, ctes)
            return INT
        if kind == "bitnot":
            return self.expr(node.expr, scope, ctes)
        return VARCHAR

    def _binary(self, node: Node, scope: Scope, ctes: Ctes | None) -> SqlType:
        left = self.expr(node.left, scope, ctes)
        right = self.expr(node.right, scope, ctes)
        node.nullable = getattr(node.left, "nullable", True) or getattr(node.right, "nullable", True)
        if node.op in ("AND", "OR", "=", "!=", "<", ">", "<=", ">=", "<=>"):
            return BOOLEAN
        if node.right.kind == "interval" or node.left.kind == "interval":
            return DATETIME
        return arithmetic(node.op, left, right)

    def _call(self, node: Node, scope: Scope, ctes: Ctes | None) -> SqlType:
        kinds = [self.expr(a, scope, ctes) for a in node.args if a.kind not in ("star", "unit")]
        for expr, _, _ in getattr(node, "order_by", None) or []:
            self.expr(expr, scope, ctes)
        over = getattr(node, "over", None)
        if over is not None:
            for expr in over.partition + [o[0] for o in over.order]:
                self.expr(expr, scope, ctes)
        node.nullable = node.name not in ("count", "now", "current_timestamp", "row_number", "rank", "dense_rank",
                                          "ndv", "approx_count_distinct", "bitmap_union_count")
        return function_type(node.name, kinds)


def _nullable(out: Output) -> Output:
    return Output(out.name, out.type, True, out.resolved, out.base)
