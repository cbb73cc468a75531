# SPDX-License-Identifier: Apache-2.0
"""Random models of every kind, as SQLMesh loads them."""

from __future__ import annotations

import functools
import pathlib
import random
import tempfile
from collections.abc import Callable
from typing import Any

from sqlmesh.core.audit import load_audit
from sqlmesh.core.dialect import parse
from sqlmesh.core.macros import macro
from sqlmesh.core.model import SeedModel, create_external_model, create_python_model, load_sql_based_model
from sqlmesh.core.signal import signal
from sqlmesh.utils.jinja import JinjaMacroRegistry, MacroExtractor
from sqlmesh.utils.metaprogramming import Executable, ExecutableKind

import codec_property

DIALECTS = [dialect for dialect in codec_property.DIALECTS if dialect != "oracle"]

EXPRESSIONS = ["1", "-1.5", "1e6", "'x'", "a", "a.b", "a + 1", "a * (b - 2)", "a || 'x'", "NOT a", "a = 1",
               "a <> b AND c", "a IS NOT NULL", "a IN (1, 2)", "a NOT IN ('x')", "a LIKE 'x'",
               "a BETWEEN 1 AND 2", "CAST(a AS INT)", "CAST(a AS DECIMAL(10, 2))", "a::date",
               "TRY_CAST(a AS VARCHAR)", "COALESCE(a, 0)", "LENGTH(a) > 3", "UPPER(TRIM(a))",
               "DATE_TRUNC('day', a)", "CASE WHEN a THEN 1 ELSE 2 END", "INTERVAL '1' DAY", "[1, 2]",
               "(1, 2)", "TRUE", "NULL", "@v", "@f(a)", "my_udf(a, 1)", "CONCAT(a, b)", "ROUND(a, 2)",
               "COUNT(*)", "a % 4", "MONTH(a)", "a < b OR c >= d", "ABS(-a)", "NULLIF(a, '')"]
PARTITIONS = ["a", "ds", "MONTH(ts)", "DATE_TRUNC('month', ts)", "DATE(ts)", "UPPER(a)", "\"A b\"",
              "CAST(ts AS DATE)", "bucket(4, id)", "YEAR(ts)", "TRUNC(ts)"]
QUERIES = ["SELECT a, b FROM t", "SELECT a, -- one\n b AS c -- two\nFROM t",
           "SELECT a /* x */, b /* y */ FROM t", "-- head\nSELECT a, 1 AS b FROM t -- tail",
           "WITH q AS (SELECT a -- in\n FROM t) SELECT a, UPPER(a) AS x -- up\n FROM q",
           "SELECT a -- x\n AS b, c FROM t", "SELECT * FROM t", "SELECT @v AS a -- m\n FROM t",
           "SELECT a, b FROM t WHERE ds BETWEEN @start_ds AND @end_ds",
           "SELECT a, -- the a\n b AS c /* the c */\nFROM t -- here\nWHERE ts BETWEEN @start_ts AND @end_ts -- last",
           "WITH q AS (SELECT a, ds -- no\n FROM t WHERE d >= @start_date)\nSELECT a, ds -- yes\nFROM q "
           "WHERE ds < @end_ds",
           "SELECT a, @start_ds AS s -- day\nFROM t", "SELECT a, -- the a\n @plus(a, 1) AS b\nFROM t",
           "SELECT @plus(a, 2) AS p FROM t",
           "JINJA_QUERY_BEGIN;\nSELECT {{ twice('a') }} AS a FROM t\nJINJA_END;"]
WHENS = ["WHEN MATCHED THEN UPDATE SET target.a = source.a",
         "WHEN MATCHED AND source.a > target.a THEN UPDATE SET target.a = source.a, target.b = COALESCE(source.b, 0)",
         "WHEN MATCHED AND source.del THEN DELETE WHEN MATCHED THEN UPDATE SET target.a = source.a",
         "WHEN MATCHED THEN UPDATE SET a = source.a WHEN NOT MATCHED THEN INSERT (a, b) VALUES (source.a, source.b)",
         "WHEN NOT MATCHED BY SOURCE THEN DELETE", "WHEN MATCHED AND (a = 1 OR source.b IN (1, 2)) THEN DELETE"]
RESTATED = ["", ", auto_restatement_cron '@weekly'", ", auto_restatement_cron '0 3 * * 1'"]
ON_CHANGE = ["", ", on_destructive_change allow", ", on_destructive_change ignore, on_additive_change error"]
CSV = ["", ", csv_settings (delimiter = ';', quotechar = '''', doublequote = true)",
       ", csv_settings (na_values = ['x', 'y'], keep_default_na = false)",
       ", csv_settings (na_values = (a = ['x', 1], b = 'z'), encoding = 'latin1', skipinitialspace = true)",
       ", batch_size 100"]

# SQLMesh stores the source of these two and reads their annotations: they have none.
def plus(evaluator, a, b):  # type: ignore[no-untyped-def]
    return f"{a} + {b}"


def ready(batch, context, value=1):  # type: ignore[no-untyped-def]
    return True


