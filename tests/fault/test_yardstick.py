# SPDX-License-Identifier: Apache-2.0
"""The tools of the fault tests: a fault must really be one."""

import contextlib
import socket

import psycopg2
import pytest

from harness.gate import TO_TARGET, Gate
from harness.namespace import Namespace, WayIn, WayOut


@contextlib.contextmanager
def through_a_gate():
    """(gate, client's socket, server's socket) of one connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        gate = Gate(listener.getsockname())
        try:
            with socket.create_connection(("127.0.0.1", gate.port), timeout=20) as client:
                server, _ = listener.accept()
                with server:
                    server.settimeout(20)
                    yield gate, client, server
        finally:
            gate.stop()


def sees_the_end(one):
    with contextlib.suppress(ConnectionResetError):
        return one.recv(1) == b""
    return True


def test_a_gate_passes_bytes_and_ends_on():
    with through_a_gate() as (_, client, server):
        client.sendall(b"there")
        assert server.recv(5, socket.MSG_WAITALL) == b"there"
        client.shutdown(socket.SHUT_WR)
        assert sees_the_end(server)
        server.sendall(b"and back")
        server.close()
        assert client.recv(8, socket.MSG_WAITALL) == b"and back"
        assert sees_the_end(client)


def test_a_gate_tells_the_other_end_of_a_peer_that_died():
    with through_a_gate() as (_, client, server):
        client.sendall(b"never read")
        assert server.recv(1, socket.MSG_PEEK)
        server.close()  # with bytes unread: the kernel resets the connection
        assert sees_the_end(client)


def test_a_gates_reset_reaches_both_ends():
    with through_a_gate() as (gate, client, server):
        client.sendall(b"1")
        assert server.recv(1) == b"1"
        gate.reset()
        assert sees_the_end(client)
        assert sees_the_end(server)


def hears_nothing(one):
    """For half a second."""
    one.settimeout(0.5)
    try:
        one.recv(1, socket.MSG_PEEK)
    except TimeoutError:
        return True
    finally:
        one.settimeout(20)
    return False


def test_a_gate_holds_one_direction_and_passes_the_other():
    with through_a_gate() as (gate, client, server):
        gate.hold(TO_TARGET)
        client.sendall(b"held")
        client.shutdown(socket.SHUT_WR)
        server.sendall(b"passed")
        assert client.recv(6, socket.MSG_WAITALL) == b"passed"
        assert hears_nothing(server), "neither the bytes nor the end"
        gate.resume()
        assert server.recv(4, socket.MSG_WAITALL) == b"held"
        assert sees_the_end(server)


def test_a_reset_ends_connections_that_a_gate_holds():
    with through_a_gate() as (gate, client, server):
        gate.hold()
        client.sendall(b"lost")
        server.sendall(b"lost")
        assert hears_nothing(client) and hears_nothing(server)
        gate.reset()
        assert sees_the_end(client)
        assert sees_the_end(server)


def test_a_namespace_loses_packets():
    """The sender is not told: its kernel sends again, and what was lost arrives late."""
    with Namespace() as namespace, socket.create_server(("127.0.0.1", 0)) as listener:
        out = WayOut(namespace, listener.getsockname())
        into = WayIn(namespace, ("127.0.0.1", out.port))
        try:
            with socket.create_connection(("127.0.0.1", into.port), timeout=20) as client:
                server, _ = listener.accept()
                with server:
                    namespace.lose(100, out.port)
                    client.sendall(b"late")
                    assert hears_nothing(server)
                    namespace.lose(0)
                    assert server.recv(4, socket.MSG_WAITALL) == b"late"
        finally:
            into.stop()
            out.stop()


def test_a_crash_ends_sessions_and_keeps_what_was_committed(cluster, databases):
    database = databases.state()
    before = database.fingerprint()
    session = database.connect()
    session.autocommit = False
    session.cursor().execute("DELETE FROM sqlmesh._snapshots")
    cluster.crash()
    cluster.start()
    with pytest.raises(psycopg2.Error):
        session.cursor().execute("SELECT 1")
    assert database.fingerprint() == before
    assert "_snapshots" in before
