# SPDX-License-Identifier: Apache-2.0
"""The models are of this code: their actions name functions that are there, and their mutations are patches that apply.

scripts/check-models verifies the models themselves. The exhaustive tests build the server with each mutation, and run
the test that must then fail.
"""

import contextlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys

import pytest

from harness import paths


def load():
    spec = importlib.util.spec_from_file_location("model_checks", paths.ROOT / "scripts" / "lib" / "model_checks.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["model_checks"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


models = load()
MODELS = pytest.mark.parametrize("model", models.CONFIGURATIONS)
EACH_MUTATION = pytest.mark.parametrize("name", models.MUTATIONS)


# --- the models name the code --------------------------------------------------------------------------------------
@MODELS
def test_every_action_says_what_it_stands_for(model):
    assert models.unnamed(model) == []


@MODELS
def test_the_functions_are_there(model):
    referred = models.referred(model)
    assert len(referred) > 15, referred
    missing = [(function, file) for function, file in referred
               if not models.is_defined(function, (paths.ROOT / file).read_text(encoding="utf8"))]
    assert missing == []


@pytest.mark.parametrize("function, defined", [
    ("operations::Begin", True), ("operations::RunningOperation::Fail", True), ("operations::Beginner::TryLock", True),
    ("operations::WriteError", True), ("operations::RunningOperation::~RunningOperation", True),
    ("operations::Beginner::WriteFinished", False), ("operations::Settle", False),
    ("operations::RunningOperation::TryLock", False), ("operations::ConfirmKept", False)])
def test_a_function_is_found_where_it_is_defined(function, defined):
    text = (paths.ROOT / "server" / "operations" / "log.cc").read_text(encoding="utf8")
    assert models.is_defined(function, text) == defined


def test_an_action_without_a_name_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(models, "FOLDER", tmp_path)
    (tmp_path / "x.pml").write_text(
        "/* operations::Begin (server/operations/log.cc) */\ninline Begin(c) {\n}\n"
        "/* environment: it rains */\n#ifdef RAIN\nproctype Rain() {\n}\n#endif\n"
        "/* Something. */\ninline Something() {\n}\n\ninline Nothing() {\n}\n")
    assert models.unnamed("x") == ["Something", "Nothing"]
    assert models.referred("x") == [("operations::Begin", "server/operations/log.cc")]


# --- what a verifier says ------------------------------------------------------------------------------------------
HOLDS = "State-vector 9 byte, depth reached 90, errors: 0\n  1000 states, stored\n  128.5\ttotal actual memory usage\n"
BROKEN = "pan:1: assertion violated  !( !( !(lied))) (at depth 9)\n" + HOLDS.replace("errors: 0", "errors: 1")


@pytest.mark.parametrize("claim, output, problem", [
    ("together", HOLDS, ""), ("together", BROKEN, "has found an error"),
    ("reaches_a_replay", BROKEN, ""), ("reaches_a_replay", HOLDS, "should have found"),
    ("reaches_a_replay", BROKEN.replace("!( !( !(lied)))", "(k<4)"), "another error"),
    ("together", "Warning: Search not completed\n" + HOLDS, "not searched every state"),
    ("together", "error: max search depth too small\n" + HOLDS, "not searched every state"),
    ("together", "pan: out of memory", "cannot read")])
def test_the_output_of_a_verifier(claim, output, problem):
    result = models.judge(models.Check("change", "two ids", claim), output, 1.0)
    assert problem in result.problem and result.ok == (problem == "")


# --- mutations -----------------------------------------------------------------------------------------------------
@EACH_MUTATION
def test_a_mutation_is_in_the_model_and_in_a_patch(name):
    mutation = models.MUTATIONS[name]
    assert f"#ifdef MUTATION_{name}\n" in (text := models.source(mutation.model).read_text()) or \
        f"#ifndef MUTATION_{name}\n" in text
    assert mutation.breaks and mutation.breaks <= set(models.claims(mutation.model))
    apply(paths.ROOT, mutation.patch, "--dry-run")


def test_there_is_no_other_mutation():
    named = {name for model in models.CONFIGURATIONS
             for name in re.findall(r"^#ifn?def MUTATION_(\w+)", models.source(model).read_text(), re.M)}
    assert named == set(models.MUTATIONS)
    assert {path.stem.upper() for path in (models.FOLDER / "mutations").glob("*.patch")} == named


def apply(folder, patch, *options):
    """Exactly: a patch for other lines has to be made again."""
    done = subprocess.run(["patch", "-p1", "--force", "--fuzz=0", "--reject-file=-", "-d", folder, "-i", patch,
                           *options], capture_output=True, text=True)
    assert done.returncode == 0, f"{patch.name} does not apply: make it again for the sources of today\n{done.stdout}"


@pytest.fixture(scope="module")
def mutable(request):
    """A copy of the sources with a build folder of its own; ccache has what is the same."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    folder = paths.ROOT / "build" / f"mutations-{worker}"
    kept = folder / "build"
    for old in folder.glob("*") if folder.exists() else []:
        if old != kept:
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    for part in ("cmake", "proto", "common", "revisions", "server", "client", "workers"):
        shutil.copytree(paths.ROOT / part, folder / part)
    for file in ("CMakeLists.txt", "CMakePresets.json"):
        shutil.copy2(paths.ROOT / file, folder / file)
    environment = {**os.environ, "CCACHE_BASEDIR": str(folder), "CCACHE_NOHASHDIR": "1",
                   "CCACHE_SLOPPINESS": "pch_defines,time_macros"}
    run(["cmake", "--preset", "tests", "-DSTATESERVER_TESTS=OFF"], folder, environment)

    def build():
        run(["cmake", "--build", kept / "tests", "--target", "stateserver"], folder, environment)
        client = kept / "tests" / "client" / "stateclient"
        client.unlink(missing_ok=True)
        client.symlink_to(paths.CLIENT)
        return kept / "tests"

    return folder, build


def run(command, folder, environment):
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


@contextlib.contextmanager
def patched(folder, patch):
    apply(folder, patch)
    try:
        yield
    finally:
        apply(folder, patch, "--reverse")


@pytest.mark.exhaustive
@pytest.mark.timeout(1800)
@EACH_MUTATION
def test_the_mutated_code_fails_its_test(mutable, name):
    """In the suites, the test passes without the mutation."""
    folder, build = mutable
    mutation = models.MUTATIONS[name]
    with patched(folder, mutation.patch):
        built = build()
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    done = subprocess.run([sys.executable, "-m", "pytest", mutation.test, "-q", "-p", "no:xdist"], cwd=paths.TESTS,
                          env={**environment, "STATESERVER_BUILD": str(built)}, capture_output=True, text=True)
    assert f"FAILED {mutation.test}" in done.stdout, done.stdout + done.stderr
    assert re.search(r"^1 failed in ", done.stdout, re.M), done.stdout
