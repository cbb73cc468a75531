# SPDX-License-Identifier: Apache-2.0
"""The simulator against the answers of a 4.0.2 engine, line by line of tests/data/starrocks/engine_*.

known_differences.json names, under `engine`, every question that is answered otherwise: with its kind and the reason.
A difference that it does not name fails, and so does an entry that is answered as the engine does. The printed figures
say how many answers are equal; `python tests/engine_answers.py` prints them, too.
"""

from __future__ import annotations

import ast
import collections
import json
import pathlib
from typing import Any

import engine_answers
import pytest

from starrocks_sim import rules
from starrocks_sim.__main__ import main as command
from starrocks_sim.errors import SimError

HERE = pathlib.Path(__file__).parent
PACKAGE = HERE.parent / "starrocks_sim"
KNOWN: dict[str, dict[str, str]] = json.loads((HERE / "known_differences.json").read_text())["engine"]
QUESTIONS = {"cases": 749, "steps": 82, "views": 152, "types": 5166, "mv_active": 168, "words": 1960}


@pytest.mark.parametrize("name", engine_answers.FILES)
def test_every_answer_is_the_engines(name: str, record_property: Any) -> None:
    findings = list(engine_answers.FINDINGS[name]())
    figures = engine_answers.figures(findings)
    for kind in engine_answers.KINDS:
        record_property(kind, figures[kind])
    print(f"{name}: " + ", ".join(f"{figures[kind]} {kind}" for kind in engine_answers.KINDS))
    assert len(findings) == QUESTIONS[name]
    different = {f"{name} {f.id}": f for f in findings if f.kind != "equal"}
    known = {key for key in KNOWN if key.split()[0] == name}
    new = [f"{f.kind}: {key}\n  simulator: {f.simulator}\n  engine:    {f.engine}"
           for key, f in different.items() if KNOWN.get(key, {}).get("kind") != f.kind]
    assert not new, "\n".join(new)
    assert known <= set(different), f"answered as the engine does, so take it out of the list: {known - set(different)}"


def test_known_differences_have_reasons_and_are_no_statements_taken_in_error() -> None:
    assert all(entry["reason"] and entry["kind"] in engine_answers.KINDS for entry in KNOWN.values())
    assert not [key for key, entry in KNOWN.items() if entry["kind"] == "taken"]


def test_the_comparison_sees_each_kind_of_difference() -> None:
    refusal = {"statement": "S", "code": 1064, "message": "no"}
    compare = engine_answers.compare_refusals
    assert compare(None, None) is None
    assert compare(None, refusal) == "taken" and compare(refusal, None) == "refused"
    assert compare(refusal, refusal) == "equal"
    assert compare({**refusal, "message": "never"}, refusal) == "message"
    assert compare({**refusal, "code": 1}, refusal) == "message"
    assert compare({**refusal, "statement": "T"}, refusal) == "message"
    create = 'CREATE TABLE t (id INT NOT NULL) DUPLICATE KEY(id) PROPERTIES ("replication_num"="1")'
    shown = engine_answers.case_finding("x", [create], {"shown": {"t": "another text"}})
    assert shown.kind == "text"


# --- the rules ---------------------------------------------------------------------------------

def refusing_functions() -> set[str]:
    """The functions of the engine that raise a refusal, by module and name."""
    found: set[str] = set()

    def visit(node: ast.AST, name: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.ClassDef, ast.FunctionDef)):
                visit(child, f"{name}.{child.name}")
                continue
            if isinstance(child, ast.Raise) and child.exc is not None:
                text = ast.unparse(child.exc)
                if not text.startswith(("NotSimulated", "ValueError")):
                    found.add(name)
            visit(child, name)

    for path in (PACKAGE / "engine").glob("*.py"):
        if path.stem not in ("faults", "evaluate", "server", "dml", "loads"):
            visit(ast.parse(path.read_text()), f"engine.{path.stem}")
    return found


def test_each_function_that_refuses_is_a_rule_with_evidence() -> None:
    assert refusing_functions() <= set(rules.RULES)
    for entry in rules.RULES.values():
        assert entry.what and entry.evidence in rules.ALL_EVIDENCE


