# SPDX-License-Identifier: Apache-2.0
"""Who is let in: tokens, JSON Web Tokens, certificates, unix sockets; and what the others are told."""

import base64
import json
import os
import pathlib
import re
import signal
import stat
import subprocess
import time

import grpc
import pytest
from cryptography.hazmat.primitives import serialization

from harness import access, paths, raw
from harness.client import Client
from harness.server import gateway
from harness.tls import Authority

FILE = paths.CORPUS / paths.NEWEST / "export_all.json"
WORKLOAD = "spiffe://example.com/ns/data/sa/sqlmesh"


@pytest.fixture
def tokens(tmp_path):
    return access.Tokens(tmp_path)


@pytest.fixture
def provider():
    made = access.Provider()
    yield made
    made.stop()


def client_with(server, token):
    return Client(server, STATESERVER_TOKEN=token)


def refused(client, *command):
    """The error of a command of somebody who is not let in, or has no role for it."""
    error = client.refused(*command, code=3)
    assert error["reason"] in ("UNAUTHENTICATED", "ROLE_MISSING")
    return error


def eventually(condition, seconds=15):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


# --- tokens -----------------------------------------------------------------------------------

def test_a_token_lets_in(state, start_server, tokens):
    token = tokens.create("anna", local="reader")
    server = start_server(state, auth={"tokens_file": str(tokens.file)})
    assert client_with(server, token).ok("versions").out
    assert "principal=token:anna" in server.wait_for_log(r"method=GetVersions code=OK")


def test_nobody_else_gets_in(state, start_server, tokens):
    token = tokens.create("anna", local="admin")
    expired = tokens.create("old", local="admin", expires="1s")
    server = start_server(state, auth={"tokens_file": str(tokens.file)})
    time.sleep(1.1)
    wrong = token[:-1] + ("0" if token[-1] != "0" else "1")
    assert "no credentials" in refused(Client(server), "versions")["message"]
    for bad in (expired, wrong, "sst_nonsense", "a.b.c"):
        error = refused(client_with(server, bad), "versions")
        assert "The credentials are not accepted" in error["message"]
        assert bad not in server.text()
    assert client_with(server, token).ok("versions")


def test_health_and_reflection_ask_nobody(state, start_server, tokens, stubs):
    """Probes have no token; DESIGN of the boundary: docs/security.md."""
    tokens.create("anna", local="reader")
    server = start_server(state, auth={"tokens_file": str(tokens.file)})
    with server.channel() as channel:
        health = stubs.health_grpc.HealthStub(channel)
        for service in ("", "gateway/local"):
            assert health.Check(stubs.health.HealthCheckRequest(service=service)).status == 1


def test_tokens_are_reloaded_and_a_broken_file_is_not(state, start_server, tokens):
    first = tokens.create("anna", local="reader")
    server = start_server(state, auth={"tokens_file": str(tokens.file)})
    second = tokens.create("berta", local="reader")
    eventually(lambda: client_with(server, second)("versions").code == 0)
    good = tokens.file.read_text()
    tokens.file.write_text("tokens: [{id: nonsense}]")
    server.wait_for_log(r"the previous ones stay in use.*tokens.yaml:1: tokens\[0\]\.id")
    assert client_with(server, first).ok("versions")
    tokens.file.write_text(good)
    tokens.run("revoke", first.split("_")[1])
    eventually(lambda: client_with(server, first)("versions").code == 3)
    assert client_with(server, second).ok("versions")


def test_sighup_takes_over_another_auth_section(state, start_server, tokens, tmp_path):
    other = access.Tokens(tmp_path / "other")
    other.file.parent.mkdir()
    mine, theirs = tokens.create("anna", local="reader"), other.create("berta", local="reader")
    server = start_server(state, auth={"tokens_file": str(tokens.file)})
    assert client_with(server, mine).ok("versions")
    server.write_config({"local": gateway(state)}, auth={"tokens_file": str(other.file)})
    server.signal(signal.SIGHUP)
    server.wait_for_log("Reloaded the configuration")
    assert client_with(server, theirs).ok("versions")
    refused(client_with(server, mine), "versions")


