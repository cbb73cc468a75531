# SPDX-License-Identifier: Apache-2.0
"""The campaign's checker sees what is wrong: on the history of a campaign without faults, then on spoiled ones."""

import collections
import copy
import itertools
import json
import random
import socket
import time
import types
import uuid

import psycopg2
import pytest

from fault.campaign import foreign
from fault.campaign import workload as workload_module
from fault.campaign.checker import Checker
from fault.campaign.files import Files, key_of
from fault.campaign.history import Attempt, ForeignWrite, Operation, Read
from fault.campaign.linear import Windows, misfits
from fault.campaign.workload import Workload
from harness.client import Client

GATEWAYS = ("first", "second")


@pytest.fixture(scope="module")
def honest(_databases, tmp_path_factory):
    """(world, files, workload) of a few seconds of work that nobody disturbed."""
    from harness.server import Server, gateway
    databases = {name: _databases.empty() for name in GATEWAYS}
    server = Server({name: gateway(database) for name, database in databases.items()}, restore_points={"keep": 200})
    gate = types.SimpleNamespace(port=int(server.address.rsplit(":", 1)[1]))
    world = types.SimpleNamespace(
        servers=[server], client_gates=[gate], gateways=GATEWAYS, database=databases.get,
        client=lambda number=0: Client(server), pair=types.SimpleNamespace(primary=_databases.cluster),
        database_names=lambda: ", ".join(f"'{database.name}'" for database in databases.values()))
    for name, database in databases.items():
        Client(server).ok("--gateway", name, "migrate", "-y")
        foreign.prepare(database)
    folder = tmp_path_factory.mktemp("files")
    files = {name: Files(folder / name, f"1/{name}") for name in GATEWAYS}
    foreign.snapshot(foreign.TARGETS[0])
    workload = Workload(world, files, 1, 0.1, clients=3)  # type: ignore[arg-type]  # what it needs of a World
    workload.start()
    time.sleep(4)
    workload.stop()
    do_everything_once(files, workload)
    assert not workload.errors, workload.errors
    yield world, files, workload
    server.stop()
    _databases.drop_made()


def do_everything_once(files, workload):
    """After a merge each kind of foreign write and of read, in an order that shows each write, whatever chance did
    before."""
    chance = random.Random(2)
    for gateway in GATEWAYS:
        operation = Operation(str(uuid.uuid4()), "merge", gateway, file=0)
        path = files[gateway].paths[0]
        workload.operations.append(operation)
        workload._attempt(operation, ["import", "-i", str(path), "-y"], chance)
        known = {key_of(snapshot) for snapshot in json.loads(path.read_text())["snapshots"]}
        for kind in ("drop", "touch", "interval", "add", "export", "forget", "export", "environments", "environment",
                     "stats"):
            if kind in workload_module.READS:
                workload._read(kind, gateway, chance)
                continue
            write = foreign.choose(gateway, chance)
            write.kind = kind
            write.environment = "none" if kind == "drop" else next(iter(files[gateway].plans[0]))
            write.snapshot = next(key for key in foreign.TARGETS if key in known)
            workload.operations.append(write)
            foreign.attempt(workload.world.database(gateway), write)


def verdict(honest, spoil=lambda checker, chance: None, gateway="first", replayed=False):
    """The violations of a history; `replayed`: in what follows from a replay, too."""
    world, files, workload = honest
    seen = types.SimpleNamespace(operations=copy.deepcopy(workload.operations), reads=copy.deepcopy(workload.reads))
    checker = Checker(world, files, seen, gateway)  # type: ignore[arg-type]  # what it needs of a Workload
    spoil(checker, random.Random(1))
    return checker.run() if replayed else checker.check_history()


def order(checker):
    return [checker.operations[i] for i in checker.committed if i in checker.operations]


def committed(checker, *kinds):
    """The last committed operation of these kinds."""
    return [operation for operation in order(checker) if operation.kind in kinds][-1]


def changed_positions(checker):
    """Where the state looks otherwise than before."""
    states = checker.replay_model(order(checker))
    return [n for n in range(1, len(states)) if states[n] != states[n - 1]]


def visible_foreign_write(checker):
    """The last one that changed what reads see."""
    return [order(checker)[position - 1] for position in changed_positions(checker)
            if isinstance(order(checker)[position - 1], ForeignWrite)][-1]


def latest(checker):
    """The time when all was over."""
    return max(operation.ended for operation in checker.operations.values())


def read_at(checker, position, began, ended):
    """A read of `environments` that saw that position."""
    seen = checker.replay_model(order(checker))[position]
    return Read("environments", checker.gateway, began, ended, seen)


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_an_honest_history(honest, gateway):
    _, _, workload = honest
    assert verdict(honest, gateway=gateway, replayed=True) == []
    assert {write.kind for write in workload.operations if isinstance(write, ForeignWrite)} == set(foreign.KINDS)
    assert {read.kind for read in workload.reads} == set(workload_module.READS)


