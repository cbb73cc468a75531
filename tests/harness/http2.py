# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 by hand: what no client library would send."""

import socket
import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RESET, SETTINGS, PUSH, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
ACK = 0x1
END_HEADERS = 0x4
CANCEL = 8


def frame(kind: int, flags: int = 0, payload: bytes = b"", stream: int = 0) -> bytes:
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def _literal(name: bytes, value: bytes) -> bytes:
    """One header field of HPACK, never indexed, in plain octets."""
    def text(octets: bytes) -> bytes:
        if len(octets) < 127:
            return bytes([len(octets)]) + octets
        rest, out = len(octets) - 127, b"\x7f"
        while rest >= 128:
            out, rest = out + bytes([rest % 128 + 128]), rest // 128
        return out + bytes([rest]) + octets
    return b"\x10" + text(name) + text(value)


def call_headers(path: str = "/stateserver.v1.StateService/GetVersions", token: str = "",
                 more: tuple[tuple[str, str], ...] = ()) -> bytes:
    """The header block of a gRPC call."""
    fields = [(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "here"),
              ("te", "trailers"), ("content-type", "application/grpc"), *more]
    if token:
        fields.append(("authorization", f"Bearer {token}"))
    return b"".join(_literal(name.encode(), value.encode()) for name, value in fields)


def message(payload: bytes) -> bytes:
    """A gRPC message, uncompressed."""
    return b"\0" + struct.pack(">I", len(payload)) + payload


def open_stream(number: int, block: bytes, flags: int = END_HEADERS) -> bytes:
    return frame(HEADERS, flags, block, number)


def reset(number: int) -> bytes:
    return frame(RESET, payload=struct.pack(">I", CANCEL), stream=number)


def connect(address: str, timeout: float = 10) -> socket.socket:
    """To HOST:PORT or unix:PATH."""
    host, port = address.rsplit(":", 1)
    if host == "unix":
        local = socket.socket(socket.AF_UNIX)
        local.settimeout(timeout)
        local.connect(port)
        return local
    return socket.create_connection((host, int(port)), timeout=timeout)


def greet(address: str, timeout: float = 10) -> socket.socket:
    """A connection that has sent preface and settings."""
    connection = connect(address, timeout)
    connection.sendall(PREFACE + frame(SETTINGS))
    return connection


def is_closed(connection: socket.socket, seconds: float) -> bool:
    """Whether the other side closes within that time; what it sends first is thrown away."""
    connection.settimeout(seconds)
    try:
        while connection.recv(1 << 16):
            pass
    except TimeoutError:
        return False
    except OSError:
        pass
    return True
