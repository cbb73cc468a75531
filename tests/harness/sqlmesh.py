# SPDX-License-Identifier: Apache-2.0
"""The real SQLMesh, on a project of its own with a cold cache."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.database import Database

ENVIRONMENT = {
    "SQLMESH__DISABLE_ANONYMIZED_ANALYTICS": "true", "NO_COLOR": "1", "COLUMNS": "200",
    "TZ": "UTC", "LC_ALL": "C.UTF-8",
}

CONFIG = """\
gateways:
  local:
    connection: {{type: duckdb}}
    state_connection:
      type: postgres
      host: {host}
      port: {port}
      user: {user}
      password: '{password}'
      database: {database}
default_gateway: local
model_defaults: {{dialect: duckdb}}
"""


class SQLMesh:
    """`python` runs SQLMesh: the newest by default, another release's venv else."""

    def __init__(self, database: Database, python: str = sys.executable,
                 project: str | pathlib.Path | None = None) -> None:
        self.database = database
        self.program = str(pathlib.Path(python).parent / "sqlmesh")
        if project is None:
            self._folder = tempfile.TemporaryDirectory(prefix="ss-project-")
            project = self._folder.name
            bare_project(pathlib.Path(project), database)
        self.project = pathlib.Path(project)

    def run(self, *arguments: object, input: str = "", check: bool = True,
            timeout: float = 300) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, **ENVIRONMENT, "STATE_DB": self.database.name}
        command = [self.program, "--paths", str(self.project), *map(str, arguments)]
        result = subprocess.run(command, input=input, capture_output=True, text=True,
                                env=environment, cwd=self.project, timeout=timeout)
        if check and result.returncode != 0:
            raise AssertionError(f"{command} exited {result.returncode}:\n{result.stdout}\n{result.stderr}")
        return result

    def migrate(self) -> subprocess.CompletedProcess[str]:
        return self.run("migrate")

    def export(self, path: str | os.PathLike[str], *arguments: object) -> Any:
        self.run("state", "export", "--no-confirm", "-o", path, *arguments)
        return json.loads(pathlib.Path(path).read_text())

    def import_(self, path: str | os.PathLike[str], *arguments: object) -> subprocess.CompletedProcess[str]:
        return self.run("state", "import", "--no-confirm", "-i", path, *arguments)


def bare_project(folder: pathlib.Path, database: Database) -> None:
    """The least SQLMesh's commands accept: a gateway and one model."""
    cluster = database.cluster
    (folder / "config.yaml").write_text(CONFIG.format(
        host=cluster.host, port=cluster.port, user=cluster.USER, password=cluster.password,
        database=database.name))
    (folder / "models").mkdir()
    (folder / "models" / "one.sql").write_text("MODEL (name x.one, kind FULL);\nSELECT 1 AS one\n")
