# SPDX-License-Identifier: Apache-2.0
"""Rewrites payloads as SQLMesh's migrations 85, 87 and 102 do, with only the standard library.

The results of `ast.unparse` and `repr` depend on the Python release. An item names the one whose form its text
gets; otherwise, as in SQLMesh's own migration, it is that of the running Python. No part of a payload is executed.
"""

from __future__ import annotations

import ast
import contextlib
import sys
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

from stateserver_workers import literals, printer, protocol
from stateserver_workers.printer import evidence, releases, strings

if TYPE_CHECKING:
    from collections.abc import Callable

    from stateserver_workers.printer import Release


class Rewritten(NamedTuple):
    text: str
    notes: list[str]
    variation: evidence.Variation = evidence.Variation(False, False)


class NotInRelease(Exception):
    """A payload with syntax that the release whose form is asked for cannot read."""


def _repr(value: Any, release: Release) -> tuple[str, evidence.Variation]:
    own = repr(value)
    text = strings.translated(own, release)
    return text, evidence.variation_of_literal(own, release, text)


def sort_keys(payload: str, _model: str, release: Release) -> Rewritten:
    """85: sorts a dictionary's keys by their text, then applies `repr`; keeps what cannot be evaluated."""
    try:
        value = literals.evaluate(payload)
    except literals.NotLiteral as error:
        return Rewritten(payload, [f"A value of the model '{_model}' is {error}, not a literal; it is not changed."])
    except Exception:
        return Rewritten(payload, [])
    if isinstance(value, dict):
        with contextlib.suppress(Exception):
            value = dict(sorted(value.items(), key=lambda item: str(item[0])))
    try:
        text, variation = _repr(value, release)
    except Exception:
        return Rewritten(payload, [])
    return Rewritten(text, [], variation)


# SQLMesh's sentence, word for word.
COLLISION = (
    "SQLMesh is unable to fully migrate the state database, because the model '{model}' contains two "
    "blueprint variables ('{name}' and '{lower}') that resolve to the same value ('{lower}'). This may "
    "result in unexpected changes being reported by the next `sqlmesh plan` command. If this happens, "
    "consider renaming either variable, so that the lowercase version of their names are different.")


def lower_names(payload: str, model: str, release: Release) -> Rewritten:
    """87: converts names of blueprint variables to lower case and moves renamed ones to the end."""
    variables = literals.evaluate(payload)
    renamed = False
    notes: list[str] = []
    for name, value in list(dict(variables).items()):
        lower = name.lower()
        if lower == name:
            continue
        if lower in variables:
            notes.append(COLLISION.format(model=model, name=name, lower=lower))
            continue
        del variables[name]
        variables[lower] = value
        renamed = True
    if not renamed:
        return Rewritten(payload, notes)
    text, variation = _repr(variables, release)
    return Rewritten(text, notes, variation)


def round_trip(payload: str, _model: str, release: Release) -> Rewritten:
    """102: formats the code with `ast.unparse`."""
    tree = ast.parse(payload)
    need = evidence.needed(tree)
    if release.number[1] < need.minor:
        raise NotInRelease(f"it contains {need.because}, which Python {release} cannot read; 3.{need.minor} can")
    text = ast.unparse(tree) if release.is_own else printer.unparse(tree, release)
    return Rewritten(text.strip(), [], evidence.variation_of_code(tree, release, text))


REWRITES: dict[int, Callable[[str, str, Release], Rewritten]] = {85: sort_keys, 87: lower_names, 102: round_trip}


def _rewrite(item: dict[str, Any], release: Release) -> dict[str, Any]:
    payload = item["payload"]
    done = REWRITES[item["migration"]](payload, item.get("model", ""), release)
    done.text.encode("utf-8")
    out: dict[str, Any] = {"payload": done.text, "changed": done.text != payload, "warnings": done.notes}
    # Flags are sent only if they are set.
    out.update(dict.fromkeys(["varies"] * done.variation.any + ["varies_in_series"] * done.variation.in_series, True))
    return out


def _inspect(payload: str) -> dict[str, Any]:
    ast.parse(payload)
    found = evidence.bounds(payload)
    return {key: value for key, value in (("at_least", found.at_least), ("before", found.before)) if value is not None}


def answer(item: Any) -> dict[str, Any]:
    release = releases.Release.running()
    try:
        if item.get("python"):
            release = releases.Release.parse(item["python"])
        out = _inspect(item["inspect"]) if "inspect" in item else _rewrite(item, release)
    except releases.UnknownRelease as error:
        raise protocol.Fatal(str(error)) from error
    except MemoryError:
        out = {"error": "the worker ran out of memory"}
    except SyntaxError as error:
        # Another Python may be able to read it.
        running = releases.Release.running()
        out = {"error": f"Python {running} reports a {protocol.sentence(error)}", "unread": True}
    except Exception as error:
        out = {"error": protocol.sentence(error)}
    out["python"] = str(release)
    return out


def main() -> int:
    # Old code in payloads causes warnings, for example about invalid escapes; users cannot fix it here.
    warnings.simplefilter("ignore")
    return protocol.serve(protocol.Channel(), "rewrite", lambda: ({}, answer))


if __name__ == "__main__":
    sys.exit(main())
