# SPDX-License-Identifier: Apache-2.0
"""The front end under test against the answers that a real StarRocks 4.0 gave, line by line of tests/data/starrocks.

On the simulator, known_differences.json names every line that it answers otherwise: with what, and why. Such a line
must be answered just so, or the entry has to go. A real server (STARROCKS_URL) has no known differences.
"""

import json
import pathlib
import re

import pymysql
import pytest

from harness import paths
from harness.starrocks import Database

CORPUS = paths.TESTS / "data" / "starrocks"
KNOWN = json.loads((pathlib.Path(__file__).parent / "known_differences.json").read_text())
KNOWN.pop("engine")  # of test_engine.py


def lines(name):
    return [json.loads(line) for line in (CORPUS / name).read_text().splitlines()]


def cases(name):
    return pytest.mark.parametrize("case", lines(name), ids=lambda case: case["id"])


def known(database, key):
    return KNOWN.get(key) if database.simulated else None


def folded(text, database, name="db1"):
    """Without what depends on the run: the database's name, ids of colocate groups, hints at similar input."""
    text = re.sub(rf"\b{database.name}\b", name, text)
    text = re.sub(r"with group \d+\.\d+", "with group N", text)
    return re.sub(r", the most similar input is .*", "", text)


def comparable(ddl):
    """Printed DDL without what the server itself prints differently from run to run: the order of LIST partitions, and
    dynamic partitions, which depend on the day."""
    if "PARTITION BY LIST" in ddl:
        parts = re.findall(r"^  PARTITION .*?(?=,?$)", ddl, re.M)
        ddl = re.sub(r"(^  PARTITION .*\n)+", "\n".join(sorted(parts)) + "\n", ddl, flags=re.M)
    if '"dynamic_partition.enable" = "true"' in ddl:
        ddl = re.sub(r"^\((PARTITION .*\n)*PARTITION .*\)$", "()", ddl, flags=re.M)
    return ddl


def refusal(database, *statements):
    """(code, message) of the first statement that is refused, None when all are accepted."""
    try:
        database.apply(*statements)
    except pymysql.err.MySQLError as error:
        return error.args[0], folded(error.args[1], database)
    return None


def drop_catalog(database, statement):
    """A catalog stands beside the databases, so no database takes it along."""
    made = re.match(r"CREATE EXTERNAL CATALOG (\w+)", statement)
    if made:
        database.run(f"DROP CATALOG {made[1]}")


def apply_up_to_a_running_job(database, statements):
    database.apply(*statements[:-1])
    database.hold_jobs()
    database.run(statements[-1])


def test_known_differences_name_lines_of_the_corpus_and_reasons():
    there = {case["id"] for name in ("ddl.jsonl", "diff.jsonl", "errors.jsonl") for case in lines(name)}
    assert {key.split()[0] for key in KNOWN} <= there
    assert all(entry["reason"] and (entry["code"], entry["message"]) for entry in KNOWN.values())


@cases("errors.jsonl")
def test_refusals(starrocks, case):
    expected = known(starrocks, case["id"]) or case
    if "setup_note" in case:
        apply_up_to_a_running_job(starrocks, case["setup"])
        answer = refusal(starrocks, case["statement"])
    else:
        answer = refusal(starrocks, *case["setup"], case["statement"])
    assert answer == (expected["code"], folded(expected["message"], starrocks))


# Accepted by the grammar of a later release than the rest of the corpus.
SINCE = {"pub-ddl-062": (4, 1)}


def version(database):
    return tuple(int(part) for part in re.findall(r"\d+", database.run("SELECT current_version()")[0][0])[:2])


@cases("ddl.jsonl")
def test_grammar(starrocks, case):
    """What the grammar accepts may still be refused for what it names; what it rejects is a syntax error."""
    answer = refusal(starrocks, case["sql"].replace("harbor.", f"{starrocks.name}."))
    if answer is None:
        drop_catalog(starrocks, case["sql"])
    expected = known(starrocks, case["id"])
    if expected:
        assert answer == (expected["code"], expected["message"])
        return
    rejected = answer is not None and answer[1].startswith("Getting syntax error")
    too_old = version(starrocks) < SINCE.get(case["id"], (0,))
    assert rejected == (case["expect"] == "reject" or too_old), answer
    assert answer is None or not answer[1].startswith("simulator:"), answer


# --- printed objects ---------------------------------------------------------------------------

@pytest.fixture(scope="module")
def shown(_front_end):
    """Case id -> what the front end shows after its statement; they build on each other, in one database."""
    database = Database(_front_end)
    answers = {case["id"]: answer_of(database, case) for case in lines("show_create.jsonl")}
    database.drop()
    return {key: {**answer, "simulated": _front_end.simulated} for key, answer in answers.items()}


