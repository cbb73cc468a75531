# SPDX-License-Identifier: Apache-2.0
"""Views whose queries the engine prints otherwise than they were declared: after an upgrade nothing differs."""

import pytest

from harness.random_queries import TABLES, Queries, missing_kinds
from harness.revisions import ONE, ONE_REPLICA, Project, configuration
from harness.starrocks import Database

PARTS, EACH = 6, 50

LEFT = f"CREATE TABLE a (id INT NOT NULL, k INT NULL) DUPLICATE KEY(id) DISTRIBUTED BY HASH(id) BUCKETS 1 {ONE};"
RIGHT = LEFT.replace("TABLE a", "TABLE b").replace("k INT", "n INT")
# The syntax does not show what these become: which columns `*` has after USING, and those of another database.
USING = "SELECT * FROM a JOIN b USING (id)"


@pytest.fixture
def project(gateways, start_server, starrocks, tmp_path):
    """No server dies here, so that locks are held as long as they are elsewhere."""
    return Project(start_server(gateways), starrocks, tmp_path)


def queries_of(part):
    return Queries(part).make(EACH)


def declare_views(project, queries):
    project.declare(**{f"v{at}": f"CREATE VIEW v{at} AS {query};" for at, query in enumerate(queries)})


def shown_views(project):
    return {name: text for name, text in project.starrocks.printed().items() if name.startswith("v")}


def test_the_queries_are_of_every_kind():
    assert not missing_kinds([query for part in range(PARTS) for query in queries_of(part)])


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_nothing_differs_after_an_upgrade(project, part):
    """Nor after the way back, which puts the queries back that the engine printed: they do not grow."""
    queries = queries_of(part)
    project.declare(**TABLES)
    declare_views(project, queries)
    first = project.autogenerate("views")
    project.upgrade()
    assert project.agrees(), project("diff", code=None)
    shown = shown_views(project)
    assert len(shown) == EACH
    declare_views(project, queries[1:] + queries[:1])
    project.autogenerate("other queries")
    for _ in range(2):
        project.upgrade()
        assert project.agrees(), project("diff", code=None)
        project.downgrade(first)
        assert shown_views(project) == shown
    declare_views(project, queries)
    assert project.agrees(), project("diff", code=None)


# --- what the journal knows ------------------------------------------------------------------------------------
@pytest.fixture
def far(starrocks):
    """A second database on the same server."""
    database = Database(starrocks.server)
    database.run(LEFT.rstrip(";"))
    yield database
    database.drop()


@pytest.fixture
def views(project, far):
    """Views that only the journal knows to be equal, beside others. Materialized views are shown as they were made."""
    project.declare(a=LEFT, b=RIGHT, v=f"CREATE VIEW v AS {USING};", w=f"CREATE VIEW w AS SELECT * FROM {far.name}.a;",
                    m=f"CREATE MATERIALIZED VIEW m DISTRIBUTED BY HASH(id) BUCKETS 1 REFRESH MANUAL {ONE} AS {USING};",
                    plain="CREATE VIEW plain AS SELECT id + 1 AS k FROM a;")
    project.first = project.autogenerate("views")
    project.upgrade()
    return project


def differing(project):
    plan = project.json("diff", code=None)
    return {one["object"].split(".")[-1] for one in plan["steps"] + plan["refusals"]}


def test_the_journal_knows_what_the_engine_made_of_a_query(views, empty):
    assert differing(views) == set()
    assert views("check").code == 0
    assert views.json("check", "--drift")["drifted"] == []
    assert views.json("revision", "--autogenerate", "-m", "none")["revision"] is None
    rows = empty.execute("SELECT object, revision, declared FROM stateserver.revision_queries WHERE object = 'v'")
    assert [tuple(row) for row in rows] == [("v", views.first, USING)]


