# SPDX-License-Identifier: Apache-2.0
"""Clients that work at random, and write down what they asked, when, and what they were told."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fault.campaign import foreign
from fault.campaign.files import NAMES
from fault.campaign.history import DONE, FAILED, Attempt, Operation, Read
from harness import paths

if TYPE_CHECKING:
    from fault.campaign.files import Files
    from fault.campaign.world import World

PATIENCE = 90  # seconds a command may take before it counts as hung
KILLED = -signal.SIGKILL
# How often each is chosen.
CHANGES = {"merge": 8, "replace": 3, "restore": 2, "compact": 1, "conditional": 1}
READS = {"export": 4, "environments": 4, "environment": 2, "stats": 1}


class Workload:
    def __init__(self, world: World, files: dict[str, Files], seed: int, pause: float, clients: int = 4) -> None:
        """`files`: of each gateway. `pause`: the longest, in seconds, between two commands of a client."""
        self.world, self.files, self.pause = world, files, pause
        self.operations: list[Operation] = []
        self.reads: list[Read] = []
        self.errors: list[str] = []
        self.restore_points: dict[str, list[str]] = {gateway: [] for gateway in world.gateways}
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._home = tempfile.mkdtemp(prefix="ss-home-")
        # One foreigner: two would have to take turns, since the numbers of their marks order them only against servers.
        steps: dict[int | str, Callable[[str, random.Random], None]] = {
            **dict.fromkeys(range(clients), self._step), "foreign": self._foreign_step}
        self.threads = [threading.Thread(target=self._guarded, args=(step, random.Random(f"{seed}/{name}")),
                                         daemon=True)
                        for name, step in steps.items()]

    def start(self) -> None:
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        self.stopping.set()
        for thread in self.threads:
            thread.join(PATIENCE * 4)
            assert not thread.is_alive(), "a client does not end"

    def kill_one(self, chance: random.Random) -> None:
        with self._lock:
            if self._running:
                chance.choice(sorted(self._running, key=lambda process: process.pid)).kill()

    def _guarded(self, step: Callable[[str, random.Random], None], chance: random.Random) -> None:
        try:
            while not self.stopping.is_set():
                step(chance.choice(self.world.gateways), chance)
                time.sleep(chance.uniform(0, self.pause))
        except Exception as error:  # told at the end
            self.errors.append(repr(error))

    def _foreign_step(self, gateway: str, chance: random.Random) -> None:
        write = foreign.choose(gateway, chance)
        foreign.attempt(self.world.database(gateway), write)
        with self._lock:
            self.operations.append(write)

    def _step(self, gateway: str, chance: random.Random) -> None:
        kinds = {**CHANGES, **READS}
        kind = chance.choices(list(kinds), list(kinds.values()))[0]
        if kind in READS:
            self._read(kind, gateway, chance)
            return
        operation = Operation(str(uuid.UUID(int=chance.getrandbits(128), version=4)), kind, gateway)
        files = self.files[gateway]
        file = chance.randrange(len(files.paths))
        command = ["import", "-i", str(files.paths[file]), "-y"]
        if kind in ("merge", "replace", "conditional"):
            operation.file = file
        if kind == "replace":
            command.append("--replace")
        if kind == "conditional":
            # Of a state that there never was: to be refused.
            command += ["--if-unchanged-since", "0" * 64]
        if kind == "compact":
            command = ["compact", "-y"]
        if kind == "restore":
            with self._lock:
                if not self.restore_points[gateway]:
                    return
                operation.restore_point = chance.choice(self.restore_points[gateway][-20:])
            command = ["restore", operation.restore_point, "-y"]
        with self._lock:
            self.operations.append(operation)
        self._attempt(operation, command, chance)

    def _attempt(self, operation: Operation, command: list[str], chance: random.Random) -> None:
        """Once, and again with the same id as long as the outcome is not known, on whichever server."""
        for _ in range(6):
            attempt, result = self._run(operation.gateway, [*command, "--operation-id", operation.id], chance)
            operation.attempts.append(attempt)
            if attempt.code == DONE:
                point = (result.get("restore_point_id") if isinstance(result, dict) else "") or ""
                if point:
                    with self._lock:
                        self.restore_points[operation.gateway].append(point)
                return
            if self.stopping.is_set() or chance.random() < 0.4:
                return
            time.sleep(chance.uniform(0.1, 1))

    def _run(self, gateway: str, command: list[str], chance: random.Random) -> tuple[Attempt, Any]:
        gate = chance.choice(self.world.client_gates)
        environment = {**os.environ, "HOME": self._home, "XDG_CONFIG_HOME": self._home, "NO_COLOR": "1",
                       "STATESERVER_SERVER": f"127.0.0.1:{gate.port}"}
        began = time.monotonic()
        process = subprocess.Popen([str(paths.CLIENT), "--gateway", gateway, "--format", "json", *command],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=environment)
        with self._lock:
            self._running.add(process)
        try:
            out, err = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.errors.append(f"hung: {command}; meanwhile: {self._meanwhile()}")
            process.kill()
            out, err = process.communicate()
        finally:
            with self._lock:
                self._running.discard(process)
        return Attempt(began, time.monotonic(), process.returncode, _error(err)), _parsed(out)

    def _meanwhile(self) -> str:
        """Who waits for whom, where a command hangs: what PostgreSQL and each server say is under way."""
        seen: list[object] = []
        try:
            seen += self.world.pair.primary.execute(
                "SELECT pid, state, wait_event, now() - xact_start, left(query, 80) FROM pg_stat_activity "
                f"WHERE datname IN ({self.world.database_names()})")
        except Exception as error:  # told beside what hangs
            seen.append(error)
        for number in range(len(self.world.servers)):
            try:
                seen.append(self.world.client(number)("--format", "json", "top", "--once", timeout=20))
            except Exception as error:  # told beside what hangs
                seen.append(error)
        return "; ".join(map(repr, seen))

    def _read(self, kind: str, gateway: str, chance: random.Random) -> None:
        token = ""
        if kind == "export":
            attempt, document = self._export(gateway, chance)
            seen = document and {name: entry["environment"]["plan_id"]
                                 for name, entry in document["environments"].items()}
            token = document and document["metadata"]["stateserver"]["token"]
        elif kind == "environment":
            attempt, seen = self._one_environment(gateway, chance)
        else:
            attempt, result = self._run(gateway, [kind], chance)
            seen = _seen(kind, result) if attempt.code == DONE else None
        if seen is not None:
            with self._lock:
                self.reads.append(Read(kind, gateway, attempt.began, attempt.ended, seen, token))

    def _one_environment(self, gateway: str, chance: random.Random) -> tuple[Attempt, dict[str, Any] | None]:
        name = chance.choice(NAMES)
        attempt, result = self._run(gateway, ["environment", name], chance)
        if attempt.code == FAILED and attempt.error.get("reason") == "ENVIRONMENT_NOT_FOUND":
            return attempt, {name: None}
        return attempt, {name: result["summary"]["plan_id"]} if attempt.code == DONE else None

    def _export(self, gateway: str, chance: random.Random) -> tuple[Attempt, Any]:
        """(attempt, the file's document or None)"""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "state.json")
            attempt, _ = self._run(gateway, ["export", "-o", path, "-y"], chance)
            # A client that is killed after the file got its name did what it was asked to.
            if attempt.code not in (DONE, KILLED):
                if os.path.exists(path):
                    self.errors.append(f"an export that failed with {attempt.code} ({attempt.error}) left a file")
                return attempt, None
            try:
                with open(path, encoding="utf-8") as file:
                    return attempt, json.load(file)
            except FileNotFoundError:
                if attempt.code == DONE:
                    self.errors.append("an export that succeeded left no file")
            except ValueError as error:
                self.errors.append(f"an export that ended with {attempt.code} left half a file: {error}")
            return attempt, None


def _seen(kind: str, result: Any) -> Any:
    if kind == "stats":
        return int(result["environments"])
    return {environment["name"]: environment["plan_id"] for environment in result["environments"]}


def _parsed(text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return {}


def _error(text: bytes) -> dict[str, Any]:
    for line in reversed(text.decode("utf-8", "replace").splitlines()):
        found = _parsed(line)
        if isinstance(found, dict) and "error" in found:
            error: dict[str, Any] = found["error"]
            return error
    return {}
