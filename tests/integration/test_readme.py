# SPDX-License-Identifier: Apache-2.0
"""Every command of the README runs, and prints what the README says."""

import re
import shutil
import subprocess

import pytest

from harness import paths
from harness.documents import block, environment, let_through, normal, run, sessions
from harness.revisions import configuration
from harness.server import Server

README = (paths.ROOT / "README.md").read_text(encoding="utf8")

def commands(marker="session"):
    """(command, lines printed) of a session, in order."""
    return next(sessions(README, marker))


@pytest.fixture
def session(tmp_path):
    """A folder as the README's session has it, with its server."""
    let_through(tmp_path)
    shutil.copy(paths.CORPUS / paths.NEWEST / "export_all.json", tmp_path / "shop.json")
    server = Server(embedded=tmp_path / "state")
    yield tmp_path, server
    server.stop()


def test_programs_are_found(tmp_path):
    """As a new user has it: a checkout, whose programs are in no folder of PATH."""
    checkout = tmp_path / "checkout"
    (checkout / "build").mkdir(parents=True)
    (checkout / "build" / "release").symlink_to(paths.BUILD)
    (checkout / "tests").symlink_to(paths.TESTS)
    typed = block(README, "path", "sh").replace("/tmp/shop", str(tmp_path / "shop"))
    script = f"{typed}\nstateserver --version && stateclient --version && command -v stateserver stateclient && ls"
    result = subprocess.run(["bash", "-euc", script], cwd=checkout, env={"PATH": "/usr/bin:/bin"}, capture_output=True,
                            text=True, timeout=60, stdin=subprocess.DEVNULL)
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-3:] == [str(checkout / "build/release/server/stateserver"),
                                               str(checkout / "build/release/client/stateclient"), "shop.json"]


def test_session(session):
    folder, server = session
    variables = environment(server)
    first, *rest = commands()
    assert first[0] == "stateserver --embedded ./state 2> stateserver.log &"
    assert normal(server.text())[0] == first[1][0]
    assert len(rest) >= 7
    for command, expected in rest:
        assert normal(run(command, folder, variables)) == expected, command


def test_walk(empty, starrocks, start_server, tmp_path):
    """The same with a StarRocks database, which has another name here."""
    server = start_server(configuration(empty, starrocks.server, starrocks.name))
    variables = environment(server)
    walk = commands("walk")
    assert len(walk) >= 10
    for command, expected in walk:
        printed = run(command, tmp_path, variables)
        assert normal(printed.replace(starrocks.name, "analytics")) == expected, command


def test_configuration(tmp_path, monkeypatch):
    monkeypatch.setenv("PGPASSWORD", "secret-of-the-readme")
    file = tmp_path / "stateserver.yaml"
    file.write_text(block(README, "config", "yaml"))
    result = subprocess.run([str(paths.SERVER), "--config", str(file), "--check-config"],
                            capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    assert result.returncode == 0, result.stderr
    assert "secret-of-the-readme" not in result.stdout + result.stderr


def test_commands_are_those_there_are():
    """The table of commands and `stateclient help` name the same ones."""
    table = README.split("## Commands")[1].split("\n## ")[0]
    named = set(re.findall(r"`(?:stateclient )?([a-z-]+)[ `]", table.split("`stateclient help")[0]))
    shown = subprocess.run([str(paths.CLIENT), "help"], capture_output=True, text=True, timeout=60,
                           stdin=subprocess.DEVNULL)
    there = set(re.findall(r"^  ([a-z][a-z-]+) {2,}\S", shown.stdout + shown.stderr, re.M))
    assert there and there <= named, there - named


def test_documents_exist():
    for link in re.findall(r"\]\(([^)]+)\)", README):
        assert (paths.ROOT / link.split("#")[0]).exists(), link
