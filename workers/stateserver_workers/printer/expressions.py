# SPDX-License-Identifier: Apache-2.0
"""Expressions, with the parentheses that `ast.unparse` puts."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from stateserver_workers.printer import strings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stateserver_workers.printer.releases import Release

# How tightly an expression binds. An expression is put into parentheses where its place demands more than it has.
(NAMED, TUPLE, YIELD, TEST, OR, AND, NOT, COMPARE, BIT_OR, BIT_XOR, BIT_AND, SHIFT, SUM, TERM, SIGN, POWER, AWAIT,
 ATOM) = range(18)

BINARY: dict[type[ast.operator], tuple[str, int]] = {
    ast.Add: ("+", SUM), ast.Sub: ("-", SUM), ast.Mult: ("*", TERM), ast.MatMult: ("@", TERM), ast.Div: ("/", TERM),
    ast.Mod: ("%", TERM), ast.FloorDiv: ("//", TERM), ast.LShift: ("<<", SHIFT), ast.RShift: (">>", SHIFT),
    ast.BitOr: ("|", BIT_OR), ast.BitXor: ("^", BIT_XOR), ast.BitAnd: ("&", BIT_AND), ast.Pow: ("**", POWER)}
UNARY: dict[type[ast.unaryop], tuple[str, int]] = {
    ast.Invert: ("~", SIGN), ast.Not: ("not ", NOT), ast.UAdd: ("+", SIGN), ast.USub: ("-", SIGN)}
COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Is: "is",
    ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in"}


def _parentheses(text: str, needed: bool) -> str:
    return f"({text})" if needed else text


class Expressions:
    """Prints expressions for a release. `avoid_backslashes` is set inside of f-strings before 3.12."""

    def __init__(self, release: Release, *, avoid_backslashes: bool = False) -> None:
        self.release = release
        self.avoid_backslashes = avoid_backslashes
        self.since_3_11 = release.number >= (3, 11)
        self._writers: dict[type[ast.AST], Callable[[Any, int], str]] = {
            ast.Attribute: self._attribute, ast.Await: self._await, ast.BinOp: self._binary, ast.BoolOp: self._logical,
            ast.Call: self._call, ast.Compare: self._compare, ast.Constant: self._constant, ast.Dict: self._dictionary,
            ast.DictComp: self._dictionary_comprehension, ast.GeneratorExp: self._comprehension_in("(", ")"),
            ast.IfExp: self._conditional, ast.JoinedStr: self._fstring, ast.Lambda: self._lambda, ast.List: self._list,
            ast.ListComp: self._comprehension_in("[", "]"), ast.Name: self._name, ast.NamedExpr: self._named,
            ast.Set: self._set, ast.SetComp: self._comprehension_in("{", "}"), ast.Slice: self._slice,
            ast.Starred: self._starred, ast.Subscript: self._subscript, ast.Tuple: self._tuple,
            ast.UnaryOp: self._unary, ast.Yield: self._yield, ast.YieldFrom: self._yield_from}

    def expression(self, node: ast.AST, place: int = TEST) -> str:
        """Returns the text of an expression in a place that demands at least that binding. Raises ValueError where
        `ast.unparse` does."""
        writer = self._writers.get(type(node))
        if writer is None:
            raise ValueError(f"an expression of an unknown kind ({type(node).__name__})")
        return writer(node, place)

    def expressions(self, nodes: Sequence[ast.AST]) -> str:
        return ", ".join([self.expression(node) for node in nodes])

    def items(self, nodes: Sequence[ast.AST]) -> str:
        """Returns the elements of a tuple."""
        return self.expression(nodes[0]) + "," if len(nodes) == 1 else self.expressions(nodes)

    def _name(self, node: ast.Name, _place: int) -> str:
        return node.id

    def _constant(self, node: ast.Constant, _place: int) -> str:
        text = strings.constant(node.value, self.release, avoid_backslashes=self.avoid_backslashes)
        return "u" + text if node.kind == "u" else text

    def _named(self, node: ast.NamedExpr, place: int) -> str:
        text = f"{self.expression(node.target, ATOM)} := {self.expression(node.value, ATOM)}"
        return _parentheses(text, place > NAMED)

    def _tuple(self, node: ast.Tuple, place: int) -> str:
        return _parentheses(self.items(node.elts), not node.elts or place > TUPLE or not self.since_3_11)

    def _list(self, node: ast.List, _place: int) -> str:
        return f"[{self.expressions(node.elts)}]"

    def _set(self, node: ast.Set, _place: int) -> str:
        # There is no literal for an empty set.
        return "{" + (self.expressions(node.elts) or "*()") + "}"

    def _dictionary(self, node: ast.Dict, _place: int) -> str:
        entries = []
        for key, value in zip(node.keys, node.values):
            if key is None:
                entries.append("**" + self.expression(value, BIT_OR))
            else:
                entries.append(f"{self.expression(key)}: {self.expression(value)}")
        return "{" + ", ".join(entries) + "}"

    def _comprehension_in(self, start: str, end: str) -> Callable[[Any, int], str]:
        return lambda node, _place: start + self.expression(node.elt) + self._generators(node.generators) + end

    def _dictionary_comprehension(self, node: ast.DictComp, _place: int) -> str:
        entry = f"{self.expression(node.key)}: {self.expression(node.value)}"
        return "{" + entry + self._generators(node.generators) + "}"

    def _generators(self, generators: list[ast.comprehension]) -> str:
        out = ""
        for each in generators:
            out += " async for " if each.is_async else " for "
            out += f"{self.expression(each.target, TUPLE)} in {self.expression(each.iter, OR)}"
            out += "".join([" if " + self.expression(condition, OR) for condition in each.ifs])
        return out

    def _conditional(self, node: ast.IfExp, place: int) -> str:
        text = (f"{self.expression(node.body, OR)} if {self.expression(node.test, OR)} "
                f"else {self.expression(node.orelse, TEST)}")
        return _parentheses(text, place > TEST)

    def _lambda(self, node: ast.Lambda, place: int) -> str:
        arguments = self.arguments(node.args)
        space = " " if arguments or not self.since_3_11 else ""
        return _parentheses(f"lambda{space}{arguments}: {self.expression(node.body)}", place > TEST)

    def _logical(self, node: ast.BoolOp, place: int) -> str:
        word, binding = ("and", AND) if isinstance(node.op, ast.And) else ("or", OR)
        # Each further operand is put into parentheses a step earlier.
        operands = [self.expression(value, min(binding + step, ATOM)) for step, value in enumerate(node.values, 1)]
        return _parentheses(f" {word} ".join(operands), place > binding)

    def _unary(self, node: ast.UnaryOp, place: int) -> str:
        sign, binding = UNARY[type(node.op)]
        return _parentheses(sign + self.expression(node.operand, binding), place > binding)

    def _binary(self, node: ast.BinOp, place: int) -> str:
        sign, binding = BINARY[type(node.op)]
        left, right = (binding + 1, binding) if sign == "**" else (binding, binding + 1)
        return _parentheses(f"{self.expression(node.left, left)} {sign} {self.expression(node.right, right)}",
                            place > binding)

    def _compare(self, node: ast.Compare, place: int) -> str:
        out = self.expression(node.left, COMPARE + 1)
        for operator, operand in zip(node.ops, node.comparators):
            out += f" {COMPARISONS[type(operator)]} {self.expression(operand, COMPARE + 1)}"
        return _parentheses(out, place > COMPARE)

    def _await(self, node: ast.Await, place: int) -> str:
        return _parentheses(f"await {self.expression(node.value, ATOM)}", place > AWAIT)

    def _yield(self, node: ast.Yield, place: int) -> str:
        return _parentheses("yield " + self.expression(node.value, ATOM) if node.value else "yield", place > YIELD)

    def _yield_from(self, node: ast.YieldFrom, place: int) -> str:
        return _parentheses("yield from " + self.expression(node.value, ATOM), place > YIELD)

    def _attribute(self, node: ast.Attribute, _place: int) -> str:
        # `3.real` is not an attribute of 3.
        whole = isinstance(node.value, ast.Constant) and isinstance(node.value.value, int)
        return f"{self.expression(node.value, ATOM)}{' ' if whole else ''}.{node.attr}"

    def _call(self, node: ast.Call, _place: int) -> str:
        return f"{self.expression(node.func, ATOM)}({self.call_arguments(node.args, node.keywords)})"

    def call_arguments(self, values: Sequence[ast.AST], keywords: Sequence[ast.keyword]) -> str:
        named = [f"{keyword.arg}=" if keyword.arg else "**" for keyword in keywords]
        return ", ".join([self.expression(value) for value in values] +
                         [name + self.expression(keyword.value) for name, keyword in zip(named, keywords)])

    def _subscript(self, node: ast.Subscript, _place: int) -> str:
        index = node.slice
        bare = isinstance(index, ast.Tuple) and index.elts and (
            self.since_3_11 or not any(isinstance(element, ast.Starred) for element in index.elts))
        inside = self.items(index.elts) if bare and isinstance(index, ast.Tuple) else self.expression(index)
        return f"{self.expression(node.value, ATOM)}[{inside}]"

    def _slice(self, node: ast.Slice, _place: int) -> str:
        lower, upper, step = ("" if bound is None else self.expression(bound)
                              for bound in (node.lower, node.upper, node.step))
        return f"{lower}:{upper}" + (f":{step}" if node.step else "")

    def _starred(self, node: ast.Starred, _place: int) -> str:
        return "*" + self.expression(node.value, BIT_OR)

    def argument(self, node: ast.arg) -> str:
        return node.arg if node.annotation is None else f"{node.arg}: {self.expression(node.annotation)}"

    def arguments(self, node: ast.arguments) -> str:
        positional = node.posonlyargs + node.args
        defaults = [None] * (len(positional) - len(node.defaults)) + node.defaults
        out = []
        for index, (each, default) in enumerate(zip(positional, defaults), 1):
            out.append(self._with_default(each, default))
            if index == len(node.posonlyargs):
                out.append("/")
        if node.vararg or node.kwonlyargs:
            out.append("*" + (self.argument(node.vararg) if node.vararg else ""))
        out += [self._with_default(each, default) for each, default in zip(node.kwonlyargs, node.kw_defaults)]
        if node.kwarg:
            out.append("**" + self.argument(node.kwarg))
        return ", ".join(out)

    def _with_default(self, node: ast.arg, default: ast.expr | None) -> str:
        return self.argument(node) + ("" if default is None else "=" + self.expression(default))

    def _fstring(self, node: ast.JoinedStr, _place: int) -> str:
        parts = [(self._part(value), isinstance(value, ast.Constant)) for value in node.values]
        if self.avoid_backslashes:
            return "f" + strings.without_backslashes("".join([text for text, _ in parts]), self.release)
        return strings.fstring(parts, self.release)

    def _part(self, node: ast.AST, *, in_specification: bool = False) -> str:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value.replace("{", "{{").replace("}", "}}")
            return self._escaped_specification(text) if in_specification else text
        if isinstance(node, ast.FormattedValue):
            return self._replacement(node)
        raise ValueError(f"an f-string with a part of an unknown kind ({type(node).__name__})")

    def _escaped_specification(self, text: str) -> str:
        if self.release.number >= (3, 12, 3):
            text = text.replace("\\", "\\\\").replace("'", "\\'").replace('"', '\\"')
        return text.replace("\n", "\\n") if self.release.number >= (3, 12) else text

    def _replacement(self, node: ast.FormattedValue) -> str:
        is_old = self.release.number < (3, 12)
        text = Expressions(self.release, avoid_backslashes=is_old).expression(node.value, OR)
        if is_old and "\\" in text:
            raise ValueError("Unable to avoid backslash in f-string expression part")
        # "{{" would be a literal brace.
        out = ("{ " if text.startswith("{") else "{") + text
        if node.conversion != -1:
            out += f"!{chr(node.conversion)}"
        if isinstance(node.format_spec, ast.JoinedStr):
            out += ":" + "".join([self._part(value, in_specification=True) for value in node.format_spec.values])
        return out + "}"