def test_a_refusal_names_its_rule() -> None:
    front = engine_answers.FrontEnd("db")
    with pytest.raises(SimError) as caught:
        front.run("CREATE TABLE t (id INT NOT NULL, g BIGINT AS id + 1, a INT) DUPLICATE KEY(id)")
    assert caught.value.rule is rules.RULES["engine.columns.check_order"]
    assert caught.value.rule.evidence == rules.MEASURED_4_0_2


def test_the_report_counts_rules_by_evidence() -> None:
    report = rules.report()
    counts = collections.Counter(entry.evidence.text for entry in rules.RULES.values())
    for evidence in ("measured 4.0.2", "measured 4.0", "documented 3.3"):
        assert f"\n{evidence}: {counts[evidence]} rules" in report
    assert counts["measured 4.0.2"] > counts["documented 3.3"]


def test_the_readme_states_the_figures() -> None:
    table = [[cell.strip() for cell in line.strip("|").split("|")]
             for line in (HERE.parent / "README.md").read_text().splitlines() if line.startswith("| ")]
    rows = {cells[0]: cells for cells in table}
    for evidence, count in rules.by_evidence().items():
        assert rows[evidence][1] == str(count)
    asked = sum(QUESTIONS.values())
    equal = asked - len(KNOWN)
    assert rows["measured 4.0.2"][2:4] == [f"{asked:,}", f"{equal:,}"]


def test_the_documentation_states_the_figures_by_evidence() -> None:
    text = " ".join((HERE.parents[2] / "docs/starrocks.md").read_text().split())
    assert f"{sum(QUESTIONS.values()):,} answers of a 4.0.2 engine" in text
    assert "`python -m starrocks_sim rules`" in text
    counts = rules.by_evidence()
    figures = ", ".join(f"{counts[evidence.text]} {evidence.text}" for evidence in rules.ALL_EVIDENCE)
    assert f"{sum(counts.values())} rules: {figures}" in text


def test_the_command_prints_the_figures(capsys: pytest.CaptureFixture[str]) -> None:
    command(["rules"])
    assert capsys.readouterr().out == rules.report() + "\n"


# --- beyond the lines of the corpus ------------------------------------------------------------

@pytest.fixture
def front() -> engine_answers.FrontEnd:
    front = engine_answers.FrontEnd("db")
    for statement in engine_answers.lines("engine_views.jsonl")[0]["setup"]:
        front.run(statement)
    return front


@pytest.mark.parametrize("query,text", [
    ("SELECT id FROM berth WHERE NOT (id = 1 OR pier LIKE 'a')",
     "SELECT `db`.`berth`.`id`\nFROM `db`.`berth`\n"
     "WHERE (`db`.`berth`.`id` != 1) AND (NOT (`db`.`berth`.`pier` LIKE 'a'))"),
    ("SELECT NOT id = 1 AS k FROM berth HAVING NOT 1 > 2",
     "SELECT NOT (`db`.`berth`.`id` = 1) AS `k`\nFROM `db`.`berth`\nHAVING 1 <= 2"),
    ("SELECT CAST(id + 1 AS INT) AS k FROM berth",
     "SELECT CAST((`db`.`berth`.`id` + 1) AS INT) AS `k`\nFROM `db`.`berth`"),
    ("SELECT x.k FROM (SELECT id, pier FROM berth) AS x (k, l)",
     "SELECT `x`.`k`\nFROM (SELECT `db`.`berth`.`id`, `db`.`berth`.`pier`\nFROM `db`.`berth`) `x`(`k`,`l`)"),
    ("SELECT t.a FROM (VALUES (1, 'x')) AS t(a, b)", "SELECT `t`.`a`\nFROM (VALUES(1, 'x')) t(a,b)"),
    ("SELECT count(*) FILTER (WHERE id > 1) AS k FROM berth",
     "SELECT count_if(`db`.`berth`.`id` > 1) AS `k`\nFROM `db`.`berth`"),
    ("SELECT EXCEPT FROM (SELECT id AS EXCEPT FROM berth) MINUS",
     "SELECT `MINUS`.`EXCEPT`\nFROM (SELECT `db`.`berth`.`id` AS `EXCEPT`\nFROM `db`.`berth`) `MINUS`"),
])
def test_queries_are_stored_as_the_printer_of_the_engine_words_them(front: engine_answers.FrontEnd, query: str,
                                                                    text: str) -> None:
    front.run(f"CREATE VIEW v AS {query}")
    assert front.run("SELECT VIEW_DEFINITION FROM information_schema.views")[0][0] == text


