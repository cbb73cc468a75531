# SPDX-License-Identifier: Apache-2.0
"""Verifies the models in tests/models with SPIN: every claim of every configuration, exhaustively.

A model has its claims at its end: `ltl NAME { [] … }`. A claim whose name begins with `reaches_` must be violated: it
says that something never happens, and the error of SPIN shows that the model can do it. A mutation, `-DMUTATION_NAME`,
must violate the claims that MUTATIONS names, and no others.
"""

from __future__ import annotations

import dataclasses
import pathlib
import re
import resource
import signal
import subprocess
import time
from collections.abc import Iterator

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "tests" / "models"
BUILD = ROOT / "build" / "models"

# Of SPIN itself, not a claim of the file: no process waits forever.
NO_DEADLOCK = "no_deadlock"
# All claims of the file in one run, where a run takes long.
EVERY_CLAIM = "every_claim"
REACHES = "reaches_"

SECONDS = 120  # of the processor: other programs do not count
MEGABYTES = 1500

# Model -> configuration -> what is defined.
CONFIGURATIONS: dict[str, dict[str, dict[str, int]]] = {
    "change": {
        "two calls": {"CALLS": 2, "FAULTS": 1},
        "two calls, two faults": {"CALLS": 2, "FAULTS": 2},
        "three calls": {"CALLS": 3, "FAULTS": 1},
        "two ids": {"OPERATIONS": 2, "CALLS": 2, "FAULTS": 1},
        "a request to cancel": {"CALLS": 2, "FAULTS": 1, "CANCELS": 1},
    },
    "journal": {
        "one fault": {"FAULTS": 1},
        "two faults": {"FAULTS": 2},
    },
}
# Those whose claims are checked one by one, and where mutations are.
SMALL = {"change": "two calls", "journal": "one fault"}


@dataclasses.dataclass(frozen=True)
class Mutation:
    """A defect of the protocol, as a definition in the model and as a patch of the sources."""

    model: str
    breaks: frozenset[str]  # the claims that SPIN must find violated
    test: str  # of the code: must fail with the patch, and passes without

    @property
    def patch(self) -> pathlib.Path:
        return FOLDER / "mutations" / f"{self.name.lower()}.patch"

    @property
    def name(self) -> str:
        return next(name for name, one in MUTATIONS.items() if one is self)


CRASH = "fault/test_revision_crashes.py::test_the_next_upgrade_finishes"
RUNS = "integration/test_revision_runs.py"

MUTATIONS: dict[str, Mutation] = {
    "OUTCOME_BEFORE_COMMIT": Mutation(
        "change", frozenset({"together", "success_is_committed", "replay_returns_the_first_result"}),
        "fault/test_kill_points.py::test_server_killed_during_import[before_commit-merge]"),
    "REPLAY_RUNS_AGAIN": Mutation(
        "change",
        frozenset({"together", "at_most_one_effect", "replay_returns_the_first_result", "failure_changes_nothing"}),
        "fault/test_replicas.py::test_an_operation_is_known_to_every_replica"),
    "ANY_ATTEMPT_ENDS_THE_ROW": Mutation(
        "change", frozenset({"only_its_attempt_ends_an_operation"}),
        "fault/test_replicas.py::test_a_dead_attempt_does_not_end_the_next_one"),
    "NO_INTENT": Mutation(
        "journal",
        frozenset({
            "intent_before_statement", "at_most_one_effect", "failed_means_not_executed", "next_upgrade_finishes"}),
        f"{CRASH}[1 build events beside, killed after_statement]"),
    "NO_CHECK": Mutation(
        "journal", frozenset({"fenced_server_sends_nothing"}),
        f"{RUNS}::test_a_server_that_lost_its_lock_stops"),
    "NO_FENCE": Mutation(
        "journal", frozenset({"journal_is_fenced"}),
        f"{RUNS}::test_a_server_that_lost_its_lock_writes_nothing"),
    "BELIEVE_REJECTION": Mutation(
        "journal", frozenset({"failed_means_not_executed", "next_upgrade_finishes"}),
        f"{RUNS}::test_a_statement_that_arrives_late[ddl]"),
    "TRUST_THE_FIRST_LOOK": Mutation(
        "journal", frozenset({"failed_means_not_executed", "next_upgrade_finishes"}),
        f"{RUNS}::test_a_statement_that_arrives_between_two_looks"),
}


