# SPDX-License-Identifier: Apache-2.0
"""Makes the state of a small dbt project with an older SQLMesh, and what the newest SQLMesh's migrate makes of it.

    PYTHONPATH=tests python tests/tools/make_dbt_state.py [--after] OLD_PYTHON NEW_PYTHON FOLDER

OLD_PYTHON has the older SQLMesh, NEW_PYTHON the newest, both with dbt (for tests/data/sqlmesh/dbt-0.210.0:
sqlmesh==0.210.0 and the newest, dbt-core==1.9.11, dbt-duckdb==1.9.6, pandas==2.3.3, duckdb==1.5.6). FOLDER gets
state_before.sql and export_all.json of the older, state_after.sql and export_after.json of the newest, and
upgraded.json: export_all.json imported by the older, migrated and exported by the newest. With --after, only the
newest's files are made, of the older's that FOLDER has.
"""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING

from harness.cluster import Cluster
from harness.database import Databases
from harness.sqlmesh import SQLMesh

if TYPE_CHECKING:
    from harness.database import Database

PROJECT = {
    "dbt_project.yml": """
name: harbour
version: '1.0'
config-version: 2
profile: harbour
model-paths: [models]
seed-paths: [seeds]
macro-paths: [macros]
test-paths: [tests]
models: {harbour: {+materialized: table}}
vars: {berths: 12, coast: 'north'}
""",
    "profiles.yml": """
harbour:
  target: dev
  outputs:
    dev: {type: duckdb, path: 'harbour.db', schema: harbour}
""",
    "config.py": """
from pathlib import Path
from sqlmesh.core.config import ModelDefaultsConfig, PostgresConnectionConfig
from sqlmesh.dbt.loader import sqlmesh_config
config = sqlmesh_config(
    Path(__file__).parent, model_defaults=ModelDefaultsConfig(start='2026-11-01'),
    state_connection=PostgresConnectionConfig(host='{host}', port={port}, user='{user}', password='{password}',
                                              database='{database}'))
""",
    "seeds/vessels.csv": "id,name,tonnage,built\n1,Anna,120.5,2001-05-06\n2,Bert,,2010-01-02\n3,\"Cem, jr\",88,\n",
    "macros/knots.sql": """
{% macro knots(column) %}({{ column }} * 1.944){% endmacro %}
{% macro stamp() %}{% if execute %}'run'{% else %}'parse'{% endif %}{% endmacro %}
""",
    "models/sources.yml": """
version: 2
sources:
  - name: raw
    schema: raw
    tables:
      - name: calls
        description: calls at the port
        columns: [{name: id, description: the call}]
""",
    "models/stg_calls.sql": """
{{ config(materialized='view', tags=['staging', 'Daily']) }}
select id, vessel_id, {{ knots('speed') }} as knots, called_at from {{ source('raw', 'calls') }}
where berth <= {{ var('berths') }}
""",
    "models/calls.sql": """
{{ config(materialized='incremental', unique_key='id', incremental_strategy='delete+insert', cron='@hourly',
          on_schema_change='append_new_columns', pre_hook="select 1", post_hook=["select 2", "select 3"]) }}
select c.id, v.name, c.knots, c.called_at, {{ stamp() }} as stamp
from {{ ref('stg_calls') }} c left join {{ ref('vessels') }} v on v.id = c.vessel_id
{% if is_incremental() %} where c.called_at > (select max(called_at) from {{ this }}) {% endif %}
""",
    "models/fleet.sql": """
{{ config(materialized='table', meta={'owner': 'harbour', 'level': 2}) }}
select name, count(*) as calls, max(knots) as top from {{ ref('calls') }} group by name
""",
    "models/night.sql": "{{ config(materialized='ephemeral') }}\nselect * from {{ ref('calls') }} where "
                        "hour(called_at) < 6",
    "models/late.sql": "select name, count(*) as n from {{ ref('night') }} group by 1",
    "models/schema.yml": """
version: 2
models:
  - name: calls
    description: "calls, with the vessel's name"
    columns:
      - {name: id, description: the call, data_type: integer, tests: [not_null, unique]}
      - {name: name, data_type: varchar}
      - {name: knots, description: 'speed in knots: ü', data_type: double}
      - {name: called_at, data_type: timestamp}
      - {name: stamp, data_type: varchar}
  - name: fleet
    columns: [{name: name, tests: [not_null]}, {name: calls, description: how often}]
  - name: stg_calls
    columns:
      - name: vessel_id
        tests: [{relationships: {to: ref('vessels'), field: id}}, {accepted_values: {values: [1, 2, 3], quote: false}}]
""",
    "tests/no_ghosts.sql": "select * from {{ ref('calls') }} where name is null and id < 0",
}
WAREHOUSE = """
import duckdb
con = duckdb.connect('harbour.db')
con.execute('create schema if not exists raw')
con.execute("create table raw.calls as select i as id, 1 + i % 3 as vessel_id, i * 1.5 as speed, i % 15 as berth, "
            "timestamp '2026-11-01' + interval (i) hour as called_at from range(40) t(i)")
"""
LATER = {"models/fleet.sql": PROJECT["models/fleet.sql"].replace("max(knots) as top",
                                                                 "max(knots) as top, min(knots) as low")}
NOW = ("--execution-time", "2026-11-22 12:00:00")


def write(folder: pathlib.Path, files: dict[str, str], database: Database) -> None:
    cluster = database.cluster
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name == "config.py":
            text = text.format(host=cluster.host, port=cluster.port, user=cluster.USER, password=cluster.password,
                               database=database.name)
        path.write_text(text)


def make_before(databases: Databases, old: str, out: pathlib.Path) -> None:
    database = databases.empty()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write(folder, PROJECT, database)
        subprocess.run([old, "-c", WAREHOUSE], check=True, cwd=folder)
        sqlmesh = SQLMesh(database, old, project=folder)
        sqlmesh.run("plan", "prod", "--no-prompts", "--auto-apply", "--skip-tests", *NOW)
        write(folder, LATER, database)
        sqlmesh.run("plan", "dev_a", "--no-prompts", "--auto-apply", "--skip-tests", *NOW)
    database.dump(out / "state_before.sql")
    SQLMesh(database, old).export(out / "export_all.json")


def make_after(databases: Databases, old: str, new: str, out: pathlib.Path) -> None:
    database = databases.empty()
    database.cluster.psql(database.name, out / "state_before.sql")
    newest = SQLMesh(database, new)
    (out / "migrate.console.txt").write_text(newest.migrate().stdout)
    database.dump(out / "state_after.sql")
    newest.export(out / "export_after.json")
    # The file is not all of the state: what becomes of it is another state than the migrated one.
    copy = databases.empty()
    imported = SQLMesh(copy, old)
    imported.migrate()
    imported.import_(out / "export_all.json")
    upgraded = SQLMesh(copy, new)
    upgraded.migrate()
    upgraded.export(out / "upgraded.json")


def main() -> None:
    arguments = sys.argv[1:]
    only_after = arguments[0] == "--after"
    old, new, folder = arguments[only_after:]
    old, new, out = os.path.abspath(old), os.path.abspath(new), pathlib.Path(folder).resolve()
    out.mkdir(parents=True, exist_ok=True)
    cluster = Cluster()
    try:
        databases = Databases(cluster)
        if not only_after:
            make_before(databases, old, out)
        make_after(databases, old, new, out)
    finally:
        cluster.destroy()


if __name__ == "__main__":
    main()
