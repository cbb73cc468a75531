# SPDX-License-Identifier: Apache-2.0
"""What is measured: this product, SQLMesh, and PostgreSQL's own tools."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
from typing import TYPE_CHECKING

import measure
from harness import paths
from harness.client import Client
from harness.cluster import BIN
from harness.database import Database
from harness.server import Server, gateway
from harness.sqlmesh import ENVIRONMENT, SQLMesh

if TYPE_CHECKING:
    from harness.cluster import Cluster


def make_state(path: pathlib.Path, models: int, environments: int) -> pathlib.Path:
    subprocess.run([sys.executable, paths.TESTS / "tools" / "make_state.py", "--models", str(models),
                    "--environments", str(environments), "-o", path], check=True)
    return path


class Product:
    """stateserver on a database, by default a new one with empty tables; stateclient beside it."""

    def __init__(self, cluster: Cluster, database: Database | None = None) -> None:
        self.database = database or Database(cluster, cluster.create())
        self.server = Server({"local": gateway(self.database)})
        self.client = Client(self.server)
        if database is None:
            self.client.ok("migrate", "-y")

    def _run(self, *arguments: object) -> measure.Run:
        return measure.run(self.client.command(*arguments), self.client.variables())

    def export(self, path: pathlib.Path) -> measure.Run:
        return self._run("export", "-o", path, "-y")

    def import_(self, path: pathlib.Path, replace: bool = True) -> measure.Run:
        return self._run("import", "-i", path, "-y", *(["--replace"] if replace else []))

    def migrate(self) -> measure.Run:
        return self._run("migrate", "-y")

    def restart(self) -> None:
        """A server that has not yet seen a large state: its peak is that of what follows."""
        self.server.restart()

    def peak_kib(self) -> int:
        return self.server.peak_memory()

    def close(self) -> None:
        self.server.stop()


class Postgres:
    """pg_dump of a database, and psql loading that dump into empty, indexed tables."""

    def __init__(self, cluster: Cluster, source: Database, folder: pathlib.Path) -> None:
        self.cluster, self.source = cluster, source
        self.dump_file = pathlib.Path(folder) / "data.sql"
        self.template = cluster.create()
        schema = subprocess.run([BIN / "pg_dump", "--schema-only", "-n", "sqlmesh", source.url],
                                check=True, capture_output=True).stdout
        subprocess.run([BIN / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", cluster.dsn(self.template)],
                       input=schema, check=True, capture_output=True)

    def dump(self) -> measure.Run:
        return measure.run([BIN / "pg_dump", "--data-only", "-n", "sqlmesh", "-f", self.dump_file, self.source.url])

    def load(self) -> measure.Run:
        name = self.cluster.create(self.template)
        try:
            return measure.run([BIN / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", self.dump_file,
                                self.cluster.dsn(name)])
        finally:
            self.cluster.drop(name)


class Peer:
    """SQLMesh itself, on a database, by default a new one with empty tables."""

    def __init__(self, cluster: Cluster, database: Database | None = None) -> None:
        self.sqlmesh = SQLMesh(database or Database(cluster, cluster.create()))
        if database is None:
            self.sqlmesh.migrate()

    def _run(self, *arguments: object) -> measure.Run:
        project = self.sqlmesh.project
        return measure.run([self.sqlmesh.program, "--paths", project, *arguments],
                           {**os.environ, **ENVIRONMENT}, cwd=project)

    def export(self, path: pathlib.Path) -> measure.Run:
        return self._run("state", "export", "-o", path, "--no-confirm")

    def import_(self, path: pathlib.Path) -> measure.Run:
        return self._run("state", "import", "-i", path, "--no-confirm")

    def migrate(self) -> measure.Run:
        return self._run("migrate")

    def start_up(self) -> measure.Run:
        """What SQLMesh takes before it does anything: `state export` of an empty state."""
        return self.export(self.sqlmesh.project / "nothing.json")
