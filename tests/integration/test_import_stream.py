# SPDX-License-Identifier: Apache-2.0
"""The Import stream's own rules, kept against a client that breaks them."""

import json
from typing import Any

import grpc
import pytest

from harness import paths, raw
from harness.database import corpus_json

pytestmark = pytest.mark.streams
DOCUMENT = json.loads((paths.CORPUS / paths.NEWEST / "export_env_dev_b.json").read_text())


@pytest.fixture
def server(state, start_server):
    return start_server(state)


@pytest.fixture
def call(server, stubs):
    return lambda **begin: raw.ImportCall(server, stubs, **begin)


def refused(stubs, state, before, act):
    with pytest.raises(grpc.RpcError) as error:
        act()
    assert state.fingerprint() == before
    return raw.reason(stubs, error.value)


def test_the_whole_stream(call, stubs):
    result = call().begin().records(raw.records_of(stubs, DOCUMENT)).commit()
    assert result.operation.status == stubs.operations.OPERATION_STATUS_SUCCEEDED
    assert result.file.snapshots == 27 and result.file.environments == 1


@pytest.mark.parametrize("change,expected", [
    ({"checksum": "0" * 64}, "CHECKSUM_MISMATCH"), ({"checksum": ""}, "CHECKSUM_MISMATCH"),
    ({"snapshots": 26}, "CHECKSUM_MISMATCH"), ({"environments": 2}, "CHECKSUM_MISMATCH")])
def test_a_wrong_trailer(call, stubs, state, change, expected):
    before = state.fingerprint()
    started = call().begin().records(raw.records_of(stubs, DOCUMENT))
    assert refused(stubs, state, before, lambda: started.commit(**change)) == expected


def test_an_identifier_that_does_not_follow_from_the_fingerprint(call, stubs, state):
    before = state.fingerprint()
    records = raw.records_of(stubs, DOCUMENT)
    records[3].identifier = "4242"
    started = call().begin().records(records)
    assert refused(stubs, state, before, lambda: started.commit()) == "IDENTIFIER_MISMATCH"


def test_records_as_an_export_sends_them(call, stubs, server):
    """With the identifiers filled in: those are the right ones."""
    export = stubs.state_grpc.StateServiceStub(server.channel()).Export(stubs.state.ExportRequest())
    exported = [record for message in export
                for record in message.records.records]
    assert all(record.identifier for record in exported if record.section == 1)
    result = call().begin().records(exported).commit()
    assert result.file.snapshots == sum(record.section == 1 for record in exported)


def test_an_end_without_a_trailer(call, stubs, state):
    before = state.fingerprint()
    started = call().begin().records(raw.records_of(stubs, DOCUMENT)).close()
    assert refused(stubs, state, before, lambda: list(started.call)) == "FILE_TRUNCATED"


def test_records_before_begin(call, stubs, state):
    before = state.fingerprint()
    started = call().records(raw.records_of(stubs, DOCUMENT)[:1])
    assert refused(stubs, state, before, lambda: list(started.close().call)) == "STREAM_OUT_OF_ORDER"


def test_begin_twice(call, stubs, state):
    before = state.fingerprint()
    started = call().begin()
    started.send(begin=stubs.state.ImportBegin(operation_id=started.id))
    assert refused(stubs, state, before, lambda: list(started.close().call)) == "STREAM_OUT_OF_ORDER"


def test_records_after_commit(call, stubs, state):
    """Whatever is answered, the first stream's records are all that counts."""
    started = call().begin().records(raw.records_of(stubs, DOCUMENT))
    started.send(commit=stubs.state.ImportCommit(checksum=started.sum.hexdigest(), **started.counts))
    started.send(records=stubs.state.RecordBatch(records=raw.records_of(stubs, DOCUMENT)[:1]))
    started.close()
    try:
        list(started.call)
    except grpc.RpcError as error:
        assert raw.reason(stubs, error) == "STREAM_OUT_OF_ORDER"


def test_nothing_at_all(call, stubs, state):
    before = state.fingerprint()
    assert refused(stubs, state, before, lambda: list(call().close().call)) == "STREAM_OUT_OF_ORDER"


@pytest.mark.parametrize("change,expected", [
    ({"operation_id": "seven"}, "ARGUMENT_INVALID"), ({"mode": 0}, "ARGUMENT_INVALID"),
    ({"file_version": 2}, "FILE_VERSION_UNSUPPORTED"), ({"importable": False}, "FILE_NOT_IMPORTABLE"),
    ({"gateway": "nope"}, "GATEWAY_NOT_FOUND"), ({"if_unchanged_since": "0" * 64}, "STATE_CHANGED")])
def test_a_wrong_begin(call, stubs, state, change, expected):
    before = state.fingerprint()

    def run():
        started = call(**change)
        started.begin()
        started.records(raw.records_of(stubs, DOCUMENT)).commit()
    assert refused(stubs, state, before, run) == expected


