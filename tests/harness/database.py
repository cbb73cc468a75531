# SPDX-License-Identifier: Apache-2.0
"""One database of the test cluster: contents, digests, dumps of the corpus."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import subprocess
from typing import TYPE_CHECKING, Any

from harness import paths
from harness.cluster import BIN

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Iterator

    from psycopg2.extensions import connection

    from harness.cluster import Cluster

TABLES = ("_versions", "_snapshots", "_environments", "_intervals", "_environment_statements",
          "_auto_restatements")


class Database:
    def __init__(self, cluster: Cluster, name: str) -> None:
        self.cluster = cluster
        self.name = name

    @property
    def url(self) -> str:
        return self.cluster.dsn(self.name)

    def execute(self, sql: str) -> Any:
        return self.cluster.execute(sql, self.name)

    def scalar(self, sql: str) -> Any:
        return self.execute(sql)[0][0]

    def connect(self, **arguments: Any) -> connection:
        return self.cluster.connect(self.name, **arguments)

    @contextlib.contextmanager
    def shut(self) -> Iterator[None]:
        """Nobody can be connected to it."""
        self.cluster.execute(f'ALTER DATABASE "{self.name}" ALLOW_CONNECTIONS false', "postgres")
        self.cluster.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{self.name}'",
                             "postgres")
        try:
            yield
        finally:
            self.cluster.execute(f'ALTER DATABASE "{self.name}" ALLOW_CONNECTIONS true', "postgres")

    def tables(self, schema: str = "sqlmesh") -> list[str]:
        return sorted(row[0] for row in self.execute(
            f"SELECT tablename FROM pg_tables WHERE schemaname = '{schema}'"))

    def rows(self, table: str, schema: str = "sqlmesh") -> list[str]:
        """All rows as JSON texts, in an order of their own content."""
        return [row[0] for row in self.execute(
            f'SELECT row_to_json(t)::text FROM "{schema}"."{table}" t ORDER BY 1')]

    def fingerprint(self, schema: str = "sqlmesh") -> dict[str, str]:
        """Table -> digest of its rows: equal before and after means untouched."""
        return {
            table: hashlib.sha256("\n".join(self.rows(table, schema)).encode()).hexdigest()
            for table in self.tables(schema)
        }

    def dump(self, path: pathlib.Path) -> None:
        """The state as a script for psql, the same for the same content."""
        text = subprocess.run([BIN / "pg_dump", "--no-owner", "--no-privileges", "-n", "sqlmesh", self.url], check=True,
                              capture_output=True, text=True).stdout
        path.write_text(re.sub(r"^\\(un)?restrict .*\n", "", text, flags=re.M))

    def versions(self) -> Any:
        return self.execute(
            "SELECT schema_version, sqlglot_version, sqlmesh_version FROM sqlmesh._versions")[0]

    def count(self, table: str) -> int:
        number: int = self.scalar(f"SELECT count(*) FROM sqlmesh.{table}")
        return number


class Digests:
    """Digests of every row of some schemas, over one connection: for tests that compare often."""

    def __init__(self, database: Database, *schemas: str, without: tuple[str, ...] = ()) -> None:
        self.connection = database.connect()
        self.schemas, self.without = schemas, without

    def close(self) -> None:
        self.connection.close()

    def read(self) -> dict[str, str]:
        """Table -> digest."""
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT schemaname, tablename FROM pg_tables WHERE schemaname = ANY(%s) ORDER BY 1, 2",
                           (list(self.schemas),))
            tables = [table for table in cursor.fetchall() if table[1] not in self.without]
            cursor.execute(" UNION ALL ".join(
                f"SELECT '{schema}.{table}', md5(coalesce(string_agg(md5(t::text), '' ORDER BY md5(t::text)), ''))"
                f' FROM "{schema}"."{table}" t' for schema, table in tables))
            return dict(cursor.fetchall())


class Databases:
    """Makes databases; dumps are loaded once and cloned after that."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._templates: dict[tuple[str, str], str] = {}
        self._made: list[Database] = []

    def empty(self) -> Database:
        return self._new("template0")

    def state(self, release: str = paths.NEWEST, when: str = "before") -> Database:
        """The corpus state of a release, before or after the newest's migrate."""
        key = (release, when)
        if key not in self._templates:
            name = self.cluster.create(name=f"corpus_{release}_{when}")
            self.cluster.psql(name, paths.CORPUS / release / f"state_{when}.sql")
            self._templates[key] = name
        return self._new(self._templates[key])

    def copy(self, database: Database) -> Database:
        """A clone; nobody may be connected to the original."""
        return self._new(database.name)

    def _new(self, template: str) -> Database:
        database = Database(self.cluster, self.cluster.create(template))
        self._made.append(database)
        return database

    def drop_made(self) -> None:
        while self._made:
            self.cluster.drop(self._made.pop().name)


def corpus_json(release: str, name: str) -> Any:
    return json.loads((paths.CORPUS / release / name).read_text())
