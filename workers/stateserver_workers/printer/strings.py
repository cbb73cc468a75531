# SPDX-License-Identifier: Apache-2.0
"""Literals of texts and numbers, as a Python release writes them."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from stateserver_workers.printer import releases

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from stateserver_workers.printer.releases import Release

SINGLE = ("'", '"')
TRIPLE = ('"""', "'''")
QUOTES = (*SINGLE, *TRIPLE)

# A float beyond the largest one, which is infinite in a syntax tree.
_TOO_LARGE = "1e" + repr(sys.float_info.max_10_exp + 1)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


# What `repr` leaves of a text that another release may write otherwise: an escape, or a character beyond ASCII.
_VARYING = re.compile(r"\\\\|\\u[0-9a-f]{4}|\\U[0-9a-f]{8}|[^\x00-\x7f]")


def translated(text: str, release: Release) -> str:
    """Returns the `repr` of a value as a release writes it. `text` is what the running Python writes."""
    if release.series == sys.version_info[:2]:
        return text

    def translate(found: re.Match[str]) -> str:
        written = found[0]
        if written[0] == "\\" and len(written) > 2:
            character = chr(int(written[2:], 16))
            return character if releases.is_printable(character, release) else written
        return written if written[0] == "\\" or releases.is_printable(written, release) else _escape(written)

    return _VARYING.sub(translate, text)


def repr_text(value: str, release: Release) -> str:
    """Returns `repr(value)` of a release."""
    return translated(repr(value), release)


def number(value: float | complex) -> str:
    return repr(value).replace("inf", _TOO_LARGE).replace("nan", f"({_TOO_LARGE}-{_TOO_LARGE})")


def body(text: str, release: Release, quotes: Sequence[str] = QUOTES, *,
         escape_space: bool = False) -> tuple[str, list[str]]:
    """Returns what stands between the quotes of a literal, with as few backslashes as possible, and the quotes that
    fit, the preferred ones first. Line feeds and tabs are escaped only with `escape_space`."""
    escaped = "".join(
        c if not escape_space and c in "\n\t" else
        _escape(c) if c == "\\" or not releases.is_printable(c, release) else c for c in text)
    fitting = [q for q in quotes if q not in escaped and (q in TRIPLE or "\n" not in escaped)]
    if not fitting:
        literal = repr_text(text, release)
        return literal[1:-1], [next((q for q in quotes if literal[0] in q), literal[0])]
    if escaped:
        # A literal must not end in the quote that delimits it.
        fitting.sort(key=lambda quote: quote[0] == escaped[-1])
        if fitting[0][0] == escaped[-1]:
            escaped = escaped[:-1] + "\\" + escaped[-1]
    return escaped, fitting


def without_backslashes(text: str, release: Release, quotes: Sequence[str] = QUOTES) -> str:
    """Returns a literal that spans several lines rather than to contain backslashes."""
    inside, fitting = body(text, release, quotes)
    return fitting[0] + inside + fitting[0]


def constant(value: Any, release: Release, *, avoid_backslashes: bool = False) -> str:
    if isinstance(value, str):
        return without_backslashes(value, release) if avoid_backslashes else repr_text(value, release)
    if isinstance(value, (float, complex)):
        return number(value)
    return "..." if value is ... else repr(value)


# A part of an f-string: its text, and whether it is literal (true) or a replacement field.
Part = tuple[str, bool]


def _as_repr(text: str, release: Release) -> str:
    """Escapes a part for triple single quotes; the double quote makes `repr` choose single ones."""
    return repr_text('"' + text, release)[2:-1]


def old_fstring(parts: Sequence[Part], release: Release) -> str:
    """Returns an f-string as 3.9 to 3.11 write it: no part contains the quotes around it."""
    quotes: Sequence[str] = QUOTES
    out = []
    for text, literal in parts:
        inside, fitting = body(text, release, quotes, escape_space=literal)
        out.append(inside)
        if release.number >= (3, 11, 6) and set(fitting).isdisjoint(quotes):
            out = [_as_repr(each, release) for each, _ in parts]
            fitting = ["'''"]
            quotes = fitting
            break
        quotes = fitting
    return "f" + quotes[0] + "".join(out) + quotes[0]


def new_fstring(parts: Sequence[Part], release: Release) -> str:
    """Returns an f-string as 3.12 and later write it: replacement fields may contain any quotes."""
    avoids_reuse = (3, 12, 9) <= release.number < (3, 13) or release.number >= (3, 13, 2)
    quotes: list[str] = list(QUOTES)
    out = []
    for text, literal in parts:
        if literal:
            text, fitting = body(text, release, quotes, escape_space=True)
            if set(fitting).isdisjoint(quotes):
                out = [_as_repr(each, release) if is_literal else each for each, is_literal in parts]
                quotes = ["'''"]
                break
            quotes = fitting
        else:
            if "\n" in text:
                quotes = [q for q in quotes if q in TRIPLE]
            if avoids_reuse:
                quotes = [q for q in quotes if q not in text] or quotes
        out.append(text)
    return "f" + quotes[0] + "".join(out) + quotes[0]


def fstring(parts: Iterable[Part], release: Release) -> str:
    return (new_fstring if release.number >= (3, 12) else old_fstring)(list(parts), release)
