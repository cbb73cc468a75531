# SPDX-License-Identifier: Apache-2.0
"""Sessions and clients that go away in the middle."""

import json
import signal
import subprocess
import time

import pytest

from harness import paths, raw
from harness.client import FAILED

FILE = paths.CORPUS / paths.NEWEST / "export_all.json"
DOCUMENT = json.loads(FILE.read_text())


def sessions(state, where="TRUE"):
    return state.execute(f"SELECT pid, state, query FROM pg_stat_activity WHERE datname = '{state.name}' "
                         f"AND pid <> pg_backend_pid() AND {where}")


def wait_until(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def open_transactions(state):
    return sessions(state, "xact_start IS NOT NULL")


def end_sessions(state):
    """Returns once they are gone."""
    state.execute("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
                  f"WHERE datname = '{state.name}' AND pid <> pg_backend_pid()")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("mode", [(), ("--replace",)], ids=["merge", "replace"])
def test_the_client_dies(state, serve, barrier, mode, number):
    """Half of the file was sent; the rest never comes."""
    before = state.fingerprint()
    barrier.open()  # only shows that the server has received something
    client = serve(state, failpoints=f"import.mid_copy={barrier}")
    running = client.start("import", "-i", "-", "-y", *mode, stdin=subprocess.PIPE)
    data = FILE.read_bytes()
    running.stdin.write(data[:len(data) // 2])
    running.stdin.flush()
    barrier.await_reached(running)
    running.send_signal(number)
    running.communicate(timeout=20)
    assert running.returncode == (-signal.SIGKILL if number == signal.SIGKILL else 130)
    wait_until(lambda: not open_transactions(state))
    assert state.fingerprint() == before
    client.import_(FILE, *mode)


def test_the_clients_operation_is_not_left_running(state, serve, stubs):
    client = serve(state)
    client.import_(paths.CORPUS / paths.NEWEST / "export_env_dev_b.json")
    call = raw.ImportCall(client.server, stubs).begin()
    call.records(raw.records_of(stubs, DOCUMENT)[:5])
    call.call.cancel()
    wait_until(lambda: not open_transactions(state))

    def status():
        return client.json("operation", call.id)["operation"]["status"]

    result = client("--format", "json", "operation", call.id)
    if result.code == 0:
        wait_until(lambda: status() in ("OPERATION_STATUS_FAILED", "OPERATION_STATUS_ABANDONED"))


@pytest.mark.parametrize("point", ["mid_copy", "after_staging", "before_commit"])
@pytest.mark.parametrize("mode", [(), ("--replace",)], ids=["merge", "replace"])
def test_the_backend_is_terminated(state, serve, barrier, point, mode):
    before = state.fingerprint()
    client = serve(state, failpoints=f"import.{point}={barrier}")
    running = client.start("--format", "json", "import", "-i", str(FILE), "-y", *mode)
    barrier.await_reached(running)
    end_sessions(state)
    barrier.open()
    _, errors = running.communicate(timeout=60)
    assert running.returncode == FAILED, errors
    error = json.loads(errors.decode().splitlines()[-1])["error"]
    assert error["reason"] in ("DATABASE_LOST", "DATABASE_UNREACHABLE"), error
    assert state.fingerprint() == before
    client.import_(FILE, *mode)


def test_an_export_loses_its_backend(state, serve, barrier, tmp_path):
    """The old file stays; nothing is left beside it."""
    path = tmp_path / "state.json"
    path.write_text("old")
    client = serve(state, failpoints=f"export.mid_stream={barrier}")
    running = client.start("--format", "json", "export", "-o", str(path), "-y")
    barrier.await_reached(running)
    end_sessions(state)
    barrier.open()
    running.communicate(timeout=60)
    if running.returncode != 0:
        assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_export_client_dies(state, serve, barrier, tmp_path):
    """Whatever is left behind is not the target."""
    target = tmp_path / "state.json"
    target.write_text("old")
    client = serve(state, failpoints=f"export.mid_stream={barrier}")
    running = client.start("export", "-o", str(target), "-y")
    barrier.await_reached(running)
    running.kill()
    running.communicate()
    assert running.returncode == -signal.SIGKILL and target.read_text() == "old"
    barrier.open()
    wait_until(lambda: not open_transactions(state))


def test_the_pool_recovers_from_a_restarted_database(cluster, state, serve):
    client = serve(state)
    client.ok("environments")
    cluster.crash()
    client("environments", code=3)
    cluster.start()
    assert len(client.json("environments")["environments"]) == 8
