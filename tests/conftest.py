"""Fixtures of every suite; the work is done in harness/."""

import pytest

from harness.cluster import Cluster
from harness.database import Databases


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


@pytest.fixture(scope="session")
def stubs():
    from harness import stubs as module
    return module.generate()