def test_the_token_commands(tokens):
    created = tokens.run("create", "--principal", "anna", "--role", "prod=writer", "--role", "*=reader")
    token = created.stdout.strip()
    identifier = token.split("_")[1]
    assert re.fullmatch(r"sst_[0-9a-f]{12}_[0-9a-f]{64}", token)
    assert "It is not shown again" in created.stderr
    assert token.split("_")[2] not in tokens.file.read_text()
    assert tokens.file.stat().st_mode & 0o777 == 0o600
    assert re.search(rf"{identifier}  anna  \*=reader,prod=writer  created .* expires 20", tokens.run("list").stdout)
    assert "EXPIRED" not in tokens.run("list").stdout
    missing = tokens.run("revoke", "000000000000", code=1)
    assert "has no token with the id '000000000000'; nothing was changed" in missing.stderr
    tokens.run("revoke", identifier)
    assert tokens.run("list").stdout == ""
    for wrong in (["create", "--principal", "x"], ["create", "--role", "a=reader"], ["nonsense"]):
        tokens.run(*wrong, code=2)
    for role in ("prod", "prod=god", "=reader"):
        assert "--role: expected GATEWAY=" in tokens.run("create", "--principal", "x", "--role", role, code=1).stderr
    assert "--expires: expected" in tokens.run("create", "--principal", "x", "--role", "a=reader", "--expires", "soon",
                                               code=1).stderr


def test_token_commands_check_what_they_are_given(state, start_server, tokens):
    """Gateways by the configuration, and names of principals."""
    tokens.create("berta", local="reader")
    server = start_server(state, auth={"tokens_file": str(tokens.file)})

    def create(*roles, principal="anna"):
        return subprocess.run([str(paths.SERVER), "token", "create", "--config", str(server.config_file), "--principal",
                               principal, *(f"--role={role}" for role in roles)], capture_output=True, text=True)
    done = create("locla=writer")
    assert done.returncode == 1 and done.stdout == ""
    assert "--role: No gateway named 'locla'. Did you mean 'local'?" in done.stderr
    assert create("LOCAL=writer", "*=reader").returncode == 0
    before = tokens.file.read_bytes()
    for name in ("a\nb", "\x1b[31m", " anna", "", "x" * 257):
        done = create("local=reader", principal=name)
        assert done.returncode == 1 and "--principal: expected a name" in done.stderr, name
    assert tokens.file.read_bytes() == before


def test_token_commands_follow_no_planted_file(tokens, tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    tokens.create("anna", every="reader")
    for name in ("tokens.yaml.new", "tokens.yaml.tmp", ".tokens.yaml.tmp"):
        (tmp_path / name).symlink_to(victim)
    token = tokens.create("berta", every="reader")
    tokens.run("revoke", token.split("_")[1])
    assert victim.read_text() == "precious"
    assert sorted(path.name for path in tmp_path.iterdir() if not path.is_symlink()) == ["tokens.yaml", "victim"]


def test_a_linked_tokens_file_stays_a_link(tokens, tmp_path):
    """As Kubernetes mounts secrets, and as people keep their files elsewhere."""
    data = tmp_path / "..data"
    data.mkdir()
    real = access.Tokens(data)
    first = real.create("anna", every="reader")
    real.file.chmod(0o640)
    tokens.file.symlink_to("..data/tokens.yaml")
    tokens.create("berta", every="reader")
    tokens.run("revoke", first.split("_")[1])
    assert tokens.file.is_symlink() and not real.file.is_symlink()
    assert real.file.stat().st_mode & 0o777 == 0o640
    assert [line.split()[1] for line in real.run("list").stdout.splitlines()] == ["berta"]
    real.file.unlink()
    assert "which does not exist" in tokens.run("create", "--principal", "x", "--role", "*=reader", code=1).stderr


def test_token_commands_do_not_wait_for_a_pipe(tokens):
    os.mkfifo(tokens.file)
    for command in (["create", "--principal", "x", "--role", "*=reader"], ["list"], ["revoke", "000000000000"]):
        done = subprocess.run([str(paths.SERVER), "token", *command, "--tokens-file", str(tokens.file)],
                              capture_output=True, text=True, timeout=30)
        assert done.returncode == 1 and "not a regular file" in done.stderr
    assert stat.S_ISFIFO(tokens.file.stat().st_mode)


def test_many_token_commands_at_once(tokens):
    """None of the tokens gets lost."""
    command = [str(paths.SERVER), "token", "create", "--principal", "p", "--role", "*=reader",
               "--tokens-file", str(tokens.file)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) for _ in range(12)]
    made = {process.communicate()[0].decode().split("_")[1] for process in running}
    assert {line.split()[0] for line in tokens.run("list").stdout.splitlines()} == made
    assert len(made) == 12


