# SPDX-License-Identifier: Apache-2.0
"""Runs the package as the server does: a process, lines over its pipes."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import pytest

PACKAGE = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PACKAGE))


class Worker:
    def __init__(self, arguments: Sequence[str], folder: pathlib.Path, extra_path: Iterable[pathlib.Path] = ()) -> None:
        path = os.pathsep.join([*map(str, extra_path), str(PACKAGE)])
        self.process = subprocess.Popen(
            [sys.executable, "-m", "stateserver_workers", *arguments], cwd=folder,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": path},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def read(self) -> Any:
        line = self.process.stdout.readline()
        return json.loads(line) if line else None

    def ask(self, items: list[Any], number: int = 1) -> Any:
        self.write(json.dumps({"id": number, "items": items}).encode())
        return self.read()

    def write(self, line: bytes) -> None:
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def end(self) -> tuple[int, str]:
        """(exit code, what it said on stderr); nothing more came on stdout."""
        self.process.stdin.close()
        rest, errors = self.process.stdout.read(), self.process.stderr.read().decode()
        assert rest == b""
        return self.process.wait(timeout=60), errors


@pytest.fixture
def start(tmp_path):
    made = []

    def start(*arguments, **options):
        made.append(Worker(arguments, tmp_path, **options))
        return made[-1]

    yield start
    for worker in made:
        if worker.process.poll() is None:
            worker.process.kill()
        for stream in (worker.process.stdin, worker.process.stdout, worker.process.stderr):
            stream.close()
        worker.process.wait()
