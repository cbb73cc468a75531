# SPDX-License-Identifier: Apache-2.0
"""Name resolution and types of queries (what view definitions and SELECTs need)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import analyzing
from ..model.types import BOOLEAN, DATETIME, INT, JSON, NULL_TYPE, VARCHAR, SqlType
from ..parser.stream import Node
from ..printer import query as printer
from ..rules import DOCUMENTED_3_3, MEASURED_4_0_2, rule
from . import query_checks, query_rewrites
from .expression_tree import has_aggregate, substitute
from .expression_types import arithmetic, common, literal_type
from .function_types import NEVER_NULL, function_type
from .relations import RelationAnalyzer
from .scopes import (
    Ctes,
    Output,
    Scope,
    always_fits,
    as_output,
    bare,
    names_no_time,
    nullable,
    rounded,
    without_database,
)

if TYPE_CHECKING:
    pass


class Analyzer(RelationAnalyzer):
    """Resolves one query against the catalog; records what it reads."""

    def query(self, node: Node, parent: Scope | None = None, ctes: Ctes | None = None) -> list[Output]:
        """Annotates the tree and returns its outputs."""
        ctes = dict(ctes or {})
        for cte in node.ctes:
            outputs = self.query(cte.query, parent, ctes)
            names = cte.columns or [o.name for o in outputs]
            cte.output = names
            # What a common table expression offers may be NULL, whatever it is made of.
            ctes[cte.name.lower()] = [Output(n, o.type, True, [cte.name, n], o.base)
                                      for n, o in zip(names, outputs)]
        if node.kind == "setop":
            return self._set_operation(node, parent, ctes)
        if node.kind == "paren_query":
            outputs = self.query(node.query, parent, ctes)
            self._order(node, Scope([("", outputs)], parent), outputs, ctes)
            return outputs
        return self._select(node, parent, ctes)

    @rule(DOCUMENTED_3_3, "operands of a set operation have as many columns")
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
        query_checks.check_aliases([(outs[0].resolved[0] if outs and len(outs[0].resolved) > 2 else "", alias)
                                    for alias, outs in relations])
        scope = Scope(relations, parent)
        node.items = self._expand(node.items, scope)
        outputs = []
        for item in node.items:
            query_checks.check_nesting(item.expr)
            kind = self.expr(item.expr, scope, ctes)
            item.name = item.alias or self._label(item.expr)
            base = getattr(item.expr, "base", None)
            nullable = getattr(item.expr, "nullable", True)
            resolved = getattr(item.expr, "resolved", None) or [item.name]
            outputs.append(Output(item.name, kind, nullable, resolved, base))
        if node.where is not None:
            node.where = query_rewrites.push_negation(node.where)
            query_checks.check_plain(node.where, "WHERE")
            self.expr(node.where, scope, ctes)
        aliases = {i.name.lower(): i.expr for i in node.items if i.alias}
        if node.group is not None:
            self._group(node.group, scope, ctes, aliases)
        if node.having is not None:
            node.having = self._with_aliases(query_rewrites.push_negation(node.having), scope, ctes, aliases)
        self._check_grouping(node, aliases)
        self._order(node, scope, outputs, ctes, node.items)
        return outputs

    def _group(self, group: Node, scope: Scope, ctes: Ctes, aliases: dict[str, Node]) -> None:
        """An alias is printed as it was written; inside an expression it is replaced."""
        for index, expr in enumerate(group.exprs):
            if expr.kind == "lit" and expr.type == "int":
                continue
            if self._is_alias(expr, scope, aliases):
                group.exprs[index] = bare(aliases[expr.parts[0].lower()], expr.parts[0])
            else:
                group.exprs[index] = self._with_aliases(expr, scope, ctes, aliases)

    def _is_alias(self, expr: Node, scope: Scope, aliases: dict[str, Node]) -> bool:
        return expr.kind == "col" and len(expr.parts) == 1 and expr.parts[0].lower() in aliases \
            and not self._in_scope(expr, scope)

    def _with_aliases(self, expr: Node, scope: Scope, ctes: Ctes, aliases: dict[str, Node]) -> Node:
        """Resolves an expression whose names may be select aliases."""
        if self._is_alias(expr, scope, aliases):
            return aliases[expr.parts[0].lower()]
        substituted: Node = substitute(expr, lambda n: aliases.get(n.parts[0].lower())
                                  if len(n.parts) == 1 and not self._in_scope(n, scope) else None)
        self.expr(substituted, scope, ctes)
        return substituted

    def _in_scope(self, node: Node, scope: Scope) -> bool:
        return bool(self._candidates(node, scope))

    def _order(self, node: Node, scope: Scope, outputs: list[Output], ctes: Ctes,
               items: list[Node] | None = None) -> None:
        """A bare name is an output first; it is printed with the table of the column that it stands for."""
        names = {o.name.lower(): o for o in outputs}
        by_name = {i.name.lower(): i.expr for i in items or ()}
        ordered = []
        for expr, desc, nulls in node.order:
            if expr.kind == "lit" and expr.type == "int" and 1 <= expr.value <= len(outputs):
                out = outputs[expr.value - 1]
                if items:
                    expr = items[expr.value - 1].expr
                else:
                    expr = Node("col", parts=[out.name], quoted=False, resolved=out.resolved)
            elif items and expr.kind == "col" and len(expr.parts) == 1 and expr.parts[0].lower() in names:
                expr = as_output(names[expr.parts[0].lower()], by_name[expr.parts[0].lower()])
            elif self._is_printed_output(expr, scope, names):
                expr = Node("col", parts=expr.parts, quoted=False, resolved=names[expr.parts[-1].lower()].resolved)
                if items:
                    expr = as_output(names[expr.parts[-1].lower()], by_name[expr.parts[-1].lower()])
            elif items:
                expr = self._with_aliases(expr, scope, ctes, by_name)
            else:
                self.expr(expr, scope, ctes)
            ordered.append((expr, desc, nulls))
        node.order = ordered

    def _is_printed_output(self, expr: Node, scope: Scope, names: dict[str, Output]) -> bool:
        """True for an output with the table that it is printed with: a stored query is read again."""
        if expr.kind != "col" or len(expr.parts) < 2 or self._in_scope(expr, scope):
            return False
        found = names.get(expr.parts[-1].lower())
        return found is not None and found.resolved[:-1][-len(expr.parts) + 1:] == expr.parts[:-1]

    def _check_grouping(self, node: Node, aliases: dict[str, Node]) -> None:
        """A bare column beside an aggregate must be grouped."""
        if node.group is None and not any(has_aggregate(i.expr) for i in node.items):
            return
        grouped = set()
        for expr in node.group.exprs if node.group else []:
            if expr.kind == "lit" and expr.type == "int" and 1 <= expr.value <= len(node.items):
                expr = node.items[expr.value - 1].expr
            elif expr.kind == "col" and getattr(expr, "alias_of", None) is not None:
                expr = expr.alias_of
            grouped.add(printer.expression(expr))
        for expr in [*(i.expr for i in node.items), *([node.having] if node.having is not None else ())]:
            query_checks.check_grouped(expr, grouped)

    def _label(self, expr: Node) -> str:
        return expr.parts[-1] if expr.kind == "col" else printer.expression(expr, "label")

    def _candidates(self, node: Node, scope: Scope) -> list[Output]:
        name = node.parts[-1].lower()
        qualifier = node.parts[-2] if len(node.parts) > 1 else None
        return [o for alias, outs in scope.relations if qualifier is None or alias == qualifier
                for o in outs if o.name.lower() == name]

    @rule(MEASURED_4_0_2, "a column of a query exists, once")
    def _column(self, node: Node, scope: Scope) -> SqlType:
        found = None
        if hasattr(node, "pinned"):
            found = nullable(node.pinned)
        level: Scope | None = scope
        while found is None and level is not None:
            matches = self._candidates(node, level)
            if len(matches) > 1 and len({tuple(m.resolved) for m in matches}) > 1:
                raise analyzing(f"Column '{node.parts[-1]}' is ambiguous", 1052)
            found = matches[0] if matches else self._field(node, level)
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

    def _field(self, node: Node, scope: Scope) -> Output | None:
        """A field of a STRUCT column, written as a path."""
        for split in range(1, len(node.parts)):
            matches = self._candidates(Node("col", parts=node.parts[:split]), scope)
            if not matches or matches[0].type.name != "STRUCT":
                continue
            kind: SqlType | None = matches[0].type
            for part in node.parts[split:]:
                fields = kind.fields if kind is not None and kind.name == "STRUCT" else ()
                kind = next((t for n, t in fields if n.lower() == part.lower()), None)
            if kind is not None:
                return Output(node.parts[-1], kind, True, [*matches[0].resolved, *node.parts[split:]], matches[0].base)
        return None

    def expr(self, node: Node, scope: Scope, ctes: Ctes | None = None) -> SqlType:
        """The type of an expression; resolves the columns in it."""
        if node.kind == "col":
            return self._column(node, scope)
        if node.kind in ("subquery", "exists"):
            outputs = self.query(node.query, scope, ctes)
            node.nullable = True
            return BOOLEAN if node.kind == "exists" else outputs[0].type
        if node.kind == "in":
            self.expr(node.expr, scope, ctes)
            if node.query is not None:
                self.query(node.query, scope, ctes)
            for item in node.items or []:
                self.expr(item, scope, ctes)
            return BOOLEAN
        if node.kind == "lambda":
            elements = getattr(node, "elements", ())
            outs = [Output(n, elements[i] if i < len(elements) else NULL_TYPE, True,
                           ["__LAMBDA_TABLE", "__LAMBDA_TABLE", n]) for i, n in enumerate(node.names)]
            return self.expr(node.body, Scope([("__LAMBDA_TABLE", outs)], scope), ctes)
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
            node.nullable = getattr(node.expr, "nullable", True)
            return arithmetic("*", SqlType("TINYINT"), inner)
        if kind == "cast":
            inner = self.expr(node.expr, scope, ctes)
            target: SqlType = node.type
            node.nullable = getattr(node.expr, "nullable", True) or not always_fits(inner, target)
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
        node.nullable = getattr(node.left, "nullable", True) or getattr(node.right, "nullable", True) \
            or node.op in ("/", "%", "DIV", "AND", "OR")
        if node.op == "<=>":
            node.nullable = False
        if node.op in ("AND", "OR", "=", "!=", "<", ">", "<=", ">=", "<=>"):
            return BOOLEAN
        if node.right.kind == "interval" or node.left.kind == "interval":
            node.left, node.right = query_rewrites.as_moment(node.left), query_rewrites.as_moment(node.right)
            return DATETIME
        return arithmetic(node.op, left, right)

    def _call(self, node: Node, scope: Scope, ctes: Ctes | None) -> SqlType:
        query_rewrites.rewrite_call(node)
        kinds = self._arguments(node, scope, ctes)
        query_rewrites.retype_arguments(node, kinds)
        for expr, _, _ in getattr(node, "order_by", None) or []:
            self.expr(expr, scope, ctes)
        over = getattr(node, "over", None)
        if over is not None:
            for expr in over.partition + [o[0] for o in over.order]:
                self.expr(expr, scope, ctes)
        node.nullable = over is not None or node.name not in NEVER_NULL
        self._check_numbers(node, kinds)
        return self._call_type(node, kinds)

    def _arguments(self, node: Node, scope: Scope, ctes: Ctes | None) -> list[SqlType]:
        """The types of the arguments; the names of a lambda stand for elements of the arrays beside it."""
        kinds = {id(a): self.expr(a, scope, ctes) for a in node.args if a.kind not in ("star", "unit", "lambda")}
        elements = [k.fields[0] for k in kinds.values() if k.name == "ARRAY"]
        for argument in node.args:
            if argument.kind == "lambda":
                argument.elements = elements
                kinds[id(argument)] = self.expr(argument, scope, ctes)
        return [kinds[id(a)] for a in node.args if id(a) in kinds]

    @rule(MEASURED_4_0_2, "sum and avg want numbers")
    def _check_numbers(self, node: Node, kinds: list[SqlType]) -> None:
        if node.name in ("sum", "avg") and kinds and (kinds[0].is_date or kinds[0].is_complex or kinds[0].only_metric
                                                      or kinds[0].name in ("JSON", "VARBINARY")):
            raise analyzing(f"{node.name} requires a numeric parameter: {without_database(printer.expression(node))}")

    def _call_type(self, node: Node, kinds: list[SqlType]) -> SqlType:
        if node.name == "array_map" and kinds:
            return SqlType("ARRAY", fields=[kinds[0]])
        if node.name == "named_struct":
            names = [str(a.value) for a in node.args[::2] if a.kind == "lit"]
            return SqlType("STRUCT", fields=list(zip(names, kinds[1::2])))
        if node.name in ("round", "truncate", "dround") and kinds and kinds[0].name == "DECIMAL":
            return rounded(node)
        if node.name in ("round", "dround") and len(kinds) == 1:
            return SqlType("BIGINT")
        if node.name in ("round", "truncate", "dround"):
            return SqlType("DOUBLE")
        if node.name == "str_to_date" and names_no_time(node.args[-1]):
            return SqlType("DATE")
        return function_type(node.name, kinds)
