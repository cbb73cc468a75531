# SPDX-License-Identifier: Apache-2.0
"""What a query is refused for beyond names that do not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import analyzing
from ..printer import query as printer
from ..rules import DOCUMENTED_3_3, MEASURED_4_0, rule
from .expression_tree import children, has_aggregate, is_aggregate, ungrouped

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..parser.stream import Node


def _below(expr: Node) -> Iterable[Node]:
    """The nodes of an expression, without those of its subqueries."""
    yield expr
    for child in children(expr):
        if child.kind not in ("select", "setop", "paren_query"):
            yield from _below(child)


@rule(DOCUMENTED_3_3, "conditions hold no aggregates and no window functions")
def check_plain(expr: Node, clause: str) -> None:
    for node in _below(expr):
        if is_aggregate(node):
            raise analyzing(f"{clause} clause cannot contain aggregations")
        if node.kind == "call" and getattr(node, "over", None) is not None:
            raise analyzing(f"{clause} clause cannot contain window function")


@rule(DOCUMENTED_3_3, "an aggregate has no aggregate among its arguments")
def check_nesting(expr: Node) -> None:
    for node in _below(expr):
        if is_aggregate(node) and any(has_aggregate(argument) for argument in node.args):
            raise analyzing("Unsupported nest aggregation function inside aggregation")


@rule(DOCUMENTED_3_3, "tables of one FROM have names of their own")
def check_aliases(names: list[tuple[str, str]]) -> None:
    """`names`: database and alias; tables of two databases may be called the same."""
    for index, name in enumerate(names):
        if name[1] and name in names[:index]:
            raise analyzing(f"Not unique table/alias: '{name[1]}'", 1066)


@rule(MEASURED_4_0, "a column beside an aggregate is grouped")
def check_grouped(expr: Node, grouped: set[str]) -> None:
    bad = ungrouped(expr, grouped)
    if bad is not None:
        raise analyzing(f"'{printer.expression(bad)}' must be an aggregate expression or appear in GROUP BY clause")
