# SPDX-License-Identifier: Apache-2.0
"""The server dies while it compacts or deletes what has expired: the state is
exactly the old or the new one, and a retry with the same id is safe."""

import uuid

import pytest

from harness.client import UNKNOWN
from harness.compare import content

COMMANDS = {"compact": ("compact", "-y"), "expired": ("expired", "--delete", "-y")}


@pytest.fixture
def aged(state):
    state.execute("UPDATE sqlmesh._environments SET expiration_ts = 1700000000000 WHERE name <> 'prod'")
    state.execute("UPDATE sqlmesh._snapshots SET updated_ts = 1700000000000")
    return state


@pytest.mark.parametrize("command,point", [
    ("compact", "compact.mid"), ("compact", "compact.before_commit"), ("compact", "compact.after_commit"),
    ("expired", "expired.mid"), pytest.param("expired", "compact.mid", marks=pytest.mark.exhaustive),
    ("expired", "expired.before_commit"),
    ("expired", "expired.after_commit")])
def test_server_killed(databases, aged, serve, command, point):
    expected = databases.copy(aged)
    serve(expected).ok(*COMMANDS[command])
    old, new = content(aged), content(expected)
    assert old != new
    identifier = str(uuid.uuid4())
    client = serve(aged, failpoints=f"{point}=kill")
    result = client(*COMMANDS[command], "--operation-id", identifier)
    client.server.process.wait(30)
    assert result.code == UNKNOWN and identifier in result.err, result
    done = point.endswith("after_commit")
    assert content(aged) == (new if done else old)

    client.server.restart()
    status = client.json("operation", identifier)["operation"]["status"]
    assert status == f"OPERATION_STATUS_{'SUCCEEDED' if done else 'ABANDONED'}"
    points = client.json("restore-points")["restore_points"]
    assert len(points) == (1 if done and command == "expired" else 0)
    again = client.json(*COMMANDS[command], "--operation-id", identifier)
    assert again["operation"]["status"] == "OPERATION_STATUS_SUCCEEDED"
    assert content(aged) == new
