# SPDX-License-Identifier: Apache-2.0
"""The rules of the engine that the simulator follows: on which release each holds, and how that is known."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from .errors import SimError


@dataclass(frozen=True)
class Evidence:
    """How a rule is known, and the releases that it is taken to hold for."""

    text: str
    release: str


MEASURED_4_0_2 = Evidence("measured 4.0.2", "4.0")
MEASURED_4_0 = Evidence("measured 4.0", "4.0")
DOCUMENTED_3_3 = Evidence("documented 3.3", "3.3")
ALL_EVIDENCE = (MEASURED_4_0_2, MEASURED_4_0, DOCUMENTED_3_3)


@dataclass
class Rule:
    """A rule, named like the function that follows it, and how often that was asked and refused a statement."""

    name: str
    evidence: Evidence
    what: str
    asked: int = 0
    refused: int = 0


RULES: dict[str, Rule] = {}
_Function = TypeVar("_Function", bound=Callable[..., Any])


def rule(evidence: Evidence, what: str) -> Callable[[_Function], _Function]:
    """Registers the function that follows a rule. A refusal that it raises carries the rule."""
    def register(function: _Function) -> _Function:
        name = f"{function.__module__}.{function.__qualname__}".removeprefix("starrocks_sim.")
        if name in RULES:
            raise ValueError(f"Two rules have the name '{name}'.")
        entry = RULES[name] = Rule(name, evidence, what)

        @functools.wraps(function)
        def follow(*arguments: Any, **options: Any) -> Any:
            entry.asked += 1
            try:
                return function(*arguments, **options)
            except SimError as refusal:
                if refusal.rule is None:
                    refusal.rule = entry
                    entry.refused += 1
                raise
        return cast("_Function", follow)
    return register


def state(name: str, evidence: Evidence, what: str) -> None:
    """Registers a rule that is data, which no function follows."""
    RULES[name] = Rule(name, evidence, what)


def report() -> str:
    """The rules, one a line, and how many there are of each evidence."""
    width = max(len(entry.name) for entry in RULES.values())
    lines = [f"{entry.evidence.text:14}  from {entry.evidence.release}  {entry.name:{width}}  {entry.what}"
             for _, entry in sorted(RULES.items())]
    counts = by_evidence()
    lines += ["", *(f"{evidence.text}: {counts[evidence.text]} rules" for evidence in ALL_EVIDENCE)]
    return "\n".join(lines)


def by_evidence() -> Counter[str]:
    """How many rules there are of each evidence."""
    return Counter(entry.evidence.text for entry in RULES.values())
