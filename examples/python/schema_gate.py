#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lets a deployment go on only where the StarRocks database is as the files declare it: as `stateclient schema check`.

    schema_gate.py DATABASE FOLDER     exit code 0: it is; 1: what is to be done is printed
"""

from __future__ import annotations

import pathlib
import sys
from collections.abc import Iterator

from stateserver.v1 import schema_pb2, schema_pb2_grpc

from connection import connect, metadata, retrying

PIECE_BYTES = 256 << 10


def requests(database: str, folder: str) -> Iterator[schema_pb2.DiffRequest]:
    yield schema_pb2.DiffRequest(begin=schema_pb2.DiffBegin(database=database))
    for path in sorted(pathlib.Path(folder).glob("*.sql")):
        text = path.read_bytes()
        for at in range(0, max(len(text), 1), PIECE_BYTES):
            piece = schema_pb2.SchemaFile(name=path.name, text=text[at:at + PIECE_BYTES])
            yield schema_pb2.DiffRequest(to_file=piece)


def main() -> None:
    database, folder = sys.argv[1:]
    with connect() as channel:
        stub = schema_pb2_grpc.SchemaServiceStub(channel)
        answers = retrying(lambda: list(stub.Diff(requests(database, folder), metadata=metadata())))
    steps = [answer.event.step for answer in answers if answer.event.HasField("step")]
    refusals = [answer.event.refusal for answer in answers if answer.event.HasField("refusal")]
    for step in steps:
        print(step.statement)
    for refusal in refusals:
        print(f"refused: {refusal.object}: {refusal.reason}")
    sys.exit(1 if steps or refusals else 0)


if __name__ == "__main__":
    main()
