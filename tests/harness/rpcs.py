# SPDX-License-Identifier: Apache-2.0
"""The RPCs of a running server, from its reflection, and calls of them as bytes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from harness.stubs import Stubs

PACKAGE = "stateserver.v1."
Metadata = Sequence[tuple[str, str | bytes]]


@dataclasses.dataclass(frozen=True)
class Method:
    """One RPC as reflection describes it; `name` has no package where that is the project's own."""

    name: str
    path: str
    request: type[Message]
    response: type[Message]
    client_streaming: bool
    server_streaming: bool
    # The option of proto/stateserver/v1/options.proto.
    changes: bool


@dataclasses.dataclass(frozen=True)
class Answer:
    """What a caller gets: everything in it may be shown to people."""

    code: grpc.StatusCode
    message: str
    responses: list[bytes]
    initial: Metadata
    trailing: Metadata

    def details(self, stubs: Stubs) -> list[Any]:
        """The messages in google.rpc.Status, unpacked."""
        known = {type_.DESCRIPTOR.full_name: type_ for type_ in (
            stubs.error_details.ErrorInfo, stubs.error_details.BadRequest, stubs.error_details.RetryInfo,
            stubs.error_details.Help)}
        return [known[detail.type_url.rpartition("/")[2]].FromString(detail.value)
                for key, value in self.trailing if key == "grpc-status-details-bin"
                for detail in stubs.status.Status.FromString(value).details]

    def info(self, stubs: Stubs) -> Any:
        """The ErrorInfo; None without one."""
        return next((one for one in self.details(stubs) if one.DESCRIPTOR.name == "ErrorInfo"), None)

    def reason(self, stubs: Stubs) -> str:
        """The reason in ErrorInfo; empty without one."""
        info = self.info(stubs)
        return str(info.reason) if info else ""

    def bytes(self) -> bytes:
        """All of it, to be searched."""
        pairs = [part if isinstance(part, bytes) else part.encode()
                 for pair in (*self.initial, *self.trailing) for part in pair]
        return b"\n".join([self.message.encode(), *pairs, *self.responses])


def reflect(stubs: Stubs, channel: grpc.Channel, metadata: Metadata = ()) -> dict[str, Method]:
    """Every RPC that the server lists, by name."""
    ask = stubs.reflection_grpc.ServerReflectionStub(channel).ServerReflectionInfo

    def answer(**what: str) -> Any:
        [answered] = ask(iter([stubs.reflection.ServerReflectionRequest(**what)]), metadata=metadata, timeout=30)
        assert not answered.HasField("error_response"), answered
        return answered

    services = [service.name for service in answer(list_services="").list_services_response.service]
    files: dict[str, Any] = {}
    for service in services:
        for data in answer(file_containing_symbol=service).file_descriptor_response.file_descriptor_proto:
            file = descriptor_pb2.FileDescriptorProto.FromString(data)
            files[file.name] = file
    pool = descriptor_pool.DescriptorPool()
    added: set[str] = set()

    def add(name: str) -> None:
        if name in added:
            return
        added.add(name)
        for needed in files[name].dependency:
            add(needed)
        pool.Add(files[name])
    for name in files:
        add(name)
    return {method.name: method for file in files.values() for method in _methods(stubs, pool, file, services)}


def _methods(stubs: Stubs, pool: descriptor_pool.DescriptorPool, file: Any, services: list[str]) -> Iterable[Method]:
    def message(name: str) -> type[Message]:
        return message_factory.GetMessageClass(pool.FindMessageTypeByName(name.removeprefix(".")))
    for service in file.service:
        full_name = f"{file.package}.{service.name}"
        if full_name not in services:
            continue
        for method in service.method:
            yield Method(f"{full_name.removeprefix(PACKAGE)}.{method.name}", f"/{full_name}/{method.name}",
                         message(method.input_type), message(method.output_type), method.client_streaming,
                         method.server_streaming, method.options.Extensions[stubs.options.changes])


def call(channel: grpc.Channel, path: str, messages: Sequence[bytes], metadata: Metadata = (), *,
         timeout: float = 60, most: int = 10_000, compression: grpc.Compression | None = None) -> Answer:
    """Calls any method with any messages; they may be more, or fewer, than it takes. Cancels the call after `most`
    responses."""
    responses: list[bytes] = []
    # On the wire, all kinds of methods are the same; a single message needs no thread of its own.
    options: dict[str, Any] = {"metadata": tuple(metadata), "timeout": timeout, "compression": compression}
    single: Any = channel.unary_stream(path)
    stream: Any = channel.stream_stream(path)
    made = single(messages[0], **options) if len(messages) == 1 else stream(iter(messages), **options)
    try:
        for response in made:
            responses.append(response)
            if len(responses) >= most:
                made.cancel()
    except grpc.RpcError:
        pass
    return Answer(made.code(), made.details() or "", responses, tuple(made.initial_metadata() or ()),
                  tuple(made.trailing_metadata() or ()))
