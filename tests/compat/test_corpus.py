# SPDX-License-Identifier: Apache-2.0
"""The yardstick itself: what this machine's SQLMesh exports from the corpus
dumps is what the corpus says, so a difference elsewhere is ours."""

import pytest

from harness import files, paths
from harness.database import corpus_json
from harness.sqlmesh import SQLMesh


@pytest.mark.parametrize("release,name", [(paths.NEWEST, "export_all.json")] + [
    (release, "export_after.json") for release in ("0.137.1", "0.176.0")])
def test_sqlmesh_exports_the_corpus(databases, tmp_path, release, name):
    database = databases.state(release, "before" if name == "export_all.json" else "after")
    exported = SQLMesh(database).export(tmp_path / "state.json")
    assert files.differences(files.content(exported), files.content(corpus_json(release, name))) == []
