# SPDX-License-Identifier: Apache-2.0
"""Requests with fields of megabytes, and rows that an older server let in: nothing is stored, logged or answered
whole."""

import concurrent.futures
import time
import uuid

import grpc
import pytest

from harness import access, process_stats, raw
from harness.answers import answers_within
from harness.client import Client

HUGE = 3_900_000
MEBIBYTE = 1 << 20
# The import has the limit of the protocol for these, and its own error.
ELSEWHERE = {"stateserver.v1.Record.json"}


@pytest.fixture
def limited(state, start_server, tmp_path):
    """A server, its state, and a token of each role."""
    tokens = access.Tokens(tmp_path)
    made = {role: tokens.create(role, local=role) for role in access.ROLES[1:]}
    return start_server(state, auth={"tokens_file": str(tokens.file)}), state, made


def bearer(token):
    return [("authorization", f"Bearer {token}")]


def services(stubs):
    for module in (stubs.state, stubs.operations, stubs.maintenance, stubs.schema, stubs.revisions):
        yield from module.DESCRIPTOR.services_by_name.values()


def text_fields(message, path=()):
    """The paths of all text and bytes fields of a message type, maps left to the unit test."""
    for field in message.fields:
        if field.message_type and field.message_type.GetOptions().map_entry:
            continue
        if field.message_type:
            yield from text_fields(field.message_type, (*path, field))
        elif field.type in (field.TYPE_STRING, field.TYPE_BYTES) and field.full_name not in ELSEWHERE:
            yield (*path, field)


def with_field(request, path):
    """A request of a type whose field at `path` has megabytes."""
    message = request._concrete_class()
    at = message
    for field in path[:-1]:
        at = getattr(at, field.name).add() if field.label == field.LABEL_REPEATED else getattr(at, field.name)
    value = "g" * HUGE if path[-1].type == path[-1].TYPE_STRING else b"g" * HUGE
    if path[-1].label == path[-1].LABEL_REPEATED:
        getattr(at, path[-1].name).append(value)
    else:
        setattr(at, path[-1].name, value)
    return message


def call(channel, method, message, token, timeout=20):
    """The grpc.RpcError of a call, None where it succeeded."""
    kind = ("stream" if method.client_streaming else "unary") + "_" + ("stream" if method.server_streaming else "unary")
    name = f"/{method.containing_service.full_name}/{method.name}"
    stub = getattr(channel, kind)(name, request_serializer=lambda m: m.SerializeToString(), response_deserializer=bytes)
    try:
        answer = stub(iter([message]) if method.client_streaming else message, metadata=bearer(token), timeout=timeout)
        if method.server_streaming:
            list(answer)
    except grpc.RpcError as error:
        return error
    return None


def test_every_field_of_every_request(limited, stubs):
    server, state, tokens = limited
    Client(server, STATESERVER_TOKEN=tokens["admin"]).ok("compact", "-y")
    rows = state.execute("SELECT count(*) FROM stateserver.audit")
    before, logged, tried = state.fingerprint(), len(server.log), 0
    with server.channel() as channel:
        for service in services(stubs):
            for method in service.methods:
                for path in text_fields(method.input_type):
                    error = call(channel, method, with_field(method.input_type, path), tokens["admin"])
                    name = ".".join(field.name for field in path)
                    assert error is not None and error.code() == grpc.StatusCode.INVALID_ARGUMENT, (method.name, name)
                    assert raw.reason(stubs, error) == "ARGUMENT_INVALID"
                    assert raw.fact(stubs, error, "field") == name
                    assert name in error.details() and str(HUGE) in error.details() and len(error.details()) < 200
                    tried += 1
    assert tried > 90
    assert sum(map(len, server.log[logged:])) < 1000 * tried, "the log does not hold what was refused"
    assert state.execute("SELECT count(*) FROM stateserver.audit") == rows and state.fingerprint() == before
    assert process_stats.peak_mib(server.process.pid) < 400
    answers_within(server, stubs, tokens["reader"])


# Each takes 25 to 50 times its size once it is parsed, and gRPC parses a request before it is known who calls.
MANY = {"empty values": ("StateService/Export", b"\x12\x00"),
        "fields that no message has": ("StateService/GetVersions", b"\xfa\x01\x00"),
        "numbers that no message has": ("OperationsService/ListOperations", b"\xf8\x01\x00"),
        "groups": ("StateService/GetVersions", b"\xfb\x01\xfc\x01")}


