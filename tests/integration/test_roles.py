# SPDX-License-Identifier: Apache-2.0
"""Roles: their table, and what a writer may run. test_role_matrix.py makes every call with every role."""

import json
import re
import subprocess
import uuid

import grpc
import pytest

from harness import access, paths, raw, revisions, schemas
from harness.client import Client
from harness.rules import RULES, SECURITY
from harness.server import gateway
from harness.valid_requests import revision


def test_the_table_is_that_of_the_code():
    table = subprocess.run([str(paths.SERVER), "roles"], capture_output=True, text=True, check=True).stdout
    assert table in SECURITY.read_text()


def test_what_the_issue_asks_of_roles():
    """Held by hand against the intent, whatever the code says of itself."""
    admin = {rpc for (rpc, what), roles in RULES.items() if roles == {"admin"}}
    assert {f"StateService.{m}" for m in ("Migrate", "Rollback")} <= admin
    assert {"OperationsService.Restore", "MaintenanceService.Compact", "MaintenanceService.DeleteExpired",
            "RevisionService.Downgrade", "RevisionService.Repair", "RevisionService.Stamp"} <= admin
    assert RULES["StateService.Import", "mode replace"] == {"admin"}
    assert RULES["StateService.Import", "mode merge"] == {"writer", "admin"}
    assert RULES["StateService.MigrateStateFile", ""] == {"writer", "admin"}
    assert RULES["RevisionService.Upgrade", "nothing is destroyed"] == {"writer", "admin"}


@pytest.fixture(scope="module")
def module_databases(_databases):
    yield _databases
    _databases.drop_made()


@pytest.fixture(scope="module")
def server(module_databases, _front_end, tmp_path_factory, stubs):
    """Two gateways on one state; principals by role on `local` alone."""
    from harness import starrocks
    from harness.server import Server
    database = module_databases.state()
    warehouse = starrocks.Database(_front_end)
    tokens = access.Tokens(tmp_path_factory.mktemp("tokens"))
    made = {role: tokens.create(role, **({"local": role} if role != "none" else {"elsewhere": "admin"}))
            for role in access.ROLES}
    block = gateway(database, connection=schemas.warehouse(_front_end, warehouse.name))
    running = Server({"local": block, "elsewhere": gateway(database)}, auth={"tokens_file": str(tokens.file)},
                     limits={"schema_lock_lease": revisions.LEASE})
    # For the tests here.
    running.tokens = made  # type: ignore[attr-defined]
    running.database = database  # type: ignore[attr-defined]
    running.warehouse = warehouse  # type: ignore[attr-defined]
    Client(running, STATESERVER_TOKEN=made["admin"]).ok("--gateway", "local", "compact", "-y")
    yield running
    assert running.stop() == 0, running.text()
    warehouse.drop()


def client_of(server, role):
    return Client(server, STATESERVER_TOKEN=server.tokens[role])


def test_gateways_shows_only_those_one_may_read(server):
    names = {role: [g["name"] for g in client_of(server, role).json("gateways")["gateways"]] for role in access.ROLES}
    assert names == {"none": ["elsewhere"], "reader": ["local"], "writer": ["local"], "admin": ["local"]}


def test_an_unknown_gateway_does_not_tell_of_others(server):
    error = client_of(server, "reader").refused("--gateway", "nowhere", "versions")
    assert error["reason"] == "GATEWAY_NOT_FOUND"
    assert error["hint"].startswith("You have a role on: local.")


def test_a_refusal_says_what_to_ask_for(server):
    error = client_of(server, "reader").refused("compact", "-y", code=3)
    assert error["message"] == ("'token:reader' has the role reader on gateway 'local', and MaintenanceService.Compact "
                                "needs admin")
    assert error["hint"] == "Ask an administrator for the role admin on gateway 'local'."