@dataclasses.dataclass(frozen=True)
class Check:
    """One run of SPIN."""

    model: str
    configuration: str
    claim: str
    mutation: str = ""

    @property
    def violated(self) -> bool:
        """True if SPIN has to find an error."""
        if self.mutation:
            return self.claim in MUTATIONS[self.mutation].breaks
        return self.claim.startswith(REACHES)

    def __str__(self) -> str:
        where = f"{self.model} ({self.configuration})"
        return f"{where}, {self.mutation}: {self.claim}" if self.mutation else f"{where}: {self.claim}"


@dataclasses.dataclass(frozen=True)
class Result:
    """What SPIN has found."""

    violated: bool
    states: int
    megabytes: float
    seconds: float
    problem: str = ""  # why the check has failed; "" if it has not

    @property
    def ok(self) -> bool:
        return not self.problem


def source(model: str) -> pathlib.Path:
    return FOLDER / f"{model}.pml"


def claims(model: str) -> list[str]:
    """The claims of the file and the one of SPIN itself."""
    return [NO_DEADLOCK, *re.findall(r"^ltl (\w+)", source(model).read_text(encoding="utf8"), re.M)]


def checks() -> Iterator[Check]:
    """All of them: the claims one by one in the small configuration, and together in the others."""
    for model, configurations in CONFIGURATIONS.items():
        for configuration in configurations:
            if configuration != SMALL[model]:
                yield Check(model, configuration, NO_DEADLOCK)
                yield Check(model, configuration, EVERY_CLAIM)
        for claim in claims(model):
            yield Check(model, reaching(claim) or SMALL[model], claim)
    for name, mutation in MUTATIONS.items():
        for claim in claims(mutation.model):
            if not claim.startswith(REACHES):
                yield Check(mutation.model, SMALL[mutation.model], claim, name)


def reaching(claim: str) -> str:
    """The configuration that alone reaches what the claim denies; "" if that is the small one."""
    return "a request to cancel" if claim == REACHES + "a_cancelled_call" else ""


def conjunction(model: str) -> str:
    """A claim that all claims of the file hold."""
    text = source(model).read_text(encoding="utf8")
    formulas = [formula for name, formula in re.findall(r"^ltl (\w+) \{ \[\] (.*) \}$", text, re.M)
                if not name.startswith(REACHES)]
    if len(formulas) + 1 != len([claim for claim in claims(model) if not claim.startswith(REACHES)]):
        raise RuntimeError(f"{model}.pml has a claim that is not of the form: ltl name {{ [] (…) }}")
    return f"ltl {EVERY_CLAIM} {{ [] ({' && '.join(f'({formula})' for formula in formulas)}) }}\n"


class Verifier:
    """Makes the verifiers of SPIN, each once, and runs them. Not thread-safe."""

    def __init__(self, folder: pathlib.Path = BUILD) -> None:
        self.folder = folder
        self.made: dict[tuple[str, ...], pathlib.Path] = {}

    def verify(self, check: Check) -> Result:
        """Runs SPIN; the problem names what differs from what the check expects."""
        pan = self.pan(check)
        for trail in pan.parent.glob("*.trail"):
            trail.unlink()
        command = [str(pan), "-m100000", "-w23"]
        if check.claim != NO_DEADLOCK:
            command += ["-N", check.claim]
        begin = time.monotonic()
        done = subprocess.run(command, cwd=pan.parent, capture_output=True, text=True, check=False,
                              preexec_fn=limit_processor)
        seconds = time.monotonic() - begin
        if done.returncode == -signal.SIGXCPU:
            return Result(False, 0, 0, seconds, f"takes more than {SECONDS} s of the processor")
        return judge(check, done.stdout + done.stderr, seconds)

    def pan(self, check: Check) -> pathlib.Path:
        """The verifier of the check's model, configuration and mutation."""
        defines = [f"-D{name}={value}" for name, value in CONFIGURATIONS[check.model][check.configuration].items()]
        if check.mutation:
            defines.append(f"-DMUTATION_{check.mutation}")
        options = ["-DNOCLAIM"] if check.claim == NO_DEADLOCK else []
        if check.claim.startswith(REACHES):
            defines.append("-DREACHES")
        key = (check.model, *defines, *options)
        if key not in self.made:
            folder = self.folder / re.sub(r"\W+", "_", " ".join(key))
            folder.mkdir(parents=True, exist_ok=True)
            model = folder / f"{check.model}.pml"
            model.write_text(source(check.model).read_text(encoding="utf8") + conjunction(check.model), encoding="utf8")
            run(["spin", "-a", *defines, model.name], folder)
            run(["cc", "-O2", "-w", "-DSAFETY", "-DCOLLAPSE", f"-DMEMLIM={MEGABYTES}", *options, "-o", "pan", "pan.c"],
                folder)
            self.made[key] = folder / "pan"
        return self.made[key]