def test_failed_authentication_is_rate_limited(state, start_server, tokens, stubs):
    token = tokens.create("anna", local="reader")
    late = tokens.create("berta", local="reader")
    # One is forgiven every three seconds.
    server = start_server(state, auth={"tokens_file": str(tokens.file), "max_failures": 20})
    assert client_with(server, token).ok("versions")
    with server.channel() as channel:
        stub = stubs.state_grpc.StateServiceStub(channel)

        def call(bearer):
            with pytest.raises(grpc.RpcError) as caught:
                stub.GetVersions(stubs.state.GetVersionsRequest(), metadata=[("authorization", f"Bearer {bearer}")])
            return caught.value
        assert [raw.reason(stubs, call("guess")) for _ in range(20)] == ["UNAUTHENTICATED"] * 20
        for bearer in ("guess", late):
            error = call(bearer)
            assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
            assert raw.reason(stubs, error) == "THROTTLED"
            assert raw.retry_seconds(stubs, error) >= 1
    # Who was let in before is let in whatever others behind the same address do.
    assert client_with(server, token).ok("versions")
    eventually(lambda: client_with(server, late)("versions").code == 0, 30)


# --- JSON Web Tokens --------------------------------------------------------------------------

def jwt_auth(provider, **keys):
    return {"jwt": {"issuer": access.ISSUER, "audience": access.AUDIENCE, **(keys or {"jwks_url": provider.url})},
            "grants": [{"jwt_subject": "ci", "roles": {"local": "reader"}},
                       {"jwt_group": "data", "roles": {"*": "admin"}}]}


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_json_web_tokens(state, start_server, provider, algorithm):
    provider.add("k1", algorithm)
    server = start_server(state, auth=jwt_auth(provider))
    assert client_with(server, provider.token("k1")).ok("versions")
    assert "principal=jwt:ci " in server.wait_for_log(r"method=GetVersions code=OK")
    assert "needs admin" in refused(client_with(server, provider.token("k1")), "migrate", "-y")["message"]
    member = client_with(server,
                         provider.token("k1", subject="anna", groups=["data", "other"], aud=["x", access.AUDIENCE]))
    assert member.ok("compact", "-y")
    stranger = client_with(server, provider.token("k1", subject="mallory"))
    assert "'jwt:mallory' has no role on any gateway" in refused(stranger, "versions")["message"]


