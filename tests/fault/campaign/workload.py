"""Clients that work at random, and write down what they asked, when, and what they were told."""

import dataclasses
import json
import os
import random
import signal
import subprocess
import tempfile
import threading
import time
import uuid

from harness import paths
from harness.client import Client

PATIENCE = 90  # seconds a command may take before it counts as hung
KILLED = -signal.SIGKILL


@dataclasses.dataclass
class Attempt:
    began: float
    ended: float
    code: int  # negative: killed by that signal
    error: dict


@dataclasses.dataclass
class Operation:
    id: str
    kind: str  # merge, replace, restore, compact, conditional
    file: int = -1
    restore_point: str = ""
    attempts: list = dataclasses.field(default_factory=list)

    @property
    def began(self):
        return self.attempts[0].began

    @property
    def ended(self):
        return self.attempts[-1].ended


@dataclasses.dataclass
class Export:
    began: float
    ended: float
    plans: dict  # environment -> plan id, as seen


class Workload:
    def __init__(self, world, files, seed, pause, clients=4):
        """`pause`: the longest, in seconds, between two commands of a client."""
        self.world, self.files, self.pause = world, files, pause
        self.operations, self.exports, self.errors = [], [], []
        self.restore_points = []
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._running = set()
        self._home = tempfile.mkdtemp(prefix="ss-home-")
        self.threads = [threading.Thread(target=self._guarded, args=(random.Random(f"{seed}/{i}"),), daemon=True)
                        for i in range(clients)]

    def start(self):
        for thread in self.threads:
            thread.start()

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join(PATIENCE * 4)
            assert not thread.is_alive(), "a client does not end"

    def kill_one(self, chance):
        with self._lock:
            if self._running:
                chance.choice(sorted(self._running, key=lambda process: process.pid)).kill()

    def _guarded(self, chance):
        try:
            while not self.stopping.is_set():
                self._step(chance)
                time.sleep(chance.uniform(0, self.pause))
        except Exception as error:  # noqa: BLE001: told at the end
            self.errors.append(repr(error))

    def _step(self, chance):
        kind = chance.choices(("merge", "replace", "restore", "compact", "conditional", "export"), (8, 3, 2, 1, 1, 5))[0]
        if kind == "export":
            return self._export(chance)
        operation = Operation(str(uuid.UUID(int=chance.getrandbits(128), version=4)), kind)
        file = chance.randrange(len(self.files.paths))
        command = ["import", "-i", str(self.files.paths[file]), "-y"]
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
                if not self.restore_points:
                    return None
                operation.restore_point = chance.choice(self.restore_points[-20:])
            command = ["restore", operation.restore_point, "-y"]
        with self._lock:
            self.operations.append(operation)
        self._attempt(operation, command, chance)
        return None

    def _attempt(self, operation, command, chance):
        """Once, and again with the same id as long as the outcome is not known, on whichever server."""
        for _ in range(6):
            attempt, result = self._run([*command, "--operation-id", operation.id], chance)
            operation.attempts.append(attempt)
            if attempt.code == 0:
                point = (result.get("restore_point_id") if isinstance(result, dict) else "") or ""
                if point:
                    with self._lock:
                        self.restore_points.append(point)
                return
            if self.stopping.is_set() or chance.random() < 0.4:
                return
            time.sleep(chance.uniform(0.1, 1))

    def _run(self, command, chance):
        gate = chance.choice(self.world.client_gates)
        environment = {**os.environ, "HOME": self._home, "XDG_CONFIG_HOME": self._home, "NO_COLOR": "1",
                       "STATESERVER_SERVER": f"127.0.0.1:{gate.port}"}
        began = time.monotonic()
        process = subprocess.Popen([str(paths.CLIENT), "--format", "json", *command], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
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

    def _meanwhile(self):
        """Who waits for whom, where a command hangs: what PostgreSQL and each server say is under way."""
        seen = []
        try:
            seen += self.world.pair.primary.execute(
                "SELECT pid, state, wait_event, now() - xact_start, left(query, 80) FROM pg_stat_activity "
                f"WHERE datname = '{self.world.database().name}'")
        except Exception as error:  # noqa: BLE001: told beside what hangs
            seen.append(error)
        for server in self.world.servers:
            try:
                seen.append(Client(server)("--format", "json", "top", "--once", timeout=20))
            except Exception as error:  # noqa: BLE001: told beside what hangs
                seen.append(error)
        return "; ".join(map(repr, seen))

    def _export(self, chance):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "state.json")
            attempt, _ = self._run(["export", "-o", path, "-y"], chance)
            # A client that is killed after the file got its name did what it was asked to.
            if attempt.code not in (0, KILLED):
                if os.path.exists(path):
                    self.errors.append(f"an export that failed with {attempt.code} ({attempt.error}) left a file")
                return
            try:
                with open(path, encoding="utf-8") as file:
                    document = json.load(file)
            except FileNotFoundError:
                if attempt.code == 0:
                    self.errors.append("an export that succeeded left no file")
                return
            except ValueError as error:
                self.errors.append(f"an export that ended with {attempt.code} left half a file: {error}")
                return
        plans = {name: entry["environment"]["plan_id"] for name, entry in document["environments"].items()}
        with self._lock:
            self.exports.append(Export(attempt.began, attempt.ended, plans))


def _parsed(text):
    try:
        return json.loads(text)
    except ValueError:
        return {}


def _error(text):
    for line in reversed(text.decode("utf-8", "replace").splitlines()):
        found = _parsed(line)
        if isinstance(found, dict) and "error" in found:
            return found["error"]
    return {}
