# SPDX-License-Identifier: Apache-2.0
"""Behaviour of a real 4.0 front end that no line of the corpus holds; on the simulator or on a real server."""

import pytest

TAIL = ' DUPLICATE KEY(id) DISTRIBUTED BY HASH(id) BUCKETS 1 PROPERTIES ("replication_num" = "1")'
SHOP = "CREATE TABLE shop (id INT NOT NULL, nm VARCHAR(20) NULL, qty INT NULL)" + TAIL
DAYS = ("CREATE TABLE days (d DATE NOT NULL, v INT) DUPLICATE KEY(d) PARTITION BY date_trunc('day', d) "
        'DISTRIBUTED BY HASH(v) BUCKETS 1 PROPERTIES ("replication_num" = "1")')
PER_ID = ('CREATE MATERIALIZED VIEW per_id DISTRIBUTED BY HASH(id) REFRESH DEFERRED MANUAL PROPERTIES '
          '("replication_num" = "1") AS SELECT id, sum(qty) AS n FROM shop GROUP BY id')
REWRITE = "ALTER TABLE shop MODIFY COLUMN nm VARCHAR(40) NULL"


@pytest.fixture
def shop(starrocks):
    starrocks.apply(SHOP)
    return starrocks


def test_swap_looks_at_the_state_of_the_first_table_only(shop):
    shop.apply(SHOP.replace("shop", "twin"))
    shop.hold_jobs()
    shop.run(REWRITE)
    assert "in progress on the table shop" in shop.error("ALTER TABLE shop SWAP WITH twin")[1]
    shop.run("ALTER TABLE twin SWAP WITH shop")


def test_a_dropped_table_takes_its_job_with_it(shop):
    shop.hold_jobs()
    shop.run(REWRITE)
    shop.run("DROP TABLE shop")
    (_, row), = shop.wait_for_jobs()
    assert row["State"] == "CANCELLED"


def test_a_later_clause_adds_a_column_of_the_same_name_in_vain(shop):
    shop.apply("ALTER TABLE shop ADD COLUMN z INT NULL, ADD COLUMN Z INT NULL")
    assert "`z` int(11)" in shop.show_create("shop") and "`Z`" not in shop.show_create("shop")


def test_coarser_partitions_are_a_job_and_no_change_of_the_scheme(starrocks):
    starrocks.apply(DAYS)
    before = starrocks.show_create("days")
    (kind, row), = starrocks.apply("ALTER TABLE days PARTITION BY date_trunc('month', d)")
    assert (kind, row["State"]) == ("OPTIMIZE", "FINISHED") and starrocks.show_create("days") == before
    assert starrocks.error("ALTER TABLE days PARTITION BY date_trunc('hour', d)")[0] == 5064


def test_list_partitions_keep_their_names(starrocks):
    starrocks.apply("CREATE TABLE zones (id INT NOT NULL, z VARCHAR(5) NOT NULL) DUPLICATE KEY(id) "
                    "PARTITION BY LIST(z) (PARTITION a VALUES IN ('x'))" + TAIL.removeprefix(" DUPLICATE KEY(id)"))
    assert "single partitioned" in starrocks.error("ALTER TABLE zones RENAME PARTITION a b")[1]


@pytest.mark.parametrize("statement", [
    SHOP.replace("shop", "x" * 1025),
    SHOP.replace("shop", "other").replace('("repl', '("persistent_index_type" = "LOCAL", "repl'),
    'ALTER TABLE shop SET ("table_query_timeout" = "5")',
    "SHOW ALTER TABLE COLUMN WHERE JobId = 5",
], ids=["long-name", "persistent-index-type", "query-timeout", "where-job-id"])
def test_refused(shop, statement):
    shop.error(statement)


def test_an_empty_boolean_is_false(shop):
    shop.apply('ALTER TABLE shop SET ("enable_statistic_collect_on_first_load" = "")')
    assert '"enable_statistic_collect_on_first_load" = "false"' in shop.show_create("shop")


def test_a_replaced_view_keeps_its_security_and_never_goes_back_to_none(shop):
    shop.apply("CREATE VIEW v SECURITY INVOKER AS SELECT id FROM shop",
               "CREATE OR REPLACE VIEW v AS SELECT nm FROM shop")
    assert "SECURITY INVOKER" in shop.show_create("v")
    shop.apply("CREATE OR REPLACE VIEW v SECURITY NONE AS SELECT nm FROM shop")
    assert "SECURITY INVOKER" in shop.show_create("v")
    shop.apply("ALTER VIEW v SET SECURITY NONE", "CREATE OR REPLACE VIEW v SECURITY INVOKER AS SELECT id FROM shop")
    assert "SECURITY INVOKER" in shop.show_create("v")


def test_materialized_view_properties_and_refresh(shop):
    shop.apply(PER_ID)
    assert "REFRESH DEFERRED MANUAL" in shop.show_create("per_id")
    shop.apply("ALTER MATERIALIZED VIEW per_id REFRESH DEFERRED ASYNC EVERY(INTERVAL 5 SECOND)")
    assert "REFRESH DEFERRED ASYNC EVERY(INTERVAL 5 SECOND)" in shop.show_create("per_id")
    unpartitioned = PER_ID.replace("per_id", "other").replace('("repl', '("partition_refresh_number" = "2", "repl')
    assert shop.error(unpartitioned)[0] == 6013
    shop.apply('ALTER MATERIALIZED VIEW per_id SET ("partition_refresh_number" = "2")')
    shop.error('ALTER MATERIALIZED VIEW per_id SET ("session.query_timeout" = "")')


def test_a_default_is_printed_as_java_writes_a_string(starrocks):
    # 4.0: a slash has a backslash in a default, and none in a comment.
    starrocks.apply(r'CREATE TABLE t (id INT NOT NULL, v VARCHAR(20) DEFAULT "n/a" COMMENT "n/a", '
                    r'w VARCHAR(20) DEFAULT "a\nb\tc\bd", x VARCHAR(20) DEFAULT "1\\/2")' + TAIL)
    shown = starrocks.show_create("t")
    for text in (r'DEFAULT "n\/a" COMMENT "n/a"', r'DEFAULT "a\nb\tc\bd"', r'DEFAULT "1\\\/2"'):
        assert text in shown, (text, shown)