def test_json_web_tokens_that_do_not_hold(state, start_server, provider):
    provider.add("k1", "RS256").add("e1", "ES256")
    server = start_server(state, auth={**jwt_auth(provider), "max_failures": 1000})
    other = access.Provider()
    other.add("k1", "RS256").add("unknown", "RS256")
    now = int(time.time())
    good = provider.token("k1")
    claims = {"iss": access.ISSUER, "aud": access.AUDIENCE, "sub": "ci", "exp": now + 300}
    public_pem = provider.keys["k1"][1].public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    bad = {
        "expired": provider.token("k1", exp=now - 60),
        "no exp": provider.token("k1", exp=None),
        "not yet": provider.token("k1", nbf=now + 600),
        "issuer": provider.token("k1", iss="https://elsewhere/"),
        "no issuer": provider.token("k1", iss=None),
        "audience": provider.token("k1", aud="other"),
        "no audience": provider.token("k1", aud=None),
        "no subject": provider.token("k1", sub=None),
        "exp as text": provider.signed("k1", {**claims, "exp": str(now + 300)}),
        "nbf as text": provider.signed("k1", {**claims, "nbf": str(now)}),
        "iat as text": provider.signed("k1", {**claims, "iat": "now"}),
        "issuers": provider.signed("k1", {**claims, "iss": [access.ISSUER]}),
        "subjects": provider.signed("k1", {**claims, "sub": ["ci"]}),
        "groups of two types": provider.signed("k1", {**claims, "groups": ["data", 7]}),
        "subject twice": provider.signed_text("k1", json.dumps(claims)[:-1] + ', "sub": "ci"}'),
        "subject twice, disguised": provider.signed_text("k1", json.dumps(claims)[:-1] + ', "\\u0073ub": "ci"}'),
        "a name twice, deeper": provider.signed_text("k1", json.dumps(claims)[:-1] + ', "x": [{"a": 1, "a": 1}]}'),
        "something behind": provider.signed_text("k1", json.dumps(claims) + "{}"),
        "for another use": provider.token("k1", header={"typ": "logout+jwt"}),
        "subject with a line feed": provider.token("k1", subject="a\nb"),
        "another's key": other.token("k1"),
        "unknown key": other.token("unknown"),
        "brings its own key": other.token("unknown", header={"jwk": other.public[1]}),
        "critical extension": provider.token("k1", header={"crit": ["exp"]}),
        "alg none": access.unsigned(claims, {"alg": "none", "kid": "k1"}),
        "public key as HMAC secret": access.hmac_token(claims, {"kid": "k1"}, public_pem),
        "cut signature": good[:-10],
        "changed claims": ".".join([good.split(".")[0], access.unsigned({**claims, "sub": "x"}, {}).split(".")[1],
                                    good.split(".")[2]]),
    }
    for what, token in bad.items():
        error = refused(client_with(server, token), "versions")
        assert "The credentials are not accepted" in error["message"], what
    other.stop()
    assert client_with(server, provider.token("k1", exp=now - 10)).ok("versions"), "clocks may differ a little"
    assert client_with(server, good).ok("versions")


def accepted_soon(server, token):
    """Whether the token is accepted, if not at once: the keys are read in the background."""
    eventually(lambda: client_with(server, token)("versions").code == 0, 20)


@pytest.mark.slow
def test_keys_are_rotated(state, start_server, provider):
    """A new key is found once a token names it; one that is gone is forgotten."""
    provider.add("old")
    server = start_server(state, auth=jwt_auth(provider))
    assert client_with(server, provider.token("old")).ok("versions")
    provider.add("new")
    accepted_soon(server, provider.token("new"))
    provider.remove("old")
    provider.add("newer")
    accepted_soon(server, provider.token("newer"))
    refused(client_with(server, provider.token("old")), "versions")
    provider.broken = True
    time.sleep(1.1)
    refused(client_with(server, provider.token("old")), "versions")
    assert client_with(server, provider.token("new")).ok("versions"), "what was read stays"


def test_a_reload_refuses_nobody(state, start_server, provider):
    """The keys of the new configuration are read before it is used."""
    provider.add("k1")
    server = start_server(state, auth=jwt_auth(provider))
    for _ in range(3):
        start = len(server.log)
        server.signal(signal.SIGHUP)
        server.wait_for_log("Reloaded the configuration", start=start)
        assert client_with(server, provider.token("k1")).ok("versions")


def test_unknown_keys_do_not_hammer_the_provider(state, start_server, provider):
    provider.add("k1").add("k2")
    provider.remove("k2")
    server = start_server(state, auth={**jwt_auth(provider), "max_failures": 1000})
    client = client_with(server, provider.token("k2"))
    before, began = provider.requests, time.monotonic()
    for _ in range(10):
        client("versions", code=3)
    assert provider.requests - before <= time.monotonic() - began + 2


