# SPDX-License-Identifier: Apache-2.0
"""Starting, checking, reloading, draining, stopping."""

import signal
import subprocess
import time

import grpc
import pytest

from harness import paths
from harness.client import Client
from harness.raw import ImportCall
from harness.server import gateway

FILE = paths.CORPUS / paths.NEWEST / "export_all.json"


def run(*arguments, **options):
    return subprocess.run([str(paths.SERVER), *map(str, arguments)], capture_output=True, text=True,
                          timeout=60, stdin=subprocess.DEVNULL, **options)


def test_version():
    result = run("--version")
    assert result.returncode == 0 and result.stdout.strip().split()[-1].count(".") == 2


def check(tmp_path, text):
    path = tmp_path / "stateserver.yaml"
    path.write_text(text)
    return run("--config", path, "--check-config")


GOOD = """\
gateways:
  prod:
    state_connection: {type: postgres, host: db, port: 5432, user: u, password: "${SECRET_OF_TEST}", database: d}
"""


def test_check_config(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_OF_TEST", "a:b#c}")
    result = check(tmp_path, GOOD)
    assert result.returncode == 0, result
    assert "a:b#c}" not in result.stdout + result.stderr


@pytest.mark.parametrize("text,expected", [
    (GOOD, ["SECRET_OF_TEST"]),
    (GOOD + "lisen: 1\n", ["lisen", ":4"]),
    ("gateways: {}\n", ["gateways"]),
    ("gateways: [\n", ["stateserver.yaml"]),
    ("gateways:\n  prod:\n    state_connection: {type: mysql, host: db}\n", ["postgres"]),
    (GOOD.replace("5432", "many").replace("${SECRET_OF_TEST}", ""), ["port"]),
    (GOOD.replace("${SECRET_OF_TEST}", "") + "limits: {shutdown_grace: soon}\n", ["shutdown_grace", ":4"]),
    (GOOD.replace("${SECRET_OF_TEST}", "") + "default_gateway: none\n", ["none"]),
])
def test_check_config_names_file_line_and_key(tmp_path, text, expected):
    result = check(tmp_path, text)
    assert result.returncode not in (0, -6, -11), result
    for part in [*expected, "stateserver.yaml"]:
        assert part in result.stdout + result.stderr, result


def test_a_sqlmesh_gateways_block_works(tmp_path):
    """Pasted from config.yaml, with keys that mean nothing here."""
    result = check(tmp_path, """\
gateways:
  local:
    connection: {type: duckdb, catalogs: {a: b.db}, concurrent_tasks: 1}
    state_connection: {type: postgres, host: db, port: 5432, user: u, password: '', database: d, role: r}
    test_connection: {type: duckdb}
    variables: {x: 1}
    scheduler: {type: builtin}
""")
    assert result.returncode == 0, result


def test_a_missing_config_file():
    result = run("--config", "/nonexistent/stateserver.yaml")
    assert result.returncode not in (0, -6, -11)
    assert "/nonexistent/stateserver.yaml" in result.stderr


def test_a_port_in_use(state, start_server):
    first = start_server(state)
    result = run("--config", first.config_file, "--listen", first.address, "--metrics-listen", "127.0.0.1:0")
    assert result.returncode not in (0, -6, -11)
    assert first.address.split(":")[1] in result.stdout + result.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stops_cleanly(state, start_server, number):
    server = start_server(state)
    server.signal(number)
    assert server.wait(20) == 0


def health(server, stubs, service=""):
    with server.channel() as channel:
        stub = stubs.health_grpc.HealthStub(channel)
        return stub.Check(stubs.health.HealthCheckRequest(service=service), timeout=5).status


def test_health(state, start_server, stubs):
    server = start_server(state)
    serving = stubs.health.HealthCheckResponse.SERVING
    assert health(server, stubs) == serving
    assert health(server, stubs, "gateway/local") == serving
    with pytest.raises(grpc.RpcError) as error:
        health(server, stubs, "gateway/nope")
    assert error.value.code() == grpc.StatusCode.NOT_FOUND


def test_health_of_a_lost_database(databases, start_server, stubs):
    state = databases.state()
    block = gateway(state)
    block["state_connection"]["port"] = 1
    server = start_server({"local": block})
    deadline = time.monotonic() + 20
    while health(server, stubs, "gateway/local") != stubs.health.HealthCheckResponse.NOT_SERVING:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert health(server, stubs) == stubs.health.HealthCheckResponse.SERVING


@pytest.mark.streams
def test_draining_lets_a_running_call_finish(state, start_server, stubs):
    server = start_server(state, limits={"shutdown_grace": "20s"})
    running = ImportCall(server, stubs).begin()
    with server.channel() as channel:
        service = stubs.state_grpc.StateServiceStub(channel)
        service.GetVersions(stubs.state.GetVersionsRequest(), timeout=10)
        server.signal(signal.SIGTERM)
        deadline = time.monotonic() + 10
        while True:
            try:
                service.GetVersions(stubs.state.GetVersionsRequest(), timeout=5)
                assert time.monotonic() < deadline
            except grpc.RpcError as error:
                assert error.code() == grpc.StatusCode.UNAVAILABLE
                break
    assert server.process.poll() is None
    assert running.commit().operation.id == running.id
    assert server.wait(30) == 0


@pytest.mark.slow
@pytest.mark.streams
def test_draining_ends_a_call_that_does_not(state, start_server, stubs):
    """After the grace it is cancelled and rolled back."""
    before = state.fingerprint()
    server = start_server(state, limits={"shutdown_grace": "1s"})
    running = ImportCall(server, stubs).begin()
    begin = time.monotonic()
    server.signal(signal.SIGTERM)
    with pytest.raises(grpc.RpcError):
        list(running.call)
    assert server.wait(20) == 0
    assert time.monotonic() - begin < 15
    assert state.fingerprint() == before


def test_reload_adds_and_removes_gateways(databases, start_server):
    first, second = databases.state(), databases.empty()
    server = start_server({"one": gateway(first)})
    client = Client(server)
    server.write_config({"one": gateway(first), "two": gateway(second)})
    server.signal(signal.SIGHUP)
    deadline = time.monotonic() + 15
    while {g["name"] for g in client.json("gateways")["gateways"]} != {"one", "two"}:
        assert time.monotonic() < deadline, server.text()
        time.sleep(0.1)
    assert client.json("--gateway", "two", "versions")["state"] is None
    server.write_config({"two": gateway(second)})
    server.signal(signal.SIGHUP)
    while {g["name"] for g in client.json("gateways")["gateways"]} != {"two"}:
        assert time.monotonic() < deadline, server.text()
        time.sleep(0.1)


def test_a_bad_reload_keeps_what_runs(state, start_server):
    server = start_server(state)
    server.config_file.write_text("gateways: [")
    start = len(server.log)
    server.signal(signal.SIGHUP)
    server.wait_for_log("stateserver.yaml", start=start)
    assert Client(server).json("versions")["state"]["schema_version"] == paths.NEWEST_SCHEMA


def test_reflection(state, start_server, stubs):
    """A tool without our protos can list the services (through the v1alpha service)."""
    server = start_server(state)
    with server.channel() as channel:
        call = channel.stream_stream(
            "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
            request_serializer=lambda data: data, response_deserializer=lambda data: data)
        (answer,) = list(call(iter([b"\x3a\x01*"]), timeout=10))
    assert b"stateserver.v1.StateService" in answer and b"stateserver.v1.OperationsService" in answer


def test_reflection_can_be_off(state, start_server):
    server = start_server(state, reflection=False)
    with server.channel() as channel:
        call = channel.stream_stream(
            "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
            request_serializer=lambda data: data, response_deserializer=lambda data: data)
        with pytest.raises(grpc.RpcError) as error:
            list(call(iter([b"\x3a\x01*"]), timeout=10))
    assert error.value.code() == grpc.StatusCode.UNIMPLEMENTED


def test_several_gateways(databases, start_server):
    one, two = databases.state(), databases.state("0.137.1", "after")
    client = Client(start_server({"one": gateway(one), "two": gateway(two)}))
    counts = [client.json("--gateway", name, "stats")["snapshots"] for name in ("one", "two")]
    assert counts == [one.count("_snapshots"), two.count("_snapshots")]
    assert client.json("stats")["snapshots"] == counts[0]


def test_the_config_may_be_world_readable_yaml_of_sqlmesh(state, start_server):
    """A connection without state_connection serves when it is postgres."""
    block = {"connection": gateway(state)["state_connection"]}
    assert Client(start_server({"local": block})).json("versions")["state"]["schema_version"] == paths.NEWEST_SCHEMA
