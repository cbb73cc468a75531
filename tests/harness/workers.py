# SPDX-License-Identifier: Apache-2.0
"""Server options for migrations that may need Python: serve(database, **workers.OPTIONS)."""

import pathlib
import sys
import sysconfig
from typing import Any

from harness import paths

PACKAGE = str(paths.ROOT / "workers")

OPTIONS: dict[str, Any] = {
    "fingerprint_worker": [sys.executable, "-m", "stateserver_workers", "fingerprint"],
    "environment": {"PYTHONPATH": PACKAGE},
}


def open_to_all(file: pathlib.Path) -> bool:
    """Whether every user can enter the folders that lead to it."""
    return file.exists() and all(folder.stat().st_mode & 0o001 for folder in (*file.parents, *file.resolve().parents))


def options_for_all() -> dict[str, Any] | None:
    """OPTIONS with a Python that every user can run, if there is one. Where that of the tests is private, Debian's runs
    its packages."""
    debian = pathlib.Path(f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}")
    packages = sysconfig.get_path("purelib")
    if not open_to_all(pathlib.Path(PACKAGE) / "stateserver_workers"):
        return None
    if open_to_all(pathlib.Path(sys.executable)):
        return dict(OPTIONS)
    if not open_to_all(debian) or not open_to_all(pathlib.Path(packages) / "sqlmesh"):
        return None
    return {"fingerprint_worker": [str(debian), "-m", "stateserver_workers", "fingerprint"],
            "rewrite_worker": [str(debian), "-m", "stateserver_workers", "rewrite"],
            "environment": {"PYTHONPATH": f"{PACKAGE}:{packages}"}}
