# SPDX-License-Identifier: Apache-2.0
"""`schema repair --abandon`: the way out of a revision that is stuck."""

import uuid

import pytest

from harness.client import FAILED, USAGE
from harness.revisions import LEASE, ONE, ONE_REPLICA, Project

BROKEN = ("ALTER TABLE users ADD COLUMN a INT NULL;\nALTER TABLE users ADD COLUMN b INT NULL;\n"
          "ALTER TABLE users ADD COLUMN d INT NULL TO nothing;\nALTER TABLE users ADD COLUMN c INT NULL;")
UNDO = ("ALTER TABLE users DROP COLUMN c;\nALTER TABLE users DROP COLUMN nothing;\n"
        "ALTER TABLE users DROP COLUMN b;\nALTER TABLE users DROP COLUMN a;")


@pytest.fixture
def stuck(aged):
    """Two of four statements of `ccc` are done, and the third has failed."""
    aged.upgrade()
    aged.file = aged.write("ccc", BROKEN, UNDO, down=aged.second)
    aged.upgrade(code=FAILED)
    return aged


def abandon(project, *arguments):
    return project.json("repair", "--abandon", "-y", *arguments)


def states(answer):
    return [one["state"].removeprefix("STATEMENT_STATE_") for one in answer["plan"]["revisions"][0]["statements"]]


def remaining(answer):
    return {one["object"]: (one["state"].removeprefix("REMAINING_STATE_"), one["revision"], one["statements"])
            for one in answer["plan"]["remaining"]}


def run_of(project):
    run = project.json("history")["runs"][0]
    assert project.json("current")["open_run"] is None
    assert run["status"] == "RUN_STATUS_ABANDONED" and run["finished_ts"], run
    return run


def test_what_is_recorded_and_what_remains(stuck):
    before = stuck.json("current")["open_run"]
    answer = abandon(stuck)
    assert states(answer) == ["DONE", "DONE", "FAILED", "PENDING"] and answer["heads"] == [stuck.second]
    assert answer["plan"]["heads_before"] == answer["plan"]["heads_after"] == [stuck.second]
    assert remaining(answer) == {"users": ("DIFFERS", stuck.second, [1, 2])}
    run = run_of(stuck)
    operation = stuck.client.json("operation", run["operation_id"])["operation"]
    assert run["operation_id"] == answer["operation"]["id"] == operation["id"] != before["operation_id"]
    assert operation["kind"] == "OPERATION_KIND_REPAIR" and operation["status"] == "OPERATION_STATUS_SUCCEEDED"
    assert run["principal"] == "anonymous:127.0.0.1" and run["peer"].startswith("127.0.0.1:")
    assert run["error"].startswith("abandoned at statement 3 of revision 'ccc' (users); statements: 2 done, 1 failed, "
                                   "1 not run; started or continued last by anonymous:127.0.0.1 (operation "
                                   f"{before['operation_id']}); its last error: Cannot complete statement 3"), run
    assert [entry["state"].removeprefix("STATEMENT_STATE_") for entry in run["entries"]] == ["DONE", "DONE", "FAILED"]
    # As the answer says.
    assert stuck.json("check", "--drift", code=1)["drifted"] == ["users"]
    assert stuck.alembic() == [stuck.second] and stuck.columns() == ["id", "nm", "age", "a", "b"]
    assert "abandoned" in stuck("history", "--runs").out and stuck.second in stuck("current").out


def test_undone_by_hand_the_revision_runs_again(stuck):
    abandon(stuck)
    stuck.write("ccc", BROKEN.replace(" TO nothing", ""), UNDO.replace("nothing", "d"), down=stuck.second)
    stuck.starrocks.apply("ALTER TABLE users DROP COLUMN a")
    stuck.starrocks.apply("ALTER TABLE users DROP COLUMN b")
    stuck.upgrade()
    assert stuck.heads() == ["ccc"] and stuck.columns() == ["id", "nm", "age", "a", "b", "d", "c"]
    stuck.downgrade("-1")
    assert stuck.heads() == [stuck.second]


