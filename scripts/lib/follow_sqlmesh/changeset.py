# SPDX-License-Identifier: Apache-2.0
"""Files to write, all or none of them."""

from __future__ import annotations

import os
import pathlib
import shutil
import tempfile


class Changeset:
    """Collects new contents of files, then puts them in place by renaming.

    Nothing in the tree changes before `apply`. Its renames take milliseconds; the file given last is renamed last, so a
    run that is killed between two of them is repeated from the start by the next.
    """

    def __init__(self, root: pathlib.Path) -> None:
        self.root = root
        self._files: dict[str, bytes | None] = {}

    def write(self, path: str, content: str | bytes) -> None:
        """`path` is relative to the root. A content that the file has already is no change."""
        data = content.encode() if isinstance(content, str) else content
        self._files.pop(path, None)
        if not (self.root / path).is_file() or (self.root / path).read_bytes() != data:
            self._files[path] = data

    def delete(self, path: str) -> None:
        self._files.pop(path, None)
        if (self.root / path).exists():
            self._files[path] = None

    def text(self, path: str) -> str:
        """The content as it will be."""
        if path in self._files:
            return (self._files[path] or b"").decode()
        return (self.root / path).read_text(encoding="utf-8")

    @property
    def paths(self) -> list[str]:
        return list(self._files)

    def apply(self) -> None:
        staging = self.root / "build" / "follow-sqlmesh"
        staging.mkdir(parents=True, exist_ok=True)
        folder = pathlib.Path(tempfile.mkdtemp(dir=staging))
        try:
            for number, content in enumerate(self._files.values()):
                if content is not None:
                    (folder / str(number)).write_bytes(content)
            self._rename(folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _rename(self, folder: pathlib.Path) -> None:
        for number, (path, content) in enumerate(self._files.items()):
            target = self.root / path
            if content is None:
                target.unlink()
                if not any(target.parent.iterdir()):
                    target.parent.rmdir()
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.exists():
                shutil.copymode(target, folder / str(number))
            else:
                (folder / str(number)).chmod(0o644)
            os.replace(folder / str(number), target)
