# SPDX-License-Identifier: Apache-2.0
"""Statements, patterns and type parameters."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from stateserver_workers.printer import strings
from stateserver_workers.printer.expressions import ATOM, BINARY, BIT_OR, TEST, TUPLE, YIELD, Expressions, _parentheses

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stateserver_workers.printer.releases import Release


def unparse(tree: ast.AST, release: Release) -> str:
    """Returns what `ast.unparse(tree)` of a release returns. Raises ValueError where that does, and for syntax that
    this module does not know."""
    assert isinstance(tree, ast.Module)
    return _Statements(release).module(tree)


class _Statements(Expressions):
    def __init__(self, release: Release) -> None:
        super().__init__(release)
        self._out: list[str] = []
        self._indent = 0

    def module(self, tree: ast.Module) -> str:
        self._body_with_docstring(tree.body)
        return "".join(self._out)

    def _line(self, text: str) -> None:
        if self._out:
            self._out.append("\n")
        self._out.append("    " * self._indent + text)

    def _empty_line(self) -> None:
        if self._out:
            self._out.append("\n")

    def _statements(self, nodes: Sequence[ast.AST]) -> None:
        for node in nodes:
            # By name, because the running Python may not know the type.
            writer: Callable[[Any], None] | None = getattr(self, "_write_" + type(node).__name__.lower(), None)
            if writer is None:
                raise ValueError(f"a statement of an unknown kind ({type(node).__name__})")
            writer(node)

    def _block(self, head: str, nodes: Sequence[ast.AST], *, docstring: bool = False) -> None:
        self._line(head + ":")
        self._indent += 1
        if docstring:
            self._body_with_docstring(nodes)
        else:
            self._statements(nodes)
        self._indent -= 1

    def _else(self, nodes: Sequence[ast.AST], word: str = "else") -> None:
        if nodes:
            self._block(word, nodes)

    def _body_with_docstring(self, nodes: Sequence[ast.AST]) -> None:
        first = nodes[0] if nodes else None
        value = first.value if isinstance(first, ast.Expr) else None
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            text = strings.without_backslashes(value.value, self.release, strings.TRIPLE)
            self._line("u" + text if value.kind == "u" else text)
            nodes = nodes[1:]
        self._statements(nodes)

    # Simple statements.

    def _write_expr(self, node: ast.Expr) -> None:
        self._line(self.expression(node.value, YIELD))

    def _write_assign(self, node: ast.Assign) -> None:
        targets = [self.expression(target, TUPLE) + " = " for target in node.targets]
        self._line("".join(targets) + self.expression(node.value))

    def _write_augassign(self, node: ast.AugAssign) -> None:
        self._line(f"{self.expression(node.target)} {BINARY[type(node.op)][0]}= {self.expression(node.value)}")

    def _write_annassign(self, node: ast.AnnAssign) -> None:
        target = _parentheses(self.expression(node.target), not node.simple and isinstance(node.target, ast.Name))
        value = "" if node.value is None else " = " + self.expression(node.value)
        self._line(f"{target}: {self.expression(node.annotation)}{value}")

    def _write_return(self, node: ast.Return) -> None:
        self._line("return" if node.value is None else "return " + self.expression(node.value))

    def _write_pass(self, _node: ast.Pass) -> None:
        self._line("pass")

    def _write_break(self, _node: ast.Break) -> None:
        self._line("break")

    def _write_continue(self, _node: ast.Continue) -> None:
        self._line("continue")

    def _write_delete(self, node: ast.Delete) -> None:
        self._line("del " + self.expressions(node.targets))

    def _write_assert(self, node: ast.Assert) -> None:
        self._line("assert " + self.expressions([node.test] if node.msg is None else [node.test, node.msg]))

    def _write_global(self, node: ast.Global) -> None:
        self._line("global " + ", ".join(node.names))

    def _write_nonlocal(self, node: ast.Nonlocal) -> None:
        self._line("nonlocal " + ", ".join(node.names))

    def _write_raise(self, node: ast.Raise) -> None:
        text = "raise" if node.exc is None else "raise " + self.expression(node.exc)
        self._line(text if node.cause is None else f"{text} from {self.expression(node.cause)}")

    def _write_import(self, node: ast.Import) -> None:
        self._line("import " + self._imported(node.names))

    def _write_importfrom(self, node: ast.ImportFrom) -> None:
        self._line(f"from {'.' * (node.level or 0)}{node.module or ''} import {self._imported(node.names)}")

    @staticmethod
    def _imported(names: Sequence[ast.alias]) -> str:
        return ", ".join([f"{name.name} as {name.asname}" if name.asname else name.name for name in names])

    # Compound statements.

    def _write_if(self, node: ast.If) -> None:
        self._block("if " + self.expression(node.test), node.body)
        rest = node.orelse
        while len(rest) == 1 and isinstance(rest[0], ast.If):
            self._block("elif " + self.expression(rest[0].test), rest[0].body)
            rest = rest[0].orelse
        self._else(rest)

    def _write_while(self, node: ast.While) -> None:
        self._block("while " + self.expression(node.test), node.body)
        self._else(node.orelse)

    def _write_for(self, node: ast.For | ast.AsyncFor, word: str = "for") -> None:
        self._block(f"{word} {self.expression(node.target, TUPLE)} in {self.expression(node.iter)}", node.body)
        self._else(node.orelse)

    def _write_asyncfor(self, node: ast.AsyncFor) -> None:
        self._write_for(node, "async for")

    def _write_with(self, node: ast.With | ast.AsyncWith, word: str = "with") -> None:
        items = []
        for item in node.items:
            name = "" if item.optional_vars is None else " as " + self.expression(item.optional_vars)
            items.append(self.expression(item.context_expr) + name)
        self._block(f"{word} {', '.join(items)}", node.body)

    def _write_asyncwith(self, node: ast.AsyncWith) -> None:
        self._write_with(node, "async with")

    def _write_try(self, node: ast.Try, word: str = "except") -> None:
        self._block("try", node.body)
        for handler in node.handlers:
            caught = "" if handler.type is None else " " + self.expression(handler.type)
            self._block(word + caught + (f" as {handler.name}" if handler.name else ""), handler.body)
        self._else(node.orelse)
        self._else(node.finalbody, "finally")

    def _write_trystar(self, node: Any) -> None:
        self._write_try(node, "except*")

    def _write_functiondef(self, node: ast.FunctionDef | ast.AsyncFunctionDef, word: str = "def") -> None:
        self._decorators(node.decorator_list)
        result = "" if node.returns is None else " -> " + self.expression(node.returns)
        head = f"{word} {node.name}{self._type_parameters(node)}({self.arguments(node.args)}){result}"
        self._block(head, node.body, docstring=True)

    def _write_asyncfunctiondef(self, node: ast.AsyncFunctionDef) -> None:
        self._write_functiondef(node, "async def")

    def _write_classdef(self, node: ast.ClassDef) -> None:
        self._decorators(node.decorator_list)
        bases = f"({self.call_arguments(node.bases, node.keywords)})" if node.bases or node.keywords else ""
        self._block(f"class {node.name}{self._type_parameters(node)}{bases}", node.body, docstring=True)

    def _decorators(self, nodes: Sequence[ast.AST]) -> None:
        self._empty_line()
        for node in nodes:
            self._line("@" + self.expression(node))

    def _type_parameters(self, node: Any) -> str:
        parameters = []
        for each in getattr(node, "type_params", None) or []:
            kind = type(each).__name__
            text = {"TypeVar": "", "TypeVarTuple": "*", "ParamSpec": "**"}[kind] + each.name
            if getattr(each, "bound", None) is not None:
                text += ": " + self.expression(each.bound)
            if getattr(each, "default_value", None) is not None:
                text += " = " + self.expression(each.default_value)
            parameters.append(text)
        return f"[{', '.join(parameters)}]" if parameters else ""

    def _write_typealias(self, node: Any) -> None:
        self._line(f"type {self.expression(node.name)}{self._type_parameters(node)} = {self.expression(node.value)}")

    def _write_match(self, node: Any) -> None:
        self._line(f"match {self.expression(node.subject)}:")
        self._indent += 1
        for case in node.cases:
            guard = "" if case.guard is None else " if " + self.expression(case.guard)
            self._block(f"case {self._pattern(case.pattern)}{guard}", case.body)
        self._indent -= 1

    def _pattern(self, node: Any, place: int = TEST) -> str:
        kind = type(node).__name__
        if kind == "MatchValue":
            return self.expression(node.value)
        if kind == "MatchSingleton":
            return strings.constant(node.value, self.release)
        if kind == "MatchSequence":
            return f"[{', '.join([self._pattern(each) for each in node.patterns])}]"
        if kind == "MatchStar":
            return "*" + (node.name or "_")
        if kind == "MatchMapping":
            pairs = zip(node.keys, node.patterns)
            entries = [f"{self.expression(key)}: {self._pattern(value)}" for key, value in pairs]
            return "{" + ", ".join(entries + ([f"**{node.rest}"] if node.rest is not None else [])) + "}"
        if kind == "MatchClass":
            values = [self._pattern(each) for each in node.patterns]
            named = [f"{name}={self._pattern(value)}" for name, value in zip(node.kwd_attrs, node.kwd_patterns)]
            return f"{self.expression(node.cls, ATOM)}({', '.join(values + named)})"
        if kind == "MatchAs" and node.pattern is None:
            return node.name or "_"
        if kind == "MatchAs":
            return _parentheses(f"{self._pattern(node.pattern, BIT_OR)} as {node.name}", place > TEST)
        if kind == "MatchOr":
            return _parentheses(" | ".join([self._pattern(each, BIT_OR + 1) for each in node.patterns]), place > BIT_OR)
        raise ValueError(f"a pattern of an unknown kind ({kind})")
