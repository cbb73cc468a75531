# SPDX-License-Identifier: Apache-2.0
"""What tests of StarRocks stand on: fresh databases, statements, jobs, printed DDL, faults."""

import pymysql
import pytest

from harness.starrocks import Database, RealServer, Simulator

SHOP = ('CREATE TABLE shop (id INT NOT NULL, nm VARCHAR(20) NULL) DUPLICATE KEY(id) DISTRIBUTED BY HASH(id) BUCKETS 1 '
        'PROPERTIES ("replication_num" = "1")')


def test_a_database_is_fresh_and_goes_with_its_test(starrocks):
    assert starrocks.printed() == {}
    second = Database(starrocks.server)
    second.apply(SHOP)
    assert starrocks.printed() == {} and list(second.printed()) == ["shop"]
    second.drop()
    assert second.name not in [name for (name,) in starrocks.run("SHOW DATABASES")]


def test_apply_waits_for_jobs_and_tells_instant_from_rewriting_ones(starrocks):
    assert starrocks.apply(SHOP) == []
    (kind, row), = starrocks.apply("ALTER TABLE shop ADD COLUMN v INT NULL")
    assert (kind, row["State"], row["Timeout"]) == ("COLUMN", "FINISHED", "1")
    (kind, row), = starrocks.apply("ALTER TABLE shop MODIFY COLUMN nm VARCHAR(40) NULL")
    assert (kind, row["State"], row["Timeout"]) == ("COLUMN", "FINISHED", "86400")
    assert "`nm` varchar(40) NULL" in starrocks.show_create("shop")


def test_objects_are_told_apart(starrocks):
    starrocks.apply(SHOP, "CREATE VIEW names AS SELECT nm FROM shop",
                    'CREATE MATERIALIZED VIEW per_id DISTRIBUTED BY HASH(id) REFRESH MANUAL PROPERTIES '
                    '("replication_num" = "1") AS SELECT id, count(*) AS n FROM shop GROUP BY id')
    assert starrocks.objects() == {"shop": "TABLE", "names": "VIEW", "per_id": "MATERIALIZED VIEW"}


def test_a_refusal_is_code_and_message(starrocks):
    starrocks.apply(SHOP)
    code, message = starrocks.error("ALTER TABLE shop DROP COLUMN nothing")
    assert code == 1064 and "nothing" in message
    with pytest.raises(AssertionError, match="should have been refused"):
        starrocks.error("ALTER TABLE shop COMMENT = 'x'")


def test_held_jobs_refuse_the_next_alter(starrocks):
    starrocks.apply(SHOP)
    starrocks.hold_jobs()
    starrocks.run("ALTER TABLE shop MODIFY COLUMN nm VARCHAR(40) NULL")
    assert "A schema change operation is in progress" in starrocks.error("ALTER TABLE shop COMMENT = 'x'")[1]


def test_faults_hit_the_statement_they_name_and_end_with_the_test(starrocks):
    starrocks.apply(SHOP)
    starrocks.fault("FAIL DDL 1 CODE 1999 MESSAGE 'disk on fire' LIKE 'shop'")
    assert starrocks.error("ALTER TABLE shop COMMENT = 'x'") == (1999, "disk on fire")
    starrocks.fault("DROP CONNECTION AFTER DDL 1")
    with pytest.raises(pymysql.err.OperationalError):
        starrocks.run("ALTER TABLE shop COMMENT = 'heard by nobody'")
    starrocks.reconnect()
    assert "heard by nobody" in starrocks.show_create("shop")
    starrocks.fault("FAIL DDL 1")
    starrocks.server.reset()
    starrocks.run("ALTER TABLE shop COMMENT = 'no fault is left'")


def test_a_simulator_of_its_own_keeps_its_state_and_asks_for_its_password(start_simulator, tmp_path):
    options = {"state": tmp_path / "catalog", "password": "geheim/1", "version": "4.0.6"}
    first = start_simulator(**options)
    database = Database(first)
    database.apply(SHOP)
    first.stop()
    assert first.process.poll() is not None
    second = start_simulator(**options)
    again = second.connect(database.name)
    with again.cursor() as cursor:
        cursor.execute("SELECT current_version()")
        assert cursor.fetchone()[0].startswith("4.0.6")
        cursor.execute("SHOW TABLES")
        assert cursor.fetchall() == (("shop",),)
    again.close()
    second.password = "wrong"
    with pytest.raises(pymysql.err.OperationalError, match="Access denied"):
        second.connect()


def test_a_simulator_that_can_not_start_says_so(start_simulator):
    running = start_simulator()
    with pytest.raises(RuntimeError, match="did not start"):
        Simulator(port=running.port)


def test_urls():
    server = RealServer("starrocks://a%40b:p%2Fw@fe.example:9031/")
    assert (server.host, server.port, server.user, server.password) == ("fe.example", 9031, "a@b", "p/w")
    assert server.url == "starrocks://a%40b:p%2Fw@fe.example:9031/"
    assert RealServer("starrocks://fe.example").port == 9030
    for wrong in ("mysql://root@fe:9030/", "starrocks://root@fe:9030/sales", "fe:9030"):
        with pytest.raises(ValueError, match="STARROCKS_URL must read"):
            RealServer(wrong)