def answer_of(database, case):
    statements = [re.sub(r"\bharbor\b", database.name, each) for each in [*case.get("setup", ()), case["ddl"]]]
    try:
        if case["kind"] == "cancel alter":
            apply_up_to_a_running_job(database, statements[:-1])
            statements = statements[-1:]
        database.apply(*statements)
        database.server.reset()
    except pymysql.err.MySQLError as error:
        return {"refused": (error.args[0], error.args[1])}
    answer = {"refused": None}
    if case["show_create"] is not None:
        kinds = ("MATERIALIZED VIEW", "VIEW", "CATALOG")
        kind = next((kind for kind in kinds if kind.lower() in case["kind"]), "TABLE")
        answer["show_create"] = folded(database.show_create(case["object"], kind), database, "harbor")
    for key, statement in (("desc_all", "DESC `{}` ALL"), ("show_full_columns", "SHOW FULL COLUMNS FROM `{}`")):
        if case.get(key) and "object" in case:
            answer[key] = database.table(statement.format(case["object"]))
    drop_catalog(database, case["ddl"])
    return answer


@cases("show_create.jsonl")
def test_printed_byte_for_byte(shown, case):
    answer = shown[case["id"]]
    expected = KNOWN.get(case["id"]) if answer["simulated"] else None
    assert answer["refused"] == (expected and (expected["code"], expected["message"]))
    if expected:
        return
    if case["show_create"] is not None:
        assert comparable(answer["show_create"]) == comparable(case["show_create"])
    for key in ("desc_all", "show_full_columns"):
        if key in answer:
            names, rows = answer[key]
            assert names == case[key]["columns"]
            assert [[None if value is None else str(value) for value in row] for row in rows] == case[key]["rows"]


# --- plans -------------------------------------------------------------------------------------

@cases("diff.jsonl")
def test_plans_end_in_what_they_plan(starrocks, case):
    expected = case["expect"]
    starrocks.apply(*case["from"])
    jobs = starrocks.apply(*expected["statements"])
    assert all(row["State"] == "FINISHED" for _, row in jobs)
    assert [kind for kind, row in jobs if row["Timeout"] == "1"] == expected["instant_jobs"]
    assert [kind for kind, row in jobs if row["Timeout"] != "1"] == expected["jobs"]
    if expected["decision"] == "refuse":
        return               # some of these targets can not be made at all
    fresh = Database(starrocks.server)
    try:
        fresh.apply(*case["to"])
        if expected["decision"] == "plan":
            assert end_state(starrocks) == end_state(fresh)
    finally:
        fresh.drop()


def end_state(database):
    return {name: folded(comparable(ddl), database) for name, ddl in database.printed().items()}


TRANSCRIPTS = lines("alter_transcripts.jsonl")
DECLARED = {case["id"]: case for case in lines("diff.jsonl")}
# The rest of a row are ids, times and numbers of the run.
STABLE = ("TableName", "IndexName", "BaseIndexName", "RollupIndexName", "Operation", "State", "Msg", "Timeout")


def test_the_transcripts_cover_every_statement_of_a_plan_and_every_naive_one():
    recorded = {(step["case"], step["role"], step["statement"]) for step in TRANSCRIPTS}
    for case in DECLARED.values():
        assert {(case["id"], "plan", each) for each in case["expect"]["statements"]} <= recorded
        assert {(case["id"], "naive", each) for each in case["naive"]} <= recorded


@pytest.mark.parametrize("step", TRANSCRIPTS, ids=lambda step: f"{step['case']}-{step['role']}-{step['step']}")
def test_steps_answer_as_recorded(starrocks, step):
    case = DECLARED[step["case"]]
    starrocks.apply(*case["from"])
    if step["role"] == "plan":
        starrocks.apply(*case["expect"]["statements"][:step["step"] - 1])
    check_printed(starrocks, step.get("show_create_before"))
    if not step["accepted"]:
        error = step["error"]
        assert refusal(starrocks, step["statement"]) == (error["code"], folded(error["message"], starrocks))
        return
    jobs = starrocks.apply(step["statement"])
    assert sorted(map(stable, jobs), key=str) == sorted(recorded_jobs(step), key=str)
    check_printed(starrocks, step.get("show_create_after"))


def stable(job):
    kind, row = job
    return {"kind": kind, **{name: row[name] for name in STABLE if name in row}}


def recorded_jobs(step):
    return [stable((kind, dict(zip(table["columns"], row))))
            for kind, table in step["show_alter_when_finished"].items() for row in table["rows"]]


def check_printed(database, recorded):
    for name, ddl in (recorded or {}).items():
        if ddl is None:
            assert name not in database.printed()
        else:
            assert comparable(folded(database.show_create(name), database)) == comparable(ddl)
