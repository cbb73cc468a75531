# SPDX-License-Identifier: Apache-2.0
"""A StarRocks front end under test: the simulator in tests/starrocks_sim, or the real server that STARROCKS_URL names.

    STARROCKS_URL=starrocks://user:password@host:9030/    (percent-encoded where needed; no database: tests make theirs)
"""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
import time
import urllib.parse
from typing import Any, ClassVar

import pymysql
import pytest

from harness import paths

SIMULATOR = paths.TESTS / "starrocks_sim"
LISTENING = re.compile(r"listening on ([\w.:\[\]-]+):(\d+)")
JOB_KINDS = ("COLUMN", "OPTIMIZE", "ROLLUP")
JOB_ENDS = ("FINISHED", "CANCELLED")
# A real server looks for work every few seconds; the simulator's jobs take as long as it is told.
JOB_SECONDS = 120
PREFIX = "ss_test_"
NO_FAULTS = "STARROCKS_URL names a real server: only the simulator can be told to fail"


class RealServer:
    """The server behind a URL. It is not ours: nothing but databases that begin with PREFIX is touched."""

    simulated = False
    # Of every connection. The server decides about TLS.
    options: ClassVar[dict[str, Any]] = {"autocommit": True, "read_timeout": JOB_SECONDS}

    def __init__(self, url: str) -> None:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme != "starrocks" or not parts.hostname or parts.path not in ("", "/"):
            raise ValueError("STARROCKS_URL must read starrocks://user:password@host:9030/ and name no database")
        self.host, self.port = parts.hostname, parts.port or 9030
        self.user = urllib.parse.unquote(parts.username or "root")
        self.password = urllib.parse.unquote(parts.password or "")

    @property
    def url(self) -> str:
        login = f"{urllib.parse.quote(self.user, safe='')}:{urllib.parse.quote(self.password, safe='')}"
        return f"starrocks://{login}@{self.host}:{self.port}/"

    def connect(self, database: str | None = None) -> pymysql.Connection[Any]:
        return pymysql.connect(host=self.host, port=self.port, user=self.user, password=self.password,
                               database=database, **self.options)

    def fault(self, command: str) -> Any:
        pytest.skip(NO_FAULTS)

    def reset(self) -> None:
        """Nothing was injected."""

    def stop(self) -> None:
        """Goes on running."""


class Simulator(RealServer):
    """The simulator as a process of its own; it starts on construction. Jobs take `job_delay` seconds."""

    simulated = True
    # It speaks no TLS, and looking for the machine's certificates takes longer than a statement.
    options: ClassVar[dict[str, Any]] = {**RealServer.options, "ssl_disabled": True}

    def __init__(self, *, job_delay: float = 0.03, version: str | None = None,
                 state: str | os.PathLike[str] | None = None, password: str = "", port: int = 0) -> None:
        self.host, self.user, self.password = "127.0.0.1", "root", password
        self.job_delay = job_delay
        command = [sys.executable, "-m", "starrocks_sim", "--port", str(port), "--job-delay", str(job_delay)]
        for option, value in (("--version", version), ("--state", state), ("--password", password)):
            command += [option, str(value)] if value else []
        self.process = subprocess.Popen(command, cwd=SIMULATOR, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        text=True)
        assert self.process.stdout
        first = self.process.stdout.readline()
        match = LISTENING.search(first)
        if match is None:
            self.stop()
            raise RuntimeError(f"the StarRocks simulator did not start; it said {first!r} and ended with "
                               f"{self.process.returncode}")
        self.port = int(match[2])

    def fault(self, command: str) -> Any:
        """`ADMIN SIMULATOR command`, over a connection of its own: it counts as no statement of the test."""
        connection = self.connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"ADMIN SIMULATOR {command}")
                return cursor.fetchall()
        finally:
            connection.close()

    def control(self) -> Control:
        """A connection for faults and looks while every statement is slow: making one takes statements, too."""
        return Control(self.connect())

    def reset(self) -> None:
        self.fault("RESET")
        self.fault(f"JOB DELAY {self.job_delay}")

    def stop(self) -> None:
        """Ends this process, if it has not ended itself."""
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(10)
        assert self.process.stdout
        self.process.stdout.close()


class Control:
    def __init__(self, connection: pymysql.Connection[Any]) -> None:
        self.connection = connection

    def fault(self, command: str) -> Any:
        with self.connection.cursor() as cursor:
            cursor.execute(f"ADMIN SIMULATOR {command}")
            return cursor.fetchall()

    def at_work(self, beginning: str) -> bool:
        """Whether a statement that begins so is under way."""
        return any(row[0].startswith(beginning) for row in self.fault("AT WORK"))

    def wait_for_statement(self, beginning: str) -> None:
        deadline = time.monotonic() + JOB_SECONDS
        while not self.at_work(beginning):
            if time.monotonic() > deadline:
                raise AssertionError(f"no statement begins with {beginning!r}")
            time.sleep(0.01)


