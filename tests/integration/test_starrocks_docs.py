# SPDX-License-Identifier: Apache-2.0
"""The session of docs/starrocks.md runs, and prints what it says."""

import json
import os
import re
import subprocess

from harness import documents, paths

DOCUMENT = (paths.ROOT / "docs" / "starrocks.md").read_text(encoding="utf8")


def session():
    """(command, what it prints), in order."""
    text = re.search(r"<!-- session -->\n```console\n(.*?)```", DOCUMENT, re.S).group(1)
    for part in re.split(r"^\$ ", text, flags=re.M)[1:]:
        command, _, printed = part.partition("\n")
        yield command, printed.rstrip("\n")


def aligned(text, name):
    """With the document's name of the database, and without the widths that depend on it."""
    lines = text.replace(name, "analytics").splitlines()
    return documents.aligned(line for line in lines if line.strip())


def test_the_session(starrocks, start_server, tmp_path):
    server = start_server({"prod": {"connection": starrocks.url}})
    environment = {**os.environ, "STATESERVER_SERVER": server.address, "NO_COLOR": "1",
                   "PATH": f"{paths.CLIENT.parent}:{os.environ['PATH']}"}
    run = 0
    for command, printed in session():
        if "| mysql " in command:
            # As jq and mysql do it, which a test machine may not have.
            plan = json.loads(subprocess.run(
                command.split(" | ")[0].split(), cwd=tmp_path, env=environment, capture_output=True).stdout)
            starrocks.apply(*[step["statement"] for step in plan["steps"]])
            continue
        result = subprocess.run(["sh", "-c", command], cwd=tmp_path, env=environment, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert aligned(result.stdout, starrocks.name) == aligned(printed, starrocks.name), command
        run += 1
    assert run > 6
