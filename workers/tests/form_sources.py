# SPDX-License-Identifier: Apache-2.0
"""Python sources for the corpus of forms: written by hand, and generated from a seed."""

from __future__ import annotations

import pathlib
import random
from collections.abc import Callable

DATA = pathlib.Path(__file__).resolve().parent / "data"


def by_hand() -> list[str]:
    sources: list[str] = []
    block: list[str] | None = None
    for line in (DATA / "sources.txt").read_text(encoding="utf-8").split("\n"):
        if line == "<<<":
            block = []
        elif line == ">>>" and block is not None:
            sources.append("\n".join(block))
            block = None
        elif block is not None:
            block.append(line)
        elif line and not line.startswith("# "):
            sources.append(line)
    return sources


class Generator:
    """Makes random modules. Every part is in parentheses, so that what is printed is decided by the printer alone."""

    TEXTS = ("a", "it's", 'say "x"', "\\", "\n", "\t", "{}", "ü", "\U0001fae8", "\u061d", "'''", '"""', " ", "\x00",
             "'\"", "%s", "#")

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)

    def module(self) -> str:
        return "\n".join(self._statement(2) for _ in range(self._dice.randint(1, 3)))

    def _one_of(self, *options: str) -> str:
        return options[self._dice.randrange(len(options))]

    def _name(self) -> str:
        return self._one_of("a", "b", "row", "x1")

    def _text(self) -> str:
        return "".join(self._one_of(*self.TEXTS) for _ in range(self._dice.randint(0, 4)))

    def _expression(self, depth: int) -> str:
        if depth <= 0:
            return self._one_of(self._name(), "1", "2.5", "None", repr(self._text()), "()")
        deeper = [f"({self._expression(depth - 1)})" for _ in range(3)]
        a, b, c = deeper
        makers: list[Callable[[], str]] = [
            lambda: f"{a} {self._one_of(*'+ - * / % // ** << >> & | ^ @ < > == != in is and or'.split())} {b}",
            lambda: f"{self._one_of('-', '+', '~', 'not ')}{a}", lambda: f"{a} if {b} else {c}",
            lambda: f"lambda {self._one_of('', 'x', '*y', 'x, /, z=1', '**k')}: {a}",
            lambda: f"{a}, {b}", lambda: f"{a},",
            lambda: f"[{a}, *{b}]", lambda: "{" + f"{a}: {b}, **{c}" + "}", lambda: "{" + f"{a}, *{b}" + "}",
            lambda: f"{a}.name", lambda: f"{a}({b}, *{c}, k={a}, **{b})", lambda: f"{a}[{b}]", lambda: f"{a}[{b}, {c}]",
            lambda: f"{a}[(*{b}, {c})]", lambda: f"{a}[{b}:{c}, ::{a}]", lambda: f"x := {a}", lambda: f"yield {a}",
            lambda: f"await {a}", lambda: f"[x for x, y in {a} if {b}]", lambda: f"(x for x in {a} for y, in {b})",
            lambda: "{" + f"x: y for (x, *y) in {a}" + "}", lambda: f"{a} < {b} <= {c}",
            lambda: f"{a} and {b} and {c} and {a}",
            lambda: f"{a} or {b} or {c} or {b}", lambda: self._fstring(depth), lambda: self._fstring(depth),
            lambda: self._fstring(depth)]
        return makers[self._dice.randrange(len(makers))]()

    def _fstring(self, depth: int) -> str:
        """In triple quotes, with an expression that has none: every release can read most of them."""
        quote = self._one_of('"""', "'''", '"', "'")
        out = "f" + quote
        for _ in range(self._dice.randint(1, 4)):
            if self._dice.random() < 0.5:
                inside = self._one_of(
                    self._expression(depth - 1), "row['a']", 'row["a"]', "','.join(b)", "{1: 2}", "(x, y)")
                out += "{ " + inside + self._one_of("", "", " !r", " !s:>{b}", ":x", ":'>9", " :{row['w']}") + "}"
            else:
                text = self._text().replace("{", "{{").replace("}", "}}")
                out += repr('"' + text)[2:-1].replace("'", "\\'").replace('"', '\\"')
        return out + quote

    def _statement(self, depth: int) -> str:
        a, b = (f"({self._expression(depth)})" for _ in range(2))
        return self._one_of(
            f"{a}", f"z = {a}", f"x, y = {a}", f"(x, *y), z = q = {a}",
            f"for x, y in {a}:\n    {b}\nelse:\n    pass",
            f"z += {a}", f"z: {a} = {b}", f"with {a} as (x, y), {b}:\n    pass",
            f"if {a}:\n    pass\nelif {b}:\n    return {a}",
            f"def f(x: {a}={b}, *, y={a}) -> {b}:\n    {self._text()!r}\n    return {a}",
            f"while {a}:\n    raise {a} from {b}",
            f"assert {a}, {b}", f"@{a}\nclass C(B, k={b}):\n    {self._text()!r}", f"return {a}", f"del z, ({a}).b",
            f"try:\n    yield {a}\nexcept {b} as e:\n    pass")


def generated(count: int) -> list[str]:
    return [Generator(seed).module() for seed in range(count)]
