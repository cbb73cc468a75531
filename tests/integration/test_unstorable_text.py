# SPDX-License-Identifier: Apache-2.0
"""Text that PostgreSQL cannot store, in each field of each request and in records: always a clear refusal, never an
error of the server, and nothing is written."""

import hashlib
import json
import random
import string
from typing import Any

import grpc
import pytest
from google.protobuf import message_factory
from google.protobuf.descriptor import FieldDescriptor

from harness import paths, raw, schemas
from harness.client import Client
from harness.database import Database
from harness.server import Server, gateway

DOCUMENT = json.loads((paths.CORPUS / paths.NEWEST / "export_all.json").read_text())
SERVICES = {"StateService": "state", "OperationsService": "operations", "MaintenanceService": "maintenance",
            "SchemaService": "schema", "RevisionService": "revisions"}
# Each replaces a text of the same length in a serialized request.
MARK = "\x01\x02\x03\x04"
NOT_TEXT = {"nul": b"a\0b\0", "surrogate": b"\xed\xa0\x80x", "overlong": b"\xc0\x80xx", "latin1": b"\xe9\xe8\xff\xfe"}
ODD_TEXT = {"control": b"\x01\x02\x7f\x1b", "line": b"\r\n\t\\", "emoji": "😀".encode(), "quotes": b"'\"$1"}
BROKEN = {grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN, grpc.StatusCode.DATA_LOSS,
          grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.UNAVAILABLE}


def text_fields(type_, path=()):
    """The paths of every text and bytes field within a message."""
    for field in type_.fields:
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            yield from text_fields(field.message_type, (*path, field))
        elif field.type in (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES):
            yield (*path, field)


def is_repeated(field):
    return field.label == FieldDescriptor.LABEL_REPEATED


def is_map(field):
    return field.type == FieldDescriptor.TYPE_MESSAGE and field.message_type.GetOptions().map_entry


def with_mark(type_, path):
    """A request with the mark in one field, and the gateway where it has one of its own."""
    request: Any = message_factory.GetMessageClass(type_)()
    at = request
    for position, field in enumerate(path[:-1]):
        if is_map(field):
            entry = ("k", MARK) if path[position + 1].name == "value" else (MARK, "v")
            getattr(at, field.name)[entry[0]] = entry[1]
            return request
        at = getattr(at, field.name).add() if is_repeated(field) else getattr(at, field.name)
        if "gateway" in at.DESCRIPTOR.fields_by_name:
            at.gateway = "local"
        elif "scope" in at.DESCRIPTOR.fields_by_name:
            at.scope.gateway = "local"
    if path[0] is path[-1] and "gateway" in type_.fields_by_name:
        request.gateway = "local"
    last = path[-1]
    value = MARK.encode() if last.type == FieldDescriptor.TYPE_BYTES else MARK
    if is_repeated(last):
        getattr(at, last.name).append(value)
    else:
        setattr(at, last.name, value)
    return request


def methods(stubs):
    for service, module in SERVICES.items():
        descriptor = getattr(stubs, module).DESCRIPTOR.services_by_name[service]
        for method in descriptor.methods:
            yield service, method


def call(channel, service, method, serialized):
    """Calls with bytes; the code of the answer."""
    path = f"/stateserver.v1.{service}/{method.name}"
    kind = f"{'stream' if method.client_streaming else 'unary'}_{'stream' if method.server_streaming else 'unary'}"
    stub = getattr(channel, kind)(path, request_serializer=None, response_deserializer=None)
    try:
        answer = stub(iter([serialized]) if method.client_streaming else serialized, timeout=30)
        if method.server_streaming:
            list(answer)
        return grpc.StatusCode.OK
    except grpc.RpcError as error:
        return error.code()


@pytest.fixture(scope="module")
def module_databases(_databases):
    yield _databases
    _databases.drop_made()


@pytest.fixture(scope="module")
def server(module_databases, _front_end):
    database = module_databases.state()
    running = Server({"local": gateway(database, connection=schemas.warehouse(_front_end))})
    # For the tests here.
    running.database = database  # type: ignore[attr-defined]
    yield running
    assert running.stop() == 0, running.text()


@pytest.mark.parametrize("service", SERVICES)
def test_every_field_of_every_request(server, stubs, service):
    before = server.database.fingerprint()
    sent = 0
    with server.channel() as channel:
        for its_service, method in methods(stubs):
            if its_service != service:
                continue
            for path in text_fields(method.input_type):
                where = ".".join([method.name, *(field.name for field in path)])
                serialized = with_mark(method.input_type, path).SerializeToString()
                assert serialized.count(MARK.encode()) == 1, where
                is_bytes = path[-1].type == FieldDescriptor.TYPE_BYTES
                for name, text in {**NOT_TEXT, **ODD_TEXT}.items():
                    code = call(channel, service, method, serialized.replace(MARK.encode(), text))
                    sent += 1
                    assert code not in BROKEN, (where, name, code)
                    if name in NOT_TEXT and not is_bytes:
                        assert code == grpc.StatusCode.INVALID_ARGUMENT, (where, name, code)
    assert sent >= 8 * len(SERVICES)
    assert server.database.fingerprint() == before
    assert "code=INTERNAL" not in server.text()


