# SPDX-License-Identifier: Apache-2.0
"""An acknowledged change is on disk, whatever role, database or server say of synchronous_commit."""

import json
import uuid

import pytest

from harness import paths, workers
from harness.client import Client
from harness.cluster import Cluster
from harness.database import Databases
from harness.revisions import LEASE, USERS, Project
from harness.schemas import warehouse
from harness.server import gateway

FILE = paths.CORPUS / paths.NEWEST / "export_all.json"
OTHER = paths.CORPUS / paths.NEWEST / "export_env_dev_b.json"
OLD = "0.213.0"

# Of every table that a change writes: with which setting it was written. Heartbeats of operations may get lost.
WITNESS = """
CREATE TABLE public.witness (name text, setting text, UNIQUE (name, setting));
CREATE FUNCTION public.witness() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO public.witness VALUES (TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME, current_setting('synchronous_commit'))
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
"""
WATCH = """
DO $$ DECLARE one record; BEGIN
  FOR one IN SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('sqlmesh', 'stateserver') AND c.relkind = 'r'
      AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = 'witness')
  LOOP
    EXECUTE format('CREATE TRIGGER witness AFTER INSERT OR UPDATE %s OR DELETE ON %I.%I FOR EACH STATEMENT'
                   ' EXECUTE FUNCTION public.witness()',
                   CASE WHEN one.relname = 'operations' THEN 'OF status' ELSE '' END, one.nspname, one.relname);
  END LOOP;
END $$;
"""


def weak(database, setting="off"):
    database.execute(f"ALTER DATABASE \"{database.name}\" SET synchronous_commit = '{setting}'")


def watch(database):
    if not database.execute("SELECT FROM pg_proc WHERE proname = 'witness'"):
        database.execute(WITNESS)
    database.execute(WATCH)


def seen(database):
    return database.execute("SELECT DISTINCT name, setting FROM public.witness ORDER BY 1")


@pytest.mark.parametrize("setting, expected", [("off", "on"), ("local", "on"), ("remote_write", "on"),
                                               ("remote_apply", "remote_apply")])
def test_every_change_of_a_state_is_written_through(databases, serve, setting, expected):
    database = databases.state(OLD)
    weak(database, setting)
    client = serve(database, **workers.OPTIONS)
    client.ok("migrate", "-y")
    client.ok("rollback", "-y")
    client.ok("migrate", "-y")
    # From here on every table is there.
    watch(database)
    client.import_(OTHER)
    client.import_(FILE, "--replace")
    client.ok("compact", "-y")
    database.execute("UPDATE sqlmesh._environments SET expiration_ts = 1 WHERE name = 'dev_b'")
    database.execute("DELETE FROM public.witness")
    client.ok("expired", "--delete", "-y")
    client.ok("restore", client.json("restore-points")["restore_points"][0]["id"], "-y")
    client.refused("import", "-i", OTHER, "-y", "--if-unchanged-since", "0" * 64)
    rows = seen(database)
    assert {name for name, _ in rows} >= {"sqlmesh._snapshots", "sqlmesh._environments", "stateserver.operations",
                                          "stateserver.audit", "stateserver.restore_points"}
    assert {value for _, value in rows} == {expected}, rows


def test_the_journal_of_revisions_is_written_through(state, starrocks, start_server, tmp_path):
    weak(state)
    block = gateway(state, connection=warehouse(starrocks.server, starrocks.name))
    project = Project(start_server({"local": block}, limits={"schema_lock_lease": LEASE}), starrocks, tmp_path)
    project.declare(users=USERS)
    project.autogenerate("users")
    project.upgrade()
    watch(state)
    project.downgrade("-1")
    project.upgrade()
    rows = seen(state)
    assert len([name for name, _ in rows if name.startswith("stateserver.revision")]) >= 2, rows
    assert {value for _, value in rows} == {"on"}, rows


@pytest.fixture
def lasting():
    """A cluster that survives a power cut as one in earnest does; only what a commit waits for is on disk soon."""
    cluster = Cluster(settings=[("fsync", "on"), ("wal_writer_delay", "10s"), ("checkpoint_timeout", "1h")])
    yield cluster
    cluster.destroy()


def test_an_acknowledged_import_outlives_a_crash(lasting, start_server):
    state = Databases(lasting).state()
    weak(state)
    lasting.execute("CHECKPOINT")
    client = Client(start_server(state))
    for file in (FILE, OTHER, FILE):
        operation = str(uuid.uuid4())
        client.ok("import", "-i", file, "-y", "--replace", "--operation-id", operation)
        lasting.crash()
        lasting.start()
        assert client.json("operation", operation)["operation"]["status"] == "OPERATION_STATUS_SUCCEEDED"


def durability(client):
    findings = json.loads(client("--format", "json", "doctor").out)["findings"]
    return next(f for f in findings if f["name"] == "durability")


def test_doctor_names_what_is_weaker_than_promised(lasting, start_server):
    state = Databases(lasting).state()
    found = durability(Client(start_server(state)))
    assert found["verdict"] == "DIAGNOSIS_VERDICT_PASSED" and "on disk" in found["message"]
    weak(state)
    found = durability(Client(start_server(state)))
    assert found["verdict"] == "DIAGNOSIS_VERDICT_WARNING" and "synchronous_commit is 'off'" in found["message"]
    assert "synchronous_commit" in found["hint"]


def test_doctor_names_a_server_that_does_not_write_through(state, serve):
    """The cluster of the tests is such a one."""
    found = durability(serve(state))
    assert found["verdict"] == "DIAGNOSIS_VERDICT_WARNING" and "fsync is off" in found["message"]
