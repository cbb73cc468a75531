# SPDX-License-Identifier: Apache-2.0
"""A run of a revision dies at every point, and is abandoned; and the server dies at every point of abandoning it. The
journal and the table alembic_version are then those of the revision before, what remains is named, and once it is
undone by hand, the revision can be run from its beginning."""

import uuid

import pytest

from harness.revisions import ONE, ONE_REPLICA, USERS, Project, configuration

UPGRADE = (f"CREATE TABLE other (id INT NOT NULL) DUPLICATE KEY(id) DISTRIBUTED BY HASH(id) BUCKETS 2 {ONE};\n"
           "ALTER TABLE users ADD COLUMN a INT NULL;")
DOWNGRADE = "ALTER TABLE users DROP COLUMN a;\nDROP TABLE other;"
# Of the second statement, or of the end of the run.
POINTS = ["revision.begun=kill@1", "revision.before_intent=kill@2", "revision.after_intent=kill@2",
          "revision.after_statement=kill@2", "revision.before_outcome=kill@2", "revision.after_outcome=kill@2",
          "revision.version_row=kill@1", "revision.before_finish=kill@1", "schema.before_commit=kill@1"]
ABANDON_POINTS = ["revision.before_abandon=kill@1", "revision.version_row=kill@1",
                  "revision.before_abandon_record=kill@1", "schema.before_commit=kill@1",
                  "schema.before_commit=terminate_backend@1", "schema.after_commit=kill@1"]


# Of a server that dies, and of the one that goes on. On a busy machine, a server may need more than the shortest lease
# to renew its lock.
DYING_LEASE, LEASE = "3s", "30s"


class Case(Project):
    """A project at its first revision, with `bbb` to come."""

    def __init__(self, database, start_server, starrocks, folder):
        self.start_server, self.gateways = start_server, configuration(database, starrocks.server, starrocks.name)
        super().__init__(self.serve(), starrocks, folder)
        self.declare(users=USERS)
        self.first = self.autogenerate("users")
        self.upgrade()
        self.write("bbb", UPGRADE, DOWNGRADE, down=self.first)

    def serve(self, failpoints=""):
        lease = DYING_LEASE if failpoints else LEASE
        return self.start_server(self.gateways, failpoints=failpoints, limits={"schema_lock_lease": lease})

    def dies(self, point, *command):
        """Runs the command by a server that ends at the point."""
        server = self.serve(point)
        client = Project(server, self.starrocks, self.folder).client
        process = client.start("schema", *command, "-y", "--lock-timeout", "20s", *ONE_REPLICA, cwd=self.folder)
        if "kill" in point:
            server.process.wait(30)
            process.kill()
        process.communicate(timeout=60)
        self.starrocks.wait_for_jobs()

    def abandon(self, *arguments):
        return self.json("repair", "--abandon", "-y", "--lock-timeout", "20s", *arguments)

    def tables(self):
        return {row[0] for row in self.starrocks.run("SHOW TABLES")}

    def undo_by_hand(self):
        if "a" in self.columns():
            self.starrocks.apply("ALTER TABLE users DROP COLUMN a")
        self.starrocks.apply("DROP TABLE IF EXISTS other")

    def redo_by_hand(self):
        if "a" not in self.columns():
            self.starrocks.apply("ALTER TABLE users ADD COLUMN a INT NULL")
        if "other" not in self.tables():
            self.starrocks.apply(UPGRADE.split(";")[0])

    def check_abandoned(self, head):
        current = self.json("current")
        assert current["open_run"] is None and current["heads"] == [head] == self.alembic(), current
        run = self.json("history")["runs"][0]
        assert run["revision"] == "bbb" and run["status"] == "RUN_STATUS_ABANDONED" and run["finished_ts"], run
        assert run["error"].startswith("abandoned "), run

    def check_remaining(self, answer):
        """Each object that differs is named, and no other one is said to differ."""
        plan = answer["plan"]
        named = {one["object"]: one["state"].removeprefix("REMAINING_STATE_") for one in plan["remaining"]}
        drifted = set(self.json("check", "--drift", code=None)["drifted"])
        assert {name for name, state in named.items() if state in ("DIFFERS", "MISSING")} >= drifted, (named, drifted)
        assert {name for name, state in named.items() if state == "AS_RECORDED"}.isdisjoint(drifted), (named, drifted)
        return named


