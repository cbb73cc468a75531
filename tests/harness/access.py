# SPDX-License-Identifier: Apache-2.0
"""Who may call: tokens of stateserver's own, and those of an identity provider."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.server
import json
import secrets
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import jwt
import yaml
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from harness import paths

if TYPE_CHECKING:
    import pathlib

ISSUER = "https://login.example.com/"
AUDIENCE = "stateserver"
ROLES = ("none", "reader", "writer", "admin")


def new_id() -> str:
    return str(uuid.uuid4())


class Tokens:
    """A tokens file, kept by `stateserver token`."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.file = folder / "tokens.yaml"

    def run(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run([str(paths.SERVER), "token", *arguments, "--tokens-file", str(self.file)],
                              capture_output=True, text=True)
        assert done.returncode == code, done
        return done

    def create(self, principal: str, expires: str = "1h", **roles: str) -> str:
        """A token of a principal with roles, as local="reader"; every="reader" is on every gateway."""
        given = [f"--role={'*' if name == 'every' else name}={role}" for name, role in roles.items()]
        return self.run("create", "--principal", principal, "--expires", expires, *given).stdout.strip()


    def put(self, principal: str, roles: Mapping[str, str], expires: str = "2099-01-01T00:00:00Z") -> str:
        """As create, without a process for each: for tests that need many."""
        identifier, key, salt = secrets.token_hex(6), secrets.token_hex(32), secrets.token_hex(16)
        entry = {"id": identifier, "principal": principal, "roles": dict(roles), "salt": salt,
                 "hash": hashlib.sha256(f"{salt}:{key}".encode()).hexdigest(), "created": "2026-01-01T00:00:00Z",
                 "expires": expires}
        before = yaml.safe_load(self.file.read_text())["tokens"] if self.file.exists() else []
        self.file.write_text(yaml.safe_dump({"tokens": [*before, entry]}))
        return f"sst_{identifier}_{key}"


class Provider:
    """An identity provider: keys, and a JWKS over HTTP on the loopback."""

    MAKERS: ClassVar[dict[str, Callable[[], Any]]] = {
        "RS256": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
        "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "EdDSA": ed25519.Ed25519PrivateKey.generate}
    ALGORITHMS: ClassVar[dict[str, Any]] = {
        "RS256": jwt.algorithms.RSAAlgorithm, "ES256": jwt.algorithms.ECAlgorithm,
        "EdDSA": jwt.algorithms.OKPAlgorithm}

    def __init__(self) -> None:
        self.keys: dict[str, tuple[str, Any]] = {}
        self.public: list[dict[str, Any]] = []
        self.requests = 0
        self.broken = False
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.requests += 1
                self.send_response(500 if provider.broken else 200)
                self.end_headers()
                self.wfile.write(provider.jwks().encode())

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/keys"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def add(self, key_id: str, algorithm: str = "ES256") -> Provider:
        self.keys[key_id] = (algorithm, self.MAKERS[algorithm]())
        public = self.ALGORITHMS[algorithm].to_jwk(self.keys[key_id][1].public_key(), as_dict=True)
        self.public.append({**public, "kid": key_id, "use": "sig"})
        return self

    def remove(self, key_id: str) -> None:
        self.public = [key for key in self.public if key["kid"] != key_id]

    def jwks(self) -> str:
        return json.dumps({"keys": self.public})

    def token(self, key_id: str, subject: str | None = "ci", header: dict[str, Any] | None = None,
              **claims: Any) -> str:
        """Claims given as None are left out."""
        algorithm, key = self.keys[key_id]
        now = int(time.time())
        body = {"iss": ISSUER, "aud": AUDIENCE, "sub": subject, "iat": now, "exp": now + 300, **claims}
        return jwt.encode({k: v for k, v in body.items() if v is not None}, key, algorithm=algorithm,
                          headers={"kid": key_id, **(header or {})})

    def signed(self, key_id: str, claims: dict[str, Any]) -> str:
        """Claims of any type, which the library would refuse to sign."""
        return self.signed_text(key_id, json.dumps(claims))

    def signed_text(self, key_id: str, claims: str) -> str:
        algorithm, key = self.keys[key_id]
        return jwt.api_jws.encode(claims.encode(), key, algorithm=algorithm, headers={"kid": key_id})


def _part(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unsigned(claims: dict[str, Any], header: dict[str, Any]) -> str:
    """A token put together by hand."""
    return f"{_part(json.dumps(header).encode())}.{_part(json.dumps(claims).encode())}."


def hmac_token(claims: dict[str, Any], header: dict[str, Any], secret: bytes) -> str:
    """Signed with HS256; PyJWT itself refuses a public key as the secret."""
    signed = unsigned(claims, {"alg": "HS256", **header})[:-1]
    return f"{signed}.{_part(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"
