# SPDX-License-Identifier: Apache-2.0
"""Thousands of requests that no program of ours would send: each is refused with a reason or does what it says, the
server stays well, and no secret of its configuration or its callers is in anything that it says."""

import base64
import concurrent.futures
import pathlib
import re
import subprocess
import tempfile
import time
import urllib.request
import uuid
from collections import Counter

import grpc
import pytest
import yaml

from harness import access, paths, process_stats, rpcs, schemas, starrocks, wire
from harness.callers import LIMITS, MANY, bearer
from harness.client import Client
from harness.database import Digests
from harness.dice import SEED
from harness.mutations import Mutator, fields_of
from harness.rules import RULES
from harness.server import SANITIZER, Server, gateway
from harness.tls import Authority
from harness.valid_requests import whole

REQUESTS, BATCH = 2_000, 100
THREADS = 8
# What a server may grow by once caches are full: MiB, threads, descriptors.
MEMORY, GROWTH = 256, 12
# Callers and how often each comes.
CALLERS = {"admin": 60, "JWT of an admin": 8, "reader": 10, "writer": 10, "nobody": 4, "expired token": 2,
           "unknown token": 2, "JWT of another audience": 2, "two tokens": 2}
DEFECTS = {"INTERNAL", "UNKNOWN", "DATA_LOSS"}
# Of gRPC itself, which the server's methods never see.
WITHOUT_REASON = {"RESOURCE_EXHAUSTED", "UNIMPLEMENTED", "DEADLINE_EXCEEDED", "CANCELLED"}
# What gRPC says, with UNKNOWN, of a request that is not one of its protocol, before any code of the server has seen it.
OF_GRPC = (b"Bad :te header",)
# They read files until the end of their stream.
READERS_OF_FILES = {"Parse", "Diff", "Generate", "Autogenerate", "Upgrade", "Downgrade", "Repair", "Stamp"}


def secret(name):
    """A text that nothing else contains."""
    return f"{name}-{uuid.uuid4().hex}"


