# SPDX-License-Identifier: Apache-2.0
"""Values of Python literals, without `eval`.

SQLMesh's migrations 85 and 87 call `eval` on stored payloads, which are the `repr` of values, with
the names of their module in scope. Here the syntax tree is walked and nothing is ever called but the
constructors below. Both agree on every value whose `repr` SQLMesh stores and can read back. They part
where a payload is some other expression, such as a sum or a call of a builtin function: SQLMesh would
run it, here it is NotLiteral.
"""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass
from typing import Any


@dataclass
class SqlValue:
    """What SQLMesh stores for a SQL expression; its `repr` is what the payload holds."""

    sql: str


class NotLiteral(Exception):
    """An expression that `eval` might make something of, but that is not evaluated here."""


CONSTRUCTORS: dict[str, Any] = {"SqlValue": SqlValue, "frozenset": frozenset, "set": set, "bytearray": bytearray}

# The other names that are in scope where SQLMesh evaluates.
_SQLMESH_NAMES = {"json", "logging", "t", "dataclass", "exp", "logger", "index_text_type",
                  "blob_text_type", "get_console"}


def evaluate(text: str) -> Any:
    """The value. NotLiteral, or the exception that `eval` raises: SyntaxError, NameError, ..."""
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
    """Signs and complex numbers, the only arithmetic that a `repr` holds."""
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
    """The name that an attribute or a call hangs on; None when it is no name."""
    while isinstance(node, (ast.Attribute, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None


def _unknown(name: str | None) -> Exception:
    """`eval` fails for a name that is nowhere, as of datetime or Decimal, and so do we."""
    if name is None or name in _SQLMESH_NAMES or name in CONSTRUCTORS or hasattr(builtins, name):
        return NotLiteral(f"an expression ({name})" if name else "an expression")
    return NameError(f"name '{name}' is not defined")
