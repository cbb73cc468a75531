# SPDX-License-Identifier: Apache-2.0
"""A private PostgreSQL cluster: socket in its own folder, TCP on the loopback."""

from __future__ import annotations

import contextlib
import functools
import os
import pathlib
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import psycopg2

if TYPE_CHECKING:
    from psycopg2.extensions import connection

# None where PostgreSQL's server is not installed: whoever needs it cannot go on.
BIN: pathlib.Path = next(  # type: ignore[assignment]
    (p for v in (17, 16, 15, 14, 13) if (p := pathlib.Path(f"/usr/lib/postgresql/{v}/bin")).is_dir()),
    None,
)

# Bytes; the suites take a tenth of it.
ENOUGH_MEMORY = 8 << 30


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port: int = s.getsockname()[1]
        return port


def unprivileged() -> dict[str, Any]:
    """Popen arguments that drop root, which PostgreSQL refuses to run as."""
    if os.getuid() != 0:
        return {}
    account = pwd.getpwnam("postgres")
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


@functools.cache
def scratch() -> str:
    """Where clusters are: in memory where there is plenty, since ext4 makes files slowly while many are deleted, and a
    database is 300 of them."""
    memory = pathlib.Path("/dev/shm")
    if os.path.ismount(memory) and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ENOUGH_MEMORY:
        return str(memory)
    return "/tmp"


class Cluster:
    USER = "tester"

    def __init__(self, settings: Iterable[tuple[str, object]] = (), folder: pathlib.Path | None = None,
                 prefix: Iterable[str] = ()) -> None:
        """With a `prefix`, as of nsenter, it runs in a network of its own and is reached over its socket."""
        self._prefix = list(prefix)
        self.folder = folder or pathlib.Path(tempfile.mkdtemp(prefix="ss-pg-", dir=scratch()))
        self.password = secrets.token_hex(12)
        self.port = free_port()
        self.host = str(self.folder) if self._prefix else "127.0.0.1"
        self.process: subprocess.Popen[Any]
        self._settings = list(settings)
        self._databases = 0
        self._init()
        self.start()

    def _init(self) -> None:
        secret = self.folder / "password"
        secret.write_text(self.password)
        if os.getuid() == 0:
            account = pwd.getpwnam("postgres")
            os.chown(self.folder, account.pw_uid, account.pw_gid)
            os.chown(secret, account.pw_uid, account.pw_gid)
        subprocess.run(
            [BIN / "initdb", "-D", self.folder / "data", "-U", self.USER, "-E", "UTF8",
             "--locale=C.UTF-8", "--no-sync", "--auth=scram-sha-256", f"--pwfile={secret}"],
            check=True, capture_output=True, cwd="/", **unprivileged())

    def start(self) -> None:
        settings: dict[str, object] = {
            "listen_addresses": "127.0.0.1", "port": self.port,
            "unix_socket_directories": self.folder, "fsync": "off",
            "max_connections": 60, "log_min_messages": "warning",
        }
        settings.update(self._settings)
        options = [f"-c{key}={value}" for key, value in settings.items()]
        account = unprivileged()
        prefix = self._prefix
        if prefix and account:
            # Who enters must be root; it becomes PostgreSQL's user inside.
            prefix = [*prefix, f"--setuid={account['user']}", f"--setgid={account['group']}"]
            account = {}
        with open(self.folder / "server.log", "ab") as log:
            self.process = subprocess.Popen(
                [*prefix, BIN / "postgres", "-D", self.folder / "data", *options], cwd="/",
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, **account)
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + 60
        while True:
            try:
                psycopg2.connect(self.dsn("postgres")).close()
                return
            except psycopg2.OperationalError as error:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((self.folder / "server.log").read_text()[-4000:]) from error
                time.sleep(0.05)

    def stop(self) -> None:
        """Fast shutdown: sessions are ended, the log is flushed."""
        self.process.send_signal(2)
        self.process.wait(60)

    def crash(self) -> None:
        """Immediate shutdown, as after a power cut; start() recovers."""
        self.process.send_signal(3)
        self.process.wait(60)

    def processes(self) -> list[int]:
        """The postmaster and its children, as they are now."""
        pid = self.process.pid
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [pid, *map(int, children)]

    @contextlib.contextmanager
    def stopped(self) -> Iterator[None]:
        """Every process stands still; the kernel goes on to answer for their sockets."""
        held = []
        try:
            for pid in self.processes():
                os.kill(pid, signal.SIGSTOP)
                held.append(pid)
            yield
        finally:
            for pid in held:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def destroy(self) -> None:
        if self.process.poll() is None:
            self.crash()
        shutil.rmtree(self.folder, ignore_errors=True)

    def dsn(self, database: str) -> str:
        host = self.host.replace("/", "%2F")
        return f"postgresql://{self.USER}:{self.password}@{host}:{self.port}/{database}"

    def connect(self, database: str = "postgres", **arguments: Any) -> connection:
        made: connection = psycopg2.connect(self.dsn(database), **arguments)
        made.autocommit = True
        return made

    def execute(self, sql: str, database: str = "postgres") -> Any:
        """Its rows; None where the statement has no result."""
        connection = self.connect(database)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchall() if cursor.description else None
        finally:
            connection.close()

    def psql(self, database: str, path: pathlib.Path) -> None:
        """Runs a dump."""
        subprocess.run(
            [BIN / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", self.dsn(database), "-f", path],
            check=True, capture_output=True)

    def create(self, template: str = "template0", name: str | None = None) -> str:
        """Makes a database; returns its name."""
        self._databases += 1
        name = name or f"t{self._databases:04d}"
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    def drop(self, name: str) -> None:
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