@pytest.mark.parametrize("what", MANY)
def test_messages_of_many_fields_are_not_parsed(limited, stubs, what):
    """By nobody, eight at a time."""
    server, _, tokens = limited
    method, field = MANY[what]
    body = field * (HUGE // len(field))

    def ask(_):
        with server.channel() as channel:
            stub = channel.unary_stream(f"/stateserver.v1.{method}", request_serializer=bytes,
                                        response_deserializer=bytes)
            for _ in range(3):
                with pytest.raises(grpc.RpcError) as caught:
                    list(stub(body, timeout=30))
                assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(8)))
    assert process_stats.peak_mib(server.process.pid) < 300
    answers_within(server, stubs, tokens["reader"])


def test_batches_of_empty_records_are_not_parsed(limited, stubs):
    """By a reader, who is refused only once the first message was read."""
    server, _, tokens = limited
    records = b"\x0a\x00" * (HUGE // 2)
    length, varint = len(records), b""
    while length:
        varint += bytes([length & 0x7F | (0x80 if length > 0x7F else 0)])
        length >>= 7

    def ask(_):
        with server.channel() as channel:
            stub = channel.stream_stream("/stateserver.v1.StateService/Import", request_serializer=bytes,
                                         response_deserializer=bytes)
            with pytest.raises(grpc.RpcError) as caught:
                list(stub(iter([b"\x12" + varint + records]), metadata=bearer(tokens["reader"]), timeout=30))
            assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(8)))
    assert process_stats.peak_mib(server.process.pid) < 300
    answers_within(server, stubs, tokens["reader"])


def test_nul_and_bytes_that_are_no_text(limited, stubs):
    server, _, tokens = limited
    with server.channel() as channel:
        get = channel.unary_unary("/stateserver.v1.StateService/GetEnvironment", request_serializer=bytes,
                                  response_deserializer=bytes)
        for name in (b"a\0b", b"a\xff"):
            with pytest.raises(grpc.RpcError) as caught:
                get(b"\x12" + bytes([len(name)]) + name, metadata=bearer(tokens["reader"]), timeout=5)
            assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT, name
    answers_within(server, stubs, tokens["reader"])


def test_a_stream_is_not_taken_for_finished(limited, stubs):
    """A message over a limit ends the call; what came before it does not become the whole."""
    server, state, tokens = limited
    before = state.fingerprint()
    importing = raw.ImportCall(server, stubs, token=tokens["writer"]).begin()
    importing.send(records=stubs.state.RecordBatch(records=[stubs.common.Record(section=2, name="n" * 2000,
                                                                                json=b"{}")]))
    with pytest.raises(grpc.RpcError) as caught:
        importing.commit()
    assert raw.fact(stubs, caught.value, "field") == "records.records.name"
    with server.channel() as channel:
        def files():
            yield stubs.schema.ParseRequest(begin=stubs.schema.ParseBegin(database="d"))
            yield stubs.schema.ParseRequest(file=stubs.schema.SchemaFile(name="a.sql",
                                                                         text=b"CREATE VIEW v AS SELECT 1;"))
            yield stubs.schema.ParseRequest(file=stubs.schema.SchemaFile(name="b" * 2000, text=b""))
        with pytest.raises(grpc.RpcError) as caught:
            list(stubs.schema_grpc.SchemaServiceStub(channel).Parse(files(), metadata=bearer(tokens["writer"]),
                                                                    timeout=10))
        assert raw.fact(stubs, caught.value, "field") == "file.name"
    assert state.fingerprint() == before


def test_a_reader_cannot_fill_the_log(limited, stubs):
    server, _, tokens = limited
    logged, calls, end = len(server.log), 0, time.monotonic() + 3
    with server.channel() as channel:
        stub = stubs.state_grpc.StateServiceStub(channel)
        while time.monotonic() < end:
            with pytest.raises(grpc.RpcError):
                stub.GetVersions(stubs.state.GetVersionsRequest(gateway="g" * HUGE), metadata=bearer(tokens["reader"]))
            calls += 1
    server.wait_for_log(r"method=GetVersions code=INVALID_ARGUMENT", start=logged)
    assert sum(map(len, server.log[logged:])) < 1000 * calls
    metrics = server.metrics()
    assert f'stateserver_requests_refused_total{{method="GetVersions",why="too_large"}} {calls}' in metrics
    answers_within(server, stubs, tokens["reader"])


