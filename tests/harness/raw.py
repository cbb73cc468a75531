# SPDX-License-Identifier: Apache-2.0
"""The RPCs by hand: streams that stall, break the rules, or stop half way."""

from __future__ import annotations

import hashlib
import json
import queue
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import grpc

if TYPE_CHECKING:
    from harness.server import Server
    from harness.stubs import Stubs

PART_BYTES = 512 * 1024


def compact(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def records_of(stubs: Stubs, document: dict[str, Any]) -> list[Any]:
    """The Record messages of a state file, in its order, long ones split."""
    made = []

    def add(section: int, name: str, value: object) -> None:
        data = compact(value)
        for at in range(0, len(data), PART_BYTES):
            made.append(stubs.common.Record(section=section, name=name, json=data[at:at + PART_BYTES],
                                            continued=at + PART_BYTES < len(data)))
    for snapshot in document["snapshots"]:
        add(stubs.common.SECTION_SNAPSHOTS, snapshot["name"], snapshot)
    for name, value in document["environments"].items():
        add(stubs.common.SECTION_ENVIRONMENTS, name, value)
    return made


def checksum(records: Iterable[Any]) -> str:
    """As in ImportCommit.checksum."""
    digest = hashlib.sha256()
    for record in records:
        digest.update(record.json if record.continued else record.json + b"\n")
    return digest.hexdigest()


class ImportCall:
    """One Import stream; every message is sent by an explicit call."""

    def __init__(self, server: Server, stubs: Stubs, **begin: Any) -> None:
        self.stubs = stubs
        self.id = begin.pop("operation_id", None) or str(uuid.uuid4())
        token = begin.pop("token", None)
        self.arguments = {
            "mode": stubs.state.IMPORT_MODE_MERGE, "file_version": 1, "importable": True,
            "file_timestamp": "2026-11-22 00:00:00+00:00",
            "versions": stubs.newest_versions(), **begin}
        self.queue: queue.Queue[Any] = queue.Queue()
        self.channel = server.channel()
        self.call = stubs.state_grpc.StateServiceStub(self.channel).Import(
            iter(self.queue.get, None), metadata=[("authorization", f"Bearer {token}")] if token else None)
        self.sum = hashlib.sha256()
        self.counts = {"snapshots": 0, "environments": 0}

    def send(self, **event: Any) -> ImportCall:
        self.queue.put(self.stubs.state.ImportRequest(**event))
        return self

    def begin(self) -> ImportCall:
        """Sends begin and waits until it is accepted."""
        self.send(begin=self.stubs.state.ImportBegin(operation_id=self.id, **self.arguments))
        assert next(self.call).WhichOneof("event") == "accepted"
        return self

    def records(self, records: Iterable[Any]) -> ImportCall:
        for record in records:
            self.sum.update(record.json)
            if not record.continued:
                self.sum.update(b"\n")
                section = "snapshots" if record.section == self.stubs.common.SECTION_SNAPSHOTS else "environments"
                self.counts[section] += 1
            self.send(records=self.stubs.state.RecordBatch(records=[record]))
        return self

    def commit(self, **changes: Any) -> Any:
        """Sends the trailer; returns the result. `changes` make it a wrong one."""
        values = {**self.counts, "checksum": self.sum.hexdigest(), **changes}
        self.send(commit=self.stubs.state.ImportCommit(**values))
        self.close()
        # To the end of the answers, not to the first result.
        return [answer.result for answer in self.call if answer.WhichOneof("event") == "result"][0]  # noqa: RUF015

    def close(self) -> ImportCall:
        self.queue.put(None)
        return self


def _info(stubs: Stubs, error: grpc.RpcError) -> Any:
    for pair in error.trailing_metadata() or ():
        if pair.key == "grpc-status-details-bin":
            for detail in stubs.status.Status.FromString(pair.value).details:
                if detail.type_url.endswith("google.rpc.ErrorInfo"):
                    return stubs.error_details.ErrorInfo.FromString(detail.value)
    return None


def refused(stubs: Stubs, call: Callable[[], object]) -> str:
    """The reason for which a call is refused, as it must be."""
    try:
        call()
    except grpc.RpcError as error:
        return str(reason(stubs, error))
    raise AssertionError("the call was not refused")


def reason(stubs: Stubs, error: grpc.RpcError) -> Any:
    """The ErrorInfo reason of a grpc.RpcError."""
    info = _info(stubs, error)
    return info and info.reason


def fact(stubs: Stubs, error: grpc.RpcError, key: str) -> Any:
    """What the ErrorInfo of a grpc.RpcError says under a key."""
    return _info(stubs, error).metadata.get(key)


def retry_seconds(stubs: Stubs, error: grpc.RpcError) -> Any:
    """The RetryInfo delay of a grpc.RpcError; None without one."""
    for pair in error.trailing_metadata() or ():
        if pair.key == "grpc-status-details-bin":
            for detail in stubs.status.Status.FromString(pair.value).details:
                if detail.type_url.endswith("google.rpc.RetryInfo"):
                    return stubs.error_details.RetryInfo.FromString(detail.value).retry_delay.seconds
    return None


def pages(method: Callable[..., Any], request: Any, metadata: Any = None) -> Iterator[Any]:
    """The pages of a list, from that of `request` on."""
    while True:
        page = method(request, metadata=metadata, timeout=20)
        yield page
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token