def test_what_remains_is_adopted(stuck):
    abandon(stuck)
    stuck.file.unlink()
    adopted = stuck.json("check", "--drift", "--adopt")["revision"]
    assert stuck.heads() == [adopted] == stuck.alembic() and stuck.json("check", "--drift")["drifted"] == []
    stuck.downgrade("-1")
    assert stuck.columns() == ["id", "nm", "age"]


def test_what_was_completed_by_hand_is_stamped(stuck):
    abandon(stuck)
    stuck.starrocks.apply("ALTER TABLE users ADD COLUMN d INT NULL")
    stuck.starrocks.apply("ALTER TABLE users ADD COLUMN c INT NULL")
    stuck("stamp", "ccc", "--force", "-y", *ONE_REPLICA)
    assert stuck.heads() == ["ccc"] == stuck.alembic() and stuck.json("check", "--drift")["drifted"] == []


def gone(project):
    project.file.unlink()


def edited(project):
    project.file.write_text(project.file.read_text().replace("COLUMN b INT", "COLUMN b BIGINT"))


def not_a_revision(project):
    project.file.write_text("-- revision: ccc\n-- +upgrade\n'")


def no_folder(project):
    for path in project.revisions.iterdir():
        path.unlink()
    project.revisions.rmdir()


@pytest.mark.parametrize("spoil", [gone, edited, not_a_revision, no_folder])
def test_the_file_is_no_obstacle(stuck, spoil):
    spoil(stuck)
    if spoil in (gone, edited):
        error = stuck.refused("repair", "-y")
        assert error["reason"] == ("REVISION_NOT_FOUND" if spoil is gone else "REVISION_CHANGED")
        assert "`stateclient schema repair --abandon`" in error["hint"]
    answer = abandon(stuck)
    # Only the file has the last one.
    assert states(answer) == ["DONE", "DONE", "FAILED"] and answer["plan"]["revisions"][0]["file"] == ""
    assert any("not listed" in warning for warning in answer["plan"]["warnings"])
    assert remaining(answer) == {"users": ("DIFFERS", stuck.second, [1, 2])}
    assert "2 done, 1 failed;" in run_of(stuck)["error"]


def test_the_question_and_what_it_shows(stuck):
    shown = stuck("repair", "--abandon", input="n\n")
    assert "abandon upgrade of ccc" in shown.out and "users differs from what revision " in shown.out
    assert "(statements 1, 2)" in shown.out and ", done" in shown.out and "not run" in shown.out
    assert "Abandon it?" in shown.err + shown.out
    assert stuck.json("current")["open_run"]["status"] == "RUN_STATUS_FAILED"
    dry = stuck("repair", "--abandon", "--dry-run")
    assert "abandon upgrade of ccc" in dry.out and stuck.json("current")["open_run"]
    done = stuck("repair", "--abandon", input="y\n")
    assert "The run is abandoned; the schema's revision is " in done.err + done.out
    assert "`stateclient schema check --drift`" in done.err + done.out and "--adopt" in done.err + done.out
    run_of(stuck)


def test_nothing_is_unfinished(aged):
    error = aged.refused("repair", "--abandon", "-y")
    assert error["reason"] == "REVISION_NOT_FOUND" and "none can be abandoned" in error["message"]
    assert aged.heads() == [aged.first] and len(aged.json("history")["runs"]) == 1
    aged.upgrade()


def test_the_plan_that_was_approved(stuck):
    digest = stuck.json("repair", "--abandon", "--dry-run")["plan"]["digest"]
    stuck.starrocks.apply("ALTER TABLE users ADD COLUMN height INT NULL")
    error = stuck.refused("repair", "--abandon", "-y", "--plan", digest)
    assert error["reason"] == "PLAN_CHANGED" and stuck.json("current")["open_run"]
    abandon(stuck, "--plan", stuck.json("repair", "--abandon", "--dry-run")["plan"]["digest"])
    run_of(stuck)


