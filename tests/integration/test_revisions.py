# SPDX-License-Identifier: Apache-2.0
"""stateclient schema revision, upgrade, downgrade …, as a user runs them."""

import re
import uuid

import pytest

from harness import paths, raw
from harness.client import DONE, FAILED, USAGE
from harness.revisions import AGED, LEASE, ONE, ONE_REPLICA, OTHER, USERS, Project, configuration, fill_journal
from harness.starrocks import Database


# --- the way there and back ---------------------------------------------------------------
def test_there_and_back(aged):
    assert aged.heads() == [aged.first] == aged.alembic()
    result = aged("upgrade", "head", *ONE_REPLICA, input="y\n")
    assert "ALTER TABLE `users` ADD COLUMN `age` INT NULL" in result.out
    assert f"{aged.first} -> {aged.second}" in result.out
    assert "Apply it? [y/n]" in result.err
    assert aged.heads() == [aged.second] == aged.alembic()
    assert aged.agrees() and aged.columns() == ["id", "nm", "age"]
    again = aged.upgrade()
    assert "Nothing to do: the schema is already at the target." in again.err
    aged.downgrade("-1")
    assert aged.heads() == [aged.first] == aged.alembic()
    assert aged.columns() == ["id", "nm"]
    aged.downgrade("base")
    assert aged.heads() == [] == aged.alembic()
    assert not aged.starrocks.run("SHOW TABLES LIKE 'users'")


def test_no_is_no(aged):
    result = aged("upgrade", "head", input="n\n")
    assert result.code == DONE
    assert aged.heads() == [aged.first]
    assert aged("upgrade", "head", code=FAILED).err.rstrip().endswith("Aborted!")


def test_nothing_to_do_writes_nothing(aged):
    aged.upgrade()
    before = sorted(aged.revisions.iterdir())
    result = aged("revision", "--autogenerate", "-m", "none")
    assert "No revision was written" in result.err
    assert aged.json("revision", "--autogenerate", "-m", "none") == {"file": None, "revision": None}
    assert sorted(aged.revisions.iterdir()) == before


def test_sql_only_writes_nothing(aged):
    aged.upgrade()
    aged.declare(other=OTHER)
    before = sorted(aged.revisions.iterdir())
    text = aged("revision", "--autogenerate", "--sql-only", "-m", "x").out
    assert text.startswith("-- revision: ") and "CREATE TABLE `other`" in text and "DROP TABLE `other`;" in text
    assert sorted(aged.revisions.iterdir()) == before


def test_what_the_engine_refuses_is_refused_when_the_revision_is_made(aged):
    aged.upgrade()
    aged.declare(users=AGED.replace("VARCHAR(20)", "VARCHAR(10)"), other=OTHER)
    error = aged.refused("revision", "--autogenerate", "-m", "shorter")
    assert "Cannot shorten string length" in error["message"]
    assert len(list(aged.revisions.glob("*.sql"))) == 2
    identifier = aged.autogenerate("the rest", "--skip-refused")
    text = aged.path(identifier).read_text()
    assert re.search(r"-- refused: users .*Cannot shorten string length", text)
    assert "CREATE TABLE `other`" in text


def test_a_revision_needs_the_head_it_extends(aged):
    aged.declare(other=OTHER)
    error = aged.refused("revision", "--autogenerate", "-m", "too early")
    assert error["reason"] == "NOT_AT_HEAD" and "schema upgrade head" in error["hint"]


def test_a_managed_object_that_is_not_declared_goes(aged):
    aged.upgrade()
    aged.starrocks.run(OTHER.rstrip(";"))
    aged.declare(kept=OTHER.replace("other", "kept"))
    aged.undeclare("users")
    identifier = aged.autogenerate("drop users")
    text = aged.path(identifier).read_text()
    assert "DROP TABLE `users`;" in text and "other" not in text and "alembic" not in text
    aged.upgrade()
    assert {row[0] for row in aged.starrocks.run("SHOW TABLES")} == {"kept", "other", "alembic_version"}


