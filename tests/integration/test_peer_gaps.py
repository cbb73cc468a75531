# SPDX-License-Identifier: Apache-2.0
"""Where Alembic's autogenerate with the dialect 1.3.4 is silent, gives up, or is wrong: what a revision says instead.

Each case is a line of what the peer does with a change of a model, as its code has it.
"""

import re

import pytest

from harness.revisions import Project, configuration

ONE = '"replication_num" = "1"'


def table(columns="k INT NOT NULL, v INT NULL, w INT NULL", key="DUPLICATE KEY(k)", comment="", partition="",
          distribution="DISTRIBUTED BY HASH(k) BUCKETS 2", order="", properties="", rollup=""):
    return (f"CREATE TABLE t ({columns}) {key} {comment} {partition} {distribution} {order} {rollup} "
            f"PROPERTIES ({ONE}{properties});")


MV = ("CREATE MATERIALIZED VIEW m {comment} DISTRIBUTED BY HASH(k) REFRESH {refresh} PROPERTIES ({properties}) "
      "AS SELECT k{more} FROM t;")


def mv(refresh="MANUAL", properties=ONE, comment="", more=""):
    return MV.format(refresh=refresh, properties=properties, comment=comment, more=more)


VIEW = "CREATE VIEW m {columns} {comment} {security} AS SELECT k FROM t;"


def view(columns="", comment="", security=""):
    return VIEW.format(columns=columns, comment=comment, security=security)


DAYS = "PARTITION BY date_trunc('day', d)"
MONTHS = "PARTITION BY date_trunc('month', d)"
DATED = "k INT NOT NULL, d DATETIME NOT NULL"

# (what the peer does, from, to, what the revision has, or what refuses it)
STATEMENTS = {
    "column added: always last": (
        table(), table("k INT NOT NULL, x INT NULL, v INT NULL, w INT NULL"), [r"ADD COLUMN `x` INT NULL AFTER `k`"]),
    "two columns: the second collides with the job of the first": (
        table(), table("k INT NOT NULL, v BIGINT NULL, w BIGINT NULL"),
        [r"MODIFY COLUMN `v` BIGINT NULL, MODIFY COLUMN `w` BIGINT NULL"]),
    "type of a key column: KEY is not restated": (
        table("k INT NOT NULL, v INT NULL", "UNIQUE KEY(k)", distribution="DISTRIBUTED BY HASH(k) BUCKETS 2").replace(
            "k INT NOT NULL, v", "k INT NOT NULL, j INT NOT NULL, v").replace("UNIQUE KEY(k)", "UNIQUE KEY(k, j)"),
        table("k INT NOT NULL, v INT NULL", "UNIQUE KEY(k)").replace(
            "k INT NOT NULL, v", "k INT NOT NULL, j BIGINT NOT NULL, v").replace("UNIQUE KEY(k)", "UNIQUE KEY(k, j)"),
        [r"MODIFY COLUMN `j` BIGINT KEY NOT NULL"]),
    "column order: never compared": (
        table(), table("k INT NOT NULL, w INT NULL, v INT NULL"), [r"MODIFY COLUMN `\w` INT NULL AFTER"]),
    "STRUCT: MODIFY, which the engine rejects": (
        table("k INT NOT NULL, s STRUCT<a INT> NULL"), table("k INT NOT NULL, s STRUCT<a INT, b INT> NULL"),
        [r"MODIFY COLUMN `s` ADD FIELD `?b`? INT"]),
    "indexes: not modelled": (
        table(), table("k INT NOT NULL, v INT NULL, w INT NULL, INDEX i (v) USING BITMAP"), [r"ADD INDEX `i` \(`v`\)"]),
    "rollups: not modelled": (table(), table(rollup="ROLLUP (r (k, v))"), [r"ADD ROLLUP `r` \(`k`, `v`\)"]),
    "ORDER BY unset in the model: never a change": (
        table(order="ORDER BY(v)"), table(order="ORDER BY(w)"), [r"ORDER BY \(`w`\)"]),
    "properties: one SET per key, joined by semicolons": (
        table(), table(properties=', "enable_persistent_index" = "true", "storage_cooldown_ttl" = "1 DAY"'),
        [r"^ALTER TABLE `t` SET \(.*\)$"]),
    "columns of a view alone: NotImplementedError": (
        table() + view("(k)"), table() + view('(k COMMENT "key")'), [r"CREATE OR REPLACE VIEW `m`"]),
    "comment of a view: the same difference for ever": (
        table() + view(), table() + view(comment='COMMENT "x"'), [r'CREATE OR REPLACE VIEW `m`[\s\S]*COMMENT "x"']),
    "security of a view: the same difference for ever": (
        table() + view(), table() + view(security="SECURITY INVOKER"), [r"ALTER VIEW `m` SET SECURITY INVOKER"]),
    "refresh and properties of a materialized view: an operation each": (
        table() + mv(), table() + mv("ASYNC", ONE + ', "mv_rewrite_staleness_second" = "60"'),
        [r"REFRESH ASYNC", r'SET \("mv_rewrite_staleness_second" = "60"\)']),
    "a view and its table: the view first": ("", table() + view(), [r"CREATE TABLE `t`", r"CREATE VIEW `m`"]),
}
REFUSED = {
    "aggregation type: NotImplementedError": (
        table("k INT NOT NULL, v INT SUM NULL", "AGGREGATE KEY(k)"),
        table("k INT NOT NULL, v INT MAX NULL", "AGGREGATE KEY(k)"),
        "Can not change aggregation type"),
    "AUTO_INCREMENT: a warning": (
        table(), table("k INT NOT NULL, v INT NULL, w INT NULL, a BIGINT NOT NULL AUTO_INCREMENT"),
        "can not be AUTO_INCREMENT when ADD COLUMN"),
    "default: a MODIFY that the engine refuses": (
        table(), table('k INT NOT NULL, v INT NULL DEFAULT "1", w INT NULL'), "Can not change default value"),
    "to NOT NULL: a MODIFY that the engine refuses": (
        table(), table("k INT NOT NULL, v INT NOT NULL, w INT NULL"), "Can not change from nullable to non-nullable"),
    "key model: NotImplementedError": (table(), table(key="UNIQUE KEY(k)"), "key model"),
    "key columns: a warning, and nothing": (
        table("k INT NOT NULL, v INT NULL", "DUPLICATE KEY(k)"),
        table("k INT NOT NULL, v INT NULL", "DUPLICATE KEY(k, v)"),
        "cannot become a key"),
    "partition method: NotImplementedError": (
        table(DATED, partition=DAYS), table(DATED, partition=MONTHS), "partition"),
    "query of a materialized view: NotImplementedError ends the whole run": (
        table() + mv(), table() + mv(more=", v"), "materialized view cannot be changed"),
    "comment of a materialized view: NotImplementedError": (
        table() + mv(), table() + mv(comment='COMMENT "x"'), "comment of a materialized view cannot be changed"),
}


