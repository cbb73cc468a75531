# SPDX-License-Identifier: Apache-2.0
"""How the programs are built, and what they consist of."""

import json
import re
import subprocess

import pytest

from harness import paths

PROGRAMS = [paths.SERVER, paths.CLIENT]


def readelf(*arguments):
    return subprocess.run(["readelf", "-W", *map(str, arguments)], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.name)
def test_the_programs(program):
    assert re.search(r"Type:\s+DYN \(Position-Independent Executable", readelf("-h", program))
    segments = readelf("-l", program)
    assert "GNU_RELRO" in segments
    assert re.search(r"GNU_STACK .* RW\s", segments), "the stack is not executable"
    assert re.search(r"FLAGS_1.*NOW", readelf("-d", program)), "bound at once, so that RELRO is full"
    assert "__stack_chk_fail" in readelf("--dyn-syms", program)


def test_the_compile_flags():
    """Whether copies are checked and jumps guarded does not show in every program."""
    commands = json.loads((paths.BUILD / "compile_commands.json").read_text())
    ours = [entry["command"] for entry in commands if "/server/" in entry["file"] or "/client/" in entry["file"]]
    assert len(ours) > 40
    for command in ours:
        assert "-fstack-protector-strong" in command
        assert "-fcf-protection=full" in command or "x86" not in subprocess.getoutput("uname -m")
        # Copies are checked only where the compiler optimizes, which scripts/test --quick leaves out.
        if "-fsanitize" not in command and paths.BUILD.name != "quick":
            assert "-D_FORTIFY_SOURCE=2" in command and not re.search(r"-O0\b", command)


@pytest.mark.slow
def test_the_bill_of_materials():
    made = subprocess.run([str(paths.ROOT / "scripts" / "sbom"), *map(str, PROGRAMS)], capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    document = json.loads(made.stdout)
    assert {file["fileName"] for file in document["files"]} == set(map(str, PROGRAMS))
    names = {package["name"] for package in document["packages"]}
    assert {"libc6", "libgrpc++1.51", "libpqxx-6.4", "libpq5", "libssl3", "librhonabwy1.1"} <= names
    assert all(package["versionInfo"] for package in document["packages"])


def test_the_base_image_has_no_invented_digest():
    """Given at build time, or not at all."""
    text = (paths.ROOT / "Dockerfile").read_text()
    assert "@sha256:" not in text
    assert re.search(r"^ARG BASE_DIGEST$", text, re.M) and "${BASE}@${BASE_DIGEST}" in text
