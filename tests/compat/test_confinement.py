# SPDX-License-Identifier: Apache-2.0
"""Macros of an edited state run where the server's secrets, its sockets and the network cannot be reached."""

import json
import os
import pathlib
import re
import shutil
import tempfile

import pytest

from harness import access, paths, workers
from harness.client import UNREACHABLE, Client
from harness.database import corpus_json
from harness.server import gateway

RELEASE = "0.231.1"
# A partition transform that only SQLMesh itself can hash; the states of the corpus have none.
TRANSFORM = """
  UPDATE sqlmesh._snapshots SET snapshot = replace(snapshot, '"(ordered_at)"', '"(bucket(4, order_id))"')
  WHERE name LIKE '%"orders_clean"'
"""
# The macro that somebody edited: it tries everything, then ends the worker, whose last words the caller gets.
MACRO = """
def with_tax(evaluator, col, rate=None):
    import json, os, signal, socket, sys
    def connect(kind, address):
        with socket.socket(kind) as s:
            s.settimeout(5)
            s.connect(address)
    attempts = {
        'configuration': lambda: open(CONFIG).read(),
        'tokens': lambda: open(TOKENS).read(),
        'environment': lambda: open('/proc/%d/environ' % PID).read(),
        'memory': lambda: open('/proc/%d/mem' % PID, 'rb').read(1),
        'signal': lambda: os.kill(PID, 0),
        'socket folder': lambda: os.listdir(os.path.dirname(SOCKET)),
        'socket': lambda: connect(socket.AF_UNIX, SOCKET),
        'network': lambda: connect(socket.AF_INET, ('127.0.0.1', PORT)),
        'passwd': lambda: open('/etc/passwd').read(),
    }
    report = {'user': os.getuid()}
    for name, attempt in attempts.items():
        try:
            attempt()
            report[name] = 'done'
        except OSError as error:
            report[name] = error.strerror
    sys.stderr.write('REPORT' + json.dumps(report) + 'END')
    sys.stderr.flush()
    os._exit(3)
"""
ATTEMPTS = {"configuration", "tokens", "environment", "memory", "signal", "socket folder", "socket", "network",
            "passwd"}
NO_NAMESPACES = "confinement.namespaces=error"
NONE = NO_NAMESPACES + ";confinement.landlock=error"
BEGAN, REFUSED = "AUDIT_OUTCOME_BEGAN", "AUDIT_OUTCOME_REFUSED"


class Attacked:
    """A server with secrets, and the callers of its only gateway."""

    def __init__(self, database, start_server, folder, account, failpoints):
        self.folder, self.database = folder, database
        (folder / "tokens").mkdir(mode=0o711)
        self.tokens = access.Tokens(folder / "tokens")
        made = {role: self.tokens.create(role, local=role) for role in access.ROLES[1:]}
        if account:
            shutil.chown(self.tokens.file, account)
            shutil.chown(self.tokens.file.parent, account)
        self.socket = folder / "sockets" / "grpc.sock"
        self.socket.parent.mkdir()
        if account:
            shutil.chown(self.socket.parent, account)
        options = workers.options_for_all()
        # Where other users cannot read the checkout, a root without namespaces keeps its user.
        self.private = options is None
        if account and (self.private or not workers.open_to_all(paths.SERVER)):
            pytest.skip("other users cannot read the programs here")
        options = options or dict(workers.OPTIONS)
        environment = {**options.pop("environment"), "MY_SECRET": "hunter2", "HOME": "/"}
        self.server = start_server(
            {"local": gateway(database)}, account=account, failpoints=failpoints,
            environment=environment, **options,
            local_listen=f"unix:{self.socket}", auth={"tokens_file": str(self.tokens.file)},
            # The folders of the configuration and of the tokens, which stay hidden themselves.
            worker_paths=[".", str(self.tokens.file.parent)])
        self.clients = {role: Client(self.server, STATESERVER_TOKEN=token) for role, token in made.items()}

    def confinement(self):
        """As the log of the start says."""
        line = self.server.wait_for_log("Workers are (not )?confined")
        found = re.search(r"confinement=\"?(\w+)", line)
        return found[1] if found else "none"

    def edited_file(self):
        document = corpus_json(RELEASE, "export_all.json")
        code = MACRO
        for name, value in {"CONFIG": str(self.server.config_file), "TOKENS": str(self.tokens.file),
                            "SOCKET": str(self.socket), "PID": self.server.process.pid,
                            "PORT": self.database.cluster.port}.items():
            code = re.sub(rf"\b{name}\b", repr(value), code)
        edited = 0
        for snapshot in document["snapshots"]:
            node = snapshot["node"]
            if "with_tax" in node.get("python_env", {}):
                node["python_env"]["with_tax"]["payload"] = code.strip()
                # So that the native rules do not apply.
                node.pop("column_descriptions", None)
                node["partitioned_by"] = ["foo_bar(ordered_at)"]
                edited += 1
        assert edited, "no model has the macro"
        file = self.folder / "edited.json"
        file.write_text(json.dumps(document))
        return file

    def attack(self, role, code=1):
        return self.clients[role].refused("upgrade-file", "-i", self.edited_file(), "-o", self.folder / "new.json",
                                          code=code, timeout=240)

    def report(self, role):
        """What the macro could do for a caller with that role."""
        error = self.attack(role)
        assert error["reason"] == "WORKER_FAILED", error
        found = re.search(r"REPORT(\{.*?\})END", error["message"])
        assert found, error
        report = json.loads(found[1])
        assert set(report) == ATTEMPTS | {"user"}, report
        return report

    def runs(self):
        """The audit events about macros."""
        events = self.clients["reader"].json("audit")["events"]
        return [event for event in events if event["kind"] == "OPERATION_KIND_RUN_MACROS"]


