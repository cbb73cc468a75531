# SPDX-License-Identifier: Apache-2.0
"""Comparing a StarRocks database with its declarations: `schema diff` beside `alembic revision --autogenerate`.

Both read the same database of the simulator and find the same one change. What the simulator takes for
its answers is part of both times.
"""

from __future__ import annotations

import pathlib
import sys
from collections.abc import Sequence

import measure
from harness import schemas
from harness.client import Client
from harness.server import Server
from harness.starrocks import Database, Simulator

COLUMNS = 30
TYPES = ["INT", "BIGINT", "VARCHAR(64)", "DATE", "DATETIME", "DECIMAL(12, 2)", "DOUBLE"]
PEER = ["INTEGER()", "BIGINT()", "VARCHAR(64)", "DATE()", "DATETIME()", "DECIMAL(12, 2)", "DOUBLE()"]

ENV = """
import models
import sqlalchemy
import starrocks.alembic
from alembic import context
from starrocks.alembic import include_object_for_view_mv

engine = sqlalchemy.create_engine(context.config.get_main_option("sqlalchemy.url"))
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=models.metadata,
                      include_object=include_object_for_view_mv, version_table_kwargs={"starrocks_properties":
                                                                                       {"replication_num": "1"}})
    with context.begin_transaction():
        context.run_migrations()
"""
MAKO = """
def upgrade():
    ${upgrades if upgrades else "pass"}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
"""


def sql(number: int, types: Sequence[str] = TYPES) -> str:
    columns = "".join(f",\n  c{i} {types[i % len(types)]} NULL" for i in range(COLUMNS - 1))
    return (f"CREATE TABLE t{number:05d} (\n  id BIGINT NOT NULL{columns}\n)\nPRIMARY KEY(id)\n"
            'DISTRIBUTED BY HASH(id) BUCKETS 2\nPROPERTIES ("replication_num" = "1")')


def model(number: int) -> str:
    columns = "".join(f'    Column("c{i}", {PEER[i % len(PEER)]}),\n' for i in range(COLUMNS - 1))
    return (f'Table(\n    "t{number:05d}",\n    metadata,\n    Column("id", BIGINT(), primary_key=True, '
            'autoincrement=False),\n'
            f'{columns}    starrocks_primary_key="id",\n    starrocks_distributed_by="HASH(id) BUCKETS 2",\n'
            '    starrocks_properties={"replication_num": "1"},\n)\n')


class Case:
    """A database of so many tables, its declarations with one column more, and both programs."""

    def __init__(self, tables: int, folder: pathlib.Path) -> None:
        self.front_end = Simulator(job_delay=0.01)
        self.database = Database(self.front_end)
        for number in range(tables):
            self.database.run(sql(number))
        self.folder = folder
        (folder / "schema").mkdir()
        for number in range(tables):
            text = sql(number) if number else sql(number).replace("\n)\nPRIMARY", ",\n  more INT NULL\n)\nPRIMARY")
            (folder / "schema" / f"t{number:05d}.sql").write_text(text + ";\n")
        self.write_peer(tables)
        self.server = Server({"prod": {"connection": schemas.warehouse(self.front_end, self.database.name)}})
        self.client = Client(self.server)

    def write_peer(self, tables: int) -> None:
        text = "from sqlalchemy import Column, MetaData, Table\nfrom starrocks import *\n\nmetadata = MetaData()\n"
        for number in range(tables):
            table = model(number)
            text += table if number else table.replace("    starrocks_primary",
                                                       '    Column("more", INTEGER()),\n    starrocks_primary', 1)
        (self.folder / "models.py").write_text(text)
        script = self.folder / "migrations"
        (script / "versions").mkdir(parents=True)
        (script / "env.py").write_text(ENV)
        (script / "script.py.mako").write_text(MAKO)
        url = f"starrocks://root@{self.front_end.host}:{self.front_end.port}/{self.database.name}"
        (self.folder / "alembic.ini").write_text(
            f"[alembic]\nscript_location = {script}\nsqlalchemy.url = {url}\nprepend_sys_path = {self.folder}\n")

    def ours(self) -> measure.Run:
        """Exit code 1: differences."""
        command = self.client.command("schema", "diff", "--format", "json")
        shell = ["sh", "-c", '"$@" > out.json; test $? = 1', "sh", *command]
        run = measure.run(shell, self.client.variables(), cwd=self.folder)
        text = (self.folder / "out.json").read_text()
        assert text.count('"statement"') == 1 and "`more` INT" in text, text[:500]
        return run

    def theirs(self) -> measure.Run:
        run = measure.run([pathlib.Path(sys.executable).parent / "alembic", "revision", "--autogenerate", "-m", "more"],
                          cwd=self.folder)
        made, = (self.folder / "migrations" / "versions").glob("*.py")
        assert made.read_text().count("add_column") == 1, made.read_text()
        made.unlink()
        return run

    def server_peak_kib(self) -> int:
        status = pathlib.Path(f"/proc/{self.server.process.pid}/status").read_text()
        return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))

    def close(self) -> None:
        self.server.stop()
        self.front_end.stop()


def against_alembic(folder: pathlib.Path, tables: int, repeat: int,
                    with_peer: bool = True) -> tuple[measure.Series, measure.Series | None, int]:
    """(runs of ours, runs of the peer or None, the server's peak in KiB)."""
    case = Case(tables, folder)
    try:
        acts = {"ours": case.ours, **({"peer": case.theirs} if with_peer else {})}
        runs = measure.interleaved(repeat, **acts)
        return runs["ours"], runs.get("peer"), case.server_peak_kib()
    finally:
        case.close()
