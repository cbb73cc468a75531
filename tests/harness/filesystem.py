# SPDX-License-Identifier: Apache-2.0
"""A small file system of one's own, to fill."""

from __future__ import annotations

import contextlib
import os
import pathlib
import subprocess
import tempfile
from collections.abc import Iterator

import pytest


@contextlib.contextmanager
def small(size: str, owner: tuple[int, int] | None = None) -> Iterator[pathlib.Path]:
    """A folder on a tmpfs of that size ("64k"), gone afterwards. `owner`: (uid, gid).
    Skips the test where nobody may mount."""
    if os.getuid() != 0:
        pytest.skip("needs root to mount")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ss-full-", dir="/tmp"))
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder],
                      capture_output=True).returncode != 0:
        folder.rmdir()
        pytest.skip("may not mount")
    try:
        if owner is not None:
            os.chown(folder, *owner)
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)
        folder.rmdir()
