# SPDX-License-Identifier: Apache-2.0
"""Every RPC, by callers with every role, by every kind of credential: the table of docs/security.md is enforced, and a
refused call leaves behind what that document promises."""

import concurrent.futures
import re
import uuid
from collections import Counter

import pytest

from harness import access, rpcs, schemas, starrocks
from harness.callers import GRANTS, LIMITS, Caller, Callers, bearer
from harness.database import Digests
from harness.rules import RULES
from harness.server import gateway
from harness.valid_requests import requests

# Cases of the table in another form: what they are in the table.
FORMS = {"on_failure is compensate":
         "a statement destroys, rebuilds or is not a schema change, or on_failure is compensate",
         "one that the principal began, and may not begin": "any other"}
CASES = [*RULES, ("RevisionService.Upgrade", "on_failure is compensate"),
         ("OperationsService.CancelOperation", "one that the principal began, and may not begin")]
# What a caller is told whose credentials are not valid, whatever is wrong with them.
UNKNOWN = {"The call has no credentials", "The credentials are not accepted"}
UNKNOWN_HINT = "Give a bearer token or a client certificate; see docs/security.md."
# No answer to a valid request of somebody who may make it.
DEFECTS = {"UNAUTHENTICATED", "PERMISSION_DENIED", "INTERNAL", "UNKNOWN", "DATA_LOSS", "UNIMPLEMENTED", "UNAVAILABLE"}
OPERATION = ("INSERT INTO stateserver.operations (state_schema, id, kind, arguments, gateway, principal, status,"
             " started_ts) VALUES ('sqlmesh', '{id}', '{kind}', '{{}}', 'local', '{principal}', 'succeeded', 1)")
# Each refusal on record has an operation of its own.
TRAIL = ("SELECT a.principal, a.arguments->>'requested_operation', a.event, a.error_reason, a.gateway, o.status"
         " FROM stateserver.audit a LEFT JOIN stateserver.operations o ON o.id = a.operation_id"
         " WHERE a.seq > {after} AND a.kind <> 'refused calls'")


class World:
    """Everybody who calls, and what the calls leave behind."""

    def __init__(self, callers, database, warehouse, stubs):
        self.callers, self.stubs = callers, stubs
        self.warehouse, self.connection = warehouse, database.connect()
        self.digests = Digests(database, "sqlmesh", "stateserver", without=("audit", "operations"))
        self.operations = {}
        metadata = bearer(callers.good_tokens["admin-everywhere"])
        with callers.plain.channel() as channel:
            self.methods = rpcs.reflect(stubs, channel, metadata)
            # The first change makes schema `stateserver`.
            compact = stubs.maintenance.CompactRequest(gateway="local", operation_id=str(uuid.uuid4()))
            answer = rpcs.call(channel, self.methods["MaintenanceService.Compact"].path, [compact.SerializeToString()],
                               metadata)
            assert answer.code.name == "OK", answer

    def operation(self, principal, kind):
        """The id of an operation that a principal has run."""
        if (principal, kind) not in self.operations:
            made = self.operations[principal, kind] = str(uuid.uuid4())
            self.query(OPERATION.format(id=made, kind=kind, principal=principal))
        return self.operations[principal, kind]

    def messages(self, caller, rpc, what):
        """The bytes of a request, and the id that the caller gives to its operation."""
        about = {"one that the principal began and may begin": (caller.principal, "import"),
                 "one that the principal began, and may not begin": (caller.principal, "compact"),
                 "any other": ("token:somebody", "import")}.get(what)
        made = requests(self.stubs, rpc, what, self.operation(*about) if about else "")
        begin = getattr(made[0], "begin", made[0])
        # A dry run of a revision is no operation.
        operation = "" if hasattr(begin, "options") else getattr(begin, "operation_id", "")
        return [message.SerializeToString() for message in made], operation

    def query(self, statement):
        with self.connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def count(self, column, table):
        return self.query(f"SELECT coalesce({column}, 0) FROM stateserver.{table}")[0][0]

    def rows(self):
        """All that no refused call may touch. The trail is looked at row by row."""
        return self.digests.read(), self.warehouse.objects()

    def stop(self):
        self.callers.stop()
        self.digests.close()
        self.connection.close()

    def not_recorded(self):
        """Refusals that were counted, since a principal had more than twenty a minute."""
        return sum(int(count) for server in (self.callers.plain, self.callers.secure) for count in re.findall(
            r"^stateserver_refusals_not_recorded_total\{.*\} (\d+)$", server.metrics(), re.M))

    def calls(self, cases):
        """[(caller, rpc, what)] -> [(caller, rpc, what, id of the operation, Answer)]."""
        def one(case):
            caller, rpc, what = case
            messages, operation = self.messages(caller, rpc, what)
            answer = rpcs.call(caller.channel, self.methods[rpc].path, messages, caller.metadata)
            return caller, rpc, what, operation, answer
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            return list(pool.map(one, cases))


@pytest.fixture(scope="module")
def module_databases(_databases):
    yield _databases
    _databases.drop_made()


@pytest.fixture(scope="module")
def world(module_databases, _front_end, tmp_path_factory, stubs):
    """Two gateways on one state."""
    database = module_databases.state()
    warehouse = starrocks.Database(_front_end)
    block = gateway(database, connection=schemas.warehouse(_front_end, warehouse.name))
    gateways = {"local": block, "elsewhere": gateway(database)}
    callers = Callers(gateways, tmp_path_factory.mktemp("callers"), limits=LIMITS)
    made = World(callers, database, warehouse, stubs)
    yield made
    made.stop()
    warehouse.drop()


