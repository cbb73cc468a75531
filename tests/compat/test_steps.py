# SPDX-License-Identifier: Apache-2.0
"""The schema steps against SQLMesh's own migration modules, table by table."""

import importlib
import json
import logging
import pathlib
import pkgutil
import subprocess
import sys

import pytest
from sqlmesh import migrations
from sqlmesh.core import console
from sqlmesh.core.config.connection import PostgresConnectionConfig
from sqlmesh.core.dialect import extend_sqlglot

from harness import paths

REWRITER = f"{sys.executable} {pathlib.Path(__file__).parent / 'tools' / 'rewrite_payloads.py'}"
RELEASES = [release for release in paths.EVERY if release != paths.NEWEST] + list(paths.DBT)
TABLES = ("_snapshots", "_environments", "_intervals", "_auto_restatements",
          "_environment_statements", "_versions")
JSON_COLUMNS = ("snapshot", "snapshots", "previous_finalized_snapshots", "fingerprint")


class Warnings(console.NoopConsole):
    def __init__(self):
        self.texts = []

    def log_warning(self, short_message, *_args, **_kwargs):
        self.texts.append(short_message)


def theirs(database):
    """Runs SQLMesh's modules on the database; the warnings, by module."""
    logging.getLogger("sqlmesh").setLevel(logging.CRITICAL)
    extend_sqlglot()
    cluster = database.cluster
    adapter = PostgresConnectionConfig(
        host=cluster.host, port=cluster.port, user=cluster.USER, password=cluster.password,
        database=database.name).create_engine_adapter()
    start = database.versions()[0]
    warned = {}
    before = console.get_console()
    try:
        for module in sorted(m.name for m in pkgutil.iter_modules(migrations.__path__)):
            number = int(module[1:5])
            if number <= start:
                continue
            console.set_console(Warnings())
            script = importlib.import_module(f"sqlmesh.migrations.{module}")
            with adapter.transaction():
                script.migrate_schemas(engine_adapter=adapter, schema="sqlmesh")
                script.migrate_rows(engine_adapter=adapter, schema="sqlmesh")
            texts = getattr(console.get_console(), "texts", None)
            if texts:
                warned[str(number)] = texts
    finally:
        console.set_console(before)
        adapter.close()
    return warned


