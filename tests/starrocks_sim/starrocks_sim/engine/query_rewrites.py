# SPDX-License-Identifier: Apache-2.0
"""What the server makes of a query before it prints it: negations, functions under other names, literals as dates."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ..parser.expressions import literal
from ..parser.stream import Node
from ..rules import MEASURED_4_0_2, rule

if TYPE_CHECKING:
    from ..model.types import SqlType

_OPPOSITE = {"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_OTHER = {"AND": "OR", "OR": "AND"}


@rule(MEASURED_4_0_2, "NOT moves inward in WHERE and HAVING, and nowhere else")
def push_negation(expr: Node) -> Node:
    if expr.kind == "not":
        negated = _negated(expr.expr)
        return push_negation(negated) if negated is not None else expr
    if expr.kind == "bin" and expr.op in _OTHER:
        return Node("bin", **{**_fields(expr), "left": push_negation(expr.left), "right": push_negation(expr.right)})
    return expr


def _fields(node: Node) -> dict[str, object]:
    return {k: v for k, v in node.__dict__.items() if k != "kind"}


def _negated(expr: Node) -> Node | None:
    """The opposite of a condition, None for one that has no opposite of its own."""
    if expr.kind == "not":
        inner: Node = expr.expr
        return inner
    if expr.kind == "bin" and expr.op in _OPPOSITE:
        return Node("bin", **{**_fields(expr), "op": _OPPOSITE[expr.op]})
    if expr.kind == "bin" and expr.op in _OTHER:
        left, right = (_negated(e) or Node("not", expr=e) for e in (expr.left, expr.right))
        return Node("bin", **{**_fields(expr), "op": _OTHER[expr.op], "left": left, "right": right})
    if expr.kind in ("in", "isnull", "between", "exists"):
        return Node(expr.kind, **{**_fields(expr), "negated": not getattr(expr, "negated", False)})
    return None


_OVER_MAPPED = {"array_filter": True, "array_sortby": True, "any_match": False, "all_match": False}


@rule(MEASURED_4_0_2, "transform, array_filter and bitmap_union(to_bitmap) have other names")
def rewrite_call(node: Node) -> None:
    """Changes a call in place, before its arguments are analysed."""
    if node.name == "transform" or (node.name == "array_map" and node.args and node.args[0].kind != "lambda"):
        functions = [a for a in node.args if a.kind == "lambda"]
        node.unnamed = node.name == "transform"
        node.name, node.args = "array_map", functions + [a for a in node.args if a.kind != "lambda"]
    elif node.name in _OVER_MAPPED and any(a.kind == "lambda" for a in node.args):
        mapped = Node("call", name="array_map", distinct=False, order_by=None, separator=None, over=None,
                      args=sorted(node.args, key=lambda a: a.kind != "lambda"), ignore_nulls=False)
        arrays = [a for a in node.args if a.kind != "lambda"]
        node.args = [*arrays[:1], mapped] if _OVER_MAPPED[node.name] else [mapped]
    elif node.name == "bitmap_union" and len(node.args) == 1 and node.args[0].kind == "call" \
            and node.args[0].name == "to_bitmap":
        node.name, node.args, node.unnamed = "bitmap_agg", node.args[0].args, True


def as_moment(node: Node) -> Node:
    """A literal beside an interval is a point in time."""
    if node.kind != "lit" or node.type not in ("string", "date"):
        return node
    for form in ("%Y-%m-%d", "%Y%m%d"):
        try:
            moment = datetime.strptime(str(node.value), form)
        except ValueError:
            continue
        return literal("datetime", moment.strftime("%Y-%m-%d %H:%M:%S"))
    return node


_WITH_MOMENTS = ("date_add", "date_sub", "adddate", "subdate", "timestampadd", "timestampdiff", "days_add", "days_sub")


@rule(MEASURED_4_0_2, "dates beside intervals show a time, defaults of lag and lead a decimal")
def retype_arguments(node: Node, kinds: list[SqlType]) -> None:
    """Literals among the arguments take the type that the function asks for."""
    if node.name in _WITH_MOMENTS:
        timed = any(a.kind in ("interval", "unit") for a in node.args)
        node.args = [as_moment(a) if timed else a for a in node.args]
    if node.name in ("lag", "lead") and len(node.args) > 2 and kinds[0].name == "DECIMAL":
        default = node.args[2]
        if default.kind == "lit" and default.type == "int":
            node.args[2] = literal("float", float(default.value))
