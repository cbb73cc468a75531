# SPDX-License-Identifier: Apache-2.0
"""Connections that are held and not used: descriptors, handshakes, threads."""

import socket
import subprocess
import threading
import time

import pytest

from harness import http2, process_stats


def hold(address: str, count: int) -> list[socket.socket]:
    held = []
    for _ in range(count):
        try:
            held.append(http2.connect(address, timeout=2))
        except OSError:
            break
    return held


def release(held: list[socket.socket]) -> None:
    for one in held:
        one.close()


@pytest.mark.parametrize("files", [1024, 300])
def test_descriptors(victim, files):
    """1,300 idle sockets and few descriptors: callers are served during and after."""
    subprocess.run(["prlimit", "--pid", str(victim.pid), f"--nofile={files}:"], check=True)
    held = hold(victim.server.address, 700) + hold(victim.server.address, 600)
    assert len(held) > 500
    victim.answers()
    assert process_stats.open_files(victim.pid) < files
    release(held)
    victim.answers()


def test_descriptors_used_up_otherwise(victim):
    """Where none is left at all, a connection is refused, and nothing spins; one that becomes free is used."""
    held = hold(victim.server.address, 20)
    files = process_stats.open_files(victim.pid)
    subprocess.run(["prlimit", "--pid", str(victim.pid), f"--nofile={files}:"], check=True)
    more = hold(victim.server.address, 100)
    time.sleep(0.5)
    before = cpu_ticks(victim.pid)
    time.sleep(1)
    assert cpu_ticks(victim.pid) - before < 50, "it spins"
    subprocess.run(["prlimit", "--pid", str(victim.pid), "--nofile=4096:"], check=True)
    victim.answers()
    release(held + more)


def cpu_ticks(pid: int) -> int:
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def test_one_address_has_a_part(start_victim):
    victim = start_victim(limits={"max_connections_per_address": 10})
    held = hold(victim.server.address, 30)
    victim.answers()
    assert sum(http2.is_closed(one, 0.3) for one in held) >= 20
    assert victim.closed("too_many_connections_of_address") >= 20
    release(held)
    victim.is_well()


def test_half_a_handshake(start_victim):
    """Connections that say half of HTTP/2's greeting are closed in time; those that speak another protocol at once."""
    victim = start_victim(limits={"handshake_timeout": "2s"})
    silent = hold(victim.server.address, 50)
    half = hold(victim.server.address, 50)
    for one in half:
        one.sendall(http2.PREFACE[:12])
    other = hold(victim.server.address, 10)
    for one in other:
        one.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
    victim.answers()
    assert all(http2.is_closed(one, 1) for one in other)
    assert all(http2.is_closed(one, 6) for one in silent + half)
    assert victim.closed("not_http2") == 10
    assert victim.closed("handshake_timeout") == 100
    release(silent + half + other)
    victim.is_well()


def test_half_a_tls_handshake(start_victim, tmp_path):
    from harness.tls import Authority
    certificate, key = Authority(tmp_path).issue("server")
    tls = {"cert": str(certificate), "key": str(key)}
    plain = start_victim()
    server = plain.server
    server.write_config(server.gateways, tls=tls, limits={"handshake_timeout": "2s"})
    server.restart()
    half = hold(server.address, 50)
    for one in half:
        one.sendall(b"\x16\x03\x01\x02\x00\x01")
    noise = hold(server.address, 10)
    for one in noise:
        one.sendall(b"no TLS at all, but long enough to be read as a record of it")
    assert all(http2.is_closed(one, 1) for one in noise)
    assert all(http2.is_closed(one, 6) for one in half)
    release(half + noise)


def streams(victim, path: str, token: str | None, connections: int, each: int):
    """Streams that are open and silent; give back what ends them."""
    over = threading.Event()
    channels, calls = [], []

    def nothing():
        over.wait(120)
        return
        yield
    for _ in range(connections):
        channel = victim.channel()
        channels.append(channel)
        method = channel.stream_stream(path, request_serializer=bytes, response_deserializer=bytes)
        metadata = victim.metadata(token) if token else None
        calls += [method(nothing(), metadata=metadata) for _ in range(each)]

    def end() -> None:
        over.set()
        for call in calls:
            call.cancel()
        for channel in channels:
            channel.close()
    return end


@pytest.mark.parametrize("path, named", [
    ("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", False),
    ("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", False),
    ("/grpc.health.v1.Health/Watch", False),
    ("/stateserver.v1.StateService/Import", False),
    ("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", True),
    ("/stateserver.v1.StateService/Import", True),
])
def test_threads(victim, path, named):
    """Silent streams of one caller, more than there are threads for calls, keep nobody out."""
    before = process_stats.threads(victim.pid)
    end = streams(victim, path, victim.reader if named else None, 3, 100)
    try:
        time.sleep(2)
        for _ in range(5):
            victim.answers()
        assert process_stats.threads(victim.pid) < before + 100
    finally:
        end()


@pytest.mark.parametrize("request_",
                         [b"", b"GET /metrics HTTP/1.1\r\nHo", b"GET /metrics HTTP/1.1\r\nHost: here\r\n\r\n" * 50])
def test_scrapers_that_do_not_go_on(victim, request_):
    """Silent, half said, never read: /metrics goes on answering others, and lets go of them in time."""
    held = hold(victim.server.metrics_address, 200)
    for one in held:
        one.sendall(request_)
    for _ in range(3):
        assert victim.closed("not_http2") == 0
    victim.answers()
    assert all(http2.is_closed(one, 15) for one in held[:3])
    release(held)
