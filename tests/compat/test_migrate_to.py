# SPDX-License-Identifier: Apache-2.0
"""`migrate --to RELEASE` of an empty database makes that release's own tables."""

import re

import pytest

from harness import paths, releases
from harness.sqlmesh import SQLMesh

INSTALLED = ("0.176.0", "0.213.0", "0.231.1")
MORE = ("0.171.0", "0.200.0", "0.205.0", "0.227.0")

INDEXES = """
  SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'sqlmesh' ORDER BY 1, 2
"""
CONSTRAINTS = """
  SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
  WHERE connamespace = 'sqlmesh'::regnamespace ORDER BY 1, 2
"""
COLUMNS = """
  SELECT table_name, ordinal_position, column_name, data_type, is_nullable, column_default
  FROM information_schema.columns WHERE table_schema = 'sqlmesh' ORDER BY 1, 2
"""


def shape(database):
    """Everything about the tables; the part of a name that SQLMesh makes up is not looked at."""
    made_up = re.compile(r"__[0-9a-z]{8}_pkey")
    return [re.sub(made_up, "__x_pkey", str(row))
            for question in (COLUMNS, INDEXES, CONSTRAINTS) for row in database.execute(question)]


def check_release(databases, serve, tmp_path, release):
    ours, theirs = databases.empty(), databases.empty()
    result = serve(ours).json("migrate", "--to", release, "-y")
    sqlmesh = SQLMesh(theirs, python=releases.python(release))
    sqlmesh.migrate()
    assert shape(ours) == shape(theirs)
    assert ours.versions() == theirs.versions()
    assert result["after"]["sqlmesh_version"] == release
    # That release finds nothing to do, and works with what is there.
    before = ours.fingerprint(), ours.execute(INDEXES)
    sqlmesh = SQLMesh(ours, python=releases.python(release))
    sqlmesh.migrate()
    document = sqlmesh.export(tmp_path / "state.json")
    assert (document["snapshots"], document["environments"]) == ([], {})
    assert (ours.fingerprint(), ours.execute(INDEXES)) == before


@pytest.mark.parametrize("release", INSTALLED)
def test_tables_are_those_of_the_release(databases, serve, tmp_path, release):
    check_release(databases, serve, tmp_path, release)


@pytest.mark.exhaustive
@pytest.mark.parametrize("release", MORE)
def test_tables_are_those_of_more_releases(databases, serve, tmp_path, release):
    check_release(databases, serve, tmp_path, release)


@pytest.mark.parametrize("release", paths.EXPORTABLE)
def test_versions_are_those_of_the_corpus(databases, serve, release):
    database = databases.empty()
    serve(database).ok("migrate", "--to", release, "-y")
    assert database.versions() == databases.state(release).versions()


def test_unknown_releases_are_refused_with_the_list(empty, serve):
    client = serve(empty)
    for release in ("0.170.1", "0.236.99", "1", "0.176", "102"):
        error = client.refused("migrate", "--to", release, "-y")
        assert error["reason"] == "ARGUMENT_INVALID", error
        assert f"'{release}'" in error["message"] and "0.171.0 to" in error["hint"], error
    assert empty.tables() == []


def test_a_state_is_never_given_older_tables(state, serve):
    before = state.fingerprint()
    client = serve(state)
    error = client.refused("migrate", "--to", "0.213.0", "-y")
    assert error["reason"] == "ARGUMENT_INVALID", error
    assert "empty" in error["message"] and paths.NEWEST in error["hint"], error
    assert "0.213" not in error["hint"]
    assert state.fingerprint() == before
    assert client.json("migrate", "--to", "0.236.0", "-y")["changed"] is False
    assert state.fingerprint() == before
