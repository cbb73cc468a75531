# SPDX-License-Identifier: Apache-2.0
"""Runs the compatibility suites against the release that was written."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import subprocess

from harness import releases

# The programs, and what tests/compat asks single functions of them through.
TARGETS = ("stateserver", "stateclient", "state_probe", "codec_probe", "steps_probe", "fingerprint_probe")
MARKS = {"quick": "not exhaustive and not slow", "all": ""}


@dataclasses.dataclass(frozen=True)
class Result:
    """Result says whether the suites passed; `text` holds the end of their output."""

    passed: bool
    text: str


def run(root: pathlib.Path, which: str, build: pathlib.Path) -> Result:
    """Builds what they need, then runs tests/compat in an environment with the new pins."""
    if not (build / "CMakeCache.txt").exists():
        made = command(["cmake", "--preset", "tests", "-B", str(build)], root, {})
        if made.returncode:
            return Result(False, f"The build was not configured:\n{tail(made)}")
    made = command(["cmake", "--build", str(build), "--target", *TARGETS], root, {})
    if made.returncode:
        return Result(False, f"The server does not build:\n{tail(made)}")
    python = releases.environment("follow-sqlmesh", pins(root))
    tested = command([python, "-m", "pytest", "compat", "-q", "-m", MARKS[which]], root / "tests",
                     {"STATESERVER_BUILD": str(build)})
    return Result(tested.returncode == 0, tail(tested))


def pins(root: pathlib.Path) -> tuple[str, ...]:
    lines = (root / "tests/requirements.txt").read_text(encoding="utf-8").splitlines()
    # Some suites install other releases.
    return ("pip", *(line for line in lines if line and not line.startswith("#")))


def command(arguments: list[str], folder: pathlib.Path,
            environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(arguments, cwd=folder, env={**os.environ, **environment}, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def tail(result: subprocess.CompletedProcess[str], lines: int = 40) -> str:
    return "\n".join(result.stdout.splitlines()[-lines:])
