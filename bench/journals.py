# SPDX-License-Identifier: Apache-2.0
"""Revisions with a short and a long journal: what `schema upgrade`, `current` and `history` take.

All run against one server and one database of the simulator; only the journals differ.
"""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Sequence

import measure
from harness.cluster import Cluster
from harness.database import Databases
from harness.revisions import ONE_REPLICA, Project, configuration, fill_journal
from harness.server import Server
from harness.starrocks import Database, Simulator

TABLE = ('CREATE TABLE users (id INT NOT NULL{more}) DUPLICATE KEY(id) DISTRIBUTED BY HASH(id) BUCKETS 2 '
         'PROPERTIES ("replication_num" = "1");')
STATEMENTS = 10


class Case:
    """A project one revision behind, whose journal has `entries` entries."""

    def __init__(self, databases: Databases, front_end: Simulator, folder: pathlib.Path, entries: int) -> None:
        folder.mkdir()
        self.starrocks = Database(front_end)
        database = databases.empty()
        self.server = Server(configuration(database, front_end, self.starrocks.name))
        self.project = Project(self.server, self.starrocks, folder)
        self.project.declare(users=TABLE.format(more=""))
        self.project.autogenerate("users")
        self.project.upgrade()
        self.project.declare(users=TABLE.format(more=", age INT NULL"))
        self.project.autogenerate("age")
        fill_journal(database, self.starrocks.name, entries // STATEMENTS, STATEMENTS)

    def run(self, *arguments: object) -> measure.Run:
        client = self.project.client
        return measure.run(client.command("schema", *arguments), client.variables(), cwd=self.project.folder)

    def upgrade(self) -> measure.Run:
        run = self.run("upgrade", "head", "-y", *ONE_REPLICA)
        self.project.downgrade("-1")
        return run


def short_and_long(folder: str, sizes: Sequence[int], repeat: int) -> list[list[object]]:
    """Rows of (entries, command, time, ratio to the first size)."""
    cluster, front_end = Cluster(), Simulator(job_delay=0.01)
    databases = Databases(cluster)
    cases = {size: Case(databases, front_end, pathlib.Path(folder) / str(size), size) for size in sizes}
    commands: dict[str, Callable[[Case], measure.Run]] = {
        "schema upgrade": lambda case: case.upgrade(), "schema current": lambda case: case.run("current"),
        "schema history": lambda case: case.run("history")}
    rows: list[list[object]] = []
    for name, act in commands.items():
        series = measure.interleaved(repeat, **{
            str(size): (lambda case=case: act(case)) for size, case in cases.items()})  # noqa: B023
        first = series[str(sizes[0])].seconds
        rows += [[size, name, series[str(size)], f"{series[str(size)].seconds / first:.2f} x"] for size in sizes]
    for case in cases.values():
        case.server.stop()
    front_end.stop()
    cluster.destroy()
    return rows
