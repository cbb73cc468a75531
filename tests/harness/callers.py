# SPDX-License-Identifier: Apache-2.0
"""Callers with every role by every kind of credential, and those that no server may let in."""

from __future__ import annotations

import base64
import dataclasses
import pathlib
import signal
import ssl
import tempfile
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import grpc
from cryptography.hazmat.primitives import serialization

from harness import access
from harness.server import Server
from harness.tls import Authority

if TYPE_CHECKING:
    from harness.rpcs import Metadata

# Name -> the roles of a principal, by gateway.
GRANTS: dict[str, dict[str, str]] = {
    f"{role}-{where}": {gateway: role} for role in access.ROLES[1:]
    for where, gateway in (("here", "local"), ("elsewhere", "elsewhere"), ("everywhere", "*"))}
NOBODY = "none"
MANY = 10_000
# Limits that many callers at once do not reach.
LIMITS = {f"max_{what}": 1000 for what in (
    "concurrent_imports", "imports_per_gateway", "imports_per_principal", "concurrent_exports", "exports_per_gateway",
    "exports_per_principal", "concurrent_schema_calls", "schema_calls_per_principal", "calls_per_address",
    "calls_per_principal")}


@dataclasses.dataclass(frozen=True)
class Caller:
    """Who calls, and how."""

    name: str
    channel: grpc.Channel
    metadata: Metadata
    # Empty where the credentials are not valid, or there are none.
    principal: str
    roles: Mapping[str, str]
    # The connection is never made: its TLS handshake fails.
    shut_out: bool = False

    def role(self, gateway: str) -> str:
        """The better of those on the gateway and on every gateway."""
        return max((self.roles.get(gateway, NOBODY), self.roles.get("*", NOBODY)), key=access.ROLES.index)

    def best_role(self) -> str:
        """On any gateway."""
        return max((NOBODY, *self.roles.values()), key=access.ROLES.index)


def bearer(token: str) -> list[tuple[str, str]]:
    return [("authorization", f"Bearer {token}")]