JINJA = "{% macro twice(x) %}{{ x }} + {{ x }}{% endmacro %}"


@functools.cache
def registries() -> tuple[Any, JinjaMacroRegistry, Any]:
    """A macro, a Jinja macro and a signal of this module."""
    macro("plus")(plus)
    signal("ready")(ready)
    jinja = JinjaMacroRegistry()
    jinja.add_macros(MacroExtractor().extract(JINJA, dialect=""))
    return macro.get_registry(), jinja, signal.get_registry()


def maybe(dice: random.Random, share: float, text: str) -> list[str]:
    return [text] if dice.random() < share else []


def kind(dice: random.Random) -> str:
    e = functools.partial(dice.choice, EXPRESSIONS)
    more = dice.choice(RESTATED) + dice.choice(ON_CHANGE)
    kinds: list[Callable[[], str]] = [
        lambda: "kind FULL", lambda: "kind VIEW" + dice.choice(["", " (materialized true)"]),
        lambda: "kind EMBEDDED",
        lambda: "kind INCREMENTAL_BY_TIME_RANGE (time_column " + dice.choice(
            ["ds", "(ds, '%Y-%m-%d')", '"D s"']) + dice.choice(
            ["", ", lookback 2, batch_size 3", ", forward_only true", ", partition_by_time_column false",
             ", disable_restatement true", ", auto_restatement_intervals 3"]) + more + ")",
        lambda: f"kind INCREMENTAL_BY_UNIQUE_KEY (unique_key ({e()}), merge_filter {e()})",
        lambda: f"kind INCREMENTAL_BY_UNIQUE_KEY (unique_key (id, b), when_matched ({dice.choice(WHENS)}){more})",
        lambda: "kind SCD_TYPE_2_BY_COLUMN (unique_key id, columns " + dice.choice(["[a, b]", "*"]) + dice.choice(
            ["", ", execution_time_as_valid_from true", ", updated_at_name upd"]) + ")",
        lambda: "kind SCD_TYPE_2_BY_TIME (unique_key (id, a)" + dice.choice(
            ["", ", updated_at_name upd", ", updated_at_as_valid_from true, time_data_type DATE",
             ", valid_from_name vf, valid_to_name vt, invalidate_hard_deletes true, batch_size 2"]) + ")",
        lambda: "kind INCREMENTAL_BY_PARTITION" + dice.choice(["", " (disable_restatement true)"])
                + f", partitioned_by ({dice.choice(PARTITIONS)})",
        lambda: "kind INCREMENTAL_UNMANAGED" + dice.choice(["", " (insert_overwrite true)"]),
        lambda: "kind CUSTOM (materialization 'my_mat'" + dice.choice(
            ["", f", materialization_properties (a = {e()}, 'b' = 'x')", ", batch_size 3, lookback 1",
             ", forward_only true, disable_restatement true, auto_restatement_cron '@daily'"]) + ")",
    ]
    return dice.choice(kinds)()


def header(dice: random.Random) -> str:
    """What stands in a MODEL block, but for its name and dialect."""
    e = functools.partial(dice.choice, EXPRESSIONS)
    head = kind(dice)
    parts = [head]
    if not any(word in head for word in ("VIEW", "EMBEDDED", "partitioned_by")):
        parts += maybe(dice, 0.4, f"partitioned_by ({dice.choice(PARTITIONS)}, part)")
        parts += maybe(dice, 0.2, f"clustered_by ({dice.choice(['b', 'b, c', 'UPPER(b)'])})")
    parts += maybe(dice, 0.3, f"audits (forall(criteria := ({e()}, {e()})), not_null(columns := (a,)))")
    parts += maybe(dice, 0.15,
                   "signals (" + dice.choice(["ready()", f"ready(value := {e()})", "ready(value := 'x')"]) + ")")
    parts += maybe(dice, 0.25, f"physical_properties (p = {e()}, 'q' = 'x')")
    parts += maybe(dice, 0.15, f"virtual_properties (v = {e()}, labels = [('a', 'b')])")
    parts += maybe(dice, 0.15, f"session_properties ('spark.x' = {e()}, s = 'y')")
    parts += maybe(dice, 0.2, "columns (a " + dice.choice(codec_property.TYPES) + ", b INT)")
    parts += maybe(dice, 0.3, "cron '" + dice.choice(["@daily", "*/5 * * * *", "0 3 * * 1"]) + "'")
    parts += maybe(dice, 0.2 * ("EMBEDDED" not in head), "grants ('select' = ['a', 'b'], 'insert' = 'c')")
    parts += maybe(dice, 0.1, "grain (id), references (ref_id, (a, b) AS r)")
    parts += maybe(dice, 0.1, "owner me, tags [t1, T2], stamp 'v1', start '2020-01-01', description 'it''s ü'")
    parts += maybe(dice, 0.1, "depends_on (db.other, db.third)")
    parts += maybe(dice, 0.1, "column_descriptions (a = 'the a')")
    parts += maybe(dice, 0.1, "gateway GW, optimize_query false, table_format iceberg, storage_format parquet")
    return ", ".join(parts)


