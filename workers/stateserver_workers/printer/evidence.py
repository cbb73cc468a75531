# SPDX-License-Identifier: Apache-2.0
"""What a payload tells about the Python that wrote it, and whether its text depends on the release."""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from typing import TYPE_CHECKING, NamedTuple

from stateserver_workers.printer import releases, strings
from stateserver_workers.printer.releases import FIRST_OF_FORMS, Release
from stateserver_workers.printer.statements import unparse

if TYPE_CHECKING:
    from collections.abc import Callable

# The series since which a kind of syntax exists; by name, because the running Python may not know the type.
_SYNTAX = {"Match": (10, "a match statement"), "TryStar": (11, "except*"), "TypeAlias": (12, "a type statement"),
           "TypeVar": (12, "type parameters"), "TypeVarTuple": (12, "type parameters"),
           "ParamSpec": (12, "type parameters")}


class Need(NamedTuple):
    """The oldest series that can read a syntax tree, as a minor release, and why."""

    minor: int
    because: str


def needed(tree: ast.AST) -> Need:
    need = Need(9, "")
    for node in ast.walk(tree):
        since, because = _SYNTAX.get(type(node).__name__, (9, ""))
        if getattr(node, "default_value", None) is not None:
            since, because = 13, "defaults of type parameters"
        if since > need.minor:
            need = Need(since, because)
    return need


def _has_bare_tuple(node: ast.AST) -> bool:
    """Returns true for a tuple in a place where 3.11 and later omit the parentheses, and earlier ones do not."""
    if isinstance(node, ast.Assign):
        return any(isinstance(target, ast.Tuple) for target in node.targets)
    if isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)):
        return isinstance(node.target, ast.Tuple)
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple):
        return any(isinstance(element, ast.Starred) for element in node.slice.elts)
    return False


def _without_arguments(node: ast.AST) -> bool:
    if not isinstance(node, ast.Lambda):
        return False
    every = node.args
    return not (every.args or every.posonlyargs or every.kwonlyargs or every.vararg or every.kwarg)


def may_vary(tree: ast.AST) -> bool:
    """Returns false if all releases print the same text."""
    return any(isinstance(node, ast.JoinedStr) or _has_bare_tuple(node) or _without_arguments(node) or
               (isinstance(node, ast.Constant) and isinstance(node.value, str) and not node.value.isascii())
               for node in ast.walk(tree))


class Variation(NamedTuple):
    """Whether a text depends on the release, and whether it does so between the patch releases of the chosen series."""

    any: bool
    in_series: bool


def _variation(release: Release, text: str, write: Callable[[Release], str], oldest: int) -> Variation:
    found = Variation(False, False)
    for number in FIRST_OF_FORMS:
        if number[1] < oldest:
            continue
        try:
            same = write(Release(number)) == text
        except ValueError:  # that release cannot write it at all
            continue
        if not same:
            in_series = not release.exact and number[:2] == release.series
            found = Variation(True, found.in_series or in_series)
    return found


def variation_of_code(tree: ast.AST, release: Release, text: str) -> Variation:
    if not may_vary(tree):
        return Variation(False, False)
    return _variation(release, text, lambda each: unparse(tree, each), needed(tree).minor)


def variation_of_literal(value: str, release: Release, text: str) -> Variation:
    """`value` is the `repr` of the running Python, `text` that of the release."""
    return _variation(release, text, lambda each: strings.translated(value, each), 9)


class Bounds(NamedTuple):
    """The releases that can have written a text: minor releases from `at_least`, and below `before`; None: unknown."""

    at_least: int | None
    before: int | None


_ESCAPED = re.compile(r"\\\\|\\u([0-9a-f]{4})|\\U([0-9a-f]{8})")


def bounds(text: str) -> Bounds:
    """Returns what a payload tells. SQLMesh writes payloads with `repr` and with code generators that use `repr` for
    texts, so an escaped character was not printable for the Python that wrote it."""
    at_least = _by_syntax(text)
    before: int | None = None
    for found in _ESCAPED.finditer(text):
        since = releases.printable_since(chr(int(found[1] or found[2], 16))) if found[0] != "\\\\" else None
        if since is not None and since > 9:
            before = min(before or since, since)
    # Texts in triple quotes may contain characters that are not printable.
    if not any(quote in text for quote in strings.TRIPLE) and not text.isascii():
        since = max(releases.printable_since(c) or 9 for c in text if not c.isascii())
        at_least = max(at_least or 9, since)
    return Bounds(at_least if at_least and at_least > 9 else None, before)


def _by_syntax(text: str) -> int | None:
    try:
        need = needed(ast.parse(text)).minor
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return max(need, 12) if _reuses_quotes(text) else need


def _reuses_quotes(text: str) -> bool:
    """Returns true if an f-string's replacement field contains its quotes, a backslash, a comment, or a line feed that
    its quotes do not allow: only 3.12 and later can read it."""
    if sys.version_info < (3, 12):
        return False
    open_quotes: list[str] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            name = tokenize.tok_name[token.type]
            if name == "FSTRING_END":
                open_quotes.pop()
            elif name == "FSTRING_MIDDLE" and len(open_quotes) < 2:
                continue
            elif any(_is_new_inside(quote, name, token.string) for quote in open_quotes):
                return True
            if name == "FSTRING_START":
                open_quotes.append(token.string.lstrip("fFrRbBuU"))
    except (tokenize.TokenError, SyntaxError, IndexError):
        return False
    return False


def _is_new_inside(quote: str, name: str, text: str) -> bool:
    if quote in text or "\\" in text or name == "COMMENT":
        return True
    return len(quote) == 1 and (name == "NL" or "\n" in text)