def test_an_acknowledged_change_that_is_not_there(honest):
    def lose(checker, _):
        gone = committed(checker, "merge").id
        checker.committed.remove(gone)
    found = verdict(honest, lose)
    assert any("acknowledged, and not there" in v for v in found), found


def test_a_refused_change_that_is_there(honest):
    def refuse(checker, _):
        for attempt in committed(checker, "merge").attempts:
            attempt.code = 1
    assert any("refused, and there all the same" in v for v in verdict(honest, refuse))


def test_a_change_that_was_made_twice(honest):
    def twice(checker, _):
        checker.committed.append(committed(checker, "merge").id)
    assert any("committed 2 times" in v for v in verdict(honest, twice))


def test_an_order_against_the_clock(honest):
    def swap(checker, _):
        checker.committed.insert(0, checker.committed.pop())
    assert any("answered before" in v or "asked for" in v for v in verdict(honest, swap))


def test_a_restore_of_nowhere(honest):
    """An order that nobody can follow is told, too."""
    def lead_nowhere(checker, _):
        operation = committed(checker, "merge")
        operation.kind, operation.restore_point = "restore", str(uuid.uuid4())
    assert any("a restore point of nowhere" in v for v in verdict(honest, lead_nowhere, replayed=True))


# --- foreign writes ----------------------------------------------------------------------------

def test_a_foreign_write_that_is_lost(honest):
    """Acknowledged, and its transaction is not there."""
    def lose(checker, _):
        checker.committed.remove(committed(checker, *foreign.KINDS).id)
    assert any("acknowledged, and not there" in v for v in verdict(honest, lose))


def test_a_foreign_write_that_is_undone(honest):
    """Its mark is there, but what it wrote never showed: as if an import had put back what it had read before."""
    def undo(checker, _):
        write, end = visible_foreign_write(checker), latest(checker)
        checker.committed.remove(write.id)
        checker.committed.append(write.id)
        checker.reads = [read_at(checker, len(order(checker)) - 1, end + 1, end + 2)]
    assert any("saw what never was" in v for v in verdict(honest, undo))


def test_foreign_intervals_that_are_undone(honest):
    """Plans do not show them; the tokens of exports do."""
    def undo(checker, _):
        write = committed(checker, "forget")
        write.kind, write.environment = "drop", "none"  # does nothing
    found = verdict(honest, undo, replayed=True)
    assert any("a read (export) saw what never was" in v for v in found), found
    assert any("the final state is not that of the order" in v for v in found), found


def test_a_foreign_write_that_counts_twice(honest):
    def twice(checker, _):
        checker.committed.append(committed(checker, *foreign.KINDS).id)
    assert any("committed 2 times" in v for v in verdict(honest, twice))


# --- reads -------------------------------------------------------------------------------------

def test_a_read_of_what_never_was(honest):
    def change(checker, chance):
        read = chance.choice([r for r in checker.reads if r.kind == "environments" and r.seen])
        read.seen[next(iter(read.seen))] = "0" * 32
    assert any("saw what never was" in v for v in verdict(honest, change))


def test_a_read_of_another_gateway(honest):
    def cross(checker, _):
        read = next(r for r in honest[2].reads if r.gateway == "second" and r.kind == "environments" and r.seen)
        checker.reads.append(read)
    assert any("saw what never was" in v for v in verdict(honest, cross))


def test_an_export_of_other_intervals(honest):
    """Its environments are right, and its token is not."""
    def change(checker, chance):
        chance.choice([r for r in checker.reads if r.token]).token = "0" * 64
    assert any("a read (export) saw what never was" in v for v in verdict(honest, change, replayed=True))


def test_a_stale_read(honest):
    """It misses what was acknowledged before it began."""
    def age(checker, _):
        end, states = latest(checker), checker.replay_model(order(checker))
        old = next(n for n in reversed(range(len(states))) if states[n] != states[-1])
        checker.reads = [read_at(checker, old, end + 1, end + 2)]
    assert any("saw what never was" in v for v in verdict(honest, age))


def test_a_stale_read_of_one_environment(honest):
    """As above, where the caller asked for nothing else."""
    def age(checker, _):
        end, states = latest(checker), checker.replay_model(order(checker))
        name, plan = next((n, p) for state in reversed(states) for n, p in state.items() if states[-1].get(n) != p)
        checker.reads = [Read("environment", checker.gateway, end + 1, end + 2, {name: plan})]
    assert any("saw what never was" in v for v in verdict(honest, age))


def test_a_read_from_the_future(honest):
    """It saw a change that nobody had asked for yet."""
    def hurry(checker, _):
        first = changed_positions(checker)[0]
        began = min(operation.began for operation in order(checker))
        checker.reads = [read_at(checker, first, began - 2, began - 1)]
    assert any("saw what never was" in v for v in verdict(honest, hurry))