def statements(dice: random.Random) -> tuple[str, str]:
    """What stands before and behind the query."""
    before = "".join(maybe(dice, 0.2,
                           f"{dice.choice(['SET x = 1', 'DROP TABLE IF EXISTS tmp', '@IF(TRUE, SELECT 1)'])};\n"))
    behind = "".join(maybe(dice, 0.2, ";\nDROP TABLE IF EXISTS tmp2"))
    behind += "".join(maybe(dice, 0.15, ";\nON_VIRTUAL_UPDATE_BEGIN;\nGRANT SELECT ON VIEW @this_model TO ROLE r;\n"
                                        "ON_VIRTUAL_UPDATE_END"))
    behind += "".join(maybe(dice, 0.15,
                            ";\nAUDIT (name my_audit, defaults (x = 1));\nSELECT * FROM @this_model WHERE a = @x"))
    return before, behind


def sql_model(dice: random.Random, dialect: str) -> tuple[Any, Any]:
    macros, jinja, signals = registries()
    before, behind = statements(dice)
    head = header(dice)
    if "AUDIT" in behind and "audits" not in head:
        head += f", audits (my_audit(x := {dice.choice(EXPRESSIONS)}))"
    text = f"MODEL (name db.t, dialect {dialect or 'duckdb'}, {head});\n{before}{dice.choice(QUERIES)}{behind}"
    blueprint = dice.choice([None, None, {"customer": "'x'", "n": 3}])
    model = load_sql_based_model(
        parse(text, default_dialect=dialect or "duckdb"), dialect=dialect, default_catalog="cat", macros=macros,
        jinja_macros=jinja, signal_definitions=signals, variables={"v": 1, "w": "x"}, blueprint_variables=blueprint)
    return text, model


def seed_model(dice: random.Random, dialect: str) -> tuple[Any, Any]:
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "s.csv").write_text("id,a\n1,x\n2,y\n")
        text = (f"MODEL (name db.t, dialect {dialect or 'duckdb'}, kind SEED (path 's.csv'{dice.choice(CSV)}), "
                f"columns (id INT, a {dice.choice(codec_property.TYPES)}))")
        model = load_sql_based_model(parse(text, default_dialect=dialect or "duckdb"), dialect=dialect,
                                     default_catalog="cat", path=pathlib.Path(folder) / "s.sql")
        assert isinstance(model, SeedModel)
        return text, model.to_dehydrated()  # as a state holds it


def python_model(dice: random.Random, dialect: str) -> tuple[Any, Any]:
    code = dice.choice(["def run(context, **kwargs):\n    return helper(1)",
                        "def run(context, start, end):\n    yield None"])
    env = {"run": Executable(payload=code, name="run", path="m.py"),
           "helper": Executable(payload="def helper(x):\n    return x + N", name="helper", path="m.py"),
           "N": Executable(payload=dice.choice(["3", "'ü'", "{'a': 1}"]), kind=ExecutableKind.VALUE),
           "np": Executable(payload="import numpy as np", kind=ExecutableKind.IMPORT)}
    if dice.random() < 0.3:
        env["helper"].is_metadata = True
    kinds = [{"name": "FULL"}, {"name": "INCREMENTAL_BY_TIME_RANGE", "time_column": "a"}]
    options: dict[str, Any] = {"kind": dice.choice(kinds)}
    if dice.random() < 0.3:
        options["cron"] = "@hourly"
    model = create_python_model("db.t", "run", env, columns={"a": dice.choice(["int", "text", "timestamp"])},
                                dialect=dialect, default_catalog="cat", depends_on={"db.other"}, **options)
    return (code, options), model


def external_model(dice: random.Random, dialect: str) -> tuple[Any, Any]:
    columns = {"a": dice.choice(codec_property.TYPES), "b": "int"} if dice.random() < 0.8 else None
    return ("external", columns), create_external_model("db.t", dialect=dialect, columns=columns, default_catalog="cat")


def audit(dice: random.Random, dialect: str) -> tuple[Any, Any]:
    macros, jinja, _ = registries()
    parts = ["name my_audit", f"dialect {dialect or 'duckdb'}", "standalone true"]
    parts += maybe(dice, 0.3, "cron '@weekly'") + maybe(dice, 0.3, "owner me, tags ['a'], description 'ü'")
    parts += maybe(dice, 0.3, f"defaults (x = {dice.choice(EXPRESSIONS)})") + maybe(dice, 0.3, "blocking false")
    text = f"AUDIT ({', '.join(parts)});\n{dice.choice(QUERIES[:8])}"
    return text, load_audit(parse(text, default_dialect=dialect or "duckdb"), dialect=dialect, macros=macros,
                            jinja_macros=jinja, default_catalog="cat", variables={"v": 1})


def any_model(dice: random.Random) -> tuple[str, Any, Any]:
    """(dialect, what it was made of, node); raises what SQLMesh raises for what it does not take."""
    dialect = dice.choice(DIALECTS)
    make = dice.choices([sql_model, seed_model, python_model, external_model, audit], [80, 5, 5, 4, 6])[0]
    return (dialect, *make(dice, dialect))
