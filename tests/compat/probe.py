# SPDX-License-Identifier: Apache-2.0
"""Asks build/.../tests/state_probe: the rules of server/sqlmesh/records, from Python."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from typing import Any

from harness import paths


def ask(questions: Sequence[dict[str, Any]]) -> list[Any]:
    """One answer per question (a dictionary with "op"), in order."""
    text = "".join(json.dumps(question) + "\n" for question in questions)
    done = subprocess.run([str(paths.BUILD / "tests" / "state_probe")], input=text.encode(),
                          capture_output=True, check=True)
    answers = [json.loads(line) for line in done.stdout.decode().splitlines()]
    assert len(answers) == len(questions)
    return answers
