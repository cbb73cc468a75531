# SPDX-License-Identifier: Apache-2.0
"""Servers that see a bit of everything, good and bad, while a real Prometheus watches them.

Two servers of one name: `main` with TLS, tokens, a state, a StarRocks database, a gateway whose database is gone and
one whose state is damaged; `spare`, which calls another database `prod`, and is restarted and killed.
"""

from __future__ import annotations

import contextlib
import pathlib
import signal
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import yaml

from harness import access, http2, paths, prometheus
from harness.client import Client
from harness.revisions import AGED, LEASE, Project
from harness.schemas import warehouse
from harness.server import Server, gateway
from harness.tls import Authority

if TYPE_CHECKING:
    from harness.database import Database, Databases
    from harness.starrocks import Database as Warehouse

FILE = paths.CORPUS / paths.NEWEST / "export_all.json"
# Of the hurried rules; docs say how long the real ones are.
WINDOW = 20
# That `main` may have.
CONNECTIONS = 100
GONE: dict[str, Any] = {
    "state_connection": {"type": "postgres", "host": "127.0.0.1", "port": 1, "user": "u", "password": "p",
                         "database": "gone", "connect_timeout": 1}}


def eventually(condition: Callable[[], object], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.2)


class Scenario:
    def __init__(self, databases: Databases, starrocks: Warehouse, folder: str | pathlib.Path) -> None:
        self.databases, self.starrocks, self.folder = databases, starrocks, pathlib.Path(folder)
        self.stack = contextlib.ExitStack()
        self.authority = Authority(self.folder)
        self.tokens = access.Tokens(self.folder)
        self.fired: set[str] = set()

    def __enter__(self) -> Scenario:
        with contextlib.ExitStack() as stack:
            self.start(stack)
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()

    def start(self, stack: contextlib.ExitStack) -> None:
        token = self.tokens.create("ci", every="admin")
        self.certificate, self.key = self.authority.issue("server")
        self.state = self.databases.state()
        unreachable = {"read_replica": {"host": "127.0.0.1", "port": 1, "max_staleness": "1s"}}
        self.main = Server(
            {"prod": gateway(self.state, connection=warehouse(self.starrocks.server, self.starrocks.name),
                             **unreachable),
             "broken": gateway(self.databases.state()), "gone": GONE},
            tls={"cert": str(self.certificate), "key": str(self.key), "client_auth": "optional", **self.revocation()},
            auth={"tokens_file": str(self.tokens.file)},
            limits={"max_connections": CONNECTIONS, "max_database_connections": 3, "lock_timeout": "40s",
                    "schema_lock_lease": LEASE},
            log={"slow_call": "3s"})
        stack.callback(self.main.kill)
        self.spare = Server({"prod": gateway(self.databases.empty())})
        stack.callback(self.spare.kill)
        self.client = Client(self.main, STATESERVER_TLS_CA=str(self.authority.certificate), STATESERVER_TOKEN=token)
        self.project = Project(self.main, self.starrocks, self.folder)
        self.project.client = self.client
        rules = yaml.safe_load(prometheus.RULES.read_text())
        self.prometheus = prometheus.Prometheus(
            {"stateserver": [self.main.metrics_address, self.spare.metrics_address]}, prometheus.hurried(rules))
        stack.callback(self.prometheus.stop)

    def look(self) -> None:
        """Takes down which alerts fire now."""
        self.fired |= {labels["alertname"] for labels in self.prometheus.firing()}

    def wait_for_alert(self, name: str, seconds: float = 90) -> None:
        def fires() -> bool:
            self.look()
            return name in self.fired
        eventually(fires, seconds, f"{name} does not fire; these did: {sorted(self.fired)}")

    # --- what happens --------------------------------------------------------------------------
    def use_the_state(self) -> None:
        self.client.export(self.folder / "out.json")
        self.client.import_(FILE)
        self.client.ok("import", "-i", FILE, "--replace", "-y")
        self.client.ok("compact", "-y")
        self.client("environment", "nope", code=1)

    def grow(self) -> None:
        """More intervals than anybody needs."""
        self.state.execute(
            "INSERT INTO sqlmesh._intervals (id, created_ts, name, identifier, version, dev_version, start_ts, end_ts,"
            " is_dev, is_removed, is_compacted, is_pending_restatement, last_altered_ts)"
            " SELECT 'grown' || i, i, s.name, s.identifier, s.version, s.version, i, i + 1, "
            "false, false, false, false, i"
            " FROM generate_series(1, 120000) i, (SELECT * FROM sqlmesh._snapshots LIMIT 1) s")

    def damage(self) -> None:
        self.database_of("broken").execute("UPDATE sqlmesh._snapshots SET snapshot = '{' WHERE name LIKE '%py_full%'")
        for _ in range(3):
            self.client("--gateway", "broken", "export", "-o", self.folder / "broken.json", "-y", code=1)

    def database_of(self, name: str) -> Database:
        settings = yaml.safe_load(self.main.config_file.read_text())
        wanted = settings["gateways"][name]["state_connection"]["database"]
        return type(self.state)(self.state.cluster, wanted)

    def block(self, seconds: float) -> None:
        """Nobody gets at the snapshots for so long: an import waits for its lock, exports for connections."""
        holder = self.state.connect()
        holder.autocommit = False
        try:
            with holder.cursor() as cursor:
                cursor.execute("LOCK TABLE sqlmesh._snapshots IN ACCESS EXCLUSIVE MODE")
            importing = self.client.start("import", "-i", FILE, "-y")
            time.sleep(1)
            exporting: list[Any] = []
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                # Who waits too long for a connection is sent away, and comes back.
                exporting = [process for process in exporting if process.poll() is None]
                while len(exporting) < 5:
                    exporting.append(self.client.start("export", "-o", "/dev/null", "-y"))
                self.look()
                time.sleep(0.5)
        finally:
            holder.rollback()
            holder.close()
        for process in exporting:
            process.communicate(timeout=60)
        _, err = importing.communicate(timeout=60)
        assert importing.returncode == 0, err.decode()

    def guess(self) -> None:
        """Wrong tokens, until the server does not even look at them any more."""
        stranger = Client(self.main, STATESERVER_TLS_CA=str(self.authority.certificate), STATESERVER_TOKEN="st_guessed")
        reader = Client(self.main, STATESERVER_TLS_CA=str(self.authority.certificate),
                        STATESERVER_TOKEN=self.tokens.create("reader", every="reader"))
        self.main.wait_for_log("Reloaded the credentials of callers")
        reader("compact", "-y", code=3)
        stranger("versions", code=3)
        # A counter's first step is seen by nobody; a scrape later it goes on.
        time.sleep(2)
        reader("compact", "-y", code=3)
        running = [stranger.start("versions") for _ in range(40)]
        for process in running:
            process.communicate(timeout=60)
            assert process.returncode in (1, 3)

    def abuse(self) -> None:
        """A reader that tries a change again and again, and a program that sends a name of kilobytes."""
        reader = Client(self.main, STATESERVER_TLS_CA=str(self.authority.certificate),
                        STATESERVER_TOKEN=self.tokens.create("abuser", every="reader"))
        eventually(lambda: reader("versions").code == 0, 30, "the token is not taken over")
        for _ in range(3):
            running = [reader.start("compact", "-y") for _ in range(12)]
            running += [reader.start("--gateway", "g" * 2000, "versions") for _ in range(8)]
            for process in running:
                process.communicate(timeout=60)
                assert process.returncode in (1, 2, 3)

    def crowd(self) -> None:
        """More idle sockets than there may be connections; those over the limit are closed for those that come."""
        held = [self.stack.enter_context(http2.connect(self.main.address)) for _ in range(CONNECTIONS + 150)]
        self.client.ok("versions")
        self.wait_for_alert("StateserverConnectionsFull")
        self.wait_for_alert("StateserverConnectionsClosed")
        for one in held:
            one.close()

    def revocation(self) -> dict[str, str]:
        """Two authorities of clients: one whose revocation list expires in two hours, and one without a list."""
        both = self.folder / "clients.crt"
        both.write_text(self.authority.certificate.read_text()
                        + Authority(self.folder, "partner").certificate.read_text())
        return {"client_ca": str(both), "client_crl": str(self.authority.revocation_list("crl.pem", days=2 / 24))}

    def change_files(self) -> None:
        """A new certificate and token, then ones that cannot be used."""
        self.authority.issue("server")
        self.tokens.create("another", every="reader")
        self.main.wait_for_log("Reloaded changed certificate files")
        self.main.wait_for_log("Reloaded the credentials of callers")
        kept = self.tokens.file.read_text()
        self.certificate.write_text("no certificate")
        self.tokens.file.write_text("tokens: [")
        self.wait_for_alert("StateserverCredentialsNotReloaded")
        self.tokens.file.write_text(kept)
        self.authority.issue("server")

    def change_the_schema(self) -> None:
        project = self.project
        project.declare(users=AGED)
        project.autogenerate("users")
        project.upgrade()
        project.write("aaaaaaaaaaaa", "ALTER TABLE users MODIFY COLUMN age BIGINT NULL;", down=project.heads()[0])
        project.upgrade()
        self.starrocks.apply("ALTER TABLE users ADD COLUMN beside INT NULL")
        project("check", "--drift", code=1)

    def fail_a_statement(self) -> None:
        """One that the engine refuses and the check before the plan cannot foresee; then it is corrected."""
        path = self.project.write("cccccccccccc", "ALTER TABLE users ADD COLUMN more INT NULL TO nowhere;",
                                  down="aaaaaaaaaaaa")
        self.project.upgrade(code=1)
        path.write_text(path.read_text().replace("ADD COLUMN more INT NULL TO nowhere", "DROP COLUMN beside"))
        self.project.upgrade()

    def stop_half_way(self) -> None:
        """A job that does not end: the statement stays open until it does."""
        self.starrocks.hold_jobs()
        self.project.write("bbbbbbbbbbbb", "ALTER TABLE users MODIFY COLUMN age LARGEINT NULL;", down="cccccccccccc")
        process = self.client.start("schema", "upgrade", "head", "-y", "--version-table-property", "replication_num=1",
                                    cwd=self.project.folder)
        try:
            self.wait_for_alert("StateserverSchemaRunInterrupted")
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)

    def restart_the_spare(self) -> None:
        for _ in range(5):
            self.spare.restart()
            time.sleep(1.5)
        self.wait_for_alert("StateserverRestarts")
        self.spare.kill()
        self.wait_for_alert("StateserverDown")
