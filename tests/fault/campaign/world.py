# SPDX-License-Identifier: Apache-2.0
"""What is under test: two servers over a pair of PostgreSQL, and a breakable network between all of them. The second
server is in a network namespace of its own, where the kernel allows it."""

from __future__ import annotations

import contextlib
import os
import pathlib
import pwd
import tempfile
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import pytest

from harness import filesystem
from harness.client import Client
from harness.database import Database
from harness.gate import Gate
from harness.namespace import Namespace, WayIn, WayOut
from harness.pair import Pair
from harness.server import Server

if TYPE_CHECKING:
    from harness.cluster import Cluster

FAKETIME = next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
# A cluster with room for a few hundred operations' logs.
ROOM = "700m"
# More than a client will ask for again, few enough for the room.
RESTORE_POINTS = 200
SETTINGS: list[tuple[str, object]] = [
    ("max_wal_size", "96MB"), ("min_wal_size", "32MB"), ("autovacuum", "on"), ("deadlock_timeout", "200ms"),
    ("max_connections", 120)]
# The gateways of each server, and their databases.
GATEWAYS = {"first": "state", "second": "other_state"}
T = TypeVar("T")


class World:
    def __init__(self, synchronous: bool = True) -> None:
        self._exits = contextlib.ExitStack()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ss-campaign-"))
        self.rooms = self._if_allowed(self._make_rooms)
        self.namespace = self._if_allowed(lambda: self._exits.enter_context(Namespace()))
        self.pair = Pair(SETTINGS, self.rooms or (None, None), synchronous)
        self.gateways = list(GATEWAYS)
        for name in GATEWAYS.values():
            self.pair.primary.create(name=name)
        self.database_gates: list[Gate] = []
        self.client_gates: list[Gate] = []
        self.servers: list[Server] = []
        self.clocks: list[pathlib.Path] = []
        self._quiet_gates: list[Gate] = []  # to the servers; no fault touches them
        for number, namespace in enumerate((None, self.namespace)):
            self._add_server(number, namespace)

    @staticmethod
    def _if_allowed(make: Callable[[], T]) -> T | None:
        """None where this machine skips it, and says why."""
        try:
            return make()
        except pytest.skip.Exception as reason:
            print(f"the campaign goes without: {reason}", flush=True)
            return None

    def _make_rooms(self) -> tuple[pathlib.Path, pathlib.Path]:
        """A small file system for each cluster."""
        account = pwd.getpwnam("postgres") if os.getuid() == 0 else None
        owner = account and (account.pw_uid, account.pw_gid)
        return (self._exits.enter_context(filesystem.small(ROOM, owner)),
                self._exits.enter_context(filesystem.small(ROOM, owner)))

    def _add_server(self, number: int, namespace: Namespace | None) -> None:
        def way(kind: type[WayIn] | type[WayOut], target: tuple[str, int]) -> Gate:
            return kind(namespace, target) if namespace else Gate(target)

        gates = [way(WayOut, (node.host, node.port)) for node in (self.pair.first, self.pair.second)]
        self.database_gates += gates
        blocks = {gateway: self.pair.gateway(name) for gateway, name in GATEWAYS.items()}
        for block in blocks.values():
            block["state_connection"]["port"] = ",".join(str(gate.port) for gate in gates)
        clock = self.folder / f"clock{number}"
        clock.write_text("+0")
        self.clocks.append(clock)
        environment = {}
        if FAKETIME:
            environment = {"LD_PRELOAD": str(FAKETIME), "FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1",
                           "DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        server = Server(blocks, environment=environment, prefix=namespace.prefix if namespace else (),
                        restore_points={"keep": RESTORE_POINTS},
                        limits={"stream_idle_timeout": "10s", "lock_timeout": "5s", "max_concurrent_imports": 6,
                                "max_imports_per_gateway": 6, "max_imports_per_principal": 6})
        self.servers.append(server)
        host, port = server.address.rsplit(":", 1)
        self.client_gates.append(way(WayIn, (host, int(port))))
        self._quiet_gates.append(way(WayIn, (host, int(port))))

    def client(self, number: int = 0) -> Client:
        """A client of one server that no gate disturbs."""
        return Client(self.servers[number], STATESERVER_SERVER=f"127.0.0.1:{self._quiet_gates[number].port}")

    @property
    def lossy_ports(self) -> list[int]:
        """Of the second server's connections to either database, in its namespace."""
        return [gate.port for gate in self.database_gates[2:]]

    def database(self, gateway: str) -> Database:
        return Database(self.pair.primary, GATEWAYS[gateway])

    def database_names(self) -> str:
        """As SQL texts, for pg_stat_activity."""
        return ", ".join(f"'{name}'" for name in GATEWAYS.values())

    def heal(self) -> None:
        """Everything runs, nothing is in the way."""
        for gate in self.database_gates + self.client_gates:
            gate.delay = 0.0
            gate.resume()
        if self.namespace:
            self.namespace.lose(0)
        for clock in self.clocks:
            clock.write_text("+0")
        for node in (self.pair.primary, self.pair.standby):
            self.revive(node)
        for server in self.servers:
            if server.process.poll() is not None:
                server.restart()

    def revive(self, node: Cluster) -> None:
        """Starts a PostgreSQL that is not running; a while may pass before it does."""
        deadline = time.monotonic() + 60
        while node.process.poll() is not None:
            try:
                node.start()
            except RuntimeError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def close(self) -> None:
        for server in self.servers:
            if server.process.poll() is None:
                server.kill()
        for gate in self.database_gates + self.client_gates + self._quiet_gates:
            gate.stop()
        self.pair.destroy()
        self._exits.close()
