# SPDX-License-Identifier: Apache-2.0
"""Fixtures of every suite; the work is done in harness/."""

import os
import signal

import pytest

from harness import schemas
from harness import starrocks as starrocks_front_end
from harness.barrier import Barrier
from harness.client import Client
from harness.cluster import Cluster
from harness.database import Databases
from harness.server import Server, gateway

# A shell that starts the suite in the background has it ignore SIGINT, and the programs under test
# would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def cluster():
    made = Cluster()
    yield made
    made.destroy()


@pytest.fixture(scope="session")
def _databases(cluster):
    return Databases(cluster)


@pytest.fixture
def databases(_databases):
    yield _databases
    _databases.drop_made()


@pytest.fixture
def start_server():
    """start_server(database or gateways, **options) -> Server; stopped after the test."""
    made = []

    def start(target=None, **options):
        gateways = {"local": gateway(target)} if hasattr(target, "cluster") else target
        made.append(Server(gateways, **options))
        return made[-1]

    yield start
    for server in made:
        if server.process.poll() is None:
            assert server.stop() == 0, server.text()


@pytest.fixture
def make_barrier(start_server, tmp_path_factory):
    """make_barrier() -> Barrier, opened after the test, so that no server waits there when it has to stop."""
    folder = tmp_path_factory.mktemp("barriers")
    made: list[Barrier] = []

    def make():
        made.append(Barrier(folder / f"barrier{len(made)}"))
        return made[-1]

    yield make
    for barrier in made:
        barrier.open()


@pytest.fixture
def barrier(make_barrier):
    return make_barrier()


@pytest.fixture
def serve(start_server):
    """serve(database, **options) -> Client of a server on it."""
    return lambda target, **options: Client(start_server(target, **options))


@pytest.fixture
def state(databases):
    """The newest corpus state, in a database of this test."""
    return databases.state()


@pytest.fixture
def empty(databases):
    return databases.empty()


@pytest.fixture(scope="session")
def stubs():
    from harness import stubs as module
    return module.generate()


@pytest.fixture(scope="session")
def _front_end():
    server = starrocks_front_end.start()
    yield server
    server.stop()


@pytest.fixture
def starrocks(_front_end):
    """A fresh StarRocks database: on the simulator, or on the server that STARROCKS_URL names."""
    database = starrocks_front_end.Database(_front_end)
    yield database
    _front_end.reset()
    database.drop()


@pytest.fixture(scope="session")
def schema_service(_front_end, stubs):
    """SchemaService of a server whose only gateway has the StarRocks front end, and no database."""
    server = Server({"prod": {"connection": schemas.warehouse(_front_end)}})
    yield schemas.Schemas(server, stubs)
    assert server.stop() == 0, server.text()


@pytest.fixture
def start_simulator():
    """start_simulator(**options) -> a StarRocks simulator for this test alone; skipped where STARROCKS_URL is set."""
    made = []

    def start(**options):
        if os.environ.get("STARROCKS_URL"):
            pytest.skip(starrocks_front_end.NO_FAULTS)
        made.append(starrocks_front_end.Simulator(**options))
        return made[-1]

    yield start
    for simulator in made:
        simulator.stop()
