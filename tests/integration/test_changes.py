# SPDX-License-Identifier: Apache-2.0
"""Each call that the protocol marks as changing something leaves the trail that docs/security.md promises,
whatever its end."""

from __future__ import annotations

import signal
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from harness import paths, raw
from harness.client import Client
from harness.revisions import AGED, LEASE, ONE_REPLICA, USERS, Project, configuration

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Callable

    from harness.database import Database
    from harness.stubs import Stubs

FILE = paths.CORPUS / paths.NEWEST / "export_all.json"
OLDER = paths.CORPUS / "0.200.0" / "export_all.json"
RELEASE = "0.200.0"
NOBODY = "11111111-2222-4333-8444-555555555555"
# Where the connection of each is lost, before the outcome is certain.
LOST = "before_commit=terminate_backend@1"


class World:
    """A gateway with a state and a StarRocks database, and a server on it."""

    def __init__(self, database: Database, starrocks: Any, start_server: Callable[..., Any],
                 folder: pathlib.Path, stubs: Stubs) -> None:
        self.stubs = stubs
        self.database, self.starrocks, self.start_server = database, starrocks, start_server
        gateways = configuration(database, starrocks.server, starrocks.name)
        self.options = {"limits": {"schema_lock_lease": LEASE, "lock_timeout": "30s"}}
        self.project = Project(start_server(gateways, **self.options), starrocks, folder)
        self.client: Client = self.project.client

    def fails_at(self, point: str) -> None:
        self.client.server.restart(failpoints=point)

    def run(self, command: tuple[object, ...], operation: str, **options: Any) -> Any:
        return self.client("--format", "json", *command, "--operation-id", operation, cwd=self.project.folder,
                           **options)

    def trail(self, operation: str) -> list[str]:
        events = self.client.json("audit", "--operation", operation)["events"]
        return [event["outcome"].removeprefix("AUDIT_OUTCOME_") for event in events]

    def status(self, operation: str) -> tuple[str, str]:
        found = self.client.json("operation", operation)["operation"]
        return (found["status"].removeprefix("OPERATION_STATUS_"),
                found["error_reason"].removeprefix("ERROR_REASON_"))

    def wait_until_running(self, operation: str) -> None:
        deadline = time.monotonic() + 20
        while self.client("operation", operation).code != 0 or self.status(operation)[0] != "RUNNING":
            assert time.monotonic() < deadline
            time.sleep(0.02)


class StateChange:
    """A change of the state."""

    def __init__(self, kind: str, command: tuple[object, ...], refused: tuple[object, ...] | None = None,
                 release: str = paths.NEWEST) -> None:
        self.kind, self.release = kind, release
        self.command = command
        self.refused = refused

    def prepare(self, world: World) -> tuple[object, ...]:
        """Makes the command possible; returns it."""
        if self.kind == "rollback":
            world.client.ok("migrate", "-y")
        if self.kind == "restore":
            world.client.ok("import", "-i", FILE, "--replace", "-y")
            point = world.client.json("restore-points")["restore_points"][0]["id"]
            return ("restore", point, "-y")
        return self.command

    def refuse(self, world: World, operation: str) -> str:
        """Makes the call impossible and makes it; the reason of the refusal."""
        # Schema `stateserver` does not exist before the first change.
        world.client.ok(*(("migrate", "-y") if self.release == RELEASE else ("import", "-i", FILE, "-y")))
        if self.kind == "rollback":
            world.database.execute("DROP TABLE sqlmesh._snapshots_backup; DELETE FROM stateserver.restore_points")
        if self.kind in ("compact", "expired"):
            world.database.execute("UPDATE sqlmesh._versions SET schema_version = 101")
        if self.kind == "restore":  # stateclient looks first whether the restore point exists
            stub = world.stubs.operations_grpc.OperationsServiceStub(world.client.server.channel())
            call = stub.Restore(world.stubs.operations.RestoreRequest(id=NOBODY, operation_id=operation))
            return raw.refused(world.stubs, lambda: list(call))
        return str(world.run(self.refused or self.command, operation, code=1).error["reason"])

    def block(self, world: World) -> Any:
        """Holds what the command waits for, until the connection is closed."""
        connection = world.database.connect()
        connection.autocommit = False
        connection.cursor().execute("LOCK TABLE sqlmesh._snapshots IN ACCESS EXCLUSIVE MODE")
        return connection


