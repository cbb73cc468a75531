# SPDX-License-Identifier: Apache-2.0
"""What the SQLMesh of this interpreter stores of models, and what its `state export` makes of the stored text.

  spell_snapshots.py [--every N] [--random N] [--seed S] [--project DIRECTORY[,DIRECTORY] ...] [--import MODULE ...]

One JSON object per line on stdout: {"what", "schema", "sqlglot", "stored" (a text), "exported" (a record)}. The models
are each N-th of those below and of codec_property's, N random ones, and those of the projects, loaded for duckdb.
Runs under every release from 0.176.0 on.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import inspect
import itertools
import json
import logging
import os
import pathlib
import random
import sys
from collections.abc import Iterator
from typing import Any

os.environ.setdefault("SQLMESH__DISABLE_ANONYMIZED_ANALYTICS", "true")

from sqlmesh.core.config import Config, DuckDBConnectionConfig, GatewayConfig, ModelDefaultsConfig
from sqlmesh.core.context import Context
from sqlmesh.core.dialect import parse
from sqlmesh.core.model import SeedModel, load_sql_based_model
from sqlmesh.core.snapshot import Snapshot
from sqlmesh.core.state_sync.base import SCHEMA_VERSION
from sqlmesh.core.state_sync.db.snapshot import _snapshot_to_json, parse_snapshot
from sqlmesh.core.state_sync.export_import import _dump_pydantic_model

import codec_property
import random_models

# Values of columns: the fields of a snapshot that its stored text does not hold.
COLUMNS: dict[str, Any] = {"updated_ts": 1, "unpaused_ts": None, "unrestorable": False, "forward_only": False,
           "next_auto_restatement_ts": None}
MORE_HEADERS = [
    "kind INCREMENTAL_BY_UNIQUE_KEY (unique_key (id)), partitioned_by (MONTH(ds)), grain (id), tags (t)",
    "kind INCREMENTAL_BY_UNIQUE_KEY (unique_key (COALESCE(id, '')), merge_filter (target.a > source.a))",
    "kind INCREMENTAL_BY_TIME_RANGE (time_column (ds)), references (a), depends_on (db.x), clustered_by (\"A b\")",
    "kind SCD_TYPE_2_BY_COLUMN (unique_key (id), columns (a), updated_at_name upd)",
    "kind SCD_TYPE_2_BY_TIME (unique_key id, updated_at_name (upd)), physical_properties (a = 1)",
    "kind CUSTOM (materialization 'm', materialization_properties (a = 1)), partitioned_by (bucket(4, id))",
    "kind FULL, clustered_by (a)", "kind FULL, clustered_by (a, \"B c\", UPPER(b))", "kind FULL, partitioned_by a",
    "kind FULL, partitioned_by (a, DATE_TRUNC('month', ts), truncate(4, b), (c))",
    "kind INCREMENTAL_BY_TIME_RANGE (time_column ts), partitioned_by (days(ts), x), clustered_by [b, c]",
    "kind INCREMENTAL_BY_UNIQUE_KEY (unique_key [id, 'x'], when_matched WHEN MATCHED THEN UPDATE SET"
    " target.a = COALESCE(source.a, target.a), target.\"B b\" = 1)",
    "kind INCREMENTAL_BY_UNIQUE_KEY (unique_key id, when_matched (WHEN MATCHED AND source.a <> 'it''s' THEN UPDATE"
    " SET a = source.a::int WHEN NOT MATCHED BY SOURCE THEN DELETE WHEN NOT MATCHED THEN INSERT (a, b)"
    " VALUES (source.a, CAST(source.b AS TEXT))), merge_filter source.ds > dateadd(day, -7, target.ds))",
    "kind SCD_TYPE_2_BY_TIME (unique_key \"I d\", updated_at_name \"Upd at\", time_data_type TIMESTAMPTZ)",
    "kind SCD_TYPE_2_BY_COLUMN (unique_key (id, lower(a)), columns [a, \"B b\"], valid_from_name VF)",
    "kind FULL, grains (a, (b, c)), references ((a, b) as Ref, \"Q r\", c AS \"Z\")",
    "kind FULL, physical_properties (a = 1, 'b.c' = 'x', d = (k = 1), e = [1, 'x'], f = true, g = cast(a as text),"
    " h = \"Q\"), virtual_properties (v = 'x'), session_properties (s = 1, 'spark.x' = '2')",
    "kind FULL, signals (random_models_ready(a := 1, b := (1, 'x')))",
    "kind FULL, audits (not_null(columns := (a)), unique_values(columns := [a, b], condition := a > 1 AND b = 'x'),"
    " accepted_range(column := a, min_v := 1, inclusive := false), forall(criteria := (a::int > 1)))",
]
BODIES = [
    "SELECT a, b::int AS b FROM db.src WHERE ds > '2020-01-01'",
    "JINJA_STATEMENT_BEGIN;\nSET x = {{ 1 }};\nJINJA_END;\nJINJA_QUERY_BEGIN;\nSELECT {{ 'a' }} AS a FROM db.src\n"
    "JINJA_END;\nJINJA_STATEMENT_BEGIN;\nDROP TABLE {{ this }};\nJINJA_END;",
    "SET x = 1;\nCREATE TABLE IF NOT EXISTS db.z AS select 1 as Y;\nSELECT a FROM db.src;\ndrop table if exists db.z;\n"
    "ON_VIRTUAL_UPDATE_BEGIN;\nGRANT SELECT ON VIEW @this_model TO ROLE r;\nJINJA_STATEMENT_BEGIN;\n"
    "{{ grant('x') }}\nJINJA_END;\nON_VIRTUAL_UPDATE_END;",
    "@DEF(x, 1);\nselect @x as a, @each([a,b], y -> y + 1), @IF(@x > 1, c, d) from db.src;\n@create_index('a', 1);",
]


def record(node: Any, nodes: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """(stored text, exported record) of a node."""
    if isinstance(node, SeedModel):
        node = node.to_dehydrated()
    snapshot = Snapshot.from_node(node, nodes=nodes)
    snapshot.version = snapshot.fingerprint.to_version()
    stored = _snapshot_to_json(snapshot)
    known = inspect.signature(parse_snapshot).parameters
    loaded = parse_snapshot(stored, **{name: value for name, value in COLUMNS.items() if name in known})
    return stored, _dump_pydantic_model(loaded)


def own_models(every: int) -> Iterator[tuple[str, Any]]:
    types = (f'kind FULL, columns (id INT, "Col B" {each}, c {each})' for each in codec_property.TYPES)
    heads = [*codec_property.HEADERS, *types]
    made = [(head, BODIES[0]) for head in heads] + list(itertools.product(MORE_HEADERS, BODIES))
    for dialect, (head, body) in list(itertools.product(codec_property.DIALECTS, made))[::every]:
        text = f"MODEL (name db.t, dialect {dialect or 'duckdb'}, {head});\n{body}"
        try:
            yield f"{dialect}: {text}", load_sql_based_model(
                parse(text, default_dialect=dialect or "duckdb"), dialect=dialect, default_catalog="cat",
                variables={"x": 1})
        except Exception:
            continue  # not in this dialect, or not yet in this release


def random_ones(count: int, seed: int) -> Iterator[tuple[str, Any]]:
    for number in range(count):
        try:
            dialect, text, node = random_models.any_model(random.Random(seed * 1_000_003 + number))
        except Exception:
            continue
        yield f"{dialect}: {text}", node


def project_nodes(paths: list[str]) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    for path in paths:
        gateway = GatewayConfig(connection=DuckDBConnectionConfig())
        config = Config(gateways={"": gateway}, model_defaults=ModelDefaultsConfig(dialect="duckdb"))
        context = Context(paths=path.split(","), config=config)
        nodes = {**context.models, **context.standalone_audits}
        for name, node in nodes.items():
            yield f"{pathlib.Path(path).name}: {name}", node, nodes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--random", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--project", action="append", default=[])
    parser.add_argument("--import", dest="modules", action="append", default=[], help="such as of materializations")
    parser.add_argument("--every", type=int, default=0, help="0: none")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    out, sys.stdout = sys.stdout, sys.stderr
    for module in options.modules:
        importlib.import_module(module)
    versions = {"schema": SCHEMA_VERSION, "sqlglot": importlib.metadata.version("sqlglot")}
    alone = [*(own_models(options.every) if options.every else ()), *random_ones(options.random, options.seed)]
    for what, node, nodes in [*((what, node, {}) for what, node in alone), *project_nodes(options.project)]:
        try:
            stored, exported = record(node, nodes)
        except Exception as error:  # SQLMesh cannot read what it stored
            print(f"{what}: {error!r}"[:300], file=sys.stderr)
            continue
        print(json.dumps({"what": what, **versions, "stored": stored, "exported": exported}), file=out)


if __name__ == "__main__":
    main()
