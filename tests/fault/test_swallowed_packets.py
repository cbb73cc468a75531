# SPDX-License-Identifier: Apache-2.0
"""A database that stands still, or a network that swallows packets: the server ends when it is told to, others get
through, locks do not stay, and what was committed is known."""

import signal
import subprocess
import time
import uuid

import pytest

from harness import paths
from harness.client import Client
from harness.cluster import Cluster
from harness.database import Databases
from harness.gate import Gate
from harness.server import gateway

FILE = paths.CORPUS / paths.NEWEST / "export_all.json"
OTHER = paths.CORPUS / paths.NEWEST / "export_env_dev_b.json"
# What the server allows itself once the calls are cancelled: 3 s for them, 6 s for the rest; and some for a slow
# machine.
ENDS_WITHIN = 20
LIMITS = {"shutdown_grace": "1s", "lost_connection_timeout": "4s", "idle_transaction_timeout": "3s"}
DELETE = b'DELETE FROM "sqlmesh"."_snapshots"'
COMMIT = b"COMMIT\x00"


@pytest.fixture
def own(request):
    """A cluster that may be stopped, with the corpus state in a database of it."""
    cluster = Cluster()
    yield cluster, Databases(cluster).state()
    cluster.destroy()


@pytest.fixture
def gate(cluster):
    made = Gate((cluster.host, cluster.port))
    yield made
    made.stop()


def behind(gate, database):
    block = gateway(database)
    block["state_connection"]["port"] = gate.port
    return {"local": block}


def ends(server, signals=1):
    """SIGTERM, once or twice: how long it takes the process to end by itself."""
    began = time.monotonic()
    for _ in range(signals):
        server.signal(signal.SIGTERM)
        time.sleep(0.3)
    assert server.wait(ENDS_WITHIN) == 0
    return time.monotonic() - began


def write_as_sqlmesh(database, seconds):
    """Waits at most this long for the state tables."""
    with database.connect() as connection, connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{seconds}s'")
        cursor.execute("DELETE FROM sqlmesh._environments WHERE name = 'nosuch'")


def backends(database, state):
    return database.execute(
        f"SELECT pid, query FROM pg_stat_activity WHERE datname = '{database.name}' AND state = '{state}' "
        "AND pid <> pg_backend_pid()")


@pytest.mark.parametrize("work", [False, True], ids=["idle", "a call at work"])
def test_the_server_ends_while_postgres_stands_still(own, start_server, work):
    cluster, state = own
    client = Client(start_server(state, limits=LIMITS))
    client.ok("versions")
    with cluster.stopped():
        running = client.start("stats") if work else None
        # Long enough for the server's own looks at its database to stand still, too.
        time.sleep(6)
        ends(client.server, signals=2)
        if running:
            running.communicate(timeout=30)
            assert running.returncode != 0