class SchemaChange:
    """A change of the StarRocks schema."""

    release = paths.NEWEST

    def __init__(self, kind: str, command: tuple[object, ...]) -> None:
        self.kind = "schema"
        self.command = ("schema", kind, *command, *ONE_REPLICA)
        self.verb = kind

    def prepare(self, world: World) -> tuple[object, ...]:
        project = world.project
        project.declare(users=USERS)
        project.first = project.autogenerate("users")
        project.upgrade()
        project.declare(users=AGED)
        project.second = project.autogenerate("add age")
        if self.verb == "downgrade":
            project.upgrade()
        return self.command

    def refuse(self, world: World, operation: str) -> str:
        """Sends a revision that cannot be read, which stateclient would not."""
        self.prepare(world)
        messages, revisions = world.stubs.revisions, world.stubs.revisions_grpc
        options = {"operation_id": operation}
        begin = {
            "upgrade": lambda: messages.UpgradeBegin(options=options, target="head"),
            "downgrade": lambda: messages.DowngradeBegin(options=options, target="-1"),
            "repair": lambda: messages.RepairBegin(options=options),
            "stamp": lambda: messages.StampBegin(**options, targets=["head"], force=True),
        }[self.verb]()
        method = self.verb.capitalize()
        make = getattr(messages, f"{method}Request")
        file = messages.RevisionFile(name="a.sql", text=b"-- revision: a\n")
        stream = iter([make(begin=begin), make(revision_file=file)])
        call = getattr(revisions.RevisionServiceStub(world.client.server.channel()), method)
        return raw.refused(world.stubs, lambda: call(stream) if self.verb == "stamp" else list(call(stream)))

    def block(self, world: World) -> Any:
        far = int(time.time() * 1000) + 60_000
        world.database.execute(f"UPDATE stateserver.revision_locks SET holder = 'other', expires_ts = {far}")
        return None


SCENARIOS = {
    "StateService.Import": StateChange("import", ("import", "-i", FILE, "-y"), ("import", "-i", OLDER, "-y")),
    "StateService.Migrate": StateChange("migrate", ("migrate", "-y"),
                                        ("migrate", "-y", "--if-unchanged-since", "0" * 64), RELEASE),
    "StateService.Rollback": StateChange("rollback", ("rollback", "-y"), release=RELEASE),
    "OperationsService.Restore": StateChange("restore", ()),
    "MaintenanceService.Compact": StateChange("compact", ("compact", "-y")),
    "MaintenanceService.DeleteExpired": StateChange("expired", ("expired", "--delete", "-y")),
    "RevisionService.Upgrade": SchemaChange("upgrade", ("head", "-y")),
    "RevisionService.Downgrade": SchemaChange("downgrade", ("-1", "-y")),
    "RevisionService.Repair": SchemaChange("repair", ("-y",)),
    "RevisionService.Stamp": SchemaChange("stamp", ("head", "-y", "--force")),
}


@pytest.fixture(params=SCENARIOS)
def change(request):
    return SCENARIOS[request.param]


@pytest.fixture
def world(change, databases, starrocks, start_server, tmp_path, stubs):
    return World(databases.state(change.release), starrocks, start_server, tmp_path, stubs)


def test_every_changing_method_is_here(stubs):
    marked = {f"{service.name}.{method.name}"
              for module in (stubs.state, stubs.operations, stubs.maintenance, stubs.schema, stubs.revisions)
              for service in module.DESCRIPTOR.services_by_name.values()
              for method in service.methods if method.GetOptions().Extensions[stubs.options.changes]}
    assert marked == set(SCENARIOS)


def result(answer: Any) -> Any:
    """The result in the answer of a command, without what a replay does not list once more."""
    return {key: value for key, value in answer.json.items()
            if key not in ("plan", "environments", "snapshots", "tables")}


def test_success_and_replay(world, change):
    command = change.prepare(world)
    operation = str(uuid.uuid4())
    first = world.run(command, operation, code=0)
    assert world.trail(operation) == ["BEGAN", "SUCCEEDED"]
    again = world.run(command, operation, code=0)
    assert result(again) == result(first), "the answer of the first run"
    assert world.trail(operation) == ["BEGAN", "SUCCEEDED"]


def test_refusal(world, change):
    operation = str(uuid.uuid4())
    reason = change.refuse(world, operation)
    assert world.status(operation) == ("REFUSED", reason)
    assert world.trail(operation) == ["REFUSED"]


def test_failure(world, change):
    command = change.prepare(world)
    operation = str(uuid.uuid4())
    world.fails_at(f"{change.kind}.{LOST}")
    world.run(command, operation, code=1)
    assert world.status(operation)[0] == "FAILED"
    assert world.trail(operation) == ["BEGAN", "FAILED"]
    # The same id may try again.
    world.run(command, operation, code=0)
    assert world.trail(operation) == ["BEGAN", "FAILED", "BEGAN", "SUCCEEDED"]


def test_cancellation(world, change):
    command = change.prepare(world)
    held = change.block(world)
    operation = str(uuid.uuid4())
    process = world.client.start(*command, "--operation-id", operation, cwd=world.project.folder)
    world.wait_until_running(operation)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    deadline = time.monotonic() + 20
    while world.status(operation)[0] == "RUNNING":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    if held is not None:
        held.close()
    assert world.status(operation) == ("FAILED", "CANCELLED")
    assert world.trail(operation) == ["BEGAN", "FAILED"]


def test_another_call_with_the_same_id(world, change):
    command = change.prepare(world)
    operation = str(uuid.uuid4())
    world.run(command, operation, code=0)
    other = ("compact", "-y") if change.kind != "compact" else ("expired", "--delete", "-y")
    assert world.run(other, operation, code=1).error["reason"] == "OPERATION_ID_REUSED"
    assert world.status(operation)[0] == "SUCCEEDED"
    assert world.trail(operation) == ["BEGAN", "SUCCEEDED", "REFUSED"]

