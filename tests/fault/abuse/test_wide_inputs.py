# SPDX-License-Identifier: Apache-2.0
"""Files that are larger than any schema: refused at a limit, or worked on until the caller's deadline and no longer."""

import queue
import time
from typing import Any

import grpc
import pytest

from harness import raw

MIB = 1 << 20


def table(columns, comment="a"):
    return ("CREATE TABLE t (" + ", ".join(f"c{i} INT COMMENT '{comment}'" for i in range(columns))
            + ") DUPLICATE KEY (c0)")


# --- what one call may bring -------------------------------------------------------------------

@pytest.mark.parametrize("text, expected", [
    ("CREATE VIEW v AS SELECT " + "(" * 16 * MIB, "at most 256 levels inside one another"),
    ("CREATE VIEW v AS SELECT " + "+1" * 4 * MIB, "at most 1000000 tokens in one statement"),
    ("CREATE TABLE t (" + "c INT, " * 200_000 + "d INT)", "at most 4096 columns"),
    ("CREATE TABLE t (k INT) PROPERTIES (" + ",".join(f'"p{i}"="1"' for i in range(200_000)) + ")",
     "at most 1000 properties in a list"),
    ("CREATE TABLE t (k INT) PARTITION BY LIST (k) (" + ",".join(
        f"PARTITION p{i} VALUES IN ({i})" for i in range(110_000)) + ")", "at most 100000 partitions"),
    ("CREATE TABLE t (c STRUCT<" + ",".join(f"f{i} INT" for i in range(200_000)) + ">)",
     "at most 4096 fields in a type"),
    ("CREATE VIEW v (" + ",".join(f"c{i}" for i in range(200_000)) + ") AS SELECT 1", "at most 4096 columns"),
    ("CREATE TABLE " + "n" * 5 * MIB + " (k INT)", "the table's name of at most 4096 bytes"),
], ids=["brackets", "terms", "columns", "properties", "partitions", "fields", "view columns", "name"])
def test_one_object(target, text, expected):
    outcome = target.reader.parse({"wide.sql": text})
    assert outcome.error is None, outcome.message
    problem = outcome.problems()[0]
    assert problem.message.endswith(expected) and len(problem.message) < 300, problem.message[:300]
    assert target.peak() < 700


def test_half_a_million_objects(target):
    text = "".join(f"CREATE VIEW v{i} AS SELECT 1;\n" for i in range(500_000))
    outcome = target.reader.diff({}, {"many.sql": text})
    assert outcome.reason == "SCHEMA_INVALID"
    assert outcome.message == "many.sql:50001:1: found `CREATE`, expected at most 50000 objects in all files"
    assert target.peak() < 700


def test_half_a_million_statements_that_are_wrong(target):
    text = "CREATE VIEV v AS SELECT 1;\n" * 500_000
    outcome = target.reader.parse({"n" * 1000: text, "other.sql": text})
    assert outcome.error is None, outcome.message
    assert 1000 <= len(outcome.problems()) <= 1002
    assert target.peak() < 700


def test_bytes_files_and_names(target):
    small = "CREATE TABLE t (k INT);"
    for files, reason, words in (
            ({"a.sql": b"-" * (65 * MIB)}, "RECORD_TOO_LARGE", "at most 64 MiB together"),
            ({f"{i}.sql": "" for i in range(20_001)}, "RECORD_TOO_LARGE", "at most 20000"),
            ({"n" * 1025: small}, "ARGUMENT_INVALID", "the limit is 1024")):
        for outcome in (target.reader.parse(files), target.reader.diff(files, {}), target.reader.generate(files),
                        target.reader.autogenerate(files), target.admin.upgrade(files), target.admin.stamp(files)):
            assert outcome.reason == reason and words in outcome.message, outcome.message


def test_filters_and_renames(target, stubs):
    pb = stubs.schema
    good = {"a.sql": "CREATE TABLE t (k INT)"}
    outcome = target.reader.diff(good, good, filter=pb.SchemaFilter(include=["a" * 1000] * 100))
    assert outcome.reason == "ARGUMENT_INVALID" and "together" in outcome.message
    outcome = target.reader.diff(good, good, renames=[pb.SchemaRename(table="t", old_name="k", new_name="k")] * 10_001)
    assert outcome.reason == "ARGUMENT_INVALID" and "the limit is 10000" in outcome.message


def revision(statements, name="r1", header=""):
    return f"-- revision: {name}\n{header}-- +upgrade\n{statements}\n-- +downgrade\n"


@pytest.mark.parametrize("files, words", [
    ({"r1.sql": revision("SELECT 1;\n" * 60_000)}, "more than 50000 statements"),
    ({f"r{i}.sql": revision("SELECT 1;\n" * 45_000, f"r{i}") for i in range(5)}, "more than 200000 statements"),
    ({"r1.sql": revision(f"INSERT INTO t VALUES ('{'x' * 3 * MIB}');")}, "more than 2 MiB"),
    ({"r1.sql": revision("SELECT 1;", header="-- depends_on: " + ",".join(f"p{i}" for i in range(100_000)) + "\n")},
     "names more than 1000"),
], ids=["one file", "all files", "one statement", "parents"])
def test_revision_files(target, files, words):
    for outcome in (target.admin.upgrade(files), target.admin.stamp(files), target.reader.autogenerate({}, files)):
        assert outcome.reason == "REVISION_INVALID" and words in outcome.message, outcome.message
        assert len(outcome.message) < 1000


