# SPDX-License-Identifier: Apache-2.0
"""A pytest plugin that runs SQLMesh's own tests of `state export` and `state import` through stateclient.

It changes three things about SQLMesh: export_state and import_state run the client, whose errors become
SQLMesh's, and the state is in a PostgreSQL database with a stateserver on it, made for each test, instead of in
the DuckDB file of the test's configuration.
"""

from __future__ import annotations

import pathlib
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from sqlmesh.core import console
from sqlmesh.core.config import Config
from sqlmesh.core.config.connection import BaseDuckDBConnectionConfig, PostgresConnectionConfig
from sqlmesh.core.state_sync import StateSync, export_import
from sqlmesh.utils.errors import SQLMeshError

from harness.client import DONE, Client
from harness.cluster import Cluster
from harness.database import Database, Databases
from harness.server import Server, gateway


class _Now:
    """What the running test works on."""

    database: Database
    client: Client


def _run(*arguments: object) -> None:
    result = _Now.client("--format", "json", *arguments)
    if result.code != DONE:
        raise SQLMeshError(result.error["message"])


def export_state(state_sync: StateSync, output_file: pathlib.Path, local_snapshots: Any = None,
                 environment_names: list[str] | None = None, console: Any = None) -> None:
    arguments: list[object] = ["export", "-y", "-o", output_file]
    for name in environment_names or ():
        arguments += ["--environment", name]
    if local_snapshots:
        arguments += ["--local", "--project", output_file.parent, "--python", sys.executable]
    _run(*arguments)


def import_state(state_sync: StateSync, input_file: pathlib.Path, clear: bool = False, console: Any = None) -> None:
    _run("import", "-y", "-i", input_file, *(["--replace"] if clear else []))


def state_connection(config: Config, gateway_name: str | None = None) -> PostgresConnectionConfig:
    cluster = _Now.database.cluster
    return PostgresConnectionConfig(host=cluster.host, port=cluster.port, user=cluster.USER, password=cluster.password,
                                    database=_Now.database.name)


def pytest_configure() -> None:
    # Before a test module imports them.
    export_import.export_state = export_state
    export_import.import_state = import_state
    Config.get_state_connection = state_connection  # type: ignore[method-assign,assignment]


@pytest.fixture(scope="session")
def _databases() -> Iterator[Databases]:
    cluster = Cluster()
    yield Databases(cluster)
    cluster.destroy()


@pytest.fixture(autouse=True)
def _state(_databases: Databases) -> Iterator[None]:
    _Now.database = _databases.empty()
    server = Server({"local": gateway(_Now.database)})
    _Now.client = Client(server)
    yield
    assert server.stop() == 0, server.text()


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """As SQLMesh's own fixtures: no prompts, and no warehouse of the test before."""
    BaseDuckDBConnectionConfig._data_file_to_adapter = {}
    before = console.get_console()
    console.set_console(console.NoopConsole())
    yield
    console.set_console(before)
