# SPDX-License-Identifier: Apache-2.0
"""stateclient schema …, as a user runs it."""

import json
import re

import pytest

from harness import paths
from harness.client import DONE, FAILED, UNREACHABLE, USAGE, Client
from harness.random_schemas import Schema

TABLE = """CREATE TABLE shop (
  id INT NOT NULL COMMENT "number",
  nm VARCHAR(20) NULL COMMENT "name",
  qty INT NULL COMMENT "pieces"
)
DUPLICATE KEY(id)
COMMENT "what there is"
DISTRIBUTED BY HASH(id) BUCKETS 2
PROPERTIES ("replication_num" = "1");
"""
VIEW = "CREATE VIEW names AS SELECT id, nm FROM shop;\n"
MATERIALIZED = ('CREATE MATERIALIZED VIEW sums DISTRIBUTED BY HASH(id) REFRESH MANUAL '
                'PROPERTIES ("replication_num" = "1") '
                "AS SELECT id, sum(qty) AS n FROM shop GROUP BY id;\n")


@pytest.fixture
def project(starrocks, start_server, tmp_path):
    """A folder with a schema, and stateclient in it, on a gateway whose connection is a URL."""
    return Project(starrocks, Client(start_server({"prod": {"connection": starrocks.url}})), tmp_path)


class Project:
    def __init__(self, starrocks, client, folder):
        self.starrocks, self.client, self.folder = starrocks, client, folder
        self.name = starrocks.name
        (folder / "schema").mkdir()

    def write(self, **files):
        for name, text in files.items():
            (self.folder / "schema" / f"{name}.sql").write_text(text)

    def run(self, *arguments, code=DONE):
        result = self.client("schema", *arguments, cwd=self.folder)
        assert result.code == code, result
        return result

    def plan(self, *arguments, code=FAILED):
        return self.run("diff", "--format", "json", *arguments, code=code).json

    def apply(self):
        for step in self.plan()["steps"]:
            self.starrocks.apply(step["statement"])


def test_from_nothing_to_a_schema_and_on(project):
    project.write(shop=TABLE, names=VIEW, sums=MATERIALIZED)
    first = project.run("diff", code=FAILED)
    assert "3 changes in 3 objects: 0 jobs, 0 destructive, 0 refused" in first.out
    assert first.out.index("CREATE TABLE") < first.out.index("CREATE VIEW")
    project.apply()
    assert project.run("diff").out == "No differences\n"
    project.write(shop=TABLE.replace("qty INT", "qty BIGINT").replace("VARCHAR(20)", "VARCHAR(8)"))
    result = project.run("diff", code=FAILED)
    assert "MODIFY COLUMN `qty` BIGINT" in result.out and "-- column, job, not reversible" in result.out
    assert "ALTER MATERIALIZED VIEW `sums` ACTIVE" in result.out
    assert f"refused  {project.name}.shop column nm: Cannot shorten string length" in result.out
    assert "2 changes in 2 objects: 1 job, 0 destructive, 1 refused" in result.out


def test_the_json_of_a_plan(project):
    project.starrocks.apply(TABLE, VIEW)
    project.write(shop=TABLE.replace('  qty INT NULL COMMENT "pieces"', '  extra INT NULL COMMENT "more"').replace(
        "DUPLICATE KEY(id)", "DUPLICATE KEY(id, nm)"))
    plan = project.plan()
    assert set(plan) == {"steps", "refusals", "warnings", "unmanaged", "findings", "engine"}
    step = plan["steps"][0]
    assert step == {
        "object": f"{project.name}.shop", "class": "metadata", "job": False, "destructive": True,
        "statement": 'ALTER TABLE `shop` DROP COLUMN `qty`, ADD COLUMN `extra` INT NULL COMMENT "more"',
        "reversibility": "lossy", "irreversible": "What is dropped comes back without its data",
        "reverse": ['ALTER TABLE `shop` DROP COLUMN `extra`, ADD COLUMN `qty` INT NULL COMMENT "pieces"']}
    refusal, = plan["refusals"]
    assert refusal == {"object": f"{project.name}.shop", "attribute": "key", "from": "DUPLICATE KEY(id)",
                       "to": "DUPLICATE KEY(id, nm)", "reason": "Column nm cannot become a key",
                       "hint": "Rebuild the table. `--rebuild shop` allows it.", "rebuild": True}
    assert {"object": f"{project.name}.names", "kind": "view", "attribute": "",
            "reason": "it is not declared"} in plan["unmanaged"]
    assert {finding["rule"] for finding in plan["findings"]} == {"destructive", "not-reversible", "replication-one"}