def test_show_create_prints_the_stored_text_again(front: engine_answers.FrontEnd) -> None:
    front.run("CREATE VIEW v AS SELECT id FROM berth WHERE id IN (SELECT id FROM ship) "
              "AND NOT EXISTS (SELECT 1 FROM ship)")
    stored = front.run("SELECT VIEW_DEFINITION FROM information_schema.views")[0][0]
    shown = front.run("SHOW CREATE VIEW v")[0][1]
    assert "IN (((SELECT" in stored and "NOT EXISTS (" in stored
    assert "IN (((((SELECT" in shown and "NOT (EXISTS (" in shown


@pytest.mark.parametrize("statement,message", [
    ("ALTER TABLE t MODIFY COLUMN d VARCHAR(11) NULL", "Can not change DECIMAL64(9,0) to VARCHAR(11)"),
    ("ALTER TABLE t MODIFY COLUMN a ARRAY<INT> NOT NULL COMMENT 'x'", "Can not change ARRAY<INT> to ARRAY<INT>"),
    ('ALTER TABLE t SET ("flat_json.enable" = "false", "flat_json.column.max" = "5")', "haven't been enabled"),
    ("ALTER TABLE t DROP COLUMN s", "sort column"),
    ("ALTER TABLE t DROP INDEX i, ADD INDEX i (s) USING BITMAP", "already exist"),
    ("CREATE MATERIALIZED VIEW m REFRESH MANUAL AS SELECT 1 AS one", "Can not find base table"),
])
def test_refused(statement: str, message: str) -> None:
    front = engine_answers.FrontEnd("db")
    front.run("CREATE TABLE t (id INT NOT NULL, d DECIMAL(9,0), a ARRAY<INT> NOT NULL, s INT, j JSON, INDEX i (s) "
              'USING BITMAP) DUPLICATE KEY(id) DISTRIBUTED BY HASH(id) ORDER BY(s) PROPERTIES ("replication_num"="1")')
    refused = front.refusal([statement])
    assert refused and message in refused["message"], refused


@pytest.mark.parametrize("query,message", [
    ("SELECT id FROM berth WHERE count(*) > 1", "WHERE clause cannot contain aggregations"),
    ("SELECT id FROM berth WHERE rank() OVER (ORDER BY id) = 1", "WHERE clause cannot contain window function"),
    ("SELECT b.id FROM berth b JOIN ship s ON max(b.id) = s.id", "JOIN clause cannot contain aggregations"),
    ("SELECT sum(max(id)) AS k FROM berth", "Unsupported nest aggregation function"),
    ("SELECT 1 AS k FROM berth, berth", "Not unique table/alias: 'berth'"),
    ("SELECT count(*) AS k FROM berth GROUP BY pier HAVING id > 1", "must be an aggregate expression"),
    ("SELECT b.id FROM berth b RIGHT SEMI JOIN ship s ON b.id = s.id", "cannot be resolved"),
])
def test_queries_that_are_refused(front: engine_answers.FrontEnd, query: str, message: str) -> None:
    refused = front.refusal([f"CREATE VIEW v AS {query}"])
    assert refused and message in refused["message"], refused


def test_a_decimal_becomes_text_where_all_its_digits_fit() -> None:
    front = engine_answers.FrontEnd("db")
    front.run('CREATE TABLE t (id INT NOT NULL, d DECIMAL(9,0)) DUPLICATE KEY(id) PROPERTIES ("replication_num"="1")')
    front.run("ALTER TABLE t MODIFY COLUMN d VARCHAR(12) NULL")
