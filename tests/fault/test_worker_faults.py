# SPDX-License-Identifier: Apache-2.0
"""A migration whose Python worker dies, hangs or talks nonsense leaves the old state."""

import os
import pathlib
import sys
import time

import pytest

from harness import workers
from harness.client import FAILED

RELEASE = "0.176.0"

# A worker that says hello as the real one does, then does `THEN` with its first request.
FAKE = """
import json, os, platform, signal, sys, time
print(json.dumps({"hello": "stateserver-worker", "protocol": 1, "role": "rewrite",
                  "python": platform.python_version()}), flush=True)
request = json.loads(sys.stdin.readline())
THEN
"""
# What it does -> words of the sentence that the user sees.
MISDEEDS = {
    # As process 1 of its namespace it cannot send itself a signal.
    "dies": ("import ctypes; ctypes.string_at(0)", ["signal 11", "also after a restart"]),
    "exits": ("sys.stderr.write('no more memory, says Python'); sys.exit(3)",
              ["also after a restart", "no more memory, says Python"]),
    "hangs": ("time.sleep(600)", ["hangs: no answer within 2s"]),
    "no JSON": ("print('Traceback (most recent call last)', flush=True); time.sleep(600)", ["JSON"]),
    "another request's answer": ("print(json.dumps({'id': 99, 'answers': []}), flush=True); time.sleep(600)",
                                 ["sent an invalid answer: an answer to another request"]),
    "too few answers": (
        "print(json.dumps({'id': request['id'], 'answers': []}), flush=True); time.sleep(600)", ["answers"]),
    "takes all memory": ("x = bytearray(1 << 31)\nwhile True: x += x", ["MemoryError"]),
}


def worker(folder, then):
    script = pathlib.Path(folder) / "worker.py"
    script.write_text(FAKE.replace("THEN", then))
    return [sys.executable, str(script)]


@pytest.mark.parametrize("misdeed", MISDEEDS)
def test_a_worker_that_fails(databases, serve, tmp_path, misdeed):
    then, words = MISDEEDS[misdeed]
    database = databases.state(RELEASE)
    before = database.fingerprint()
    command = worker(tmp_path, then)
    options = {"limits": {"worker_timeout": "2s", "worker_memory": "512MiB"}, "rewrite_worker": command}
    client = serve(database, **{**workers.OPTIONS, **options})
    error = client.refused("migrate", "-y")
    assert error["reason"] == "WORKER_FAILED", error
    assert "rewrite" in error["message"] and str(command[1]) in error["message"], error
    assert all(word in error["message"] for word in words), error
    assert database.fingerprint() == before
    assert processes_of(command[1]) == []
    # With a good one the same server's next configuration works.
    client.server.stop()
    assert serve(database, **workers.OPTIONS).json("migrate", "-y")["changed"]


def processes_of(script):
    """Pids of what still runs that script."""
    found = []
    for folder in pathlib.Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if os.fsencode(script) in words:
            found.append(int(folder.name))
    return found


def test_a_worker_killed_in_the_middle(databases, serve, tmp_path):
    """From outside, twice: the second process of a request is not followed by a third."""
    database = databases.state(RELEASE)
    before = database.fingerprint()
    command = worker(tmp_path, "time.sleep(600)")
    client = serve(database, **{**workers.OPTIONS, "rewrite_worker": command})
    running = client.start("--format", "json", "migrate", "-y")
    killed = set()
    deadline = time.monotonic() + 60
    while running.poll() is None:
        assert time.monotonic() < deadline
        for pid in processes_of(command[1]):
            if pid not in killed:
                killed.add(pid)
                os.kill(pid, 9)
        time.sleep(0.05)
    assert running.returncode == FAILED, running.communicate()
    assert len(killed) == 2
    assert database.fingerprint() == before


def test_the_server_killed_while_a_worker_works(databases, serve, tmp_path):
    """The worker goes with it, and the next migration works."""
    database = databases.state(RELEASE)
    before = database.fingerprint()
    command = worker(tmp_path, "time.sleep(600)")
    client = serve(database, **{**workers.OPTIONS, "rewrite_worker": command})
    running = client.start("migrate", "-y")
    deadline = time.monotonic() + 60
    while not processes_of(command[1]):
        assert time.monotonic() < deadline and running.poll() is None
        time.sleep(0.05)
    client.server.process.kill()
    client.server.process.wait(30)
    running.wait(60)
    deadline = time.monotonic() + 10
    while processes_of(command[1]):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert database.fingerprint() == before
    assert serve(database, **workers.OPTIONS).json("migrate", "-y")["changed"]