@pytest.fixture
def project(empty, start_server, starrocks, tmp_path):
    return Project(start_server(configuration(empty, starrocks.server, starrocks.name)), starrocks, tmp_path)


def start(project, text):
    if text:
        project.declare(all=text)
        project.autogenerate("start")
        project.upgrade()


def upgrade_section(project, identifier):
    text = project.path(identifier).read_text().split("-- +upgrade")[1].split("-- +downgrade")[0]
    return [re.sub(r"\A(--.*\n|\s)*", "", part) for part in text.split(";\n") if part.strip()]


@pytest.mark.parametrize("what", STATEMENTS)
def test_the_revision_has_it(project, what):
    before, after, expected = STATEMENTS[what]
    start(project, before)
    project.declare(all=after)
    statements = upgrade_section(project, project.autogenerate("change"))
    found = [next((i for i, s in enumerate(statements) if re.search(pattern, s)), None) for pattern in expected]
    assert None not in found, (statements, expected)
    assert found == sorted(at for at in found if at is not None), (statements, expected)
    project.upgrade()
    assert project.agrees()
    assert project.json("revision", "--autogenerate", "-m", "again")["revision"] is None


@pytest.mark.parametrize("what", REFUSED)
def test_the_revision_is_refused(project, what):
    before, after, reason = REFUSED[what]
    start(project, before)
    project.declare(all=after)
    error = project.refused("revision", "--autogenerate", "-m", "change")
    assert reason in error["message"], error
    assert len(list(project.revisions.glob("*.sql"))) == 1


def test_a_rename_by_flag_keeps_the_data(project):
    """Never detected by the peer: it drops the column and adds another."""
    start(project, table())
    project.starrocks.run("INSERT INTO t VALUES (1, 2, 3)")
    project.declare(all=table("k INT NOT NULL, renamed INT NULL, w INT NULL"))
    project.autogenerate("rename", "--rename", "t.v=renamed")
    project.upgrade()
    assert list(project.starrocks.run("SELECT renamed FROM t")) == [(2,)]


def test_a_property_that_an_earlier_revision_set(project):
    """The peer resets a known one to its default, and leaves the others."""
    start(project, table(properties=', "storage_medium" = "HDD", "storage_cooldown_ttl" = "1 DAY"'))
    project.declare(all=table())
    error = project.refused("revision", "--autogenerate", "-m", "none")
    assert error["reason"] == "DENIED" and 'Write "storage_cooldown_ttl" = "1 days"' in error["message"], error
    project.declare(all=table(properties=', "storage_cooldown_ttl" = "1 days"'))
    assert project.json("revision", "--autogenerate", "-m", "none")["revision"] is None