class World:
    """A server with a secret wherever one can be configured, and everybody who calls it."""

    def __init__(self, database, cluster, folder, stubs):
        self.stubs, self.database, self.cluster = stubs, database, cluster
        self.digests = Digests(database, "sqlmesh")
        self.secrets = {name: secret(name) for name in (
            "warehouse", "unreachable", "refused", "url", "environment", "unused", "metrics", "userinfo", "query",
            "database", "command")}
        cluster.execute(f"CREATE ROLE planted SUPERUSER LOGIN PASSWORD '{self.secrets['database']}'")
        self.front_end = starrocks.Simulator(password=self.secrets["warehouse"])
        self.warehouse = starrocks.Database(self.front_end)
        self.provider = access.Provider().add("k1")
        self.folder = folder
        self.sockets = tempfile.TemporaryDirectory(prefix="ss-mutated-", dir="/tmp")
        self.socket = f"{self.sockets.name}/local.sock"
        self.headers = self.credentials()
        authority = Authority(folder)
        self.authority = authority.certificate
        certificate, key = authority.issue("server")
        self.secrets |= {f"line {number} of the private key": line
                         for number, line in enumerate(key.read_text().splitlines()[1:-1]) if len(line) > 20}
        self.server = Server(
            self.gateways(), environment={"PLANTED": self.secrets["database"], "UNUSED": self.secrets["unused"]},
            auth=self.auth(), limits={**LIMITS, "schema_lock_lease": "1s"}, log={"level": "trace"},
            metrics_auth={"user": "scraper", "password": self.secrets["metrics"]}, local_listen=f"unix:{self.socket}",
            tls={"cert": str(certificate), "key": str(key)})
        secure = grpc.ssl_channel_credentials(self.authority.read_bytes())
        self.channels = [grpc.secure_channel(self.server.address, secure), grpc.insecure_channel(f"unix:{self.socket}")]
        self.methods = rpcs.reflect(stubs, self.channels[0], self.headers["admin"])
        self.reasons = {name.removeprefix("ERROR_REASON_") for name in stubs.common.ErrorReason.keys()}  # noqa: SIM118
        self.leaks = []
        self.operation = str(uuid.uuid4())
        self.client().ok("--gateway", "local", "compact", "-y", "--operation-id", self.operation)

    def stop(self):
        for channel in self.channels:
            channel.close()
        assert self.server.stop() == 0, self.server.text()
        self.provider.stop()
        self.digests.close()
        self.warehouse.drop()
        self.front_end.stop()
        self.sockets.cleanup()
        self.cluster.execute(f'DROP DATABASE "{self.database.name}" WITH (FORCE)')
        self.cluster.execute("DROP ROLE planted")

    # --- configuration ---------------------------------------------------------------------

    def gateways(self):
        """One that works, and some whose errors come from the other side."""
        def state(password, **changes):
            block = gateway(self.database)
            block["state_connection"] |= {"user": "planted", "password": password, "connect_timeout": 1, **changes}
            return block
        url = f"starrocks://root:{self.secrets['url']}@127.0.0.1:1/d"
        return {"local": {**state("${PLANTED}"), "connection": schemas.warehouse(self.front_end, self.warehouse.name)},
                "unreachable": {**state(self.secrets["unreachable"], port=1), "connection": url},
                "refused": {**state(self.secrets["refused"]), "connection": {
                    **schemas.warehouse(self.front_end, self.warehouse.name), "password": self.secrets["refused"]}},
                "missing": state("{{ env_var('NOT_SET_AT_ALL', '" + self.secrets["environment"] + "') }}",
                                 database="nowhere"),
                "command": state("", password_command=[
                    "sh", "-c", "echo {0}; echo cannot use {0} >&2; exit 1".format(self.secrets["command"])])}

    def auth(self):
        address = self.provider.url.removeprefix("http://")
        url = f"http://user:{self.secrets['userinfo']}@{address}?key={self.secrets['query']}"
        return {"tokens_file": str(self.tokens.file), "max_failures": MANY,
                "jwt": {"issuer": access.ISSUER, "audience": access.AUDIENCE, "jwks_url": url},
                "grants": [{"jwt_subject": "ci", "roles": {"*": "admin"}}]}

    def credentials(self):
        """Caller -> its headers; what is in them is secret."""
        self.tokens = access.Tokens(self.folder)
        made = {role: self.tokens.put(role, {"*": role}) for role in access.ROLES[1:]}
        made["expired"] = self.tokens.put("expired", {"*": "admin"}, "2020-01-01T00:00:00Z")
        for entry in yaml.safe_load(self.tokens.file.read_text())["tokens"]:
            self.secrets |= {f"{key} of {entry['principal']}": entry[key] for key in ("salt", "hash")}
        later = int(time.time()) + 36_000
        tokens = {"admin": made["admin"], "writer": made["writer"], "reader": made["reader"],
                  "expired token": made["expired"], "unknown token": f"sst_{'ab' * 6}_{uuid.uuid4().hex * 2}",
                  "JWT of an admin": self.provider.token("k1", exp=later),
                  "JWT of another audience": self.provider.token("k1", exp=later, aud="other")}
        for name, token in tokens.items():
            self.secrets |= {name: token, f"end of {name}": token.rpartition("." if "JWT" in name else "_")[2]}
        return {**{name: bearer(token) for name, token in tokens.items()}, "nobody": [],
                "two tokens": bearer(made["admin"]) * 2}

    def client(self):
        return Client(self.server, STATESERVER_TOKEN=self.secrets["admin"], STATESERVER_TLS_CA=str(self.authority))

    # --- what is looked at -----------------------------------------------------------------

    def search(self, where, text):
        """Notes each secret in a text."""
        if isinstance(text, str):
            text = text.encode()
        self.leaks += [f"{name} in {where}" for name, value in self.secrets.items() if value.encode() in text]

    def state(self):
        return self.digests.read(), self.warehouse.printed()

    def metrics(self, login):
        request = urllib.request.Request(f"http://{self.server.metrics_address}/metrics")
        request.add_header("Authorization", "Basic " + base64.b64encode(login.encode()).decode())
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.read()

    def size(self):
        pid = self.server.process.pid
        return process_stats.resident_mib(pid), process_stats.threads(pid), process_stats.open_files(pid)

    def valid(self, rpc, what):
        if is_own(rpc):
            return whole(self.stubs, rpc, what, self.operation)
        if "health" in rpc:
            return [self.stubs.health.HealthCheckRequest(service="gateway/local")]
        ask = self.stubs.reflection.ServerReflectionRequest
        extension = self.stubs.reflection.ExtensionRequest(containing_type="google.protobuf.MethodOptions",
                                                           extension_number=50701)
        return [ask(list_services=""), ask(file_containing_symbol="stateserver.v1.StateService"),
                ask(file_containing_extension=extension)]

    # --- calls -----------------------------------------------------------------------------

    def send(self, case):
        """The code of the answer to a case, and what is wrong with the answer."""
        if case.body is not None:
            return self.send_by_hand(case)
        answer = rpcs.call(self.channels[case.number % 2], case.method.path, case.messages,
                           [*self.headers[case.caller], *case.metadata],
                           compression=grpc.Compression.Gzip if case.compressed else None)
        self.search(case, answer.bytes())
        code, reason = answer.code.name, answer.reason(self.stubs)
        wrong = ""
        if code in DEFECTS and reason != "CHECKSUM_MISMATCH":  # DATA_LOSS, as documented
            wrong = "is a defect"
        elif code != "OK" and reason not in self.reasons and code not in WITHOUT_REASON and is_own(case.method.name):
            wrong = "has no reason"
        elif code == "OK" and case.method.name.split(".")[-1] in READERS_OF_FILES and case.damaged():
            wrong = "is about a part of the stream"
        return code, wrong and f"{case}: the answer {wrong}: {code} {reason} {answer.message}"

    def send_by_hand(self, case):
        token = next((value.split(" ")[1] for _, value in self.headers[case.caller]), "")
        made = wire.FramedCall(f"unix:{self.socket}", case.method.path, case.body, token=token, ends=case.ends,
                               headers=case.headers)
        self.search(case, made.answer)
        code = "" if made.status is None else CODES[made.status]
        wrong = code in DEFECTS and not any(text in made.answer for text in OF_GRPC)
        if case.method.name.endswith(("Import", "MigrateStateFile")) and code == "DATA_LOSS":
            wrong = False  # CHECKSUM_MISMATCH, as above
        return code, f"{case}: the answer is a defect: {code} {made.answer[-300:]!r}" if wrong else ""

    # --- afterwards ------------------------------------------------------------------------

    def is_well(self):
        """It runs, answers, and has reported no error of its own."""
        assert self.server.process.poll() is None
        assert self.client().json("--gateway", "local", "versions")["gateway"] == "local"
        errors = [line for line in self.server.log if SANITIZER.search(line) or (
            re.match(r"\S+ error ", line) and "reason=CHECKSUM_MISMATCH" not in line)]
        assert not errors, "\n".join(errors)

    def tells_no_secret(self):
        """In nothing that the server or the client says to anybody, or writes anywhere."""
        for line in self.server.log:
            self.search("the log", line)
        for table in self.database.tables("stateserver"):
            self.search(f"stateserver.{table}", "\n".join(self.database.rows(table, "stateserver")))
        self.search("/metrics", self.metrics(f"scraper:{self.secrets['metrics']}"))
        for arguments in (["doctor"], ["--format", "json", "doctor"], ["gateways"], ["-v", "doctor"]):
            done = self.client()(*arguments)
            self.search(f"stateclient {arguments}", done.out + done.err)
        for command in (["--check-config"], ["token", "list"]):
            shown = self.run([*command, "--config", self.server.config_file])
            assert shown.returncode == 0, shown
            self.search(f"stateserver {command}", shown.stdout + shown.stderr)
        self.search("the process table", pathlib.Path(f"/proc/{self.server.process.pid}/cmdline").read_bytes())
        self.has_found_none()

    def has_found_none(self):
        found, self.leaks = self.leaks, []
        assert found == []

    def run(self, arguments):
        return subprocess.run([str(paths.SERVER), *map(str, arguments)], capture_output=True, text=True,
                              env=self.server.environment)


