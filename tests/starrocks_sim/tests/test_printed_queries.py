# SPDX-License-Identifier: Apache-2.0
"""A printed query can be run again, and is printed in the same way, except for parentheses around subqueries."""

import json
import pathlib
import re
from typing import Any

import pytest

VIEWS = pathlib.Path(__file__).resolve().parents[2] / "data" / "starrocks" / "engine_views.jsonl"
LINES = [json.loads(line) for line in VIEWS.read_text().splitlines()]
QUERIES = [line["query"].replace("vq.", "d.") for line in LINES if line.get("shown")]
OTHERS = ["SELECT id FROM berth UNION ALL SELECT id FROM ship ORDER BY 1 LIMIT 5",
          "SELECT id AS k, pier AS p FROM berth ORDER BY k DESC, p", "SELECT -(3) AS a, -(-(2.5)) AS b, - -1 AS c",
          "SELECT map{'a': 1}['a'] AS k FROM berth", "SELECT array_map((x, y) -> x + y, [1], [2]) AS k FROM berth"]


@pytest.fixture
def berths(db: Any) -> Any:
    for statement in LINES[0]["setup"]:
        db.run(statement)
    return db


def printed(db: Any, query: str) -> str:
    db.run(f"CREATE OR REPLACE VIEW v AS {query}")
    shown: str = db.show("v", "VIEW").split(" SECURITY NONE AS ", 1)[1]
    return shown.rstrip(";")


def test_a_printed_query_is_printed_in_the_same_way(berths: Any) -> None:
    for query in QUERIES + OTHERS:
        text = printed(berths, query)
        again = printed(berths, text)
        assert re.sub(r"\(+SELECT", "(SELECT", again).replace(")", "") == \
            re.sub(r"\(+SELECT", "(SELECT", text).replace(")", ""), query


def test_a_sign_before_a_number_belongs_to_it(berths: Any) -> None:
    assert printed(berths, "SELECT -(3) AS a, -(-(2.5)) AS b, -(id) AS c FROM berth").startswith(
        "SELECT -3 AS `a`, 2.5 AS `b`, -1 * `d`.`berth`.`id` AS `c`")
