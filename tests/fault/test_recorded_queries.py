# SPDX-License-Identifier: Apache-2.0
"""A server that dies between the statement of a view and the journal's record of what the engine made of it."""

import pytest

from harness.revisions import ONE, ONE_REPLICA, Project, configuration

A = f"CREATE TABLE a (id INT NOT NULL, k INT NULL) DUPLICATE KEY(id) DISTRIBUTED BY HASH(id) BUCKETS 1 {ONE};"
B = A.replace("TABLE a", "TABLE b").replace("k INT", "n INT")
QUERY = "SELECT * FROM a JOIN b USING (id)"
# The view is created by the third statement.
POINTS = ["after_statement=kill@3", "before_query=kill@1", "before_outcome=kill@3", "after_outcome=kill@3",
          "before_finish=kill@1"]


@pytest.fixture
def crashed(request, empty, start_server, starrocks, tmp_path):
    gateways = configuration(empty, starrocks.server, starrocks.name)
    limits = {"schema_lock_lease": "4s"}
    project = Project(start_server(gateways, limits=limits), starrocks, tmp_path)
    project.declare(a=A, b=B, v=f"CREATE VIEW v AS {QUERY};")
    project.autogenerate("views")
    dying = start_server(gateways, failpoints=f"revision.{request.param}", limits=limits)
    process = Project(dying, starrocks, tmp_path).client.start("schema", "upgrade", "head", "-y", *ONE_REPLICA,
                                                               cwd=tmp_path)
    dying.process.wait(60)
    process.kill()
    process.communicate()
    return project


@pytest.mark.parametrize("crashed", POINTS, indirect=True)
def test_the_next_upgrade_records_it(crashed):
    crashed.upgrade("head", "--lock-timeout", "60s")
    assert crashed.agrees(), crashed("diff", code=None)
    assert sorted(crashed.starrocks.objects()) == ["a", "alembic_version", "b", "v"]


@pytest.mark.parametrize("crashed", POINTS[:2], indirect=True)
def test_what_somebody_made_of_it_meanwhile_is_not_recorded(crashed):
    crashed.starrocks.run("ALTER VIEW v AS SELECT id FROM a")
    crashed.upgrade("head", "--lock-timeout", "60s")
    assert [step["object"].split(".")[-1] for step in crashed.json("diff", code=None)["steps"]] == ["v"]