def test_keys_from_a_file(state, start_server, provider, tmp_path):
    provider.add("k1")
    file = tmp_path / "keys.json"
    file.write_text(provider.jwks())
    server = start_server(state, auth=jwt_auth(provider, jwks_file=str(file)))
    assert client_with(server, provider.token("k1")).ok("versions")
    provider.add("k2")
    file.write_text(provider.jwks())
    eventually(lambda: client_with(server, provider.token("k2"))("versions").code == 0)
    file.write_text("{}")
    server.wait_for_log(r"the previous ones stay in use.*keys.json: the key set holds no public key")
    assert client_with(server, provider.token("k2")).ok("versions")


def test_keys_in_plain_text_use_no_proxy(state, start_server, provider):
    """A proxy of the environment, which could be anywhere, would choose the keys."""
    provider.add("k1")
    server = start_server(state, auth=jwt_auth(provider), environment={"http_proxy": "http://127.0.0.1:1"})
    assert client_with(server, provider.token("k1")).ok("versions")


def test_a_provider_that_comes_up_later(state, start_server, provider):
    provider.add("k1")
    provider.broken = True
    server = start_server(state, auth=jwt_auth(provider))
    server.wait_for_log("the answer is HTTP 500")
    refused(client_with(server, provider.token("k1")), "versions")
    provider.broken = False
    accepted_soon(server, provider.token("k1"))


# --- certificates and unix sockets -----------------------------------------------------------

def test_certificates(state, start_server, tmp_path, tokens):
    """Known by SPIFFE id, DNS name or common name; optional beside tokens; a bad token is not made up for."""
    authority = Authority(tmp_path)
    certificate, key = authority.issue("server")
    spiffe = authority.issue("workload", names=f"URI:{WORKLOAD}")
    common = authority.issue("person", common_name="anna", names="")
    disguised = authority.issue("disguised", common_name=WORKLOAD, names="DNS:anna")
    stranger = authority.issue("stranger")
    token = tokens.create("berta", local="reader")
    server = start_server(state, tls={"cert": str(certificate), "key": str(key), "client_auth": "optional",
                                      "client_ca": str(authority.certificate)},
                          auth={"tokens_file": str(tokens.file), "grants": [
                              {"certificate": f"uri:{WORKLOAD}", "roles": {"local": "admin"}},
                              {"certificate": "cn:anna", "roles": {"*": "reader"}}]})
    client = Client(server)
    ca = ("--tls-ca", authority.certificate)

    def with_certificate(pair):
        return (*ca, "--tls-cert", pair[0], "--tls-key", pair[1])
    client.ok(*with_certificate(spiffe), "compact", "-y")
    assert f"principal=cert:uri:{WORKLOAD}" in server.wait_for_log("method=Compact code=OK")
    client.ok(*with_certificate(common), "versions")
    client(*with_certificate(common), "compact", "-y", code=3)
    assert "has no role on any gateway" in client(*with_certificate(stranger), "versions", code=3).err
    # The names of two grants, each as a name of another type.
    assert "'cert:dns:anna' has no role on any gateway" in client(*with_certificate(disguised), "versions", code=3).err
    assert "no credentials" in client(*ca, "versions", code=3).err
    assert client_with(server, token).ok(*ca, "versions")
    client_with(server, "sst_bad")(*with_certificate(spiffe), "versions", code=3)
    (tmp_path / "other").mkdir()
    outsider = Authority(tmp_path / "other", "other").issue("workload", names=f"URI:{WORKLOAD}")
    assert client(*with_certificate(outsider), "versions", code=3)


def test_a_common_name_is_not_the_owner_of_a_token(state, start_server, tmp_path, tokens):
    """'token:anna' as a common name neither owns anna's operations nor is her in the audit trail."""
    authority = Authority(tmp_path)
    certificate, key = authority.issue("server")
    pretender = authority.issue("pretender", common_name="token:anna", names="")
    anna = tokens.create("anna", local="writer")
    server = start_server(state, tls={"cert": str(certificate), "key": str(key), "client_auth": "optional",
                                      "client_ca": str(authority.certificate)},
                          auth={"tokens_file": str(tokens.file), "grants": [
                              {"certificate": "cn:token:anna", "roles": {"local": "writer"}}]})
    operation = access.new_id()
    owner = Client(server, STATESERVER_TOKEN=anna, STATESERVER_TLS_CA=str(authority.certificate))
    other = Client(server, STATESERVER_TLS_CA=str(authority.certificate), STATESERVER_TLS_CERT=str(pretender[0]),
                   STATESERVER_TLS_KEY=str(pretender[1]))
    owner.ok("import", "-i", FILE, "-y", "--operation-id", operation)
    error = other.refused("operation", operation, "--cancel", code=3)
    assert error["reason"] == "ROLE_MISSING" and "'cert:cn:token:anna'" in error["message"]
    assert owner.refused("operation", operation, "--cancel")["reason"] == "OPERATION_ENDED"
    assert other.json("operation", operation)["operation"]["principal"] == "token:anna"


