# SPDX-License-Identifier: Apache-2.0
"""The texts of each Python release against those that the release itself gave; record_forms.py records them."""

import ast
import functools
import pathlib
import sys
import sysconfig
import warnings

import pytest
from form_sources import by_hand, generated
from record_forms import GENERATED, REPRS, read_corpus

from stateserver_workers import printer, protocol, rewrite
from stateserver_workers.printer import evidence, releases, strings

CORPUS = read_corpus()
RELEASES = sorted(CORPUS["forms"], key=lambda version: [int(part) for part in version.split(".")])
RUNNING = ".".join(map(str, sys.version_info[:2]))


@pytest.fixture(autouse=True)
def _quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@functools.cache
def parsed(source):
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError):
        return None


def test_the_corpus_is_of_these_sources_and_of_every_series():
    assert CORPUS["sources"] == by_hand() + generated(GENERATED), "run record_forms.py"
    assert CORPUS["reprs"] == REPRS
    assert {version.rsplit(".", 1)[0] for version in RELEASES} >= {"3.9", "3.10", "3.11", "3.12", "3.13"}
    forms = {releases.Release.parse(version).form for version in RELEASES}
    named = [str(releases.Release(releases.FIRST_OF_FORMS[form])) for form in range(len(releases.FIRST_OF_FORMS))
             if form not in forms]
    # 3.12.9 has the changes of 3.12.3 and 3.13.2.
    assert named in ([], ["3.12.9"]), f"no recorded release has the form of {named}"


@pytest.mark.parametrize("version", RELEASES)
def test_a_form_is_what_the_release_printed(version):
    release = releases.Release.parse(version)
    compared = 0
    for source, recorded in zip(CORPUS["sources"], CORPUS["forms"][version]):
        tree = parsed(source) if recorded is not None else None
        if tree is not None:
            assert printer.unparse(tree, release) == recorded, source
            compared += 1
    assert compared > 1000


@pytest.mark.parametrize("version", RELEASES)
def test_a_literal_is_what_the_release_printed(version):
    release = releases.Release.parse(version)
    for value, recorded in zip(CORPUS["reprs"], CORPUS["repr_forms"][version]):
        assert strings.translated(repr(ast.literal_eval(value)), release) == recorded
        answer = rewrite.answer({"migration": 85, "payload": value, "python": version})
        if not value.startswith("{"):
            assert answer["payload"] == recorded


def test_neighbours_differ_somewhere():
    """Else the corpus would not notice that two forms are mixed up."""
    forms = {releases.Release.parse(version).form: version for version in RELEASES}
    for before, after in zip(sorted(forms)[1:], sorted(forms)[2:]):
        texts = zip(CORPUS["forms"][forms[before]], CORPUS["forms"][forms[after]])
        assert any(a is not None and b is not None and a != b for a, b in texts), (forms[before], forms[after])


def standard_library():
    folder = pathlib.Path(sysconfig.get_path("stdlib"))
    names = ["ast", "argparse", "dataclasses", "datetime", "enum", "inspect", "typing", "textwrap", "doctest", "pdb",
             "asyncio/base_events", "email/_header_value_parser", "json/encoder", "unittest/mock", "turtle", "tarfile"]
    return [path for name in names if (path := folder / f"{name}.py").exists()]


@pytest.mark.parametrize("path", standard_library(), ids=lambda path: path.name)
def test_the_running_python_prints_its_own_library_the_same(path):
    if sys.version_info[1] > releases.NEWEST_MINOR:
        pytest.skip("its form is its own")
    tree = ast.parse(path.read_bytes())
    assert printer.unparse(tree, releases.Release.running()) == ast.unparse(tree)


def rewritten(payload, python, migration=102):
    return rewrite.answer({"migration": migration, "payload": payload, "python": python})


F_STRING = "x = f\"{row['unit']}\""


@pytest.mark.parametrize("python,text", [
    ("3.9", F_STRING), ("3.11", F_STRING), ("3.12", "x = f'{row['unit']}'"), ("3.12.8", "x = f'{row['unit']}'"),
    ("3.12.9", F_STRING), ("3.13.1", "x = f'{row['unit']}'"), ("3.13.2", F_STRING)])
