# SPDX-License-Identifier: Apache-2.0
"""Our import leaves in the tables what SQLMesh's import of the same file leaves."""

import pytest

from harness import compare, paths
from harness.sqlmesh import SQLMesh

FILES = [(release, "export_after.json") for release in paths.EVERY] + [
    (paths.NEWEST, "export_all_warmcache.json"), (paths.NEWEST, "export_env_dev_b.json")]
IDS = ["-".join(f) for f in FILES]


@pytest.fixture
def both(databases, serve):
    """Two databases, and two functions that import a file: ours, SQLMesh's."""
    class Both:
        def __init__(self, make):
            self.ours, self.theirs = make(), make()
            self.client = serve(self.ours)
            self.sqlmesh = SQLMesh(self.theirs)

        def import_(self, path, *arguments):
            self.client.import_(path, *arguments)
            self.sqlmesh.import_(path, *arguments)

        def differences(self, **options):
            return compare.differences(self.ours, self.theirs, ignore=(), **options)

    def make(source):
        pair = Both(source)
        if source == databases.empty:
            pair.client.ok("migrate", "-y")
        return pair
    return make


@pytest.mark.parametrize("release,name", FILES, ids=IDS)
def test_into_empty_tables(both, databases, release, name):
    pair = both(databases.empty)
    pair.import_(paths.CORPUS / release / name)
    assert pair.differences(fold_all=True) == []


@pytest.mark.parametrize("release,name", [FILES[0], FILES[4], (paths.NEWEST, "export_env_dev_b.json")],
                         ids=str)
def test_merge_into_a_state(both, databases, release, name):
    pair = both(databases.state)
    pair.import_(paths.CORPUS / release / name)
    assert pair.differences(fold_all=True) == []


@pytest.mark.parametrize("release,name", [FILES[3], (paths.NEWEST, "export_env_dev_b.json")], ids=str)
def test_replace_a_state(both, databases, release, name):
    pair = both(databases.state)
    pair.import_(paths.CORPUS / release / name, "--replace")
    assert pair.differences(fold_all=True) == []


@pytest.mark.parametrize("mode", [(), ("--replace",)], ids=["merge", "replace"])
def test_the_second_import_changes_nothing(databases, serve, mode):
    database = databases.empty()
    client = serve(database)
    client.ok("migrate", "-y")
    path = paths.CORPUS / paths.NEWEST / "export_all.json"
    client.import_(path, *mode)
    first = contents(database)
    client.import_(path, *mode)
    assert contents(database) == first


def contents(database):
    """All rows, without what an interval row gets anew: id and time."""
    rows = {table: database.rows(table) for table in database.tables()}
    rows["_intervals"] = sorted(database.execute(
        "SELECT name, identifier, version, dev_version, start_ts, end_ts, is_dev, is_removed, "
        "is_compacted, is_pending_restatement, last_altered_ts FROM sqlmesh._intervals"), key=str)
    return rows


def test_replace_keeps_tables_and_grants(databases, serve):
    """SQLMesh drops the tables; people who were granted access lose it there."""
    database = databases.state()
    database.execute("CREATE ROLE reader_of_state; GRANT SELECT ON ALL TABLES IN SCHEMA sqlmesh TO reader_of_state")
    try:
        identity = "SELECT oid, relacl::text FROM pg_class WHERE relnamespace = 'sqlmesh'::regnamespace ORDER BY 1"
        before = database.execute(identity)
        serve(database).import_(paths.CORPUS / paths.NEWEST / "export_env_dev_b.json", "--replace")
        assert database.execute(identity) == before
        assert database.count("_environments") == 1
    finally:
        database.execute("DROP OWNED BY reader_of_state; DROP ROLE reader_of_state")
