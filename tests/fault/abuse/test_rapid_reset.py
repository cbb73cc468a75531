# SPDX-License-Identifier: Apache-2.0
"""Streams that are opened and cancelled at once (CVE-2023-44487), by whoever reaches the port and by readers."""

import struct
import threading
import time

import pytest

from harness import http2

SECONDS = 6


def churn(victim, over: threading.Event, block: bytes, ending, sent: list[int], pace: float = 0) -> None:
    """Opens streams and ends each with `ending(number)`, over a new connection whenever the last one is gone."""
    while not over.is_set():
        try:
            with http2.greet(victim.server.address, timeout=2) as connection:
                connection.settimeout(2)
                for first in range(1, 2**20, 100):
                    if over.is_set():
                        return
                    connection.sendall(b"".join(http2.open_stream(number, block) + ending(number)
                                                for number in range(first, first + 100, 2)))
                    sent[0] += 50
                    time.sleep(pace)
        except OSError:
            time.sleep(0.05)


@pytest.mark.parametrize("path", [
    "/stateserver.v1.StateService/GetVersions",
    pytest.param("/stateserver.v1.StateService/Import", marks=pytest.mark.exhaustive),
    pytest.param("/grpc.health.v1.Health/Watch", marks=pytest.mark.exhaustive),
    pytest.param("/no.such/Method", marks=pytest.mark.exhaustive)])
def test_anonymous(victim, path):
    """Memory stays bounded whatever is called, and a known caller's connection goes on meanwhile."""
    block = http2.call_headers(path)
    sent = [0]
    with victim.channel() as channel:
        stub = victim.stubs.state_grpc.StateServiceStub(channel)

        def ask() -> None:
            stub.GetVersions(victim.stubs.state.GetVersionsRequest(), timeout=5, metadata=victim.metadata(victim.admin))
        ask()
        victim.peak_during(lambda over: churn(victim, over, block, http2.reset, sent), SECONDS)
        ask()
    assert sent[0] > 1000, "that was no attack"
    assert victim.closed("too_many_cancelled_streams") > 0


def test_a_reader(victim):
    block = http2.call_headers(token=victim.reader)
    sent = [0]
    victim.peak_during(lambda over: churn(victim, over, block, http2.reset, sent), SECONDS)
    assert sent[0] > 1000, "that was no attack"


def test_the_server_is_made_to_reset(victim):
    """A WINDOW_UPDATE that overflows a stream's window has the server reset it (CVE-2025-8671)."""
    def overflow(number: int) -> bytes:
        return http2.frame(http2.WINDOW_UPDATE, payload=struct.pack(">I", 2**31 - 1), stream=number)
    sent = [0]
    block = http2.call_headers("/stateserver.v1.StateService/Import")
    victim.peak_during(lambda over: churn(victim, over, block, overflow, sent), SECONDS)
    assert sent[0] > 1000, "that was no attack"


def test_connections_that_end_with_open_streams(victim):
    """The same by closing: each leaves its streams behind."""
    streams = b"".join(http2.open_stream(number, http2.call_headers()) for number in range(1, 200, 2))
    opened = [0]

    def attack(over: threading.Event) -> None:
        while not over.is_set():
            try:
                with http2.greet(victim.server.address, timeout=2) as connection:
                    connection.sendall(streams)
                    opened[0] += 1
            except OSError:
                time.sleep(0.01)
    victim.peak_during(attack, SECONDS)
    assert opened[0] > 50, "that was no attack"


def test_streams_that_never_end(victim):
    """A client that does not acknowledge the server's settings is held to its limit all the same."""
    with http2.greet(victim.server.address) as connection:
        try:
            for number in range(1, 2000, 2):
                connection.sendall(http2.open_stream(number, http2.call_headers()))
        except OSError:
            pass
        assert http2.is_closed(connection, 10)
    assert victim.closed("too_many_streams") == 1