def test_102_writes_the_form_that_it_is_asked_for(python, text):
    answer = rewritten(F_STRING, python)
    assert answer["payload"] == text and answer["python"] == python
    assert answer["varies"] is True
    # Only a release without its patch release leaves open which text its planners have.
    assert ("varies_in_series" in answer) == (python == "3.12")


def test_without_a_release_it_is_the_running_one():
    answer = rewritten("f = lambda : 1", "")
    assert answer["payload"] == ast.unparse(ast.parse("f = lambda : 1"))
    assert answer["python"] == ".".join(map(str, sys.version_info[:3]))
    assert rewrite.answer({"migration": 102, "payload": "x"})["python"] == answer["python"]


@pytest.mark.parametrize("payload", ["x = 1", "def f(a, b=1):\n    return (a, b)", "s = 'ü'", "f = lambda x: x",
                                     "a[b, c]"])
def test_a_text_that_all_releases_share_does_not_vary(payload):
    for version in ("3.9", "3.12", RUNNING):
        assert "varies" not in rewritten(payload, version)


@pytest.mark.parametrize("python", ["2.7", "3", "3.8", "3.99", "3.12.1.1", "3.012", "three", "3.12 "])
def test_a_release_that_is_not_known_ends_the_worker(python):
    with pytest.raises(protocol.Fatal, match=r"such as 3\.12|does not know the form"):
        rewritten("x = 1", python)


def test_an_unreadable_payload_says_so():
    """Another interpreter may read it."""
    assert rewritten("def", "3.12")["unread"] is True
    assert "unread" not in rewritten("x = '\ud800'", "3.12")


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the running Python cannot read it")
@pytest.mark.parametrize("payload,why", [
    ("type A = int", "a type statement"), ("def f[T]():\n    pass", "type parameters")])
def test_syntax_that_the_release_lacks_is_an_error(payload, why):
    error = rewritten(payload, "3.11")["error"]
    assert why in error and "Python 3.11 cannot read" in error
    assert rewritten(payload, "3.12")["payload"] == payload


@pytest.mark.parametrize("text,expected", [
    ("x = 1", {}), ("x = 'ü'", {}), ("x = '\U0001f600'", {}),
    ("x = '\U0001fae8'", {"at_least": 12}), ("x = '\\U0001fae8'", {"before": 12}), ("x = '\\\\U0001fae8'", {}),
    ("x = '\\u061d \\U0001fae8'", {"before": 11}), ("x = '\u061d'", {"at_least": 11}),
    ("x = '''\u061d'''", {}), ("x = '\\U0010ffff'", {}), ("x = '\u061d \\U0001fae8'", {"at_least": 11, "before": 12})])
def test_characters_tell_the_release(text, expected):
    answer = rewrite.answer({"inspect": text})
    assert answer.pop("python")
    assert answer == expected


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the running Python cannot read it")
@pytest.mark.parametrize("text", [
    "f'{row['unit']}'", "f\"{\"a\"}\"", "f'{'\\n'.join(a)}'", "f'{a # b\n}'", "f'{\na}'", "f'''{'''a'''}'''",
    "f'{f'{a}'}'", "type A = int"])
def test_new_syntax_tells_the_release(text):
    assert rewrite.answer({"inspect": text})["at_least"] == 12


@pytest.mark.parametrize("text", [
    "f\"{row['unit']}\"", "f'a\\n{b}'", "f'''{\na}'''", "f\"\"\"{a[\"b\"]}\"\"\"", "f\"{f'{a}'}\"", "f'{a:{b}}'",
    "'\\n'"])
def test_old_f_strings_tell_nothing(text):
    assert "at_least" not in rewrite.answer({"inspect": text})


def test_an_unreadable_payload_tells_nothing():
    answer = rewrite.answer({"inspect": "def"})
    assert answer["unread"] is True
    assert set(answer) == {"unread", "error", "python"}


def test_printable_characters_are_those_of_the_running_python():
    minor = sys.version_info[1]
    if minor > releases.NEWEST_MINOR:
        pytest.skip("its characters are its own")
    for code in range(sys.maxunicode + 1):
        since = releases.printable_since(chr(code))
        assert (since is not None and since <= minor) == chr(code).isprintable(), hex(code)


def test_reading_bounds_is_total():
    for source in CORPUS["sources"]:
        evidence.bounds(source)
