# SPDX-License-Identifier: Apache-2.0
"""Plans of the server, run on StarRocks: the engine takes each statement, and the declared schema is what results."""

import re

import pytest

from harness import schemas as harness

CASES = harness.corpus("diff.jsonl")
KINDS = ("create table", "create view", "create materialized view")


def script(statements):
    return {"schema.sql": ";\n".join(statements)}


def renames(schema_service, case):
    return [schema_service.pb.SchemaRename(table=table, old_name=old, new_name=new)
            for table, names in case["hints"].get("rename_columns", {}).items() for old, new in names.items()]


def plan_of(schema_service, starrocks, case, **options):
    return schema_service.diff(script(case["to"]), database=starrocks.name, drop_undeclared=True, partitions=True,
                        renames=renames(schema_service, case), **options)


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_a_case_of_the_corpus(schema_service, starrocks, case):
    starrocks.apply(*case["from"])
    plan = plan_of(schema_service, starrocks, case)
    if case["expect"]["decision"] in ("refuse", "rebuild"):
        assert plan.refusals and not plan.steps
        for statement in case["naive"]:
            starrocks.error(statement)
        return
    assert not plan.refusals
    assert bool(plan.steps) == (case["expect"]["decision"] == "plan")
    before = starrocks.printed()
    harness.run(schema_service, starrocks, plan)
    again = plan_of(schema_service, starrocks, {**case, "hints": {}})
    assert not again.steps and not again.refusals, again
    undo(schema_service, starrocks, plan, before, case)


def undo(schema_service, starrocks, plan, before, case):
    """Back again, step by step, as far as the plan says that one can go."""
    for step in reversed(plan.steps):
        if step.reversibility == schema_service.pb.REVERSIBILITY_IMPOSSIBLE:
            for statement in step.reverse:
                raise AssertionError(statement)
            return
        starrocks.apply(*step.reverse)
    back = schema_service.diff(script(case["from"]), database=starrocks.name, drop_undeclared=True, partitions=True)
    assert not back.steps and not back.refusals, (back, before, starrocks.printed())


REBUILT = [case for case in CASES if case["expect"]["decision"] == "rebuild" or case["id"] == "pub-diff-038"]


@pytest.mark.parametrize("case", REBUILT, ids=[case["id"] for case in REBUILT])
def test_what_is_refused_is_rebuilt(schema_service, starrocks, case):
    """Copied beside, compared, swapped in; and all the way back."""
    starrocks.apply(*case["from"])
    name = re.match(r"CREATE (?:TABLE|MATERIALIZED VIEW) (\w+)", case["to"][-1])[1]
    plan = plan_of(schema_service, starrocks, case, rebuild=[name])
    assert plan.steps and not plan.refusals
    harness.run(schema_service, starrocks, plan)
    left = schema_service.diff(script(case["to"]), database=starrocks.name, partitions=True)
    assert not left.steps and not left.refusals, left
    kept = {item.object.split(".")[1] for item in left.unmanaged if not item.attribute}
    assert kept == ({f"{name}__undo"} if plan.steps[-1].statement.startswith("ALTER TABLE") else set())
    again = plan_of(schema_service, starrocks, {**case, "to": case["from"]}, rebuild=[name])
    assert all("already exists" in refusal.reason for refusal in again.refusals)
    undo(schema_service, starrocks, plan, None, case)


def test_a_rebuild_whose_copy_loses_rows_stops_before_the_swap(schema_service, starrocks):
    table = 'CREATE TABLE t (k INT NOT NULL, v INT) {} KEY(k) DISTRIBUTED BY HASH(k) PROPERTIES ("replication_num"="1")'
    starrocks.apply(table.format("DUPLICATE"), "INSERT INTO t VALUES (1, 1), (1, 2)")
    plan = schema_service.diff(script([table.format("PRIMARY")]), database=starrocks.name, rebuild=["t"])
    for step in plan.steps[:2]:
        starrocks.apply(step.statement)
    assert "the copy of t has another number of rows" in starrocks.error(plan.steps[2].statement)[1]


# What a declaration cannot say: each with what Parse answers.
NO_DECLARATION = {"pub-ddl-045": "LIKE", "pub-ddl-046": "a type", "pub-ddl-047": "TEMPORARY", "pub-ddl-048": "EXTERNAL"}
NOT_SIMULATED = {"pub-ddl-047"}


@pytest.mark.slow
def test_what_was_just_applied_is_equal(schema_service, starrocks):
    """Every CREATE of the corpus, in its order in one database, as the engine prints it right afterwards."""
    compared = 0
    for line in harness.corpus("show_create.jsonl"):
        if line["kind"] not in KINDS:
            continue
        *setup, ddl = [re.sub(r"\bharbor(?=`?\.)", starrocks.name, statement)
                       for statement in [*(line.get("setup") or ()), line["ddl"]]]
        starrocks.apply(*setup)
        objects, problems = schema_service.parse({"schema.sql": ddl}, database=starrocks.name)
        if not objects:
            assert NO_DECLARATION.get(line["id"], "?") in problems[0].message, (line["id"], problems)
            if line["id"] not in NOT_SIMULATED:
                starrocks.apply(ddl)
            continue
        starrocks.apply(ddl)
        name = objects[0].object.split(".", 1)[1]
        plan = schema_service.diff({"schema.sql": ddl}, database=starrocks.name, filter={"include": [name]})
        assert not plan.steps and not plan.refusals and not plan.warnings, (line["id"], plan)
        compared += 1
    assert compared > 50
