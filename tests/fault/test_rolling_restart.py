# SPDX-License-Identifier: Apache-2.0
"""Two replicas are restarted one after the other under load: a client that follows the retry rules of
docs/replicas.md notices nothing."""

import collections
import threading
import time
import uuid

import grpc

from harness import paths
from harness.client import DONE, UNKNOWN, UNREACHABLE, Client

PART = paths.CORPUS / paths.NEWEST / "export_env_dev_b.json"
ROUNDS = 2
# Each replica comes back before the next one goes, as in a rolling update.
SETTLE = 1.0
ATTEMPTS, PAUSE = 30, 0.2


class Load:
    """Threads that call both servers until they are told to stop, each by the rules."""

    def __init__(self, servers, stubs):
        self.address = "ipv4:" + ",".join(server.address for server in servers)
        self.stubs = stubs
        self.client = Client(servers[0], STATESERVER_SERVER=self.address)
        self.done = threading.Event()
        self.calls: collections.Counter[str] = collections.Counter()
        self.retries: collections.Counter[str] = collections.Counter()
        self.failures, self.exports, self.imports = [], [], []
        self.threads = [threading.Thread(target=self.guard, args=(work,)) for work in
                        (self.reads, self.reads, self.streams, self.streams, self.merges)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        for thread in self.threads:
            thread.join()

    def guard(self, work):
        try:
            work()
        except Exception as error:  # what a thread dies of is the test's to tell
            self.failures.append(f"{work.__name__}: {error!r}")

    def stub(self):
        channel = grpc.insecure_channel(self.address, options=[("grpc.lb_policy_name", "round_robin")])
        return self.stubs.state_grpc.StateServiceStub(channel)

    def by_the_rules(self, kind, call):
        """UNAVAILABLE, or CANCELLED that nobody here asked for: again, elsewhere if possible."""
        for _ in range(ATTEMPTS):
            try:
                result = call()
                self.calls[kind] += 1
                return result
            except grpc.RpcError as error:
                if error.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED):
                    raise
                self.retries[kind] += 1
                time.sleep(PAUSE)
        raise AssertionError(f"{kind}: no answer in {ATTEMPTS} attempts")

    def reads(self):
        stub = self.stub()
        while not self.done.is_set():
            self.by_the_rules("read", lambda: stub.GetVersions(self.stubs.state.GetVersionsRequest(), timeout=10))

    def streams(self):
        stub = self.stub()
        while not self.done.is_set():
            messages = self.by_the_rules(
                "export", lambda: list(stub.Export(self.stubs.state.ExportRequest(), timeout=30)))
            self.exports.append(messages[-1].trailer.counts.snapshots)

    def merges(self):
        """The same operation id until the outcome is known."""
        while not self.done.is_set():
            operation = str(uuid.uuid4())
            for _ in range(ATTEMPTS):
                result = self.client("--format", "json", "import", "-i", PART, "-y", "--operation-id", operation)
                if result.code == DONE:
                    break
                # 1: the server was about to stop, or gRPC ended the call while it stopped.
                assert (result.code in (UNREACHABLE, UNKNOWN)
                        or result.error["reason"] in ("SHUTTING_DOWN", "CONNECTION_LOST")), result
                self.retries["import"] += 1
                time.sleep(PAUSE)
            assert result.code == DONE, result
            self.calls["import"] += 1
            self.imports.append(operation)


def test_nobody_notices(state, start_server, stubs):
    servers = [start_server(state, limits={"shutdown_grace": "20s"}) for _ in range(2)]
    expected = Client(servers[0]).json("stats")["snapshots"]
    with Load(servers, stubs) as load:
        for _ in range(ROUNDS):
            for server in servers:
                time.sleep(SETTLE)
                assert server.stop() == 0, server.text()
                server.restart()
        time.sleep(SETTLE)
    assert not load.failures
    assert min(load.calls[kind] for kind in ("read", "export", "import")) >= 2 * ROUNDS, load.calls
    assert len(set(load.exports)) == 1 and 0 < load.exports[0] <= expected
    client = Client(servers[0])
    succeeded = [event["operation_id"] for event in client.json("audit")["events"]
                 if event["outcome"] == "AUDIT_OUTCOME_SUCCEEDED" and event["kind"] == "OPERATION_KIND_IMPORT"]
    assert sorted(succeeded) == sorted(load.imports), "each once"