@pytest.fixture
def case(empty, start_server, starrocks, tmp_path):
    return Case(empty, start_server, starrocks, tmp_path)


@pytest.mark.parametrize("point", POINTS)
def test_an_upgrade_that_died_is_abandoned(case, point):
    case.dies(point, "upgrade", "head")
    named = case.check_remaining(case.abandon())
    assert ("other" in named) == ("other" in case.tables())
    assert ("users" in named and named["users"] == "DIFFERS") == ("a" in case.columns()), named
    case.check_abandoned(case.first)
    case.undo_by_hand()
    assert case.json("check", "--drift")["drifted"] == []
    case.upgrade()
    assert case.heads() == ["bbb"] == case.alembic() and case.columns() == ["id", "nm", "a"]
    case.downgrade("base")
    assert case.heads() == [] == case.alembic()


@pytest.mark.parametrize("point", POINTS)
def test_a_downgrade_that_died_is_abandoned(case, point):
    case.upgrade()
    case.dies(point, "downgrade", case.first)
    named = case.check_remaining(case.abandon())
    assert (named.get("other") == "MISSING") == ("other" not in case.tables()), named
    assert (named.get("users") == "DIFFERS") == ("a" not in case.columns()), named
    case.check_abandoned("bbb")
    case.redo_by_hand()
    assert case.json("check", "--drift")["drifted"] == []
    case.downgrade(case.first)
    assert case.heads() == [case.first] == case.alembic() and case.columns() == ["id", "nm"]


@pytest.mark.parametrize("point", ABANDON_POINTS)
def test_abandoning_that_dies_is_repeated(case, point):
    """The run had written alembic_version, and its record is missing."""
    case.dies("revision.before_finish=kill@1", "upgrade", "head")
    assert case.alembic() == ["bbb"] and case.heads() == [case.first]
    identifier = str(uuid.uuid4())
    case.dies(point, "repair", "--abandon", "--operation-id", identifier)
    ended = point.startswith("schema.after_commit")
    record = case.client.json("operation", identifier)["operation"]
    assert (record["status"] == "OPERATION_STATUS_SUCCEEDED") == ended, record
    assert (case.json("current")["open_run"] is None) == ended
    # The same operation again: where it had succeeded, it is only reported.
    answer = case.abandon("--operation-id", identifier)
    assert answer["heads"] == [case.first] and bool(answer["plan"]["revisions"]) == (not ended)
    case.check_abandoned(case.first)
    assert case.client.json("operation", identifier)["operation"]["status"] == "OPERATION_STATUS_SUCCEEDED"
    assert [run["status"] for run in case.json("history")["runs"]] == ["RUN_STATUS_ABANDONED", "RUN_STATUS_DONE"]


@pytest.mark.parametrize("point", ["revision.begun=error@1", "revision.before_finish=error@1"])
def test_abandoning_that_dies_is_no_obstacle_to_going_on(case, point):
    case.dies(point, "upgrade", "head")
    case.dies("revision.before_abandon_record=kill@1", "repair", "--abandon")
    case("repair", "-y", "--lock-timeout", "20s", *ONE_REPLICA)
    assert case.heads() == ["bbb"] == case.alembic() and case.columns() == ["id", "nm", "a"]


@pytest.mark.parametrize("point", ["revision.after_statement=kill@3", "revision.before_outcome=kill@4",
                                   "revision.after_intent=kill@4"])
