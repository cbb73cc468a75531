# SPDX-License-Identifier: Apache-2.0
"""No room left, on the client's side and on PostgreSQL's."""

import os
import pwd
import subprocess
import sys

import pytest

from harness import filesystem, paths
from harness.cluster import Cluster
from harness.database import Database

STATE = paths.CORPUS / paths.NEWEST / "export_all.json"


def test_a_disk_full_of_the_client(state, serve):
    """A small file system under the target."""
    with filesystem.small("64k") as folder:
        result = serve(state)("export", "-o", folder / "state.json", "-y", code=1)
        assert "No space left" in result.err and "state.json" in result.err
        assert os.listdir(folder) == []


@pytest.fixture
def cramped():
    """A database in a tablespace with room for a small state, in a cluster of its own."""
    account = pwd.getpwnam("postgres")
    with filesystem.small("18m", (account.pw_uid, account.pw_gid)) as folder:
        cluster = Cluster()
        try:
            cluster.execute(f"CREATE TABLESPACE cramped LOCATION '{folder}'")
            cluster.execute("CREATE DATABASE cramped TEMPLATE template0 TABLESPACE cramped")
            yield Database(cluster, "cramped")
        finally:
            cluster.destroy()


def test_a_disk_full_of_the_database(cramped, serve, tmp_path):
    """An import that does not fit leaves the state as it was, and the next that fits works."""
    big = tmp_path / "big.json"
    subprocess.run([sys.executable, paths.TESTS / "tools" / "make_state.py", "--models", "3000",
                    "--environments", "2", "-o", big], check=True)
    client = serve(cramped)
    client.ok("migrate", "-y")
    client.import_(STATE)
    before = cramped.fingerprint()
    for mode in ([], ["--replace"]):
        error = client.refused("import", "-i", big, "-y", *mode)
        assert error["reason"] == "DATABASE_FULL", error
        assert "room" in error["message"] + error["hint"], error
        assert cramped.fingerprint() == before
    assert client.json("import", "-i", STATE, "-y")["snapshots"]["inserted"] == 0
    assert cramped.fingerprint() == before
