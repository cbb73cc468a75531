"""Are two states equal in SQLMesh's eyes? A front of tools/compare_state.py."""

import functools
import subprocess

from harness import paths
from tools import compare_state


@functools.lru_cache(maxsize=64)
def _file(path, changed):
    return compare_state.load_file(path)


def load(side):
    """A path of a state file, or a Database."""
    if hasattr(side, "url"):
        return compare_state.load_db(side.url, "sqlmesh")
    return _file(str(side), side.stat().st_mtime_ns)


def differences(a, b, ignore=("metadata",), **options):
    """Sentences; empty when equal. Options as compare_state.compare's."""
    return compare_state.compare(load(a), load(b), ignore, **options)


def differences_in(python, a, b, *options):
    """The same through the models of the SQLMesh that `python` has."""
    result = subprocess.run(
        [python, paths.TESTS / "tools" / "compare_state.py", a, b, "--ignore", "metadata", *options],
        capture_output=True, text=True)
    if result.returncode == 0:
        return []
    return result.stdout.splitlines() + result.stderr.splitlines()[-5:]
