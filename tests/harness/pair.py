"""A primary and its hot standby, replicated synchronously: what the primary acknowledges, the standby has."""

import os
import subprocess
import time

from harness.cluster import BIN, Cluster, unprivileged

REPLICATION = [("wal_level", "replica"), ("hot_standby", "on"), ("max_wal_senders", 8), ("wal_sender_timeout", "2s"),
               ("wal_receiver_timeout", "2s"), ("wal_retrieve_retry_interval", "100ms")]


class Standby(Cluster):
    """A copy of `primary`, following it."""

    def __init__(self, primary, settings=()):
        self.primary = primary
        super().__init__([*REPLICATION, *settings])

    def _init(self):
        self.password = self.primary.password
        if os.getuid() == 0:
            account = unprivileged()
            os.chown(self.folder, account["user"], account["group"])
        subprocess.run(
            [BIN / "pg_basebackup", "-D", self.folder / "data", "-R", "-X", "stream", "--checkpoint=fast", "--no-sync",
             "-d", self.primary.dsn("postgres")],
            check=True, capture_output=True, cwd="/", **unprivileged())

    def promote(self):
        self.execute("SELECT pg_promote(true, 30)")


class Pair:
    def __init__(self, synchronous=True, settings=()):
        self.first = Cluster([*REPLICATION, *settings])
        self.second = Standby(self.first, settings)
        self.primary, self.standby = self.first, self.second
        if synchronous:
            self.first.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            self.first.execute("SELECT pg_reload_conf()")
        self._wait_for_streaming()

    def _wait_for_streaming(self):
        deadline = time.monotonic() + 30
        while not self.primary.execute("SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'"):
            assert time.monotonic() < deadline, "the standby does not follow"
            time.sleep(0.05)

    def caught_up(self):
        """Waits until the standby has replayed what the primary has written."""
        position = self.primary.execute("SELECT pg_current_wal_lsn()")[0][0]
        deadline = time.monotonic() + 30
        while not self.standby.execute(f"SELECT pg_last_wal_replay_lsn() >= '{position}'")[0][0]:
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def fail_over(self):
        """The primary dies as in a power cut, and the standby takes its place."""
        self.primary.crash()
        self.standby.promote()
        self.primary, self.standby = self.standby, self.primary

    def gateway(self, database, **extra):
        """The configuration of a gateway that finds whichever of the two is the primary."""
        ports = f"{self.first.port},{self.second.port}"
        return {"state_connection": {
            "type": "postgres", "host": "127.0.0.1,127.0.0.1", "port": ports, "user": Cluster.USER,
            "password": self.first.password, "database": database, "target_session_attrs": "read-write",
            "connect_timeout": 5}, **extra}

    def replica(self, max_staleness="10s"):
        """`read_replica` of that gateway: the standby."""
        return {"host": self.standby.host, "port": self.standby.port, "max_staleness": max_staleness}

    def destroy(self):
        self.second.destroy()
        self.first.destroy()
