# SPDX-License-Identifier: Apache-2.0
"""How the client talks: prompts, streams, exit codes, settings."""

import re
import shutil
import subprocess

import pytest

from harness import paths

FILE = paths.CORPUS / paths.NEWEST / "export_all.json"
PART = paths.CORPUS / paths.NEWEST / "export_env_dev_b.json"


@pytest.fixture
def client(state, serve):
    return serve(state)


def transcript(name):
    """The lines of a SQLMesh transcript that do not depend on its machine."""
    text = (paths.CORPUS / "transcripts" / f"{name}.txt").read_text()
    body = text[:text.index("exit code:")].splitlines()[1:]
    skip = ("#", "Loading state from", "Exporting state to", "├── Catalog", "├── Creation Timestamp",
            "Are you sure", "Continue?")
    return [line.strip() for line in body
            if line.strip() and not line.startswith(skip) and "━" not in line]


@pytest.mark.parametrize("name,command", [
    ("export_all", ("export", "-o", "out.json", "-y")),
    ("export_env", ("export", "-o", "out.json", "-y", "--environment", "dev_b")),
    ("export_two_envs", ("export", "-o", "out.json", "-y", "--environment", "dev_b", "--environment", "dev_a")),
    ("import_merge_y", ("import", "-i", "all.json", "-y")),
    ("import_replace_y", ("import", "-i", "dev_b.json", "-y", "--replace")),
])
def test_text_is_sqlmeshs(client, tmp_path, name, command):
    """Every line SQLMesh prints is there; ours may add to them."""
    (tmp_path / "all.json").write_bytes(FILE.read_bytes())
    (tmp_path / "dev_b.json").write_bytes(PART.read_bytes())
    result = client.ok(*command, cwd=tmp_path)
    printed = [line.strip() for line in result.err.splitlines()]
    for line in transcript(name):
        assert line in printed, result.err
    assert result.out == ""


@pytest.mark.parametrize("command", [("export", "-o", "o.json"), ("import", "-i", FILE),
                                     ("import", "-i", PART, "--replace"), ("migrate",)])
def test_prompt(client, state, command):
    before = state.fingerprint()
    no = client(*command, input="n\n", code=0)
    assert "[y/n]" in no.err
    nothing = client(*command, input="", code=1)
    assert "Aborted!" in nothing.err
    assert state.fingerprint() == before
    client(*command, input="y\n", code=0)


def test_data_and_talk_keep_apart(client):
    result = client.ok("environments")
    assert "prod" in result.out and result.err == ""


@pytest.mark.parametrize("arguments", [
    (), ("nonsense",), ("export",), ("import",), ("export", "-o"), ("versions", "--nonsense"),
    ("--format", "xml", "versions"), ("snapshot",), ("diff", "prod")])
def test_usage_errors(client, arguments):
    result = client(*arguments)
    assert result.code == (0 if arguments == () else 2) or result.code == 2, result
    assert "Usage" in result.err + result.out


def test_flags_before_and_after(client):
    assert client.ok("--format", "json", "versions").json == client.ok("versions", "--format", "json").json


def test_environment_variables(state, start_server):
    from harness.client import Client
    client = Client(start_server(state), STATESERVER_FORMAT="json", STATESERVER_GATEWAY="local")
    assert client.ok("versions").json["gateway"] == "local"


def test_contexts(client, state):
    client.ok("--server", client.server.address, "context", "set", "here")
    result = client.ok("context", "show", "here")
    assert client.server.address in result.out
    client.environment = {"STATESERVER_SERVER": ""}
    assert client("versions").code == 0


def test_the_manual_page(client):
    """Every command and flag of the help is in it, and roff has nothing to say about it."""
    page = client.ok("manual").out
    plain = page.replace("\\-", "-")
    for command in re.findall(r"^  ([a-z-]+) ", client.ok("help").out.split("Global flags")[0], re.M):
        assert re.search(rf"^\.SS stateclient {command}\b", plain, re.M), command
        for flag in re.findall(r"--[a-z-]+", client.ok("help", command).out.split("Global flags")[0]):
            assert f"\\fB{flag}\\fR" in plain, (command, flag)
    if groff := shutil.which("groff"):
        done = subprocess.run([groff, "-man", "-ww", "-z", "-K", "utf8"], input=page.encode(), capture_output=True)
        assert done.returncode == 0 and not done.stderr, done.stderr.decode()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(client, shell):
    assert "restore-points" in client.ok("completion", shell).out


def test_help_names_every_command(client):
    text = client.ok("help").out
    for command in ("export", "import", "migrate", "upgrade-file", "versions", "gateways", "environments",
                    "environment",
                    "snapshots", "snapshot", "diff", "stats", "operations", "operation", "restore-points",
                    "restore", "context", "completion"):
        assert command in text
        assert "Usage" in client.ok(command, "--help").out


def test_version(client):
    assert client.ok("--version").out.strip().split()[-1].count(".") == 2


def test_json_of_every_command(client, tmp_path):
    """One object on stdout, nothing of it on stderr."""
    for command in (("export", "-o", tmp_path / "o.json", "-y"), ("import", "-i", FILE, "-y"),
                    ("import", "-i", PART, "-y", "--replace"), ("migrate", "-y"), ("versions",),
                    ("gateways",), ("environments",), ("environment", "dev_b"), ("snapshots",),
                    ("snapshot", "shopwh.shop.py_full"), ("diff", "dev_b", "dev_b"), ("stats",),
                    ("operations",), ("restore-points",), ("context", "list")):
        result = client.ok("--format", "json", *command)
        assert isinstance(result.json, dict), command
        assert result.out.count("\n") == 1, command


def test_errors_in_json_carry_the_operation(client, state):
    state.execute("UPDATE sqlmesh._versions SET sqlmesh_version = '0.235.0'")
    error = client.refused("import", "-i", FILE, "-y")
    assert {"code", "reason", "message", "hint", "operation"} <= set(error)


def test_no_colour_in_a_pipe(client):
    client.environment = {}
    assert "\x1b" not in client.ok("import", "-i", FILE, "-y").err
