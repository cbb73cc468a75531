# SPDX-License-Identifier: Apache-2.0
"""What the relations of a query offer, and in which scopes their names are looked up."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ..model.types import INTEGERS, SqlType
from ..parser.stream import Node


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


def names_no_time(form: Node) -> bool:
    """True for a format of str_to_date that states days only: the server then calls another function."""
    return form.kind == "lit" and not re.search(r"%[fHhIiklprSsT]", str(form.value))


def rounded(node: Node) -> SqlType:
    """A decimal rounded to a number of digits that the query states, or to as many as it can have."""
    if len(node.args) == 1:
        return SqlType("DECIMAL", 38, 0)
    digits = node.args[1]
    if digits.kind == "lit" and digits.type == "int":
        return SqlType("DECIMAL", 38, max(0, min(int(digits.value), 38)))
    return SqlType("DOUBLE")


def without_database(text: str) -> str:
    return re.sub(r"`[^`]*`\.(`[^`]*`\.`)", r"\1", text)


def always_fits(old: SqlType, new: SqlType) -> bool:
    """True for casts that turn no value into NULL."""
    if new.is_string:
        return not (old.is_complex or old.only_metric or old.name in ("JSON", "VARBINARY"))
    order = ("BOOLEAN", *INTEGERS)
    if old.name in order and new.name in order:
        return order.index(old.name) <= order.index(new.name)
    return old == new


def bare(expr: Node, alias: str) -> Node:
    """An alias that is printed as it stands."""
    return Node("col", parts=[alias], quoted=False, resolved=[alias], alias_of=expr, type=getattr(expr, "type", None))


def as_output(out: Output, expr: Node) -> Node:
    """A name of ORDER BY that stands for an output."""
    resolved = [*expr.resolved[:-1], out.name] if expr.kind == "col" else [out.name]
    return Node("col", parts=[out.name], quoted=False, resolved=resolved, alias_of=expr)


def nullable(out: Output) -> Output:
    """The same output, where it may be NULL."""
    return Output(out.name, out.type, True, out.resolved, out.base)