def ours(database, rewriter=REWRITER):
    done = subprocess.run(
        [paths.BUILD / "tests" / "steps_probe", database.url, str(database.versions()[0]),
         rewriter],
        capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def contents(database):
    """table -> rows, as dictionaries with their JSON parsed, in an order of their own."""
    out = {}
    for table in TABLES:
        rows = [json.loads(row) for row in database.rows(table)]
        for row in rows:
            for column in JSON_COLUMNS:
                if row.get(column) is not None:
                    row[column] = json.loads(row[column])
        out[table] = sorted(rows, key=lambda row: json.dumps(
            [row.get(key) for key in ("name", "identifier", "id", "environment_name")]))
    return out


def assert_same(databases, release, *edits):
    """Both migrate the corpus state of a release after the edits; ours is returned."""
    mine, other = databases.state(release), databases.state(release)
    for edit in edits:
        mine.execute(edit)
        other.execute(edit)
    report = ours(mine)
    assert report.get("error") is None, report
    assert report["warnings"] == theirs(other)
    left, right = contents(mine), contents(other)
    for table in TABLES:
        assert len(left[table]) == len(right[table]), table
        for a, b in zip(left[table], right[table]):
            assert a == b, table
    return mine


@pytest.mark.parametrize("release", RELEASES)
def test_corpus(databases, release):
    assert_same(databases, release)


def edit(path, value, where="true"):
    """Sets a value inside the documents of the snapshots that `where` selects."""
    literal = json.dumps(value).replace("'", "''")
    return (f"UPDATE sqlmesh._snapshots SET snapshot = jsonb_set(snapshot::jsonb, '{{{path}}}', "
            f"'{literal}')::text WHERE {where}")


SOME = "identifier IN (SELECT identifier FROM sqlmesh._snapshots ORDER BY 1 LIMIT 3)"


def test_dbt(databases):
    """92, 95 and 98."""
    assert_same(databases, "0.213.0",
                edit("node,dbt_name", "model.shop.orders", SOME),
                edit("node,jinja_macros", {"create_builtins_module": "sqlmesh.dbt"}, SOME))
    assert_same(databases, "0.200.0",
                edit("node,columns", {"a": "INT"}, SOME),
                edit("node,jinja_macros", {"create_builtins_module": "sqlmesh.dbt"}, SOME))


def test_dictionaries_that_85_left(databases):
    """86 looks only where the state was at 85."""
    assert_same(databases, "0.200.0", "UPDATE sqlmesh._versions SET schema_version = 85",
                edit("node,python_env", {"d": {"kind": "value", "payload": "{'b': 1}"}}, SOME))
    assert_same(databases, "0.200.0",
                edit("node,python_env", {"d": {"kind": "value", "payload": "{'b': 1}"}}, SOME))


def test_blueprint_variables_that_collide(databases):
    payload = "{'Ab': 1, 'ab': 2, 'C': 3, 'Straße': SqlValue(sql='x'), 'ÄÖ': [1, {'z': 1, 'a': 2}]}"
    assert_same(databases, "0.176.0", edit("node,python_env", {
        "__sqlmesh__blueprint__vars__": {"kind": "value", "payload": payload}}, SOME))


def test_variables_python_cannot_read(databases):
    assert_same(databases, "0.200.0", edit("node,python_env", {
        "__sqlmesh__vars__": {"kind": "value", "payload": "{'a': <object>}"}}, SOME))


@pytest.mark.parametrize("statement", [
    "SELECT @f(x)", "SELECT @g(x)", "SELECT '@f(x)'", "SELECT @f", "SELECT 1 /* @f(x) */",
    "JINJA_STATEMENT_BEGIN; {{ f(x) }} @f(x); JINJA_END;"])
def test_macros_of_metadata_statements(databases, statement):
    assert_same(databases, "0.163.0",
                edit("node,python_env", {"f": {"kind": "definition", "payload": "def f(x):\n  pass",
                                               "name": "f", "path": "m.py"}}),
                edit("node,on_virtual_update", [statement]))


def test_statements_that_stand_twice(databases):
    assert_same(databases, "0.176.0", edit("node,post_statements", ["SELECT 1", "SELECT 1"], SOME))


@pytest.mark.parametrize("signal", [
    "(table_name = 'it''s', \"Ds\" = @end_ds, hour = 1 + 2)", "(a = TRUE, b = NULL, c = -1.5)",
    "(a = (1, 2), b = ARRAY(1, 2), c = CAST('2020-01-01' AS DATE))", "(a.b = x.y)",
    "(f = MY_F(1, @v))"])
def test_signals(databases, signal):
    assert_same(databases, "0.137.1", edit("node,signals", [signal], SOME))


def test_intervals_of_unused_versions(databases):
    """71: of snapshots that are gone, of versions nobody has, of no identifier."""
    assert_same(databases, "0.150.0",
                f"DELETE FROM sqlmesh._snapshots WHERE {SOME}",
                "UPDATE sqlmesh._intervals SET identifier = NULL WHERE id IN "
                "(SELECT id FROM sqlmesh._intervals ORDER BY id LIMIT 5)",
                "UPDATE sqlmesh._intervals SET version = 'none' WHERE id IN "
                "(SELECT id FROM sqlmesh._intervals ORDER BY id DESC LIMIT 5)")


def test_large_documents_are_the_same(databases):
    """Documents and lists that are not fetched in batches."""
    assert_same(databases, "0.137.1",
                edit("node,description", "ä'\\\"" * 30000, SOME),
                "UPDATE sqlmesh._environments SET snapshots = (SELECT json_agg(x)::text FROM "
                "json_array_elements(snapshots::json) x, generate_series(1, 800)) "
                "WHERE name = 'prod'")


def test_partitions_no_release_could_read_keep_their_parentheses(databases):
    state = databases.state("0.176.0")
    state.execute(edit("node,partitioned_by", ["(a)", "(x % 4)"], SOME))
    assert "error" not in ours(state)
    assert state.scalar(f"SELECT snapshot::json->'node'->>'partitioned_by' FROM sqlmesh._snapshots "
                        f"WHERE {SOME} LIMIT 1") == '["a", "(x % 4)"]'


REFUSED = {
    "no json": ("UPDATE sqlmesh._snapshots SET snapshot = '{' WHERE " + SOME, "STATE_CORRUPT",
                "its JSON"),
    "null": ("UPDATE sqlmesh._snapshots SET snapshot = NULL WHERE " + SOME, "STATE_CORRUPT",
             "snapshot is NULL"),
    "no node": (edit("node", 1, SOME), "STATE_CORRUPT", "node is not a JSON object"),
    "hash": (edit("fingerprint,data_hash", 1, SOME), "STATE_CORRUPT",
             "fingerprint.data_hash is not text"),
    "environment": ("UPDATE sqlmesh._environments SET snapshots = 'x' WHERE name = 'prod'",
                    "STATE_CORRUPT", "Environment 'prod'"),
    "column": ("ALTER TABLE sqlmesh._snapshots DROP COLUMN kind_name", "STATE_CORRUPT",
               "column kind_name of table _snapshots is missing"),
    "type": ("ALTER TABLE sqlmesh._intervals ALTER COLUMN is_dev TYPE text", "STATE_CORRUPT",
             "column is_dev of table _intervals has the type text instead of boolean"),
    "newer": ("ALTER TABLE sqlmesh._snapshots ADD COLUMN forward_only boolean", "STATE_CORRUPT",
              "column forward_only of table _snapshots exists already"),
    "table": ("DROP TABLE sqlmesh._intervals", "STATE_CORRUPT", "table _intervals is missing"),
    "definition": (edit("node,python_env", {"f": {"kind": "definition", "payload": "def ("}}, SOME),
                   "STATE_CORRUPT", "node.python_env['f'].payload cannot be read by Python"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refusals_name_the_row(databases, case):
    change, reason, words = REFUSED[case]
    state = databases.state("0.137.1")
    state.execute(change)
    before = state.fingerprint()
    answer = ours(state)
    assert answer["reason"] == reason and words in answer["error"], answer
    assert state.fingerprint() == before


def test_a_snapshot_that_stands_twice(databases):
    state = databases.state("0.137.1")
    key = state.scalar("SELECT conname FROM pg_constraint WHERE conrelid = "
                       "'sqlmesh._snapshots'::regclass AND contype = 'p'")
    state.execute(f'ALTER TABLE sqlmesh._snapshots DROP CONSTRAINT "{key}"')
    state.execute(f"INSERT INTO sqlmesh._snapshots SELECT * FROM sqlmesh._snapshots WHERE {SOME}")
    assert "more than once" in ours(state)["error"]


def test_python_is_asked_for_by_name(databases):
    answer = ours(databases.state("0.137.1"), rewriter="-")
    assert answer["reason"] == "PYTHON_NEEDED" and "node.python_env['" in answer["error"]
