# SPDX-License-Identifier: Apache-2.0
"""Names that another database user has taken: nothing of theirs runs as the server's role (CVE-2018-1058)."""

import time
import urllib.request

import pytest

from harness import paths, traps, workers
from harness.client import Client
from harness.cluster import Cluster
from harness.database import Databases
from harness.revisions import AGED, LEASE, ONE_REPLICA, USERS, Project
from harness.schemas import warehouse
from harness.server import gateway

FILE = paths.CORPUS / paths.NEWEST / "export_all.json"
OTHER = paths.CORPUS / paths.NEWEST / "export_env_dev_b.json"
OLD = "0.213.0"


@pytest.fixture(scope="module")
def hostile():
    """A cluster of its own, whose log tells which trap was sprung."""
    cluster = Cluster(settings=[("log_min_messages", "log")])
    cluster.databases = Databases(cluster)  # type: ignore[attr-defined]  # for the tests here
    yield cluster
    cluster.destroy()


@pytest.fixture
def trapped(hostile):
    """trapped(release) -> a state beside an attacker's schema."""
    def make(release=paths.NEWEST):
        database = hostile.databases.state(release)
        traps.set_up(database, "mallory", "victim")
        return database

    yield make
    hostile.databases.drop_made()
    hostile.execute("DROP ROLE mallory; DROP ROLE victim")


def as_victim(database, **extra):
    block = gateway(database, **extra)
    block["state_connection"].update(user="victim", password="victim")
    return block


def test_the_traps_work(trapped, hostile):
    """On the search_path that the role has; else this file would prove nothing."""
    database = trapped()
    before = set(traps.sprung(hostile))
    traps.run_as(database, "victim", "SELECT lower('A'::pg_catalog.text)", "SELECT FROM pg_class",
                 "SELECT 'a'::pg_catalog.text = 'b'::pg_catalog.text", "SELECT 'a'::text", "SELECT FROM operations")
    assert set(traps.sprung(hostile)) - before >= {"lower", "table pg_class", "operator =", "type text",
                                                   "table operations"}


def fires_none(hostile, run):
    before = set(traps.sprung(hostile))
    run()
    assert set(traps.sprung(hostile)) == before


def wait_for_gauges(server):
    """What monitors ask by themselves."""
    deadline = time.monotonic() + 30
    while True:
        with urllib.request.urlopen(f"http://{server.metrics_address}/metrics", timeout=10) as answer:
            if b"stateserver_state_snapshots{" in answer.read():
                return
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_reads_and_changes(trapped, hostile, start_server, tmp_path):
    database = trapped()
    client = Client(start_server({"local": as_victim(database)}))

    def run():
        name = client.json("snapshots")["snapshots"][0]["name"]
        for command in (["versions"], ["environments"], ["environment", "dev_b"], ["snapshots", "--name", "*o?d*"],
                        ["snapshot", name], ["stats"], ["diff", "dev_a", "dev_b"], ["operations"], ["audit"],
                        ["restore-points"], ["doctor"], ["check"], ["expired"], ["gateways"], ["health"]):
            client.ok(*command)
        client.export(tmp_path / "a.json")
        client.import_(OTHER)
        client.import_(FILE, "--replace")
        client.ok("compact", "-y")
        client.ok("expired", "--delete", "-y")
        point = client.json("restore-points")["restore_points"][0]["id"]
        client.ok("restore", point, "-y")
        client.export(tmp_path / "b.json", "--restore-point", point)
        operation = client.json("operations")["operations"][0]["id"]
        client.ok("operation", operation)
        client.ok("audit")
        wait_for_gauges(client.server)
    fires_none(hostile, run)


def test_migrate_and_back(trapped, hostile, start_server, tmp_path):
    database = trapped(OLD)
    client = Client(start_server({"local": as_victim(database)}, **workers.OPTIONS))

    def run():
        client.ok("upgrade-file", "-i", paths.CORPUS / OLD / "export_all.json", "-o", tmp_path / "new.json")
        client.ok("migrate", "--dry-run", "-y")
        client.ok("migrate", "-y")
        client.ok("rollback", "-y")
    fires_none(hostile, run)


def test_revisions(trapped, hostile, start_server, starrocks, tmp_path):
    database = trapped()
    block = as_victim(database, connection=warehouse(starrocks.server, starrocks.name))
    server = start_server({"local": block}, limits={"schema_lock_lease": LEASE})
    project = Project(server, starrocks, tmp_path)

    def run():
        project.declare(users=USERS)
        first = project.autogenerate("users")
        project.upgrade()
        project.declare(users=AGED)
        project.autogenerate("age")
        project.upgrade()
        for command in (["current"], ["history"], ["check", "--drift"], ["inspect"]):
            project(*command)
        project.downgrade("-1")
        project("repair")
        project("stamp", first, "-y", "--force", *ONE_REPLICA)
    fires_none(hostile, run)


def test_a_replica_and_an_assumed_role(trapped, hostile, start_server, tmp_path):
    """Sessions of every pool; SET ROLE does not bring the role's search_path along."""
    database = trapped()
    block = as_victim(database)
    block["state_connection"]["role"] = "victim"
    block["read_replica"] = {"host": hostile.host, "port": hostile.port, "max_staleness": "1d"}
    client = Client(start_server({"local": block}))

    def run():
        client.export(tmp_path / "a.json")
        client.ok("health", "gateway/local")
        client.import_(OTHER)
    fires_none(hostile, run)
