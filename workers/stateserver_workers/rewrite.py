# SPDX-License-Identifier: Apache-2.0
"""Rewrites payloads as SQLMesh's migrations 85, 87 and 102 do, with only the standard library.

The results of `ast.unparse` and `repr` depend on the Python release, as in SQLMesh's own migration. No
part of a payload is executed.
"""

from __future__ import annotations

import ast
import contextlib
import sys
import warnings
from typing import TYPE_CHECKING, Any

from stateserver_workers import literals, protocol

if TYPE_CHECKING:
    from collections.abc import Callable


def sort_keys(payload: str, _model: str) -> tuple[str, list[str]]:
    """85: sorts a dictionary's keys by their text, then applies `repr`; keeps what cannot be evaluated."""
    try:
        value = literals.evaluate(payload)
    except literals.NotLiteral as error:
        return payload, [f"A value of the model '{_model}' is {error}, not a literal; it is not changed."]
    except Exception:
        return payload, []
    if isinstance(value, dict):
        with contextlib.suppress(Exception):
            value = dict(sorted(value.items(), key=lambda item: str(item[0])))
    try:
        return repr(value), []
    except Exception:
        return payload, []


# SQLMesh's sentence, word for word.
COLLISION = (
    "SQLMesh is unable to fully migrate the state database, because the model '{model}' contains two "
    "blueprint variables ('{name}' and '{lower}') that resolve to the same value ('{lower}'). This may "
    "result in unexpected changes being reported by the next `sqlmesh plan` command. If this happens, "
    "consider renaming either variable, so that the lowercase version of their names are different.")


def lower_names(payload: str, model: str) -> tuple[str, list[str]]:
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
    return (repr(variables) if renamed else payload), notes


def round_trip(payload: str, _model: str) -> tuple[str, list[str]]:
    """102: formats the code with `ast.unparse`."""
    return ast.unparse(ast.parse(payload)).strip(), []


REWRITES: dict[int, Callable[[str, str], tuple[str, list[str]]]] = {85: sort_keys, 87: lower_names, 102: round_trip}


def answer(item: Any) -> dict[str, Any]:
    try:
        rewrite, payload = REWRITES[item["migration"]], item["payload"]
        text, notes = rewrite(payload, item.get("model", ""))
        text.encode("utf-8")
        return {"payload": text, "changed": text != payload, "warnings": notes}
    except MemoryError:
        return {"error": "the worker ran out of memory"}
    except Exception as error:
        return {"error": protocol.sentence(error)}


def main() -> int:
    # Old code in payloads causes warnings, for example about invalid escapes; users cannot fix it here.
    warnings.simplefilter("ignore")
    return protocol.serve(protocol.Channel(), "rewrite", lambda: ({}, answer))


if __name__ == "__main__":
    sys.exit(main())