@pytest.fixture
def attacked(state, start_server):
    """attacked(account, failpoints) -> Attacked. Its folder can be entered by everybody."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ss-confined-", dir="/tmp"))
    folder.chmod(0o711)
    yield lambda account, failpoints="": Attacked(state, start_server, folder, account, failpoints)
    shutil.rmtree(folder, ignore_errors=True)


as_each_user = pytest.mark.parametrize("account", [
    pytest.param(None, id="root", marks=pytest.mark.skipif(os.getuid() != 0, reason="only for root")),
    pytest.param("nobody" if os.getuid() == 0 else None, id="ordinary")])


@as_each_user
@pytest.mark.parametrize("mechanism", ["namespaces", "landlock"])
def test_a_macro_reaches_nothing(attacked, account, mechanism):
    place = attacked(account, "" if mechanism == "namespaces" else NO_NAMESPACES)
    if place.confinement() != mechanism:
        pytest.skip(f"this kernel offers {place.confinement()}")
    report = place.report("writer")
    assert [name for name in ATTEMPTS if report[name] == "done"] == [], report
    if account is None and (mechanism == "namespaces" or not place.private):
        assert report["user"] not in (0, 65534), "neither root nor the user of anything else"
    (event,) = place.runs()
    assert event["outcome"] == BEGAN and event["principal"] == "token:writer"
    assert event["arguments"] == {"call": "StateService.MigrateStateFile", "worker": "fingerprint",
                                  "worker_confinement": mechanism}
    finding = next(f for f in place.clients["reader"].json("doctor")["findings"] if f["name"] == "workers")
    assert finding["verdict"] == "DIAGNOSIS_VERDICT_PASSED", finding


@as_each_user
def test_without_confinement_macros_need_admin(attacked, account):
    place = attacked(account, NONE)
    assert place.confinement() == "none"
    place.clients["admin"].ok("compact", "-y")
    error = place.attack("writer", code=UNREACHABLE)
    assert error["reason"] == "ROLE_MISSING" and "cannot confine its workers" in error["message"], error
    assert "admin" in error["hint"] and not (place.folder / "new.json").exists()
    (refused,) = place.runs()
    assert refused["outcome"] == REFUSED and refused["principal"] == "token:writer"
    assert refused["arguments"]["worker_confinement"] == "none"
    report = place.report("admin")
    if account:
        assert report["configuration"] == report["tokens"] == "done", "what confinement is for"
    assert report["environment"] != "done" and report["memory"] != "done", "the server is not dumpable"
    assert report["socket"] != "done" and report["network"] != "done", report
    _, began = place.runs()
    assert began["outcome"] == BEGAN and began["principal"] == "token:admin"
    assert began["arguments"]["worker_confinement"] == "none"
    finding = next(f for f in place.clients["reader"].json("doctor")["findings"] if f["name"] == "workers")
    assert finding["verdict"] == "DIAGNOSIS_VERDICT_WARNING" and "needs the role admin" in finding["message"]
    assert "docs/workers.md" in finding["hint"]


def test_without_confinement_a_file_without_such_macros_is_upgraded(attacked):
    place = attacked(None, NONE)
    (place.folder / "old.json").write_text(json.dumps(corpus_json(RELEASE, "export_all.json")))
    place.clients["writer"].ok("upgrade-file", "-i", place.folder / "old.json", "-o", place.folder / "new.json")
    assert place.runs() == []


def test_a_migration_is_audited_with_its_operation(databases, serve):
    """A dry run as well: it runs the same macros."""
    database = databases.state("0.176.0")
    database.execute(TRANSFORM)
    client = serve(database, **workers.OPTIONS)
    assert client.json("migrate", "--dry-run")["rows"]["fingerprints_by_worker"] >= 1
    operation = access.new_id()
    client.ok("migrate", "-y", "--operation-id", operation)
    events = client.json("audit")["events"]
    kinds = [(e["kind"].removeprefix("OPERATION_KIND_"), e["outcome"].removeprefix("AUDIT_OUTCOME_")) for e in events]
    assert kinds == [("RUN_MACROS", "BEGAN"), ("MIGRATE", "BEGAN"), ("RUN_MACROS", "BEGAN"), ("MIGRATE", "SUCCEEDED")]
    assert [e["operation_id"] == operation for e in events] == [False, True, True, True]
    assert events[2]["arguments"]["call"] == "StateService.Migrate"
    assert events[2]["arguments"]["worker_confinement"] in ("namespaces", "landlock", "none")
    assert "run macros" in client.ok("audit").out