# Writers may create and extend. The text decides, whatever the notes claim. `t`, `v` and `m` are there.
TABLE = ("CREATE TABLE t (id INT NOT NULL, c INT NULL, s VARCHAR(20) NULL, d DATE NOT NULL) DUPLICATE KEY(id) "
         "PARTITION BY RANGE(d) (PARTITION p VALUES LESS THAN ('2026-01-01')) DISTRIBUTED BY HASH(id) BUCKETS 2 "
         'PROPERTIES ("replication_num" = "1")')
PLAIN = ["CREATE TABLE a (id INT)", "create view w as select 'drop' as x",
         "ALTER TABLE t ADD COLUMN x INT COMMENT 'drop me' AFTER c", "ALTER TABLE t ADD COLUMN (x INT, y INT)",
         "ALTER TABLE t ADD COLUMN x INT --\r, ADD INDEX i (c)", "ALTER TABLE t ADD ROLLUP r (id, c)",
         "ALTER TABLE t ADD PARTITION q VALUES LESS THAN ('2027-01-01')", "CREATE INDEX i ON t (c)",
         "ALTER TABLE t COMMENT = 'x'", "ALTER TABLE t MODIFY COLUMN c COMMENT 'x'",
         'ALTER TABLE t SET ("bloom_filter_columns" = "c")',
         "ALTER TABLE t MODIFY COLUMN c BIGINT", "ALTER TABLE t MODIFY COLUMN s VARCHAR(30)",
         "CREATE MATERIALIZED VIEW n AS SELECT id, c FROM t", "ALTER VIEW v AS SELECT 1",
         "REFRESH MATERIALIZED VIEW m", "ALTER MATERIALIZED VIEW m ACTIVE"]
DESTRUCTIVE = ["ALTER TABLE t ADD COLUMN x INT --\r, DROP COLUMN c", "ALTER TABLE t --\r DROP COLUMN c",
               "ALTER TABLE t REPLACE PARTITION (p) WITH TEMPORARY PARTITION (q)",
               'ALTER TABLE t SET ("partition_ttl" = "1 DAY")', 'ALTER TABLE t SET ("partition_live_number" = "1")',
               "ALTER TABLE t MODIFY COLUMN s INT",
               "ALTER TABLE t RENAME u", "ALTER TABLE t SWAP WITH other",
               "ALTER TABLE t RENAME COLUMN c TO e", "ALTER TABLE t RENAME PARTITION p q",
               "ALTER TABLE t DISTRIBUTED BY HASH(id) BUCKETS 4", "ALTER TABLE t DISTRIBUTED BY RANDOM",
               "ALTER TABLE t ORDER BY (id, c)", "ALTER TABLE t DROP PARTITION p", "ALTER TABLE t TRUNCATE PARTITION p",
               "ALTER TABLE t DROP COLUMN c", "ALTER TABLE t ADD COLUMN x INT, DROP COLUMN c",
               "ALTER TABLE t ADD COLUMN x INT /**/, DROP COLUMN c",
               "ALTER/**/TABLE t DROP/* x */COLUMN c", "ALTER TABLE t ADD COLUMN `a\\'` INT, DROP COLUMN c",
               "TRUNCATE TABLE t", "DELETE FROM t WHERE id = 1", "UPDATE t SET c = 1", "INSERT OVERWRITE t SELECT 1",
               # Schema changes are what writers are for, and an INSERT replaces rows of a primary key table.
               "INSERT INTO t SELECT * FROM t",
               # What stood there before is lost. ALTER VIEW names the view that it changes.
               "CREATE OR REPLACE VIEW v AS SELECT 1",
               "CREATE TABLE a AS SELECT 1", "CREATE VIEW w AS SELECT * FROM FILES('path'='s3://x')",
               "CREATE EXTERNAL TABLE e (a INT)", "DROP TABLE t",
               "GRANT ALL ON ALL TABLES TO x", "ADMIN SET FRONTEND CONFIG ('a'='b')",
               "CREATE USER u IDENTIFIED BY 'x'", "SELECT 1", "/*+ SET_VAR(a=1) */ CREATE TABLE a (id INT)"]
