# SPDX-License-Identifier: Apache-2.0
"""Migrate of a state of schema 60 to the newest: this product beside SQLMesh, and at several sizes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import measure
from harness import paths
from harness.database import Database
from subjects import Peer, Product

if TYPE_CHECKING:
    from harness.cluster import Cluster

OLD = "0.137.1"


class OldStates:
    """A database with an old state of about so many snapshots, cloned for every run."""

    def __init__(self, cluster: Cluster, snapshots: int) -> None:
        self.cluster = cluster
        self.template = cluster.create()
        cluster.psql(self.template, paths.CORPUS / OLD / "state_before.sql")
        subprocess.run([sys.executable, paths.TESTS.parent / "bench" / "old_state.py",
                        cluster.dsn(self.template), str(snapshots)], check=True, stdout=subprocess.DEVNULL)
        database = Database(cluster, self.template)
        self.count = database.count("_snapshots")
        self.largest = database.scalar("SELECT max(length(snapshots)) FROM sqlmesh._environments")

    def run(self, act: Callable[[Database], measure.Run]) -> measure.Run:
        """`act(database)` on a clone of its own, which goes afterwards."""
        database = Database(self.cluster, self.cluster.create(self.template))
        try:
            return act(database)
        finally:
            self.cluster.drop(database.name)


def ours(database: Database) -> measure.Run:
    product = Product(database.cluster, database)
    try:
        run = product.migrate()
        run.server_peak_kib = product.peak_kib()
        return run
    finally:
        product.close()


def theirs(database: Database) -> measure.Run:
    return Peer(database.cluster, database).migrate()


def against_sqlmesh(cluster: Cluster, models: int, repeat: int) -> tuple[int, measure.Series, measure.Series]:
    """[snapshots, sqlmesh, ours], alternating."""
    states = OldStates(cluster, models)
    runs = measure.interleaved(repeat, peer=lambda: states.run(theirs), ours=lambda: states.run(ours))
    cluster.drop(states.template)
    return states.count, runs["peer"], runs["ours"]


def growth(cluster: Cluster, sizes: Iterable[int], repeat: int) -> Iterator[tuple[int, measure.Series, int, int]]:
    """Per size: (snapshots, runs, server's peak in KiB, text of the largest environment in bytes)."""
    for size in sizes:
        states = OldStates(cluster, size)
        runs = measure.interleaved(repeat if size <= 20_000 else 1, ours=lambda: states.run(ours))["ours"]  # noqa: B023
        cluster.drop(states.template)
        yield states.count, runs, max(run.server_peak_kib for run in runs.runs), states.largest