def documented(what):
    """The keys that docs/cli-json.md gives a command or a list."""
    text = (paths.ROOT / "docs" / "cli-json.md").read_text().split("## Schema commands")[1].split("## Messages")[0]
    row, = (line for line in text.splitlines() if line.startswith("|") and f"`{what}`" in line.split("|")[1])
    return re.findall(r"`(\w+)`", row.split("|")[2])


def test_the_documented_keys(project):
    project.starrocks.apply(TABLE, VIEW)
    project.write(shop=TABLE.replace('COMMENT "what there is"', "").replace("BUCKETS 2", "BUCKETS 4").replace(
        "VARCHAR(20)", "VARCHAR(8)"))
    plan, inspected = project.plan(), project.run("inspect", "--format", "json").json
    assert list(plan) == documented("schema diff")
    assert list(inspected) == documented("schema inspect")
    assert list(project.run("init", "--format", "json").json) == documented("schema init")
    for name in ("steps", "refusals", "warnings", "unmanaged", "findings"):
        assert plan[name] and list(plan[name][0]) == documented(name), name
    assert list(inspected["objects"][0]) == documented("objects")
    assert list(plan["engine"]) == list(inspected["engine"]) == documented("engine")


def test_undeclared_objects_are_left_or_dropped(project):
    project.starrocks.apply(TABLE, VIEW, MATERIALIZED)
    project.write(shop=TABLE)
    assert project.plan(code=DONE)["steps"] == []
    dropped = project.plan("--drop-undeclared")
    assert [step["statement"] for step in dropped["steps"]] == ["DROP MATERIALIZED VIEW `sums`", "DROP VIEW `names`"]
    assert [step["statement"] for step in project.plan("--drop-undeclared", "--exclude", "su*")["steps"]] == [
        "DROP VIEW `names`"]
    (project.folder / ".schemaignore").write_text("# of others\nsu*\n\n")
    assert project.plan(code=DONE)["unmanaged"][0]["object"] == f"{project.name}.names"
    assert project.plan("--drop-undeclared", "--include", "sums", code=DONE)["steps"] == []
    (project.folder / ".schemaignore").write_text("names\n!sums\n")
    assert ".schemaignore:2: a line that begins with '!'" in project.run("diff", code=USAGE).err


def test_renames(project):
    project.starrocks.apply(TABLE)
    project.write(shop=TABLE.replace("shop", "store").replace(" nm ", " title "))
    plan = project.plan("--rename", "shop=store", "--rename", "store.nm=title")
    assert [step["statement"] for step in plan["steps"]] == [
        "ALTER TABLE `shop` RENAME `store`", "ALTER TABLE `store` RENAME COLUMN `nm` TO `title`"]
    for step in plan["steps"]:
        project.starrocks.apply(step["statement"])
    assert project.run("diff").out == "No differences\n"
    usage = project.run("diff", "--rename", "shop", code=USAGE).err
    assert "'shop' does not have the form OLD=NEW or TABLE.OLD=NEW." in usage


def test_denied_rules(project):
    project.starrocks.apply(TABLE)
    project.write(shop=TABLE.replace('nm VARCHAR(20) NULL COMMENT "name",\n', "").replace("BUCKETS 2", "BUCKETS 4"))
    result = project.run("diff", "--deny", "destructive,inactivates-mv", code=FAILED)
    assert "Error: 1 finding denied:\ndestructive:" in result.err
    assert json.loads(project.run("diff", "--format", "json", "--deny", "long-job", code=FAILED).err
                      )["error"]["reason"] == "DENIED"
    assert "denied" not in project.run("diff", "--deny", "missing-comment", code=FAILED).err


def test_check_says_what_differs(project):
    project.starrocks.apply(TABLE)
    project.write(shop=TABLE)
    assert project.run("check").out == "No differences\n"
    project.starrocks.apply("ALTER TABLE shop COMMENT = 'by hand'")
    result = project.run("check", code=FAILED)
    assert result.out.splitlines()[0] == f'differs  {project.name}.shop: ALTER TABLE `shop` COMMENT = "what there is"'