# Also refused to an admin, as the engine would; a writer learns only that the role is missing.
IMPOSSIBLE = ["INSERT INTO FILES('path'='s3://x') SELECT * FROM t",
              "ALTER TABLE nothing DROP COLUMN c",
              'ALTER TABLE t SET ("bucket_size" = "0", "partition_live_number" = "1")',
              'ALTER TABLE t SET ("dynamic_partition.start" = "-1")', 'ALTER TABLE t SET ("replication_num" = "1")',
              "ALTER TABLE t MODIFY COLUMN c SMALLINT", "ALTER TABLE t MODIFY COLUMN s VARCHAR(10)",
              "ALTER TABLE t MODIFY COLUMN c BIGINT NOT NULL"]


@pytest.fixture(scope="module")
def table(server):
    for statement in (TABLE, TABLE.replace("TABLE t", "TABLE other"), "CREATE VIEW v AS SELECT id FROM t",
                      "CREATE MATERIALIZED VIEW m REFRESH MANUAL AS SELECT id, c FROM t"):
        server.warehouse.run(statement)


def upgrade(server, stubs, role, statement, **options):
    """The reason of the refusal; None where the statement was run, or would be."""
    r = stubs.revisions
    text = revision("-- step: class=metadata destructive=false\n" + statement)
    made = r.RunOptions(scope=r.WarehouseScope(gateway="local"), operation_id=str(uuid.uuid4()), **options)
    messages = [r.UpgradeRequest(begin=r.UpgradeBegin(target="head", options=made)),
                r.UpgradeRequest(revision_file=r.RevisionFile(name="a.sql", text=text))]
    with server.channel() as channel:
        stub = stubs.revisions_grpc.RevisionServiceStub(channel)
        try:
            list(stub.Upgrade(iter(messages), metadata=[("authorization", f"Bearer {server.tokens[role]}")]))
            return None
        except grpc.RpcError as error:
            return raw.reason(stubs, error)


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize("statement", PLAIN + DESTRUCTIVE + IMPOSSIBLE)
def test_what_a_writer_may_run(server, stubs, statement):
    reasons = {role: upgrade(server, stubs, role, statement, dry_run=True) for role in ("writer", "admin")}
    assert reasons["admin"] != "ROLE_MISSING"
    if statement in PLAIN:
        assert reasons == {"writer": None, "admin": None}
    else:
        assert reasons["writer"] == "ROLE_MISSING"
        assert reasons["admin"] is not None or statement in DESTRUCTIVE


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize("statement", DESTRUCTIVE + IMPOSSIBLE)
def test_nothing_of_a_refused_upgrade_reaches_the_warehouse(server, stubs, statement):
    def there():
        log = server.warehouse.fault("LOG") if server.warehouse.simulated else []
        return log, server.warehouse.run("SHOW CREATE TABLE t"), server.warehouse.jobs(), server.warehouse.objects()

    before = there()
    # The first statement is allowed: it is not run either.
    assert upgrade(server, stubs, "writer", f"ALTER TABLE t COMMENT = 'changed';\n\n{statement}") == "ROLE_MISSING"
    assert there() == before


@pytest.mark.usefixtures("table")
def test_a_refusal_names_the_clause(server, tmp_path):
    (tmp_path / "revisions").mkdir()
    (tmp_path / "revisions" / "a.sql").write_bytes(revision("ALTER TABLE t ADD COLUMN x INT --\r, DROP COLUMN c"))
    error = client_of(server, "writer").refused("--gateway", "local", "schema", "upgrade", "head", "-y", code=3,
                                                cwd=tmp_path)
    assert error["reason"] == "ROLE_MISSING"
    assert re.match(r"Nothing was changed: statement 1 of revision '\w+' does more than create or extend "
                    r"\(DROP COLUMN\)\. ", error["message"])


def test_a_destructive_upgrade_changes_nothing(server, stubs):
    writer = client_of(server, "writer")
    before = json.dumps(writer.json("operations"))
    assert upgrade(server, stubs, "writer", "CREATE TABLE u (id INT);\n\nDROP TABLE u", dry_run=True) == "ROLE_MISSING"
    assert json.dumps(writer.json("operations")) == before, "a dry run leaves no record"