def limit_processor() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 5))


def run(command: list[str], folder: pathlib.Path) -> None:
    """Runs a tool that must succeed."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0 or re.search(r"^(spin: .*[Ee]rror|.*syntax error)", done.stdout, re.M):
        raise RuntimeError(f"{' '.join(command)}: {done.stdout}{done.stderr}")


def judge(check: Check, output: str, seconds: float) -> Result:
    """What the output of a verifier says."""
    errors = re.search(r"errors: (\d+)", output)
    states = re.search(r"(\d+) states, stored", output)
    memory = re.search(r"([\d.]+)\s+total actual memory usage", output)
    if errors is None or states is None:
        return Result(False, 0, 0, seconds, f"cannot read the output of SPIN:\n{output}")
    violated = errors[1] != "0"
    problem = ""
    if ("Search not completed" in output and not violated) or "max search depth too small" in output:
        problem = f"SPIN has not searched every state:\n{output}"
    elif violated and not check.violated:
        problem = f"SPIN has found an error:\n{first_lines(output)}"
    elif check.violated and not violated:
        problem = "SPIN should have found an error, and has not"
    elif violated and not of_the_claim(check, output):
        problem = f"SPIN has found another error:\n{first_lines(output)}"
    return Result(violated, int(states[1]), float(memory[1]) if memory else 0, seconds, problem)


def of_the_claim(check: Check, output: str) -> bool:
    """True if the error violates the claim, rather than an assertion inside the model."""
    if check.claim == NO_DEADLOCK:
        return "invalid end state" in output
    return re.search(r"^pan:1: (assertion violated  ?!\(|end state in claim|acceptance)", output, re.M) is not None


def first_lines(output: str) -> str:
    return "\n".join(output.splitlines()[:6])


def referred(model: str) -> list[tuple[str, str]]:
    """(function, file) of every action that names one."""
    return re.findall(r"/\* ([\w:~]+) \(([\w/.]+)\)", source(model).read_text(encoding="utf8"))


def unnamed(model: str) -> list[str]:
    """The actions that name neither a function nor the environment."""
    text = source(model).read_text(encoding="utf8")
    found = []
    for match in re.finditer(r"^(?:inline|proctype|active proctype) (\w+)", text, re.M):
        before = text[:match.start()].rstrip("\n")
        # Preprocessor lines may come between the comment and what it describes.
        before = re.sub(r"(?:\n#[^\n]*)+\Z", "", before)
        comment = re.search(r"/\*((?:(?!\*/).)*)\*/\Z", before, re.S)
        if comment is None or not re.match(r" (environment: |[\w:~]+ \([\w/.]+\))", comment[1]):
            found.append(match[1])
    return found


def is_defined(function: str, text: str) -> bool:
    """True if `text`, a source of C++, defines the function `namespace::Class::Name` or `namespace::Name`."""
    parts = function.split("::")
    name, owner = parts[-1], parts[-2] if len(parts) > 2 else ""
    call = re.escape(name) + r"\("
    if owner and re.search(rf"\b{owner}::{call}", text):
        return True
    body = text
    if owner:
        inside = re.search(rf"^(?:class|struct) {owner}\b[^;]*?\{{(.*?)^\}};", text, re.M | re.S)
        if inside is None:
            return False
        body = inside[1]
    # A type, the name, its parameters, and a body.
    return re.search(rf"^[ \w:<>,*&]*[\w>*&] \*?{call}[^;{{}}]*\)[^;{{}}]*\{{", body, re.M | re.S) is not None
