# SPDX-License-Identifier: Apache-2.0
"""Sessions in Markdown: what was typed, and what it printed."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from harness import paths

if TYPE_CHECKING:
    import pathlib

    from harness.server import Server

VOLATILE = [
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "UUID"),
    (re.compile(r"\b20\d\d-\d\d-\d\d \d\d:\d\d:\d\d"), "TIME"),
    (re.compile(r"\b\d:\d\d:\d\d"), "DURATION"),
    (re.compile(r"127\.0\.0\.1:\d+"), "ADDRESS"),
    (re.compile(r"\d+\.\d KiB"), "SIZE"),
    (re.compile(r'"postgres_version":"[\d.]+"'), "POSTGRES"),
    (re.compile(r"\b\d{8}_\d{6}_[0-9a-f]{12}_"), "WHEN_ID_"),
    (re.compile(r"\b\d{8}_\d{6}_"), "WHEN_"),
    (re.compile(r"digest [0-9a-f]{32}"), "digest DIGEST"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "PLAN"),
    (re.compile(r"\b[0-9a-f]{12}\b"), "ID"),
    (re.compile(r" in \d+m?s( \d+ms)?\]"), " in SPAN]"),
    (re.compile(r"(answers in|are) (less than 1ms|\d+ms)( apart)?\b"), "SOON"),
    (re.compile(r"\d+ of PostgreSQL's"), "SOME of PostgreSQL's"),
]


def block(text: str, marker: str, language: str) -> str:
    found = re.search(rf"<!-- {marker} -->\n```{language}\n(.*?)```", text, re.S)
    assert found, f"no block {marker}"
    return found.group(1)


def sessions(text: str, marker: str) -> Iterator[list[tuple[str, list[str]]]]:
    """Each session with that mark: [(command, lines printed)]."""
    for body in re.findall(rf"<!-- {marker} -->\n```console\n(.*?)```", text, re.S):
        parts = re.split(r"^\$ ", body, flags=re.M)[1:]
        yield [(part.split("\n", 1)[0], normal(part.split("\n", 1)[1])) for part in parts]


def normal(text: str) -> list[str]:
    """Its lines without what differs from run to run; blank ones left out."""
    for pattern, name in VOLATILE:
        text = pattern.sub(name, text)
    return [line.rstrip() for line in text.splitlines() if line.strip()]


def let_through(folder: pathlib.Path) -> None:
    """Run by root, PostgreSQL is another user's: it must get to its folder here."""
    for each in (folder, *folder.parents):
        if str(each).startswith("/tmp/"):
            os.chmod(each, 0o711)


def environment(server: Server) -> dict[str, str]:
    """Where the programs, the server, and the SQLMesh and Alembic of the tests are found."""
    folders = (paths.CLIENT.parent, paths.SERVER.parent, os.path.dirname(paths.PYTHON), os.environ["PATH"])
    return {**os.environ, "STATESERVER_SERVER": server.address, "NO_COLOR": "1", "PATH": ":".join(map(str, folders)),
            "SQLMESH__DISABLE_ANONYMIZED_ANALYTICS": "1"}


def run(command: str, folder: pathlib.Path, variables: dict[str, str]) -> str:
    """What it prints on both streams; it must succeed."""
    result = subprocess.run(["bash", "-c", command], cwd=folder, env=variables, text=True, encoding="utf8",
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
    assert result.returncode == 0, (command, result.stdout)
    return result.stdout


def parts(text: str, *marks: str) -> Iterator[tuple[str, Any]]:
    """(mark, content) of the marked blocks in order: a session as `sessions` tells it, other languages as text."""
    for mark, language, body in re.findall(rf"<!-- ({'|'.join(marks)}) -->\n```(\w+)\n(.*?)```", text, re.S):
        yield mark, next(sessions(f"<!-- {mark} -->\n```console\n{body}```", mark)) if language == "console" else body


def aligned(lines: Iterable[str]) -> list[str]:
    """Without the widths that depend on the length of a name."""
    return [" ".join(line.split()) for line in lines]
