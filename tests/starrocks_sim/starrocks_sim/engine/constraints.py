# SPDX-License-Identifier: Apache-2.0
"""unique_constraints and foreign_key_constraints: what they may name, and how they are stored."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..errors import SimError, analyzing
from ..rules import MEASURED_4_0_2, rule

if TYPE_CHECKING:
    from ..model.objects import Table
    from .server import Engine


def qualify(engine: Engine, given: dict[str, str], db: str, name: str) -> None:
    """unique_constraints and foreign_key_constraints are stored with full names."""
    if given.get("unique_constraints"):
        prefix = f"default_catalog.{db}.{name}."
        groups = [[c.strip().split(".")[-1] for c in g.split(",")] for g in given["unique_constraints"].split(";")
                  if g.strip()]
        # Only the first column of a constraint is qualified.
        given["unique_constraints"] = ";".join(prefix + ",".join(g) for g in groups)
    if given.get("foreign_key_constraints"):
        given["foreign_key_constraints"] = _FOREIGN.sub(lambda m: _foreign_key(engine, db, m),
                                                        given["foreign_key_constraints"])


_FOREIGN = re.compile(r"(\([^)]*\))\s*REFERENCES\s+([^\s(]+)\s*(\([^)]*\))", re.I)


@rule(MEASURED_4_0_2, "a foreign key refers to a table with a constraint")
def _foreign_key(engine: Engine, db: str, match: re.Match[str]) -> str:
    base, name = _parent(db, match)
    parent = engine.catalog.find(base, name)
    if parent is None:
        raise analyzing(f"catalog:default_catalog, database: {base}, table:{name} do not exist")
    if parent is not None and parent.kind == "TABLE" and parent.keys == "DUPLICATE" \
            and "unique_constraints" not in parent.properties:
        raise analyzing(f"dup table:{name} has no unique constraint")
    return f"{match.group(1)} REFERENCES default_catalog.{base}.{name}{match.group(3)}"


@rule(MEASURED_4_0_2, "a constraint names columns and tables that exist")
def check(engine: Engine, db: str, table: Table, given: dict[str, str]) -> None:
    """Refuses constraints that name what is not there."""
    for group in (given.get("unique_constraints") or "").split(";"):
        for name in filter(None, (c.strip().split(".")[-1] for c in group.split(","))):
            if table.column(name) is None:
                raise SimError(f"analyze table unique constraint:{given['unique_constraints']} failed, msg: can not "
                               f"find column by name: {name}, from table: {table.name}")
    stated = given.get("foreign_key_constraints") or ""
    for match in _FOREIGN.finditer(stated):
        base, name = _parent(db, match)
        if engine.catalog.find(base, name) is None:
            raise SimError(f"analyze table foreign key constraint:{stated} failed, msg: catalog:default_catalog, "
                           f"database: {base}, table:{name} do not exist")


def _parent(db: str, match: re.Match[str]) -> tuple[str, str]:
    """Database and name of the table that a foreign key refers to."""
    parts = match.group(2).split(".")
    return (parts[-2] if len(parts) > 1 else db), parts[-1]