def test_a_journal_of_an_earlier_release(views, empty):
    """It has no such table, and queries are compared by their syntax; the next run makes it."""
    empty.execute("DROP TABLE stateserver.revision_queries")
    assert differing(views) == {"v", "w"}
    views.write("next", "ALTER VIEW v AS SELECT id FROM a;", f"ALTER VIEW v AS {USING};", down=views.first)
    views.upgrade()
    views.downgrade(views.first)
    assert differing(views) == {"w"}
    assert views.heads() == [views.first]


def test_a_view_that_was_changed_by_hand_differs(views):
    views.starrocks.run("ALTER VIEW v AS SELECT id FROM a")
    assert differing(views) == {"v"}
    assert views.json("check", "--drift", code=None)["drifted"] == ["v"]
    views.starrocks.run(f"ALTER VIEW v AS {USING}")
    assert differing(views) == set()


def test_a_view_that_was_dropped_and_created_again_is_equal(views):
    views.starrocks.run("DROP VIEW v")
    assert differing(views) == {"v"}
    views.starrocks.run(f"CREATE VIEW v AS {USING}")
    assert differing(views) == set()


def test_another_query_or_another_column_is_a_difference(views):
    views.declare(v=f"CREATE VIEW v AS {USING} WHERE k > 1;")
    assert differing(views) == {"v"}
    views.declare(v=f"CREATE VIEW v AS {USING};", b=RIGHT.replace("n INT NULL", "n INT NULL, more INT NULL"))
    assert differing(views) == {"b", "v"}
    views.declare(b=RIGHT, v="create view V_ as select * -- both\nfrom a join b using(id);".replace("V_", "v"))
    assert differing(views) == set()


def test_another_comment_leaves_the_query(views):
    """The undo puts the declared query back, not what the engine made of it."""
    views.declare(v=f'CREATE VIEW v COMMENT "seen" AS {USING};')
    text = views.path(views.autogenerate("comment")).read_text()
    assert text.count(USING) == 2 and "`a`" not in text
    views.upgrade()
    assert differing(views) == set()
    views.downgrade(views.first)
    views.declare(v=f"CREATE VIEW v AS {USING};")
    assert differing(views) == set()


def test_a_star_over_a_view_with_columns_that_the_engine_named(project):
    project.declare(a=LEFT, v="CREATE VIEW v AS SELECT id + 1, abs(k) FROM a;", w="CREATE VIEW w AS SELECT * FROM v;")
    project.autogenerate("views")
    project.upgrade()
    assert differing(project) == set()


def test_a_stamp_asks_the_engine(views, empty):
    empty.execute("DELETE FROM stateserver.revision_queries")
    views.starrocks.run("ALTER VIEW w AS SELECT id FROM a")
    assert differing(views) == {"v", "w"}
    views("stamp", "head", "-y", "--force", *ONE_REPLICA)
    assert differing(views) == {"w"}
    assert "stateserver__query" not in views.starrocks.objects()
    views.starrocks.run("CREATE VIEW stateserver__query AS SELECT 1")  # somebody else's
    empty.execute("DELETE FROM stateserver.revision_queries")
    views("stamp", "head", "-y", "--force", *ONE_REPLICA)
    assert differing(views) == {"v", "w"}
    assert "stateserver__query" in views.starrocks.objects()


def test_a_stamp_is_not_refused_for_a_query_with_a_star(views, empty):
    empty.execute("DELETE FROM stateserver.revision_queries")
    views("stamp", "head", "-y", *ONE_REPLICA)
    assert differing(views) == set()


def test_what_is_known_of_one_database_is_not_used_in_another(views, far, start_server, empty, tmp_path):
    far.run(RIGHT.rstrip(";"))
    far.run(f"CREATE VIEW v AS {USING}")
    folder = tmp_path / "far"
    folder.mkdir()
    other = Project(start_server(configuration(empty, far.server, far.name)), far, folder)
    other.declare(a=LEFT, b=RIGHT, v=f"CREATE VIEW v AS {USING};")
    assert differing(other) == {"v"}


