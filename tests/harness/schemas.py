# SPDX-License-Identifier: Apache-2.0
"""SchemaService by its RPCs, and plans run on a StarRocks front end."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from harness import paths

if TYPE_CHECKING:
    from harness.server import Server
    from harness.starrocks import Database, RealServer
    from harness.stubs import Stubs

CORPUS = paths.TESTS / "data" / "starrocks"
PIECE_BYTES = 300_000
# Name -> text.
Files = Mapping[str, str | bytes]
JOB_CLASSES = {"COLUMN": "COLUMN", "OPTIMIZE": "OPTIMIZE", "ROLLUP": "ROLLUP"}


def corpus(name: str) -> list[Any]:
    return [json.loads(line) for line in (CORPUS / name).read_text().splitlines()]


def warehouse(front_end: RealServer, database: str | None = None) -> dict[str, Any]:
    """The `connection` of a gateway on a StarRocks front end of harness.starrocks."""
    block = {"type": "starrocks", "host": front_end.host, "port": front_end.port, "user": front_end.user,
             "password": front_end.password}
    return {**block, "database": database} if database else block


@dataclasses.dataclass
class Plan:
    """The events of a plan."""

    engine: Any = None
    steps: list[Any] = dataclasses.field(default_factory=list)
    refusals: list[Any] = dataclasses.field(default_factory=list)
    warnings: list[Any] = dataclasses.field(default_factory=list)
    unmanaged: list[Any] = dataclasses.field(default_factory=list)
    findings: list[Any] = dataclasses.field(default_factory=list)


def plan_of(events: Iterable[Any]) -> Plan:
    """Of messages PlanEvent."""
    plan = Plan()
    lists = {"step": plan.steps, "refusal": plan.refusals, "warning": plan.warnings, "unmanaged": plan.unmanaged,
             "finding": plan.findings}
    for event in events:
        kind = event.WhichOneof("event")
        if kind == "engine":
            assert plan.engine is None, "only the first message names the engine"
            plan.engine = event.engine
        else:
            assert plan.engine is not None, "the engine comes first"
            lists[kind].append(getattr(event, kind))
    return plan


class Schemas:
    """The calls of one server, with files as {name: text}."""

    def __init__(self, server: Server, stubs: Stubs, gateway: str = "") -> None:
        self.pb = stubs.schema
        self.gateway = gateway
        self.stub = stubs.schema_grpc.SchemaServiceStub(server.channel())

    def pieces(self, files: Files) -> Iterator[Any]:
        for name, text in files.items():
            data = text.encode() if isinstance(text, str) else text
            for at in range(0, max(len(data), 1), PIECE_BYTES):
                yield self.pb.SchemaFile(name=name, text=data[at:at + PIECE_BYTES])

    def parse(self, files: Files, database: str = "") -> tuple[list[Any], list[Any]]:
        def messages() -> Iterator[Any]:
            yield self.pb.ParseRequest(begin=self.pb.ParseBegin(database=database, gateway=self.gateway))
            for piece in self.pieces(files):
                yield self.pb.ParseRequest(file=piece)
        answers = list(self.stub.Parse(messages()))
        return ([a.object for a in answers if a.HasField("object")],
                [a.problem for a in answers if a.HasField("problem")])

    def inspect(self, database: str = "", **filters: Any) -> list[Any]:
        request = self.pb.InspectRequest(gateway=self.gateway, database=database,
                                         filter=self.pb.SchemaFilter(**filters))
        return list(self.stub.Inspect(request))

    def digest(self, database: Database, name: str) -> str:
        """Of an object "db.name" as it is now."""
        found = [a.object for a in self.inspect(database.name, include=[name]) if a.HasField("object")]
        return found[0].digest if found else "-"

    def diff(self, to: Files, start: Files | None = None, database: str = "", **options: Any) -> Plan:
        """The plan from live (or the files `start`) to the files `to`."""
        declared = self.pb.SCHEMA_SIDE_DECLARED
        begin = self.pb.DiffBegin(gateway=self.gateway, database=database, to=declared,
                                  **{"from": self.pb.SCHEMA_SIDE_LIVE if start is None else declared}, **options)

        def messages() -> Iterator[Any]:
            yield self.pb.DiffRequest(begin=begin)
            for piece in self.pieces(start or {}):
                yield self.pb.DiffRequest(from_file=piece)
            for piece in self.pieces(to):
                yield self.pb.DiffRequest(to_file=piece)
        return plan_of(answer.event for answer in self.stub.Diff(messages()))

    def generate(self, kind: str, files: Files | None = None, database: str = "", **filters: Any) -> dict[str, str]:
        """{name: text} of the files made; kind is a name of SchemaFormat without its prefix."""
        side = self.pb.SCHEMA_SIDE_LIVE if files is None else self.pb.SCHEMA_SIDE_DECLARED
        begin = self.pb.GenerateBegin(gateway=self.gateway, database=database, source=side,
                                      format=self.pb.SchemaFormat.Value(f"SCHEMA_FORMAT_{kind}"),
                                      filter=self.pb.SchemaFilter(**filters))

        def messages() -> Iterator[Any]:
            yield self.pb.GenerateRequest(begin=begin)
            for piece in self.pieces(files or {}):
                yield self.pb.GenerateRequest(file=piece)
        made: dict[str, str] = {}
        for answer in self.stub.Generate(messages()):
            if answer.HasField("file"):
                made[answer.file.name] = made.get(answer.file.name, "") + answer.file.text.decode()
        return made

    def class_of(self, step: Any) -> str:
        name: str = self.pb.SchemaStepClass.Name(getattr(step, "class"))
        return name.removeprefix("SCHEMA_STEP_CLASS_")


def run(schemas: Schemas, database: Database, plan: Plan, checked: bool = False) -> None:
    """Runs the steps, and checks that each starts just the job that it says; `checked`: and that the object's digest
    before and after is the one foretold."""
    for step in plan.steps:
        if checked and step.before:
            assert schemas.digest(database, step.object) == step.before, step
        jobs = {kind for kind, row in database.apply(step.statement) if int(row["Timeout"]) > 1}
        expected = {schemas.class_of(step)} & set(JOB_CLASSES) if step.job else set()
        assert jobs == expected, (step.statement, jobs)
        if checked and step.after:
            assert schemas.digest(database, step.object) == step.after, step
