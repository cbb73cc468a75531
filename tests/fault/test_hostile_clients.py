# SPDX-License-Identifier: Apache-2.0
"""Clients that mean harm: none takes the server down, grows its memory, or keeps others out."""

import gzip
import json
import signal
import socket
import struct
import threading
import time

import grpc
import pytest
import zstandard

from harness import access, paths, raw, rpcs
from harness.client import Client
from harness.revisions import configuration
from harness.rules import RULES
from harness.valid_requests import whole

FILE = paths.CORPUS / paths.NEWEST / "export_all.json"
DOCUMENT = json.loads(FILE.read_text())
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS, PING = 4, 6
# What memory may grow by, KiB: sanitizers and the first use of libraries included.
GROWTH = 48 * 1024


def resident(server):
    with open(f"/proc/{server.process.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def frame(kind, flags=0, payload=b"", stream=0):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def connect(server):
    host, port = server.address.rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=30)


def is_well(client):
    assert len(client.json("environments")["environments"]) == 8


@pytest.fixture
def client(state, serve):
    made = serve(state)
    is_well(made)
    return made


def imports(server, stubs, messages, **options):
    with server.channel() as channel:
        try:
            return list(stubs.state_grpc.StateServiceStub(channel).Import(messages, timeout=60, **options))
        except grpc.RpcError as error:
            return error


# --- connections -------------------------------------------------------------------------------

def test_slow_loris(client):
    """Hundreds of connections that say nothing, or a little at a time, are closed; others are served meanwhile."""
    before = resident(client.server)
    silent = [connect(client.server) for _ in range(200)]
    for number, one in enumerate(silent):
        if number % 2:
            one.sendall(PREFACE[:3])
    is_well(client)
    assert resident(client.server) - before < GROWTH
    deadline = time.monotonic() + 40
    for one in silent:
        one.settimeout(max(0.1, deadline - time.monotonic()))
        try:
            while one.recv(4096):
                pass
        except ConnectionResetError:
            pass
        one.close()
    is_well(client)


def test_a_flood_of_pings(client):
    """Told to go (ENHANCE_YOUR_CALM)."""
    one = connect(client.server)
    one.sendall(PREFACE + frame(SETTINGS))
    try:
        for number in range(100):
            one.sendall(frame(PING, payload=struct.pack(">Q", number)))
            time.sleep(0.01)
    except OSError:
        pass
    answer = b""
    try:
        while data := one.recv(65536):
            answer += data
    except OSError:
        pass
    assert b"too_many_pings" in answer
    is_well(client)


def test_headers_without_end(client, stubs):
    with client.server.channel() as channel:
        stub = stubs.state_grpc.StateServiceStub(channel)
        for metadata in ([("x", "y" * 100_000)], [(f"x{i}", "y" * 100) for i in range(1000)],
                         [("authorization", "Bearer " + "z" * 60_000)]):
            with pytest.raises(grpc.RpcError) as caught:
                stub.GetVersions(stubs.state.GetVersionsRequest(), metadata=metadata, timeout=20)
            # Or the connection is closed while they are still on their way.
            assert caught.value.code() in (grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.UNAVAILABLE)
    is_well(client)


def test_more_streams_than_a_connection_may_have(state, start_server, stubs):
    client = Client(start_server(state, limits={"max_streams_per_connection": 1}))
    own = [("grpc.use_local_subchannel_pool", 1)]
    with grpc.insecure_channel(client.server.address, options=own) as channel:
        first = raw.ImportCall(client.server, stubs).begin()
        stub = stubs.state_grpc.StateServiceStub(first.channel)
        with pytest.raises(grpc.RpcError) as caught:
            stub.GetVersions(stubs.state.GetVersionsRequest(), timeout=1)
        assert caught.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED, "it waits its turn"
        assert stubs.state_grpc.StateServiceStub(channel).GetVersions(stubs.state.GetVersionsRequest(), timeout=20)
        first.call.cancel()


def test_old_connections_are_asked_to_go_and_calls_go_on(state, start_server, stubs):
    client = Client(start_server(state, limits={"max_connection_age": "1s"}))
    call = raw.ImportCall(client.server, stubs).begin()
    time.sleep(2.5)
    assert call.records(raw.records_of(stubs, DOCUMENT)).commit().file.snapshots == 73


# --- streams -----------------------------------------------------------------------------------

def test_a_stream_that_stalls_is_broken_off(state, start_server, stubs):
    """It would hold one of the few imports for ever. The next one gets its turn."""
    client = Client(start_server(state, limits={"stream_idle_timeout": "1s", "max_concurrent_imports": 1}))
    before = state.fingerprint()
    stalled = raw.ImportCall(client.server, stubs).begin()
    assert client.refused("import", "-i", FILE, "-y")["reason"] == "OVERLOADED"
    with pytest.raises(grpc.RpcError):
        next(stalled.call)
    client.server.wait_for_log("method=Import code=DEADLINE_EXCEEDED.*reason=STREAM_STALLED")
    assert state.fingerprint() == before
    client.import_(FILE)