def test_the_same_operation_again(stuck):
    identifier = str(uuid.uuid4())
    abandon(stuck, "--operation-id", identifier)
    again = abandon(stuck, "--operation-id", identifier)
    assert again["heads"] == [stuck.second] and again["plan"]["revisions"] == []
    text = stuck("repair", "--abandon", "-y", "--operation-id", identifier)
    assert "The run is abandoned" in text.out + text.err
    assert stuck.refused("repair", "-y", "--operation-id", identifier)["reason"] == "OPERATION_ID_REUSED"
    assert [run["status"] for run in stuck.json("history")["runs"]].count("RUN_STATUS_ABANDONED") == 1


def test_it_decides_nothing_else(stuck):
    for option in (("--assume", "done"), ("--on-failure", "compensate")):
        assert option[0] in stuck("repair", "--abandon", "-y", *option, code=USAGE).err


def test_a_job_that_is_running(aged):
    """It is not left alone: the revision would end, and the job would change the table afterwards."""
    if not aged.starrocks.simulated:
        pytest.skip("jobs of a real server cannot be held")
    aged.upgrade()
    aged.write("ccc", "ALTER TABLE users MODIFY COLUMN nm VARCHAR(64) NULL;", "-- irreversible: wider",
               down=aged.second)
    aged.starrocks.server.fault("HANG NEXT JOB")
    assert aged.refused("upgrade", "head", "-y", "--timeout", "3s")["reason"] == "STATEMENT_UNFINISHED"
    error = aged.refused("repair", "--abandon", "-y")
    assert error["reason"] == "STATEMENT_UNFINISHED", error
    assert "StarRocks is still executing statement 1 of revision" in error["message"] and "job " in error["message"]
    assert "`CANCEL ALTER TABLE COLUMN FROM users`" in error["hint"], error
    assert aged.json("current")["open_run"]["entries"][0]["state"] == "STATEMENT_STATE_JOB"
    aged.starrocks.run("CANCEL ALTER TABLE COLUMN FROM users")
    answer = abandon(aged)
    assert states(answer)[0] == "PENDING" and remaining(answer) == {}
    entry = run_of(aged)["entries"][0]
    assert entry["state"] == "STATEMENT_STATE_FAILED" and entry["error"].startswith("not run: job "), entry
    aged.starrocks.server.fault("RESET")
    aged.upgrade()
    assert aged.heads() == ["ccc"]


def test_the_lock_is_respected(stuck, gateways, start_server, barrier):
    slow = start_server(gateways, failpoints=f"revision.begun={barrier}", limits={"schema_lock_lease": LEASE})
    process = Project(slow, stuck.starrocks, stuck.folder).client.start(
        "schema", "repair", "-y", *ONE_REPLICA, cwd=stuck.folder)
    barrier.await_reached(process)
    assert stuck.refused("repair", "--abandon", "-y", "--lock-timeout", "0")["reason"] == "WAREHOUSE_LOCKED"
    assert any("locked by" in one for one in stuck.json("repair", "--abandon", "--dry-run")["plan"]["warnings"])
    barrier.open()
    process.wait(60)
    abandon(stuck, "--lock-timeout", "20s")


