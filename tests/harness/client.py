# SPDX-License-Identifier: Apache-2.0
"""Runs stateclient as a user would."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from typing import IO, TYPE_CHECKING, Any

from harness import paths
from harness.server import SANITIZER

if TYPE_CHECKING:
    from harness.server import Server

# Exit codes of stateclient.
DONE, FAILED, USAGE, UNREACHABLE, UNKNOWN, INTERRUPTED = 0, 1, 2, 3, 4, 130


class Result:
    def __init__(self, process: subprocess.CompletedProcess[bytes]) -> None:
        self.code = process.returncode
        self.raw = process.stdout
        self.out = process.stdout.decode("utf-8", "replace")
        self.err = process.stderr.decode("utf-8", "replace")

    def __repr__(self) -> str:
        return f"exit code {self.code}\n--- stdout\n{self.out[-4000:]}\n--- stderr\n{self.err[-4000:]}"

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        """The error object of `--format json`."""
        return json.loads(self.err.strip().splitlines()[-1])["error"]


class Client:
    def __init__(self, server: Server, **environment: str) -> None:
        self.server = server
        self.home = tempfile.mkdtemp(prefix="ss-home-")
        self.environment = environment

    def variables(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("STATESERVER_")}
        return {**kept, "HOME": self.home, "XDG_CONFIG_HOME": self.home + "/.config", "NO_COLOR": "1",
                "STATESERVER_SERVER": self.server.address, **self.environment}

    def command(self, *arguments: object) -> list[str]:
        return [str(paths.CLIENT), *map(str, arguments)]

    def __call__(self, *arguments: object, input: str | bytes = b"", timeout: float = 120, code: int | None = None,
                 cwd: str | os.PathLike[str] | None = None) -> Result:
        """Runs a command; with `code` its exit code must be that."""
        if isinstance(input, str):
            input = input.encode()
        process = subprocess.run(self.command(*arguments), input=input, capture_output=True,
                                 env=self.variables(), timeout=timeout, cwd=cwd or self.home)
        result = Result(process)
        assert not SANITIZER.search(result.err), result
        assert code is None or result.code == code, result
        return result

    def ok(self, *arguments: object, **options: Any) -> Result:
        return self(*arguments, code=DONE, **options)

    def json(self, *arguments: object, **options: Any) -> Any:
        return self.ok("--format", "json", *arguments, **options).json

    def refused(self, *arguments: object, code: int = FAILED, **options: Any) -> Any:
        """The error object of a command that must fail."""
        return self("--format", "json", *arguments, code=code, **options).error

    def start(self, *arguments: object, stdin: int | IO[Any] | None = subprocess.DEVNULL,
              cwd: str | os.PathLike[str] | None = None) -> subprocess.Popen[bytes]:
        """A running command, for tests that kill it."""
        return subprocess.Popen(self.command(*arguments), stdin=stdin, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, env=self.variables(), cwd=cwd or self.home)

    def export(self, path: str | os.PathLike[str], *arguments: object) -> Any:
        self.ok("export", "-o", path, "-y", *arguments)
        with open(path, encoding="utf-8") as file:
            return json.load(file)

    def import_(self, path: str | os.PathLike[str], *arguments: object) -> Result:
        return self.ok("import", "-i", path, "-y", *arguments)
