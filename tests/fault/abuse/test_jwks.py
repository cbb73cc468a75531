# SPDX-License-Identifier: Apache-2.0
"""JSON Web Tokens of nobody, while the identity provider hangs: no call waits for it, and it is not flooded."""

import base64
import concurrent.futures
import json
import socket
import threading
import time

import grpc
import pytest

from harness import access, process_stats, raw

PASSWORD = "S3CRETpw"


class HangingProvider:
    """Accepts connections and never answers; counts those that are open at a time."""

    def __init__(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.accepted = self.open = self.most_open = 0
        self.lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            with self.lock:
                self.accepted += 1
                self.open += 1
                self.most_open = max(self.open, self.most_open)
            threading.Thread(target=self._hold, args=(connection,), daemon=True).start()

    def _hold(self, connection):
        with connection:
            while connection.recv(4096):
                pass
        with self.lock:
            self.open -= 1

    def stop(self):
        self.server.close()


@pytest.fixture
def hanging():
    made = HangingProvider()
    yield made
    made.stop()


def part(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def forged(key_id):
    return ".".join((part(json.dumps({"alg": "RS256", "kid": key_id}).encode()), part(b'{"sub":"x"}'),
                     part(b"x" * 256)))


def bearer(token):
    return [("authorization", f"Bearer {token}")]


def test_no_call_waits_for_the_provider(state, start_server, hanging, tmp_path, stubs):
    tokens = access.Tokens(tmp_path)
    good = tokens.create("good", local="reader")
    server = start_server(state, auth={
        "tokens_file": str(tokens.file), "max_failures": 100_000,
        "jwt": {"issuer": access.ISSUER, "audience": access.AUDIENCE,
                "jwks_url": f"http://user:{PASSWORD}@127.0.0.1:{hanging.port}/keys?code={PASSWORD}"},
        "grants": [{"jwt_subject": "x", "roles": {"*": "reader"}}]})
    with server.channel() as channel, concurrent.futures.ThreadPoolExecutor(50) as pool:
        stub = stubs.state_grpc.StateServiceStub(channel)

        def ask(token):
            began = time.monotonic()
            try:
                stub.GetVersions(stubs.state.GetVersionsRequest(), metadata=bearer(token), timeout=10)
                return "OK", time.monotonic() - began
            except grpc.RpcError as error:
                return raw.reason(stubs, error), time.monotonic() - began

        assert ask(good)[0] == "OK"
        futures = [pool.submit(ask, forged(f"key-{n}")) for n in range(1000)]
        for _ in range(5):
            outcome, seconds = ask(good)
            assert outcome == "OK" and seconds < 1
        answers = [future.result() for future in futures]
    assert {outcome for outcome, _ in answers} == {"UNAUTHENTICATED"}
    assert max(seconds for _, seconds in answers) < 4, "the provider has five seconds; no call waits for it"
    assert hanging.most_open == 1 and hanging.accepted <= 4
    assert "stateserver_jwt_unknown_keys_total 1000" in server.metrics()
    assert process_stats.threads(server.process.pid) < 150
    line = server.wait_for_log(r"the previous ones stay in use.*cannot read http://127\.0\.0\.1:\d+/keys:")
    assert line and not [line for line in server.log if PASSWORD in line]


def test_unknown_keys_ask_the_provider_less_and_less(state, start_server, stubs):
    provider = access.Provider().add("k1")
    try:
        server = start_server(state, auth={
            "max_failures": 100_000,
            "jwt": {"issuer": access.ISSUER, "audience": access.AUDIENCE, "jwks_url": provider.url},
            "grants": [{"jwt_subject": "ci", "roles": {"local": "reader"}}]})
        with server.channel() as channel:
            stub = stubs.state_grpc.StateServiceStub(channel)

            def ask(token):
                try:
                    stub.GetVersions(stubs.state.GetVersionsRequest(), metadata=bearer(token), timeout=5)
                    return "OK"
                except grpc.RpcError as error:
                    return raw.reason(stubs, error)

            assert ask(provider.token("k1")) == "OK", "the keys are there once the server is"
            began, n = time.monotonic(), 0
            while time.monotonic() - began < 8:
                assert ask(forged(f"key-{n}")) == "UNAUTHENTICATED"
                n += 1
            # After 1, 2 and 4 seconds.
            assert provider.requests <= 1 + 4
            assert n > 20, "each was refused at once"
            # A key that is new is found all the same, and then the pauses are short again.
            provider.add("k2")
            token, began = provider.token("k2"), time.monotonic()
            while ask(token) != "OK":
                assert time.monotonic() - began < 20
                time.sleep(0.1)
            provider.add("k3")
            token, began = provider.token("k3"), time.monotonic()
            while ask(token) != "OK":
                assert time.monotonic() - began < 5
                time.sleep(0.1)
    finally:
        provider.stop()
