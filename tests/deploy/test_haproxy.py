# SPDX-License-Identifier: Apache-2.0
"""deploy/haproxy: the real HAProxy before the real server."""

import base64
import json
import os
import pathlib
import socket
import ssl
import subprocess
import tempfile
import threading
import time

import grpc
import pytest

from harness import access, http2, paths, process_stats, raw
from harness.client import Client
from harness.haproxy import CONFIGURATION, PROGRAM, HAProxy
from harness.tls import Authority

FILE = paths.CORPUS / paths.NEWEST / "export_all.json"
ALICE = "spiffe://example.com/alice"
GRANTS = [{"certificate": f"uri:{ALICE}", "roles": {"*": "writer"}}, {"unix_socket": True, "roles": {"*": "admin"}}]


@pytest.fixture
def folder():
    """Short: paths of sockets are."""
    with tempfile.TemporaryDirectory(prefix="ss-proxy-", dir="/tmp") as made:
        yield pathlib.Path(made)


@pytest.fixture
def behind(state, start_server, folder):
    """behind(clients) -> (server, proxy, token of an administrator)."""
    made = []

    def start(clients="", **limits):
        tokens = access.Tokens(folder)
        admin = tokens.create("admin", every="admin")
        server = start_server(state, auth={"tokens_file": str(tokens.file), "grants": GRANTS, "max_failures": 5},
                              proxy_listen=f"unix:{folder}/proxy.sock", limits=limits)
        made.append(HAProxy(folder, Authority(folder), folder / "proxy.sock", clients))
        return server, made[-1], admin
    yield start
    for proxy in made:
        proxy.stop()


def through(server, proxy, **environment):
    return Client(server, STATESERVER_SERVER=proxy.address, STATESERVER_TLS_CA=str(proxy.authority.certificate),
                  **environment)


def with_certificate(files):
    return {"STATESERVER_TLS_CERT": str(files[0]), "STATESERVER_TLS_KEY": str(files[1])}


def test_the_configuration_is_valid(folder):
    assert PROGRAM
    authority = Authority(folder)
    certificate, _key = authority.issue("tls")
    for clients in ("", f"ca-file {authority.certificate} verify required"):
        done = subprocess.run([PROGRAM, "-c", "-f", CONFIGURATION], capture_output=True, text=True, env={
            **os.environ, "STATESERVER_PROXY_CERT": str(certificate), "STATESERVER_PROXY_CLIENTS": clients})
        assert done.returncode == 0 and "WARNING" not in done.stderr, done.stderr


def test_a_state_goes_through_and_the_caller_is_known(behind):
    """Import, export and audit: who, and from where."""
    server, proxy, admin = behind()
    client = through(server, proxy, STATESERVER_TOKEN=admin)
    client.import_(FILE)
    client.ok("export", "-o", "copy.json", "-y")
    copy = json.loads((pathlib.Path(client.home) / "copy.json").read_text())
    assert len(copy["snapshots"]) == 73
    events = client.json("audit")["events"]
    assert {event["principal"] for event in events} == {"token:admin"}
    assert all(event["peer"].startswith("127.0.0.1:") for event in events), events
    assert through(server, proxy)("versions", code=3), "the proxy's socket is nobody's credentials"


def test_a_client_certificate(behind):
    server, proxy, _ = behind("optional")
    alice = proxy.authority.issue("alice", names=f"URI:{ALICE}")
    other = proxy.authority.issue("other", names="URI:spiffe://example.com/other")
    client = through(server, proxy, **with_certificate(alice))
    client.import_(FILE)
    assert {event["principal"] for event in client.json("audit")["events"]} == {f"cert:uri:{ALICE}"}
    assert "has no role" in through(server, proxy, **with_certificate(other))("versions", code=3).err
    assert "no credentials" in through(server, proxy)("versions", code=3).err


def test_a_revoked_certificate_stops_at_the_proxy(state, start_server, folder):
    authority = Authority(folder)
    alice, other = (authority.issue(name, names=f"URI:{ALICE}") for name in ("alice", "other"))
    lists = authority.revocation_list("crl.pem", other[0])
    server = start_server(state, auth={"grants": GRANTS}, proxy_listen=f"unix:{folder}/proxy.sock")
    proxy = HAProxy(folder, authority, folder / "proxy.sock", f"required crl-file {lists}")
    try:
        through(server, proxy, **with_certificate(alice)).ok("versions")
        assert through(server, proxy, **with_certificate(other))("versions", code=3)
    finally:
        proxy.stop()