# --- records -----------------------------------------------------------------------------------

PLACE = "PLACE-OF-THE-TEXT"
ESCAPES = {"nul": "a\\u0000b", "high surrogate": "\\ud800", "low surrogate": "\\udc00x", "swapped": "\\udc00\\ud800",
           "control": "\\u0001", "raw nul": "\0", "raw control": "\x01"}
BYTES = {"surrogate": b"\xed\xa0\x80", "overlong": b"\xc0\x80", "latin1": b"\xff"}


def texts(value, at=()):
    """The paths of all texts within a JSON value."""
    if isinstance(value, str):
        yield at
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in items:
        yield from texts(below, (*at, key))


def put(value, at, text):
    copied = json.loads(json.dumps(value))
    inner = copied
    for key in at[:-1]:
        inner = inner[key]
    inner[at[-1]] = text
    return copied


def damaged(value, at):
    """The record with each damage at one place, as bytes."""
    plain = raw.compact(put(value, at, PLACE))
    assert plain.count(PLACE.encode()) == 1
    for name, text in ESCAPES.items():
        yield name, plain.replace(PLACE.encode(), text.encode())
    for name, data in BYTES.items():
        yield name, plain.replace(PLACE.encode(), data)


def outcome(stubs, server, records, **begin):
    """None, or the code and the reason of the refusal."""
    made = raw.ImportCall(server, stubs, **begin)
    try:
        made.begin().records(records).commit()
        return None
    except grpc.RpcError as error:
        return error.code(), raw.reason(stubs, error), error.details()
    finally:
        made.close().channel.close()


def record(stubs, section, name, data):
    return stubs.common.Record(section=section, name=name, json=data)


def one_of_each(places):
    """One place for each shape: lists repeat the same fields."""
    seen: dict[tuple[str, ...], tuple[Any, ...]] = {}
    for at in places:
        seen.setdefault(tuple("*" if isinstance(key, int) else key for key in at), at)
    return list(seen.values())


# In each of these, the text is a column of its own.
COLUMNS = {("name",), ("version",), ("node", "kind", "name")}


@pytest.mark.slow
def test_every_text_of_a_snapshot(server, stubs):
    snapshot = next(s for s in DOCUMENT["snapshots"] if s.get("version") and s["node"].get("kind"))
    before = server.database.fingerprint()
    for at in one_of_each(texts(snapshot)):
        for name, data in damaged(snapshot, at):
            result = outcome(stubs, server, [record(stubs, stubs.common.SECTION_SNAPSHOTS, "", data)], dry_run=True)
            assert result is None or result[0] not in BROKEN, (at, name, result)
            if name in BYTES or name.startswith("raw") or "surrogate" in name or name == "swapped":
                assert result is not None and result[:2] == (grpc.StatusCode.INVALID_ARGUMENT, "RECORD_INVALID"), (
                    at, name, result)
            if name == "nul" and at in COLUMNS:
                assert result is not None and result[1] == "RECORD_INVALID", (at, result)
    assert server.database.fingerprint() == before


@pytest.mark.slow
def test_every_text_of_an_environment(server, stubs):
    key, environment = next((k, e) for k, e in DOCUMENT["environments"].items() if e["environment"]["snapshots"])
    before = server.database.fingerprint()
    for at in one_of_each(texts(environment)):
        for name, data in damaged(environment, at):
            result = outcome(stubs, server, [record(stubs, stubs.common.SECTION_ENVIRONMENTS, key, data)], dry_run=True)
            assert result is None or result[0] not in BROKEN, (at, name, result)
            if name in BYTES or name.startswith("raw"):
                assert result is not None and result[0] == grpc.StatusCode.INVALID_ARGUMENT, (at, name, result)
    assert server.database.fingerprint() == before


def test_a_refused_record_is_named(server, stubs):
    snapshot = put(DOCUMENT["snapshots"][0], ("version",), "1\0")
    code, reason, text = outcome(stubs, server, [record(stubs, stubs.common.SECTION_SNAPSHOTS, "",
                                                        raw.compact(snapshot))])
    assert (code, reason) == (grpc.StatusCode.INVALID_ARGUMENT, "RECORD_INVALID")
    assert text.startswith("A snapshot: version contains a NUL character (\\u0000), which PostgreSQL cannot store in a "
                           "column (snapshots[0]: ")


