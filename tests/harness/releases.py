# SPDX-License-Identifier: Apache-2.0
"""Other releases of SQLMesh, each in a venv of its own below .cache/venvs."""

import fcntl
import functools
import shutil
import subprocess
import sys

from harness import paths

VENVS = paths.ROOT / ".cache" / "venvs"
# What these releases were published beside; newer ones break the oldest of them.
COMPANIONS = ("psycopg2-binary==2.9.13", "duckdb==1.5.6", "pandas==2.3.3", "pydantic==2.14.3",
              "dateparser==1.2.1")


@functools.cache
def python(release: str) -> str:
    """The interpreter that has this release; installs it the first time."""
    if release == paths.NEWEST:
        return sys.executable
    VENVS.mkdir(parents=True, exist_ok=True)
    folder = VENVS / f"sqlmesh-{release}"
    done = folder / "installed.txt"
    wanted = "\n".join((f"sqlmesh=={release}", *COMPANIONS))
    with open(VENVS / f"{release}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists() or done.read_text() != wanted:
            shutil.rmtree(folder, ignore_errors=True)
            subprocess.run([sys.executable, "-m", "venv", folder], check=True)
            subprocess.run([folder / "bin" / "pip", "install", "-q", "--no-input",
                            "--disable-pip-version-check", f"sqlmesh=={release}", *COMPANIONS],
                           check=True, stdin=subprocess.DEVNULL)
            done.write_text(wanted)
    return str(folder / "bin" / "python")
