# SPDX-License-Identifier: Apache-2.0
"""Types of literals, operators and what several expressions have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model.types import BOOLEAN, DATE, DATETIME, DOUBLE, INTEGERS, NULL_TYPE, VARCHAR, SqlType
from ..rules import MEASURED_4_0_2, rule

if TYPE_CHECKING:
    from ..parser.stream import Node

_MOST_DIGITS = 38
_WIDER = {"TINYINT": "SMALLINT", "SMALLINT": "INT", "INT": "BIGINT"}
# The digits that an integer counts for beside a decimal.
_DIGITS = {"BOOLEAN": 9, "TINYINT": 9, "SMALLINT": 9, "INT": 9, "BIGINT": 18, "LARGEINT": 38}


@rule(MEASURED_4_0_2, "the types of literals")
def literal_type(node: Node) -> SqlType:
    if node.type == "int":
        for name, bits in (("TINYINT", 7), ("SMALLINT", 15), ("INT", 31), ("BIGINT", 63)):
            if -(1 << bits) <= node.value < (1 << bits):
                return SqlType(name)
        return SqlType("LARGEINT")
    if node.type == "decimal":
        digits = node.text.lstrip("-").replace(".", "").lstrip("0") or "0"
        scale = len(node.text.split(".")[1]) if "." in node.text else 0
        return SqlType("DECIMAL", max(len(digits), scale), scale)
    return {"string": VARCHAR, "float": DOUBLE, "bool": BOOLEAN, "null": NULL_TYPE, "date": DATE,
            "datetime": DATETIME, "timestamp": DATETIME}[node.type]


def decimal_of(kind: SqlType) -> SqlType:
    """A number as a decimal."""
    return kind if kind.name == "DECIMAL" else SqlType("DECIMAL", _DIGITS.get(kind.name, _MOST_DIGITS), 0)


@rule(MEASURED_4_0_2, "the type that CASE and COALESCE give")
def common(kinds: list[SqlType]) -> SqlType:
    """The type that holds all of them."""
    kinds = [k for k in kinds if k.name != "NULL_TYPE"]
    if not kinds:
        return NULL_TYPE
    first = kinds[0]
    if all(k == first for k in kinds):
        return first
    if all(k.is_integer or k.name == "BOOLEAN" for k in kinds):
        return SqlType(max((k.name for k in kinds if k.is_integer), key=INTEGERS.index))
    if all(k.is_numeric for k in kinds):
        if any(k.name in ("FLOAT", "DOUBLE") for k in kinds):
            return DOUBLE
        decimals = [decimal_of(k) for k in kinds]
        scale = max(d.scale or 0 for d in decimals)
        whole = max((d.length or 0) - (d.scale or 0) for d in decimals)
        return SqlType("DECIMAL", min(whole + scale, _MOST_DIGITS), scale)
    if all(k.is_date for k in kinds):
        return DATETIME
    return VARCHAR


@rule(MEASURED_4_0_2, "the type of +, -, *, /, % and the bit operators")
def arithmetic(op: str, left: SqlType, right: SqlType) -> SqlType:
    if op in ("&", "|", "^", "<<", ">>", "BITSHIFTLEFT", "BITSHIFTRIGHT", "BITSHIFTRIGHTLOGICAL"):
        return left if op not in ("&", "|", "^") else common([left, right])
    floats = {"DOUBLE", "FLOAT"} & {left.name, right.name}
    if "DECIMAL" in (left.name, right.name) and not floats and left.is_numeric and right.is_numeric:
        return _decimal_arithmetic(op, decimal_of(left), decimal_of(right))
    if op == "/":
        return DOUBLE
    whole = left.is_integer and right.is_integer
    if op == "DIV":
        return SqlType(max(left.name, right.name, key=INTEGERS.index)) if whole else SqlType("BIGINT")
    if whole:
        both = max(left.name, right.name, key=INTEGERS.index)
        return SqlType(both if op == "%" else _WIDER.get(both, both))
    return DOUBLE


def _decimal_arithmetic(op: str, left: SqlType, right: SqlType) -> SqlType:
    (digits, scale), (other_digits, other_scale) = ((k.length or 0, k.scale or 0) for k in (left, right))
    if op == "*":
        product = digits + other_digits
        return SqlType("DECIMAL", min(product, _MOST_DIGITS), scale + other_scale) \
            if scale + other_scale <= _MOST_DIGITS else DOUBLE
    if op == "/":
        return SqlType("DECIMAL", _MOST_DIGITS, scale + 6 if scale <= 6 else 12 if scale <= 12 else scale)
    if op == "DIV":
        return SqlType("BIGINT")
    widest = max(scale, other_scale)
    whole = max(digits - scale, other_digits - other_scale)
    carry = 0 if op == "%" else 1
    return SqlType("DECIMAL", min(whole + widest + carry, _MOST_DIGITS), widest)