@pytest.fixture(scope="module")
def world(_databases, cluster, tmp_path_factory, stubs):
    made = World(_databases.state(), cluster, tmp_path_factory.mktemp("mutated"), stubs)
    yield made
    made.stop()


CASES = [*RULES, ("grpc.health.v1.Health.Check", ""), ("grpc.reflection.v1.ServerReflection.ServerReflectionInfo", ""),
         ("grpc.reflection.v1alpha.ServerReflection.ServerReflectionInfo", "")]
CODES = {code.value[0]: code.name for code in grpc.StatusCode}


def is_own(name):
    """Whether an RPC is one of the project's."""
    return name.count(".") == 1


def may_change(case, code):
    """Whether a call may have changed the state: it is of that kind, it ended well, and it was no dry run."""
    if not case.method.changes or code not in ("OK", "CANCELLED", "DEADLINE_EXCEEDED", ""):
        return False
    if not case.messages or case.damaged():
        return code != "OK"
    first = case.method.request.FromString(case.messages[0])
    begin = getattr(first, "begin", first)
    return not getattr(getattr(begin, "options", begin), "dry_run", False)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [
    SEED, *(pytest.param(f"{SEED}.{number}", marks=pytest.mark.exhaustive) for number in range(1, 11))])
def test_mutated_requests(world, seed):
    """The seed and the number of a case, which a failure names, make it again: Mutator(seed, …).case(number)."""
    mutator = Mutator(seed, world.methods, CASES, world.valid, CALLERS)
    codes: Counter[str] = Counter()
    problems, sizes = [], []
    before = world.state()
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        for first in range(0, REQUESTS, BATCH):
            cases = [mutator.case(number) for number in range(first, first + BATCH)]
            answers = list(pool.map(world.send, cases))
            codes.update(code for code, _ in answers)
            problems += [problem for _, problem in answers if problem]
            assert world.server.process.poll() is None, (seed, first, world.server.log[-20:])
            after = world.state()
            if after != before and not any(may_change(case, code) for case, (code, _) in zip(cases, answers)):
                problems.append(f"cases from {first}: the state has changed, and no call that may has succeeded")
            before = after
            sizes += [world.size()] if first >= REQUESTS // 4 else []
    print(f"seed {seed}: {dict(codes)}, {len(problems)} problems")
    assert not problems, "\n".join(problems)
    # Neither do all fail at the same place, nor is nothing wrong with them.
    assert codes["OK"] > REQUESTS // 20 and len(codes) >= 9 and sum(codes.values()) - codes["OK"] > REQUESTS // 2
    world.is_well()
    deadline = time.monotonic() + 20
    while any(now > then + most for now, then, most in zip(world.size(), sizes[0], (MEMORY, GROWTH, GROWTH))):
        assert time.monotonic() < deadline, (sizes[0], world.size())
        time.sleep(0.2)
    world.tells_no_secret()


