# SPDX-License-Identifier: Apache-2.0
"""SQLMesh's own plan on a state that we moved shows no changes."""

import json

import pytest

from harness import compare
from harness.shop import Shop


@pytest.fixture(scope="module")
def built(cluster, tmp_path_factory):
    """A project two steps into its history: prod applied, a dev environment ahead of it."""
    from harness.database import Databases
    database = Databases(cluster).empty()
    shop = Shop(database, tmp_path_factory.mktemp("shop"), step=0)
    shop.apply("prod")
    shop.at(2).apply("dev_a")
    yield shop
    cluster.drop(database.name)


def unchanged(shop, step, environment):
    return shop.at(step).has_changes(environment)


def test_the_test_sees_changes(built):
    """Else the rest would prove nothing."""
    assert unchanged(built, 2, "prod") is not None
    assert unchanged(built, 0, "prod") is None


@pytest.mark.parametrize("cache", [pytest.param("warm", marks=pytest.mark.exhaustive), "cold"])
def test_export_wipe_import(built, databases, serve, tmp_path, cache):
    """The state goes through our file into new tables; the project notices nothing."""
    path = tmp_path / "state.json"
    original, moved = databases.copy(built.database), databases.empty()
    serve(original).export(path)
    client = serve(moved)
    client.ok("migrate", "-y")
    client.import_(path)
    shop = built.copy(tmp_path / "project", moved)
    if cache == "cold":
        shop.forget_cache()
    assert unchanged(shop, 0, "prod") is None
    assert unchanged(shop, 2, "dev_a") is None
    assert "No changes to plan" in shop.at(0).run("diff", "prod").stdout
    # SQLMesh goes on working in it, and we read what it wrote.
    shop.at(2).apply("dev_b")
    assert "dev_b" in client.export(tmp_path / "later.json")["environments"]


@pytest.mark.parametrize("hydrated", [
    pytest.param(False, id="dehydrated", marks=pytest.mark.exhaustive), pytest.param(True, id="hydrated")])
def test_replace_with_sqlmeshs_own_export(built, databases, serve, tmp_path, hydrated):
    """An export with a warm cache holds the CSV text of seeds: it is read and hashed anew."""
    path = tmp_path / "state.json"
    original, moved = databases.copy(built.database), databases.copy(built.database)
    shop = built.copy(tmp_path / "project", original)
    if not hydrated:
        shop.forget_cache()
    shop.run("state", "export", "--no-confirm", "-o", path)
    nodes = [s["node"] for s in json.loads(path.read_text())["snapshots"]]
    seeds = [node["is_hydrated"] for node in nodes if node.get("kind", {}).get("name") == "SEED"]
    assert seeds and set(seeds) == {hydrated}
    serve(moved).import_(path, "--replace")
    assert moved.count("_environments") == 2
    shop.point_at(moved).forget_cache()
    assert unchanged(shop, 0, "prod") is None
    assert unchanged(shop, 2, "dev_a") is None
    assert compare.differences(original, moved, ignore=(), as_export=True) == []


def test_sqlmesh_before_between_and_after(databases, serve, tmp_path):
    """SQLMesh and we take turns on one database."""
    database = databases.empty()
    client = serve(database)
    client.ok("migrate", "-y")
    shop = Shop(database, tmp_path / "project", step=0)
    shop.apply("prod")
    first = tmp_path / "first.json"
    client.export(first)
    shop.at(2).apply("prod")
    assert shop.has_changes("prod") is None
    client.import_(first, "--replace")
    assert shop.at(0).has_changes("prod") is None
    point = client.json("restore-points")["restore_points"][0]["id"]
    client.ok("restore", point, "-y")
    assert shop.at(2).has_changes("prod") is None
    shop.at(4).apply("prod")
    assert shop.has_changes("prod") is None
    assert client.export(tmp_path / "last.json")["environments"]["prod"]