# A name server that lets everybody wait who asks for this name.
RESOLVER = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **out) {
  if (node != NULL && strcmp(node, "database.invalid") == 0) sleep(300);
  int (*next)(const char *, const char *, const struct addrinfo *, struct addrinfo **) =
      dlsym(RTLD_NEXT, "getaddrinfo");
  return next(node, service, hints, out);
}
"""


def test_the_server_ends_while_a_name_is_looked_up(state, start_server, tmp_path):
    """libpq waits for the name server, and nothing can wake it."""
    source, library = tmp_path / "resolver.c", tmp_path / "resolver.so"
    source.write_text(RESOLVER)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    block = gateway(state)
    block["state_connection"]["host"] = "database.invalid"
    server = start_server({"local": block}, limits=LIMITS, environment={
        "LD_PRELOAD": str(library), "ASAN_OPTIONS": "verify_asan_link_order=0"})
    running = Client(server).start("stats")
    time.sleep(1)
    ends(server)
    assert any("without waiting for a database" in line for line in server.log), server.text()
    running.communicate(timeout=30)


@pytest.mark.parametrize("command", [("stats",), ("import", "-i", str(FILE), "-y", "--replace")],
                         ids=["read", "change"])
def test_the_server_ends_while_packets_are_swallowed(gate, state, start_server, command):
    client = Client(start_server(behind(gate, state), limits=LIMITS))
    client.ok("versions")
    gate.swallow_at(DELETE if "import" in command else b"SELECT", deliver=True)
    running = client.start("--timeout", "60", *command)
    assert gate.swallowing.wait(30)
    ends(client.server)
    running.communicate(timeout=30)
    assert running.returncode != 0


def test_others_are_served_while_one_database_stands_still(own, state, start_server):
    """A read without a deadline ends after limits.read_timeout, and costs the other gateway nothing."""
    cluster, still = own
    server = start_server({"local": gateway(state), "still": gateway(still)}, limits={**LIMITS, "read_timeout": "2s"})
    client = Client(server)
    client.ok("--gateway", "still", "versions")
    with cluster.stopped():
        began = time.monotonic()
        error = client.refused("--gateway", "still", "--timeout", "60", "stats", timeout=40)
        assert error["reason"] == "DEADLINE_EXCEEDED" and "limits.read_timeout" in error["message"], error
        assert time.monotonic() - began < 15
        client.ok("--timeout", "10", "stats")
        client.ok("health", "gateway/local")
        wait_for(lambda: client("health", "gateway/still").code != 0)
    wait_for(lambda: client("--gateway", "still", "--timeout", "5", "stats").code == 0)


def wait_for(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_cancels_do_not_pile_up(own, start_server):
    """PostgreSQL reads no cancel request: each holds a thread, and there is an end to them."""
    cluster, state = own
    client = Client(start_server(state, limits={**LIMITS, "max_database_connections": 30}))
    client.ok("stats")
    before = threads(client.server)
    with cluster.stopped():
        for _ in range(3):
            running = [client.start("--timeout", "1", "stats") for _ in range(8)]
            for one in running:
                one.communicate(timeout=30)
        # 8 cancels for each of the address's connections, the threads of the calls, some of gRPC's.
        assert threads(client.server) < before + 40
        time.sleep(5)
    wait_for(lambda: client("--timeout", "5", "stats").code == 0)
    wait_for(lambda: threads(client.server) < before + 12)


def threads(server):
    with open(f"/proc/{server.process.pid}/status", encoding="utf-8") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("Threads:"))


def test_a_lost_machine_keeps_no_locks(gate, state, start_server):
    """In the middle of a replace the network goes, and then the server: what is between them does not tell."""
    other = Client(start_server(state))
    other.import_(OTHER)
    client = Client(start_server(behind(gate, state), limits=LIMITS))
    gate.swallow_at(DELETE, deliver=True)
    operation = str(uuid.uuid4())
    command = ("import", "-i", str(FILE), "-y", "--replace", "--operation-id", operation)
    before = state.fingerprint()
    running = client.start(*command)
    assert gate.swallowing.wait(30)
    client.server.kill()
    running.communicate(timeout=60)
    write_as_sqlmesh(state, 15)
    assert state.fingerprint() == before
    assert other.json("operation", operation)["operation"]["status"] == "OPERATION_STATUS_ABANDONED"
    other.ok(*command)


def test_a_lost_connection_is_ended_over_another(gate, state, start_server):
    """The server lives and reaches PostgreSQL again: it ends what it left there, and knows that nothing is kept."""
    limits = {**LIMITS, "idle_transaction_timeout": "10m", "lost_connection_timeout": "10m"}
    client = Client(start_server(behind(gate, state), limits=limits))
    client.ok("operations")
    before = state.fingerprint()
    gate.swallow_at(DELETE, deliver=True, new=False)
    operation = str(uuid.uuid4())
    running = client.start("--format", "json", "--timeout", "4", "import", "-i", str(FILE), "-y", "--replace",
                           "--operation-id", operation)
    assert gate.swallowing.wait(30)
    running.communicate(timeout=60)
    assert running.returncode != 0
    wait_for(lambda: client.json("operation", operation)["operation"]["status"] == "OPERATION_STATUS_FAILED")
    write_as_sqlmesh(state, 5)
    assert state.fingerprint() == before
    client.ok("import", "-i", str(FILE), "-y", "--replace", "--operation-id", operation)


@pytest.mark.parametrize("delivered", [True, False], ids=["answer lost", "never delivered"])
def test_a_commit_in_the_dark(gate, state, start_server, delivered):
    """The same operation id is answered with what was done, although the lost session still holds its lock; or it
    runs, once that is gone."""
    other = Client(start_server(state))
    other.import_(OTHER)
    limits = {**LIMITS, "idle_transaction_timeout": "8s"}
    client = Client(start_server(behind(gate, state), limits=limits))
    gate.swallow_at(COMMIT, deliver=delivered)
    # The first transaction that commits is that of the operation's row, begun outside one.
    operation = str(uuid.uuid4())
    command = ("import", "-i", str(FILE), "-y", "--replace", "--operation-id", operation)
    running = client.start("--timeout", "60", *command)
    assert gate.swallowing.wait(30)
    if delivered:
        wait_for(lambda: other.json("operation", operation)["operation"]["status"] == "OPERATION_STATUS_SUCCEEDED")
        locked = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1"
        assert state.execute(locked), "the test needs the lost session's lock to be there"
        result = other.json(*command)
        assert result["operation_id"] == operation if "operation_id" in result else True
        assert state.execute(locked)
        assert state.scalar(f"SELECT count(*) FROM stateserver.audit WHERE operation_id = '{operation}'"
                            " AND event = 'began'") == 1
    else:
        assert other.refused(*command)["reason"] == "OPERATION_RUNNING"
        write_as_sqlmesh(state, 20)
        other.ok(*command)
    client.server.kill()
    running.communicate(timeout=60)


def test_the_stricter_time_of_the_dba_holds(state, start_server, stubs):
    import json

    from harness import raw
    state.execute(f"ALTER DATABASE \"{state.name}\" SET idle_in_transaction_session_timeout = '1s'")
    client = Client(start_server(state))
    call = raw.ImportCall(client.server, stubs).begin()
    call.records(raw.records_of(stubs, json.loads(FILE.read_text()))[:2])
    idle = "idle in transaction"
    time.sleep(1)
    wait_for(lambda: not backends(state, idle) and not backends(state, "active"), 10)
    call.call.cancel()


NAMESPACE = ["unshare", "--net", "sh", "-c", "ip link set lo up && exec sleep 600"]
DROP = """
table inet dark {
  chain in {
    type filter hook input priority 0
    tcp dport %d drop
    tcp sport %d drop
  }
}
"""


@pytest.fixture
def namespace():
    """A network of its own, with a loopback whose packets can be dropped."""
    try:
        holder = subprocess.Popen(NAMESPACE, stdin=subprocess.DEVNULL)
        inside = ["nsenter", f"--net=/proc/{holder.pid}/ns/net"]
        time.sleep(0.5)
        works = subprocess.run([*inside, "nft", "list", "ruleset"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError as missing:
        pytest.skip(f"no network namespaces here: {missing}")
    if holder.poll() is not None or not works:
        holder.kill()
        pytest.skip("no network namespaces here: unshare, ip and nft need CAP_SYS_ADMIN and CAP_NET_ADMIN")
    yield inside
    holder.kill()
    holder.wait()


def test_the_kernel_drops_every_packet(namespace, start_server, barrier):
    """Nobody between the two who could tell anything: both ends find out by TCP's own means."""
    cluster = Cluster(prefix=namespace)
    try:
        state = Databases(cluster).state()
        socket = f"unix:{cluster.folder}/stateserver.sock"
        block = gateway(state)
        block["state_connection"]["host"] = "127.0.0.1"
        limits = {**LIMITS, "idle_transaction_timeout": "10m"}
        server = start_server({"local": block}, limits=limits, prefix=namespace, local_listen=socket)
        client = Client(server, STATESERVER_SERVER=socket)
        client.ok("operations")
        before = state.fingerprint()
        server.restart(failpoints=f"import.before_commit={barrier}")
        running = client.start("import", "-i", str(FILE), "-y", "--replace")
        barrier.await_reached(running)
        rules = DROP % (cluster.port, cluster.port)
        subprocess.run([*namespace, "nft", "-f", "-"], input=rules.encode(), check=True)
        server.kill()
        running.communicate(timeout=30)
        # Three probes in the four seconds of limits.lost_connection_timeout, and the locks are gone.
        write_as_sqlmesh(state, 20)
        assert state.fingerprint() == before
    finally:
        cluster.destroy()
