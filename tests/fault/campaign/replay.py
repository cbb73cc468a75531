# SPDX-License-Identifier: Apache-2.0
"""The committed changes, one after the other, on a fresh database by a server that nobody disturbs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import psycopg2

from fault.campaign import foreign
from fault.campaign.history import ForeignWrite
from fault.campaign.world import RESTORE_POINTS
from harness.client import Client
from harness.cluster import Cluster
from harness.database import Database
from harness.server import Server, gateway

if TYPE_CHECKING:
    from fault.campaign.files import Files
    from fault.campaign.history import Operation


def token(client: Client, *arguments: object) -> str:
    """Of the state as a client sees it."""
    found: str = client.export(f"{client.home}/state.json", *arguments)["metadata"]["stateserver"]["token"]
    return found


def findings(client: Client, *arguments: object) -> list[tuple[str, str, str]]:
    """What `check` finds: [(kind, record, identifier)]."""
    result = client("--format", "json", "check", *arguments)
    assert result.code in (0, 1), result
    return [(finding["kind"], finding["record"], finding["identifier"]) for finding in result.json["first_findings"]]


class Replay:
    """A context: the database and the server end with it."""

    def __init__(self, files: Files, points: dict[str, str]) -> None:
        """`points`: which operation made which restore point."""
        self._files, self._made = files, {operation: point for point, operation in points.items()}
        self._points: dict[str, Any] = {}  # restore point of the campaign -> the one here

    def __enter__(self) -> Replay:
        # A cluster of its own: that of the campaign has little room, and waits for its standby.
        self._cluster = Cluster()
        self.database = Database(self._cluster, self._cluster.create())
        self._server = Server({"local": gateway(self.database)}, restore_points={"keep": RESTORE_POINTS})
        self.client = Client(self._server)
        self.client.ok("migrate", "-y")
        foreign.prepare(self.database)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.kill()
        self._cluster.destroy()

    def run(self, operations: Iterable[Operation], wanted: set[int]) -> dict[int, str] | None:
        """{position: token} of the state after the first `position` of them, for those `wanted`; None where nobody can
        follow them."""
        tokens = {0: token(self.client)} if 0 in wanted else {}
        for position, operation in enumerate(operations, 1):
            if operation.kind == "restore" and operation.restore_point not in self._points:
                return None
            self._repeat(operation)
            if position in wanted:
                tokens[position] = token(self.client)
        return tokens

    def _repeat(self, operation: Operation) -> None:
        if isinstance(operation, ForeignWrite):
            connection = psycopg2.connect(self.database.url)
            try:
                foreign.perform(connection, operation)
                return
            finally:
                connection.close()
        result = self.client.json(*self._command(operation))
        if operation.id in self._made:
            self._points[self._made[operation.id]] = result.get("restore_point_id")

    def _command(self, operation: Operation) -> list[object]:
        if operation.kind == "compact":
            return ["compact", "-y"]
        if operation.kind == "restore":
            return ["restore", self._points[operation.restore_point], "-y"]
        command = ["import", "-i", self._files.paths[operation.file], "-y"]
        return [*command, "--replace"] if operation.kind == "replace" else command
