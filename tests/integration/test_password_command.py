# SPDX-License-Identifier: Apache-2.0
"""`password_command`: passwords that a program prints, as the IAM tokens of managed PostgreSQL, with SCRAM."""

import shlex
import stat
import time

import pytest

from harness.client import FAILED, UNREACHABLE
from harness.server import gateway

SECRET = "first-secret-of-the-test"


class Command:
    """A program that notes its environment for each run and prints what `answer` holds."""

    def __init__(self, folder):
        self.program, self.answer, self._runs = folder / "token", folder / "answer", folder / "runs"
        self.write(f"exec cat {shlex.quote(str(self.answer))}")
        self.answer.write_text(SECRET + "\n")

    def write(self, script):
        note = f'echo "$STATESERVER_GATEWAY $PGUSER $PGHOST $PGPORT $PGDATABASE" >>{shlex.quote(str(self._runs))}'
        self.program.write_text(f"#!/bin/sh\n{note}\n{script}\n")
        self.program.chmod(stat.S_IRWXU)

    @property
    def runs(self):
        return self._runs.read_text().splitlines() if self._runs.exists() else []


@pytest.fixture
def command(tmp_path):
    return Command(tmp_path)


@pytest.fixture
def block(state, command):
    """A gateway whose role has the password that the command prints."""
    state.execute(f"CREATE ROLE iam LOGIN SUPERUSER PASSWORD '{SECRET}'")
    block = gateway(state)
    del block["state_connection"]["password"]
    block["state_connection"].update(user="iam", password_command=[str(command.program)])
    yield block
    state.execute("DROP OWNED BY iam; DROP ROLE iam")


def disconnect(state):
    """All connections of the role end."""
    state.execute("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = 'iam'")


def test_one_run_serves_all_connections(state, serve, block, command, cluster):
    client = serve({"prod": block})
    for _ in range(3):
        assert client.json("versions")["state"]
    assert client.json("doctor")
    assert command.runs == [f"prod iam {cluster.host} {cluster.port} {state.name}"]
    disconnect(state)
    client.ok("versions")
    assert len(command.runs) == 1, "the password is kept across connections"


def test_a_password_that_was_changed_is_obtained_once_more(state, serve, block, command):
    client = serve({"prod": block})
    client.ok("versions")
    for number in (2, 3):
        changed = f"secret-number-{number}"
        state.execute(f"ALTER ROLE iam PASSWORD '{changed}'")
        command.answer.write_text(changed)
        client.ok("versions")
        assert len(command.runs) == number - 1, "a connection that exists needs no password"
        disconnect(state)
        client.ok("versions")
        assert len(command.runs) == number


def test_a_password_is_replaced_before_it_expires(state, serve, block, command):
    command.answer.write_text(f'{{"accessToken": "{SECRET}", "expires_on": {int(time.time()) + 30}}}')
    client = serve({"prod": block})
    client.ok("versions")
    before = len(command.runs)
    disconnect(state)
    client.ok("versions")
    assert len(command.runs) > before
    command.answer.write_text(f'{{"token": "{SECRET}", "expires_at": "2126-01-01T00:00:00Z"}}')
    disconnect(state)
    client.ok("versions")
    before = len(command.runs)
    disconnect(state)
    client.ok("versions")
    assert len(command.runs) == before


def test_a_wrong_password_is_an_error_of_postgresql(serve, block, command):
    command.answer.write_text("something-else")
    client = serve({"prod": block})
    error = client.refused("versions", code=UNREACHABLE)
    assert error["reason"] == "DATABASE_UNREACHABLE" and "password authentication failed" in error["message"]
    assert "something-else" not in client.server.text()


def test_a_failure_names_gateway_and_program_and_no_secret(state, serve, block, command):
    command.write(f"echo {SECRET}; echo 'ERROR: cannot use {SECRET}' >&2; exit 4")
    client = serve({"prod": block})
    error = client.refused("versions", code=UNREACHABLE)
    assert error["reason"] == "DATABASE_UNREACHABLE"
    assert error["message"].startswith(
        f"The password_command of gateway 'prod' ('{command.program}') exited with code 4")
    assert error["message"].endswith("it said: ERROR: cannot use ***")
    found = client("--format", "json", "doctor", code=1).json["findings"]
    (database,) = (f for f in found if f["name"] == "database")
    assert database["message"] == error["message"] and "docs/configuration.md" in database["hint"]
    assert SECRET not in client.server.text()
    command.write(f"echo {SECRET}")
    client.ok("versions")


@pytest.mark.parametrize("script, said", [
    ("yes | head -c 70000", "printed more than 64 KiB"),
    ("exec sleep 600", "did not end within 1s"),
    ("printf 'one\\ntwo\\n'", "printed more than one line"),
    (":", "printed nothing"),
])
def test_bad_commands_are_bounded(serve, block, command, script, said):
    command.write(script)
    block["state_connection"]["password_command_timeout"] = "1s"
    assert said in serve({"prod": block}).refused("versions", code=UNREACHABLE)["message"]


def test_check_config_names_a_program_that_is_missing(state, start_server, block, tmp_path):
    block["state_connection"]["password_command"] = [str(tmp_path / "none")]
    with pytest.raises(RuntimeError, match=r"state_connection\.password_command: '.*none' is not a program"):
        start_server({"prod": block})


def test_cloud_sql_through_a_proxy(state, serve, block, command):
    """A gcp_postgres block of SQLMesh, with the address of a proxy."""
    own = block["state_connection"]
    gcp = {"type": "gcp_postgres", "instance_connection_string": "p:r:i", "user": "iam", "db": state.name,
           "enable_iam_auth": True, "ip_type": "private"}
    client = serve({"other": gateway(state), "prod": {"state_connection": gcp}})
    error = client.refused("--gateway", "prod", "versions", code=FAILED)
    assert "gcp_postgres" in error["message"] and "cloud-sql-proxy --auto-iam-authn p:r:i" in error["hint"]
    gcp.update({key: own[key] for key in ("host", "port", "password_command")})
    client = serve({"prod": {"state_connection": gcp}})
    assert client.json("versions")["state"]
    assert len(command.runs) == 1
