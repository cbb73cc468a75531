# SPDX-License-Identifier: Apache-2.0
"""A primary and its hot standby, replicated synchronously: what the primary acknowledges, the standby has."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from harness.cluster import BIN, Cluster, unprivileged

if TYPE_CHECKING:
    import pathlib

REPLICATION: list[tuple[str, object]] = [
    ("wal_level", "replica"), ("hot_standby", "on"), ("max_wal_senders", 8), ("wal_sender_timeout", "2s"),
    ("wal_receiver_timeout", "2s"), ("wal_retrieve_retry_interval", "100ms")]


def copy_data(source: Cluster, target: Cluster) -> None:
    """Makes `target`, whose data are not there, a hot standby of `source`."""
    subprocess.run(
        [BIN / "pg_basebackup", "-D", target.folder / "data", "-R", "-X", "stream", "--checkpoint=fast", "--no-sync",
         "-d", source.dsn("postgres")],
        check=True, capture_output=True, cwd="/", **unprivileged())


class Standby(Cluster):
    """A copy of `primary`, following it."""

    def __init__(self, primary: Cluster, settings: Iterable[tuple[str, object]] = (),
                 folder: pathlib.Path | None = None) -> None:
        self.primary = primary
        super().__init__([*REPLICATION, *settings], folder)

    def _init(self) -> None:
        self.password = self.primary.password
        if os.getuid() == 0:
            account = unprivileged()
            os.chown(self.folder, account["user"], account["group"])
        copy_data(self.primary, self)


class Pair:
    def __init__(self, settings: Iterable[tuple[str, object]] = (),
                 folders: tuple[pathlib.Path | None, pathlib.Path | None] = (None, None),
                 synchronous: bool = True) -> None:
        self.first = Cluster([*REPLICATION, *settings], folders[0])
        self.second = Standby(self.first, settings, folders[1])
        self.primary: Cluster = self.first
        self.standby: Cluster = self.second
        self.synchronous = synchronous
        self.wait_for_streaming()
        self.synchronise(synchronous)

    def synchronise(self, on: bool) -> None:
        """Whether the primary waits for the standby before it acknowledges a commit."""
        self.primary.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{'*' if on else ''}'")
        self.primary.execute("SELECT pg_reload_conf()")

    def wait_for_streaming(self) -> None:
        deadline = time.monotonic() + 30
        while not self.primary.execute("SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'"):
            assert time.monotonic() < deadline, "the standby does not follow"
            time.sleep(0.05)

    def caught_up(self) -> None:
        """Waits until the standby has replayed what the primary has written."""
        position = self.primary.execute("SELECT pg_current_wal_lsn()")[0][0]
        deadline = time.monotonic() + 30
        while not self.standby.execute(f"SELECT pg_last_wal_replay_lsn() >= '{position}'")[0][0]:
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def fail_over(self) -> None:
        """The primary dies as in a power cut, and the standby takes its place."""
        self.primary.crash()
        self.promote()

    def promote(self) -> None:
        self.standby.execute("SELECT pg_promote(true, 30)")
        self.primary, self.standby = self.standby, self.primary
        # Copied from the other, and it has no standby yet.
        self.synchronise(False)

    def rebuild(self) -> None:
        """The former primary becomes the new one's standby."""
        shutil.rmtree(self.standby.folder / "data")
        copy_data(self.primary, self.standby)
        self.standby.start()
        self.wait_for_streaming()
        self.synchronise(self.synchronous)

    def gateway(self, database: str, **extra: Any) -> dict[str, Any]:
        """The configuration of a gateway that finds whichever of the two is the primary."""
        ports = f"{self.first.port},{self.second.port}"
        return {"state_connection": {
            "type": "postgres", "host": "127.0.0.1,127.0.0.1", "port": ports, "user": Cluster.USER,
            "password": self.first.password, "database": database, "target_session_attrs": "read-write",
            "connect_timeout": 5}, **extra}

    def replica(self, max_staleness: str = "10s") -> dict[str, Any]:
        """`read_replica` of that gateway: the standby."""
        return {"host": self.standby.host, "port": self.standby.port, "max_staleness": max_staleness}

    def destroy(self) -> None:
        self.second.destroy()
        self.first.destroy()
