# SPDX-License-Identifier: Apache-2.0
"""SchemaService and RevisionService by hand, with files of any size: what they answer, or why not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import grpc

from harness import access, raw

if TYPE_CHECKING:
    from harness.server import Server
    from harness.stubs import Stubs

PIECE_BYTES = 1 << 20
# Name -> text.
Files = Mapping[str, str | bytes]


class Outcome:
    """Of one call: `answers`, or the `reason` and `error`; and the `seconds` it took."""

    def __init__(self, stubs: Stubs, answers: list[Any], error: grpc.RpcError | None, seconds: float) -> None:
        self.answers, self.error, self.seconds = answers, error, seconds
        self.reason = None if error is None else raw.reason(stubs, error) or error.code().name
        self.message = "" if error is None else error.details()

    def problems(self) -> list[Any]:
        return [answer.problem for answer in self.answers if answer.HasField("problem")]


class SchemaCalls:
    """Calls of one principal. Files are {name: text}; a text may be bytes."""

    def __init__(self, server: Server, stubs: Stubs, token: str | None = None, gateway: str = "") -> None:
        self.stubs, self.gateway = stubs, gateway
        self.metadata = [("authorization", f"Bearer {token}")] if token else None
        self.channel = grpc.insecure_channel(server.address, options=[("grpc.max_receive_message_length", 256 << 20)])
        self.schema = stubs.schema_grpc.SchemaServiceStub(self.channel)
        self.revisions = stubs.revisions_grpc.RevisionServiceStub(self.channel)
        self.state = stubs.state_grpc.StateServiceStub(self.channel)

    def pieces(self, files: Files, field: str = "") -> Iterator[Any]:
        """Of the message that `field` of a request holds."""
        message = self.stubs.revisions.RevisionFile if field == "revision_file" else self.stubs.schema.SchemaFile
        for name, text in files.items():
            data = text.encode() if isinstance(text, str) else text
            for at in range(0, max(len(data), 1), PIECE_BYTES):
                yield message(name=name, text=data[at:at + PIECE_BYTES])

    def _run(self, method: Callable[..., Iterable[Any]], messages: Iterator[Any], timeout: float) -> Outcome:
        begin = time.monotonic()
        answers, error = [], None
        try:
            for answer in method(messages, metadata=self.metadata, timeout=timeout):
                answers.append(answer)
        except grpc.RpcError as caught:
            error = caught
        return Outcome(self.stubs, answers, error, time.monotonic() - begin)

    def _stream(self, method: Callable[..., Iterable[Any]], request: Callable[..., Any], begin: Any,
                files: Sequence[tuple[str, Files]], timeout: float) -> Outcome:
        """`files`: pairs of a field and its files."""
        def messages() -> Iterator[Any]:
            yield request(begin=begin)
            for field, texts in files:
                for piece in self.pieces(texts, field):
                    yield request(**{field: piece})
        return self._run(method, messages(), timeout)

    def parse(self, files: Files, timeout: float = 50) -> Outcome:
        pb = self.stubs.schema
        return self._stream(self.schema.Parse, pb.ParseRequest, pb.ParseBegin(database="d", gateway=self.gateway),
                            [("file", files)], timeout)

    def diff(self, start: Files, to: Files, timeout: float = 50, **options: Any) -> Outcome:
        """Between declarations."""
        pb = self.stubs.schema
        declared = pb.SCHEMA_SIDE_DECLARED
        begin = pb.DiffBegin(database="d", to=declared, gateway=self.gateway, **{"from": declared}, **options)
        return self._stream(self.schema.Diff, pb.DiffRequest, begin, [("from_file", start), ("to_file", to)], timeout)

    def generate(self, files: Files, kind: str = "MODELS", timeout: float = 50) -> Outcome:
        pb = self.stubs.schema
        begin = pb.GenerateBegin(database="d", source=pb.SCHEMA_SIDE_DECLARED, gateway=self.gateway,
                                 format=pb.SchemaFormat.Value(f"SCHEMA_FORMAT_{kind}"))
        return self._stream(self.schema.Generate, pb.GenerateRequest, begin, [("file", files)], timeout)

    def autogenerate(self, declared: Files, revisions: Files | None = None, timeout: float = 50,
                     **options: Any) -> Outcome:
        pb = self.stubs.revisions
        begin = pb.AutogenerateBegin(scope=pb.WarehouseScope(gateway=self.gateway), message="m", **options)
        return self._stream(self.revisions.Autogenerate, pb.AutogenerateRequest, begin,
                            [("schema_file", declared), ("revision_file", revisions or {})], timeout)

    def upgrade(self, revisions: Files, target: str = "heads", timeout: float = 50) -> Outcome:
        """A dry run."""
        pb = self.stubs.revisions
        options = pb.RunOptions(scope=pb.WarehouseScope(gateway=self.gateway), dry_run=True,
                                version_table=pb.VersionTable(off=True))
        begin = pb.UpgradeBegin(options=options, target=target)
        return self._stream(self.revisions.Upgrade, pb.UpgradeRequest, begin, [("revision_file", revisions)], timeout)

    def stamp(self, revisions: Files, targets: Sequence[str] = ("heads",), timeout: float = 50) -> Outcome:
        pb = self.stubs.revisions
        begin = pb.StampBegin(scope=pb.WarehouseScope(gateway=self.gateway), targets=targets,
                              operation_id=access.new_id(), version_table=pb.VersionTable(off=True))

        def messages() -> Iterator[Any]:
            yield pb.StampRequest(begin=begin)
            for piece in self.pieces(revisions, "revision_file"):
                yield pb.StampRequest(revision_file=piece)
        return self._run(lambda *a, **k: [self.revisions.Stamp(*a, **k)], messages(), timeout)

    def seconds_of_a_small_call(self) -> float:
        begin = time.monotonic()
        self.state.GetVersions(self.stubs.state.GetVersionsRequest(gateway=self.gateway), metadata=self.metadata,
                               timeout=30)
        return time.monotonic() - begin