def test_files_against_files_need_no_warehouse(project, start_server):
    client = Client(start_server({"prod": {"connection": project.starrocks.url},
                                  "none": {"connection": {"type": "duckdb"}}}), STATESERVER_GATEWAY="none")
    (project.folder / "old.sql").write_text(TABLE)
    (project.folder / "new.sql").write_text(TABLE.replace("qty INT", "qty BIGINT"))
    result = client("schema", "diff", "--from", "old.sql", "--to", "new.sql", "--format", "json", cwd=project.folder)
    assert result.code == FAILED and result.json["steps"][0]["class"] == "column"
    old = client("schema", "diff", "--from", "old.sql", "--to", "new.sql", "--engine", "2.5.1", "--format", "json",
                 cwd=project.folder)
    assert old.json["engine"]["version"] == "2.5.1"
    live = client("schema", "diff", "--to", "new.sql", cwd=project.folder)
    assert live.code == USAGE and "Gateway 'none' has no StarRocks connection." in live.err


def test_check_fails_on_an_inactive_view(project):
    project.starrocks.apply(TABLE, MATERIALIZED, "ALTER MATERIALIZED VIEW sums INACTIVE")
    project.write(shop=TABLE, sums=MATERIALIZED)
    result = project.run("check", code=FAILED)
    assert f"{project.name}.sums: is inactive" in result.out and "No differences" not in result.out


# --- inspect --------------------------------------------------------------------------


@pytest.mark.streams
@pytest.mark.parametrize("seed", range(12))
def test_an_inspected_schema_is_equal(project, seed):
    project.starrocks.apply(*Schema(seed).sql())
    for _ in range(2):  # what is there already is written again where it is the same
        project.run("inspect", "--as", "sql", "-o", "schema")
    assert project.run("diff").out == "No differences\n"
    project.run("inspect", "--as", "sql", "--one-file", "-o", "all.sql")
    assert project.run("diff", "--to", "all.sql").out == "No differences\n"


def test_the_tables_of_an_inspection(project):
    project.starrocks.apply(TABLE, VIEW, MATERIALIZED, "ALTER TABLE shop ADD ROLLUP by_nm (nm, id)",
                            "ALTER MATERIALIZED VIEW sums INACTIVE")
    result = project.run("inspect")
    lines = [line.split() for line in result.out.splitlines()]
    assert lines[0][:3] == ["NAME", "KIND", "COLUMNS"]
    assert [line[:3] for line in lines[1:]] == [
        [f"{project.name}.names", "view", "2"], [f"{project.name}.shop", "table", "3"],
        [f"{project.name}.sums", "mv", "2"]]
    assert f"[WARNING] {project.name}.sums is inactive" in result.err
    objects = {o["object"].split(".")[1]: o for o in project.run("inspect", "--format", "json").json["objects"]}
    assert objects["shop"]["key"] == "DUPLICATE KEY(id)" and "ROLLUP (\n  `by_nm`" in objects["shop"]["statement"]
    assert objects["sums"]["inactive"] and not objects["names"]["inactive"]


def test_inspect_overwrites_nothing_else(project):
    project.starrocks.apply(TABLE, VIEW)
    (project.folder / "schema" / "shop.sql").write_text("-- mine\n")
    result = project.run("inspect", "--as", "sql", "-o", "schema", code=FAILED)
    assert "'schema/shop.sql' exists with different contents; nothing was written." in result.err
    assert not (project.folder / "schema" / "names.sql").exists()
    project.run("inspect", "--as", "sql", "-o", "schema", "--force")
    assert "CREATE TABLE" in (project.folder / "schema" / "shop.sql").read_text()


def test_init_makes_a_schema_that_can_be_applied(project):
    (project.folder / "schema").rmdir()
    result = project.run("init")
    assert "made   schema/customers.sql" in result.err
    project.apply()
    assert project.run("diff").out == "No differences\n"
    again = project.run("init", "--format", "json").json
    assert again["made"] == [] and "schema/customers.sql" in again["kept"]


# --- models ---------------------------------------------------------------------------


def models(project, *arguments, code=DONE):
    return project.run("diff", "--to", "models:shop_models", "--python", paths.PYTHON, *arguments, code=code)


