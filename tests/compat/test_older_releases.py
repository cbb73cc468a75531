# SPDX-License-Identifier: Apache-2.0
"""States that older SQLMesh releases work with go out in their own words."""

import json

import pytest

from harness import compare, files, paths, releases
from harness.database import corpus_json
from harness.sqlmesh import SQLMesh

# Those the issue of compatibility names; each has an installation of its own.
INSTALLED = ("0.176.0", "0.213.0", "0.231.1")


@pytest.mark.parametrize("release", paths.EXPORTABLE)
def test_versions_and_records(databases, serve, tmp_path, release):
    """The file carries the state's versions, and the same snapshots and environments."""
    ours = serve(databases.state(release)).export(tmp_path / "state.json")
    theirs = corpus_json(release, "export_all.json")
    assert ours["versions"] == theirs["versions"]
    assert ours["environments"] == theirs["environments"]

    def key(s):
        return (s["name"], *s["fingerprint"].values())

    assert sorted(map(key, ours["snapshots"])) == sorted(map(key, theirs["snapshots"]))


@pytest.mark.parametrize("release", paths.EXPORTABLE)
def test_no_newer_spelling(databases, serve, tmp_path, release):
    """No key in any snapshot that this release's own export does not have there."""
    ours = serve(databases.state(release)).export(tmp_path / "state.json")
    theirs = {(s["name"], *s["fingerprint"].values()): s
              for s in corpus_json(release, "export_all.json")["snapshots"]}
    for snapshot in ours["snapshots"]:
        reference = theirs[(snapshot["name"], *snapshot["fingerprint"].values())]
        assert set(snapshot) <= set(reference), snapshot["name"]
        assert set(snapshot["node"]) <= set(reference["node"]), snapshot["name"]


@pytest.mark.parametrize("release", INSTALLED)
def test_equal_in_that_releases_eyes(databases, serve, tmp_path, release):
    path = tmp_path / "state.json"
    serve(databases.state(release)).export(path)
    assert compare.differences_in(
        releases.python(release), path, paths.CORPUS / release / "export_all.json") == []


@pytest.mark.parametrize("release", INSTALLED)
def test_that_release_imports_it(databases, serve, tmp_path, release):
    """Into tables of its own making, and its export of them is its first export again."""
    path, again = tmp_path / "state.json", tmp_path / "again.json"
    serve(databases.state(release)).export(path)
    sqlmesh = SQLMesh(databases.empty(), python=releases.python(release))
    sqlmesh.migrate()
    sqlmesh.import_(path)
    document = sqlmesh.export(again)
    assert len(document["snapshots"]) == len(json.loads(path.read_text())["snapshots"])
    assert compare.differences_in(
        releases.python(release), again, paths.CORPUS / release / "export_all.json") == []


@pytest.mark.parametrize("release", paths.TOO_OLD)
def test_states_from_before_export_existed_are_refused(databases, serve, tmp_path, release):
    database = databases.state(release)
    before = database.fingerprint()
    error = serve(database).refused("export", "-o", tmp_path / "state.json", "-y")
    schema = str(database.versions()[0])
    assert schema in error["message"] + error["hint"]
    assert "migrate" in error["message"] + error["hint"]
    assert not (tmp_path / "state.json").exists()
    assert database.fingerprint() == before


@pytest.mark.parametrize("release", paths.EXPORTABLE)
def test_importing_into_an_older_state_is_refused(databases, serve, release):
    database = databases.state(release)
    before = database.fingerprint()
    error = serve(database).refused("import", "-i", paths.CORPUS / paths.NEWEST / "export_all.json", "-y")
    assert release in error["message"] and "migrate" in error["message"] + error["hint"], error
    assert database.fingerprint() == before


@pytest.mark.parametrize("release", paths.EXPORTABLE)
def test_equal_as_text(databases, serve, tmp_path, release):
    """The JSON values are those of the release's own export, with its spelling of types and expressions."""
    ours = files.content(serve(databases.state(release)).export(tmp_path / "state.json"))
    theirs = files.content(corpus_json(release, "export_all.json"))
    assert files.differences(ours, theirs) == []
    # 0.176.0 lists the fields of an environment in another order than the releases after it.
    assert [place for place in files.key_orders(theirs, ours) if not place.startswith("$.environments.")] == []
