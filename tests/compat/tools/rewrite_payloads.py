# SPDX-License-Identifier: Apache-2.0
"""Migrations 85, 87 and 102 on single payloads; see steps_probe.cc."""

from __future__ import annotations

import ast
import json
import sys
from typing import Any


class SqlValue:
    def __init__(self, sql: str) -> None:
        self.sql = sql

    def __repr__(self) -> str:
        return f"SqlValue(sql={self.sql!r})"


def value(payload: str) -> Any:
    return eval(payload, {"SqlValue": SqlValue})


def rewrite_85(payload: str, _model: str, _warnings: list[str]) -> str:
    parsed = value(payload)
    if isinstance(parsed, dict):
        parsed = dict(sorted(parsed.items(), key=lambda item: str(item[0])))
    return repr(parsed)


def rewrite_87(payload: str, model: str, warnings: list[str]) -> str:
    parsed = value(payload)
    changed = False
    for name in list(parsed):
        lower = name.lower()
        if lower == name:
            continue
        if lower in parsed:
            warnings.append(
                "SQLMesh is unable to fully migrate the state database, because the model "
                f"'{model}' contains two blueprint variables ('{name}' and '{lower}') that resolve "
                f"to the same value ('{lower}'). This may result in unexpected changes being "
                "reported by the next `sqlmesh plan` command. If this happens, consider renaming "
                "either variable, so that the lowercase version of their names are different.")
        else:
            parsed[lower] = parsed.pop(name)
            changed = True
    return repr(parsed) if changed else payload


def rewrite_102(payload: str, _model: str, _warnings: list[str]) -> str:
    return ast.unparse(ast.parse(payload)).strip()


def answer(migration: int, payload: str, model: str) -> list[Any]:
    warnings: list[str] = []
    try:
        new = globals()[f"rewrite_{migration}"](payload, model, warnings)
        return [new, new != payload, warnings, ""]
    except Exception as error:
        return [payload, False, warnings, f"{type(error).__name__}: {error}"]


with open(sys.argv[1]) as items:
    print(json.dumps([answer(*item) for item in json.load(items)]))
