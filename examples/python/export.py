#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Streams an export into a sink that takes parts, as object storage does, without holding the state in memory.

    export.py FOLDER        writes FOLDER/part-00000, …; joined, they are a state file that SQLMesh imports

Nothing is complete until the trailer's counts and checksum are those of what arrived: only then is the upload
finished. An export that breaks is begun anew: it is one instant of the state, not a continuation.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import pathlib
import sys

from stateserver.v1 import common_pb2, state_pb2, state_pb2_grpc

from connection import connect, metadata, retrying

PART_BYTES = 8 << 20


class PartSink:
    """In place of create_multipart_upload, upload_part, complete_multipart_upload."""

    def __init__(self, folder: str) -> None:
        self.folder, self.parts, self.buffer = pathlib.Path(folder), 0, bytearray()
        self.folder.mkdir(parents=True, exist_ok=True)
        for old in self.folder.glob("part-*"):
            old.unlink()

    def write(self, data: bytes) -> None:
        self.buffer += data
        while len(self.buffer) >= PART_BYTES:
            self._part(PART_BYTES)

    def _part(self, size: int) -> None:
        (self.folder / f"part-{self.parts:05}").write_bytes(self.buffer[:size])
        del self.buffer[:size]
        self.parts += 1

    def complete(self) -> None:
        if self.buffer:
            self._part(len(self.buffer))


class StateFile:
    """The records of an export as SQLMesh's state file."""

    def __init__(self, sink: PartSink, header: state_pb2.ExportHeader) -> None:
        self.sink = sink
        versions = {name: getattr(header.versions, name)
                    for name in ("schema_version", "sqlglot_version", "sqlmesh_version")}
        instant = datetime.datetime.fromtimestamp(header.read_time.seconds, datetime.timezone.utc)
        metadata_block = {"timestamp": instant.isoformat(sep=" "), "file_version": 1, "importable": True}
        self.sink.write(b'{"metadata": %s, "versions": %s, "snapshots": [' %
                        (json.dumps(metadata_block).encode(), json.dumps(versions).encode()))
        self.section, self.first, self.inside = common_pb2.SECTION_SNAPSHOTS, True, False

    def record(self, record: common_pb2.Record) -> None:
        """Long records come in several; `continued` says that another follows."""
        if record.section != self.section:
            self._environments()
        if not self.inside:
            self.sink.write(b"" if self.first else b",")
            if self.section == common_pb2.SECTION_ENVIRONMENTS:
                self.sink.write(json.dumps(record.name).encode() + b": ")
        self.sink.write(record.json)
        self.first, self.inside = False, record.continued

    def _environments(self) -> None:
        self.sink.write(b'], "environments": {')
        self.section, self.first = common_pb2.SECTION_ENVIRONMENTS, True

    def close(self) -> None:
        if self.section == common_pb2.SECTION_SNAPSHOTS:
            self._environments()
        self.sink.write(b"}}")


def export(stub: state_pb2_grpc.StateServiceStub, folder: str) -> tuple[int, state_pb2.ExportTrailer]:
    sink, checksum = PartSink(folder), hashlib.sha256()
    file: StateFile | None = None
    for message in stub.Export(state_pb2.ExportRequest(), metadata=metadata()):
        kind = message.WhichOneof("event")
        if kind == "header":
            file = StateFile(sink, message.header)
        elif kind == "records":
            assert file is not None, "the header comes first"
            for record in message.records.records:
                checksum.update(record.json if record.continued else record.json + b"\n")
                file.record(record)
        else:
            if message.trailer.checksum != checksum.hexdigest():
                raise SystemExit("the export arrived damaged; nothing was completed")
            assert file is not None, "the header comes first"
            file.close()
            sink.complete()
            return sink.parts, message.trailer
    raise SystemExit("the export ended early; nothing was completed")


def main() -> None:
    with connect() as channel:
        stub = state_pb2_grpc.StateServiceStub(channel)
        parts, trailer = retrying(lambda: export(stub, sys.argv[1]))
    print(f"{trailer.counts.snapshots} snapshots and {trailer.counts.environments} environments in {parts} parts; "
          f"token {trailer.state_token}")


if __name__ == "__main__":
    main()
