"""A server with authentication, and the two questions after every attack."""

import dataclasses
import pathlib
import re
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator

import grpc
import pytest

from harness import access, process_stats
from harness.server import Server


@dataclasses.dataclass
class Target:
    """A server under attack. `memory` is what it may grow by, MiB: caches and arenas that stay are in it."""

    server: Server
    stubs: object
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
        """An authenticated call over a new connection is answered within that time."""
        with self.channel() as channel:
            stub = self.stubs.state_grpc.StateServiceStub(channel)
            stub.GetVersions(self.stubs.state.GetVersionsRequest(), timeout=seconds,
                             metadata=self.metadata(self.admin if token is None else token))

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
def target(state, start_server, stubs, tmp_path) -> Callable[..., Target]:
    """target(**configuration) -> Target."""
    def start(**configuration: object) -> Target:
        tokens = access.Tokens(tmp_path)
        admin = tokens.create("admin", every="admin")
        reader = tokens.create("reader", local="reader")
        server = start_server(state, auth={"tokens_file": str(tokens.file)}, **configuration)
        return Target(server, stubs, admin, reader)
    return start


@pytest.fixture
def victim(target) -> Iterator[Target]:
    """A server with the limits it has by default; well at the end."""
    made = target()
    yield made
    made.is_well()
