# SPDX-License-Identifier: Apache-2.0
"""ADD FIELD and DROP FIELD of STRUCT columns."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from ..errors import SimError, analyzing
from ..rules import DOCUMENTED_3_3, MEASURED_4_0, MEASURED_4_0_2, rule

if TYPE_CHECKING:
    from ..model.objects import Table
    from ..model.types import SqlType
    from ..parser.stream import Node
    from .schema_working_copy import Change
    from .server import Engine


@rule(MEASURED_4_0, "the field of a STRUCT is there, or is not")
def analyse_field(engine: Engine, db: str, table: Table, clause: Node, node: Node) -> None:
    word = "add" if clause.kind == "add_field" else "drop"
    column = table.column(clause.column)
    if column is None:
        raise analyzing(f"Analyze {word} field definition failed: Field {clause.column} not found")
    if column.type.name not in ("STRUCT", "ARRAY"):
        raise analyzing(f"Analyze {word} field definition failed: column {column.name} type {column.type.upper()} is "
                        "not Struct")
    problem = _field_problem(column.type, clause)
    if problem:
        raise analyzing(f"Analyze {word} field definition failed: {problem}")


def _field_problem(kind: SqlType, clause: Node) -> str | None:
    target, missing = _walk(kind, clause.path[:-1])
    if missing:
        return f"Field {missing} is not found" if clause.kind == "add_field" else f"Drop field {missing} is not found"
    if target is None or target.name != "STRUCT" or clause.path[-1] == "[*]":
        return "Target Field is not struct"
    names = [n.lower() for n, _ in target.fields]
    last = clause.path[-1]
    if clause.kind == "add_field" and last.lower() in names:
        return f"Field {last} is already exist"
    if clause.kind == "drop_field" and last.lower() not in names:
        return f"Drop field {last} is not found"
    if clause.kind == "drop_field" and len(names) == 1:
        return f"Field {last} is the last field of column"
    return None


def _walk(kind: SqlType, path: list[str]) -> tuple[Any, str | None]:
    """The type at the end of a field path; (None, part) when a part is missing."""
    for part in path:
        if part == "[*]":
            if kind.name != "ARRAY":
                return None, None
            kind = kind.fields[0]
            continue
        if kind.name != "STRUCT":
            return None, None
        found = next((t for n, t in kind.fields if n.lower() == part.lower()), None)
        if found is None:
            return None, part
        kind = found
    return kind, None


@rule(MEASURED_4_0_2, "one statement changes the fields of one column")
def check_one_column(table: Table, clauses: list[Node]) -> None:
    columns = list(dict.fromkeys(c.column.lower() for c in clauses if c.kind in ("add_field", "drop_field")))
    if len(columns) < 2:
        return
    column = table.column(columns[0])
    assert column is not None
    changed = copy.deepcopy(column.type)
    for clause in clauses:
        if clause.kind in ("add_field", "drop_field") and clause.column.lower() == columns[0]:
            change_fields(changed, clause, column.name)
    raise SimError(f"Can not change {column.type.upper()} to {changed.upper()}")


@rule(DOCUMENTED_3_3, "fields change with fast schema evolution only")
def apply_field(change: Change, clause: Node) -> None:
    if not change.light:
        word = "Add" if clause.kind == "add_field" else "Drop"
        raise SimError(f"{word} field for struct column require table enable fast schema evolution")
    column = change.find(clause.column)
    assert column is not None
    change_fields(column.type, clause, column.name)


@rule(DOCUMENTED_3_3, "AFTER names a field that is there")
def change_fields(kind: SqlType, clause: Node, name: str) -> None:
    """Adds or drops a field of a type in place."""
    target, _ = _walk(kind, clause.path[:-1])
    last = clause.path[-1]
    if clause.kind == "drop_field":
        target.fields[:] = [f for f in target.fields if f[0].lower() != last.lower()]
        return
    position = len(target.fields)
    if clause.position == "FIRST":
        position = 0
    elif clause.position:
        names = [n.lower() for n, _ in target.fields]
        if clause.position[1].lower() not in names:
            raise SimError(f"Field[{clause.position[1]}] is not exist in Field[{name}]")
        position = names.index(clause.position[1].lower()) + 1
    target.fields.insert(position, (last, clause.type))
