# SPDX-License-Identifier: Apache-2.0
"""CREATE and DROP DATABASE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import SimError
from ..model.catalog import Database
from ..rules import DOCUMENTED_3_3, rule
from .context import OK

if TYPE_CHECKING:
    from ..parser.stream import Node
    from .context import Result, Session
    from .server import Engine


@rule(DOCUMENTED_3_3, "a new database has a name of its own")
def create_database(engine: Engine, session: Session, node: Node) -> Result:
    name = node.name[-1]
    if name in engine.catalog.databases:
        if node.if_not_exists:
            return OK
        raise SimError(f"Can't create database '{name}'; database exists", 1007)
    engine.catalog.databases[name] = Database(name, engine.catalog.new_id())
    return OK


@rule(DOCUMENTED_3_3, "a dropped database exists and is not the server's")
def drop_database(engine: Engine, session: Session, node: Node) -> Result:
    name = node.name[-1]
    if name in ("information_schema", "_statistics_", "sys"):
        raise SimError(f"Access denied; cannot drop database {name}", 1044)
    if name not in engine.catalog.databases:
        if node.if_exists:
            return OK
        raise SimError(f"Can't drop database '{name}'; database doesn't exist", 1008)
    for obj in list(engine.catalog.databases[name].objects.values()):
        engine.views.base_dropped(name, obj)
        engine.jobs.table_dropped(obj)
    del engine.catalog.databases[name]
    return OK
