# SPDX-License-Identifier: Apache-2.0
"""Files of source distributions, fetched with pip into .cache/sdists."""

from __future__ import annotations

import fcntl
import pathlib
import subprocess
import sys
import tarfile

from harness import paths

SDISTS = paths.ROOT / ".cache" / "sdists"


def read(package: str, release: str, path: str) -> bytes:
    """A file of a package's source distribution, by its path there."""
    with tarfile.open(archive(package, release)) as files:
        file = files.extractfile(f"{package}-{release}/{path}")
        assert file is not None
        return file.read()


def archive(package: str, release: str) -> pathlib.Path:
    """The source distribution; downloads it the first time."""
    SDISTS.mkdir(parents=True, exist_ok=True)
    path = SDISTS / f"{package}-{release}.tar.gz"
    with open(SDISTS / f"{package}-{release}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-input", "--disable-pip-version-check",
                            "--no-deps", "--no-binary", package, "-d", SDISTS, f"{package}=={release}"],
                           check=True, stdin=subprocess.DEVNULL)
    return path