def test_a_compensation_that_died_is_abandoned(case, point):
    """Two statements of `ccc` are done and the third fails, which its check cannot know; undoing them dies."""
    case.upgrade()
    case.write("ccc", "ALTER TABLE users ADD COLUMN b INT NULL;\nALTER TABLE users ADD COLUMN c INT NULL;\n"
                      "ALTER TABLE users ADD COLUMN d INT NULL TO nothing;",
               "ALTER TABLE users DROP COLUMN nothing;\nALTER TABLE users DROP COLUMN c;\n"
               "ALTER TABLE users DROP COLUMN b;", down="bbb")
    case.dies(point, "upgrade", "head", "--on-failure", "compensate")
    answer = case.abandon()
    statements = answer["plan"]["revisions"][0]["statements"]
    assert [(one["seq"], one["compensates"]) for one in statements][:3] == [(1, False), (2, False), (3, False)]
    assert any(one["compensates"] for one in statements) == (
        case.json("history")["runs"][0]["entries"][-1]["compensates"])
    case.check_remaining(answer)
    assert case.heads() == ["bbb"] == case.alembic() and case.json("current")["open_run"] is None
    for column in set(case.columns()) - {"id", "nm", "a"}:
        case.starrocks.apply(f"ALTER TABLE users DROP COLUMN {column}")
    assert case.json("check", "--drift")["drifted"] == []


# --- several heads ------------------------------------------------------------------------------------------
@pytest.fixture
def branches(case):
    """Two branches are applied; `mmm` merges them."""
    case.upgrade()
    case.write("ccc", "ALTER TABLE users ADD COLUMN c INT NULL;", "ALTER TABLE users DROP COLUMN c;", down=case.first)
    case.upgrade("heads")
    assert case.alembic() == ["bbb", "ccc"]
    case.write("mmm", "ALTER TABLE users ADD COLUMN m INT NULL;", "ALTER TABLE users DROP COLUMN m;", down="bbb, ccc")
    return case


MERGE_POINTS = ["revision.after_outcome=kill@1", "revision.version_row=kill@1", "revision.version_row=kill@2",
                "revision.before_finish=kill@1"]


@pytest.mark.parametrize("point", MERGE_POINTS)
def test_a_merge_that_died_is_abandoned(branches, point):
    branches.dies(point, "upgrade", "head")
    branches.abandon()
    assert branches.json("current")["heads"] == ["bbb", "ccc"] == branches.alembic()
    assert branches.json("check", "--drift", code=1)["drifted"] == ["users"]
    branches.starrocks.apply("ALTER TABLE users DROP COLUMN m")
    branches.upgrade()
    assert branches.heads() == ["mmm"] == branches.alembic()


@pytest.mark.parametrize("point", MERGE_POINTS)
def test_a_merge_that_was_being_undone_is_abandoned(branches, point):
    branches.upgrade()
    branches.dies(point, "downgrade", "-1")
    branches.abandon()
    assert branches.json("current")["heads"] == ["mmm"] == branches.alembic()
    assert branches.json("check", "--drift", code=1)["drifted"] == ["users"]


@pytest.mark.parametrize("point", MERGE_POINTS)
def test_a_merge_that_died_is_finished(branches, point):
    """Also where only the first of two rows of alembic_version was written."""
    branches.dies(point, "upgrade", "head")
    branches.upgrade("head", "--lock-timeout", "20s")
    assert branches.heads() == ["mmm"] == branches.alembic() and branches.columns()[-1] == "m"


def test_abandoning_a_merge_dies_between_two_rows(branches):
    branches.dies("revision.before_finish=kill@1", "upgrade", "head")
    assert branches.alembic() == ["mmm"]
    branches.dies("revision.version_row=kill@1", "repair", "--abandon")
    assert len(branches.alembic()) == 1
    branches.abandon()
    assert branches.json("current")["heads"] == ["bbb", "ccc"] == branches.alembic()
