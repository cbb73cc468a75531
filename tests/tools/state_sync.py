#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Calls of the real SQLMesh's StateSync on a state database, which its command line has not.

  state_sync.py URL compact     StateSync.compact_intervals
  state_sync.py URL janitor     what the janitor does to the state (environments, snapshots, intervals) without
                                touching a warehouse; prints the physical tables it would drop, a JSON list
"""

from __future__ import annotations

import json
import logging
import os
import pathlib
import sys
import tempfile
from collections.abc import Callable
from typing import Any

os.environ.setdefault("SQLMESH__DISABLE_ANONYMIZED_ANALYTICS", "true")

import psycopg2
from sqlmesh.core.engine_adapter import create_engine_adapter
from sqlmesh.core.state_sync import EngineAdapterStateSync
from sqlmesh.core.state_sync.common import ExpiredBatchRange, RowBoundary, iter_expired_snapshot_batches
from sqlmesh.utils.date import now_timestamp


def open_state(connect: Callable[[], Any], cache: str) -> EngineAdapterStateSync:
    """`connect` makes a connection of psycopg2. `cache`: a folder of this run; snapshots of two states share names and
    identifiers."""
    adapter = create_engine_adapter(connect, "postgres")
    return EngineAdapterStateSync(adapter, schema="sqlmesh", cache_dir=pathlib.Path(cache))


def janitor(sync: EngineAdapterStateSync) -> list[str]:
    """Returns the physical tables, as SnapshotEvaluator.cleanup finds them."""
    now = now_timestamp()
    sync.delete_expired_environments(current_ts=now)
    found = []
    for batch in iter_expired_snapshot_batches(sync, current_ts=now):
        for task in batch.cleanup_tasks:
            snapshot = task.snapshot
            if not snapshot.is_model or snapshot.is_symbolic:
                continue
            found.append(snapshot.table_name(is_deployable=False))
            if not task.dev_table_only:
                found.append(snapshot.table_name(is_deployable=True))
        sync.delete_expired_snapshots(batch_range=ExpiredBatchRange(
            start=RowBoundary.lowest_boundary(), end=batch.batch_range.end))
    sync.compact_intervals()
    return sorted(found)


def main(url: str, command: str) -> None:
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="ss-cache-") as cache:
        sync = open_state(lambda: psycopg2.connect(url), cache)
        if command == "compact":
            sync.compact_intervals()
        elif command == "janitor":
            print(json.dumps(janitor(sync)))
        else:
            sys.exit(f"unknown command {command}")


if __name__ == "__main__":
    main(*sys.argv[1:])
