# SPDX-License-Identifier: Apache-2.0
"""Texts that nest deeper than any stack: each parser refuses them at their place, and the server goes on."""

import pytest

FAR = 60_000
TOO_DEEP = "expected at most 256 levels inside one another"

OPENINGS = {
    "array": ("CREATE TABLE t (c ", "ARRAY<"),
    "map": ("CREATE TABLE t (c ", "MAP<INT,"),
    "struct": ("CREATE TABLE t (c ", "STRUCT<a "),
    "struct with colons": ("CREATE TABLE t (c ", "STRUCT<a: "),
    "state": ("CREATE TABLE t (c avg(", "ARRAY<"),
    "default": ("CREATE TABLE t (c INT DEFAULT (", "("),
    "generated": ("CREATE TABLE t (c INT AS ", "f("),
    "term": ("CREATE TABLE t (c INT) PARTITION BY f(", "("),
    "step": ("CREATE TABLE t (c INT) PARTITION BY RANGE (c) (START (1) END (9) EVERY (", "["),
    "refresh": ("CREATE MATERIALIZED VIEW v REFRESH ASYNC EVERY (", "{"),
    "query": ("CREATE VIEW v AS SELECT ", "(SELECT "),
    "relations": ("CREATE VIEW v AS SELECT 1 FROM ", "("),
}


def deep(kind, levels=FAR):
    before, opening = OPENINGS[kind]
    return before + opening * levels


@pytest.mark.parametrize("kind", OPENINGS)
def test_parse(target, kind):
    outcome = target.reader.parse({"deep.sql": "-- one\n" + deep(kind) + "\n;CREATE TABLE good (k INT)"})
    assert outcome.error is None, outcome.message
    [problem] = outcome.problems()
    assert (problem.file, problem.line) == ("deep.sql", 2) and problem.message.endswith(TOO_DEEP)
    assert [answer.object.object for answer in outcome.answers if answer.HasField("object")] == ["d.good"]


def test_every_call_that_reads_declarations(target):
    good, bad = {"a.sql": "CREATE TABLE t (k INT)"}, {"deep.sql": deep("array")}
    for outcome in (target.reader.diff(good, bad), target.reader.diff(bad, good), target.reader.generate(bad),
                    target.reader.generate(bad, "SQL"), target.reader.autogenerate(bad)):
        assert outcome.reason == "SCHEMA_INVALID" and TOO_DEEP in outcome.message, outcome.message
        assert outcome.message.startswith("deep.sql:1:")


def test_what_is_just_deep_enough(target):
    """It is printed, compared, planned and generated on the same stack."""
    declared = {"a.sql": "CREATE TABLE t (k INT, c " + "ARRAY<" * 254 + "STRUCT<a INT>" + ">" * 254
                + ") DUPLICATE KEY (k)"}
    more = {"a.sql": declared["a.sql"].replace("a INT", "a INT, b INT")}
    assert target.reader.diff(declared, declared).error is None
    changed = target.reader.diff(declared, more)
    assert changed.error is None and any(
        answer.event.WhichOneof("event") in ("step", "refusal") for answer in changed.answers)
    for outcome in (target.reader.generate(declared), target.reader.generate(declared, "SQL"),
                    target.reader.autogenerate(declared), target.reader.parse(declared)):
        assert outcome.error is None, outcome.message


def test_views_that_read_one_another(target):
    """A chain of any length is no stack of any depth."""
    chain = "CREATE TABLE v0 (a INT);" + "".join(
        f"CREATE VIEW v{i} AS SELECT a FROM v{i - 1};" for i in range(1, 20_001))
    for outcome in (target.reader.diff({}, {"v.sql": chain}), target.reader.generate({"v.sql": chain}, "SQL")):
        assert outcome.reason == "SCHEMA_INVALID" and "reads through more than 256 views" in outcome.message


def test_statements_of_revisions(target):
    """The engine parses them; the server only reads their words."""
    for kind in OPENINGS:
        text = f"-- revision: r1\n-- +upgrade\n{deep(kind)};\n-- +downgrade\n"
        for calls in (target.admin, target.reader):
            outcome = calls.upgrade({"r1.sql": text})
            assert outcome.reason in (None, "ROLE_MISSING", "STATEMENT_FAILED"), outcome.message
