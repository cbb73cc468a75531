# SPDX-License-Identifier: Apache-2.0
"""Python gRPC stubs of the protocol, generated anew for each session."""

from __future__ import annotations

import importlib
import pathlib
import sys
import tempfile
from typing import Any

import grpc
import grpc_tools
from grpc_tools import protoc

from harness import paths


def generate() -> Stubs:
    """Returns the import namespace: .state, .state_grpc, .operations, ..."""
    folder = tempfile.mkdtemp(prefix="ss-stubs-")
    files = sorted(str(p.relative_to(paths.PROTO)) for p in paths.PROTO.rglob("*.proto"))
    well_known = pathlib.Path(grpc_tools.__file__).parent / "_proto"
    status = protoc.main([
        "protoc", f"-I{paths.PROTO}", f"-I{well_known}", f"--python_out={folder}",
        f"--grpc_python_out={folder}", *files])
    if status != 0:
        raise RuntimeError("protoc refused the protocol")
    _graft(folder)
    return Stubs(folder)


def _graft(folder: str) -> None:
    """The installed package grpc has no grpc.health: let it find the generated one."""
    grpc.__path__.append(str(pathlib.Path(folder) / "grpc"))
    sys.path.append(folder)


class Stubs:
    def __init__(self, folder: str) -> None:
        self.folder = folder
        load = importlib.import_module
        self.common = load("stateserver.v1.common_pb2")
        self.state = load("stateserver.v1.state_pb2")
        self.state_grpc = load("stateserver.v1.state_pb2_grpc")
        self.options = load("stateserver.v1.options_pb2")
        self.operations = load("stateserver.v1.operations_pb2")
        self.operations_grpc = load("stateserver.v1.operations_pb2_grpc")
        self.maintenance = load("stateserver.v1.maintenance_pb2")
        self.maintenance_grpc = load("stateserver.v1.maintenance_pb2_grpc")
        self.schema = load("stateserver.v1.schema_pb2")
        self.schema_grpc = load("stateserver.v1.schema_pb2_grpc")
        self.revisions = load("stateserver.v1.revisions_pb2")
        self.revisions_grpc = load("stateserver.v1.revisions_pb2_grpc")
        self.status = load("google.rpc.status_pb2")
        self.error_details = load("google.rpc.error_details_pb2")
        self.health = load("grpc.health.v1.health_pb2")
        self.health_grpc = load("grpc.health.v1.health_pb2_grpc")
        self.reflection = load("grpc.reflection.v1.reflection_pb2")
        self.reflection_grpc = load("grpc.reflection.v1.reflection_pb2_grpc")

    def newest_versions(self) -> Any:
        """The message with the versions of the newest known SQLMesh."""
        return self.common.Versions(schema_version=paths.NEWEST_SCHEMA, sqlglot_version=paths.NEWEST_SQLGLOT,
                                    sqlmesh_version=paths.NEWEST)