@pytest.mark.parametrize("where", ["unreachable", "refused", "missing", "command"])
def test_errors_of_databases(world, where):
    """Every RPC on gateways whose databases refuse the server, or are not there."""
    for rpc, what in RULES:
        messages = [message.SerializeToString()
                    for message in whole(world.stubs, rpc, what, world.operation, gateway=where)]
        answer = rpcs.call(world.channels[0], world.methods[rpc].path, messages, world.headers["admin"])
        assert answer.code.name not in DEFECTS, (rpc, answer)
        world.search((where, rpc), answer.bytes())
    world.is_well()
    world.tells_no_secret()


PATHS = ["/", "//", "/stateserver.v1.StateService/", "/stateserver.v1.StateService/Nothing",
         "/stateserver.v1.Nothing/Export", "stateserver", "/%00/x", "/" + "x" * 8000]


@pytest.mark.parametrize("path", PATHS, ids=range(len(PATHS)))
def test_methods_that_do_not_exist(world, path):
    for caller in ("admin", "nobody"):
        token = next((value.split(" ")[1] for _, value in world.headers[caller]), "")
        made = wire.FramedCall(f"unix:{world.socket}", path, wire.frame(b""), token=token)
        assert made.status is None or CODES[made.status] not in DEFECTS, made.answer
        world.search(path, made.answer)
    world.is_well()
    world.tells_no_secret()


def test_no_request_holds_free_values(world):
    """The day one does, mutations must nest them deeply."""
    free = {"google.protobuf.Struct", "google.protobuf.Value", "google.protobuf.ListValue", "google.protobuf.Any"}
    for method in world.methods.values():
        assert not free & {field.message_type.full_name for _, field in fields_of(method.request.DESCRIPTOR)
                           if field.message_type}, method.name


def test_secrets_are_found(world):
    """Where they are: the configuration holds most of them as they are."""
    world.search("the configuration", world.server.config_file.read_text())
    found, world.leaks = world.leaks, []
    assert {leak.split(" in ")[0] for leak in found} == {
        "warehouse", "unreachable", "refused", "url", "environment", "metrics", "userinfo", "query", "command"}


# Mistakes beside a secret: an edit of the configuration's text.
MISTAKES = {
    "a quote too many": lambda text, secret: text.replace(secret, f"'{secret}''"),
    "a list": lambda text, secret: text.replace(secret, f"[{secret}]"),
    "a mapping": lambda text, secret: text.replace(secret, f"{{a: {secret}}}"),
    "a variable without end": lambda text, secret: text.replace(secret, f"${{{secret}"),
    "a template that is none": lambda text, secret: text.replace(secret, f"'{{{{ {secret} }}}}'"),
    "a template within": lambda text, secret: text.replace(secret, f"'{{{{ env_var(''{secret} }}}}'"),
    "twice": lambda text, secret: re.sub(rf"^(.*{secret}.*)$", r"\1\n\1", text, flags=re.M),
    "characters that a URL must encode": lambda text, secret: text.replace(secret, f"a@b:{secret}/c"),
    "a tab": lambda text, secret: text.replace(secret, f"\t{secret}"),
    "another key is wrong": lambda text, secret: text + "nonsense: true\n",
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_beside_a_secret(world, tmp_path, mistake):
    """--check-config names the place, and not the value."""
    good = world.server.config_file.read_text()
    for name in ("warehouse", "unreachable", "url", "metrics", "userinfo", "query"):
        edited = MISTAKES[mistake](good, world.secrets[name])
        assert edited != good
        (tmp_path / "stateserver.yaml").write_text(edited)
        done = world.run(["--config", tmp_path / "stateserver.yaml", "--check-config"])
        world.search((mistake, name), done.stdout + done.stderr)
    world.has_found_none()

