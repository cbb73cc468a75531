# SPDX-License-Identifier: Apache-2.0
"""Migration 102 writes what SQLMesh's own writes on the Python of those who plan, not on that of the server."""

import json
import pathlib

import pytest

from harness import paths, workers
from harness.server import gateway

# What Python itself gave: tests/tools/record_python_forms.py.
RECORDED = json.loads((paths.TESTS / "data" / "python_forms.json").read_text(encoding="utf-8"))
RELEASE = "0.231.1"
PYTHONS = ["3.9.18", "3.11.7", "3.12.1", "3.13.0"]


def definitions(database):
    """(model, name, payload) of each definition of each snapshot."""
    for (text,) in database.execute("SELECT snapshot FROM sqlmesh._snapshots"):
        node = json.loads(text)["node"]
        for name, entry in (node.get("python_env") or {}).items():
            if entry["kind"] == "definition":
                yield node["name"], name, entry["payload"]


def payloads(database):
    return {payload for _, _, payload in definitions(database)}


def note_of(result):
    return next((note for note in result["notes"] if note["kind"] == "NOTE_KIND_PYTHON_FORMS"), None)


def names_of(database, release):
    """The definitions of which other releases of Python write another text, as a note names them."""
    varying = {one["payload"] for one in RECORDED[release]}
    return {f"{model}: {name}" for model, name, payload in definitions(database) if payload in varying}


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("release", sorted(RECORDED))
def test_the_text_is_what_that_python_writes(databases, serve, release, python):
    database = databases.state(release)
    names = names_of(database, release)
    client = serve({"local": gateway(database, rewrite_python=python)}, **workers.OPTIONS)
    dry = client.json("migrate", "--dry-run")
    result = client.json("migrate", "-y")
    recorded = [one["texts"] for one in RECORDED[release]]
    expected = {texts[python] for texts in recorded}
    assert expected <= payloads(database)
    assert not ({text for texts in recorded for text in texts.values()} - expected) & payloads(database)
    for report in (dry, result):
        assert report["rewrite_python"] == {"release": python, "source": "REWRITE_PYTHON_SOURCE_CONFIGURED"}
        assert names <= set(note_of(report)["records"])
        assert note_of(report)["count"] == len(note_of(report)["records"])
    # Recorded with the operation.
    details = client.json("operations")["operations"][0]["details"]
    assert details["rewrite_python"] == {"release": python, "source": "configured"}


def test_by_default_it_is_the_workers_python_and_says_so(databases, serve):
    result = serve(databases.state(RELEASE), **workers.OPTIONS).json("migrate", "--dry-run")
    assert result["rewrite_python"]["source"] == "REWRITE_PYTHON_SOURCE_WORKER"
    assert "the release of the rewrite worker" in note_of(result)["message"]


def test_a_series_whose_patch_releases_differ_is_said_to(databases, serve):
    """3.12.9 writes other f-strings than 3.12.0."""
    client = serve({"local": gateway(databases.state(RELEASE), rewrite_python="3.12")}, **workers.OPTIONS)
    assert "patch release" in note_of(client.json("migrate", "--dry-run"))["message"]


def replace_one(database, payload):
    """Replaces the payload of one definition; returns the name of its snapshot."""
    rows = database.execute("SELECT name, identifier, snapshot FROM sqlmesh._snapshots")
    for name, identifier, text in rows:
        document = json.loads(text)
        for entry in (document["node"].get("python_env") or {}).values():
            if entry["kind"] == "definition":
                entry["payload"] = payload
                changed = json.dumps(document).replace("'", "''")
                database.execute(f"UPDATE sqlmesh._snapshots SET snapshot = '{changed}'"
                                 f" WHERE name = '{name}' AND identifier = '{identifier}'")
                return name
    raise AssertionError("no definition")


def test_what_a_payload_shows_is_taken_by_default(databases, serve):
    """A character that only 3.12 and later do not escape."""
    database = databases.state(RELEASE)
    replace_one(database, "def f():\n    return '\U0001fae8'")
    result = serve(database, **workers.OPTIONS).json("migrate", "--dry-run")
    assert result["rewrite_python"] == {"release": "3.12", "source": "REWRITE_PYTHON_SOURCE_STATE"}


def test_a_definition_that_no_python_can_parse_is_named(databases, serve):
    database = databases.state(RELEASE)
    name = replace_one(database, "def f[T](x: T):\n    return x")
    before = database.fingerprint()
    error = serve(database, **workers.OPTIONS).refused("migrate", "-y")
    assert error["reason"] == "STATE_CORRUPT", error
    assert name in error["message"] and "python_env[" in error["message"] and "SyntaxError" in error["message"], error
    assert "rewrite_pythons" in error["hint"], error
    assert database.fingerprint() == before


def newer_python():
    found = sorted(pathlib.Path.home().glob(".pyenv/versions/3.1[2-9].*/bin/python3"))
    return str(found[0]) if found else None


@pytest.mark.skipif(newer_python() is None, reason="no Python 3.12 or newer on this machine")
def test_another_python_parses_it(databases, serve):
    database = databases.state(RELEASE)
    replace_one(database, "def f[T](x: T):\n    return x")
    client = serve({"local": gateway(database, rewrite_python="3.12.1")}, rewrite_pythons=[newer_python()],
                   **workers.OPTIONS)
    client.ok("migrate", "-y", "--keep-unsupported-fingerprints")
    assert "def f[T](x: T):\n    return x" in payloads(database)