def test_the_version_table_is_no_part_of_the_schema(aged):
    """It is ours: no plan drops it, no file declares it."""
    aged.upgrade()
    plan = aged.json("diff", "--drop-undeclared")
    assert plan["steps"] == [] and plan["unmanaged"] == []
    assert aged("check").out == "No differences\n"
    assert "alembic_version" not in aged("inspect", "--as", "sql").out
    assert "alembic_version" in aged("inspect").out


def test_renames(aged):
    aged.upgrade()
    aged.declare(users=AGED.replace("age INT", "years INT"))
    identifier = aged.autogenerate("rename", "--rename", "users.age=years")
    assert "RENAME COLUMN `age` TO `years`" in aged.path(identifier).read_text()
    aged.upgrade()
    assert aged.columns() == ["id", "nm", "years"] and aged.agrees()
    assert aged("revision", "--autogenerate", "--rename", "x",
                code=USAGE).err.endswith("'x' does not have the form OLD=NEW or TABLE.OLD=NEW.\n")


# --- reading --------------------------------------------------------------------------------
def test_current_heads_history_show(aged):
    assert aged("current").out == f"{aged.first}, users\n"
    assert aged("heads").out == f"{aged.second} (head), add age\n"
    first, second = reversed(aged("history").out.splitlines())
    applied = r"applied \d{4}-.* by anonymous:127.0.0.1 from 127.0.0.1:\d+ in .*"
    assert re.fullmatch(rf"<base> -> {aged.first}, users  \[{applied}\]", first)
    assert second == f"{aged.first} -> {aged.second} (head), add age  [not applied]"
    assert aged("history", "--offline").out.splitlines()[0] == f"{aged.first} -> {aged.second} (head), add age"
    runs = aged.json("history")["runs"]
    assert [(r["revision"], r["direction"], r["status"], r["statements"]) for r in runs] == [
        (aged.first, "REVISION_DIRECTION_UPGRADE", "RUN_STATUS_DONE", 1)]
    assert runs[0]["entries"][0]["statement"].startswith("CREATE TABLE `users`")
    assert aged.first in aged("history", "--runs").out
    assert aged("show", aged.second[:6]).out.endswith(aged.path(aged.second).read_text())
    assert aged.json("show", "head")["down_revision"] == [aged.first]


def test_offline_sql(aged):
    text = aged("upgrade", f"{aged.first}:head", "--sql").out
    assert "CREATE TABLE" not in text and "ALTER TABLE `users` ADD COLUMN `age` INT NULL" in text
    text = aged("downgrade", "head:base", "--sql").out
    assert text.index("DROP COLUMN `age`") < text.index("DROP TABLE `users`")
    aged.write("ccc", "ALTER TABLE users MODIFY COLUMN nm VARCHAR(64) NULL;", "-- irreversible: narrower",
               down=aged.second)
    assert "-- wait until the job of users is FINISHED" in aged("upgrade", f"{aged.second}:head", "--sql").out
    assert "-- irreversible: narrower" in aged("downgrade", "head:base", "--sql").out
    # From the files alone: no server is there.
    aged.server.stop()
    assert aged("upgrade", "head", "--sql").out.startswith("-- upgrade to")


def test_json_is_json_also_where_it_asks(aged):
    result = aged("--format", "json", "upgrade", "head", *ONE_REPLICA, input="y\n")
    assert result.json["heads"] == [aged.second] and "ALTER TABLE `users`" in result.err
    assert aged("--format", "json", "downgrade", "-1", input="n\n").json == {"confirmed": False}


def test_current_without_the_engine(start_simulator, empty, start_server, tmp_path):
    simulator = start_simulator()
    database = Database(simulator)
    project = Project(start_server(configuration(empty, simulator, database.name)), database, tmp_path)
    project.declare(users=USERS)
    first = project.autogenerate("users")
    project.upgrade()
    simulator.stop()
    result = project("current")
    assert result.out == f"{first} (head), users\n" and "The warehouse does not answer" in result.err


