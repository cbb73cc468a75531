"""What is under test: two servers over a pair of PostgreSQL, and a breakable network between all of them."""

import contextlib
import os
import pathlib
import pwd
import tempfile
import time

from harness import filesystem
from harness.cluster import Cluster
from harness.database import Database
from harness.gate import Gate
from harness.pair import Pair
from harness.server import Server

FAKETIME = next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
# A cluster with room for a few hundred operations' logs.
ROOM = "700m"
# More than a client will ask for again, few enough for the room.
RESTORE_POINTS = 200
SETTINGS = [("max_wal_size", "96MB"), ("min_wal_size", "32MB"), ("autovacuum", "on"), ("deadlock_timeout", "200ms")]


class World:
    def __init__(self, synchronous=True):
        self._exits = contextlib.ExitStack()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ss-campaign-"))
        self.rooms = self._rooms()
        self.pair = Pair(SETTINGS, self.rooms or (None, None), synchronous)
        self.pair.primary.execute("CREATE DATABASE state")
        self.database_gates, self.client_gates, self.servers, self.clocks = [], [], [], []
        for number in range(2):
            self._add_server(number)

    def _rooms(self):
        """A small file system for each cluster; None where nobody may mount."""
        if os.getuid() != 0:
            return None
        account = pwd.getpwnam("postgres")
        try:
            return [self._exits.enter_context(filesystem.small(ROOM, (account.pw_uid, account.pw_gid)))
                    for _ in range(2)]
        except BaseException:  # pytest's skip is none of Exception
            return None

    def _add_server(self, number):
        gates = [Gate((node.host, node.port)) for node in (self.pair.first, self.pair.second)]
        self.database_gates += gates
        block = self.pair.gateway("state")
        block["state_connection"]["port"] = ",".join(str(gate.port) for gate in gates)
        clock = self.folder / f"clock{number}"
        clock.write_text("+0")
        self.clocks.append(clock)
        environment = {}
        if FAKETIME:
            environment = {"LD_PRELOAD": str(FAKETIME), "FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1",
                           "DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        server = Server({"local": block}, environment=environment, restore_points={"keep": RESTORE_POINTS},
                        limits={"stream_idle_timeout": "10s", "lock_timeout": "5s", "max_concurrent_imports": 6,
                                "max_imports_per_gateway": 6, "max_imports_per_principal": 6})
        self.servers.append(server)
        host, port = server.address.rsplit(":", 1)
        self.client_gates.append(Gate((host, int(port))))

    def database(self):
        return Database(self.pair.primary, "state")

    def heal(self):
        """Everything runs, nothing is in the way."""
        for gate in self.database_gates + self.client_gates:
            gate.delay = 0.0
        for clock in self.clocks:
            clock.write_text("+0")
        for node in (self.pair.primary, self.pair.standby):
            self.revive(node)
        for server in self.servers:
            if server.process.poll() is not None:
                server.restart()

    def revive(self, node):
        """Starts a PostgreSQL that is not running; a while may pass before it does."""
        deadline = time.monotonic() + 60
        while node.process.poll() is not None:
            try:
                node.start()
            except RuntimeError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def close(self):
        for server in self.servers:
            if server.process.poll() is None:
                server.kill()
        for gate in self.database_gates + self.client_gates:
            gate.stop()
        self.pair.destroy()
        self._exits.close()
