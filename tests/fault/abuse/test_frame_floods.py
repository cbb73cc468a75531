# SPDX-License-Identifier: Apache-2.0
"""Frames that carry no call, headers without end, and streams that crawl."""

import struct
import threading
import time

import pytest

from harness import http2

SECONDS = 4
FLOODS = {
    "settings": http2.frame(http2.SETTINGS),
    "settings with values": http2.frame(http2.SETTINGS, payload=struct.pack(">HI", 4, 65535) * 100),
    "ping": http2.frame(http2.PING, payload=bytes(8)),
    "ping acknowledgements": http2.frame(http2.PING, http2.ACK, bytes(8)),
    "priority": http2.frame(http2.PRIORITY, payload=struct.pack(">IB", 0, 1), stream=1),
    "window updates": http2.frame(http2.WINDOW_UPDATE, payload=struct.pack(">I", 1)),
    "unknown frames": http2.frame(0xfe, payload=b"x" * 100),
    "resets of no stream": http2.reset(1),
}


def flood(victim, over: threading.Event, bytes_: bytes, first: bytes = b"") -> None:
    many = bytes_ * max(1, 32_768 // len(bytes_))
    while not over.is_set():
        try:
            with http2.greet(victim.server.address, timeout=2) as connection:
                connection.sendall(first)
                while not over.is_set():
                    connection.sendall(many)
        except OSError:
            time.sleep(0.02)


@pytest.mark.parametrize("name", [name if name in ("settings", "ping") else
                                  pytest.param(name, marks=pytest.mark.exhaustive) for name in FLOODS])
def test_flood(victim, name):
    victim.peak_during(lambda over: flood(victim, over, FLOODS[name]), SECONDS)
    assert victim.closed("too_many_control_frames") > 0


def test_empty_data(victim):
    """On a stream that is open, without an end."""
    stream = http2.open_stream(1, http2.call_headers("/stateserver.v1.StateService/Import"))
    victim.peak_during(lambda over: flood(victim, over, http2.frame(http2.DATA, stream=1), stream), SECONDS)
    assert victim.closed("too_many_control_frames") > 0


@pytest.mark.parametrize("piece", [
    b"", pytest.param(b"\x10\x01x\x01y", marks=pytest.mark.exhaustive),
    pytest.param(b"\x10\x01x\x7f\x80\x7d" + b"y" * 16_127, marks=pytest.mark.exhaustive)])
def test_continuations_without_end(victim, piece):
    """A header block that goes on for ever (CVE-2024-27316)."""
    start = http2.open_stream(1, http2.call_headers(), flags=0)
    victim.peak_during(
        lambda over: flood(victim, over, http2.frame(http2.CONTINUATION, payload=piece, stream=1), start), SECONDS)
    assert victim.closed("headers_too_large") > 0


def test_headers_that_expand(victim):
    """One large field, put into the table of HPACK and named again and again: kilobytes that stand for megabytes."""
    name, value = b"x", b"v" * 4000
    entry = b"\x40\x01" + name + b"\x7f" + bytes([(len(value) - 127) % 128 + 128, (len(value) - 127) // 128]) + value
    block = http2.call_headers() + entry + b"\xbe" * 8000

    def attack(over: threading.Event) -> None:
        while not over.is_set():
            try:
                with http2.greet(victim.server.address, timeout=2) as connection:
                    for number in range(1, 200, 2):
                        connection.sendall(http2.open_stream(number, block))
                    http2.is_closed(connection, 0.2)
            except OSError:
                time.sleep(0.02)
    victim.peak_during(attack, SECONDS)


@pytest.mark.exhaustive
def test_streams_that_crawl(victim):
    """Calls whose messages arrive a byte at a time are ended when nobody known has called over their connection."""
    crawling = []
    for _ in range(20):
        connection = http2.greet(victim.server.address)
        connection.sendall(http2.open_stream(1, http2.call_headers()))
        connection.sendall(http2.frame(http2.DATA, payload=http2.message(b"x" * 1000)[:3], stream=1))
        crawling.append(connection)
    end = time.monotonic() + 45
    while crawling and time.monotonic() < end:
        victim.answers()
        for connection in list(crawling):
            try:
                connection.sendall(http2.frame(http2.DATA, payload=b"x", stream=1))
            except OSError:
                crawling.remove(connection)
                connection.close()
        time.sleep(1)
    assert not crawling
    assert victim.closed("unanswered_stream") == 20
