# SPDX-License-Identifier: Apache-2.0
"""Where things are."""

import os
import pathlib
import sys

TESTS = pathlib.Path(__file__).resolve().parent.parent
ROOT = TESTS.parent
PROTO = ROOT / "proto"
CORPUS = TESTS / "data" / "sqlmesh"
BUILD = pathlib.Path(os.environ.get("STATESERVER_BUILD", ROOT / "build" / "debug")).resolve()
SERVER = BUILD / "server" / "stateserver"
PYTHON = sys.executable
CLIENT = BUILD / "client" / "stateclient"

# The release this stateserver writes; its dumps and files need no migration.
NEWEST = "0.236.4"
# Releases of the corpus whose unmigrated state can be exported (schema 77 on).
EXPORTABLE = ("0.176.0", "0.200.0", "0.213.0", "0.231.1")
# Releases of the corpus from before `state export` existed.
TOO_OLD = ("0.137.1", "0.150.0", "0.163.0")
# A dbt project's, made by tests/tools/make_dbt_state.py.
DBT = ("dbt-0.210.0",)
EVERY = TOO_OLD + EXPORTABLE + (NEWEST,)