def test_another_release_of_the_engine_is_warned_of(aged):
    path = aged.path(aged.second)
    path.write_text(path.read_text().replace("-- engine: ", "-- engine: 2.5.3 "))
    assert f"revision '{aged.second}' was written for StarRocks 2.5.3" in aged("upgrade", "head", "--dry-run").err


# --- checks before anything is touched ---------------------------------------------------------
def test_a_dry_run_changes_nothing(aged):
    plan = aged.json("upgrade", "head", "--dry-run")["plan"]
    assert [s["class"] for r in plan["revisions"] for s in r["statements"]] == ["SCHEMA_STEP_CLASS_METADATA"]
    assert aged.heads() == [aged.first] and aged.columns() == ["id", "nm"]
    assert len(aged.json("history")["runs"]) == 1


def test_an_approved_plan_is_pinned(aged):
    digest = aged.json("upgrade", "head", "--dry-run")["plan"]["digest"]
    aged.starrocks.apply('ALTER TABLE users COMMENT = "somebody else"')
    error = aged.refused("upgrade", "head", "-y", "--plan", digest)
    assert error["reason"] == "PLAN_CHANGED"
    assert aged.columns() == ["id", "nm"]
    digest = aged.json("upgrade", "head", "--dry-run")["plan"]["digest"]
    aged.upgrade("head", "--plan", digest)
    assert aged.columns() == ["id", "nm", "age"]


def test_a_changed_live_object_is_warned_of(aged):
    aged.starrocks.apply('ALTER TABLE users COMMENT = "somebody else"')
    result = aged("upgrade", "head", "--dry-run")
    assert f"users is not what revision '{aged.second}' was made from" in result.err
    aged.upgrade()
    assert aged.columns() == ["id", "nm", "age"]


@pytest.mark.parametrize("target,statement,message", [
    ("head", "DROP TABLE users", "users does not exist"), ("+2", OTHER, "other exists already")])
def test_what_would_fail_is_told_before(aged, target, statement, message):
    aged.declare(other=OTHER)
    aged.write("bbb", OTHER, "DROP TABLE other;", down=aged.second)
    aged.starrocks.run(statement.rstrip(";"))
    error = aged.refused("upgrade", target, "-y")
    assert error["reason"] == "STATEMENT_FAILED" and message in error["message"]
    assert "Nothing was changed" in error["message"]
    assert aged.heads() == [aged.first]
    assert "age" not in (aged.columns() if target == "+2" else [])


def test_an_edited_applied_revision_is_refused(aged):
    path = aged.path(aged.first)
    path.write_text(path.read_text() + "-- a remark\n")
    error = aged.refused("upgrade", "head", "-y")
    assert error["reason"] == "REVISION_CHANGED" and path.name in error["message"]
    assert aged.columns() == ["id", "nm"]


def test_an_edited_revision_that_is_not_applied_is_warned_of(aged):
    path = aged.path(aged.second)
    path.write_text(path.read_text().replace("INT NULL", "BIGINT NULL"))
    result = aged.upgrade()
    assert "was edited since it was written" in result.err
    assert aged.starrocks.run("DESC users")[2][1].lower().startswith("bigint")


def test_files_that_do_not_fit(aged):
    aged.write("ccc", "SELECT 1;", down="nowhere")
    error = aged.refused("upgrade", "head", "-y")
    assert error["reason"] == "REVISION_INVALID" and "follows nowhere, which is in no file" in error["message"]


def test_the_file_of_what_is_applied_is_missing(aged):
    aged.upgrade()
    aged.path(aged.second).unlink()
    error = aged.refused("upgrade", "head", "-y")
    assert error["reason"] == "REVISION_NOT_FOUND" and aged.second in error["message"]


