# SPDX-License-Identifier: Apache-2.0
"""The rewrites against what `eval` and `repr` give."""

import pytest

from stateserver_workers import literals, rewrite
from stateserver_workers.literals import SqlValue
from stateserver_workers.printer import Release

RUNNING = Release.running()

def answer(item):
    """Without the facts about releases, which test_forms.py tests."""
    out = rewrite.answer(item)
    assert out.pop("python")
    out.pop("varies", None)
    return out


VALUES = [
    {}, {"a": 1}, {"b": 1, "a": 2}, {1: "x", "1": "y", None: 0}, [], [1, -2, 3.5, 1e300], (), (1,), ("a", "b"),
    set(), {3}, frozenset(), frozenset({1}), True, None, ..., 0, -0.0, 1j, -1 - 2j, 2 + 0j, b"\x00\xff",
    bytearray(b"x"), "it's", 'both \' and "', "Sü\n\t\\ \ud800 \U0001f600", SqlValue(sql="a = 'b'"),
    {"z": SqlValue(sql="x"), "a": [SqlValue(sql="y"), {"q": (1, {"n": None})}]}]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_literal_is_what_eval_makes_of_it(value):
    text = repr(value)
    assert repr(literals.evaluate(text)) == repr(eval(text)) == text


@pytest.mark.parametrize("text", [
    "inf", "datetime.date(2020, 1, 1)", "Decimal('1')", "{'a': nan}", "[", "", "<object at 0x7f>", "{[]: 1}",
    "SqlValue()", "SqlValue(1, 2)", "{SqlValue(sql='x'): 1}", "no.such(1).thing", "OrderedDict([('a', 1)])"])
def test_what_eval_fails_on_fails_here(text):
    with pytest.raises(Exception) as ours:  # noqa: PT011  of whatever kind, the same for both
        literals.evaluate(text)
    with pytest.raises(Exception) as theirs:  # noqa: PT011
        eval(text)
    assert ours.type is theirs.type
    assert rewrite.sort_keys(text, "m", RUNNING)[:2] == (text, [])


@pytest.mark.parametrize("text", [
    "__import__('os').system('false')", "1 + 1", "[x for x in (1, 2)]", "exp.column('x')", "print(1)", "lambda: 1",
    "'a' 'b'.upper()", "bytearray(10**9)", "{**{'a': 1}}", "set(*[[1]])", "json", "f'{1}'", "(1).__class__"])
def test_nothing_else_is_evaluated(text):
    with pytest.raises(literals.NotLiteral):
        literals.evaluate(text)
    payload, notes, _ = rewrite.sort_keys(text, "m", RUNNING)
    assert payload == text and "'m'" in notes[0]
    assert "NotLiteral" in rewrite.answer({"migration": 87, "payload": text})["error"]


@pytest.mark.parametrize("before,after", [
    ("{'b': 1, 'a': 2}", "{'a': 2, 'b': 1}"), ('{"a": 1}', "{'a': 1}"), ("{'b': {'z': 1, 'a': 2}}", None),
    ("{2: 'x', 10: 'y'}", "{10: 'y', 2: 'x'}"), ("[2, 1]", None), ("not python!", None)])
def test_85_sorts_the_outermost_keys_by_their_text(before, after):
    assert answer({"migration": 85, "payload": before}) == {
        "payload": after or before, "changed": after is not None, "warnings": []}


@pytest.mark.parametrize("before,after", [
    ("{'Customer': 1, 'b': 2}", "{'b': 2, 'customer': 1}"), ("{'a': 1}", None), ('{"a": 1}', None), ("{}", None)])
def test_87_lowers_names(before, after):
    assert answer({"migration": 87, "payload": before, "model": "m"}) == {
        "payload": after or before, "changed": after is not None, "warnings": []}


def test_87_warns_where_two_names_meet():
    answer = rewrite.answer({"migration": 87, "payload": "{'A': 1, 'a': 2, 'B': 3}", "model": "shop.m"})
    assert answer["payload"] == "{'A': 1, 'a': 2, 'b': 3}"
    assert "model 'shop.m' contains two blueprint variables ('A' and 'a')" in answer["warnings"][0]


@pytest.mark.parametrize("payload", ["nope", "{1: 2}", "[", "7"])
def test_87_fails_where_sqlmesh_fails(payload):
    assert rewrite.answer({"migration": 87, "payload": payload})["error"]


@pytest.mark.parametrize("before,after", [
    ("f = lambda : x", "f = lambda: x"), ("def f( a ,\n      b ):\n  return a", "def f(a, b):\n    return a"),
    ("x = 1  # gone\n\n", "x = 1"), ("", ""), ("s = 'ü'", "s = 'ü'")])
def test_102_is_a_round_trip(before, after):
    assert answer({"migration": 102, "payload": before}) == {
        "payload": after, "changed": before != after, "warnings": []}
    assert not rewrite.answer({"migration": 102, "payload": after})["changed"]


@pytest.mark.parametrize("payload", ["def", "x = '\ud800'", "print 1", "x = (" + "(" * 500, "a\0b"])
def test_102_fails_where_python_does(payload):
    assert rewrite.answer({"migration": 102, "payload": payload})["error"]
