# SPDX-License-Identifier: Apache-2.0
"""Servers under attack, and the two questions after every attack."""

from __future__ import annotations

import dataclasses
import re
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator

import grpc
import pytest

from harness import access, process_stats
from harness.answers import answers_within
from harness.revisions import configuration
from harness.schema_calls import SchemaCalls
from harness.server import Server
from harness.stubs import Stubs


@dataclasses.dataclass
class Victim:
    """A server under attack. `memory` is what it may grow by, MiB: caches and arenas that stay are in it."""

    server: Server
    stubs: Stubs
    admin: str
    reader: str
    memory: int = 256

    def __post_init__(self) -> None:
        self.answers(seconds=10)
        self.before = process_stats.resident_mib(self.pid)

    @property
    def pid(self) -> int:
        return self.server.process.pid

    def metadata(self, token: str) -> list[tuple[str, str]]:
        return [("authorization", f"Bearer {token}")]

    def channel(self) -> grpc.Channel:
        """A connection of its own."""
        return grpc.insecure_channel(self.server.address, options=[("grpc.use_local_subchannel_pool", 1)])

    def answers(self, seconds: float = 1, token: str | None = None) -> None:
        """An authenticated call over a new connection is answered within that time: one of five, since the machine has
        other work, too."""
        answers_within(self.server, self.stubs, self.admin if token is None else token, seconds, attempts=5)

    def is_well(self, memory: int | None = None) -> None:
        """What every attack ends with."""
        self.answers()
        bound = self.before + (self.memory if memory is None else memory)
        deadline = time.monotonic() + 10
        while process_stats.resident_mib(self.pid) > bound and time.monotonic() < deadline:
            time.sleep(0.1)
        assert process_stats.resident_mib(self.pid) <= bound, f"it was {self.before} MiB before"

    def closed(self, reason: str) -> int:
        """How many connections the server says it closed for a reason."""
        text = urllib.request.urlopen(f"http://{self.server.metrics_address}/metrics", timeout=10).read().decode()
        found = re.search(rf'^stateserver_connections_closed_total{{reason="{reason}"}} (\d+)', text, re.MULTILINE)
        assert found, text
        return int(found[1])

    def peak_during(self, attack: Callable[[threading.Event], None], seconds: float, threads: int = 2) -> int:
        """Runs `attack` in some threads until its event is set; the most memory seen meanwhile, MiB."""
        over = threading.Event()
        workers = [threading.Thread(target=attack, args=(over,)) for _ in range(threads)]
        for worker in workers:
            worker.start()
        most, end = 0, time.monotonic() + seconds
        try:
            while time.monotonic() < end:
                most = max(most, process_stats.resident_mib(self.pid))
                assert most < self.before + 4 * self.memory, "memory is not bounded"
                time.sleep(0.05)
        finally:
            over.set()
            for worker in workers:
                worker.join(30)
        return most


@pytest.fixture
def start_victim(state, start_server, stubs, tmp_path) -> Callable[..., Victim]:
    """start_victim(**configuration) -> Victim."""
    def start(**configuration: object) -> Victim:
        tokens = access.Tokens(tmp_path)
        admin = tokens.create("admin", every="admin")
        reader = tokens.create("reader", local="reader")
        server = start_server(state, auth={"tokens_file": str(tokens.file)}, **configuration)
        return Victim(server, stubs, admin, reader)
    return start


@pytest.fixture
def victim(start_victim) -> Iterator[Victim]:
    """A server with the limits it has by default; well at the end."""
    made = start_victim()
    yield made
    made.is_well()


# What memory may have grown by once the calls are over, MiB: what the allocator keeps included.
KEPT = 256


class Target:
    """A server with accounts and a StarRocks of its own, that a reader may do anything to."""

    def __init__(self, server, stubs, tokens):
        self.server = server
        self.reader, self.other, self.admin = (SchemaCalls(server, stubs, token, "local") for token in tokens)
        self.reader.parse({"a.sql": "CREATE TABLE t (k INT)"})
        self.before = self.resident()

    def resident(self):
        return process_stats.resident_mib(self.server.process.pid)

    def peak(self):
        """How far memory has grown at most, MiB."""
        return process_stats.peak_mib(self.server.process.pid) - self.before

    def check(self):
        """Others are answered within a second, and memory is back."""
        assert min(self.admin.seconds_of_a_small_call() for _ in range(5)) < 1
        deadline = time.monotonic() + 15
        while self.resident() - self.before > KEPT and time.monotonic() < deadline:
            time.sleep(0.2)
        assert self.resident() - self.before <= KEPT


@pytest.fixture
def start_target(state, starrocks, start_server, stubs, tmp_path):
    def start(**limits):
        tokens = access.Tokens(tmp_path)
        made = [tokens.create(name, every=role) for name, role in
                (("reader", "reader"), ("other", "reader"), ("admin", "admin"))]
        server = start_server(configuration(state, starrocks.server, starrocks.name), limits=limits,
                              auth={"tokens_file": str(tokens.file)})
        return Target(server, stubs, made)
    return start


@pytest.fixture
def target(start_target):
    made = start_target()
    yield made
    made.check()
