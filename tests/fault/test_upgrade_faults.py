# SPDX-License-Identifier: Apache-2.0
"""An upgrade of a state file that dies leaves nothing in the database."""

import time

import pytest

from harness import paths, workers
from harness.client import DONE

OLD = paths.CORPUS / "0.213.0" / "export_all.json"


def left(database):
    """What an upgrade could have left behind: a schema of the server, a temporary table."""
    return database.execute(
        "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'stateserver%' UNION ALL"
        " SELECT relname FROM pg_class WHERE relpersistence = 't' AND relkind = 'r'")


def wait_until_alone(database):
    """Until the dead server's backend has gone, and its transaction with it."""
    deadline = time.monotonic() + 30
    while database.scalar("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                          " AND pid <> pg_backend_pid()"):
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("point", ["after_load", "after_migrate"])
def test_server_killed(empty, serve, tmp_path, point):
    client = serve(empty, failpoints=f"upgrade.{point}=kill", **workers.OPTIONS)
    target = tmp_path / "new.json"
    target.write_text("as it was")
    result = client("upgrade-file", "-i", OLD, "-o", target)
    assert result.code != DONE, result
    client.server.process.wait(30)
    assert target.read_text() == "as it was"
    wait_until_alone(empty)
    assert left(empty) == []
    client.server.restart()
    client.ok("upgrade-file", "-i", OLD, "-o", target)
    assert left(empty) == []


def test_backend_killed(empty, serve, tmp_path):
    client = serve(empty, failpoints="upgrade.after_load=terminate_backend@1", **workers.OPTIONS)
    target = tmp_path / "new.json"
    assert client("upgrade-file", "-i", OLD, "-o", target).code != DONE
    assert not target.exists() and left(empty) == []
    client.ok("upgrade-file", "-i", OLD, "-o", target)