def test_reads_that_go_back(honest):
    """While a change was under way one read saw it and the next, which began later, did not: each could be true."""
    def go_back(checker, _):
        position = changed_positions(checker)[-1]
        write = order(checker)[position - 1]
        began, step = write.began, (write.ended - write.began) / 5
        reads = [read_at(checker, position, began + step, began + 2 * step),
                 read_at(checker, position - 1, began + 3 * step, began + 4 * step)]
        windows = Windows(order(checker))
        assert position in windows.of(reads[0]) and position - 1 in windows.of(reads[1])
        checker.reads = reads
    assert any("went back behind an earlier read" in v for v in verdict(honest, go_back))


def test_reads_at_once_may_differ(honest):
    """The same two, but neither ended before the other began."""
    def overlap(checker, _):
        position = changed_positions(checker)[-1]
        write = order(checker)[position - 1]
        began, step = write.began, (write.ended - write.began) / 5
        checker.reads = [read_at(checker, position, began + step, began + 3 * step),
                         read_at(checker, position - 1, began + 2 * step, began + 4 * step)]
    assert verdict(honest, overlap) == []


def linearizable(reads, windows, states):
    """By trying every choice of positions."""
    for positions in itertools.product(*(windows.of(read) for read in reads)):
        placed = list(zip(reads, positions))
        if all(read.fits(states[position]) for read, position in placed) and all(
                p <= q for read, p in placed for other, q in placed if read.ended < other.began):
            return True
    return False


def test_the_search_is_right():
    """On small random histories it says the same as trying everything; both answers occur."""
    chance = random.Random(7)
    seen: collections.Counter[bool] = collections.Counter()
    for _ in range(600):
        times = sorted(chance.uniform(0, 10) for _ in range(4))
        attempts = [Attempt(began, began + chance.uniform(0.1, 4), chance.choice((0, 0, 4)), {}) for began in times]
        writes = [Operation(str(n), "merge", "first", attempts=[attempt]) for n, attempt in enumerate(attempts)]
        states = [{"e": chance.choice("abc")} for _ in range(5)]
        reads = [Read("environments", "first", began, began + chance.uniform(0.1, 2), chance.choice(states))
                 for began in (chance.uniform(0, 10) for _ in range(3))]
        windows = Windows(writes)
        found = misfits(reads, windows, lambda read, position: read.fits(states[position]))  # noqa: B023
        seen[not found] += 1
        assert (not found) == linearizable(reads, windows, states), (writes, states, reads)
    assert min(seen.values()) > 50, seen


# --- what cannot be undone: last ---------------------------------------------------------------

def test_a_command_that_hangs(honest, monkeypatch):
    """Told, with what was under way meanwhile: afterwards nobody can look."""
    world, files, _ = honest
    monkeypatch.setattr(workload_module, "PATIENCE", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent, world.database("first").connect() as other:
        other.cursor().execute("SELECT 'what another session does'")
        gate = types.SimpleNamespace(port=silent.getsockname()[1])
        broken = types.SimpleNamespace(**{**vars(world), "client_gates": [gate]})
        workload = Workload(broken, files, 1, 0.1)  # type: ignore[arg-type]  # what it needs of a World
        workload._run("first", ["versions"], random.Random(1))
    assert workload.errors and "hung: ['versions']" in workload.errors[0], workload.errors
    assert "what another session does" in workload.errors[0] and "--- stdout" in workload.errors[0], workload.errors


def test_a_state_that_is_another(honest):
    """A row that no operation took away."""
    world, _, _ = honest
    world.database("second").execute("DELETE FROM sqlmesh._intervals WHERE (name, version) IN "
                                     "(SELECT name, version FROM sqlmesh._intervals LIMIT 1)")
    assert any("the final state is not that of the order" in v
               for v in verdict(honest, gateway="second", replayed=True))


def test_a_foreign_write_that_was_made_twice(honest):
    """Its transaction was repeated, and left no second mark."""
    world, _, workload = honest
    write = copy.deepcopy(next(w for w in workload.operations if w.gateway == "first" and w.kind == "touch"))
    # One that the repetition changes.
    (write.environment,) = world.database("first").execute(
        f"SELECT max(name) FROM sqlmesh._environments WHERE plan_id <> '{write.plan}'")[0]
    connection = psycopg2.connect(world.database("first").url)
    foreign.perform(connection, write)
    connection.close()
    world.database("first").execute(
        f"DELETE FROM campaign.marks WHERE id = '{write.id}' AND seq = (SELECT max(seq) FROM campaign.marks)")
    assert any("the final state is not that of the order" in v for v in verdict(honest, replayed=True))