def test_a_reader_that_takes_nothing_is_broken_off(empty, start_server, stubs, tmp_path):
    import subprocess
    import sys
    path = tmp_path / "large.json"
    subprocess.run([sys.executable, paths.TESTS / "tools" / "make_state.py", "--models", "2500", "--environments", "3",
                    "-o", path], check=True)
    client = Client(start_server(empty, limits={"stream_idle_timeout": "1s"}))
    client.ok("migrate", "-y")
    client.import_(path)
    options = [("grpc.http2.lookahead_bytes", 65536), ("grpc.max_receive_message_length", 4 << 20)]
    with grpc.insecure_channel(client.server.address, options=options) as channel:
        call = stubs.state_grpc.StateServiceStub(channel).Export(stubs.state.ExportRequest())
        next(call)
        client.server.wait_for_log("method=Export code=DEADLINE_EXCEEDED.*reason=STREAM_STALLED")
        with pytest.raises(grpc.RpcError):
            list(call)


def begin_of(stubs):
    return stubs.state.ImportRequest(begin=stubs.state.ImportBegin(
        mode=stubs.state.IMPORT_MODE_MERGE, file_version=1, importable=True, operation_id=access.new_id(),
        versions=stubs.newest_versions()))


def test_a_million_tiny_parts(client, state, stubs):
    """Of one record that never ends: a byte each."""
    before, memory = state.fingerprint(), resident(client.server)
    part = stubs.common.Record(section=stubs.common.SECTION_SNAPSHOTS, json=b" ", continued=True)
    batch = stubs.state.ImportRequest(records=stubs.state.RecordBatch(records=[part] * 20_000))

    def messages():
        yield begin_of(stubs)
        for _ in range(50):
            yield batch
    error = imports(client.server, stubs, messages())
    assert raw.reason(stubs, error) == "FILE_TRUNCATED"
    assert resident(client.server) - memory < GROWTH
    assert state.fingerprint() == before
    is_well(client)


def test_a_million_tiny_records(client, state, stubs):
    """The first one that is none ends it."""
    before = state.fingerprint()
    record = stubs.common.Record(section=stubs.common.SECTION_SNAPSHOTS, json=b"{}")
    batch = stubs.state.ImportRequest(records=stubs.state.RecordBatch(records=[record] * 20_000))

    def messages():
        yield begin_of(stubs)
        for _ in range(50):
            yield batch
    assert raw.reason(stubs, imports(client.server, stubs, messages())) == "RECORD_INVALID"
    assert state.fingerprint() == before


def test_an_endless_record(client, state, stubs):
    """Cut off at its limit, not at the memory's."""
    before, memory = state.fingerprint(), resident(client.server)
    part = stubs.common.Record(section=stubs.common.SECTION_SNAPSHOTS, json=b"x" * 500_000, continued=True)
    sent = [0]

    def messages():
        yield begin_of(stubs)
        for _ in range(5000):
            sent[0] += 1
            yield stubs.state.ImportRequest(records=stubs.state.RecordBatch(records=[part]))
    error = imports(client.server, stubs, messages())
    assert raw.reason(stubs, error) == "RECORD_TOO_LARGE"
    assert sent[0] < 5000, "it did not go on"
    assert resident(client.server) - memory < 512 * 1024
    assert state.fingerprint() == before


def test_an_endless_stream(client, state, stubs):
    """The same good records again and again are duplicates; memory stays, and nothing is left when it ends."""
    before, memory = state.fingerprint(), resident(client.server)
    batch = stubs.state.ImportRequest(records=stubs.state.RecordBatch(records=raw.records_of(stubs, DOCUMENT)[:73]))
    end = time.monotonic() + 8

    def messages():
        yield begin_of(stubs)
        while time.monotonic() < end:
            yield batch
    error = imports(client.server, stubs, messages())
    assert raw.reason(stubs, error) in ("FILE_TRUNCATED", "RECORD_DUPLICATE")
    assert resident(client.server) - memory < GROWTH
    assert state.fingerprint() == before
    is_well(client)


# --- contents ----------------------------------------------------------------------------------

@pytest.mark.parametrize("data, reason", [
    (b"[" * 500_000, "RECORD_INVALID"), (b'{"a":' * 100_000, "RECORD_INVALID"),
    (b'{"name": "\xff\xfe"}', "RECORD_INVALID"), (b'{"name": "\xed\xa0\x80"}', "RECORD_INVALID"),
    (b'{"name": 1e999999999}', "RECORD_INVALID"), (b'{"name": "' + b"a" * 400_000, "RECORD_INVALID"),
    (b"\x00" * 1000, "RECORD_INVALID")],
    ids=["arrays", "objects", "no UTF-8", "surrogate", "number", "string without end", "NUL"])
