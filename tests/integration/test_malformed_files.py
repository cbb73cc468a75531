# SPDX-License-Identifier: Apache-2.0
"""Every file SQLMesh stumbles over: one sentence, exit code 1, nothing changed."""

import re

import pytest

from harness import malformed


@pytest.mark.parametrize("mode", [(), ("--replace",)], ids=["merge", "replace"])
@pytest.mark.parametrize("name", malformed.BAD)
def test_refused_in_a_sentence(state, serve, tmp_path, name, mode):
    client, path = serve(state), malformed.write(name, tmp_path)
    before = state.fingerprint()
    result = client("import", "-i", path, "-y", *mode, code=1)
    assert "State import failed!" in result.err
    sentence = result.err[result.err.index("Error: "):]
    for expected in malformed.CASES[name][1] or ():
        assert re.search(expected, sentence), sentence
    assert "Traceback" not in result.err and "terminate called" not in result.err
    assert state.fingerprint() == before


@pytest.mark.parametrize("name", malformed.BAD)
def test_machine_readable(state, serve, tmp_path, name):
    error = serve(state).refused("import", "-i", malformed.write(name, tmp_path), "-y")
    assert error["reason"] and error["message"] and error["code"], error


@pytest.mark.parametrize("name", malformed.GOOD)
def test_accepted(state, serve, tmp_path, name):
    client = serve(state)
    client.import_(malformed.write(name, tmp_path))
    assert state.count("_environments") == 8


@pytest.mark.parametrize("name, code", [("unknown_field", 0), ("bad_fingerprint_type", 1)])
def test_the_record_is_named(state, serve, tmp_path, name, code):
    """By its name, so that it can be found in a file of many megabytes."""
    result = serve(state)("import", "-i", malformed.write(name, tmp_path), "-y", code=code)
    assert "shopwh" in result.err or "snapshots[" in result.err, result.err


def test_a_missing_file_is_a_usage_error(state, serve):
    result = serve(state)("import", "-i", "nofile.json", "-y", code=2)
    assert "nofile.json' does not exist" in result.err


@pytest.mark.parametrize("fraction", [0.001, 0.1, 0.3, 0.9, 0.999])
def test_cut_anywhere(state, serve, tmp_path, fraction):
    path = tmp_path / "cut.json"
    path.write_bytes(malformed.render(malformed.cut(fraction)))
    before = state.fingerprint()
    assert "end" in serve(state)("import", "-i", path, "-y", code=1).err
    assert state.fingerprint() == before