def certificate_header(files):
    der = subprocess.run(["openssl", "x509", "-in", files[0], "-outform", "DER"], capture_output=True,
                         check=True).stdout
    return base64.b64encode(der).decode()


def test_nobody_speaks_for_the_proxy(behind, stubs):
    """Its headers are not believed from anybody else, and it does not pass on those of its callers."""
    server, proxy, admin = behind("optional")
    alice = proxy.authority.issue("alice", names=f"URI:{ALICE}")
    forged = [("x-stateserver-client-certificate", certificate_header(alice)), ("x-stateserver-peer", "203.0.113.9:1")]
    secure = grpc.ssl_channel_credentials(proxy.authority.certificate.read_bytes())
    for channel in (grpc.insecure_channel(server.address), grpc.secure_channel(proxy.address, secure)):
        with channel:
            stub = stubs.state_grpc.StateServiceStub(channel)
            with pytest.raises(grpc.RpcError) as caught:
                stub.GetVersions(stubs.state.GetVersionsRequest(), metadata=forged, timeout=10)
            assert caught.value.code() == grpc.StatusCode.UNAUTHENTICATED
            stub.GetVersions(stubs.state.GetVersionsRequest(), timeout=10,
                             metadata=[*forged, ("authorization", f"Bearer {admin}")])
    assert not [line for line in server.log if "203.0.113.9" in line]


def test_guessing_is_slowed_down_by_the_callers_address(behind):
    server, proxy, _admin = behind()
    codes = [through(server, proxy, STATESERVER_TOKEN=f"sst_{number}")("versions").code for number in range(8)]
    assert codes[:5] == [3] * 5 and codes[-1] == 1, codes
    server.wait_for_log("reason=THROTTLED")
    assert not [line for line in server.log if "peer=unix" in line]


def test_a_stream_may_be_silent_for_long(behind, stubs):
    """An import whose client says nothing for some seconds, and a reader that is slow."""
    _server, proxy, admin = behind(stream_idle_timeout="30s")
    secure = grpc.ssl_channel_credentials(proxy.authority.certificate.read_bytes())
    document = json.loads(FILE.read_text())
    with grpc.secure_channel(proxy.address, secure) as channel:
        server_like = type("Through", (), {"channel": lambda self: channel})()
        call = raw.ImportCall(server_like, stubs, token=admin).begin()
        records = raw.records_of(stubs, document)
        call.records(records[:10])
        time.sleep(12)  # longer than any time limit of the proxy but those of silence
        assert call.records(records[10:]).commit().file.snapshots == 73


def test_rapid_resets_stop_at_the_proxy(behind, stubs):
    """The server's memory stays; callers are served meanwhile and afterwards."""
    server, proxy, admin = behind()
    before = process_stats.resident_mib(server.process.pid)
    context = ssl.create_default_context(cafile=str(proxy.authority.certificate))
    context.set_alpn_protocols(["h2"])
    block = http2.call_headers()
    over, sent = threading.Event(), [0]

    def attack():
        while not over.is_set():
            try:
                plain = socket.create_connection(("127.0.0.1", proxy.port), timeout=2)
                with context.wrap_socket(plain, server_hostname="localhost") as connection:
                    connection.sendall(http2.PREFACE + http2.frame(http2.SETTINGS))
                    for first in range(1, 2**20, 100):
                        if over.is_set():
                            return
                        connection.sendall(b"".join(http2.open_stream(number, block) + http2.reset(number)
                                                    for number in range(first, first + 100, 2)))
                        sent[0] += 50
            except OSError:
                time.sleep(0.05)
    attackers = [threading.Thread(target=attack) for _ in range(2)]
    for attacker in attackers:
        attacker.start()
    most, end = 0, time.monotonic() + 10
    while time.monotonic() < end:
        most = max(most, process_stats.resident_mib(server.process.pid))
        time.sleep(0.1)
    over.set()
    for attacker in attackers:
        attacker.join(30)
    assert sent[0] > 1000, "that was no attack"
    assert most - before < 256, f"{before} MiB before, {most} MiB during the attack"
    end = time.monotonic() + 10
    while through(server, proxy, STATESERVER_TOKEN=admin)("versions").code != 0:
        assert time.monotonic() < end, "served again within seconds"
        time.sleep(0.5)
