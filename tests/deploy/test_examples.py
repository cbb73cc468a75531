"""The programs in examples/, as their README runs them."""

import json
import os
import subprocess
import time

import pytest

from harness import paths
from harness.client import Client
from harness.schemas import warehouse
from harness.server import gateway

PYTHON = paths.ROOT / "examples" / "python"
TABLE = 'CREATE TABLE t (id INT NOT NULL) DUPLICATE KEY(id) DISTRIBUTED BY HASH(id) BUCKETS 2 PROPERTIES ("replication_num" = "1");'


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
    """command(name) -> what starts the example of that name, and its environment without a server."""
    def find(name):
        if name.endswith(".py"):
            return [paths.PYTHON, PYTHON / name], {**os.environ, "PYTHONPATH": stubs.folder}
        return [request.getfixturevalue("go_programs") / name], {**os.environ}
    return find


@pytest.fixture
def example(client, command):
    """example(name, argument, …) -> the finished process."""
    def run(name, *arguments):
        program, environment = command(name)
        return subprocess.run([*program, *map(str, arguments)], capture_output=True, text=True, timeout=120,
                              env={**environment, "STATESERVER_SERVER": client.server.address})
    return run


def test_environments(client, example):
    done = example("environments.py")
    assert done.returncode == 0, done.stderr
    shown = {line.split("\t")[0]: int(line.split("\t")[1]) for line in done.stdout.splitlines()}
    assert shown == {it["name"]: it["snapshots"] for it in client.json("environments")["environments"]}


def test_environments_in_cpp(client):
    program = paths.BUILD / "examples" / "cpp" / "example_environments"
    done = subprocess.run([program, client.server.address], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == len(client.json("environments")["environments"])


def test_export_into_parts(client, example, databases, serve, tmp_path):
    """Joined, they are the state file that stateclient writes, and another state takes it."""
    done = example("export.py", tmp_path / "parts")
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


@pytest.mark.parametrize("gate", ["schema_gate.py", "schemagate"])
def test_the_gate(example, gate, starrocks, tmp_path):
    (tmp_path / "t.sql").write_text(TABLE)
    closed = example(gate, starrocks.name, tmp_path)
    assert closed.returncode == 1 and "CREATE TABLE `t`" in closed.stdout, closed.stderr
    starrocks.apply(TABLE.rstrip(";"))
    opened = example(gate, starrocks.name, tmp_path)
    assert opened.returncode == 0 and not opened.stdout, opened.stdout + opened.stderr


def test_environments_in_go(example):
    done = example("environments")
    assert done.returncode == 0, done.stderr
    assert done.stdout == example("environments.py").stdout


def test_export_in_go(client, example, tmp_path):
    """The records of the state file that stateclient writes, a line each."""
    done = example("export", tmp_path / "parts")
    assert done.returncode == 0, done.stderr
    lines = b"".join(part.read_bytes() for part in sorted((tmp_path / "parts").iterdir())).decode().splitlines()
    records = [line.split("\t", 1) for line in lines]
    theirs = client.export(tmp_path / "state.json")
    assert [json.loads(text) for section, text in records if section == "snapshots"] == theirs["snapshots"]
    assert [json.loads(text) for section, text in records if section == "environments"] == list(theirs["environments"].values())


def test_go_is_formatted():
    done = subprocess.run(["gofmt", "-l", paths.ROOT / "examples" / "go"], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["environments.py", "environments"])
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