# --- what is allowed, and much -------------------------------------------------------------------

def test_a_large_schema(target):
    """Five thousand tables are what the product is made for."""
    files = {f"{i}.sql": "".join(
        f"CREATE TABLE t{i * 100 + j} (k BIGINT NOT NULL COMMENT 'key', "
        + ", ".join(f"c{c} VARCHAR(20) NULL COMMENT 'text {c}'" for c in range(20)) + ") DUPLICATE KEY (k);\n"
        for j in range(100)) for i in range(50)}
    parsed = target.reader.parse(files)
    assert parsed.error is None and len(parsed.answers) == 5000 and not parsed.problems()
    plan = target.reader.diff({}, files)
    assert plan.error is None and sum(answer.event.HasField("step") for answer in plan.answers) == 5000


def test_long_sums(target):
    """The same query as the engine prints it and as it was written."""
    live = "CREATE VIEW v AS SELECT " + "(1)+" * 50_000 + "(1) AS `a`"
    declared = "CREATE VIEW v AS SELECT " + "1 + " * 50_000 + "1 AS a"
    outcome = target.reader.diff({"a.sql": live}, {"a.sql": declared})
    assert outcome.error is None and not any(answer.event.HasField("step") for answer in outcome.answers)


def test_long_chains_of_revisions(target):
    """The newest first, so that no order of the files helps."""
    files = {f"r{i}.sql": f"-- revision: r{i}\n-- down_revision: {f'r{i - 1}' if i else ''}\n-- created: {9999 - i}\n"
                          "-- +upgrade\n-- +downgrade\n" for i in reversed(range(3000))}
    outcome = target.admin.upgrade(files)
    assert outcome.error is None, outcome.message


# --- deadlines and turns -------------------------------------------------------------------------

def assert_ends_near(target, outcome, method, seconds):
    """The caller is answered, and the server stops working, near the deadline."""
    assert outcome.reason == "DEADLINE_EXCEEDED", outcome.message
    assert outcome.seconds < seconds + 3
    target.server.wait_for_log(rf"method={method} code=(DEADLINE_EXCEEDED|CANCELLED)", seconds=5)


def test_a_plan_of_thousands_of_steps_ends_with_the_call(target):
    """Each step of a table of thousands of columns shows the whole table."""
    outcome = target.reader.diff({"a.sql": table(4000, "a")}, {"a.sql": table(4000, "b")}, timeout=3)
    assert_ends_near(target, outcome, "Diff", 3)
    assert target.peak() < 1000


def test_partitions_that_change_end_with_the_call(target):
    def partitions(by):
        return ("CREATE TABLE t (k INT) PARTITION BY RANGE (k) (" + ",".join(
            f"PARTITION p{i} VALUES [('{2 * i + by}'), ('{2 * i + 1 + by}'))" for i in range(20_000)) + ")")
    outcome = target.reader.diff({"a.sql": partitions(0)}, {"a.sql": partitions(1)}, partitions=True, timeout=1)
    assert_ends_near(target, outcome, "Diff", 1)
    assert target.peak() < 1000


class Held:
    """A Parse that has its turn and sends no more."""

    def __init__(self, calls, stubs):
        self.queue: queue.Queue[Any] = queue.Queue()
        self.stubs = stubs
        self.call = calls.schema.Parse(iter(self.queue.get, None), metadata=calls.metadata, timeout=40)
        self.queue.put(stubs.schema.ParseRequest(begin=stubs.schema.ParseBegin(database="d", gateway=calls.gateway)))

    def finish(self):
        self.queue.put(self.stubs.schema.ParseRequest(
            file=self.stubs.schema.SchemaFile(name="a.sql", text=b"CREATE TABLE t (k INT)")))
        self.queue.put(None)
        return list(self.call)


@pytest.mark.parametrize("limits, second, refused_by", [
    ({"max_schema_calls_per_principal": 1}, "reader", "max_schema_calls_per_principal"),
    ({"max_concurrent_schema_calls": 1}, "other", "max_concurrent_schema_calls"),
    ({"max_schema_calls_per_principal": 1}, "other", None)])
def test_calls_at_once(start_target, stubs, limits, second, refused_by):
    target = start_target(**limits)
    held = Held(target.reader, stubs)
    target.server.wait_for_log("method=Parse")  # of the target's own first call
    calls = getattr(target, second)
    good = {"a.sql": "CREATE TABLE t (k INT)"}

    def outcomes():
        return [calls.parse(good), calls.diff(good, good), calls.generate(good), calls.autogenerate(good)]

    def refusals():
        return [raw.fact(stubs, outcome.error, "limit") if outcome.error else None for outcome in outcomes()]
    # The held call has its turn once the server has read its begin.
    deadline = time.monotonic() + 10
    while refusals() != [refused_by] * 4 and time.monotonic() < deadline:
        if held.call.done():  # it came while one of ours had the turn
            held = Held(target.reader, stubs)
        time.sleep(0.3)
    assert refusals() == [refused_by] * 4
    if refused_by:
        refused = calls.parse(good)
        assert refused.reason == "OVERLOADED" and raw.retry_seconds(stubs, refused.error) >= 1
        assert refused.error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert len(held.finish()) == 1
    deadline = time.monotonic() + 10
    while calls.parse(good).reason == "OVERLOADED" and time.monotonic() < deadline:
        time.sleep(0.1)
    assert calls.parse(good).error is None, "the turn is given back"
    target.check()