def test_a_unix_socket(state, start_server, tokens, tmp_path):
    tokens.create("anna", local="reader")
    auth = {"tokens_file": str(tokens.file), "grants": [{"unix_socket": True, "roles": {"*": "reader"}}]}
    server = start_server(state, auth=auth)
    server.stop()
    path = tmp_path / "s.sock"
    server.start_anywhere(f"unix:{path}")
    client = Client(server, STATESERVER_SERVER=f"unix:{path}")
    assert client.ok("versions")
    assert "needs admin" in refused(client, "compact", "-y")["message"]
    assert path.stat().st_mode & 0o022 == 0, "only its owner may connect"
    assert server.stop() == 0


def test_a_local_socket_beside_tls(state, start_server, tokens, tmp_path):
    """For probes on the machine: in plain text, with no rights but those granted."""
    certificate, key = Authority(tmp_path).issue("server")
    token = tokens.create("anna", local="reader")
    path = tmp_path / "s.sock"
    server = start_server(state, tls={"cert": str(certificate), "key": str(key)}, local_listen=f"unix:{path}",
                          auth={"tokens_file": str(tokens.file)})
    local = Client(server, STATESERVER_SERVER=f"unix:{path}")
    assert local.json("health", "", "gateway/local")["services"] == [
        {"service": "", "health": "SERVING"}, {"service": "gateway/local", "health": "SERVING"}]
    refused(local, "versions")
    assert Client(server, STATESERVER_SERVER=f"unix:{path}", STATESERVER_TOKEN=token).ok("versions")
    assert Client(server, STATESERVER_TLS_CA=str(tmp_path / "ca.crt")).ok("health")


def test_health_has_exit_codes(state, start_server):
    gone = {"state_connection": {"type": "postgres", "host": "127.0.0.1", "port": 1, "user": "u", "password": "p",
                                 "database": "d"}}
    client = Client(start_server({"local": gateway(state), "gone": gone}))
    assert "SERVING" in client.ok("health").out and "SERVING" in client.ok("health", "liveness").out
    eventually(lambda: "NOT_SERVING" in client("health", "gateway/gone").out)
    for services in (["gateway/gone"], ["gateway/local", "gateway/gone"], ["gateway/nowhere"]):
        assert client("health", *services, code=1).err == ""
    client.server.stop()
    client("health", code=3)


# --- transport --------------------------------------------------------------------------------

def openssl(address, *arguments):
    return subprocess.run(["openssl", "s_client", "-connect", address, *arguments], input=b"", capture_output=True)


def test_old_protocols_and_weak_ciphers_are_refused(state, start_server, tmp_path):
    authority = Authority(tmp_path)
    certificate, key = authority.issue("server")
    server = start_server(state, tls={"cert": str(certificate), "key": str(key)})
    weak = ("-cipher", "ALL:@SECLEVEL=0")
    assert openssl(server.address, "-tls1_2", "-alpn", "h2").returncode == 0
    assert openssl(server.address, "-tls1_3", "-alpn", "h2").returncode == 0
    for old in ("-tls1", "-tls1_1"):
        assert openssl(server.address, old, *weak).returncode != 0
    for cipher in ("AES128-SHA", "ECDHE-ECDSA-AES128-SHA", "NULL-SHA256", "ECDHE-ECDSA-AES256-SHA384"):
        assert openssl(server.address, "-tls1_2", "-cipher", f"{cipher}:@SECLEVEL=0").returncode != 0, cipher
    chosen = openssl(server.address, "-tls1_2", "-alpn", "h2").stdout.decode(errors="replace")
    assert re.search(r"Cipher is ECDHE-ECDSA-(AES\d+-GCM|CHACHA20)", chosen), chosen


