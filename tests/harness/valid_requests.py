# SPDX-License-Identifier: Apache-2.0
"""A valid request of every RPC."""

from __future__ import annotations

import functools
import uuid
from typing import TYPE_CHECKING, Any

from harness import paths, raw
from harness.database import corpus_json

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from harness.stubs import Stubs

CREATE = "CREATE TABLE u (id INT) DISTRIBUTED BY HASH(id)"


def revision(statement: str) -> bytes:
    """The text of a revision file."""
    return (f"-- revision: {uuid.uuid4().hex[:12]}\n-- down_revision:\n-- message: m\n"
            f"-- created: 2026-11-25T00:00:00Z\n\n-- +upgrade\n\n{statement};\n\n-- +downgrade\n\nSELECT 1;\n").encode()


def requests(stubs: Stubs, rpc: str, what: str, id: str = "", gateway: str = "local") -> list[Message]:
    """The messages that the case `what` of `stateserver roles` is about. `id` is that of an existing operation."""
    s, m, c, r = stubs.state, stubs.maintenance, stubs.schema, stubs.revisions
    name = rpc.split(".")[1]
    operation = str(uuid.uuid4())
    scope = r.WarehouseScope(gateway=gateway)
    compensate = r.ON_FAILURE_COMPENSATE if what == "on_failure is compensate" else r.ON_FAILURE_UNSPECIFIED
    options = r.RunOptions(scope=scope, operation_id=operation, dry_run=True, on_failure=compensate)
    versions = stubs.newest_versions()
    made = {
        "Import": lambda: [s.ImportRequest(begin=s.ImportBegin(
            gateway=gateway, operation_id=operation, file_version=1, importable=True, versions=versions, dry_run=True,
            mode=s.IMPORT_MODE_REPLACE if "replace" in what else s.IMPORT_MODE_MERGE))],
        "MigrateStateFile": lambda: [s.MigrateStateFileRequest(begin=s.MigrateFileBegin(
            gateway=gateway, file_version=1, versions=versions))],
        "Parse": lambda: [c.ParseRequest(begin=c.ParseBegin(gateway=gateway))],
        "Diff": lambda: [c.DiffRequest(begin=c.DiffBegin(gateway=gateway))],
        "Generate": lambda: [c.GenerateRequest(begin=c.GenerateBegin(gateway=gateway))],
        "Autogenerate": lambda: [r.AutogenerateRequest(begin=r.AutogenerateBegin(scope=scope))],
        "Upgrade": lambda: [
            r.UpgradeRequest(begin=r.UpgradeBegin(target="head", options=options)),
            r.UpgradeRequest(revision_file=r.RevisionFile(name="a.sql", text=revision(
                CREATE + ";\n\nDROP TABLE u" if "destroys" in what else CREATE)))],
        "Downgrade": lambda: [r.DowngradeRequest(begin=r.DowngradeBegin(target="base", options=options))],
        "Repair": lambda: [r.RepairRequest(begin=r.RepairBegin(options=options))],
        "Stamp": lambda: [r.StampRequest(begin=r.StampBegin(scope=scope, operation_id=operation,
                                                            targets=["nonsense"]))],
        "Migrate": lambda: [s.MigrateRequest(gateway=gateway, operation_id=operation, dry_run=True)],
        "Compact": lambda: [m.CompactRequest(gateway=gateway, operation_id=operation, dry_run=True)],
        "ListGateways": lambda: [s.ListGatewaysRequest()],
        "ListEnvironmentSnapshots": lambda: [s.ListEnvironmentSnapshotsRequest(gateway=gateway, environment="x")],
    }
    return made[name]() if name in made else [_plain(stubs, rpc, operation, id, gateway)]


def _plain(stubs: Stubs, rpc: str, operation: str, id: str, gateway: str) -> Message:
    """A request of a method that takes one message and little more than a gateway and a name."""
    service, name = rpc.split(".")
    module = {"StateService": stubs.state, "OperationsService": stubs.operations,
              "MaintenanceService": stubs.maintenance, "SchemaService": stubs.schema,
              "RevisionService": stubs.revisions}[service]
    message: Message = getattr(module, name + "Request")()
    fields = message.DESCRIPTOR.fields_by_name
    values = {"gateway": gateway, "name": "x", "from": "x", "to": "x"}
    if name != "ListAudit":
        values["operation_id"] = operation
    if name in ("GetOperation", "WaitOperation", "CancelOperation"):
        values["id"] = id
    for field, value in values.items():
        if field in fields:
            setattr(message, field, value)
    if "scope" in fields:
        message.scope.gateway = gateway  # type: ignore[attr-defined]
    return message


def whole(stubs: Stubs, rpc: str, what: str, id: str = "", gateway: str = "local") -> list[Message]:
    """As requests(), with everything that may follow the first message of a stream; reads name what there is."""
    made = requests(stubs, rpc, what, id, gateway)
    name = rpc.split(".")[1]
    first: Any = made[0]
    if name in ("Import", "MigrateStateFile"):
        return [first, *_records(stubs, type(first))]
    schema_file = stubs.schema.SchemaFile(name="u.sql", text=CREATE.encode() + b";\n")
    revision_file = stubs.revisions.RevisionFile(name="a.sql", text=revision(CREATE))
    for field in first.DESCRIPTOR.fields:
        if field.message_type == schema_file.DESCRIPTOR:
            made.append(type(first)(**{field.name: schema_file}))
        elif field.message_type == revision_file.DESCRIPTOR and name != "Upgrade":
            made.append(type(first)(**{field.name: revision_file}))
    declared = stubs.schema.SCHEMA_SIDE_DECLARED
    if name == "Diff":
        first.begin.MergeFrom(stubs.schema.DiffBegin(to=declared, **{"from": declared}))
    if name == "Generate":
        first.begin.MergeFrom(stubs.schema.GenerateBegin(source=declared, format=stubs.schema.SCHEMA_FORMAT_SQL))
    for field, value in {"environment": "dev_a", "from": "dev_a", "to": "dev_b", "page_size": 3}.items():
        if field in first.DESCRIPTOR.fields_by_name and name not in ("Export", "Migrate", "DeleteExpired"):
            setattr(first, field, value)
    if name == "GetEnvironment":
        first.name = "dev_a"
    return made


@functools.cache
def _file(stubs: Stubs) -> tuple[list[Any], Any]:
    """The records of a small state file, and its commit."""
    document = corpus_json(paths.NEWEST, "export_env_dev_b.json")
    records = raw.records_of(stubs, document)
    return records, stubs.state.ImportCommit(snapshots=len(document["snapshots"]), checksum=raw.checksum(records),
                                             environments=len(document["environments"]))


def _records(stubs: Stubs, type_: Any) -> list[Any]:
    """As messages of a type, in two batches."""
    records, commit = _file(stubs)
    half = len(records) // 2
    return [*(type_(records=stubs.state.RecordBatch(records=part)) for part in (records[:half], records[half:])),
            type_(commit=commit)]
