"""A project moves from an older SQLMesh to the newest with our migration between."""

import threading
import time

import pytest

from harness import releases, workers
from harness.shop import Shop

# A release and its schema version.
OLD, SCHEMA = "0.176.0", 80

pytestmark = pytest.mark.slow


@pytest.fixture
def serve(serve):
    """With the workers that some of these snapshots need."""
    return lambda target, **options: serve(target, **{**workers.OPTIONS, **options})


@pytest.fixture
def old(databases, tmp_path):
    """A project of the old release: prod applied, a dev environment ahead of it."""
    database = databases.empty()
    shop = Shop(database, tmp_path / "project", step=0, python=releases.python(OLD), schema=SCHEMA)
    shop.apply("prod")
    shop.at(2).apply("dev_a")
    return shop


def test_the_newest_plan_shows_no_changes(old, serve, tmp_path):
    """After our migration; and SQLMesh goes on working: plan, janitor, rollback."""
    client = serve(old.database)
    result = client.json("migrate", "-y")
    assert result["rows"]["fingerprints_kept"] == 0
    new = old.upgraded()
    assert new.at(0).has_changes("prod") is None
    assert new.at(2).has_changes("dev_a") is None
    new.run("janitor")
    assert new.at(0).has_changes("prod") is None
    new.at(4).apply("prod")
    assert new.has_changes("prod") is None
    client.export(tmp_path / "state.json")
    # The old release finds its state again after our rollback.
    client.ok("rollback", "-y")
    old.forget_cache()
    assert old.at(0).has_changes("prod") is None


def intervals(database):
    return {tuple(row) for row in database.execute(
        "SELECT name, version, start_ts, end_ts, is_dev FROM sqlmesh._intervals")}


def test_beside_a_running_plan_nobody_loses_intervals(old, serve):
    """The plan of the old release is applied while the migration waits, or after it."""
    client = serve(old.database, limits={"lock_timeout": "60s"})
    before = intervals(old.database)
    outcome = {}

    def plan():
        outcome["plan"] = old.at(4).plan("dev_b", "--auto-apply", check=False)

    thread = threading.Thread(target=plan)
    thread.start()
    deadline = time.monotonic() + 60
    # In the middle of it: some of its intervals are written.
    while thread.is_alive() and intervals(old.database) == before:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    written = intervals(old.database)
    assert client.json("migrate", "-y")["changed"]
    assert written <= intervals(old.database)
    thread.join(120)
    assert outcome["plan"].returncode == 0, outcome["plan"].stdout + outcome["plan"].stderr
    assert written <= intervals(old.database)
    assert old.database.versions()[0] == 102
    new = old.upgraded()
    assert new.at(0).has_changes("prod") is None
