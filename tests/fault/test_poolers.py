# SPDX-License-Identifier: Apache-2.0
"""PgBouncer in front of PostgreSQL: what works in transaction mode, and what says that it does not."""

import os
import pathlib
import pwd
import signal
import subprocess
import tempfile
import threading
import time
from typing import Any

import psycopg2
import pytest

from harness import paths, traps
from harness.client import Client
from harness.cluster import Cluster, free_port
from harness.database import Databases
from harness.server import gateway

FILE = paths.CORPUS / paths.NEWEST / "export_all.json"


class Pgbouncer:
    def __init__(self, cluster, mode, pool_size=4):
        self.port = free_port()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ss-pgb-", dir="/tmp"))
        (self.folder / "users.txt").write_text(
            f'"{Cluster.USER}" "{cluster.password}"\n"victim" "victim"\n')
        (self.folder / "pgbouncer.ini").write_text(
            f"[databases]\n* = host={cluster.host} port={cluster.port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
            f"listen_port = {self.port}\nunix_socket_dir =\nauth_type = scram-sha-256\n"
            f"auth_file = {self.folder}/users.txt\n"
            f"pool_mode = {mode}\ndefault_pool_size = {pool_size}\nmax_client_conn = 100\n"
            f"logfile = {self.folder}/log\npidfile =\n")
        command = ["pgbouncer", "-q", str(self.folder / "pgbouncer.ini")]
        options: dict[str, Any] = {}
        if os.getuid() == 0:
            account = pwd.getpwnam("postgres")
            for path in (self.folder, *self.folder.iterdir()):
                os.chown(path, account.pw_uid, account.pw_gid)
            options = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        self.process = subprocess.Popen(command, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, **options)
        self._wait(cluster)

    def _wait(self, cluster):
        deadline = time.monotonic() + 20
        while True:
            try:
                psycopg2.connect(f"postgresql://{Cluster.USER}:{cluster.password}@127.0.0.1:{self.port}/postgres").close()
                return
            except psycopg2.OperationalError as error:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((self.folder / "log").read_text()[-2000:]) from error
                time.sleep(0.05)

    def gateway(self, database, **extra):
        block = gateway(database, **extra)
        block["state_connection"]["port"] = self.port
        return block

    def stop(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def pooler(cluster):
    made = []

    def start(mode, **options):
        made.append(Pgbouncer(cluster, mode, **options))
        return made[-1]
    yield start
    for one in made:
        one.stop()


def test_transaction_mode_reads(state, pooler, start_server, tmp_path):
    """Everything that reads works, also from many at once over fewer connections."""
    client = Client(start_server({"local": pooler("transaction", pool_size=2).gateway(state)}))
    direct = Client(start_server(state))
    for command in (["versions"], ["environments"], ["environment", "dev_b"], ["snapshots"], ["stats"],
                    ["operations"], ["audit"], ["restore-points"], ["diff", "dev_a", "dev_b"]):
        assert client.json(*command) == direct.json(*command), command
    client.ok("check")
    client.ok("expired")
    client.export(tmp_path / "a.json")
    failed = []

    def read():
        for _ in range(5):
            if client("environments").code != 0:
                failed.append(1)
    threads = [threading.Thread(target=read) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed


@pytest.mark.parametrize("command", [
    ["import", "-i", FILE, "-y"], ["import", "-i", FILE, "--replace", "-y"], ["compact", "-y"],
    ["expired", "--delete", "-y"],
    ["rollback", "-y"]], ids=["merge", "replace", "compact", "expired", "rollback"])
def test_transaction_mode_changes_nothing(state, pooler, start_server, command):
    """A lock of a session would be taken on a connection that others use: refused before anything is done."""
    client = Client(start_server({"local": pooler("transaction").gateway(state)}))
    before = state.fingerprint()
    error = client.refused(*command)
    assert error["reason"] in ("POOLER_UNSAFE", "BACKUP_MISSING"), error
    if error["reason"] == "POOLER_UNSAFE":
        assert "pool_mode: session" in error["hint"]
    assert state.fingerprint() == before
    assert not state.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory'"), "no lock is left behind"


def test_transaction_mode_keeps_settings_to_itself(state, pooler, start_server, cluster):
    """What is set for a session would be found by the next user of the connection."""
    made = pooler("transaction", pool_size=1)
    client = Client(start_server({"local": made.gateway(state)}))
    client.ok("environments")
    connection = psycopg2.connect(f"postgresql://{Cluster.USER}:{cluster.password}@127.0.0.1:{made.port}/{state.name}")
    with connection.cursor() as cursor:
        cursor.execute("SHOW client_min_messages")
        assert cursor.fetchone()[0] == "notice"
    connection.close()
    with_role = made.gateway(state)
    with_role["state_connection"]["role"] = Cluster.USER
    other = Client(start_server({"local": with_role}))
    assert other.refused("environments")["reason"] == "POOLER_UNSAFE"


def test_session_mode(state, pooler, start_server):
    """Works as PostgreSQL itself, once the configuration says that the pooler keeps sessions."""
    made = pooler("session", pool_size=20)
    undeclared = Client(start_server({"local": made.gateway(state)}))
    assert undeclared.refused("compact", "-y")["reason"] == "POOLER_UNSAFE"
    client = Client(start_server({"local": made.gateway(state, pool_mode="session")}))
    client.ok("import", "-i", FILE, "--replace", "-y")
    client.ok("compact", "-y")
    client.ok("restore", client.json("restore-points")["restore_points"][0]["id"], "-y")


def test_pool_mode_is_reloaded(state, pooler, start_server):
    """Pools that differ in it are different ones."""
    made = pooler("session", pool_size=20)
    client = Client(start_server({"local": made.gateway(state)}))
    assert client.refused("compact", "-y")["reason"] == "POOLER_UNSAFE"
    client.server.write_config({"local": made.gateway(state, pool_mode="session")})
    client.server.signal(signal.SIGHUP)
    client.server.wait_for_log("Reloaded the configuration")
    client.ok("compact", "-y")


def test_a_pooler_that_was_said_to_keep_sessions_and_does_not(state, pooler, start_server):
    """The lock is looked for in the change's own transaction: nothing is changed without it."""
    made = pooler("transaction", pool_size=3)
    client = Client(start_server({"local": made.gateway(state, pool_mode="session")}))
    before = state.fingerprint()
    busy = psycopg2.connect(f"postgresql://{Cluster.USER}:{state.cluster.password}@127.0.0.1:{made.port}/{state.name}")
    outcomes = set()
    for _ in range(4):
        result = client("--format", "json", "compact", "-y")
        outcomes.add(result.error["reason"] if result.code else "done")
    busy.close()
    # With a single client the same connection may serve all along, and then all is well.
    assert outcomes <= {"done", "POOLER_UNSAFE", "OPERATION_RUNNING", "INTERNAL", "DATABASE_ERROR"}, outcomes
    if "done" not in outcomes:
        assert state.fingerprint() == before


@pytest.mark.parametrize("mode, declared", [("transaction", {}), ("transaction", {"pool_mode": "session"}),
                                            ("session", {"pool_mode": "session"})],
                         ids=["transaction", "wrong", "session"])
def test_traps_of_another_user(start_server, tmp_path, mode, declared):
    """Behind a pooler a session cannot keep its search_path: each transaction brings it along."""
    cluster = Cluster(settings=[("log_min_messages", "log")])
    try:
        state = Databases(cluster).state()
        traps.set_up(state, "mallory", "victim")
        made = Pgbouncer(cluster, mode, pool_size=20)
        try:
            block = made.gateway(state, **declared)
            block["state_connection"].update(user="victim", password="victim")
            client = Client(start_server({"local": block}))
            for command in (["versions"], ["environments"], ["environment", "dev_b"], ["snapshots", "--name", "*o*"],
                            ["stats"], ["operations"], ["audit"], ["restore-points"], ["doctor"], ["check"],
                            ["expired"]):
                # Wrongly declared, prepared statements may get in each other's way.
                client(*command, code=None if mode == "transaction" and declared else 0)
            client("export", "-o", tmp_path / "a.json", "-y")
            if mode == "session":
                client.ok("import", "-i", FILE, "--replace", "-y")
                client.ok("operation", client.json("operations")["operations"][0]["id"])
            client.server.stop()
        finally:
            made.stop()
        assert traps.sprung(cluster) == []
        traps.run_as(state, "victim", "SELECT FROM pg_class")
        assert traps.sprung(cluster) == ["table pg_class"], "the traps work"
    finally:
        cluster.destroy()


def test_a_row_that_somebody_changes(state, start_server, barrier):
    """An operation that others take for dead does not come back to life."""
    client = Client(start_server(state, failpoints=f"import.after_staging={barrier}"))
    before = state.fingerprint()
    running = client.start("--format", "json", "import", "-i", str(FILE), "-y")
    barrier.await_reached(running)
    assert state.execute("UPDATE stateserver.operations SET status = 'failed' WHERE status = 'running' RETURNING id")
    barrier.open()
    _, errors = running.communicate(timeout=60)
    assert running.returncode == 1 and b"POOLER_UNSAFE" in errors, errors
    assert state.fingerprint() == before