@pytest.mark.slow
def test_the_models_of_a_team(project):
    (project.folder / "shop_models.py").write_text((paths.TESTS / "data" / "models" / "shop_models.py").read_text())
    plan = json.loads(models(project, "--format", "json", code=FAILED).out)
    assert [step["object"].split(".")[1] for step in plan["steps"]] == [
        "my_core_table", "my_orm_table", "user_stats_mv", "user_view"]
    for step in plan["steps"]:
        project.starrocks.apply(step["statement"])
    assert models(project).out == "No differences\n"
    # The same as SQL, and as the models that are made of it.
    project.run("inspect", "--as", "sql", "-o", "schema")
    assert project.run("diff").out == "No differences\n"
    project.run("inspect", "--as", "models", "-o", "made_models.py")
    assert project.run("diff", "--to", "models:made_models", "--python", paths.PYTHON).out == "No differences\n"


@pytest.mark.parametrize("seed", [
    seed if seed < 8 else pytest.param(seed, marks=pytest.mark.exhaustive) for seed in range(30)])
def test_models_that_are_made_say_the_same(project, seed):
    project.starrocks.apply(*Schema(seed).sql())
    project.run("inspect", "--as", "models", "-o", "made_models.py")
    text = (project.folder / "made_models.py").read_text()
    result = project.client("schema", "diff", "--to", "models:made_models", "--python", paths.PYTHON, "--format",
                            "json", cwd=project.folder)
    left = [step["statement"] for step in result.json["steps"]] + result.json["refusals"]
    if "# not expressible" not in text:
        assert left == [], result


@pytest.mark.parametrize("text, sentence", [
    (None, "No module named 'shop_models' here or on PYTHONPATH."),
    ("import sqlalchemy\nraise KeyError('boom')\n", "'shop_models' cannot be imported: KeyError: 'boom' ("),
    ("x = 1\n", "The module 'shop_models' has no MetaData."),
    ("from sqlalchemy import MetaData\na = MetaData()\nb = MetaData()\n", "has several MetaData: a, b."),
    ("print('hello')\nfrom sqlalchemy import *\nmetadata = MetaData()\n"
     "Table('t', metadata, Column('a', Integer), starrocks_primary_key='z')\n", "The dialect cannot compile 't':"),
])
def test_models_that_cannot_be_read(project, text, sentence):
    if text is not None:
        (project.folder / "shop_models.py").write_text(text)
    result = models(project, code=USAGE)
    assert sentence in result.err and not result.out


def test_a_python_without_the_dialect(project):
    result = project.run("diff", "--to", "models:x", "--python", "/usr/bin/python3", code=USAGE)
    assert "The package 'starrocks' is not installed for /usr/bin/python3" in result.err
    assert "pip install starrocks" in result.err
    assert "Cannot run the models' Python" in project.run("diff", "--to", "models:x", "--python", "/nowhere/python",
                                                         code=USAGE).err


# --- what is wrong with declarations -----------------------------------------------


@pytest.mark.parametrize("files, sentence", [
    ({"a": "CREATE TABLE t (k VARCHR(20));"}, "schema/a.sql:1:19: found `VARCHR`, expected a type"),
    ({"a": TABLE, "b": "\nCREATE VIEW shop AS SELECT 1 AS x;"},
     "schema/b.sql:2:1: DB.shop is declared twice; first at schema/a.sql:1:1"),
    ({"a": "CREATE VIEW v AS SELECT x FROM w;", "b": "CREATE VIEW w AS SELECT x FROM v;"},
     "schema/a.sql:1:1: DB.v reads itself: v -> w -> v"),
    ({"a": "CREATE TABLE other.t (k INT);"}, "schema/a.sql:1:1: other.t belongs to another database than DB"),
    ({"a": "DROP TABLE shop;"}, "found `DROP`, expected CREATE TABLE"),
])
def test_bad_declarations(project, files, sentence):
    project.write(**files)
    before = project.starrocks.printed()
    result = project.run("diff", code=USAGE)
    assert sentence.replace("DB", project.name) in result.err, result
    assert project.starrocks.printed() == before


def test_a_missing_relation_is_a_warning(project):
    project.write(a=TABLE, b="\nCREATE VIEW v AS SELECT x FROM nope;")
    result = project.run("diff", code=FAILED)
    assert f"reads {project.name}.nope, which is not declared and does not exist (schema/b.sql:2:1)" in (
        result.out + result.err)


