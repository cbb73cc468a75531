# SPDX-License-Identifier: Apache-2.0
"""Every command of the tutorials runs, in order, and prints what they say; SQLMesh's are run by the real one."""

import os

import pytest
import yaml

from harness import documents, paths, schemas
from harness import starrocks as starrocks_front_end
from harness.server import Server, gateway

SQLMESH = (paths.ROOT / "docs" / "tutorial-sqlmesh.md").read_text(encoding="utf8")
STARROCKS = (paths.ROOT / "docs" / "tutorial-starrocks.md").read_text(encoding="utf8")


def test_sqlmesh(tmp_path):
    documents.let_through(tmp_path)
    server = Server(embedded=tmp_path / "state")
    try:
        run = 0
        for session in documents.sessions(SQLMESH, "tutorial"):
            for command, expected in session:
                assert documents.normal(documents.run(command, tmp_path,
                                                      documents.environment(server))) == expected, command
                run += 1
        assert run > 20
    finally:
        server.stop()


@pytest.fixture
def staging(_front_end, starrocks):
    """A second StarRocks database."""
    database = starrocks_front_end.Database(_front_end)
    yield database
    database.drop()


def test_starrocks(databases, starrocks, staging, start_server, tmp_path):
    server = start_server({name: gateway(databases.empty(),
                                         connection=schemas.warehouse(database.server, database.name))
                           for name, database in (("prod", starrocks), ("staging", staging))})
    run = 0
    for kind, content in documents.parts(STARROCKS, "tutorial", "by hand"):
        if kind == "by hand":
            starrocks.apply(*filter(None, (statement.strip() for statement in content.split(";"))))
            continue
        for command, expected in content:
            printed = documents.run(command, tmp_path, documents.environment(server))
            printed = printed.replace(starrocks.name, "analytics").replace(staging.name, "staging")
            assert documents.aligned(documents.normal(printed)) == documents.aligned(expected), command
            run += 1
    assert run > 20


def test_configuration(tmp_path, monkeypatch):
    """Its form is that of the document's server."""
    monkeypatch.setenv("PASSWORD", "p")
    monkeypatch.setenv("PGPASSWORD", "p")
    file = tmp_path / "stateserver.yaml"
    file.write_text(documents.block(STARROCKS, "config", "yaml"))
    assert set(yaml.safe_load(file.read_text())["gateways"]) == {"prod", "staging"}
    documents.run(f"stateserver --config {file} --check-config", tmp_path,
                  {**os.environ, "PATH": f"{paths.SERVER.parent}:/bin"})
