# SPDX-License-Identifier: Apache-2.0
"""Are two states equal in SQLMesh's eyes? A front of tools/compare_state.py."""

from __future__ import annotations

import functools
import subprocess
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from harness import paths
from tools import compare_state

if TYPE_CHECKING:
    import os
    import pathlib

    from harness.database import Database


@functools.lru_cache(maxsize=64)
def _file(path: str, changed: int) -> dict[str, Any]:
    return compare_state.load_file(path)


def load(side: pathlib.Path | Database) -> dict[str, Any]:
    """A path of a state file, or a Database."""
    if hasattr(side, "url"):
        return compare_state.load_db(side.url, "sqlmesh")
    return _file(str(side), side.stat().st_mtime_ns)


def content(database: Database) -> dict[str, list[Any]]:
    """Everything but the ids and times of interval rows, which every writer makes up."""
    rows = {table: database.rows(table) for table in database.tables() if table != "_intervals"}
    rows["_intervals"] = sorted(database.execute(
        "SELECT name, identifier, version, dev_version, start_ts, end_ts, is_dev, is_removed, is_compacted, "
        "is_pending_restatement, last_altered_ts FROM sqlmesh._intervals"), key=str)
    return rows


def differences(a: pathlib.Path | Database, b: pathlib.Path | Database, ignore: Iterable[str] = ("metadata",),
                **options: Any) -> list[str]:
    """Sentences; empty when equal. Options as compare_state.compare's."""
    return compare_state.compare(load(a), load(b), ignore, **options)


def differences_in(python: str, a: str | os.PathLike[str], b: str | os.PathLike[str], *options: str) -> list[str]:
    """The same through the models of the SQLMesh that `python` has."""
    result = subprocess.run(
        [python, paths.TESTS / "tools" / "compare_state.py", a, b, "--ignore", "metadata", *options],
        capture_output=True, text=True)
    if result.returncode == 0:
        return []
    return result.stdout.splitlines() + result.stderr.splitlines()[-5:]
