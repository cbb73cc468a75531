# SPDX-License-Identifier: Apache-2.0
"""What goes wrong. Each fault ends by itself and touches only processes that the campaign started."""

from __future__ import annotations

import collections
import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from harness.gate import FROM_TARGET, TO_TARGET

if TYPE_CHECKING:
    import random

    from fault.campaign.workload import Workload
    from fault.campaign.world import World
    from harness.gate import Gate

BALLAST = "ballast"


class Faults:
    """Breaks something every other second, in a thread of its own; `only`: one of these kinds, all by default."""

    def __init__(self, world: World, workload: Workload, chance: random.Random, only: Iterable[str] = ()) -> None:
        self.world, self.workload, self.chance = world, workload, chance
        self.counts: collections.Counter[str] = collections.Counter()
        self.stopping = threading.Event()
        self.errors: list[tuple[str, str]] = []
        kinds = {"kill_server": 3, "pause_server": 2, "terminate_backends": 4, "reset_clients": 3, "reset_database": 3,
                 "swallow_clients": 2, "swallow_database": 3, "lose_packets": 3, "delay": 2, "pause_postgres": 2,
                 "crash_postgres": 1, "fail_over": 1, "kill_client": 4, "step_clock": 2, "disk_full": 1}
        if world.namespace is None:
            del kinds["lose_packets"]
        if world.rooms is None:
            del kinds["disk_full"]
        if not any("LD_PRELOAD" in server.environment for server in world.servers):
            del kinds["step_clock"]
        self.kinds = {kind: weight for kind, weight in kinds.items() if kind in (only or kinds)}
        assert self.kinds, f"none of {only} is possible here"
        self.thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self.thread.start()

    def stop(self) -> None:
        self.stopping.set()
        self.thread.join(120)
        assert not self.thread.is_alive(), "a fault does not end"

    def _run(self) -> None:
        names, weights = zip(*self.kinds.items())
        while not self.stopping.wait(self.chance.uniform(0.3, 2.0)):
            name = self.chance.choices(names, weights)[0]
            try:
                getattr(self, name)()
                self.counts[name] += 1
            except Exception as error:  # told at the end
                self.errors.append((name, repr(error)))
            self.world.heal()

    def kill_server(self) -> None:
        server = self.chance.choice(self.world.servers)
        server.kill()
        time.sleep(self.chance.uniform(0, 1))
        server.restart()

    def pause_server(self) -> None:
        process = self.chance.choice(self.world.servers).process
        self._pause([process.pid], self.chance.uniform(0.2, 3))

    @staticmethod
    def _pause(pids: Iterable[int], seconds: float) -> None:
        stopped = []
        for pid in pids:
            try:
                os.kill(pid, signal.SIGSTOP)
                stopped.append(pid)
            except ProcessLookupError:
                pass
        time.sleep(seconds)
        for pid in stopped:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def terminate_backends(self) -> None:
        self.world.pair.primary.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE datname IN ({self.world.database_names()}) AND pid <> pg_backend_pid()"
            f" AND random() < {self.chance.choice((0.3, 1.1))}")

    def reset_clients(self) -> None:
        self.chance.choice(self.world.client_gates).reset()

    def reset_database(self) -> None:
        self.chance.choice(self.world.database_gates).reset()

    def swallow_clients(self) -> None:
        self._swallow(self.world.client_gates)

    def swallow_database(self) -> None:
        self._swallow(self.world.database_gates)

    def _swallow(self, gates: Sequence[Gate]) -> None:
        """Nothing passes, in one direction or both, and nobody is told; then it passes again, or the connections
        end."""
        gate = self.chance.choice(gates)
        gate.hold(*self.chance.choice(((TO_TARGET,), (FROM_TARGET,), (TO_TARGET, FROM_TARGET))))
        # Sometimes for longer than the servers wait for a lock, or for a client's next message.
        time.sleep(self.chance.uniform(0.5, self.chance.choice((4, 4, 4, 15))))
        if self.chance.random() < 0.5:
            gate.reset()
        gate.resume()

    def lose_packets(self) -> None:
        """The kernel drops some or all that pass the second server's loopback, or one connection's port there."""
        port = self.chance.choice([None, *self.world.lossy_ports])
        assert self.world.namespace
        self.world.namespace.lose(self.chance.choice((5, 30, 60, 100)), port)
        time.sleep(self.chance.uniform(0.5, 4))
        self.world.namespace.lose(0)

    def delay(self) -> None:
        gate = self.chance.choice(self.world.database_gates + self.world.client_gates)
        gate.delay = self.chance.uniform(0.01, 0.3)
        time.sleep(self.chance.uniform(0.5, 2))

    def pause_postgres(self) -> None:
        primary = self.world.pair.primary
        backends = [row[0] for row in primary.execute(
            f"SELECT pid FROM pg_stat_activity WHERE datname IN ({self.world.database_names()})")]
        self._pause(backends, self.chance.uniform(0.2, 2))

    def crash_postgres(self) -> None:
        node = self.chance.choice((self.world.pair.primary, self.world.pair.standby))
        node.crash()
        time.sleep(self.chance.uniform(0, 1))
        self.world.revive(node)

    def fail_over(self) -> None:
        self.world.pair.wait_for_streaming()
        self.world.pair.fail_over()
        time.sleep(self.chance.uniform(0, 1))
        self.world.pair.rebuild()

    def kill_client(self) -> None:
        self.workload.kill_one(self.chance)

    def step_clock(self) -> None:
        self.chance.choice(self.world.clocks).write_text(self.chance.choice(("+3600", "-3600", "+40d", "-2")))
        time.sleep(self.chance.uniform(0.5, 3))

    def disk_full(self) -> None:
        """Of one cluster: what is left goes to a file, for a moment."""
        node = self.chance.choice((self.world.pair.primary, self.world.pair.standby))
        path = node.folder / BALLAST
        try:
            with open(path, "wb", buffering=0) as file:
                while True:
                    file.write(b"\0" * (1 << 20))
        except OSError:
            pass
        time.sleep(self.chance.uniform(0.3, 1.5))
        path.unlink()
        self.world.revive(node)
