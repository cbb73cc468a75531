"""The tools of the fault tests: a fault must really be one."""

import psycopg2
import pytest


def test_a_crash_ends_sessions_and_keeps_what_was_committed(cluster, databases):
    database = databases.state()
    before = database.fingerprint()
    session = database.connect()
    session.autocommit = False
    session.cursor().execute("DELETE FROM sqlmesh._snapshots")
    cluster.crash()
    cluster.start()
    with pytest.raises(psycopg2.Error):
        session.cursor().execute("SELECT 1")
    assert database.fingerprint() == before
    assert "_snapshots" in before
