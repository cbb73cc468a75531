# SPDX-License-Identifier: Apache-2.0

import pytest

from stateserver_workers import protocol

ITEM = {"migration": 102, "payload": "x  =  1", "model": "m"}


def test_hello_then_answers_then_the_end(start):
    worker = start("rewrite")
    hello = worker.read()
    assert (hello["hello"], hello["protocol"], hello["role"]) == ("stateserver-worker", 1, "rewrite")
    for number in (1, 7):
        answer = worker.ask([ITEM, ITEM], number)
        assert answer["id"] == number
        assert [a["payload"] for a in answer["answers"]] == ["x = 1"] * 2
    assert worker.ask([]) == {"id": 1, "answers": []}
    assert worker.end() == (0, "")


@pytest.mark.parametrize("line", [
    b"", b"{", b"[]", b"7", b'{"id":1}', b'{"id":"1","items":[]}', b'{"id":true,"items":[]}',
    b'{"id":1,"items":{}}', b"\xff\xfe", b"[" * 100000], ids=range(10))
def test_a_malformed_request_ends_it(start, line):
    worker = start("rewrite")
    worker.read()
    worker.write(line)
    assert "malformed" in worker.read()["fatal"]
    assert worker.end()[0] == 1


def test_an_item_that_is_none_is_an_error_of_that_item(start):
    worker = start("rewrite")
    worker.read()
    answers = worker.ask([7, {}, {"migration": 1, "payload": ""}, {"migration": 102, "payload": 7}, ITEM])["answers"]
    assert [("error" in a) for a in answers] == [True, True, True, True, False]


def test_what_others_print_is_no_line(start, tmp_path):
    (tmp_path / "sqlmesh").mkdir()
    (tmp_path / "sqlmesh" / "__init__.py").write_text(
        "import os\nprint('hello there')\nos.write(1, b'raw')\n__version__ = '0.1.0'\n")
    worker = start("fingerprint", extra_path=[tmp_path])
    assert "and the worker's Python has 0.1.0" in worker.read()["fatal"]
    code, errors = worker.end()
    assert code == 1 and "hello there" in errors and "raw" in errors


def test_a_module_in_the_present_folder_is_not_ours(start, tmp_path):
    (tmp_path / "json.py").write_text("raise SystemExit('wrong json')\n")
    worker = start("rewrite")
    assert worker.read()["role"] == "rewrite"
    assert worker.end() == (0, "")


def test_a_long_request_is_refused(monkeypatch):
    import io

    monkeypatch.setattr(protocol, "MAX_LINE", 100)
    channel = protocol.Channel(source=io.BytesIO(b"x" * 200 + b"\n"), sink=io.BytesIO())
    with pytest.raises(protocol.Fatal, match="exceeds the limit of 100 bytes"):
        next(channel.requests())


def test_a_sentence_is_one_short_line():
    text = protocol.sentence(ValueError("a\nb " + "x" * 1000))
    assert text.startswith("ValueError: a b x") and len(text) == protocol.MAX_SENTENCE


def test_usage(start):
    code, errors = start("nonsense").end()
    assert code == 2 and "rewrite | fingerprint | local" in errors


@pytest.mark.parametrize("role", ["fingerprint", "local"])
def test_without_sqlmesh_one_sentence_says_what_to_install(start, tmp_path, role):
    (tmp_path / "sqlmesh.py").write_text("raise ModuleNotFoundError('no sqlmesh', name='sqlmesh')\n")
    worker = start(role, extra_path=[tmp_path])
    assert "SQLMesh is not installed" in worker.read()["fatal"]
    assert worker.end()[0] == 1


def test_a_sqlmesh_that_cannot_be_imported(start, tmp_path):
    (tmp_path / "sqlmesh.py").write_text("import no_such_module\n")
    worker = start("fingerprint", extra_path=[tmp_path])
    assert "SQLMesh cannot be imported" in worker.read()["fatal"]
    assert worker.end()[0] == 1
