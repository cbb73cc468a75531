# SPDX-License-Identifier: Apache-2.0
"""The protocol over stdin and stdout: one JSON object a line.

The worker sends a hello first. It answers each request {"id": N, "items": [...]} with
{"id": N, "answers": [...]}, one element per item, in the same order. A worker that cannot continue
sends {"fatal": "sentence"} as its last line and exits with 1. Lines are ASCII and have a maximum
length. The output of other code goes to stderr.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, BinaryIO

    Answer = Callable[[Any], dict[str, Any]]

PROTOCOL = 1
MAX_LINE = 64 << 20  # bytes of a line, without its line feed
MAX_SENTENCE = 500


class Fatal(Exception):
    """Ends the worker; the other side shows its text."""


def sentence(error: BaseException) -> str:
    """Formats an exception as one line of at most MAX_SENTENCE characters."""
    text = " ".join(f"{type(error).__name__}: {error}".split())
    return text if len(text) <= MAX_SENTENCE else text[: MAX_SENTENCE - 3] + "..."


class Channel:
    """The worker's ends of the two pipes. Redirects the stdout of other code to stderr."""

    def __init__(self, source: BinaryIO | None = None, sink: BinaryIO | None = None) -> None:
        self._source = source or os.fdopen(os.dup(0), "rb")
        self._sink = sink or _take_stdout()

    def send(self, message: dict[str, Any]) -> None:
        line = json.dumps(message, separators=(",", ":")).encode("ascii")
        if len(line) > MAX_LINE:
            raise Fatal(f"an answer of {len(line)} bytes exceeds the limit of {MAX_LINE} bytes")
        self._sink.write(line + b"\n")
        self._sink.flush()

    def hello(self, role: str, **facts: object) -> None:
        self.send({"hello": "stateserver-worker", "protocol": PROTOCOL, "role": role,
                   "python": platform.python_version(), **facts})

    def requests(self) -> Iterator[tuple[int, list[Any]]]:
        """Yields (id, items) until the other side closes. Raises Fatal for a malformed request."""
        while True:
            line = self._source.readline(MAX_LINE + 2)
            if not line:
                return
            if len(line) > MAX_LINE + 1:
                raise Fatal(f"a request exceeds the limit of {MAX_LINE} bytes")
            yield _parse(line)


def _parse(line: bytes) -> tuple[int, list[Any]]:
    try:
        message = json.loads(line)
        number, items = message["id"], message["items"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Fatal(f"a request is malformed ({sentence(error)})") from error
    if type(number) is not int or not isinstance(items, list):
        raise Fatal("a request is malformed (id and items)")
    return number, items


def _take_stdout() -> BinaryIO:
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return sink


def serve(channel: Channel, role: str, prepare: Callable[[], tuple[dict[str, str], Answer]]) -> int:
    """Sends a hello and answers requests until stdin ends. `prepare()` returns facts for the hello and a
    function from an item to its answer, which does not raise. Returns the exit code."""
    try:
        facts, answer = prepare()
        channel.hello(role, **facts)
        for number, items in channel.requests():
            channel.send({"id": number, "answers": [answer(item) for item in items]})
        return 0
    except Fatal as error:
        channel.send({"fatal": str(error)})
        return 1
