# SPDX-License-Identifier: Apache-2.0
"""Transport security: who is let in, and what the others are told."""

import shutil
import signal
import subprocess
import time

import pytest

from harness import paths
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


def reloaded(client, arguments, code):
    """Waits until the server answers with this exit code: it looks at its files every second."""
    deadline = time.monotonic() + 15
    while client(*arguments).code != code:
        assert time.monotonic() < deadline, client.server.text()
        time.sleep(0.2)


def test_revoked_certificates(state, start_server, authority):
    """A new list takes effect without a restart, a damaged one does not; an expired one lets nobody in."""
    certificate, key = authority.issue("server")
    good, bad = authority.issue("good", "anna", names=""), authority.issue("bad", "berta", names="")
    lists = authority.revocation_list("crl.pem")
    server = start_server(state, tls={"cert": str(certificate), "key": str(key), "client_crl": str(lists),
                                      "client_ca": str(authority.certificate)})
    client = Client(server)

    def versions(pair):
        return ("--tls-ca", authority.certificate, "--tls-cert", pair[0], "--tls-key", pair[1], "versions")
    client.ok(*versions(good))
    client.ok(*versions(bad))
    authority.revocation_list("crl.pem", bad[0])
    reloaded(client, versions(bad), 3)
    server.wait_for_log("certificate='?\"?'cn:berta', issued by 'CN=ca': certificate revoked")
    client.ok(*versions(good))
    lists.write_text(lists.read_text()[:-100])
    server.wait_for_log("the previous ones stay in use.*tls.client_crl")
    client.ok(*versions(good))
    client(*versions(bad), code=3)
    assert 'tls_certificate_reloads_total{result="failure"} 1' in server.metrics()
    authority.revocation_list("crl.pem", days=-1)
    server.wait_for_log("the revocation list of 'CN=ca' expired at ")
    reloaded(client, versions(good), 3)
    server.wait_for_log("CRL has expired")
    shown = subprocess.run([str(paths.SERVER), "--config", str(server.config_file), "--check-config"],
                           capture_output=True, text=True)
    assert shown.returncode == 0 and "client_crl: " in shown.stdout
    assert "# warning: the revocation list of 'CN=ca' expired at " in shown.stdout


def test_the_doctor_shows_an_expired_list(state, start_server, authority):
    certificate, key = authority.issue("server")
    server = start_server(state, tls={
        "cert": str(certificate), "key": str(key), "client_ca": str(authority.certificate), "client_auth": "optional",
        "client_crl": str(authority.revocation_list("crl.pem", days=-1))})
    found = Client(server).json("--tls-ca", authority.certificate, "doctor")["findings"]
    finding = next(one for one in found if one["name"] == "revocation lists")
    assert finding["verdict"] == "DIAGNOSIS_VERDICT_WARNING" and "expired at" in finding["message"]
    assert "tls.client_crl" in finding["hint"]
