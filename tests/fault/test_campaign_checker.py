"""The campaign's checker sees what is wrong: on the history of a campaign without faults, then on spoiled ones."""

import copy
import random
import socket
import time
import types
import uuid

import pytest

from fault.campaign import workload as workload_module
from fault.campaign.checker import Checker
from fault.campaign.files import Files
from fault.campaign.workload import Workload
from harness.client import Client


@pytest.fixture(scope="module")
def honest(_databases, tmp_path_factory):
    """(world, files, workload) of a few seconds of work that nobody disturbed."""
    from harness.server import Server, gateway
    database = _databases.empty()
    server = Server({"local": gateway(database)}, restore_points={"keep": 200})
    gate = types.SimpleNamespace(port=int(server.address.rsplit(":", 1)[1]))
    world = types.SimpleNamespace(servers=[server], client_gates=[gate], database=lambda: database,
                                  pair=types.SimpleNamespace(primary=database.cluster))
    Client(server).ok("migrate", "-y")
    files = Files(tmp_path_factory.mktemp("files"), 1)
    workload = Workload(world, files, 1, 0.1, clients=3)
    workload.start()
    time.sleep(3)
    workload.stop()
    yield world, files, workload
    server.stop()
    _databases.drop_made()


def verdict(honest, spoil=lambda workload, chance: None):
    world, files, workload = honest
    seen = types.SimpleNamespace(operations=copy.deepcopy(workload.operations), exports=copy.deepcopy(workload.exports),
                                 errors=[])
    checker = Checker(world, files, seen)
    spoil(checker, random.Random(1))
    return checker.run()


def committed(checker, kind):
    """The last committed operation of a kind."""
    return [checker.operations[i] for i in checker.committed if i in checker.operations
            and checker.operations[i].kind == kind][-1]


def test_an_honest_history(honest):
    assert verdict(honest) == []


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
    assert any("a restore point of nowhere" in v for v in verdict(honest, lead_nowhere))


def test_an_export_of_what_never_was(honest):
    def change(checker, chance):
        export = chance.choice([e for e in checker.exports if e.plans])
        export.plans[next(iter(export.plans))] = "0" * 32
    assert any("saw what never was" in v for v in verdict(honest, change))


def test_an_export_of_the_past(honest):
    """Stale: it misses what was acknowledged before it began."""
    def age(checker, _):
        order = [i for i in checker.committed if i in checker.operations]
        first = checker.replay_model(order)[1]
        late = max(operation.ended for operation in checker.operations.values()) + 1
        last = checker.exports[-1]
        last.began, last.ended = late, late + 1
        # Before the first operation, unless the last one led back there.
        last.plans = {} if checker.replay_model(order)[-1] else first
    assert any("saw what never was" in v for v in verdict(honest, age))


def test_a_command_that_hangs(honest, monkeypatch):
    """Told, with what was under way meanwhile: afterwards nobody can look."""
    world, files, _ = honest
    monkeypatch.setattr(workload_module, "PATIENCE", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent, world.database().connect() as other:
        other.cursor().execute("SELECT 'what another session does'")
        gate = types.SimpleNamespace(port=silent.getsockname()[1])
        workload = Workload(types.SimpleNamespace(**{**vars(world), "client_gates": [gate]}), files, 1, 0.1)
        workload._run(["versions"], random.Random(1))
    assert workload.errors and "hung: ['versions']" in workload.errors[0], workload.errors
    assert "what another session does" in workload.errors[0] and "--- stdout" in workload.errors[0], workload.errors


def test_a_state_that_is_another(honest):
    """Last, since it spoils the state itself: a row that no operation took away."""
    world, _, _ = honest
    world.database().execute("DELETE FROM sqlmesh._intervals WHERE (name, version) IN "
                             "(SELECT name, version FROM sqlmesh._intervals LIMIT 1)")
    assert any("the final state is not that of the order" in v for v in verdict(honest))