def test_what_cannot_be_taken_back_says_so_before(aged):
    aged.upgrade()
    aged.write("ccc", "ALTER TABLE users MODIFY COLUMN nm VARCHAR(64) NULL;",
               "-- irreversible: VARCHAR cannot be shortened", down=aged.second)
    aged.upgrade()
    error = aged.refused("downgrade", "base", "-y")
    assert error["reason"] == "REVISION_IRREVERSIBLE"
    assert "VARCHAR cannot be shortened" in error["message"] and "nothing was changed" in error["message"]
    assert aged.heads() == ["ccc"] and aged.columns() == ["id", "nm", "age"]


# --- branches --------------------------------------------------------------------------------------
def test_branches_and_their_merge(aged):
    aged.write("bbb", OTHER, "DROP TABLE other;", down=aged.first, header="-- branch: side\n")
    error = aged.refused("upgrade", "head", "-y")
    assert error["reason"] == "ARGUMENT_INVALID" and "There are 2 heads" in error["message"]
    aged.upgrade("side@head")
    assert aged.heads() == ["bbb"]
    aged.upgrade("heads")
    assert aged.heads() == sorted(["bbb", aged.second]) == aged.alembic()
    merged = aged.json("merge", "heads", "-m", "together")["revision"]
    aged.upgrade()
    assert aged.heads() == [merged] == aged.alembic()
    aged.downgrade("-1")
    assert aged.heads() == sorted(["bbb", aged.second]) == aged.alembic()
    aged.downgrade(aged.first)
    assert aged.heads() == [aged.first]
    assert {row[0] for row in aged.starrocks.run("SHOW TABLES")} == {"users", "alembic_version"}
    assert "nothing to merge" in aged("merge", "bbb", code=USAGE).err


def test_a_dependency_comes_first(aged):
    aged.write("zzz", OTHER, "DROP TABLE other;")
    aged.write("yyy", "CREATE VIEW v AS SELECT id FROM other;", "DROP VIEW v;", down=aged.second,
               header="-- depends_on: zzz\n")
    aged.upgrade("yyy")
    assert aged.heads() == ["yyy"]
    assert aged.starrocks.run("SHOW TABLES LIKE 'other'")


def test_flags_for_branches(aged):
    side = aged.json("revision", "-m", "side", "--head", aged.first, "--branch-label", "side")["revision"]
    other = aged.json("revision", "-m", "other", "--head", "base", "--depends-on", side)["revision"]
    assert aged.json("show", "side")["revision"] == side and aged.json("show", side)["branches"] == ["side"]
    assert aged.json("show", other)["depends_on"] == [side] and aged.json("show", other)["down_revision"] == []
    aged.upgrade(other)
    assert aged.heads() == [other]
    error = aged.refused("revision", "-m", "x", "--head", aged.first, "--rev-id", other)
    assert error["reason"] == "REVISION_INVALID" and f"revision '{other}' is in" in error["message"]
    error = aged.refused("revision", "-m", "x", "--head", "side", "--rev-id", "../x")
    assert "is not a revision id" in error["message"]


def test_a_folder_is_about_one_database(aged):
    aged.write("ccc", "CREATE TABLE elsewhere.t (a INT);", "DROP TABLE elsewhere.t;", down=aged.second)
    error = aged.refused("upgrade", "head", "-y")
    assert error["reason"] == "REVISION_INVALID" and "changes the database elsewhere" in error["message"]


# --- written by hand ------------------------------------------------------------------------------------
def test_a_template(project):
    made = project.json("revision", "-m", "by hand")
    text = (project.folder / made["file"]).read_text()
    assert text.startswith(f"-- revision: {made['revision']}\n-- down_revision:\n-- message: by hand\n")
    assert "-- +upgrade" in text and "-- +downgrade" in text
    project.upgrade()
    assert project.heads() == [made["revision"]]


