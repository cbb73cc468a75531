# SPDX-License-Identifier: Apache-2.0
"""The walk of the dialect's own guide: an initial schema from models, a column `age`, a table, and back; once with
stateclient alone, and once in turns with the real Alembic on the same database."""

import sys

import pytest

from harness.alembic import Alembic
from harness.revisions import LEASE, Project, configuration

MODELS = '''\
from sqlalchemy import Column, Integer, MetaData, String, Table
from starrocks import BIGINT, INTEGER, VARCHAR
from starrocks.sql.schema import MaterializedView, View

metadata = MetaData()
Table("users", metadata,
      Column("id", BIGINT, primary_key=True), Column("name", VARCHAR(50)),{age}
      starrocks_primary_key="id", starrocks_distributed_by="HASH(id) BUCKETS 2",
      starrocks_properties={{"replication_num": "1"}})
View("user_view", metadata, definition="SELECT id, name FROM users")
MaterializedView("user_stats", metadata, definition="SELECT count(*) AS n FROM users", starrocks_refresh="MANUAL",
                 starrocks_properties={{"replication_num": "1"}})
{more}
'''
AGE = '\n      Column("age", INTEGER),'
TABLE = '''\
Table("my_new_table", metadata, Column("id", INTEGER, primary_key=True), Column("note", VARCHAR(20)),
      starrocks_primary_key="id", starrocks_distributed_by="HASH(id) BUCKETS 2",
      starrocks_properties={"replication_num": "1"})
'''


@pytest.fixture
def project(empty, start_server, starrocks, tmp_path):
    gateways = configuration(empty, starrocks.server, starrocks.name)
    project = Project(start_server(gateways, limits={"schema_lock_lease": LEASE}), starrocks, tmp_path)

    def models(age="", more=""):
        (tmp_path / "shop_models.py").write_text(MODELS.format(age=age, more=more))

    project.models = models  # type: ignore[attr-defined]  # for the tests here
    return project


def by_models(project, message):
    return project.autogenerate(message, "--models", "shop_models:metadata", "--python", sys.executable)


def objects(starrocks):
    return {row[0] for row in starrocks.run("SHOW TABLES")} - {"alembic_version"}


def columns(starrocks, table):
    return [row[0] for row in starrocks.run(f"DESC {table}")]


def test_the_walk_alone(project):
    """The peer fails it twice: it creates the views before their table, and it wants to change the replication of
    the materialized view for ever (facts of its version 1.3.4)."""
    starrocks = project.starrocks
    project.models()
    first = by_models(project, "initial schema")
    project.upgrade()
    assert objects(starrocks) == {"users", "user_view", "user_stats"}
    project.models(age=AGE, more=TABLE)
    second = by_models(project, "add age, and my_new_table")
    project.upgrade()
    assert columns(starrocks, "users") == ["id", "name", "age"] and "my_new_table" in objects(starrocks)
    assert "No revision was written" in project("revision", "--autogenerate", "--models", "shop_models:metadata",
                                                "--python", sys.executable).err
    project.downgrade("-1")
    assert columns(starrocks, "users") == ["id", "name"] and objects(starrocks) == {"users", "user_view", "user_stats"}
    assert project.heads() == [first] == project.alembic()
    project.upgrade()
    assert project.heads() == [second] == project.alembic()
    project.downgrade("base")
    assert objects(starrocks) == set() and project.alembic() == []


def test_in_turns_with_alembic(project, tmp_path):
    starrocks = project.starrocks
    alembic = Alembic(starrocks, tmp_path)
    # Alembic begins.
    alembic.by_hand("aaa111", None,
                    "CREATE TABLE users (id BIGINT NOT NULL, name VARCHAR(50)) PRIMARY KEY(id) DISTRIBUTED BY HASH(id) "
                    "BUCKETS 2 PROPERTIES ('replication_num' = '1')", "DROP TABLE users")
    alembic("upgrade", "head")
    assert project.alembic() == ["aaa111"]
    project.folder.joinpath("revisions").rmdir()
    project.folder.joinpath("schema").rmdir()
    # It is taken over.
    assert "starts at revision aaa111" in project("init", "--from-alembic").err
    assert project.heads() == ["aaa111"] and "CREATE TABLE `users`" in project.path("aaa111").read_text()
    assert project.agrees()
    # We go on, and Alembic knows where it stands once it has the script.
    declared = project.schema / "users.sql"
    declared.write_text(declared.read_text().replace("`name` VARCHAR(50) NULL",
                                                     "`name` VARCHAR(50) NULL, `age` INT NULL"))
    second = project.autogenerate("add age")
    project.upgrade()
    assert project.alembic() == [second]
    alembic.write(second, project("show", second, "--as", "alembic").out)
    assert second in alembic("current")
    # Alembic makes the next step.
    alembic.by_hand("ccc333", second, "ALTER TABLE users ADD COLUMN height INT NULL",
                    "ALTER TABLE users DROP COLUMN height")
    alembic("upgrade", "head")
    assert project.refused("upgrade", "head", "-y")["reason"] == "VERSION_TABLE_DIFFERS"
    adopted = project.json("check", "--drift", "--adopt")
    assert adopted["revision"] == "ccc333"
    assert project.heads() == ["ccc333"] == project.alembic()
    # We take it back, and Alembic goes on from there, down to the base.
    project.downgrade("-1")
    assert columns(starrocks, "users") == ["id", "name", "age"]
    assert second in alembic("current")
    alembic("upgrade", "head")
    assert columns(starrocks, "users") == ["id", "name", "age", "height"] and project.alembic() == ["ccc333"]
    starrocks.wait_for_jobs()
    alembic("downgrade", "-1")
    starrocks.wait_for_jobs()
    alembic("downgrade", "-1")
    assert columns(starrocks, "users") == ["id", "name"] and project.alembic() == ["aaa111"]
