# SPDX-License-Identifier: Apache-2.0
"""A network namespace of one's own, whose loopback really loses packets: for what no proxy can imitate."""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, NoReturn

import pytest

from harness.gate import Gate

if TYPE_CHECKING:
    import socket

CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)
# Packets that come in over the loopback meet this chain.
CHAIN = "add table inet loss; add chain inet loss arriving { type filter hook input priority 0; }"


class Namespace:
    """A context. Skips the test where the kernel, or what is installed, does not allow it."""

    def __enter__(self) -> Namespace:
        self._holder: subprocess.Popen[bytes] | None = None
        if os.getuid() != 0:
            pytest.skip("needs root to make a network namespace")
        # It ends with this process, whose pipe it reads.
        self._holder = subprocess.Popen(["unshare", "--net", "sh", "-c", "echo made && exec cat"],
                                        stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self._holder.stdout
        if not self._holder.stdout.readline():
            self._skip("may not make a network namespace")
        self._path = f"/proc/{self._holder.pid}/ns/net"
        self._run("cannot bring the loopback up", "ip", "link", "set", "lo", "up")
        self._run("nftables is not installed, or not in the kernel", "nft", CHAIN)
        return self

    def __exit__(self, *_: object) -> None:
        if self._holder:
            self._holder.communicate(timeout=20)

    def _skip(self, why: str) -> NoReturn:
        self.__exit__()
        pytest.skip(why)

    def _run(self, why: str, *command: str) -> None:
        """Runs a command inside; skips the test, for that reason, when it fails."""
        try:
            failed = subprocess.run([*self.prefix, *command], capture_output=True, timeout=20).returncode != 0
        except FileNotFoundError:
            failed = True
        if failed:
            self._skip(why)

    @property
    def prefix(self) -> list[str]:
        """What runs a command inside, by the same process id."""
        return ["nsenter", f"--net={self._path}"]

    def lose(self, percent: int, port: int | None = None) -> None:
        """Of the packets on the loopback, or of those from and to `port`, so many are lost from now on; 0: none."""
        lines = ["flush chain inet loss arriving"]
        drop = f"numgen random mod 100 < {percent} drop" if percent < 100 else "drop"
        if percent and port is None:
            lines.append(f"add rule inet loss arriving {drop}")
        elif percent:
            lines += [f"add rule inet loss arriving tcp {side} {port} {drop}" for side in ("sport", "dport")]
        subprocess.run([*self.prefix, "nft", "-f", "-"], input="\n".join(lines), text=True, check=True, timeout=20,
                       capture_output=True)

    @contextlib.contextmanager
    def inside(self) -> Iterator[None]:
        """Sockets that this thread makes meanwhile belong to the namespace, for good."""
        with open("/proc/thread-self/ns/net") as here, open(self._path) as there:
            _enter(there)
            try:
                yield
            finally:
                _enter(here)


def _enter(namespace: IO[str]) -> None:
    if LIBC.setns(namespace.fileno(), CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


class WayOut(Gate):
    """A gate that listens on a namespace's loopback and forwards to one outside."""

    def __init__(self, namespace: Namespace, target: tuple[str, int]) -> None:
        self._namespace = namespace
        super().__init__(target)

    def _listen(self) -> socket.socket:
        with self._namespace.inside():
            return super()._listen()


class WayIn(Gate):
    """A gate that listens outside and forwards to a port on a namespace's loopback."""

    def __init__(self, namespace: Namespace, target: tuple[str, int]) -> None:
        self._namespace = namespace
        super().__init__(target)

    def _connect(self) -> socket.socket:
        with self._namespace.inside():
            return super()._connect()