def test_records_that_are_traps(client, state, stubs, data, reason):
    before = state.fingerprint()
    record = stubs.common.Record(section=stubs.common.SECTION_SNAPSHOTS, json=data)

    def messages():
        yield begin_of(stubs)
        yield stubs.state.ImportRequest(records=stubs.state.RecordBatch(records=[record]))
    assert raw.reason(stubs, imports(client.server, stubs, messages())) == reason
    assert state.fingerprint() == before
    is_well(client)


def test_a_message_that_is_no_message(client):
    """Bytes that no protocol made, and texts that are no UTF-8."""
    with client.server.channel() as channel:
        for method in ("GetVersions", "GetEnvironment"):
            call = channel.unary_unary(f"/stateserver.v1.StateService/{method}")
            for data in (b"\xff" * 1000, b"\x0a\x03\xff\xfe\xfd", b"\x0a\xff\xff\xff\x7f"):
                with pytest.raises(grpc.RpcError) as caught:
                    call(data, timeout=20)
                assert caught.value.code() != grpc.StatusCode.UNAVAILABLE
    is_well(client)


@pytest.mark.parametrize("last", [b"\xff" * 20, b"\x0a\xff", b"\x12\x04\x0a\x02\xff\xfe"],
                         ids=["no message", "cut", "no UTF-8"])
def test_a_last_message_that_is_no_message(state, starrocks, serve, stubs, last):
    """It is not the end of the files: nothing works with a part of them."""
    client = serve(configuration(state, starrocks.server, starrocks.name))
    read = [rpc for rpc in RULES if rpc[0].split(".")[1] in (
        "Parse", "Diff", "Generate", "Autogenerate", "Upgrade", "Downgrade", "Repair", "Stamp")]
    assert len(read) == 9
    with client.server.channel() as channel:
        for rpc, what in read:
            path = "/stateserver.v1." + rpc.replace(".", "/")
            messages = [message.SerializeToString() for message in whole(stubs, rpc, what)]
            answer = rpcs.call(channel, path, [*messages, last])
            assert (answer.code.name, answer.reason(stubs)) == ("INVALID_ARGUMENT", "ARGUMENT_INVALID"), (rpc, answer)
            assert answer.message.startswith("A message of the stream is not one of this method")
    assert starrocks.objects() == {}


def test_a_message_that_swells(client, stubs):
    """64 MiB that travel as 64 KiB."""
    memory = resident(client.server)
    huge = stubs.state.GetEnvironmentRequest(name="a" * (64 << 20))
    with (grpc.insecure_channel(client.server.address, options=[("grpc.max_send_message_length", -1)]) as channel,
          pytest.raises(grpc.RpcError) as caught):
        stubs.state_grpc.StateServiceStub(channel).GetEnvironment(huge, compression=grpc.Compression.Gzip, timeout=30)
    assert caught.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert resident(client.server) - memory < 2 * GROWTH
    is_well(client)


HEAD = json.dumps({"metadata": DOCUMENT["metadata"],
                   "versions": DOCUMENT["versions"]})[:-1].encode() + b', "snapshots": [{"name": "'


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_string_of_two_gibibytes_in_a_small_file(client, state, tmp_path, suffix):
    """Neither the client nor the server holds it."""
    path = tmp_path / f"bomb.json{suffix}"
    block = b"a" * (1 << 20)
    if suffix == ".gz":
        with gzip.open(path, "wb", compresslevel=1) as file:
            file.write(HEAD)
            for _ in range(2100):
                file.write(block)
    else:
        with open(path, "wb") as plain, zstandard.ZstdCompressor(level=1).stream_writer(plain) as file:
            file.write(HEAD)
            for _ in range(2100):
                file.write(block)
    assert path.stat().st_size < 20 << 20
    before = state.fingerprint()
    running = client.start("--format", "json", "import", "-i", str(path), "-y")
    peak = 0
    while running.poll() is None:
        try:
            with open(f"/proc/{running.pid}/status") as status:
                peak = max([peak, *(int(line.split()[1]) for line in status if line.startswith("VmHWM"))])
        except OSError:
            pass
        time.sleep(0.02)
    _, errors = running.communicate()
    assert running.returncode == 1
    assert json.loads(errors.decode().splitlines()[-1])["error"]["reason"] in ("RECORD_TOO_LARGE", "FILE_TRUNCATED")
    # The server takes a record of 256 MiB, and a text that grows is copied.
    assert peak < 400 * 1024 and client.server.peak_memory() < 768 * 1024
    assert state.fingerprint() == before
    is_well(client)


