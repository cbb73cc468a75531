# SPDX-License-Identifier: Apache-2.0
"""A reader that does not read, a writer that does not write."""

import json
import subprocess
import sys
import time

import grpc
import pytest

from harness import paths, raw
from harness.client import Client

FILE = paths.CORPUS / paths.NEWEST / "export_all.json"
DOCUMENT = json.loads(FILE.read_text())
MODELS = 2500


@pytest.fixture(scope="module")
def large_file(tmp_path_factory):
    """A state whose export does not fit into the buffers on the way."""
    path = tmp_path_factory.mktemp("large") / "state.json"
    subprocess.run([sys.executable, paths.TESTS / "tools" / "make_state.py", "--models", str(MODELS),
                    "--environments", "3", "-o", path], check=True)
    return path


@pytest.fixture
def large(empty, serve, large_file):
    client = serve(empty)
    client.ok("migrate", "-y")
    client.import_(large_file)
    return client, empty


def test_a_stalled_reader(large, stubs):
    """Reads nothing for a while: memory stays, others are served, and it gets one instant."""
    client, database = large
    server = client.server
    peak = server.peak_memory()
    options = [("grpc.http2.lookahead_bytes", 65536), ("grpc.max_receive_message_length", 4 << 20)]
    with grpc.insecure_channel(server.address, options=options) as channel:
        call = stubs.state_grpc.StateServiceStub(channel).Export(stubs.state.ExportRequest())
        header = next(call).header
        time.sleep(3)
        assert server.peak_memory() - peak < 64 * 1024
        database.execute("DELETE FROM sqlmesh._environments WHERE name = 'dev_1'")
        assert [e["name"] for e in client.json("environments")["environments"]] == ["dev_2", "prod"]
        rest = list(call)
    assert rest[-1].trailer.counts.snapshots == header.counts.snapshots
    assert rest[-1].trailer.counts.environments == 3


def test_a_reader_that_goes_away(large, stubs):
    client, database = large
    with client.server.channel() as channel:
        call = stubs.state_grpc.StateServiceStub(channel).Export(stubs.state.ExportRequest())
        next(call)
        call.cancel()
    wait_until_no_transaction(database)


def wait_until_no_transaction(database):
    deadline = time.monotonic() + 20
    while database.execute(f"SELECT 1 FROM pg_stat_activity WHERE datname = '{database.name}' "
                           "AND xact_start IS NOT NULL AND pid <> pg_backend_pid()"):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_stalled_writer_holds_up_nobody(state, serve, barrier, stubs):
    """Staging takes no lock: another import, and SQLMesh's own writes, go through meanwhile."""
    barrier.open()  # only shows that records are being staged
    client = serve(state, failpoints=f"import.mid_copy={barrier}")
    stalled = raw.ImportCall(client.server, stubs).begin()
    stalled.records(raw.records_of(stubs, DOCUMENT)[:20])
    barrier.await_reached()
    client.import_(FILE)
    with state.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '2s'")
        cursor.execute("DELETE FROM sqlmesh._environments WHERE name = 'dev_a'")
    before = state.fingerprint()
    stalled.call.cancel()
    wait_until_no_transaction(state)
    assert state.fingerprint() == before


def test_a_stalled_writer_may_go_on(state, serve, stubs):
    client = serve(state)
    records = raw.records_of(stubs, DOCUMENT)
    stalled = raw.ImportCall(client.server, stubs).begin().records(records[:20])
    time.sleep(3)
    assert stalled.records(records[20:]).commit().file.snapshots == 73


def test_too_many_imports(state, start_server, stubs):
    client = Client(start_server(state, limits={"max_concurrent_imports": 1}))
    first = raw.ImportCall(client.server, stubs).begin()
    assert client.refused("import", "-i", FILE, "-y")["reason"] == "OVERLOADED"
    first.call.cancel()
    deadline = time.monotonic() + 10
    while client("import", "-i", FILE, "-y").code != 0:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_an_operation_that_runs_now(state, serve, barrier, stubs):
    """The same id again while the first run has not ended."""
    barrier.open()  # only shows that the second import stages its records
    client = serve(state, failpoints=f"import.mid_copy={barrier}@2")
    client.import_(paths.CORPUS / paths.NEWEST / "export_env_dev_b.json")
    running = raw.ImportCall(client.server, stubs).begin()
    records = raw.records_of(stubs, DOCUMENT)
    running.records(records[:10])
    barrier.await_reached()
    assert client.json("operation", running.id)["operation"]["status"] == "OPERATION_STATUS_RUNNING"
    second = raw.ImportCall(client.server, stubs, operation_id=running.id)
    with pytest.raises(grpc.RpcError) as error:  # noqa: PT012  whichever of them sees the refusal
        second.begin()
        second.records(records).commit()
    assert raw.reason(stubs, error.value) in ("OPERATION_RUNNING", "OPERATION_ID_REUSED")
    running.records(records[10:]).commit()
    done = client.json("operation", running.id)["operation"]
    assert done["status"] == "OPERATION_STATUS_SUCCEEDED"
