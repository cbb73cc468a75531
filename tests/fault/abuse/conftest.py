"""A server with accounts and a StarRocks of its own, that a reader may do anything to."""

import time

import pytest

from harness import access, process_stats
from harness.revisions import configuration
from harness.schema_calls import SchemaCalls

# What memory may have grown by once the calls are over, MiB: what the allocator keeps included.
KEPT = 256


class Target:
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