# --- how much at once --------------------------------------------------------------------------

@pytest.fixture
def two_principals(state, start_server, tmp_path):
    tokens = access.Tokens(tmp_path)
    made = [tokens.create(name, every="admin") for name in ("anna", "berta")]

    def start(**limits):
        from harness.server import gateway
        return start_server({"local": gateway(state), "other": gateway(state)}, limits=limits,
                            auth={"tokens_file": str(tokens.file)})
    return start, made


class Held:
    """A call that stays open: an import after its begin."""

    def __init__(self, server, stubs, token, where):
        self.call = raw.ImportCall(server, stubs, token=token, gateway=where)

    def begin(self, stubs):
        try:
            self.call.begin()
            return None
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
            assert raw.retry_seconds(stubs, error) >= 1
            return raw.fact(stubs, error, "limit")


@pytest.mark.parametrize("limits, second, refused_by", [
    ({"max_imports_per_principal": 1}, ("anna", "other"), "max_imports_per_principal"),
    ({"max_imports_per_gateway": 1}, ("berta", "local"), "max_imports_per_gateway"),
    ({"max_concurrent_imports": 1}, ("berta", "other"), "max_concurrent_imports"),
    ({"max_imports_per_principal": 1}, ("berta", "local"), None),
    ({"max_imports_per_gateway": 1}, ("anna", "other"), None)])
def test_imports_at_once(two_principals, stubs, limits, second, refused_by):
    start, tokens = two_principals
    server = start(**limits)
    by_name = dict(zip(("anna", "berta"), tokens))
    first = Held(server, stubs, by_name["anna"], "local")
    assert first.begin(stubs) is None
    assert Held(server, stubs, by_name[second[0]], second[1]).begin(stubs) == refused_by
    first.call.call.cancel()
    deadline = time.monotonic() + 20
    while Held(server, stubs, by_name[second[0]], second[1]).begin(stubs) is not None:
        assert time.monotonic() < deadline, "the place was not given back"
        time.sleep(0.2)


def test_exports_at_once(two_principals, state, stubs):
    """One that waits for a lock holds its place."""
    start, tokens = two_principals
    server = start(max_exports_per_principal=1)
    with state.connect() as blocker, blocker.cursor() as cursor, server.channel() as channel:
        blocker.autocommit = False
        cursor.execute("LOCK TABLE sqlmesh._snapshots IN ACCESS EXCLUSIVE MODE")
        stub = stubs.state_grpc.StateServiceStub(channel)

        def export(token):
            return stub.Export(stubs.state.ExportRequest(), metadata=[("authorization", f"Bearer {token}")], timeout=30)
        waiting = export(tokens[0])
        threading.Thread(target=lambda: next(waiting, None), daemon=True).start()
        time.sleep(1)
        with pytest.raises(grpc.RpcError) as caught:
            list(export(tokens[0]))
        assert raw.fact(stubs, caught.value, "limit") == "max_exports_per_principal"
        waiting.cancel()
        blocker.rollback()
        assert list(export(tokens[1]))


# --- time --------------------------------------------------------------------------------------

def test_the_longest_call(state, start_server, stubs):
    client = Client(start_server(state, limits={"max_call_time": "1s"}))
    call = raw.ImportCall(client.server, stubs).begin()
    call.records(raw.records_of(stubs, DOCUMENT)[:3])
    time.sleep(1.2)
    with pytest.raises(grpc.RpcError) as caught:
        call.records(raw.records_of(stubs, DOCUMENT)[3:6]).commit()
    assert raw.reason(stubs, caught.value) == "DEADLINE_EXCEEDED"


def test_postgres_ends_a_call_whose_server_cannot(state, serve, stubs):
    """The deadline went along as statement_timeout: a server that stands still leaves no query behind."""
    client = serve(state)
    busy = f"SELECT 1 FROM pg_stat_activity WHERE datname = '{state.name}' AND wait_event_type = 'Lock'"
    with state.connect() as blocker, blocker.cursor() as cursor, client.server.channel() as channel:
        blocker.autocommit = False
        cursor.execute("LOCK TABLE sqlmesh._environments IN ACCESS EXCLUSIVE MODE")
        call = stubs.state_grpc.StateServiceStub(channel).ListEnvironments.future(
            stubs.state.ListEnvironmentsRequest(), timeout=2)
        deadline = time.monotonic() + 10
        while not state.execute(busy):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        client.server.signal(signal.SIGSTOP)
        try:
            # The sampler of the state's size may wait for the lock as well, for 20 seconds.
            deadline = time.monotonic() + 40
            while state.execute(busy):
                assert time.monotonic() < deadline
                time.sleep(0.2)
        finally:
            client.server.signal(signal.SIGCONT)
            call.cancel()
        blocker.rollback()
    is_well(client)
