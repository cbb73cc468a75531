# SPDX-License-Identifier: Apache-2.0
"""Snapshots of many kinds in many dialects, and what SQLMesh makes of them."""

from __future__ import annotations

import copy
import itertools
import json
import logging
import re
import subprocess
from collections.abc import Iterable, Iterator
from typing import Any

from sqlmesh.core.dialect import parse
from sqlmesh.core.model import SeedModel, load_sql_based_model
from sqlmesh.core.snapshot import Snapshot
from sqlmesh.core.state_sync.db.snapshot import _snapshot_to_json, _snapshots_to_df, parse_snapshot
from sqlmesh.core.state_sync.export_import import _dump_pydantic_model

from harness import paths

logging.disable(logging.WARNING)

DIALECTS = ["duckdb", "postgres", "bigquery", "snowflake", "redshift", "databricks", "spark", "hive",
            "trino", "clickhouse", "mysql", "tsql", "starrocks", "athena", "risingwave", "fabric",
            "oracle", ""]
TYPES = ["INT", "BIGINT", "TEXT", "STRING", "VARCHAR(10)", "DOUBLE", "FLOAT", "REAL", "DECIMAL",
         "DECIMAL(10,2)", "NUMERIC(18, 4)", "BOOL", "DATE", "TIMESTAMP", "TIMESTAMP(3)", "DATETIME",
         "TIMESTAMPTZ", "JSON", "VARBINARY", "INT[]", "DECIMAL[]", "ARRAY<STRUCT<a INT>>",
         "STRUCT<a INT, B VARCHAR(3)>", "STRUCT(a INT, b DECIMAL)", "MAP<STRING, INT>"]
HEADERS = [
    "kind FULL", "kind VIEW (materialized true)", "kind EMBEDDED",
    "kind INCREMENTAL_BY_TIME_RANGE (time_column ds, lookback 2, batch_size 3, forward_only true)",
    "kind INCREMENTAL_BY_TIME_RANGE (time_column (ds, '%Y-%m-%d'), on_destructive_change allow)",
    "kind INCREMENTAL_BY_UNIQUE_KEY (unique_key (id, COALESCE(a, '')), when_matched (WHEN MATCHED"
    " AND source.a > target.a THEN UPDATE SET target.a = source.a WHEN MATCHED THEN DELETE),"
    " merge_filter target.ds > '2020-01-01' and source.id is not null)",
    "kind INCREMENTAL_BY_PARTITION, partitioned_by (a, ds)",
    "kind INCREMENTAL_UNMANAGED (insert_overwrite true)",
    "kind SCD_TYPE_2_BY_TIME (unique_key id, updated_at_name upd)",
    "kind SCD_TYPE_2 (unique_key (id, a), valid_from_name vf, valid_to_name vt,"
    " time_data_type DATE, invalidate_hard_deletes true)",
    "kind SCD_TYPE_2_BY_COLUMN (unique_key id, columns [a, b])",
    "kind SCD_TYPE_2_BY_COLUMN (unique_key id, columns *, execution_time_as_valid_from true)",
    "kind FULL, partitioned_by (MONTH(ts), bucket(4, id), (x % 4)), clustered_by (b, c)",
    "kind FULL, physical_properties (a = 1, 'b' = 'x', d = (k = 1), e = true), tags (t1, T2),"
    " grains (id, (a, b)), references (ref_id, COALESCE(x, y) as z)",
    "kind FULL, audits (not_null(columns := (id, a)), accepted_values(column := a,"
    " is_in := ('x', 'y''z')), forall(criteria := (id > 0, LENGTH(a) < 3)))",
    "kind FULL, owner me, description 'it''s \"q\" ü', start '2020-01-01', end '1 week ago',"
    " cron '5 4 * * 1', cron_tz 'America/New_York', interval_unit hour, allow_partials true,"
    " stamp 'v1', table_format iceberg, gateway GW, optimize_query false, formatting false,"
    " column_descriptions (id = 'the id', a = 'x'), depends_on (db.other)",
    "kind FULL, grants ('select' = ['a','b'], 'insert' = 'c'), grants_target_layer all",
    "kind CUSTOM (materialization 'my_mat', materialization_properties (a = 1), batch_size 3)",
]


def models() -> Iterator[tuple[str, Any]]:
    """(what, model) of all that SQLMesh takes."""
    for dialect in DIALECTS:
        heads = HEADERS + [f'kind FULL, columns (id INT, "Col B" {t}, c {t})' for t in TYPES]
        for head in heads:
            sql = (f"MODEL (name db.t, dialect {dialect or 'duckdb'}, {head});\n"
                   "SELECT id, a, b, c, ds, ts, vf, vt, upd FROM db.src -- one\nWHERE x = 'y'")
            try:
                yield f"{dialect}: {head}", load_sql_based_model(
                    parse(sql, default_dialect=dialect or "duckdb"), dialect=dialect,
                    default_catalog="cat")
            except Exception:
                continue  # not in this dialect


def exports() -> Iterator[tuple[str, str, Any]]:
    """(what, stored text, the record SQLMesh exports)."""
    for what, model in models():
        snapshot = Snapshot.from_node(model, nodes={})
        snapshot.version = snapshot.fingerprint.to_version()
        stored = _snapshot_to_json(snapshot)
        try:
            loaded = parse_snapshot(stored, 1, None, False, False, None)
        except Exception:
            continue  # SQLMesh cannot read what it stored
        yield what, stored, _dump_pydantic_model(loaded)


def imported(record: dict[str, Any]) -> dict[str, Any]:
    """The row SQLMesh's import writes."""
    snapshot = Snapshot.model_validate(copy.deepcopy(record))
    if isinstance(snapshot.node, SeedModel):
        snapshot = snapshot.copy(update={"node": snapshot.node.to_dehydrated()})
    row = _snapshots_to_df([snapshot]).to_dict("records")[0]
    row = {key: None if value != value else value for key, value in row.items()}
    row["snapshot"] = json.loads(row["snapshot"])
    row["fingerprint"] = json.loads(row["fingerprint"])
    return row


def refusal(record: dict[str, Any]) -> str | None:
    """SQLMesh's sentence without its links and without unknown fields, which are kept here; or None."""
    try:
        Snapshot.model_validate(copy.deepcopy(record))
    except Exception as error:
        head, *lines = [line for line in str(error).split("\n") if "For further" not in line]
        if "[type=extra_forbidden," not in str(error):
            return "\n".join([head, *lines])
        kept = [pair for pair in zip(lines[::2], lines[1::2], strict=True) if "[type=extra_forbidden," not in pair[1]]
        if not kept:
            return None
        number = f"{len(kept)} validation error{'s' if len(kept) > 1 else ''} for"
        return "\n".join([re.sub(r"^\d+ validation errors? for", number, head), *itertools.chain(*kept)])
    return None


def same(ours: Any, theirs: Any) -> bool:
    """Equal with the order of keys; depends_on is a set."""
    texts = []
    for value in (ours, theirs):
        value = copy.deepcopy(value)
        node = value.get("snapshot", value).get("node", {})
        if "depends_on" in node:
            node["depends_on"].sort()
        texts.append(json.dumps(value))
    return texts[0] == texts[1]


def ask(questions: Iterable[dict[str, Any]]) -> list[Any]:
    text = "".join(json.dumps(question) + "\n" for question in questions)
    done = subprocess.run([str(paths.BUILD / "tests" / "codec_probe")], input=text.encode(),
                          capture_output=True, check=True)
    return [json.loads(line) for line in done.stdout.decode().split("\n")[:-1]]
