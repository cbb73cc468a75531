# SPDX-License-Identifier: Apache-2.0
"""A folder of StarRocks revisions, and stateclient in it."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from harness import schemas
from harness.client import DONE, Client
from harness.server import gateway

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Callable

    from harness.client import Result
    from harness.database import Database
    from harness.server import Server
    from harness.starrocks import Database as Warehouse
    from harness.starrocks import RealServer

# Of a lock whose server is gone: the shortest that the configuration takes.
LEASE = "1s"
ONE = 'PROPERTIES ("replication_num" = "1")'
USERS = ("CREATE TABLE users (id INT NOT NULL, nm VARCHAR(20) NULL) DUPLICATE KEY(id) "
         f"DISTRIBUTED BY HASH(id) BUCKETS 2 {ONE};")
AGED = USERS.replace("NULL)", "NULL, age INT NULL)")
OTHER = USERS.replace("users", "other")
# A single backend, as the simulator is one.
ONE_REPLICA = ("--version-table-property", "replication_num=1")


def configuration(database: Database, front_end: RealServer, name: str) -> dict[str, Any]:
    """Gateways of a server: `local`, with its journal in `database` and its StarRocks database `name`."""
    return {"local": gateway(database, connection=schemas.warehouse(front_end, name))}


class Project:
    """`schema/` and `revisions/` in `folder`; commands run there against `server`."""

    # The ids of its revisions, where a fixture makes them.
    first: str
    second: str

    def __init__(self, server: Server, starrocks: Warehouse, folder: pathlib.Path) -> None:
        self.server, self.starrocks, self.folder = server, starrocks, folder
        self.client = Client(server)
        self.schema, self.revisions = folder / "schema", folder / "revisions"
        self.schema.mkdir(exist_ok=True)
        self.revisions.mkdir(exist_ok=True)

    def declare(self, **files: str) -> None:
        for name, text in files.items():
            (self.schema / f"{name}.sql").write_text(text)

    def undeclare(self, name: str) -> None:
        (self.schema / f"{name}.sql").unlink()

    def __call__(self, *arguments: object, code: int | None = DONE, **options: Any) -> Result:
        """`stateclient schema …`; the result."""
        return self.client("schema", *arguments, code=code, cwd=self.folder, **options)

    def json(self, *arguments: object, code: int | None = DONE) -> Any:
        return self("--format", "json", *arguments, code=code).json

    def refused(self, *arguments: object, code: int = 1) -> Any:
        """The error object of a command that must fail."""
        return self("--format", "json", *arguments, code=code).error

    def autogenerate(self, message: str, *arguments: object) -> str:
        """The id of a new revision."""
        made: str = self.json("revision", "--autogenerate", "-m", message, *arguments)["revision"]
        return made

    def write(self, identifier: str, upgrade: str, downgrade: str = "", down: str = "", message: str = "by hand",
              header: str = "") -> pathlib.Path:
        """A revision written by hand; the path."""
        path = self.revisions / f"20261125_000000_{identifier}_{message.replace(' ', '_')}.sql"
        path.write_text(f"-- revision: {identifier}\n-- down_revision: {down}\n-- message: {message}\n"
                        f"-- created: 2026-11-25T00:00:00Z\n{header}\n-- +upgrade\n\n{upgrade}\n\n"
                        f"-- +downgrade\n\n{downgrade}\n")
        return path

    def path(self, identifier: str) -> pathlib.Path:
        return next(self.revisions.glob(f"*_{identifier}_*.sql"))

    def upgrade(self, target: str = "head", *arguments: object, code: int | None = DONE) -> Result:
        return self("upgrade", target, "-y", *ONE_REPLICA, *arguments, code=code)

    def downgrade(self, target: str, *arguments: object, code: int | None = DONE) -> Result:
        return self("downgrade", target, "-y", *ONE_REPLICA, *arguments, code=code)

    def heads(self) -> list[str]:
        found: list[str] = self.json("current")["heads"]
        return found

    def columns(self, table: str = "users") -> list[str]:
        return [row[0] for row in self.starrocks.run(f"DESC {table}")]

    def wait_for_current(self, condition: Callable[[Any], object], seconds: float = 20) -> Any:
        """What `current` says once it is so."""
        deadline = time.monotonic() + seconds
        while not condition(current := self.json("current")):
            if time.monotonic() > deadline:
                raise AssertionError(f"did not come: {current}")
            time.sleep(0.02)
        return current

    def alembic(self) -> list[str] | None:
        """The rows of alembic_version; None where it is not there."""
        if not self.starrocks.run("SHOW TABLES LIKE 'alembic_version'"):
            return None
        return sorted(row[0] for row in self.starrocks.run("SELECT version_num FROM alembic_version"))

    def agrees(self) -> bool:
        """The live schema is the declared one."""
        plan = self.json("diff", code=None)
        return not plan["steps"] and not plan["refusals"]


def without_label(statement: str) -> str:
    return re.sub(r" WITH LABEL `[^`]*`", "", statement)


def fill_journal(database: Database, name: str, runs: int, statements: int) -> None:
    """Runs that were done long ago, up and down, with so many statements each, in the journal of `local`."""
    database.execute(f"""
        WITH made AS (
          INSERT INTO stateserver.revision_runs (gateway, database, revision, message, direction, status, operation_id,
                                                 principal, peer, started_ts, finished_ts)
          SELECT 'local', '{name}', 'old' || i / 2, 'old', CASE WHEN i % 2 = 0 THEN 'upgrade' ELSE 'downgrade' END,
                 'done', gen_random_uuid()::text, 'ci', '127.0.0.1:1', i, i + 1
          FROM generate_series(1, {runs}) i RETURNING id)
        INSERT INTO stateserver.revision_statements (run_id, compensates, seq, object, statement, statement_digest,
                                                     object_digest, foretold, label, newest_job, status, fencing,
                                                     started_ts, finished_ts)
        SELECT id, false, n, 't', 'ALTER TABLE t ADD COLUMN c' || n || ' INT', 'x', 'y', 'z', '', 0, 'done', 1, id,
               id + 1
        FROM made, generate_series(1, {statements}) n""")
