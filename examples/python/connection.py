# SPDX-License-Identifier: Apache-2.0
"""A channel to a stateserver, and calls that follow its retry rules (docs/replicas.md, Retrying)."""

from __future__ import annotations

import os
import pathlib
import random
import time
from typing import Callable, TypeVar

import grpc

T = TypeVar("T")


def connect() -> grpc.Channel:
    """By the variables that stateclient takes: STATESERVER_SERVER, STATESERVER_TLS_CA, STATESERVER_TOKEN."""
    address = os.environ.get("STATESERVER_SERVER", "127.0.0.1:7433")
    authority = os.environ.get("STATESERVER_TLS_CA")
    if not authority:
        if os.environ.get("STATESERVER_TOKEN") and not address.startswith(("127.0.0.1:", "[::1]:", "unix:")):
            raise SystemExit("Without TLS, the token is sent only to this machine: set STATESERVER_TLS_CA.")
        # A proxy of the environment could read the token, too.
        return grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)])
    return grpc.secure_channel(address, grpc.ssl_channel_credentials(pathlib.Path(authority).read_bytes()))


def metadata() -> list[tuple[str, str]]:
    token = os.environ.get("STATESERVER_TOKEN")
    return [("authorization", f"Bearer {token}")] if token else []


def retrying(call: Callable[[], T], attempts: int = 10) -> T:
    """`call()`, again while the server cannot be reached or is about to stop. For calls that change nothing, or
    that carry an operation id."""
    pause = 0.2
    for attempt in range(attempts):
        try:
            return call()
        except grpc.RpcError as error:
            again = error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
            if not again or attempt == attempts - 1:
                raise
            time.sleep(pause * random.uniform(0.5, 1))
            pause = min(2 * pause, 10)
    raise ValueError("attempts must be 1 or more")
