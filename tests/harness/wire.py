# SPDX-License-Identifier: Apache-2.0
"""Bytes of protobuf and of gRPC's frames that no library would write."""

from __future__ import annotations

import re
import struct
import time
from collections.abc import Iterable, Sequence

from harness import http2

VARINT, FIXED64, LENGTH, GROUP, END_GROUP, FIXED32 = range(6)
STATUS = re.compile(rb"grpc-status(\x01\d|\x02\d\d)")
END_STREAM = 0x1
# What one side may send before the other allows more.
WINDOW = 65_535


# --- protobuf -----------------------------------------------------------------------------------

def varint(value: int) -> bytes:
    out = bytearray()
    value &= (1 << 64) - 1
    while value > 0x7f:
        out.append(value & 0x7f | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def tag(number: int, kind: int) -> bytes:
    return varint(number << 3 | kind)


def field(number: int, payload: bytes) -> bytes:
    """A field of text, bytes or a message."""
    return tag(number, LENGTH) + varint(len(payload)) + payload


def within(path: Iterable[int], payload: bytes) -> bytes:
    """`payload` as part of the message at a path of field numbers; appended to a message, it is merged into it."""
    for number in reversed(tuple(path)):
        payload = field(number, payload)
    return payload


# Name -> bytes that no message of the protocol has.
STRANGE = {
    "unknown number": tag(15_000, VARINT) + varint(7),
    "unknown text": field(15_000, b"x" * 100),
    "largest field number": tag((1 << 29) - 1, FIXED64) + bytes(8),
    "field number 0": tag(0, VARINT) + varint(1),
    "unknown group": tag(15_000, GROUP) + tag(15_000, END_GROUP),
    "deep groups": tag(15_000, GROUP) * 5_000 + tag(15_000, END_GROUP) * 5_000,
    "group without end": tag(15_000, GROUP) * 50,
    "end of no group": tag(15_000, END_GROUP),
    "wire type 6": varint(15_000 << 3 | 6) + b"x",
    "wire type 7": varint(1 << 3 | 7) + b"x",
    "number without end": tag(15_000, VARINT) + b"\xff" * 11,
    "longest number": tag(15_000, VARINT) + b"\xff" * 9 + b"\x01",
    "number of a longer form": tag(15_000, VARINT) + b"\x81\x80\x80\x00",
    "length beyond the end": tag(15_000, LENGTH) + varint(1_000_000) + b"x",
    "length of 2 GiB": tag(15_000, LENGTH) + varint((1 << 31) - 1),
    "negative length": tag(15_000, LENGTH) + varint(-1),
    "tag without value": tag(1, LENGTH),
    "first field as a number": tag(1, VARINT) + varint(1),
    "first field as 8 bytes": tag(1, FIXED64) + bytes(8),
    "many unknown fields": (tag(15_000, VARINT) + varint(7)) * 20_000,
}
# None of these is UTF-8.
NOT_UTF8 = (b"\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8", b"\xed\xa0\x80\xed\xb0\x80ab", b"\xc0\x80\xc0\xafabcd",
            b"abcdefg\xe2", b"\xf4\x90\x80\x80abcd")


# --- frames of gRPC -----------------------------------------------------------------------------

def frame(payload: bytes, flag: int = 0, length: int | None = None) -> bytes:
    """A message as gRPC sends it, or almost."""
    return bytes([flag]) + struct.pack(">I", len(payload) if length is None else length) + payload


class FramedCall:
    """A call made by hand over a connection of its own. `status` is None where the stream, or the connection, was
    ended without one."""

    def __init__(self, address: str, path: str, body: bytes, *, token: str = "", ends: bool = True,
                 headers: Sequence[tuple[str, str]] = (), seconds: float = 20) -> None:
        assert len(body) < WINDOW
        with http2.greet(address, seconds) as connection:
            block = http2.call_headers(path, token, tuple(headers))
            data = http2.frame(http2.DATA, END_STREAM if ends else 0, body, 1)
            connection.sendall(http2.open_stream(1, block) + data)
            self.answer = b""
            deadline = time.monotonic() + seconds
            try:
                while not self._ended() and time.monotonic() < deadline:
                    received = connection.recv(1 << 16)
                    if not received:
                        break
                    self.answer += received
            except OSError:
                pass
        found = STATUS.search(self.answer)
        self.status = int(found[1][1:]) if found else None

    def _ended(self) -> bool:
        """Whether a frame ended the stream, or the connection."""
        at = 0
        while at + 9 <= len(self.answer):
            length = int.from_bytes(self.answer[at:at + 3], "big")
            kind, flags = self.answer[at + 3], self.answer[at + 4]
            stream = int.from_bytes(self.answer[at + 5:at + 9], "big")
            if kind == http2.GOAWAY or (stream == 1 and (kind == http2.RESET or (
                    kind in (http2.HEADERS, http2.DATA) and flags & END_STREAM))):
                return True
            at += 9 + length
        return False
