# SPDX-License-Identifier: Apache-2.0
"""A project moves from an older SQLMesh to the newest with our migration between."""

import threading
import time

import pytest

from harness import paths, releases, workers
from harness.shop import Shop

# A release and its schema version.
OLD, SCHEMA = "0.176.0", 80


@pytest.fixture
def serve(serve):
    """With the workers that some of these snapshots need, unless a test says None."""
    def start(target, **options):
        wanted = {**workers.OPTIONS, **options}
        return serve(target, **{key: value for key, value in wanted.items() if value is not None})
    return start


@pytest.fixture
def old(databases, tmp_path):
    """A project of the old release: prod applied, a dev environment ahead of it."""
    database = databases.empty()
    shop = Shop(database, tmp_path / "project", step=0, python=releases.python(OLD), schema=SCHEMA)
    shop.apply("prod")
    shop.at(2).apply("dev_a")
    return shop


def apply_as_the_newest(shop):
    """The newest SQLMesh has another type for the time columns of SCD models."""
    shop.at(4).plan("prod", "--auto-apply", "--allow-destructive-model", "shop.scd_products",
                    "--allow-destructive-model", "shop.scd_customers")


def changed(shop, step, environment):
    """The models that a plan shows as changed, in its words; none when it shows nothing.
    `step`: of the project's history; None leaves it as it is."""
    told = (shop if step is None else shop.at(step)).has_changes(environment) or ""
    return sorted({line.strip() for line in told.splitlines() if line.startswith(("* `", "- `"))})


def test_the_newest_plan_shows_what_it_shows_after_sqlmeshs_migrate(old, databases, serve, tmp_path):
    """Nothing, but for the models that SQLMesh's own migrate warns of (see migrations 85 to 88);
    and SQLMesh goes on working: plan, janitor, and the old release after our rollback."""
    twin = old.copy(tmp_path / "twin", databases.copy(old.database)).upgraded()
    twin.migrate()
    client = serve(old.database)
    assert client.json("migrate", "-y")["rows"]["fingerprints_kept"] == 0
    new = old.upgraded()
    for step, environment in ((0, "prod"), (2, "dev_a")):
        ours, theirs = changed(new, step, environment), changed(twin, step, environment)
        assert ours == theirs
    new.run("janitor")
    apply_as_the_newest(new)
    assert new.has_changes("prod") is None
    client.export(tmp_path / "state.json")
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
    assert old.database.versions() == paths.NEWEST_VERSIONS
    # The newest SQLMesh works on it.
    apply_as_the_newest(old.upgraded())


# The newest release whose states still have to be migrated row by row.
RECENT, RECENT_SCHEMA = "0.231.1", 100


@pytest.fixture
def recent(databases, tmp_path):
    """A project of that release with prod applied; one model has a partition transform."""
    shop = Shop(databases.empty(), tmp_path / "project", step=0, python=releases.python(RECENT),
                schema=RECENT_SCHEMA)
    model = shop.project / "models" / "orders_clean.sql"
    text = model.read_text()
    assert "partitioned_by (ordered_at)" in text
    model.write_text(text.replace("partitioned_by (ordered_at)", "partitioned_by (bucket(4, order_id))"))
    shop.apply("prod")
    return shop


def test_no_changes_after_ours_where_sqlmeshs_own_leaves_none(recent, databases, serve, tmp_path):
    twin = recent.copy(tmp_path / "twin", databases.copy(recent.database)).upgraded()
    twin.migrate()
    assert twin.has_changes("prod") is None
    assert serve(recent.database).json("migrate", "-y")["rows"]["fingerprints_by_worker"] >= 1
    assert recent.upgraded().has_changes("prod") is None


def test_kept_fingerprints_are_what_the_next_plan_shows(recent, serve):
    """The model whose hash could not be computed is shown as changed, and no other directly."""
    client = serve(recent.database, fingerprint_worker=None)
    assert client.refused("migrate", "-y")["reason"] == "FINGERPRINTS_UNSUPPORTED"
    result = client.json("migrate", "-y", "--keep-unsupported-fingerprints")
    assert result["rows"]["fingerprints_kept"] == 1
    assert changed(recent.upgraded(), None, "prod") == ["- `shopwh.shop.orders_clean`"]
