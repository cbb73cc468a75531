# SPDX-License-Identifier: Apache-2.0
"""The programs in examples/, as their README runs them."""

import datetime
import json
import os
import subprocess
import time

import pytest

from harness import paths
from harness.schemas import warehouse
from harness.server import gateway

PYTHON = paths.ROOT / "examples" / "python"
CPP = paths.BUILD / "examples" / "cpp"
TABLE = ('CREATE TABLE t (id INT NOT NULL) DUPLICATE KEY(id) DISTRIBUTED BY HASH(id) BUCKETS 2 '
         'PROPERTIES ("replication_num" = "1");')


@pytest.fixture
def client(state, starrocks, serve):
    return serve({"local": gateway(state, connection=warehouse(starrocks.server, starrocks.name))})


@pytest.fixture(scope="module")
def go_programs(tmp_path_factory):
    """The folder of the programs that examples/go/build makes."""
    folder = tmp_path_factory.mktemp("go")
    made = subprocess.run([paths.ROOT / "examples" / "go" / "build", folder], capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    return folder / "bin"


@pytest.fixture
def command(stubs, request):
    """command(name) -> what starts the example of that name (python/…, go/…, cpp/…), and its environment without a
    server."""
    def find(example):
        language, name = example.split("/")
        if language == "python":
            return [paths.PYTHON, PYTHON / f"{name}.py"], {**os.environ, "PYTHONPATH": stubs.folder}
        folder = request.getfixturevalue("go_programs") if language == "go" else CPP
        return [folder / name], {**os.environ}
    return find


@pytest.fixture
def example(client, command):
    """example(name, argument, …) -> the finished process."""
    def run(name, *arguments):
        program, environment = command(name)
        return subprocess.run([*program, *map(str, arguments)], capture_output=True, text=True, timeout=120,
                              env={**environment, "STATESERVER_SERVER": client.server.address})
    return run


def utc(milliseconds):
    if milliseconds is None:
        return "-"
    return f"{datetime.datetime.fromtimestamp(int(milliseconds) / 1000, datetime.UTC):%Y-%m-%d %H:%M:%S}"


@pytest.mark.parametrize("language", ["python", "go", "cpp"])
def test_environments(client, example, language):
    done = example(f"{language}/environments")
    assert done.returncode == 0, done.stderr
    assert [line.split("\t") for line in done.stdout.splitlines()] == [
        [it["name"], str(it["snapshots"]), utc(it.get("finalized_ts"))]
        for it in client.json("environments")["environments"]]


def test_export_into_parts(client, example, databases, serve, tmp_path):
    """Joined, they are the state file that stateclient writes, and another state takes it."""
    done = example("python/export", tmp_path / "parts")
    assert done.returncode == 0, done.stderr
    joined = tmp_path / "joined.json"
    joined.write_bytes(b"".join(part.read_bytes() for part in sorted((tmp_path / "parts").iterdir())))
    ours, theirs = json.loads(joined.read_text()), client.export(tmp_path / "state.json")
    for document in (ours, theirs):
        document["metadata"] = {key: document["metadata"][key] for key in ("file_version", "importable")}
    assert ours == theirs
    other = serve(databases.empty())
    other.ok("migrate", "-y")
    other.ok("import", "-i", joined, "-y")
    assert other.json("stats")["environments"] == client.json("stats")["environments"]


@pytest.mark.parametrize("gate", ["python/schema_gate", "go/schemagate", "cpp/schema_gate"])
def test_the_gate(example, gate, starrocks, tmp_path):
    (tmp_path / "t.sql").write_text(TABLE)
    closed = example(gate, starrocks.name, tmp_path)
    assert closed.returncode == 1 and "CREATE TABLE `t`" in closed.stdout, closed.stderr
    starrocks.apply(TABLE.rstrip(";"))
    opened = example(gate, starrocks.name, tmp_path)
    assert opened.returncode == 0 and not opened.stdout, opened.stdout + opened.stderr


@pytest.mark.parametrize("language", ["go", "cpp"])
def test_export_of_lines(client, example, language, tmp_path):
    """The records of the state file that stateclient writes, a line each."""
    done = example(f"{language}/export", tmp_path / "parts")
    assert done.returncode == 0, done.stderr
    lines = b"".join(part.read_bytes() for part in sorted((tmp_path / "parts").iterdir())).decode().splitlines()
    records = [line.split("\t", 1) for line in lines]
    theirs = client.export(tmp_path / "state.json")
    assert [json.loads(text) for section, text in records if section == "snapshots"] == theirs["snapshots"]
    assert [json.loads(text) for section, text in records
            if section == "environments"] == list(theirs["environments"].values())


def test_cpp_stands_alone(tmp_path):
    """Without the rest of the build: it finds what it needs, and the protocol. Compiling it is the build's own work."""
    done = subprocess.run(["cmake", "-G", "Ninja", "-S", paths.ROOT / "examples" / "cpp", "-B", tmp_path],
                          capture_output=True,
                          text=True)
    assert done.returncode == 0, done.stderr
    assert "build schema_gate:" in (tmp_path / "build.ninja").read_text()


def test_go_is_formatted():
    done = subprocess.run(["gofmt", "-l", paths.ROOT / "examples" / "go"], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["python/environments", "go/environments", "cpp/environments"])
def test_they_wait_for_a_server_that_restarts(client, command, name):
    """The retry rules: it is back before the attempts are over."""
    address = client.server.address
    program, environment = command(name)
    client.server.stop()
    waiting = subprocess.Popen(program, env={**environment, "STATESERVER_SERVER": address}, stdout=subprocess.PIPE)
    time.sleep(1)
    assert waiting.poll() is None
    client.server.start(address)
    out, _ = waiting.communicate(timeout=60)
    assert waiting.returncode == 0 and out
