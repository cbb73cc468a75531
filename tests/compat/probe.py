# SPDX-License-Identifier: Apache-2.0
"""Asks build/.../tests/state_probe: the rules of server/sqlmesh/records, from Python."""

import json
import subprocess

from harness import paths


def ask(questions):
    """One answer per question (a dictionary with "op"), in order."""
    text = "".join(json.dumps(question) + "\n" for question in questions)
    done = subprocess.run([str(paths.BUILD / "tests" / "state_probe")], input=text.encode(),
                          capture_output=True, check=True)
    answers = [json.loads(line) for line in done.stdout.decode().splitlines()]
    assert len(answers) == len(questions)
    return answers
