"""A TCP proxy on the loopback that loses, resets and delays: a network one can break."""

import contextlib
import socket
import struct
import threading
import time


class Gate:
    """Forwards a port of its own to `target` (host, port)."""

    def __init__(self, target):
        self.target = target
        self.delay = 0.0
        self.closed = False
        self._pairs = set()
        self._lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                inner, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._join, args=(inner,), daemon=True).start()

    def _join(self, inner):
        if self.closed:
            self._reset(inner)
            return
        try:
            outer = socket.create_connection(self.target, timeout=10)
            outer.settimeout(None)
        except OSError:
            self._reset(inner)
            return
        for one in (inner, outer):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        pair = (inner, outer)
        with self._lock:
            self._pairs.add(pair)
        for source, sink in (pair, pair[::-1]):
            threading.Thread(target=self._pump, args=(source, sink, pair), daemon=True).start()

    def _pump(self, source, sink, pair):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if self.delay:
                    time.sleep(self.delay)
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
            return
        self._drop(pair)

    def _drop(self, pair):
        with self._lock:
            self._pairs.discard(pair)
        for one in pair:
            self._reset(one)

    @staticmethod
    def _reset(one):
        """RST instead of FIN."""
        with contextlib.suppress(OSError):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with contextlib.suppress(OSError):
            one.close()

    def reset(self):
        """Every connection there is."""
        with self._lock:
            pairs, self._pairs = list(self._pairs), set()
        for pair in pairs:
            for one in pair:
                # Wakes the thread that reads it, too.
                with contextlib.suppress(OSError):
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    one.shutdown(socket.SHUT_RDWR)
                with contextlib.suppress(OSError):
                    one.close()

    def stop(self):
        self.closed = True
        self.listener.close()
        self.reset()
