# SPDX-License-Identifier: Apache-2.0
"""A state whose large tables their owner has partitioned (docs/scale.md): commands do on it what they do on a plain
one, and SQLMesh works on it."""

import json

import pytest

from harness import compare, paths
from harness.partitions import partition, partition_intervals, partitioned
from harness.shop import Shop

TABLES = {"_snapshots", "_intervals", "_environments"}


def partition_all(database):
    partition_intervals(database)
    partition(database, "_snapshots", "_environments")
    assert partitioned(database) == TABLES


def contents_differ(a, b, **options):
    """All but the tables' form."""
    return [line for line in compare.differences(a, b, ddl=False, backups=False, **options)
            if not (line.startswith("table ") and line.endswith(" only in B"))]


@pytest.fixture
def pair(databases):
    """A plain state, and the same partitioned."""
    plain, parts = databases.state(), databases.state()
    partition_all(parts)
    return plain, parts


def without_time(path):
    document = json.loads(path.read_text())
    del document["metadata"]["timestamp"]
    return document


def test_an_export_is_the_same(pair, serve, tmp_path):
    """Its token, too."""
    files = [tmp_path / "plain.json", tmp_path / "parts.json"]
    for database, path in zip(pair, files):
        serve(database).export(path)
    assert without_time(files[0]) == without_time(files[1])


def test_replace_and_back(pair, serve):
    """Import --replace, and restore from the copy it left."""
    _, parts = pair
    before = parts.fingerprint()
    client = serve(parts)
    replaced = client.json("import", "-i", paths.CORPUS / paths.NEWEST / "export_env_dev_b.json", "--replace", "-y")
    assert parts.fingerprint() != before and parts.count("_environments") == 1
    client.ok("restore", replaced["restore_point_id"], "-y")
    assert parts.fingerprint() == before
    assert partitioned(parts) == TABLES


@pytest.mark.parametrize("command", [
    ["compact", "-y"], ["expired", "--delete", "-y"],
    ["import", "-i", str(paths.CORPUS / paths.NEWEST / "export_env_dev_b.json"), "-y"]], ids=lambda it: it[0])
def test_commands_leave_the_same(pair, serve, command):
    plain, parts = pair
    for database in pair:
        serve(database).ok(*command)
    assert contents_differ(plain, parts) == []
    assert partitioned(parts) == TABLES
    assert serve(parts).json("check") == serve(plain).json("check")


def test_migrate_and_rollback(databases, serve):
    plain, parts = databases.state("0.231.1"), databases.state("0.231.1")
    partition_all(parts)
    rows = lambda: {table: parts.rows(table) for table in TABLES | {"_versions"}}  # noqa: E731
    before = rows()
    clients = [serve(database) for database in (plain, parts)]
    for client in clients:
        client.ok("migrate", "-y")
    assert contents_differ(plain, parts, migrated=True) == []
    assert partitioned(parts) == TABLES
    clients[1].ok("rollback", "-y")
    assert rows() == before
    assert partitioned(parts) == TABLES
    clients[1].ok("migrate", "-y")
    # Without its restore point the backup tables are used.
    parts.execute("DELETE FROM stateserver.restore_points")
    clients[1].ok("rollback", "-y")
    assert rows() == before
    assert partitioned(parts) == set(), "as the document says"


def test_sqlmesh_works_on_it(databases, serve, tmp_path):
    database = databases.empty()
    shop = Shop(database, tmp_path / "shop", step=0)
    shop.apply("prod")
    partition_all(database)
    assert shop.has_changes("prod") is None
    shop.at(2).apply("dev_a")
    shop.run("janitor")
    client = serve(database)
    client.ok("compact", "-y")
    client.ok("check")
    assert shop.has_changes("dev_a") is None
    assert partitioned(database) == TABLES
