# SPDX-License-Identifier: Apache-2.0
"""Whether a server that was under attack still answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc

if TYPE_CHECKING:
    from harness.server import Server
    from harness.stubs import Stubs


def answers_within(server: Server, stubs: Stubs, token: str, seconds: float = 1.0, attempts: int = 1) -> None:
    """Fails unless an authenticated call over a connection of its own is answered within `seconds`, in one of the
    attempts: more than one where the machine has other work, too."""
    for attempt in range(attempts):
        try:
            with grpc.insecure_channel(server.address, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
                stubs.state_grpc.StateServiceStub(channel).GetVersions(
                    stubs.state.GetVersionsRequest(), timeout=seconds, metadata=[("authorization", f"Bearer {token}")])
            return
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.DEADLINE_EXCEEDED or attempt == attempts - 1:
                raise
