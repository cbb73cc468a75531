# SPDX-License-Identifier: Apache-2.0
"""Restore points of older schema versions go out as that release's own state files."""

import pytest

from harness import files, paths, workers
from harness.database import corpus_json


@pytest.mark.parametrize("release", paths.EXPORTABLE)
def test_the_state_before_a_migration(databases, serve, tmp_path, release):
    database = databases.state(release)
    client = serve(database, **workers.OPTIONS)
    before = client.export(tmp_path / "before.json")
    point = client.json("migrate", "-y")["restore_point_id"]
    after = client.export(tmp_path / "point.json", "--restore-point", point)
    assert after["versions"] == corpus_json(release, "export_all.json")["versions"]
    assert files.differences(files.content(after), files.content(before)) == []


def test_one_from_before_state_files_existed_is_refused(databases, serve, tmp_path):
    client = serve(databases.state(paths.TOO_OLD[0]), **workers.OPTIONS)
    point = client.json("migrate", "-y")["restore_point_id"]
    error = client.refused("export", "-o", tmp_path / "n", "-y", "--restore-point", point)
    assert error["reason"] == "STATE_TOO_OLD", error
    assert not (tmp_path / "n").exists()