def may(caller, rpc, what):
    """By the table. A list of gateways concerns none of them."""
    role = caller.best_role() if rpc == "StateService.ListGateways" else caller.role("local")
    return role in RULES[rpc, FORMS.get(what, what)]


def is_recorded(world, caller, rpc, what):
    """Whether an event is promised for the refusal of a call."""
    # Only its plan says that an upgrade destroys something, and a dry run leaves no record.
    planned = rpc == "RevisionService.Upgrade" and what.startswith("a statement") and caller.role("local") == "writer"
    return world.methods[rpc].changes and caller.best_role() != "none" and not planned


def missing(caller, rpc):
    """The roles that a caller needs for the cases of an RPC and does not have: some are known only after others."""
    return {min(roles, key=access.ROLES.index) for (of, _), roles in RULES.items()
            if of == rpc and caller.role("local") not in roles}


def check_refusal(world, caller, answer, rpc=""):
    """Status, reason and text are those that are promised."""
    if caller.shut_out:
        assert answer.code.name == "UNAVAILABLE", "the TLS handshake failed"
        return
    info = answer.info(world.stubs)
    assert not answer.responses and [key for key, _ in answer.trailing] == ["grpc-status-details-bin"]
    if not caller.principal:
        assert (answer.code.name, info.reason) == ("UNAUTHENTICATED", "UNAUTHENTICATED")
        assert answer.message in UNKNOWN and info.metadata.pop("hint") == UNKNOWN_HINT
        assert list(info.metadata) == ["trace_id"], "nothing says why"
        return
    assert (answer.code.name, info.reason) == ("PERMISSION_DENIED", "ROLE_MISSING")
    if caller.best_role() == "none":
        assert answer.message == f"'{caller.principal}' has no role on any gateway"
    else:
        assert f"'{caller.principal}' has the role {caller.role('local')} on gateway 'local'" in answer.message
        assert answer.message.endswith(tuple(f" needs {role}" for role in missing(caller, rpc)))


def check_refusals(world, cases):
    """None of these calls may be made: each is refused as it should be, and leaves what it should."""
    for case in cases:
        world.messages(*case)  # makes the operations that they name
    last, operations = world.count("max(seq)", "audit"), world.count("count(*)", "operations")
    before, not_recorded = world.rows(), world.not_recorded()
    answers = world.calls(cases)
    for caller, rpc, what, _, answer in answers:
        try:
            check_refusal(world, caller, answer, rpc)
        except AssertionError as error:
            raise AssertionError(f"{caller.name}, {rpc} {what}: {answer}") from error
    assert world.rows() == before
    promised = Counter((caller.principal, operation) for caller, rpc, what, operation, _ in answers
                       if is_recorded(world, caller, rpc, what))
    trail = world.query(TRAIL.format(after=last))
    left = Counter(row[:2] for row in trail)
    assert left <= promised, left - promised
    assert sum((promised - left).values()) == world.not_recorded() - not_recorded, promised - left
    assert {row[2:] for row in trail} <= {("refused", "ROLE_MISSING", "local", "refused")}
    assert world.count("count(*)", "operations") == operations + len(trail)


def check(world, cases):
    check_refusals(world, [case for case in cases if not may(*case)])
    for caller, rpc, what, _, answer in world.calls([case for case in cases if may(*case)]):
        assert answer.code.name not in DEFECTS, f"{caller.name}, {rpc} {what}: {answer}"


@pytest.mark.parametrize("rpc, what", CASES, ids=[" ".join(case).strip() for case in CASES])
def test_every_role_by_every_credential(world, rpc, what):
    check(world, [(caller, rpc, what) for caller in world.callers.all])


def test_every_role_on_a_unix_socket(world):
    """A socket has one grant: one after the other is loaded."""
    try:
        for name, roles in GRANTS.items():
            channel = world.callers.grant_socket(roles)
            check(world, [(Caller(f"unix socket {name}", channel, [], "unix", roles), *case) for case in CASES])
    finally:
        world.callers.grant_socket(None)


def test_reflection_and_the_table(world):
    """No method is missing from the table, and none that changes something is open to readers."""
    own = {name: method for name, method in world.methods.items() if name.count(".") == 1}
    assert set(own) == {rpc for rpc, _ in RULES}
    assert set(world.methods) - set(own) == {
        "grpc.health.v1.Health.Check", "grpc.health.v1.Health.Watch",
        "grpc.reflection.v1.ServerReflection.ServerReflectionInfo",
        "grpc.reflection.v1alpha.ServerReflection.ServerReflectionInfo"}
    changing = {name for name, method in own.items() if method.changes}
    assert len(changing) == 10
    assert [rule for rule, roles in RULES.items() if rule[0] in changing and "reader" in roles] == []


def test_health_answers_everybody_and_reflection_those_with_a_role(world):
    ask = world.stubs.reflection.ServerReflectionRequest(list_services="").SerializeToString()
    for caller in world.callers.all:
        healthy = rpcs.call(caller.channel, world.methods["grpc.health.v1.Health.Check"].path, [b""], caller.metadata)
        assert healthy.code.name == ("UNAVAILABLE" if caller.shut_out else "OK"), caller.name
        for version in ("v1", "v1alpha"):
            method = world.methods[f"grpc.reflection.{version}.ServerReflection.ServerReflectionInfo"]
            answer = rpcs.call(caller.channel, method.path, [ask], caller.metadata)
            if caller.best_role() == "none":
                check_refusal(world, caller, answer)
            else:
                assert answer.code.name == "OK", (caller.name, answer)
