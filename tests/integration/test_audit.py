# SPDX-License-Identifier: Apache-2.0
"""The audit trail: who changed what, attempt by attempt."""

import json
import uuid

import pytest

from harness import access, paths
from harness.client import Client

FILE = paths.CORPUS / paths.NEWEST / "export_all.json"


@pytest.fixture
def audited(state, start_server, tmp_path):
    """Clients by role, of a server whose gateway has run an operation."""
    tokens = access.Tokens(tmp_path)
    made = {role: tokens.create(role, local=role) for role in access.ROLES[1:]}
    server = start_server(state, auth={"tokens_file": str(tokens.file)})
    clients = {role: Client(server, STATESERVER_TOKEN=token) for role, token in made.items()}
    clients["admin"].ok("compact", "-y")
    return clients, state


def trail(client, *arguments):
    return client.json("audit", *arguments)["events"]


def test_a_change_and_its_caller(audited):
    clients, _ = audited
    operation = str(uuid.uuid4())
    clients["writer"].ok("import", "-i", FILE, "-y", "--operation-id", operation)
    began, succeeded = trail(clients["reader"], "--operation", operation)
    for event in (began, succeeded):
        assert event["principal"] == "token:writer" and event["method"] == "AUTH_METHOD_TOKEN"
        assert event["kind"] == "OPERATION_KIND_IMPORT" and event["gateway"] == "local"
        assert event["peer"].startswith("127.0.0.1:") and len(event["trace_id"]) == 32
    assert (began["outcome"], succeeded["outcome"]) == ("AUDIT_OUTCOME_BEGAN", "AUDIT_OUTCOME_SUCCEEDED")
    assert began["seq"] < succeeded["seq"] and began["at_ts"] <= succeeded["at_ts"]
    assert int(succeeded["details"]["file"]["snapshots"]) > 0, "the counts"


def test_a_refusal_for_a_missing_role(audited):
    clients, state = audited
    before = state.fingerprint()
    operation = str(uuid.uuid4())
    clients["writer"]("migrate", "-y", "--operation-id", operation, code=3)
    event = trail(clients["reader"])[-1]
    assert (event["outcome"], event["kind"]) == ("AUDIT_OUTCOME_REFUSED", "OPERATION_KIND_MIGRATE")
    assert event["principal"] == "token:writer" and event["error_reason"] == "ERROR_REASON_ROLE_MISSING"
    assert event["arguments"] == {"requested_operation": operation}
    shown = clients["reader"].json("operations")["operations"][0]
    assert shown["status"] == "OPERATION_STATUS_REFUSED" and shown["principal"] == "token:writer"
    assert state.fingerprint() == before


@pytest.mark.slow
def test_every_attempt_stays(audited):
    """A retry takes the operation's row over; the trail keeps what was before."""
    clients, state = audited
    operation = str(uuid.uuid4())
    command = ("import", "-i", FILE, "-y", "--operation-id", operation)
    with state.connect() as connection, connection.cursor() as cursor:
        connection.autocommit = False
        cursor.execute("LOCK TABLE sqlmesh._snapshots IN ACCESS EXCLUSIVE MODE")
        clients["admin"](*command, code=1)
        connection.rollback()
    clients["writer"].ok(*command)
    events = trail(clients["reader"], "--operation", operation)
    assert [(e["outcome"].removeprefix("AUDIT_OUTCOME_"), e["principal"]) for e in events] == [
        ("BEGAN", "token:admin"), ("REFUSED", "token:admin"), ("BEGAN", "token:writer"), ("SUCCEEDED", "token:writer")]


@pytest.mark.slow
def test_a_failed_change_is_told_with_its_reason(audited):
    clients, state = audited
    with state.connect() as connection, connection.cursor() as cursor:
        connection.autocommit = False
        cursor.execute("LOCK TABLE sqlmesh._snapshots IN ACCESS EXCLUSIVE MODE")
        operation = str(uuid.uuid4())
        clients["admin"]("compact", "-y", "--operation-id", operation, code=1)
        connection.rollback()
    events = trail(clients["reader"], "--operation", operation)
    assert [e["outcome"] for e in events] == ["AUDIT_OUTCOME_BEGAN", "AUDIT_OUTCOME_REFUSED"]
    assert events[-1]["error_reason"] == "ERROR_REASON_LOCK_TIMEOUT"


def test_json_lines(audited):
    clients, _ = audited
    clients["writer"]("rollback", "-y", code=3)
    lines = clients["reader"].ok("audit", "--json-lines").out.splitlines()
    events = [json.loads(line) for line in lines]
    assert [e["outcome"] for e in events] == ["AUDIT_OUTCOME_BEGAN", "AUDIT_OUTCOME_SUCCEEDED", "AUDIT_OUTCOME_REFUSED"]
    assert events == trail(clients["reader"])
    assert clients["reader"].ok("audit", "--json-lines", "--since", "2999-01-01").out == ""
    assert len(clients["reader"].ok("audit", "--json-lines", "--since",
                                    "2026-01-01T00:00:00+02:00").out.splitlines()) == 3
    assert "is neither a time such as" in clients["reader"]("audit", "--since", "yesterday", code=2).err


def test_pages(audited):
    clients, state = audited
    state.execute("INSERT INTO stateserver.audit (at_ts, event, state_schema, operation_id, kind, gateway, "
                  "principal, method,"
                  " peer, trace_id, arguments, details, error, error_reason) SELECT i, 'began', "
                  "'sqlmesh', gen_random_uuid(),"
                  " 'import', 'local', 'p', 'token', 'x', 't', '{}', '', '', '' FROM generate_series(1, 2500) i")
    assert len(trail(clients["reader"])) == 2502
    table = clients["reader"].ok("audit").out.splitlines()
    assert table[0].split()[:3] == ["TIME", "OUTCOME", "KIND"] and len(table) == 2503


def test_without_a_trail(state, serve):
    assert serve(state).json("audit") == {"events": []}


def test_a_schema_of_an_earlier_server_gets_its_trail(audited):
    """It had the tables but no trail; reading creates none, the next change does."""
    clients, state = audited
    state.execute("DROP TABLE stateserver.audit, stateserver.steps")
    assert trail(clients["reader"]) == []
    clients["writer"]("migrate", "-y", code=3)
    assert [e["outcome"] for e in trail(clients["reader"])] == ["AUDIT_OUTCOME_REFUSED"]


def test_the_trail_is_in_the_transaction_of_the_change(audited):
    """Where the event cannot be written, the change is not made."""
    clients, state = audited
    before = state.fingerprint()
    state.execute("CREATE FUNCTION stateserver.no() RETURNS trigger LANGUAGE plpgsql AS"
                  " 'BEGIN IF NEW.event = ''succeeded'' THEN RAISE ''no trail''; END IF; RETURN NEW; END'")
    state.execute("CREATE TRIGGER no BEFORE INSERT ON stateserver.audit FOR EACH ROW EXECUTE FUNCTION stateserver.no()")
    error = clients["admin"].refused("import", "-i", FILE, "--replace", "-y")
    assert "no trail" in error["message"]
    assert state.fingerprint() == before
    assert [e["outcome"] for e in trail(clients["reader"])][-1] == "AUDIT_OUTCOME_FAILED"
