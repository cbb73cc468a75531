# SPDX-License-Identifier: Apache-2.0
"""Both ways round: nothing is lost between our tools and SQLMesh's."""

import pytest

from harness import compare, files, paths
from harness.sqlmesh import SQLMesh


@pytest.mark.parametrize("release", [
    "0.137.1", pytest.param("0.200.0", marks=pytest.mark.exhaustive), paths.NEWEST])
def test_ours_then_sqlmeshs_then_ours(databases, serve, tmp_path, release):
    first, second, third = (tmp_path / f"{n}.json" for n in (1, 2, 3))
    middle, last = databases.empty(), databases.empty()

    start = serve(databases.state(release, "after")).export(first)
    sqlmesh = SQLMesh(middle)
    sqlmesh.migrate()
    sqlmesh.import_(first)
    between = sqlmesh.export(second)
    client = serve(last)
    client.ok("migrate", "-y")
    client.import_(second)
    end = client.export(third)

    assert files.differences(files.content(between), files.content(start)) == []
    assert files.differences(files.content(end), files.content(start)) == []
    assert compare.differences(middle, last, ignore=()) == []


def test_our_import_is_exported_by_sqlmesh_as_it_came(databases, serve, tmp_path):
    database = databases.empty()
    client = serve(database)
    client.ok("migrate", "-y")
    path = paths.CORPUS / paths.NEWEST / "export_all.json"
    client.import_(path)
    SQLMesh(database).export(tmp_path / "theirs.json")
    assert compare.differences(tmp_path / "theirs.json", path) == []
    client.export(tmp_path / "ours.json")
    assert compare.differences(tmp_path / "ours.json", path) == []


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_compressed(databases, serve, tmp_path, suffix):
    path = tmp_path / f"state.json{suffix}"
    serve(databases.state()).ok("export", "-o", path, "-y")
    last = databases.empty()
    client = serve(last)
    client.ok("migrate", "-y")
    client.import_(path)
    client.export(tmp_path / "again.json")
    assert compare.differences(tmp_path / "again.json", paths.CORPUS / paths.NEWEST / "export_all.json") == []