def test_files_of_a_database_do_not_name_it(project):
    project.starrocks.apply(TABLE, VIEW)
    result = project.run("inspect", "--as", "sql")
    assert "FROM `shop`" in result.out or "FROM shop" in result.out
    assert f"`{project.name}`." not in result.out


def test_all_problems_are_told_at_once(project):
    project.write(a="CREATE TABLE (k INT);\nCREATE TABLE t (k INT);\nCREATE VIEW;\n", b="CREATE TABLE t (k INT)")
    lines = project.run("diff", code=USAGE).err.splitlines()
    assert [line.split(" ", 1)[0 if i else 1].split(":")[1] for i, line in enumerate(lines[:3])] == ["1", "3", "1"]


def test_an_unknown_name_is_a_warning(project):
    project.write(a=TABLE.replace("replication_num", "replicaton_num"))
    warnings = project.plan()["warnings"]
    assert [(one["attribute"], one["message"]) for one in warnings] == [(
        "property replicaton_num",
        "no known release of StarRocks has the property 'replicaton_num'; the nearest is 'replication_num'")]


def test_an_empty_folder_is_the_empty_schema_to_start_from(project):
    project.write(shop=TABLE)
    (project.folder / "nothing").mkdir()
    assert len(project.plan("--from", "nothing", "--engine", "4.0.4")["steps"]) == 1
    assert "'nothing' has no .sql file." in project.run("diff", "--to", "nothing", code=USAGE).err


def test_a_live_object_that_was_not_read_is_not_created(project):
    project.starrocks.apply(
        "CREATE EXTERNAL TABLE ext (k INT) ENGINE=mysql PROPERTIES ('host'='h', 'port'='3306', 'user'='u', "
        "'password'='secret', 'database'='d', 'table'='t')")
    project.write(ext="CREATE TABLE ext (k INT) DUPLICATE KEY(k) DISTRIBUTED BY HASH(k);", shop=TABLE)
    plan = project.plan()
    assert [step["object"] for step in plan["steps"]] == [f"{project.name}.shop"]
    assert [one["object"] for one in plan["refusals"]] == [f"{project.name}.ext"]
    assert plan["refusals"][0]["reason"].startswith("It exists, but was not read: ")


def test_what_models_cannot_say_stays(project):
    project.starrocks.apply(
        "CREATE TABLE t (k INT, v INT, INDEX ix (v) USING BITMAP) DUPLICATE KEY(k) DISTRIBUTED BY HASH(k) "
        "PROPERTIES ('replication_num'='1')")
    result = project.run("inspect", "--as", "models", "-o", "made_models.py")
    assert f"{project.name}.t INDEX `ix` (`v`) USING BITMAP: models cannot express it." in result.err
    checked = project.run("check", "--to", "models:made_models", "--python", paths.PYTHON, "--format", "json").json
    assert checked["steps"] == checked["refusals"] == []
    assert "index ix" in [one["attribute"] for one in checked["unmanaged"]]


def test_there_is_nothing_to_read(project):
    assert "'schema' has no .sql file." in project.run("diff", code=USAGE).err
    assert "'elsewhere' does not exist." in project.run("diff", "--to", "elsewhere", code=USAGE).err


# --- what goes wrong with the warehouse ------------------------------------------------


@pytest.fixture
def broken(start_simulator, start_server, tmp_path):
    """broken(connection changes, **options of the simulator) -> (simulator, Project)."""

    def make(server_block=None, **options):
        from harness.starrocks import Database
        simulator = start_simulator(**options)
        database = Database(simulator)
        database.apply(*[TABLE.replace("shop", f"shop{i}") for i in range(40)])
        block = {"type": "starrocks", "host": simulator.host, "port": simulator.port, "user": "root",
                 "password": simulator.password, "database": database.name, **(server_block or {})}
        return simulator, Project(database, Client(start_server({"prod": {"connection": block}})), tmp_path)
    return make


def test_a_refused_login(broken):
    _, project = broken({"password": "wrong"}, password="right")
    result = project.run("inspect", code=UNREACHABLE)
    assert "refuses the login of 'root'" in result.err and "wrong" not in result.err


def test_nobody_there(broken):
    simulator, project = broken()
    simulator.stop()
    result = project.run("inspect", code=UNREACHABLE)
    assert f"Cannot reach StarRocks at 127.0.0.1:{simulator.port}" in result.err


def test_a_wrong_database(broken):
    _, project = broken({"database": "nowhere"})
    assert "No database named 'nowhere'." in project.run("inspect", code=FAILED).err