def test_rows_whose_change_is_not_known(aged, gateways, start_server):
    aged.upgrade()
    aged.write("ccc", f"CREATE TABLE p (id INT NOT NULL, n INT NULL) PRIMARY KEY(id) DISTRIBUTED BY HASH(id) "
                      f"BUCKETS 1 {ONE};\nINSERT INTO p VALUES (1, 1);\nUPDATE p SET n = n + 1 WHERE id = 1;",
               "DROP TABLE p;", down=aged.second)
    dying = start_server(gateways, failpoints="revision.after_statement=error@3", limits={"schema_lock_lease": LEASE})
    Project(dying, aged.starrocks, aged.folder).upgrade(code=FAILED)
    answer = abandon(aged)
    assert states(answer) == ["DONE", "DONE", "UNKNOWN"]
    assert "it changes rows" in answer["plan"]["revisions"][0]["statements"][2]["finding"]
    assert remaining(answer) == {"p": ("NOT_RECORDED", "", [1, 2, 3])}
    run = run_of(aged)
    assert "statements: 2 done, 1 unknown;" in run["error"]
    assert run["entries"][2]["state"] == "STATEMENT_STATE_UNKNOWN" and run["entries"][2]["finished_ts"] is None
    assert run["entries"][2]["error"].startswith("outcome not known: it changes rows")


def test_a_foreign_change(aged, gateways, start_server):
    dying = start_server(gateways, failpoints="revision.after_intent=error@1", limits={"schema_lock_lease": LEASE})
    Project(dying, aged.starrocks, aged.folder).upgrade(code=FAILED)
    aged.starrocks.apply("ALTER TABLE users ADD COLUMN height INT NULL")
    assert aged.refused("upgrade", "head", "-y", *ONE_REPLICA)["reason"] == "REPAIR_NEEDED"
    answer = abandon(aged)
    assert states(answer) == ["UNKNOWN"] and remaining(answer) == {"users": ("DIFFERS", aged.first, [1])}
    run_of(aged)


def test_a_downgrade(aged, gateways, start_server):
    """The revision remains the applied one."""
    aged.upgrade()
    aged.write("ccc", "ALTER TABLE users ADD COLUMN a INT NULL;\nALTER TABLE users ADD COLUMN b INT NULL;",
               "ALTER TABLE users DROP COLUMN b;\nALTER TABLE users DROP COLUMN a;", down=aged.second)
    aged.upgrade()
    dying = start_server(gateways, failpoints="revision.before_intent=error@2", limits={"schema_lock_lease": LEASE})
    Project(dying, aged.starrocks, aged.folder).downgrade("-1", code=FAILED)
    error = aged.refused("repair", "-y", "--on-failure", "compensate")
    assert error["reason"] == "REVISION_IRREVERSIBLE" and "`stateclient schema repair --abandon`" in error["hint"]
    answer = abandon(aged)
    assert answer["plan"]["revisions"][0]["direction"] == "REVISION_DIRECTION_DOWNGRADE"
    assert states(answer) == ["DONE", "PENDING"] and remaining(answer) == {"users": ("DIFFERS", "ccc", [1])}
    assert run_of(aged)["direction"] == "REVISION_DIRECTION_DOWNGRADE"
    assert aged.heads() == ["ccc"] == aged.alembic()


def test_a_foreign_version_table_is_not_overwritten(stuck):
    stuck.starrocks.run("UPDATE alembic_version SET version_num = 'zzz' WHERE id > 0")
    error = stuck.refused("repair", "--abandon", "-y")
    assert error["reason"] == "VERSION_TABLE_DIFFERS" and stuck.json("current")["open_run"]
    abandon(stuck, "--no-version-table")
    assert run_of(stuck) and stuck.alembic() == ["zzz"]


def test_a_run_that_a_stamp_closes_is_abandoned_as_well(stuck):
    stuck("stamp", stuck.second, "--force", "-y", *ONE_REPLICA)
    assert [run["status"] for run in stuck.json("history")["runs"]][:2] == ["RUN_STATUS_DONE", "RUN_STATUS_ABANDONED"]
    assert stuck.json("history")["runs"][1]["error"] == "closed by a stamp"


def test_it_is_counted_as_other_repairs(stuck):
    abandon(stuck)
    assert 'operation="schema repair"' in stuck.server.metrics()
    assert "abandoned=ccc" in stuck.server.wait_for_log("method=Repair code=OK")
