# SPDX-License-Identifier: Apache-2.0
"""Operations of several servers on one database: listed, waited for and cancelled from any of them."""

import contextlib
import subprocess
import threading
import time
import uuid

import pytest

from harness import access, paths
from harness.client import Client

FILE = paths.CORPUS / paths.NEWEST / "export_all.json"


@pytest.fixture
def servers(state, start_server, tmp_path):
    """Clients by role of two servers on one database, as one[role] and other[role]."""
    tokens = access.Tokens(tmp_path)
    made = {name: tokens.create(name, local=role)
            for name, role in (("reader", "reader"), ("writer", "writer"), ("second", "writer"), ("admin", "admin"))}
    options = {"auth": {"tokens_file": str(tokens.file)}, "limits": {"lock_timeout": "60s"}}
    found = [{name: Client(server, STATESERVER_TOKEN=token) for name, token in made.items()}
             for server in (start_server(state, **options), start_server(state, **options))]
    found[0]["admin"].ok("compact", "-y")  # makes schema stateserver
    return state, *found


@contextlib.contextmanager
def blocked(state, client, *command):
    """A command of `client` that waits for a lock; its operation id. The command has ended afterwards."""
    identifier = str(uuid.uuid4())
    with state.connect(application_name="somebody's plan") as connection:
        connection.autocommit = False
        connection.cursor().execute("LOCK TABLE sqlmesh._snapshots IN ACCESS EXCLUSIVE MODE")
        process = client.start(*command, "--operation-id", identifier)
        try:
            until(lambda: client("operation", identifier).code == 0)
            yield identifier
        finally:
            connection.rollback()
            try:
                process.communicate(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


def until(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def running(client, identifier):
    """What `top` says of an operation; None where it does not list it."""
    calls = client.json("top", "--once")["calls"]
    return next((call for call in calls if call["operation_id"] == identifier), None)


def outcome(client, identifier):
    record = client.json("operation", identifier)["operation"]
    return record["status"].removeprefix("OPERATION_STATUS_"), record["error"]


def test_every_server_lists_it(servers):
    state, one, other = servers
    with blocked(state, one["writer"], "import", "-i", FILE, "-y") as identifier:
        here = until(lambda: running(one["reader"], identifier))
        assert here["server"] == "" and here["method"] == "Import"
        there = until(lambda: (call := running(other["reader"], identifier)) and call["heartbeat_ts"]
                      and "somebody's plan" in call["blocked_by"] and call)
        assert there["server"] and there["kind"] == "OPERATION_KIND_IMPORT" and there["phase"] == "lock"
        assert there["principal"] == "token:writer"
        text = other["reader"].ok("top", "--once").out
        assert there["server"] in text and "somebody's plan" in text
    assert running(other["reader"], identifier) is None


@pytest.mark.parametrize("where,who", [(0, "writer"), (1, "writer"), (1, "admin")])
def test_it_is_cancelled(servers, where, who):
    state, one, _ = servers
    canceller = servers[1 + where][who]
    before = state.fingerprint()
    with blocked(state, one["writer"], "import", "-i", FILE, "-y") as identifier:
        shown = canceller.ok("operation", identifier, "--cancel")
        assert "failed" in shown.out
        status, error = outcome(one["reader"], identifier)
        assert status == "FAILED" and f"cancelled by 'token:{who}'" in error
    events = one["reader"].json("audit", "--operation", identifier)["events"]
    assert [(event["outcome"].removeprefix("AUDIT_OUTCOME_"), event["principal"]) for event in events] == [
        ("BEGAN", "token:writer"), ("CANCEL_REQUESTED", f"token:{who}"), ("FAILED", "token:writer")]
    assert state.fingerprint() == before


@pytest.mark.slow
def test_a_retry_of_a_cancelled_operation_runs(servers):
    state, one, _ = servers
    with blocked(state, one["writer"], "import", "-i", FILE, "-y") as identifier:
        one["writer"].ok("operation", identifier, "--cancel")
    one["writer"].ok("import", "-i", FILE, "-y", "--operation-id", identifier)
    time.sleep(2.5)  # longer than a heartbeat
    assert outcome(one["reader"], identifier)[0] == "SUCCEEDED"


@pytest.mark.parametrize("who", ["reader", "second"])
def test_others_need_a_role(servers, who):
    state, one, other = servers
    with blocked(state, one["writer"], "import", "-i", FILE, "-y") as identifier:
        assert other[who].refused("operation", identifier, "--cancel", code=3)["reason"] == "ROLE_MISSING"
    assert outcome(one["reader"], identifier)[0] == "SUCCEEDED"


def test_what_has_ended_is_not_cancelled(servers):
    _, one, other = servers
    identifier = str(uuid.uuid4())
    one["writer"].ok("import", "-i", FILE, "-y", "--operation-id", identifier)
    error = other["writer"].refused("operation", identifier, "--cancel")
    assert error["reason"] == "OPERATION_ENDED" and "succeeded" in error["message"]
    assert other["writer"].refused("operation", str(uuid.uuid4()), "--cancel")["reason"] == "OPERATION_NOT_FOUND"


@pytest.mark.slow
def test_a_commit_is_not_cancelled(servers, barrier):
    _, one, other = servers
    identifier = str(uuid.uuid4())
    one["writer"].server.restart(failpoints=f"import.before_commit={barrier}")
    process = one["writer"].start("import", "-i", FILE, "-y", "--operation-id", identifier)
    barrier.await_reached(process)
    assert running(one["reader"], identifier)["phase"] == "commit"
    error = other["admin"].refused("operation", identifier, "--cancel")
    assert error["reason"] == "OPERATION_ENDED" and "is being committed" in error["message"]
    barrier.open()
    assert process.communicate(timeout=30) and process.returncode == 0
    assert outcome(one["reader"], identifier)[0] == "SUCCEEDED"


def test_waiting_for_it(servers):
    state, one, other = servers
    codes = []
    with blocked(state, one["writer"], "import", "-i", FILE, "-y") as identifier:
        waiting = threading.Thread(
            target=lambda: codes.append(other["reader"]("operation", identifier, "--watch").code))
        waiting.start()
        time.sleep(0.5)
        assert codes == []
    waiting.join(30)
    assert codes == [0]