@pytest.mark.parametrize("data,expected", [
    (b"", "RECORD_INVALID|FILE_MALFORMED"), (b"[]", "RECORD_INVALID|FILE_MALFORMED"),
    (b"{", "RECORD_INVALID|FILE_MALFORMED"), (b'{"name": "\xff"}', "RECORD_INVALID|FILE_MALFORMED"),
    (b"{}" * 2, "RECORD_INVALID|FILE_MALFORMED"),
    (b'{"a":' * 5000 + b"1" + b"}" * 5000, "RECORD_INVALID|FILE_MALFORMED"),
    (b'{"name":"x\\u0000y"}', "RECORD_INVALID|FILE_MALFORMED")])
@pytest.mark.parametrize("section", ["snapshots", "environments"])
def test_a_record_that_is_none(call, stubs, state, section, data, expected):
    before = state.fingerprint()
    number = (stubs.common.SECTION_SNAPSHOTS if section == "snapshots" else stubs.common.SECTION_ENVIRONMENTS)
    record = stubs.common.Record(section=number, name="x", json=data)
    started = call().begin().records([record])
    assert refused(stubs, state, before, started.commit) in expected.split("|")


def test_a_part_too_large(call, stubs, state):
    before = state.fingerprint()
    record = stubs.common.Record(section=1, name="x", json=b'{"x":"' + b"y" * (3 << 20) + b'"}')
    started = call().begin().records([record])
    assert refused(stubs, state, before, started.commit) in ("RECORD_TOO_LARGE", None)


def test_a_message_too_large(call, stubs, state):
    """Over max_message_bytes: gRPC itself refuses it."""
    before = state.fingerprint()
    record = stubs.common.Record(section=1, name="x", json=b" " * (6 << 20))
    with pytest.raises(grpc.RpcError) as error:
        call().begin().records([record]).commit()
    assert error.value.code() in (grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.INVALID_ARGUMENT)
    assert state.fingerprint() == before


def test_records_in_any_section_order(call, stubs, state):
    records = raw.records_of(stubs, DOCUMENT)
    result = call().begin().records(records[-1:] + records[:-1]).commit()
    assert result.file.environments == 1


def test_a_record_in_many_parts(call, stubs, state):
    """Split at every kilobyte."""
    split = []
    for record in raw.records_of(stubs, DOCUMENT):
        pieces = [record.json[i:i + 1024] for i in range(0, len(record.json), 1024)]
        for i, piece in enumerate(pieces):
            split.append(stubs.common.Record(section=record.section, name=record.name, json=piece,
                                             continued=i + 1 < len(pieces)))
    assert call().begin().records(split).commit().file.snapshots == 27


def test_the_last_part_is_missing(call, stubs, state):
    before = state.fingerprint()
    record = raw.records_of(stubs, DOCUMENT)[0]
    record.continued = True
    started = call().begin().records([record])
    assert refused(stubs, state, before, started.commit) is not None


def test_a_record_without_a_section(call, server, stubs, state):
    """The import and the upgrade of a file say the same."""
    before = state.fingerprint()
    record = stubs.common.Record(name="x", json=b"{}")
    assert refused(stubs, state, before, call().begin().records([record]).commit) == "ARGUMENT_INVALID"
    s = stubs.state
    versions = stubs.common.Versions(**corpus_json("0.213.0", "export_all.json")["versions"])
    requests = [s.MigrateStateFileRequest(begin=s.MigrateFileBegin(file_version=1, importable=True, versions=versions)),
                s.MigrateStateFileRequest(records=s.RecordBatch(records=[record]))]
    with server.channel() as channel:
        upgrade = stubs.state_grpc.StateServiceStub(channel).MigrateStateFile
        assert refused(stubs, state, before, lambda: list(upgrade(iter(requests)))) == "ARGUMENT_INVALID"


def test_a_deadline_is_kept(server, stubs, state):
    before = state.fingerprint()
    started = raw.ImportCall(server, stubs).begin()
    with server.channel() as channel:
        stub = stubs.state_grpc.StateServiceStub(channel)
        import queue
        requests: queue.Queue[Any] = queue.Queue()
        requests.put(stubs.state.ImportRequest(begin=stubs.state.ImportBegin(
            operation_id="00000000-0000-4000-8000-000000000001", **started.arguments)))
        answers = stub.Import(iter(requests.get, None), timeout=1)
        with pytest.raises(grpc.RpcError) as error:
            list(answers)
        requests.put(None)
    assert error.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    started.call.cancel()
    assert state.fingerprint() == before


def test_no_message_passes_one_mebibyte(state, start_server, stubs):
    """However long one environment gets."""
    state.execute("UPDATE sqlmesh._environments SET start_at = repeat('9', 3000000) WHERE name = 'dev_a'")
    with start_server(state).channel() as channel:
        stub = stubs.state_grpc.StateServiceStub(channel)
        sizes = [answer.ByteSize() for answer in stub.Export(stubs.state.ExportRequest(), timeout=60)]
    assert max(sizes) <= 1 << 20 and sum(sizes) > 3_000_000