def test_inserts_get_labels_and_other_dml_runs(aged):
    aged.write("ccc", "INSERT INTO users (id, nm) VALUES (1, 'a;b'), (2, NULL);\n"
                      "CREATE TABLE p (id INT NOT NULL, n INT NULL) PRIMARY KEY(id) DISTRIBUTED BY HASH(id) "
                      f"BUCKETS 1 {ONE};\nINSERT INTO p SELECT id, 1 FROM users;\nUPDATE p SET n = 2 WHERE id = 2;",
               "DROP TABLE p;", down=aged.second)
    aged.upgrade()
    assert sorted(aged.starrocks.run("SELECT id, n FROM p")) == [(1, 1), (2, 2)]
    entries = aged.json("history")["runs"][0]["entries"]
    assert "WITH LABEL `stateserver_" in entries[0]["statement"]
    assert entries[3]["statement"].startswith("UPDATE")


def test_an_insert_that_is_sent_again_keeps_its_label(aged, gateways, start_server):
    aged.upgrade()
    aged.write("ccc", "INSERT INTO users (id) VALUES (7);", "DELETE FROM users WHERE id = 7;", down=aged.second)
    dying = start_server(gateways, failpoints="revision.after_intent=error@1", limits={"schema_lock_lease": LEASE})
    Project(dying, aged.starrocks, aged.folder).upgrade(code=FAILED)
    before = aged.json("current")["open_run"]["entries"][0]["statement"]
    aged.upgrade()
    assert aged.json("history")["runs"][0]["entries"][0]["statement"] == before
    assert list(aged.starrocks.run("SELECT id FROM users")) == [(7,)]


# --- operations -------------------------------------------------------------------------------------------------
def test_a_retry_does_not_run_twice(aged):
    identifier = str(uuid.uuid4())
    aged.upgrade("head", "--operation-id", identifier)
    aged.downgrade("-1")
    aged.upgrade("head", "--operation-id", identifier)
    assert aged.columns() == ["id", "nm"]
    error = aged.refused("upgrade", "+1", "-y", "--operation-id", identifier)
    assert error["reason"] == "OPERATION_ID_REUSED"
    kinds = [o["kind"] for o in aged.client.json("operations")["operations"]]
    assert kinds[:3] == ["OPERATION_KIND_DOWNGRADE", "OPERATION_KIND_UPGRADE", "OPERATION_KIND_UPGRADE"]


def test_stamp(aged):
    aged.upgrade()
    error = aged.refused("stamp", aged.first, "-y", *ONE_REPLICA)
    assert error["reason"] == "NOT_AT_HEAD" and "'users' differs (" in error["message"], error
    assert "--force" in error["hint"] and aged.heads() == [aged.second]
    result = aged("stamp", aged.first, "-y", "--force", *ONE_REPLICA)
    assert f"Stamped: {aged.second} -> {aged.first}" in result.err
    assert aged.heads() == [aged.first] == aged.alembic()
    assert aged.columns() == ["id", "nm", "age"]
    assert aged.refused("upgrade", "head", "-y")["reason"] == "STATEMENT_FAILED"
    aged("stamp", "head", "-y", *ONE_REPLICA)
    assert aged.heads() == [aged.second] and "[applied by a stamp]" not in aged("history").out
    aged("stamp", "base", "-y", *ONE_REPLICA)
    assert aged.heads() == []


# --- drift --------------------------------------------------------------------------------------------------------
def test_drift_reverted(aged):
    assert "No drift: 1 object is as" in aged("check", "--drift").err
    aged.starrocks.apply('ALTER TABLE users COMMENT = "by hand"')
    shown = aged("check", "--drift", code=1)
    assert "users differs from the result of the last revision" in shown.out
    statements = aged("check", "--drift", "--revert").out
    assert statements == 'ALTER TABLE `users` COMMENT = "";\n'
    aged.starrocks.apply(statements.rstrip(";\n"))
    aged("check", "--drift")