class Callers:
    """Two servers with the same gateways, the second with TLS, and everybody who calls them."""

    def __init__(self, gateways: dict[str, Any], folder: pathlib.Path, **config: Any) -> None:
        # Short: paths of sockets are.
        self._sockets = tempfile.TemporaryDirectory(prefix="ss-callers-", dir="/tmp")
        self.provider, self._stranger = access.Provider(), access.Provider()
        self.provider.add("k1")
        self._stranger.add("k1").add("unknown")
        self.tokens = access.Tokens(folder)
        self.authority = Authority(folder)
        (folder / "foreign").mkdir()
        self._foreign = Authority(folder / "foreign", "foreign")
        self._bad_tokens = self._make_tokens()
        certificates = [{"certificate": f"cn:{name}", "roles": roles} for name, roles in GRANTS.items()]
        subjects = [{"jwt_subject": name, "roles": roles} for name, roles in GRANTS.items()]
        unix = {"unix_socket": True, "roles": GRANTS["reader-here"]}
        auth = {"tokens_file": str(self.tokens.file), "max_failures": MANY, "grants": certificates}
        certificate, key = self.authority.issue("server")
        self._channels: dict[str, grpc.Channel] = {}
        self.plain = Server(gateways, local_listen=self._address("local"), proxy_listen=self._address("proxy"), auth={
            **auth, "grants": [*certificates, *subjects, unix], "jwt": {
                "issuer": access.ISSUER, "audience": access.AUDIENCE, "jwks_url": self.provider.url}}, **config)
        self._config = {**config, "local_listen": self._address("no-grant"), "auth": auth, "tls": {
            "cert": str(certificate), "key": str(key), "client_auth": "optional",
            "client_ca": str(self.authority.certificate)}}
        self.secure = Server(gateways, **self._config)
        self._revoke()
        self._certificates = {name: self.authority.issue(name, names="") for name in (*GRANTS, NOBODY)}
        self.all = [*self._token_callers(), *self._jwt_callers(), *self._socket_callers(),
                    *self._certificate_callers(), *self._proxied_callers()]

    def stop(self) -> None:
        for channel in self._channels.values():
            channel.close()
        for provider in (self.provider, self._stranger):
            provider.stop()
        for server in (self.plain, self.secure):
            assert server.stop() == 0, server.text()
        self._sockets.cleanup()

    def grant_socket(self, roles: dict[str, str] | None) -> grpc.Channel:
        """Grants roles, or none, to the socket that has no grant otherwise; returns its channel."""
        auth, start = self._config["auth"], len(self.secure.log)
        grants = [*auth["grants"], {"unix_socket": True, "roles": roles}] if roles else auth["grants"]
        self.secure.write_config(self.secure.gateways, **{**self._config, "auth": {**auth, "grants": grants}})
        self.secure.signal(signal.SIGHUP)
        self.secure.wait_for_log("Reloaded the configuration", start=start)
        return self._channel(self._address("no-grant"))

    # --- what they show ------------------------------------------------------------------------

    def _make_tokens(self) -> dict[str, str]:
        """Those that were valid, or look as if they were: name -> token."""
        self.good_tokens = {name: self.tokens.put(name, roles) for name, roles in GRANTS.items()}
        self._beside = {name: self.tokens.put(f"beside-{name}", GRANTS[name]) for name in ("reader-here", "admin-here")}
        expired = self.tokens.put("expired", {"*": "admin"}, "2020-01-01T00:00:00Z")
        self._revoked = self.tokens.put("revoked", {"*": "admin"})
        good = self.good_tokens["admin-everywhere"]
        return {"expired": expired, "revoked": self._revoked, "unknown": f"sst_{'0' * 12}_{'0' * 64}",
                "with another secret": good[:-4] + "0000", "cut": good[:-1], "not of any form": "nonsense"}

    def _revoke(self) -> None:
        """While the servers run: both read the file again within a second or two."""
        starts = {server: len(server.log) for server in (self.plain, self.secure)}
        self.tokens.run("revoke", self._revoked.split("_")[1])
        for server, start in starts.items():
            server.wait_for_log(rf"Reloaded the credentials of callers.*{self.tokens.file}", start=start)

    def _bad_jwts(self) -> dict[str, str]:
        now = int(time.time())
        claims = {"iss": access.ISSUER, "aud": access.AUDIENCE, "sub": "admin-everywhere", "exp": now + 3600}
        secret = self.provider.keys["k1"][1].public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

        def token(provider: access.Provider = self.provider, key: str = "k1", **changes: Any) -> str:
            return provider.token(key, **{"subject": "admin-everywhere", "exp": now + 3600, **changes})
        return {"expired": token(exp=now - 3600), "without an end": token(exp=None), "of later": token(nbf=now + 3600),
                "for another audience": token(aud="other"), "of another issuer": token(iss="https://elsewhere/"),
                "by an unknown key": token(self._stranger, "unknown"), "by another's key": token(self._stranger),
                "without a signature": access.unsigned(claims, {"alg": "none", "kid": "k1"}),
                "signed with the public key": access.hmac_token(claims, {"kid": "k1"}, secret),
                "cut": token()[:-10]}

    # --- who they are --------------------------------------------------------------------------

    def _address(self, socket: str) -> str:
        return f"unix:{self._sockets.name}/{socket}.sock"

    def _channel(self, address: str, certificate: tuple[pathlib.Path, pathlib.Path] | None = None) -> grpc.Channel:
        """One for all who show the same to the same listener."""
        key = f"{address} {certificate}"
        if key not in self._channels:
            if address == self.secure.address:
                pair = [path.read_bytes() for path in reversed(certificate)] if certificate else [None, None]
                self._channels[key] = grpc.secure_channel(address, grpc.ssl_channel_credentials(
                    self.authority.certificate.read_bytes(), *pair))
            else:
                self._channels[key] = grpc.insecure_channel(address)
        return self._channels[key]

    def _token_callers(self) -> Iterator[Caller]:
        tcp = self._channel(self.plain.address)
        for name, token in self.good_tokens.items():
            yield Caller(f"token {name}", tcp, bearer(token), f"token:{name}", GRANTS[name])
        for name, token in self._bad_tokens.items():
            yield Caller(f"token {name}", tcp, bearer(token), "", {})
        good = self.good_tokens["admin-everywhere"]
        for name, values in {"no header": [], "an empty header": [""], "a token without its scheme": [good],
                             "a scheme without a token": ["Bearer "], "another scheme": [f"Basic {good}"],
                             "two tokens in a header": [f"Bearer {good} {good}"],
                             "two headers": [f"Bearer {good}", f"Bearer {good}"]}.items():
            yield Caller(name, tcp, [("authorization", value) for value in values], "", {})

    def _jwt_callers(self) -> Iterator[Caller]:
        tcp, later = self._channel(self.plain.address), int(time.time()) + 3600
        for name, roles in {**GRANTS, NOBODY: {}}.items():
            yield Caller(f"JWT {name}", tcp, bearer(self.provider.token("k1", subject=name, exp=later)),
                         f"jwt:{name}", roles)
        for name, token in self._bad_jwts().items():
            yield Caller(f"JWT {name}", tcp, bearer(token), "", {})

    def _socket_callers(self) -> Iterator[Caller]:
        """A socket has the roles of one grant; grant_socket() changes it."""
        yield Caller("unix socket", self._channel(self._address("local")), [], "unix", GRANTS["reader-here"])
        yield Caller("unix socket, no grant", self._channel(self._address("no-grant")), [], "", {})
        yield Caller("unix socket, bad token", self._channel(self._address("local")), bearer("nonsense"), "", {})

    def _certificate_callers(self) -> Iterator[Caller]:
        tls = self.secure.address
        yield Caller("TLS, no certificate", self._channel(tls), [], "", {})
        for name, pair in self._certificates.items():
            yield Caller(f"certificate {name}", self._channel(tls, pair), [], f"cert:cn:{name}", GRANTS.get(name, {}))
        foreign = self._foreign.issue("stranger", "admin-everywhere", names="")
        yield Caller("certificate of another authority", self._channel(tls, foreign), [], "", {}, shut_out=True)
        # The header alone counts.
        admin = self._channel(tls, self._certificates["admin-everywhere"])
        reader = self._channel(tls, self._certificates["reader-here"])
        yield Caller("bad token, certificate of an admin", admin, bearer("nonsense"), "", {})
        for channel, name, what in ((admin, "reader-here", "token of a reader, certificate of an admin"),
                                    (reader, "admin-here", "token of an admin, certificate of a reader")):
            yield Caller(what, channel, bearer(self._beside[name]), f"token:beside-{name}", GRANTS[name])

    def _proxied_callers(self) -> Iterator[Caller]:
        """A certificate that a proxy has verified, as it says; from anybody else, it says nothing."""
        proxy = self._channel(self._address("proxy"))

        def says(name: str) -> tuple[str, str]:
            text = self._certificates[name][0].read_text()
            return "x-stateserver-client-certificate", base64.b64encode(ssl.PEM_cert_to_DER_cert(text)).decode()
        for name in ("reader-here", "admin-elsewhere", "writer-everywhere"):
            yield Caller(f"proxy, certificate {name}", proxy, [says(name)], f"cert:cn:{name}", GRANTS[name])
        yield Caller("proxy, no certificate", proxy, [], "", {})
        yield Caller("proxy, two certificates", proxy, [says("admin-here"), says("admin-here")], "", {})
        yield Caller("proxy, a certificate that is none", proxy, [(says("admin-here")[0], "bm9uZQ==")], "", {})
        for listener in (self.plain.address, self._address("no-grant")):
            yield Caller("headers of a proxy elsewhere", self._channel(listener), [says("admin-here")], "", {})