def poison(state, values="'import', '', repeat('e', 3800000)"):
    """Rows as a server without these limits wrote them."""
    state.execute(f"""
        WITH op AS (INSERT INTO stateserver.operations
          (state_schema, id, kind, details, error, arguments, gateway, principal, status, started_ts, finished_ts)
          SELECT 'sqlmesh', '{uuid.uuid4()}', k, d, e, jsonb_build_object('file_timestamp', repeat('"\\', 1900000)),
            'local', 'token:old', 'refused', 1, 2 FROM (VALUES ({values})) AS v(k, d, e)
          RETURNING state_schema, id, kind, gateway, principal, arguments, details, error)
        INSERT INTO stateserver.audit (state_schema, operation_id, kind, gateway, principal, arguments, details, error,
            error_reason, at_ts, method, peer, trace_id, event)
          SELECT *, '', 1, 'token', '', '', 'refused' FROM op""")


def test_a_poisoned_row_does_not_hide_the_others(limited):
    server, state, tokens = limited
    Client(server, STATESERVER_TOKEN=tokens["admin"]).ok("compact", "-y")
    poison(state)
    reader = Client(server, STATESERVER_TOKEN=tokens["reader"])
    events = reader.json("audit")["events"]
    assert [event["kind"].removeprefix("OPERATION_KIND_") for event in events] == ["COMPACT", "COMPACT", "IMPORT"]
    cut = events[-1]["arguments"]
    assert cut["cut_bytes"] > 5_000_000 and cut["begin"].startswith('{"file_timestamp"')
    assert events[-1]["error"].startswith("eee") and events[-1]["error"].endswith("(3798976 bytes cut)")
    operations = reader.json("operations")["operations"]
    old = next(one for one in operations if one["principal"] == "token:old")
    assert len(operations) == 2 and len(old["error"]) < 1100
    assert len(reader.json("operation", old["id"])["operation"]["error"]) < 1100
    assert reader.ok("audit") and reader.ok("operations") and reader.ok("audit", "--json-lines")


def test_no_page_passes_a_mebibyte(limited, stubs):
    server, state, tokens = limited
    Client(server, STATESERVER_TOKEN=tokens["admin"]).ok("compact", "-y")
    state.execute("""INSERT INTO stateserver.audit (state_schema, operation_id, kind, gateway, principal, arguments,
          details, error, error_reason, at_ts, method, peer, trace_id, event)
        SELECT 'sqlmesh', gen_random_uuid(), 'import', 'local', 'token:old', jsonb_build_object('n', n), '',
          repeat('e', 60000), '', n, 'token', '', '', 'refused' FROM generate_series(1, 400) n""")
    state.execute("""INSERT INTO stateserver.operations (state_schema, id, kind, arguments, gateway, principal, status,
          started_ts, finished_ts, error)
        SELECT 'sqlmesh', gen_random_uuid(), 'import', '{}', 'local', 'token:old', 'refused', n, n, repeat('e', 60000)
          FROM generate_series(1, 400) n""")
    state.execute("""INSERT INTO sqlmesh._environments
        SELECT (jsonb_populate_record(NULL::sqlmesh._environments,
          to_jsonb(e) || jsonb_build_object('name', 'env_' || lpad(n::text, 900, '0')))).*
        FROM generate_series(1, 2500) n, (SELECT * FROM sqlmesh._environments LIMIT 1) e""")
    with server.channel() as channel:
        operations = stubs.operations_grpc.OperationsServiceStub(channel)
        states = stubs.state_grpc.StateServiceStub(channel)

        def pages(method, request):
            for page in raw.pages(method, request, metadata=bearer(tokens["reader"])):
                assert page.ByteSize() < MEBIBYTE
                yield page

        events = [event for page in pages(operations.ListAudit, stubs.operations.ListAuditRequest(page_size=1000))
                  for event in page.events]
        assert len(events) == 402 and [e.seq for e in events] == sorted({e.seq for e in events})
        ids = [one.id
               for page in pages(operations.ListOperations, stubs.operations.ListOperationsRequest(page_size=1000))
               for one in page.operations]
        assert len(ids) == len(set(ids)) == 401
        names = [one.name
                 for page in pages(states.ListEnvironments, stubs.state.ListEnvironmentsRequest(page_size=1000))
                 for one in page.environments]
        assert len(names) > 2500 and names == sorted(set(names))
    listed = Client(server, STATESERVER_TOKEN=tokens["reader"]).json("environments")["environments"]
    assert [one["name"] for one in listed] == names