def test_drift_adopted(aged):
    aged.upgrade()
    aged.starrocks.apply("ALTER TABLE users ADD COLUMN height INT NULL")
    made = aged.json("check", "--drift", "--adopt", "-m", "height", *ONE_REPLICA)
    assert "ADD COLUMN `height` INT NULL" in (aged.folder / made["file"]).read_text()
    assert aged.heads() == [made["revision"]] == aged.alembic()
    aged("check", "--drift")
    aged.downgrade("-1")
    assert aged.columns() == ["id", "nm", "age"]


def test_a_dropped_object_is_drift(aged):
    aged.starrocks.run("DROP TABLE users")
    drift = aged.json("check", "--drift", code=1)
    assert drift["drifted"] == ["users"] and drift["back"]["steps"][0]["class"] == "create"


# --- the version table -----------------------------------------------------------------------------------------------
def test_without_the_version_table(aged):
    aged("upgrade", "head", "-y", "--no-version-table")
    assert aged.alembic() == [aged.first] and aged.heads() == [aged.second]
    # What was last written is known to be ours.
    aged.downgrade("-1")
    assert aged.alembic() == [aged.first]


def test_somebody_moved_the_version_table(aged):
    aged.starrocks.run(f"UPDATE alembic_version SET version_num = 'abc' WHERE version_num = '{aged.first}'")
    error = aged.refused("upgrade", "head", "-y")
    assert error["reason"] == "VERSION_TABLE_DIFFERS" and "is at abc" in error["message"]
    assert "The table alembic_version is at abc." in aged("current").err
    aged("upgrade", "head", "-y", "--no-version-table")
    assert aged.columns() == ["id", "nm", "age"]


def test_metrics(aged):
    import urllib.request
    aged.upgrade()
    aged.write("ccc", "ALTER TABLE users MODIFY COLUMN nm VARCHAR(64) NULL;", "-- irreversible: x", down=aged.second)
    aged.upgrade()
    aged("check", "--drift")
    text = urllib.request.urlopen(f"http://{aged.server.metrics_address}/metrics").read().decode()
    assert 'stateserver_schema_statements_total{class="create",gateway="local",outcome="done"} 1' in text
    assert 'stateserver_schema_jobs_total{gateway="local",kind="COLUMN",state="FINISHED"}' in text
    assert 'stateserver_schema_open_statements{gateway="local"} 0' in text
    assert 'stateserver_schema_drifted_objects{gateway="local"} 0' in text


def documented(command):
    """The keys that docs/cli-json.md gives a command."""
    text = (paths.ROOT / "docs" / "cli-json.md").read_text().split("## Schema commands")[1].split("## Messages")[0]
    row, = (line for line in text.splitlines() if line.startswith("|") and f"`{command}`" in line.split("|")[1])
    return re.findall(r"`(\w+)`", row.split("|")[2])


def test_the_documented_keys(aged):
    assert list(aged.json("upgrade", "head", "-y", *ONE_REPLICA)) == documented("schema upgrade")
    assert list(aged.json("upgrade", "head", "--dry-run")) == ["plan"] == list(aged.json("repair"))
    assert list(aged.json("downgrade", "-1", "-y", *ONE_REPLICA)) == documented("schema downgrade")
    assert list(aged.json("stamp", "head", "-y", "--force", *ONE_REPLICA)) == documented("schema stamp")
    assert list(aged.json("current")) == documented("schema current")
    assert list(aged.json("heads")) == documented("schema heads")
    assert list(aged.json("history")) == documented("schema history")
    assert list(aged.json("show", "head")) == documented("schema show")
    assert list(aged.json("check", "--drift")) == documented("schema check --drift")
    assert list(aged.json("revision", "-m", "x")) == documented("schema revision")


def test_a_log_line_for_each_statement(aged):
    operation = aged.json("upgrade", "head", "-y", *ONE_REPLICA)["operation"]["id"]
    line = aged.server.wait_for_log("schema statement.*revision=" + aged.second)
    for part in ("statement=1", "object=users", "class=metadata", "outcome=done", "principal=anonymous:127.0.0.1",
                 f"operation={operation}"):
        assert part in line, line


