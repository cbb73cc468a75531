"""Every command of the README runs, and prints what the README says."""

import os
import re
import shutil
import subprocess

import pytest

from harness import paths
from harness.revisions import configuration
from harness.server import Server

README = (paths.ROOT / "README.md").read_text(encoding="utf8")
VOLATILE = [
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "UUID"),
    (re.compile(r"\b20\d\d-\d\d-\d\d \d\d:\d\d:\d\d"), "TIME"),
    (re.compile(r"\b\d:\d\d:\d\d"), "DURATION"),
    (re.compile(r"127\.0\.0\.1:\d+"), "ADDRESS"),
    (re.compile(r"\d+\.\d KiB"), "SIZE"),
    (re.compile(r'"postgres_version":"[\d.]+"'), "POSTGRES"),
    (re.compile(r"\b\d{8}_\d{6}_[0-9a-f]{12}_"), "WHEN_ID_"),
    (re.compile(r"digest [0-9a-f]{32}"), "digest DIGEST"),
    (re.compile(r"\b[0-9a-f]{12}\b"), "ID"),
    (re.compile(r" in \d+(ms|s)\]"), " in SPAN]"),
]


def block(marker, language):
    return re.search(rf"<!-- {marker} -->\n```{language}\n(.*?)```", README, re.S).group(1)


def commands(marker="session"):
    """(command, lines printed) of a session, in order."""
    parts = re.split(r"^\$ ", block(marker, "console"), flags=re.M)[1:]
    return [(part.split("\n", 1)[0], normal(part.split("\n", 1)[1])) for part in parts]


def normal(text):
    for pattern, name in VOLATILE:
        text = pattern.sub(name, text)
    return [line.rstrip() for line in text.splitlines() if line.strip()]


@pytest.fixture
def session(tmp_path):
    """A folder as the README's session has it, with its server."""
    os.chmod(tmp_path, 0o711)
    for folder in tmp_path.parents:
        if str(folder).startswith("/tmp/"):
            os.chmod(folder, 0o711)
    shutil.copy(paths.CORPUS / paths.NEWEST / "export_all.json", tmp_path / "shop.json")
    server = Server(embedded=tmp_path / "state")
    yield tmp_path, server
    server.stop()


def test_session(session):
    folder, server = session
    environment = {**os.environ, "STATESERVER_SERVER": server.address,
                   "PATH": f"{paths.CLIENT.parent}:{paths.SERVER.parent}:{os.environ['PATH']}"}
    first, *rest = commands()
    assert first[0] == "stateserver --embedded ./state &"
    assert normal(server.text())[0] == first[1][0]
    assert len(rest) >= 7
    for command, expected in rest:
        result = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, timeout=120)
        assert result.returncode == 0, (command, result.stdout)
        assert normal(result.stdout) == expected, command


def test_walk(empty, starrocks, start_server, tmp_path):
    """The same with a StarRocks database, which has another name here."""
    server = start_server(configuration(empty, starrocks.server, starrocks.name))
    environment = {**os.environ, "STATESERVER_SERVER": server.address, "NO_COLOR": "1",
                   "PATH": f"{paths.CLIENT.parent}:{os.environ['PATH']}"}
    walk = commands("walk")
    assert len(walk) >= 10
    for command, expected in walk:
        result = subprocess.run(["bash", "-c", command], cwd=tmp_path, env=environment, text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
        assert result.returncode == 0, (command, result.stdout)
        assert normal(result.stdout.replace(starrocks.name, "analytics")) == expected, command


def test_configuration(tmp_path, monkeypatch):
    monkeypatch.setenv("PGPASSWORD", "secret-of-the-readme")
    file = tmp_path / "stateserver.yaml"
    file.write_text(block("config", "yaml"))
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
