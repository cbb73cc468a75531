# SPDX-License-Identifier: Apache-2.0
"""--embedded DIR: a private PostgreSQL under the server's supervision."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

import pytest

from harness import paths
from harness.client import Client

FILE = paths.CORPUS / paths.NEWEST / "export_all.json"


@pytest.fixture
def folder():
    """Its user must be able to enter, so not in pytest's private folder."""
    made = pathlib.Path(tempfile.mkdtemp(prefix="ss-embedded-", dir="/tmp"))
    made.chmod(0o711)
    yield made / "db"
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def embedded(start_server, folder):
    return Client(start_server(None, embedded=folder))


def postmaster(folder):
    """The pid in the cluster's postmaster.pid, wherever below DIR that is."""
    (file,) = folder.rglob("postmaster.pid")
    return int(file.read_text().split()[0])


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return pathlib.Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"


def wait_until(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_the_main_job(embedded, tmp_path):
    (gateway,) = embedded.json("gateways")["gateways"]
    assert (gateway["name"], gateway["database"]) == ("local", "state")
    embedded.ok("migrate", "-y")
    embedded.import_(FILE)
    embedded.export(tmp_path / "out.json")
    result = subprocess.run([paths.ROOT / "scripts" / "compare-exports", FILE, tmp_path / "out.json"],
                            capture_output=True, text=True)
    assert result.returncode == 0, result.stdout


def test_no_root_no_tcp(embedded, folder):
    pid = postmaster(folder)
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    assert re.search(r"^Uid:\s+(\d+)", status, re.M)[1] != "0"
    sockets = {os.readlink(link) for link in pathlib.Path(f"/proc/{pid}/fd").iterdir()
               if os.path.exists(link) or True}
    inodes = {s[8:-1] for s in sockets if s.startswith("socket:[")}
    listening = {line.split()[9] for table in ("tcp", "tcp6")
                 for line in pathlib.Path(f"/proc/net/{table}").read_text().splitlines()[1:]
                 if line.split()[3] == "0A"}
    assert not inodes & listening


def test_stops_with_the_server(embedded, folder):
    pid = postmaster(folder)
    assert alive(pid)
    assert embedded.server.stop() == 0
    wait_until(lambda: not alive(pid))
    assert not list(folder.rglob("postmaster.pid"))


@pytest.mark.slow
def test_state_outlives_the_server(embedded):
    embedded.ok("migrate", "-y")
    embedded.import_(FILE)
    embedded.server.restart()
    assert len(embedded.json("environments")["environments"]) == 8


@pytest.mark.slow
def test_server_killed(embedded, folder):
    """kill -9 of the server: the next one recovers, whatever became of the cluster."""
    embedded.ok("migrate", "-y")
    embedded.import_(FILE)
    embedded.server.kill()
    embedded.server.restart()
    assert len(embedded.json("environments")["environments"]) == 8


@pytest.mark.slow
def test_postgres_killed(embedded, folder):
    """kill -9 of postgres under a running server: started again, nothing lost."""
    embedded.ok("migrate", "-y")
    embedded.import_(FILE)
    pid = postmaster(folder)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: embedded("versions").code == 0, 60)
    assert postmaster(folder) != pid
    assert len(embedded.json("environments")["environments"]) == 8


@pytest.mark.slow
def test_both_killed(embedded, folder):
    embedded.ok("migrate", "-y")
    pid = postmaster(folder)
    embedded.server.kill()
    if alive(pid):
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not alive(pid))
    embedded.server.restart()
    assert embedded.json("versions")["state"]["schema_version"] == paths.NEWEST_SCHEMA


def test_a_second_server_is_refused(embedded, folder):
    result = subprocess.run(
        [str(paths.SERVER), "--embedded", folder, "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0"],
        capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, cwd="/")
    assert result.returncode not in (0, -6, -11)
    assert str(folder) in result.stdout + result.stderr
    assert embedded("versions").code == 0


def test_print_dsn(embedded, folder):
    result = subprocess.run([str(paths.SERVER), "--embedded", folder, "--print-dsn"], capture_output=True,
                            text=True, timeout=60, stdin=subprocess.DEVNULL, cwd="/")
    assert result.returncode == 0, result
    assert "state" in result.stdout and "stateserver" in result.stdout


@pytest.mark.skipif(os.getuid() != 0, reason="needs another user to drop to")
def test_a_folder_its_user_cannot_enter(folder):
    folder.parent.chmod(0o700)
    result = subprocess.run(
        [str(paths.SERVER), "--embedded", folder, "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0"],
        capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, cwd="/")
    assert result.returncode not in (0, -6, -11)
    assert str(folder.parent) in result.stdout + result.stderr


def test_a_long_path(start_server, folder):
    """A socket's path may have 107 bytes; DIR may have more."""
    long = folder.parent / ("x" * 100) / "db"
    long.parent.mkdir()
    long.parent.chmod(0o711)
    client = Client(start_server(None, embedded=long))
    client.ok("migrate", "-y")


def refusal(folder):
    """The message of a server that must not start."""
    done = subprocess.run([paths.SERVER, "--embedded", folder, "--listen", "127.0.0.1:0", "--metrics-listen", ""],
                          capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    assert done.returncode == 1, done
    return done.stderr


@pytest.fixture
def victim(folder):
    """What a planted link leads to; nothing of it may change."""
    made = folder.parent / "victim"
    made.mkdir(mode=0o755)
    (made / "file").write_text("precious")

    def seen():
        return [(str(path), path.stat().st_mode, path.stat().st_uid) for path in (made, *sorted(made.iterdir()))]
    before = seen()
    yield made
    assert seen() == before and (made / "file").read_text() == "precious"


def test_a_planted_link_is_not_followed(folder, victim):
    """chmod and chown through it would give the victim to the cluster's user."""
    folder.parent.chmod(0o777)
    folder.symlink_to(victim)
    assert f"'{folder}' is a link in a folder that other users may write to, and is not followed" in refusal(folder)
    assert f"'{folder}' is a link" in refusal(folder / "below")


@pytest.mark.parametrize("name", ["run", "log", "data"])
def test_a_planted_link_within_the_folder_is_not_followed(folder, victim, name):
    folder.mkdir()
    folder.chmod(0o777)
    (folder / name).symlink_to(victim)
    assert f"'{folder / name}' is a link" in refusal(folder)


def test_a_link_of_another_user_is_not_followed(folder, victim):
    if os.getuid() != 0:
        pytest.skip("only root can give a link to another user")
    folder.symlink_to(victim)
    os.lchown(folder, 65534, 65534)
    assert "belongs to another user (user id 65534), and is not followed" in refusal(folder)


@pytest.mark.slow
def test_the_data_are_on_another_disk(start_server, folder):
    """By a link, which only the server's user can have made."""
    first = Client(start_server(None, embedded=folder))
    first.ok("migrate", "-y")
    assert first.server.stop() == 0
    disk = folder.parent / "disk"
    (folder / "data").rename(disk)
    (folder / "data").symlink_to(disk)
    second = Client(start_server(None, embedded=folder))
    second.ok("versions")
    assert second.server.stop() == 0
    disk.rename(folder.parent / "elsewhere")
    assert f"'{folder / 'data'}' is a link to '{disk}', which is not a folder" in refusal(folder)