@pytest.mark.slow
def test_a_revision_of_many_long_statements(aged):
    """Plans, statuses and histories are more than one message may hold."""
    names = [f"n{i}" for i in range(100)]
    comment = "x" * 20_000
    upgrade = "\n".join(f'CREATE VIEW {n} COMMENT "{comment}" AS SELECT id FROM users;' for n in names)
    aged.write("ccc", upgrade + "\nDROP TABLE last;", "\n".join(f"DROP VIEW {n};" for n in names), down=aged.second)
    aged.starrocks.run("CREATE TABLE last (id INT) DUPLICATE KEY(id) DISTRIBUTED BY HASH(id) BUCKETS 1 " + ONE)
    plan = aged.json("upgrade", "head", "--dry-run")["plan"]
    assert [len(r["statements"]) for r in plan["revisions"] if r["revision"] == "ccc"] != [0]
    assert sum(len(r["statements"]) for r in plan["revisions"]) == 102
    aged.upgrade()
    run = aged.json("history")["runs"][0]
    assert [e["seq"] for e in run["entries"]] == list(range(1, 102)) and run["statements"] == 101


def test_the_journal_comes_in_pages(aged, empty, stubs):
    aged.upgrade()
    fill_journal(empty, aged.starrocks.name, runs=3, statements=7)
    pb = stubs.revisions
    scope = pb.WarehouseScope(gateway="local")
    with aged.server.channel() as channel:
        stub = stubs.revisions_grpc.RevisionServiceStub(channel)
        runs = [run for page in raw.pages(stub.ListRuns, pb.ListRunsRequest(scope=scope, page_size=2))
                for run in page.runs]
        assert [run.id for run in runs] == sorted((run.id for run in runs), reverse=True) and len(runs) == 5
        assert {run.status for run in runs} == {pb.RUN_STATUS_DONE}
        assert runs[-1].started_time.seconds > 0 and runs[-1].HasField("finished_time")
        pages = list(raw.pages(stub.ListRunStatements,
                               pb.ListRunStatementsRequest(scope=scope, run_id=runs[0].id, page_size=3)))
        assert [[one.seq for one in page.statements] for page in pages] == [[1, 2, 3], [4, 5, 6], [7]]
        assert not stub.ListRunStatements(pb.ListRunStatementsRequest(scope=scope, run_id=1 << 40)).statements
        applied = list(raw.pages(stub.ListAppliedRevisions,
                                 pb.ListAppliedRevisionsRequest(scope=scope, page_size=1)))
        assert [[one.revision for one in page.revisions] for page in applied] == [
            [revision] for revision in sorted([aged.first, aged.second])]
        assert all(one.sum for page in applied for one in page.revisions)
        for method, request in ((stub.ListRuns, pb.ListRunsRequest), (stub.ListRunStatements,
                                                                      pb.ListRunStatementsRequest)):
            refusal = raw.refused(stubs, lambda: method(request(scope=scope, page_token="x")))  # noqa: B023
            assert refusal == "ARGUMENT_INVALID"


@pytest.mark.slow
def test_a_journal_of_ten_thousand_entries(aged, empty):
    """bench/journals.py says how fast."""
    fill_journal(empty, aged.starrocks.name, runs=1200, statements=9)
    aged.upgrade()
    runs = aged.json("history")["runs"]
    assert len(runs) == 1202 and runs[0]["revision"] == aged.second and runs[-1]["revision"] == aged.first
    assert sum(len(run["entries"]) for run in runs) == 1200 * 9 + 2
    assert len(aged("history", "--runs").out.splitlines()) == 1203
    assert len({run["id"] for run in runs}) == 1202
    aged.downgrade("-1")
    assert aged.heads() == [aged.first]
