# SPDX-License-Identifier: Apache-2.0
"""Where things are."""

import os
import pathlib
import re
import sys

TESTS = pathlib.Path(__file__).resolve().parent.parent
ROOT = TESTS.parent
PROTO = ROOT / "proto"
CORPUS = TESTS / "data" / "sqlmesh"
BUILD = pathlib.Path(os.environ.get("STATESERVER_BUILD", ROOT / "build" / "debug")).resolve()
SERVER = BUILD / "server" / "stateserver"
PYTHON = sys.executable
CLIENT = BUILD / "client" / "stateclient"

# A row of the server's table of releases: schema version, sqlglot, releases (scripts/follow-sqlmesh writes it).
_ROW = re.compile(r'^\{(\d+), "([\d.]+)", "([\d. ]+)"\},$', re.M)


def _newest() -> tuple[int, str, str]:
    schema, sqlglot, releases = _ROW.findall((ROOT / "server/sqlmesh/store/releases_table.inc").read_text())[-1]
    return int(schema), sqlglot, releases.split()[-1]


def _numbers(release: str) -> tuple[int, ...]:
    return tuple(map(int, release.split(".")))


# The `_versions` that this stateserver writes: schema version, sqlglot, SQLMesh.
NEWEST_VERSIONS = _newest()
NEWEST_SCHEMA, NEWEST_SQLGLOT, NEWEST = NEWEST_VERSIONS
# The releases of the corpus, oldest first. The newest's dumps and files need no migration.
EVERY = tuple(sorted((path.name for path in CORPUS.iterdir() if re.fullmatch(r"\d+\.\d+\.\d+", path.name)),
                     key=_numbers))
# Those from before `state export` existed.
TOO_OLD = tuple(release for release in EVERY if _numbers(release) < (0, 171, 0))
# Those whose unmigrated state can be exported (schema 77 on).
EXPORTABLE = tuple(release for release in EVERY if release not in (*TOO_OLD, NEWEST))
# A dbt project's, made by tests/tools/make_dbt_state.py.
DBT = ("dbt-0.210.0",)
