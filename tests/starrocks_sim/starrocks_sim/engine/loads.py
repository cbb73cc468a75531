# SPDX-License-Identifier: Apache-2.0
"""INSERTs with a label, and SHOW LOAD: a label is used once in a database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import SimError, analyzing
from .context import Result

if TYPE_CHECKING:
    from ..parser.stream import Node
    from .context import Session
    from .server import Engine

COLUMNS = ["JobId", "Label", "State", "Progress", "Type", "EtlInfo", "TaskInfo", "ErrorMsg", "CreateTime",
           "EtlStartTime", "EtlFinishTime", "LoadStartTime", "LoadFinishTime", "TrackingSQL", "JobDetails"]


@dataclass
class Load:
    id: int
    database: str
    label: str
    txn: int


def check_label(engine: Engine, database: str, label: str) -> None:
    for load in engine.catalog.loads:
        if load.database == database and load.label == label:
            raise SimError(f"Label [{label}] has already been used, relate to txn [{load.txn}]")


def record(engine: Engine, database: str, label: str) -> None:
    catalog = engine.catalog
    catalog.loads.append(Load(catalog.new_id(), database, label, catalog.new_txn()))


def show_load(engine: Engine, session: Session, node: Node) -> Result:
    database = node.database[-1] if node.database else session.database
    if not database:
        raise SimError("No database selected", 1046)
    if database not in engine.catalog.databases:
        raise analyzing(f"Unknown database '{database}'", 5501)
    rows = [[str(load.id), load.label, "FINISHED", "ETL:100%; LOAD:100%", "INSERT", None, None, None, None, None, None,
             None, None, "", "{}"] for load in engine.catalog.loads if load.database == database]
    return engine.dml.filter_result(session, Result.of(COLUMNS, rows), node)