@pytest.mark.parametrize("field", ["name", "version", "dev_version"])
def test_text_that_is_too_long_for_an_index(server, stubs, field):
    dice = random.Random(7)
    # PostgreSQL compresses text before it counts.
    text = "".join(dice.choice(string.printable[:94]) for _ in range(20_000))
    before = server.database.fingerprint()
    data = raw.compact(put({**DOCUMENT["snapshots"][0], "dev_version": "1"}, (field,), text))
    result = outcome(stubs, server, [record(stubs, stubs.common.SECTION_SNAPSHOTS, "", data)])
    if field == "dev_version" and result is None:
        return
    assert result is not None and result[:2] == (grpc.StatusCode.INVALID_ARGUMENT, "ARGUMENT_INVALID"), result
    assert "cannot store a value: index row" in result[2]
    assert server.database.fingerprint() == before


def test_records_of_an_upgrade_of_a_file(server, stubs):
    """Another way into the database: scratch tables."""
    s = stubs.state
    older = json.loads((paths.CORPUS / "0.231.1" / "export_all.json").read_text())
    begin = s.MigrateStateFileRequest(begin=s.MigrateFileBegin(
        gateway="local", file_version=1, importable=True, versions=stubs.common.Versions(**older["versions"])))
    key, environment = next((k, e) for k, e in older["environments"].items() if e["environment"]["snapshots"])
    snapshot = next(s for s in older["snapshots"] if s.get("version") and s["node"].get("kind"))
    places = [(stubs.common.SECTION_SNAPSHOTS, "", snapshot, at) for at in sorted(COLUMNS)]
    places += [(stubs.common.SECTION_ENVIRONMENTS, key, environment, ("environment", field))
               for field in ("name", "plan_id", "start_at") if isinstance(environment["environment"].get(field), str)]
    with server.channel() as channel:
        stub = stubs.state_grpc.StateServiceStub(channel)
        for section, name, value, at in places:
            for damage, data in damaged(value, at):
                batch = s.RecordBatch(records=[record(stubs, section, name, data)])
                totals = {"snapshots": 1} if section == stubs.common.SECTION_SNAPSHOTS else {"environments": 1}
                commit = s.ImportCommit(**totals, checksum=hashlib.sha256(data + b"\n").hexdigest())
                requests = [begin, s.MigrateStateFileRequest(records=batch), s.MigrateStateFileRequest(commit=commit)]
                code = grpc.StatusCode.OK
                why: str | None = None
                try:
                    list(stub.MigrateStateFile(iter(requests), timeout=60))
                except grpc.RpcError as error:
                    code, why = error.code(), error.details()
                assert code not in BROKEN, (at, damage, code, why)
                if damage == "nul":
                    assert code == grpc.StatusCode.INVALID_ARGUMENT, (at, code, why)


# --- a database with another encoding ----------------------------------------------------------

@pytest.fixture
def latin1(databases):
    """A state in a database that knows 256 characters."""
    name = "latin1_state"
    databases.cluster.execute(f'CREATE DATABASE "{name}" TEMPLATE template0 ENCODING LATIN1'
                              ' LC_COLLATE "C" LC_CTYPE "C"')
    yield Database(databases.cluster, name)
    databases.cluster.drop(name)


def test_a_character_that_the_database_lacks(latin1, start_server, stubs, tmp_path):
    client = Client(start_server(latin1))
    client.ok("migrate", "-y")
    before = latin1.fingerprint()
    document = json.loads(json.dumps(DOCUMENT))
    document["environments"]["prod"]["environment"]["plan_id"] = "plan of 5 €"
    file = tmp_path / "state.json"
    file.write_text(json.dumps(document))
    error = client.refused("import", "-i", file, "-y")
    assert error["reason"] == "ARGUMENT_INVALID", error
    assert 'has no equivalent in encoding "LATIN1"' in error["message"]
    assert "Move the state to a database with ENCODING 'UTF8'" in error["hint"]
    assert latin1.fingerprint() == before
    operation = client.json("operation", error["operation"])["operation"]
    assert operation["status"] == "OPERATION_STATUS_REFUSED", operation
    assert operation["error_reason"] == "ERROR_REASON_ARGUMENT_INVALID", operation


def test_an_outcome_is_recorded_although_it_quotes_such_a_character(latin1, start_server, stubs, tmp_path):
    client = Client(start_server(latin1))
    client.ok("migrate", "-y")
    document = json.loads(json.dumps(DOCUMENT))
    document["snapshots"][0] = {**document["snapshots"][0], "name": '"5 €"', "fingerprint": "5 €"}
    file = tmp_path / "state.json"
    file.write_text(json.dumps(document))
    error = client.refused("import", "-i", file, "-y")
    assert error["reason"] == "RECORD_INVALID" and "€" in error["message"]
    operation = client.json("operation", error["operation"])["operation"]
    assert operation["status"] == "OPERATION_STATUS_REFUSED", operation
    assert "5 ?" in operation["error"]
