# SPDX-License-Identifier: Apache-2.0
"""Walks over expressions: what is below a node, which are aggregates, replacement of columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..parser.stream import Node
from ..printer import query as printer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

AGGREGATE_FUNCTIONS = frozenset("""count sum min max avg ndv approx_count_distinct bitmap_union bitmap_union_count
hll_union hll_union_agg hll_raw_agg group_concat array_agg percentile_approx percentile_union stddev std variance
var_samp stddev_samp any_value bitmap_agg max_by min_by array_agg_distinct count_if sum_map retention window_funnel
percentile_cont percentile_disc intersect_count multi_distinct_count multi_distinct_sum array_unique_agg bool_or
corr covar_samp covar_pop hll_cardinality_agg bitmap_intersect""".split())


def children(node: Node) -> Iterator[Node]:
    """The expression nodes directly below."""
    for value in node.__dict__.values():
        stack = [value]
        while stack:
            item = stack.pop()
            if isinstance(item, Node):
                yield item
            elif isinstance(item, (list, tuple)):
                stack.extend(item)


def is_aggregate(node: Node) -> bool:
    return node.kind == "call" and node.name in AGGREGATE_FUNCTIONS and getattr(node, "over", None) is None


def has_aggregate(node: Node) -> bool:
    return is_aggregate(node) or any(has_aggregate(c) for c in children(node) if c.kind not in ("subquery", "select"))


def ungrouped(node: Node, grouped: set[str]) -> Node | None:
    """The outermost part that is neither grouped nor aggregated, or None."""
    if is_aggregate(node) or node.kind in ("lit", "subquery", "exists", "lambda", "star", "unit", "interval", "var"):
        return None
    if printer.expression(node) in grouped:
        return None
    if node.kind == "col":
        return node
    for child in children(node):
        if child.kind in ("cte", "over"):
            continue
        bad = ungrouped(child, grouped)
        if bad is not None:
            return node if child.kind == "col" and node.kind == "call" and node.name not in AGGREGATE_FUNCTIONS else bad
    return None


def substitute(node: Any, replacement: Callable[[Node], Node | None]) -> Any:
    """A copy of the expression with columns replaced where `replacement` gives a node."""
    if isinstance(node, Node):
        if node.kind == "col":
            return replacement(node) or node
        if node.kind in ("subquery", "exists", "lit"):
            return node
        fields = {k: substitute(v, replacement) for k, v in node.__dict__.items() if k != "kind"}
        return Node(node.kind, **fields)
    if isinstance(node, list):
        return [substitute(v, replacement) for v in node]
    if isinstance(node, tuple):
        return tuple(substitute(v, replacement) for v in node)
    return node