def test_metrics_with_a_password(state, start_server):
    import urllib.error
    import urllib.request
    server = start_server(state, metrics_auth={"user": "prometheus", "password": "s3cret"})

    def scrape(login=None):
        request = urllib.request.Request(f"http://{server.metrics_address}/metrics")
        if login:
            request.add_header("Authorization", "Basic " + base64.b64encode(login.encode()).decode())
        try:
            return urllib.request.urlopen(request, timeout=10).status
        except urllib.error.HTTPError as error:
            return error.code
    assert scrape("prometheus:s3cret") == 200
    assert {scrape(), scrape("prometheus:wrong"), scrape("x:s3cret"), scrape("prometheus:")} == {401}


# --- secrets ----------------------------------------------------------------------------------

def test_the_secrets_of_the_key_sets_url_are_nowhere_to_be_seen(state, start_server, provider):
    """Whether the keys can be read or not."""
    provider.add("k1")
    host = provider.url.removeprefix("http://")
    url = f"http://S3CRETuser:S3CRETpassword@{host}?code=S3CRETquery#S3CRETfragment"
    auth = jwt_auth(provider, jwks_url=url)
    server = start_server(state, auth=auth, log={"level": "trace"})
    shown = [client_with(server, provider.token("k1"))(*command) for command in (["versions"], ["doctor"])]
    assert shown[0].code == 0
    provider.broken = True
    server.signal(signal.SIGHUP)
    server.wait_for_log(r"cannot read http://127\.0\.0\.1:\d+/keys: the answer is HTTP 500")
    provider.stop()
    server.signal(signal.SIGHUP)
    server.wait_for_log(r"cannot read http://127\.0\.0\.1:\d+/keys: (?!the answer)")
    shown.append(client_with(server, provider.token("k1"))("versions", code=3))
    texts = [text for result in shown for text in (result.out, result.err)]
    good = server.config_file.read_text()
    for before, after in (("", ""), ("http://S3", "ftp://S3"), (host, "keys.example.com/"), ("password", "pass#?word")):
        changed = good.replace(before, after) if before else good
        server.config_file.write_text(changed)
        done = subprocess.run([str(paths.SERVER), "--config", str(server.config_file), "--check-config"],
                              capture_output=True, text=True)
        assert done.returncode == bool(before) and "jwks_url" in done.stdout + done.stderr
        server.signal(signal.SIGHUP)
        texts += [done.stdout, done.stderr]
    server.wait_for_log("Reload failed")
    for text in (*texts, server.metrics(), server.text()):
        assert "S3CRET" not in text


def test_secrets_are_nowhere_to_be_seen(state, start_server, tokens):
    """Not in the log, in errors, in --check-config, in the process table, and in no core file."""
    token = tokens.create("anna", local="reader")
    password = state.cluster.password
    config = {"auth": {"tokens_file": str(tokens.file)}, "log": {"level": "trace"},
              "metrics_auth": {"user": "p", "password": "m3trics"}}
    server = start_server(state, **config)
    client_with(server, token).ok("versions")
    client_with(server, token + "x")("versions", code=3)
    broken = {**gateway(state)}
    broken["state_connection"] = {**broken["state_connection"], "database": "nowhere"}
    bad_server = start_server({"local": broken}, **config)
    result = client_with(bad_server, token)("versions")
    shown = subprocess.run([str(paths.SERVER), "--config", str(server.config_file), "--check-config"],
                           capture_output=True, text=True).stdout
    process = pathlib.Path(f"/proc/{server.process.pid}")
    command_line = (process / "cmdline").read_text()
    for secret in (token, token.split("_")[2], password, "m3trics"):
        for text in (server.text(), bad_server.text(), result.err, shown, command_line):
            assert secret not in text
    assert re.search(r"Max core file size\s+0\s+0", (process / "limits").read_text())
    assert int((process / "coredump_filter").read_text(), 16) == 0
