# SPDX-License-Identifier: Apache-2.0
"""Floods of calls that are refused: the audit trail and the log stay small, and say how much they leave out."""

import concurrent.futures
import json
import re
import uuid

import grpc
import pytest

from harness import access, paths, process_stats, raw
from harness.answers import answers_within
from harness.client import Client

FILE = paths.CORPUS / paths.NEWEST / "export_all.json"
RECORDED = 20
LOGGED = 10


@pytest.fixture
def guarded(state, start_server, tmp_path):
    tokens = access.Tokens(tmp_path)
    made = {role: tokens.create(role, local=role) for role in access.ROLES[1:]}
    server = start_server(state, auth={"tokens_file": str(tokens.file)})
    Client(server, STATESERVER_TOKEN=made["admin"]).ok("compact", "-y")
    return server, state, made


def bearer(token):
    return [("authorization", f"Bearer {token}")] if token else None


def migrate(stub, stubs, token):
    """The reason of a Migrate that is refused."""
    try:
        list(stub.Migrate(stubs.state.MigrateRequest(operation_id=str(uuid.uuid4())), metadata=bearer(token),
                          timeout=10))
    except grpc.RpcError as error:
        return raw.reason(stubs, error) or error.code().name
    return "OK"


def flood(server, stubs, token, calls):
    with server.channel() as channel, concurrent.futures.ThreadPoolExecutor(8) as pool:
        stub = stubs.state_grpc.StateServiceStub(channel)
        return list(pool.map(lambda _: migrate(stub, stubs, token), range(calls)))


def events(state, where):
    return state.execute("SELECT principal, arguments, error FROM stateserver.audit"
                         f" WHERE event = 'refused' AND {where}")


def test_refusals_of_a_reader_are_counted(guarded, stubs):
    server, state, tokens = guarded
    assert set(flood(server, stubs, tokens["reader"], 150)) == {"ROLE_MISSING"}
    operation = str(uuid.uuid4())
    Client(server, STATESERVER_TOKEN=tokens["writer"]).ok("import", "-i", FILE, "-y", "--operation-id", operation)
    assert set(flood(server, stubs, tokens["reader"], 150)) == {"ROLE_MISSING"}
    Client(server, STATESERVER_TOKEN=tokens["writer"])("migrate", "-y", code=3)
    answers_within(server, stubs, tokens["reader"])
    recorded = len(events(state, "kind = 'migrate' AND principal = 'token:reader'"))
    # The flood may last into a second minute.
    assert RECORDED <= recorded <= 2 * RECORDED
    assert len(events(state, "principal = 'token:writer'")) == 1, "another principal has a count of its own"
    rows = state.execute(f"SELECT event FROM stateserver.audit WHERE operation_id = '{operation}' ORDER BY seq")
    assert [row[0] for row in rows] == ["began", "succeeded"], "a change that happened is never left out"
    assert f'stateserver_refusals_not_recorded_total{{gateway="local"}} {300 - recorded}' in server.metrics()
    assert server.stop() == 0
    counted = events(state, "kind = 'refused calls'")
    assert {row[0] for row in counted} == {"token:reader"} and len(counted) <= 2
    assert sum(as_object(row[1])["not_recorded"] for row in counted) == 300 - recorded
    assert re.search(r"\d+ more refused calls of 'token:reader'", counted[-1][2])


def as_object(value):
    return json.loads(value) if isinstance(value, str) else value


def test_callers_without_credentials_are_counted(guarded, stubs):
    server, state, tokens = guarded
    # Credentials that held are let through whatever others behind the address do.
    answers_within(server, stubs, tokens["reader"])
    rows = state.execute("SELECT count(*) FROM stateserver.audit")
    logged = len(server.log)
    assert set(flood(server, stubs, None, 500)) == {"UNAUTHENTICATED"}
    guesses = flood(server, stubs, "sst_guess", 200)
    assert set(guesses) <= {"UNAUTHENTICATED", "THROTTLED"} and "THROTTLED" in guesses
    answers_within(server, stubs, tokens["reader"])
    assert state.execute("SELECT count(*) FROM stateserver.audit") == rows
    metrics = server.metrics()
    assert 'stateserver_authentications_total{method="nobody",outcome="refused"} 500' in metrics
    left_out = int(re.search(r"stateserver_log_lines_left_out_total (\d+)", metrics)[1])
    lines = [line for line in server.log[logged:] if "authentication failed" in line or "method=Migrate" in line]
    # Two lines a call; the flood may last into a second minute.
    assert 0 < len(lines) <= 4 * LOGGED
    assert len(lines) + left_out == 500 * 2 + guesses.count("UNAUTHENTICATED") * 2 + guesses.count("THROTTLED")
    assert process_stats.peak_mib(server.process.pid) < 400
    assert server.stop() == 0
    said = [int(re.search(r"lines=(\d+)", line)[1]) for line in server.log if "were not written" in line]
    assert sum(said) == left_out
