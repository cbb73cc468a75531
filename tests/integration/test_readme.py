# SPDX-License-Identifier: Apache-2.0
"""Every command of the README runs, and those of docs/session.md print what they say."""

import re
import shutil
import subprocess

import pytest

from harness import paths
from harness.documents import block, environment, let_through, normal, run, sessions
from harness.revisions import configuration
from harness.server import Server

README = (paths.ROOT / "README.md").read_text(encoding="utf8")
SESSION = (paths.ROOT / "docs" / "session.md").read_text(encoding="utf8")
OPERATING = (paths.ROOT / "docs" / "operating.md").read_text(encoding="utf8")
COMMANDS = (paths.ROOT / "docs" / "commands.md").read_text(encoding="utf8")


def commands(text, marker):
    """(command, lines printed) of a session, in order."""
    return next(sessions(text, marker))


@pytest.fixture
def session(tmp_path):
    """A folder as the README has it, with its server."""
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


def test_six_commands(session):
    folder, server = session
    (first, _), *rest = commands(README, "six")
    assert first == "stateserver --embedded ./state 2> stateserver.log &"
    assert len(rest) == 5
    for command, _ in rest:
        run(command, folder, environment(server))
    assert (folder / "copy.json.gz").stat().st_size > 1000


def test_starrocks_commands(empty, starrocks, start_server, tmp_path):
    server = start_server(configuration(empty, starrocks.server, starrocks.name))
    typed = commands(README, "starrocks")
    assert len(typed) == 4
    for command, _ in typed:
        run(command, tmp_path, environment(server))


def test_session(session):
    folder, server = session
    variables = environment(server)
    first, *rest = commands(SESSION, "session")
    assert first[0] == "stateserver --embedded ./state 2> stateserver.log &"
    assert normal(server.text())[0] == first[1][0]
    assert len(rest) >= 7
    for command, expected in rest:
        assert normal(run(command, folder, variables)) == expected, command


def test_walk(empty, starrocks, start_server, tmp_path):
    """The same with a StarRocks database, which has another name here."""
    server = start_server(configuration(empty, starrocks.server, starrocks.name))
    variables = environment(server)
    walk = commands(SESSION, "walk")
    assert len(walk) >= 10
    for command, expected in walk:
        printed = run(command, tmp_path, variables)
        assert normal(printed.replace(starrocks.name, "analytics")) == expected, command


def test_configuration(tmp_path, monkeypatch):
    monkeypatch.setenv("PGPASSWORD", "secret-of-the-readme")
    file = tmp_path / "stateserver.yaml"
    file.write_text(block(OPERATING, "config", "yaml"))
    result = subprocess.run([str(paths.SERVER), "--config", str(file), "--check-config"],
                            capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    assert result.returncode == 0, result.stderr
    assert "secret-of-the-readme" not in result.stdout + result.stderr


def test_commands_are_those_there_are():
    """docs/commands.md and `stateclient help` name the same ones."""
    named = set(re.findall(r"`(?:stateclient )?([a-z-]+)[ `]", COMMANDS.split("`stateclient help")[0]))
    shown = subprocess.run([str(paths.CLIENT), "help"], capture_output=True, text=True, timeout=60,
                           stdin=subprocess.DEVNULL)
    there = set(re.findall(r"^  ([a-z][a-z-]+) {2,}\S", shown.stdout + shown.stderr, re.M))
    assert there and there <= named, there - named


def test_documents_exist():
    for link in re.findall(r"\]\(([^)]+)\)", README):
        assert (paths.ROOT / link.split("#")[0]).exists(), link
