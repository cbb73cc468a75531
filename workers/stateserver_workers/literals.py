# SPDX-License-Identifier: Apache-2.0
"""Evaluates Python literals without `eval`.

SQLMesh's migrations 85 and 87 call `eval` on stored payloads, which are the `repr` of values, with
the names of their module in scope. This module walks the syntax tree and calls only the constructors
below. Both agree on every value whose `repr` SQLMesh stores and can read back. They differ for other
expressions, such as a sum or a call of a builtin function: SQLMesh executes them, this module raises
NotLiteral.
"""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass
from typing import Any


@dataclass
class SqlValue:
    """The class that SQLMesh uses for a SQL expression; the payload contains its `repr`."""

    sql: str


class NotLiteral(Exception):
    """Raised for an expression that `eval` may be able to evaluate, but this module does not."""


CONSTRUCTORS: dict[str, Any] = {"SqlValue": SqlValue, "frozenset": frozenset, "set": set, "bytearray": bytearray}

# The other names that are in scope when SQLMesh evaluates a payload.
_SQLMESH_NAMES = {"json", "logging", "t", "dataclass", "exp", "logger", "index_text_type",
                  "blob_text_type", "get_console"}


def evaluate(text: str) -> Any:
    """Returns the value. Raises NotLiteral, or what `eval` raises: SyntaxError, NameError, ..."""
    return _value(ast.parse(text.lstrip(" \t"), mode="eval").body)


def _value(node: ast.AST | None) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Dict):
        return _dictionary(node)
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        make = {ast.List: list, ast.Tuple: tuple, ast.Set: set}[type(node)]
        return make([_value(element) for element in node.elts])
    if isinstance(node, ast.Call):
        return _call(node)
    if isinstance(node, ast.Name):
        if node.id == "Ellipsis":
            return ...
        raise _unknown(node.id)
    return _number(node)


def _dictionary(node: ast.Dict) -> dict[Any, Any]:
    if None in node.keys:
        raise NotLiteral("a dictionary unpacked into another")
    return {_value(key): _value(value) for key, value in zip(node.keys, node.values)}


def _call(node: ast.Call) -> Any:
    name = node.func.id if isinstance(node.func, ast.Name) else None
    if name not in CONSTRUCTORS:
        raise _unknown(name or _root(node.func))
    if name == "bytearray" and not all(isinstance(_value(a), bytes) for a in node.args):
        raise NotLiteral("a bytearray of a size")
    if any(isinstance(a, ast.Starred) for a in node.args) or any(k.arg is None for k in node.keywords):
        raise NotLiteral("a call with unpacked arguments")
    keywords: dict[Any, Any] = {keyword.arg: _value(keyword.value) for keyword in node.keywords}
    return CONSTRUCTORS[name](*[_value(argument) for argument in node.args], **keywords)


def _number(node: ast.AST | None) -> Any:
    """Evaluates signs and complex numbers, the only arithmetic that a `repr` contains."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.UAdd, ast.USub)):
        value = _value(node.operand)
        if type(value) in (int, float, complex):
            return value if isinstance(node.op, ast.UAdd) else -value
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
        left, right = _value(node.left), _value(node.right)
        if type(left) in (int, float) and type(right) is complex:
            return left + right if isinstance(node.op, ast.Add) else left - right
    if isinstance(node, ast.Attribute):
        raise _unknown(_root(node))
    raise NotLiteral(f"an expression ({type(node).__name__})")


def _root(node: ast.AST) -> str | None:
    """Returns the leftmost name of an attribute or a call; None if that is not a name."""
    while isinstance(node, (ast.Attribute, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None


def _unknown(name: str | None) -> Exception:
    """Returns the NameError of `eval` for an unknown name, such as datetime or Decimal."""
    if name is None or name in _SQLMESH_NAMES or name in CONSTRUCTORS or hasattr(builtins, name):
        return NotLiteral(f"an expression ({name})" if name else "an expression")
    return NameError(f"name '{name}' is not defined")
