# SPDX-License-Identifier: Apache-2.0
"""Projects of StarRocks revisions, for the files that are about them."""

import pytest

from harness.revisions import AGED, LEASE, USERS, Project, configuration


@pytest.fixture
def gateways(empty, starrocks):
    return configuration(empty, starrocks.server, starrocks.name)


@pytest.fixture
def project(gateways, start_server, starrocks, tmp_path):
    return Project(start_server(gateways, limits={"schema_lock_lease": LEASE}), starrocks, tmp_path)


@pytest.fixture
def aged(project):
    """At its first revision; the second adds a column, and is not applied."""
    project.declare(users=USERS)
    project.first = project.autogenerate("users")
    project.upgrade()
    project.declare(users=AGED)
    project.second = project.autogenerate("add age")
    return project