def start() -> RealServer:
    url = os.environ.get("STARROCKS_URL")
    return RealServer(url) if url else Simulator()


class Database:
    """A database of one test, with a connection that uses it."""

    def __init__(self, server: RealServer) -> None:
        self.server = server
        self.name = PREFIX + secrets.token_hex(6)
        self.connection = server.connect()
        self.run(f"CREATE DATABASE {self.name}")
        self.run(f"USE {self.name}")

    @property
    def url(self) -> str:
        return self.server.url + self.name

    @property
    def simulated(self) -> bool:
        return self.server.simulated

    def reconnect(self) -> None:
        self.connection.close()
        self.connection = self.server.connect(self.name)

    def drop(self) -> None:
        """With a connection of its own: the test may have lost, or had cut, the one it used."""
        self.connection.close()
        connection = self.server.connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"DROP DATABASE IF EXISTS {self.name} FORCE")
        finally:
            connection.close()

    # --- statements ----------------------------------------------------------------
    def run(self, statement: str) -> Any:
        """The rows of its answer, none for a statement that has no result."""
        return self.table(statement)[1]

    def table(self, statement: str) -> tuple[list[str], Any]:
        """(column names, rows) of the answer."""
        with self.connection.cursor() as cursor:
            cursor.execute(statement)
            return [column[0] for column in cursor.description or ()], cursor.fetchall()

    def dicts(self, statement: str) -> list[dict[str, Any]]:
        names, rows = self.table(statement)
        return [dict(zip(names, row)) for row in rows]

    def error(self, statement: str) -> tuple[Any, ...]:
        """(code, message) of a statement that must be refused."""
        try:
            self.run(statement)
        except pymysql.err.MySQLError as refusal:
            return refusal.args
        raise AssertionError(f"accepted, but should have been refused: {statement}")

    def apply(self, *statements: str) -> list[tuple[str, dict[str, Any]]]:
        """Each statement and the end of the jobs it starts; returns the rows of the new jobs as (kind, row)."""
        new: list[tuple[str, dict[str, Any]]] = []
        for statement in statements:
            before = {int(row["JobId"]) for _, row in self.jobs()}
            self.run(statement)
            new += [(kind, row) for kind, row in self.wait_for_jobs() if int(row["JobId"]) not in before]
        return new

    # --- jobs ----------------------------------------------------------------------
    def jobs(self) -> list[tuple[str, dict[str, Any]]]:
        """(kind, row) of every job of this database, oldest first; a job has a row for each index it changes."""
        found = [(kind, row) for kind in JOB_KINDS
                 for row in self.dicts(f"SHOW ALTER TABLE {kind} FROM {self.name}")]
        return sorted(found, key=lambda job: int(job[1]["JobId"]))

    def wait_for_jobs(self, seconds: float = JOB_SECONDS) -> list[tuple[str, dict[str, Any]]]:
        """The rows of jobs() when every one of them has ended."""
        deadline = time.monotonic() + seconds
        while True:
            jobs = self.jobs()
            running = [row for _, row in jobs if row["State"] not in JOB_ENDS]
            if not running:
                return jobs
            if time.monotonic() > deadline:
                raise AssertionError(f"jobs did not end: {running}")
            time.sleep(0.01 if self.simulated else 0.5)

    def hold_jobs(self) -> None:
        """From now on jobs stay unfinished. Those of a real server take seconds, long enough for a next statement."""
        if self.simulated:
            self.server.fault("HANG JOBS 1000000")

    def fault(self, command: str) -> Any:
        """Injects a fault (see the simulator's README); the test is skipped on a real server."""
        return self.server.fault(command)

    # --- what there is -------------------------------------------------------------
    def objects(self) -> dict[str, str]:
        """Name -> TABLE, VIEW or MATERIALIZED VIEW."""
        materialized = {row[0] for row in self.run(
            f"SELECT TABLE_NAME FROM information_schema.materialized_views WHERE TABLE_SCHEMA = '{self.name}'")}
        kinds = {"BASE TABLE": "TABLE", "VIEW": "VIEW"}
        return {name: "MATERIALIZED VIEW" if name in materialized else kinds[kind]
                for name, kind in self.run("SHOW FULL TABLES")}

    def show_create(self, name: str, kind: str = "TABLE") -> str:
        """The DDL as printed; kind TABLE prints objects of every kind."""
        ddl: str = self.run(f"SHOW CREATE {kind} `{name}`")[0][1]
        return ddl

    def printed(self) -> dict[str, str]:
        """Name -> DDL of everything in the database."""
        return {name: self.show_create(name) for (name,) in self.run("SHOW TABLES")}
