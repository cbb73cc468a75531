# SPDX-License-Identifier: Apache-2.0
"""A TCP proxy on the loopback that loses, resets, delays, holds back and swallows: a network one can break."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Iterable

# The two directions in which a gate forwards.
TO_TARGET, FROM_TARGET = "to target", "from target"


class Gate:
    """Forwards a port of its own to `target` (host, port)."""

    def __init__(self, target: tuple[str, int]) -> None:
        self.target = target
        self.delay = 0.0
        self._held: frozenset[str] = frozenset()
        self.closed = False
        self.swallowing = threading.Event()
        self._swallow_new = False
        self._marker: bytes | None = None
        self._deliver = False
        self._pairs: set[tuple[socket.socket, ...]] = set()
        self._lock = threading.Lock()
        self.listener = self._listen()
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _listen(self) -> socket.socket:
        return socket.create_server(("127.0.0.1", 0))

    def _connect(self) -> socket.socket:
        return socket.create_connection(self.target, timeout=10)

    def _accept(self) -> None:
        while True:
            try:
                inner, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._join, args=(inner,), daemon=True).start()

    def _join(self, inner: socket.socket) -> None:
        """From the connection's first byte to its last. Only here is a socket closed, when nobody reads it any more:
        until then the kernel would keep it open, or give its number to the next one."""
        if self.closed:
            self._refuse(inner)
            return
        swallowed = self.swallowing.is_set() and self._swallow_new
        if swallowed:
            self._swallow_whole(inner)
            return
        try:
            outer = self._connect()
            outer.settimeout(None)
        except OSError:
            self._refuse(inner)
            return
        for one in (inner, outer):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        pair = (inner, outer)
        # A connection made after the others were swallowed lives.
        swallow = threading.Event() if self.swallowing.is_set() else self.swallowing
        with self._lock:
            self._pairs.add(pair)
        back = threading.Thread(target=self._pump, args=(outer, inner, FROM_TARGET, swallow), daemon=True)
        back.start()
        self._pump(inner, outer, TO_TARGET, swallow)
        back.join()
        with self._lock:
            self._pairs.discard(pair)
            for one in pair:
                one.close()

    def _pump(self, source: socket.socket, sink: socket.socket, direction: str, swallow: threading.Event) -> None:
        try:
            while data := source.recv(65536):
                if self.delay:
                    time.sleep(self.delay)
                self._wait_while_held(direction)
                forth = direction == TO_TARGET
                meets = forth and self._marker and self._marker in data and not swallow.is_set()
                if not swallow.is_set() and (not meets or self._deliver):
                    sink.sendall(data)
                if meets:
                    self.swallow(new=self._swallow_new)
            self._wait_while_held(direction)
            if not swallow.is_set():
                sink.shutdown(socket.SHUT_WR)
        except OSError:
            if not swallow.is_set():
                self._break((source, sink))

    def _swallow_whole(self, inner: socket.socket) -> None:
        """A connection that never gets an answer."""
        pair = (inner,)
        with self._lock:
            self._pairs.add(pair)
        with contextlib.suppress(OSError):
            while inner.recv(65536):
                pass
        with self._lock:
            self._pairs.discard(pair)
            inner.close()

    def swallow(self, new: bool = True) -> None:
        """Nothing passes any more, either way, and neither end hears what becomes of the other. Of connections that
        are made later, neither if `new`; else they are as before."""
        self._swallow_new = new
        self.swallowing.set()

    def swallow_at(self, marker: bytes, deliver: bool, new: bool = True) -> None:
        """swallow() in the moment these bytes come from the client; they themselves get through if `deliver`."""
        self._swallow_new, self._deliver, self._marker = new, deliver, marker

    @staticmethod
    def _break(pair: Iterable[socket.socket]) -> None:
        """Both ends hear of it, and whoever reads or writes them here."""
        for one in pair:
            with contextlib.suppress(OSError):
                # RST instead of FIN, as soon as it is closed.
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    @classmethod
    def _refuse(cls, one: socket.socket) -> None:
        cls._break((one,))
        one.close()

    def hold(self, *directions: str) -> None:
        """Stops forwarding in `directions`, both by default, until resume(). Connections stay open and neither end is
        told; a reset meanwhile reaches both."""
        self._held = frozenset(directions or (TO_TARGET, FROM_TARGET))

    def resume(self) -> None:
        """Forwards again, first what was held back."""
        self._held = frozenset()

    def _wait_while_held(self, direction: str) -> None:
        while direction in self._held:
            time.sleep(0.02)

    def reset(self) -> None:
        """Every connection there is."""
        with self._lock:
            for pair in self._pairs:
                self._break(pair)

    def stop(self) -> None:
        self.closed = True
        self.listener.close()
        self.reset()
        self.resume()
