# SPDX-License-Identifier: Apache-2.0
"""Two random schemas, the plan between them, its run on StarRocks: the second one is what results."""

import pytest

from harness import schemas as harness
from harness.random_schemas import Schema

SEEDS = range(150)


def script(statements):
    return {"schema.sql": ";\n".join(statements)}


def plan_to(schema_service, starrocks, statements):
    return schema_service.diff(script(statements), database=starrocks.name, drop_undeclared=True)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_plan_leads_where_it_says(schema_service, starrocks, seed):
    schema = Schema(seed)
    starrocks.apply(*schema.sql())
    first = plan_to(schema_service, starrocks, schema.sql())
    assert not first.steps and not first.refusals, first
    start = schema.sql()
    schema.change()
    plan = plan_to(schema_service, starrocks, schema.sql())
    harness.run(schema_service, starrocks, plan, checked=True)
    again = plan_to(schema_service, starrocks, schema.sql())
    assert not again.steps, (again, plan)
    assert [(r.object, r.attribute) for r in again.refusals] == [(r.object, r.attribute) for r in plan.refusals]
    if plan.refusals:
        return
    for step in reversed(plan.steps):
        if step.reversibility == schema_service.pb.REVERSIBILITY_IMPOSSIBLE:
            return
        starrocks.apply(*step.reverse)
    back = plan_to(schema_service, starrocks, start)
    assert not back.steps and not back.refusals, (back, plan)