def test_no_database(broken):
    _, project = broken({"database": None})
    assert "names no database" in project.run("inspect", code=FAILED).err


@pytest.mark.streams
@pytest.mark.parametrize("nth", [1, 3, 20, 60])
def test_a_connection_that_breaks_in_the_middle(broken, nth):
    simulator, project = broken()
    simulator.fault(f"DROP CONNECTION BEFORE STATEMENT {nth}")
    result = project.run("inspect", code=FAILED)
    assert f"The connection to StarRocks at 127.0.0.1:{simulator.port} was lost" in result.err
    assert len(project.run("inspect").out.splitlines()) == 41


@pytest.mark.streams
def test_a_slow_server_and_an_impatient_client(broken):
    simulator, project = broken()
    control = simulator.control()
    control.fault("HOLD STATEMENTS")
    result = project.client("schema", "inspect", "--timeout", "1", cwd=project.folder)
    assert result.code == FAILED and "took longer than the 1 seconds" in result.err, result
    control.fault("RELEASE STATEMENTS")


def test_an_object_that_goes_while_it_is_read(broken):
    simulator, project = broken()
    simulator.fault("FAIL STATEMENT 1 CODE 5502 MESSAGE 'Unknown table ''shop7''' LIKE 'SHOW CREATE TABLE'")
    result = project.run("inspect")
    assert "was not read" in result.err and len(result.out.splitlines()) == 40


def test_a_role_that_may_not_ask_for_the_run_mode(broken):
    simulator, project = broken()
    simulator.fault("FAIL STATEMENT 1 CODE 5203 MESSAGE 'Access denied' LIKE 'ADMIN SHOW'")
    assert project.run("inspect", "--format", "json").json["engine"]["shared_data"] is False


def test_a_configured_run_mode_counts_where_nothing_tells(broken):
    simulator, project = broken({"run_mode": "shared_data"})
    simulator.fault("FAIL STATEMENT 1 CODE 5203 MESSAGE 'Access denied' LIKE 'ADMIN SHOW'")
    assert project.run("inspect", "--format", "json").json["engine"]["shared_data"] is False  # the tables tell
    simulator.fault("FAIL STATEMENT 1 CODE 5203 MESSAGE 'Access denied' LIKE 'ADMIN SHOW'")
    engine = project.run("inspect", "--format", "json", "--include", "nothing").json["engine"]
    assert engine["shared_data"] is True


def test_an_engine_that_is_too_old(broken):
    _, project = broken(version="3.2.3")
    project.write(shop0=TABLE.replace("shop", "shop0").replace(" nm ", " title "))
    plan = project.plan("--include", "shop0", "--rename", "shop0.nm=title")
    assert plan["refusals"][0]["reason"] == "StarRocks 3.2.3 has no RENAME COLUMN; 3.3.2 and later have"


def test_tables_of_another_catalog_are_listed_and_no_more(project, start_server):
    project.starrocks.apply(TABLE, VIEW)
    name = project.name
    client = Client(start_server({"prod": {"connection": project.starrocks.url.replace(name, f"lake.{name}")}}))
    result = client("schema", "inspect", "--exclude", "names", cwd=project.folder)
    assert result.code == DONE and [line.split() for line in result.out.splitlines()[1:]] == [
        [f"lake.{name}.shop", "table", "-", "-", "-", "-", "-"]]
    project.write(shop=TABLE)
    for arguments in (("diff",), ("inspect", "--as", "sql")):
        refused = client("schema", *arguments, cwd=project.folder)
        assert "The catalog 'lake' is not StarRocks' own" in refused.err and refused.code in (FAILED, USAGE)


def test_globs_that_cost_too_much(project):
    """Each name is compared with every glob: a long one, and many, are refused before anything is read."""
    project.starrocks.apply(TABLE)
    for globs in (["*" * 1025], [f"{n:04}" + "*a" * 480 for n in range(70)]):
        arguments = [word for glob in globs for word in ("--exclude", glob)]
        result = project.client("--format", "json", "schema", "inspect", *arguments, cwd=project.folder)
        assert result.code == FAILED and result.error["reason"] == "ARGUMENT_INVALID", result
        assert "bytes; the limit is" in result.error["message"], result
    project.run("inspect", "--format", "json", "--include", "*" * 999)
