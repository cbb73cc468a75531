# SPDX-License-Identifier: Apache-2.0
"""Transport security: who is let in, and what the others are told."""

import shutil
import signal
import time

import pytest

from harness.client import Client
from harness.tls import Authority


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


@pytest.fixture
def secured(state, start_server, authority, tmp_path):
    certificate, key = authority.issue("server")
    return Client(start_server(state, tls={"cert": str(certificate), "key": str(key)}))


def test_with_the_right_ca(secured, authority):
    assert secured.ok("--tls-ca", authority.certificate, "versions").out


def test_with_the_wrong_ca(secured, tmp_path):
    (tmp_path / "other").mkdir()
    other = Authority(tmp_path / "other", "other")
    result = secured("--tls-ca", other.certificate, "versions", code=3)
    assert "certificate" in result.err.lower(), result.err


def test_without_tls(secured):
    result = secured("versions", code=3)
    assert "tls" in result.err.lower(), result.err


def test_tls_to_a_plain_server(state, serve, authority):
    result = serve(state)("--tls-ca", authority.certificate, "versions", code=3)
    assert "tls" in result.err.lower(), result.err


def test_client_certificates(state, start_server, authority):
    certificate, key = authority.issue("server")
    mine = authority.issue("me", "anna")
    client = Client(start_server(state, tls={
        "cert": str(certificate), "key": str(key), "client_ca": str(authority.certificate)}))
    client("--tls-ca", authority.certificate, "versions", code=3)
    client.ok("--tls-ca", authority.certificate, "--tls-cert", mine[0], "--tls-key", mine[1], "versions")


def test_certificates_are_reloaded(secured, authority, tmp_path):
    """New files, SIGHUP: the next connection gets the new certificate."""
    (tmp_path / "new").mkdir()
    renewed = Authority(tmp_path / "new", "new")
    certificate, key = renewed.issue("server")
    shutil.copy(key, tmp_path / "server.key")
    shutil.copy(certificate, tmp_path / "server.crt")
    secured.server.signal(signal.SIGHUP)
    deadline = time.monotonic() + 15
    while secured("--tls-ca", renewed.certificate, "versions").code != 0:
        assert time.monotonic() < deadline, secured.server.text()
        time.sleep(0.2)
    secured("--tls-ca", authority.certificate, "versions", code=3)
