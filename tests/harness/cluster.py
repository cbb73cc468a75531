# SPDX-License-Identifier: Apache-2.0
"""A private PostgreSQL cluster: socket in its own folder, TCP on the loopback."""

import contextlib
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

import psycopg2

BIN = next(
    (p for v in (17, 16, 15, 14, 13) if (p := pathlib.Path(f"/usr/lib/postgresql/{v}/bin")).is_dir()),
    None,
)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def unprivileged():
    """Popen arguments that drop root, which PostgreSQL refuses to run as."""
    if os.getuid() != 0:
        return {}
    account = pwd.getpwnam("postgres")
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


class Cluster:
    USER = "tester"

    def __init__(self, settings=(), folder=None, prefix=()):
        """With a `prefix`, as of nsenter, it runs in a network of its own and is reached over its socket."""
        self._prefix = list(prefix)
        self.folder = folder or pathlib.Path(tempfile.mkdtemp(prefix="ss-pg-", dir="/tmp"))
        self.password = secrets.token_hex(12)
        self.port = free_port()
        self.host = str(self.folder) if self._prefix else "127.0.0.1"
        self.process = None
        self._settings = list(settings)
        self._databases = 0
        self._init()
        self.start()

    def _init(self):
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

    def start(self):
        settings = {
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

    def _wait(self):
        deadline = time.monotonic() + 60
        while True:
            try:
                psycopg2.connect(self.dsn("postgres")).close()
                return
            except psycopg2.OperationalError as error:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((self.folder / "server.log").read_text()[-4000:]) from error
                time.sleep(0.05)

    def stop(self):
        """Fast shutdown: sessions are ended, the log is flushed."""
        self.process.send_signal(2)
        self.process.wait(60)

    def crash(self):
        """Immediate shutdown, as after a power cut; start() recovers."""
        self.process.send_signal(3)
        self.process.wait(60)

    def processes(self):
        """The postmaster and its children, as they are now."""
        pid = self.process.pid
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [pid, *map(int, children)]

    @contextlib.contextmanager
    def stopped(self):
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

    def destroy(self):
        if self.process.poll() is None:
            self.crash()
        shutil.rmtree(self.folder, ignore_errors=True)

    def dsn(self, database):
        host = self.host.replace("/", "%2F")
        return f"postgresql://{self.USER}:{self.password}@{host}:{self.port}/{database}"

    def connect(self, database="postgres", **arguments):
        connection = psycopg2.connect(self.dsn(database), **arguments)
        connection.autocommit = True
        return connection

    def execute(self, sql, database="postgres"):
        connection = self.connect(database)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchall() if cursor.description else None
        finally:
            connection.close()

    def psql(self, database, path):
        """Runs a dump."""
        subprocess.run(
            [BIN / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", self.dsn(database), "-f", path],
            check=True, capture_output=True)

    def create(self, template="template0", name=None):
        """Makes a database; returns its name."""
        self._databases += 1
        name = name or f"t{self._databases:04d}"
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    def drop(self, name):
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
