# SPDX-License-Identifier: Apache-2.0
"""The example project `shop` on a DuckDB warehouse: a real SQLMesh user."""

from __future__ import annotations

import copy
import pathlib
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from harness import paths
from harness.sqlmesh import SQLMesh

if TYPE_CHECKING:
    from harness.database import Database

# The project's models start in November 2026; the day of the test does not matter.
NOW = "2026-11-22 12:00:00"

WAREHOUSE = """
import duckdb, pathlib
pathlib.Path('wh').mkdir(exist_ok=True)
con = duckdb.connect('wh/shop.db')
con.execute('CREATE SCHEMA IF NOT EXISTS legacy')
con.execute('CREATE TABLE IF NOT EXISTS legacy.crm_customers AS SELECT * FROM (VALUES '
            "(1, 'Anna', 'EU', TIMESTAMP '2026-11-01'), (2, 'Bert', 'US', TIMESTAMP '2026-11-02'), "
            "(3, 'Cem', 'SÜD', TIMESTAMP '2026-11-03')) AS t(customer_id, full_name, country, updated_at)")
con.execute("CREATE TABLE IF NOT EXISTS legacy.stock AS SELECT 'north' AS warehouse, 'A-1' AS sku, 5::BIGINT AS qty")
con.execute('CREATE TABLE IF NOT EXISTS legacy.only_local AS SELECT 1 AS k')
con.close()
duckdb.connect('wh/sandbox.db').close()
"""


class Shop(SQLMesh):
    """The project at one step of its history; `at` moves it to another."""

    def __init__(self, database: Database, folder: str | pathlib.Path, step: int = 0, python: str = sys.executable,
                 schema: int = paths.NEWEST_SCHEMA) -> None:
        """`schema`: that of the SQLMesh which `python` runs; older projects use less."""
        pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
        super().__init__(database, python, project=folder)
        self.schema = schema
        self.at(step)
        subprocess.run([sys.executable, "-c", WAREHOUSE], cwd=folder, check=True)

    def copy(self, folder: str | pathlib.Path, database: Database) -> Shop:
        """The project with its warehouse and cache, on another state database."""
        shutil.copytree(self.project, folder)
        twin = copy.copy(self)
        twin.project = pathlib.Path(folder)
        return twin.point_at(database)

    def upgraded(self) -> Shop:
        """The same project for the newest SQLMesh."""
        twin = copy.copy(self)
        twin.program = str(pathlib.Path(sys.executable).parent / "sqlmesh")
        return twin

    def at(self, step: int) -> Shop:
        subprocess.run(
            [sys.executable, paths.TESTS / "tools" / "gen_shop.py", self.project, str(self.schema), str(step)],
            check=True)
        self.point_at(self.database)
        return self

    def point_at(self, database: Database) -> Shop:
        """Uses the state in another database from now on."""
        self.database = database
        cluster, config = database.cluster, self.project / "config.yaml"
        text = config.read_text()
        for key, value in (("host", cluster.host), ("port", cluster.port), ("user", cluster.USER),
                           ("password", f"'{cluster.password}'")):
            text = re.sub(rf"^(      {key}: ).*$", rf"\g<1>{value}", text, flags=re.M)
        config.write_text(text)
        return self

    def forget_cache(self) -> Shop:
        shutil.rmtree(self.project / ".cache", ignore_errors=True)
        return self

    def plan(self, environment: str, *arguments: object, check: bool = True) -> subprocess.CompletedProcess[str]:
        return self.run("plan", environment, "--no-prompts", "--skip-tests", "--execution-time", NOW,
                        *arguments, check=check)

    def apply(self, environment: str = "prod") -> subprocess.CompletedProcess[str]:
        return self.plan(environment, "--auto-apply")

    def has_changes(self, environment: str = "prod") -> str | None:
        """What `plan` would do, as its text; None when that is nothing at all.
        The prompt that follows a difference finds no input, so nothing is applied."""
        result = self.plan(environment, check=False)
        nothing = (result.returncode == 0 and "No changes to plan" in result.stdout
                   and "backfill" not in result.stdout)
        return None if nothing else result.stdout + result.stderr
