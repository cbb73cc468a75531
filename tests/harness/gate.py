"""A TCP proxy on the loopback that loses, resets, delays and holds back: a network one can break."""

import contextlib
import socket
import struct
import threading
import time


# The two directions in which a gate forwards.
TO_TARGET, FROM_TARGET = "to target", "from target"


class Gate:
    """Forwards a port of its own to `target` (host, port)."""

    def __init__(self, target):
        self.target = target
        self.delay = 0.0
        self._held = frozenset()
        self.closed = False
        self._pairs = set()
        self._lock = threading.Lock()
        self.listener = self._listen()
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _listen(self):
        return socket.create_server(("127.0.0.1", 0))

    def _connect(self):
        return socket.create_connection(self.target, timeout=10)

    def _accept(self):
        while True:
            try:
                inner, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._join, args=(inner,), daemon=True).start()

    def _join(self, inner):
        """From the connection's first byte to its last. Only here is a socket closed, when nobody reads it any more:
        until then the kernel would keep it open, or give its number to the next one."""
        if self.closed:
            self._refuse(inner)
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
        with self._lock:
            self._pairs.add(pair)
        back = threading.Thread(target=self._pump, args=(outer, inner, FROM_TARGET), daemon=True)
        back.start()
        self._pump(inner, outer, TO_TARGET)
        back.join()
        with self._lock:
            self._pairs.discard(pair)
            for one in pair:
                one.close()

    def _pump(self, source, sink, direction):
        try:
            while data := source.recv(65536):
                if self.delay:
                    time.sleep(self.delay)
                self._wait_while_held(direction)
                sink.sendall(data)
            self._wait_while_held(direction)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            self._break((source, sink))

    @staticmethod
    def _break(pair):
        """Both ends hear of it, and whoever reads or writes them here."""
        for one in pair:
            with contextlib.suppress(OSError):
                # RST instead of FIN, as soon as it is closed.
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    @classmethod
    def _refuse(cls, one):
        cls._break((one,))
        one.close()

    def hold(self, *directions):
        """Stops forwarding in `directions`, both by default, until resume(). Connections stay open and neither end is
        told; a reset meanwhile reaches both."""
        self._held = frozenset(directions or (TO_TARGET, FROM_TARGET))

    def resume(self):
        """Forwards again, first what was held back."""
        self._held = frozenset()

    def _wait_while_held(self, direction):
        while direction in self._held:
            time.sleep(0.02)

    def reset(self):
        """Every connection there is."""
        with self._lock:
            for pair in self._pairs:
                self._break(pair)

    def stop(self):
        self.closed = True
        self.listener.close()
        self.reset()
        self.resume()
