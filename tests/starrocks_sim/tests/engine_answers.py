# SPDX-License-Identifier: Apache-2.0
"""Asks the simulator what a StarRocks 4.0.2 engine was asked, and compares the answers.

Each question of the files engine_*.json* in tests/data/starrocks becomes a Finding of a kind: `equal`, `text` (both
accept and show another text), `message` (both refuse, with another message), `taken` (the simulator takes what the
engine refuses: the worse error) or `refused` (the simulator refuses what the engine takes). The simulator's engine is
called directly, in this process.
"""

from __future__ import annotations

import json
import pathlib
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from starrocks_sim.engine.server import Engine
from starrocks_sim.errors import SimError

DATA = pathlib.Path(__file__).resolve().parents[2] / "data" / "starrocks"
RELEASE = "4.0.2"
KINDS = ("equal", "text", "message", "taken", "refused")
FILES = ("cases", "steps", "views", "types", "mv_active", "words")


@dataclass
class Finding:
    """One question: its file, its name, how the answers compare, and both answers."""

    file: str
    id: str
    kind: str
    simulator: Any = None
    engine: Any = None


def lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text().splitlines()]


class FrontEnd:
    """A front end with one empty database that runs statements; jobs are finished before the next one."""

    def __init__(self, database: str) -> None:
        self.database = database
        self.engine = Engine(RELEASE, job_delay=0.0)
        self.session = self.engine.open_session(1, "root")
        self.run(f"CREATE DATABASE `{database}`")
        self.session.database = database

    def run(self, sql: str) -> list[list[Any]]:
        try:
            return self.engine.execute(self.session, self.engine.parse(sql)).rows
        except (SimError, RecursionError):
            raise
        except Exception as problem:
            raise SimError(f"simulator: internal error: {type(problem).__name__}: {problem}", 1105) from problem

    def refusal(self, statements: Iterable[str]) -> dict[str, Any] | None:
        """The first statement that is refused, as the corpus notes it."""
        for statement in statements:
            try:
                self.run(statement)
            except SimError as error:
                return {"statement": statement, "code": error.code, "message": error.message}
        return None

    def objects(self) -> list[tuple[str, str]]:
        return [(name, obj.kind) for name, obj in self.engine.catalog.databases[self.database].objects.items()]

    def show(self, name: str, kind: str) -> str:
        """SHOW CREATE; the rollups of a table follow as a comment."""
        quoted = f"`{name}`"
        text: str = self.run(f"SHOW CREATE {kind} {quoted}")[0][1]
        text = self.unqualified(text)
        if kind == "TABLE":
            rollups = self.rollups(quoted)
            text += f"\n-- rollups: {json.dumps(rollups)}" if rollups else ""
        return text

    def unqualified(self, text: str) -> str:
        return text.replace(f"`{self.database}`.", "").replace(f"default_catalog.{self.database}.", "default_catalog.")

    def rollups(self, quoted: str) -> dict[str, list[list[str]]]:
        out: dict[str, list[list[str]]] = {}
        index = ""
        for row in self.run(f"DESC {quoted} ALL"):
            if len(row) < 8 or not row[2]:
                continue
            index = row[0] or index
            out.setdefault(index, []).append([row[2], row[3], row[5]])
        out.pop(quoted.strip("`"), None)
        return dict(sorted(out.items()))


def folded(text: str) -> str:
    """A message without the list of similar inputs, which no simulator can know."""
    return re.sub(r", the most similar input is .*", "", text, flags=re.S)


def compare_refusals(simulator: dict[str, Any] | None, engine: dict[str, Any] | None) -> str | None:
    """The kind of a difference, `equal` for two equal refusals, None when both accept."""
    if simulator is None or engine is None:
        return None if simulator is engine else "taken" if simulator is None else "refused"
    same = simulator["code"] == engine["code"] and folded(simulator["message"]) == folded(engine["message"])
    if "statement" in engine and simulator["statement"] != engine["statement"]:
        return "message"
    return "equal" if same else "message"


# --- engine_cases.jsonl ------------------------------------------------------------------------

def shown_now(front: FrontEnd) -> dict[str, Any]:
    objects = front.objects()
    answer: dict[str, Any] = {"shown": {name: front.show(name, kind) for name, kind in objects}}
    rows = front.run("SELECT TABLE_NAME, REFRESH_TYPE, MATERIALIZED_VIEW_DEFINITION, IS_ACTIVE, INACTIVE_REASON FROM "
                     "information_schema.materialized_views")
    if rows:
        answer["materialized_views"] = sorted([r[0], r[1], front.unqualified(r[2])] for r in rows)
    return answer


def without_chance(text: str) -> str:
    """LIST partitions are printed in no fixed order; dynamic ones depend on the day, and come one after the other."""
    if '"dynamic_partition.enable" = "true"' in text:
        return re.sub(r"^\((PARTITION .*\n)*PARTITION .*\)$", "()", text, flags=re.M)
    if "PARTITION BY LIST" not in text:
        return text
    parts = sorted(re.findall(r"^  PARTITION .*?(?=,?$)", text, re.M))
    return re.sub(r"(^  PARTITION .*\n)+", lambda _: "\n".join(parts) + "\n", text, count=1, flags=re.M)


def normal(answer: dict[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {"shown": {k: without_chance(v) for k, v in answer["shown"].items()}}
    if answer.get("materialized_views"):
        out["materialized_views"] = sorted(answer["materialized_views"])
    return out


def case_findings() -> Iterator[Finding]:
    for case in lines("engine_cases.jsonl"):
        for side in ("from", "to"):
            if side in case:
                yield case_finding(f"{case['id']} {side}", case[side], case[f"engine_{side}"])


def case_finding(key: str, statements: list[str], engine: dict[str, Any]) -> Finding:
    front = FrontEnd("rec_a")
    refused = front.refusal(statements)
    kind = compare_refusals(refused, engine.get("refused"))
    if kind is not None:
        return Finding("cases", key, kind, refused, engine.get("refused"))
    try:
        shown = shown_now(front)
    except SimError as error:
        return Finding("cases", key, "refused", {"statement": "SHOW", "code": error.code, "message": error.message})
    same = normal(shown) == normal(engine)
    return Finding("cases", key, "equal" if same else "text", normal(shown), normal(engine))


# --- the statements that were tried in engine_cases.jsonl ------------------------------------

# The harness that recorded these had the object already.
NO_ANSWERS = ("list-quote", "sync-mv-create-agg")
_FRESH = "inspected text refused"


def step_findings() -> Iterator[Finding]:
    """What was found when a plan was tried: the statements that the engine took, and the one that it refused."""
    for case in lines("engine_cases.jsonl"):
        for number, found in enumerate(case.get("found", ()), 1):
            plan, error = found.get("plan", []), found.get("error") or {}
            if case["id"] in NO_ANSWERS or not (plan or found["what"] == _FRESH):
                continue
            if error and "code" not in error:
                continue  # the product's, not the engine's
            if not error and any(other.get("statement") in plan for other in case["found"]):
                continue  # the rest of the plan was run although a step was refused
            yield step_finding(f"{case['id']} {number}", case, found)


def step_finding(key: str, case: dict[str, Any], found: dict[str, Any]) -> Finding:
    front = FrontEnd("rec_a")
    error = found.get("error")
    refused_step = found.get("statement")
    steps: list[str] = [str(refused_step)] if found["what"] == _FRESH else found["plan"]
    if refused_step in steps:
        steps = steps[:steps.index(refused_step) + 1]
    names = re.compile(r"\b\w{3}_a\b")
    before = [] if found["what"] == _FRESH else case["from"]
    steps = [names.sub("rec_a", step) for step in steps]
    refused = front.refusal([*before, *steps])
    engine = {"statement": steps[-1], "code": error["code"], "message": names.sub("rec_a", error["message"])} \
        if error else None
    if refused:
        refused["message"] = front.unqualified(refused["message"])
    if engine:
        engine["message"] = front.unqualified(engine["message"])
    kind = compare_refusals(refused, engine)
    return Finding("steps", key, kind or "equal", refused, engine)


# --- engine_views.jsonl ------------------------------------------------------------------------

def view_findings() -> Iterator[Finding]:
    first, *queries = lines("engine_views.jsonl")
    for number, line in enumerate(queries, 1):
        yield view_finding(f"{number} {line['query']}", first["setup"], line)


def view_finding(key: str, setup: list[str], line: dict[str, Any]) -> Finding:
    front = FrontEnd("DB")
    for statement in setup:
        front.run(statement)
    expected = line.get("refused")
    # Each query had a view of its own, which only positions in messages show; the corpus calls all of them v.
    name = f"v{key.split()[0]}" if expected else "v"
    refused = front.refusal([f"CREATE VIEW {name} AS {line['query'].replace('vq.', 'DB.')}"])
    kind = compare_refusals(refused, expected)
    if kind is not None:
        return Finding("views", key, kind, refused, expected)
    answer: dict[str, Any] = {"shown": front.run("SHOW CREATE VIEW v")[0][1]}
    answer["definition"] = front.run("SELECT VIEW_DEFINITION FROM information_schema.views")[0][0]
    answer["columns"] = [row[:3] for row in front.run("DESC v")]
    engine = {name: line[name] for name in answer}
    return Finding("views", key, "equal" if answer == engine else "text", answer, engine)


# --- engine_types.jsonl ------------------------------------------------------------------------

_KEYS = {"duplicate": "DUPLICATE", "unique": "UNIQUE", "primary": "PRIMARY", "aggregate": "AGGREGATE"}


def type_statements(line: dict[str, Any]) -> tuple[str, str]:
    """CREATE TABLE and MODIFY COLUMN of a line; names of the length that the positions in the messages show."""
    model, part = line["model"].split()
    table = "tt" if line["model"] == "duplicate value" else "tttt"
    tail = f'{_KEYS[model]} KEY({{}}) DISTRIBUTED BY HASH({{}}) BUCKETS 1 PROPERTIES ("replication_num"="1")'
    kind = line["from"]
    if part == "key":
        value = "v INT SUM" if model == "aggregate" else "v INT"
        create = f"CREATE TABLE {table} (id INT NOT NULL, c {kind}, {value}) " + tail.format("id, c", "id")
    else:
        marker = f" {part}" if part.isupper() else ""
        create = f"CREATE TABLE {table} (id INT NOT NULL, c {kind}{marker}) " + tail.format("id", "id")
    marker = f" {part}" if part.isupper() else " KEY" if part == "key" else ""
    return create, f"ALTER TABLE {table} MODIFY COLUMN c {line.get('to')}{marker}"


def type_findings() -> Iterator[Finding]:
    made: tuple[str, FrontEnd] | None = None
    for line in lines("engine_types.jsonl"):
        create, modify = type_statements(line)
        if line.get("create") is False:
            yield type_finding(line, FrontEnd("db").refusal([create]))
            continue
        if made is None or made[0] != create:
            made = (create, FrontEnd("db"))
            made[1].run(create)
        finding = type_finding(line, made[1].refusal([modify]))
        if finding.simulator is None:
            made = None  # the table has another type now
        yield finding


def type_finding(line: dict[str, Any], refused: dict[str, Any] | None) -> Finding:
    key = f"{line['model']}: {line['from']} -> {line.get('to', 'CREATE')}"
    accepted = line.get("create") is not False and line["accepted"]
    if (refused is None) != accepted:
        return Finding("types", key, "taken" if refused is None else "refused", refused, line.get("message"))
    same = refused is None or shifted(refused["message"]) == shifted(line["message"])
    return Finding("types", key, "equal" if same else "message", refused, line.get("message"))


def shifted(text: str) -> str:
    """A message with its columns counted from the first one that it names: the tables had other names."""
    first = re.search(r"column (\d+)", text)
    return re.sub(r"column (\d+)", lambda m: f"column {int(m[1]) - int(first[1])}" if first else m[0], text)


# --- engine_mv_active.jsonl --------------------------------------------------------------------

def activity_findings() -> Iterator[Finding]:
    for line in lines("engine_mv_active.jsonl"):
        yield activity_finding(line)


def activity_finding(line: dict[str, Any]) -> Finding:
    key = f"{line['from']} -> {line['to']}: {line['kind']}"
    front = FrontEnd("db")
    front.run(f'CREATE TABLE t (id INT NOT NULL, c {line["from"]}) DUPLICATE KEY(id) DISTRIBUTED BY HASH(id) BUCKETS 1 '
              'PROPERTIES ("replication_num"="1")')
    front.run("CREATE VIEW v AS SELECT id, c FROM t")
    refused = front.refusal(["CREATE MATERIALIZED VIEW m DISTRIBUTED BY HASH(id) BUCKETS 1 REFRESH MANUAL PROPERTIES "
                             f'("replication_num"="1") AS {line["query"]}'])
    expected = line.get("create_refused")
    if refused is not None or expected is not None:
        answer = None if expected is None else {"code": refused and refused["code"], "message": without_place(expected)}
        mine = refused and {**refused, "message": without_place(refused["message"])}
        return Finding("mv_active", key, compare_refusals(mine, answer) or "equal", refused, expected)
    front.run(f"ALTER TABLE t MODIFY COLUMN c {line['to']}")
    active, reason = front.run("SELECT IS_ACTIVE, INACTIVE_REASON FROM information_schema.materialized_views")[0]
    found: dict[str, Any] = {"active_after_modify": active == "true", "reason": reason}
    if "active_accepted" in line:
        refused = front.refusal(["ALTER MATERIALIZED VIEW m ACTIVE"])
        found["active_accepted"] = refused is None
        if refused is not None:
            found["message"] = refused["message"]
    engine = {name: line[name] for name in ("active_after_modify", "reason", "active_accepted", "message")
              if name in line}
    kind = "equal" if found == engine else "text"
    for name in ("active_after_modify", "active_accepted"):
        if name in engine and engine[name] != found[name]:
            kind = "taken" if found[name] else "refused"
            break
    return Finding("mv_active", key, kind, found, engine)


def without_place(text: str) -> str:
    return re.sub(r" (from|at) line \d+, column \d+( to line \d+, column \d+)?", "", text)


# --- engine_words.json -------------------------------------------------------------------------

WORD_PLACES = {
    "column": "CREATE TABLE t (id INT NOT NULL, {} INT) DUPLICATE KEY(id)",
    "table": "CREATE TABLE {} (id INT NOT NULL) DUPLICATE KEY(id)",
    "alias": "CREATE VIEW v AS SELECT 1 AS {}",
    "bare alias": "CREATE VIEW v AS SELECT 1 {}",
}


def word_findings() -> Iterator[Finding]:
    answer = json.loads((DATA / "engine_words.json").read_text())
    reserved = set(answer["reserved"])
    for word in sorted(reserved | set(answer["not_reserved"])):
        for place, statement in WORD_PLACES.items():
            refused = FrontEnd("db").refusal([statement.format(word)]) is not None
            kind = "equal" if refused == (word in reserved) else "refused" if refused else "taken"
            yield Finding("words", f"{word} as {place}", kind, refused, word in reserved)


FINDINGS = {"cases": case_findings, "steps": step_findings, "views": view_findings, "types": type_findings,
            "mv_active": activity_findings, "words": word_findings}


def figures(findings: Iterable[Finding]) -> Counter[str]:
    return Counter(finding.kind for finding in findings)


def main(arguments: list[str]) -> None:
    """Prints the figures of each file, and the findings of the kinds that are named after --show."""
    import argparse
    import difflib
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", default=list(FILES))
    parser.add_argument("--show", action="append", default=[], choices=KINDS)
    parser.add_argument("--like", default="")
    options = parser.parse_args(arguments)
    for name in options.files or FILES:
        findings = list(FINDINGS[name]())
        count = figures(findings)
        print(f"{name}: {len(findings)}: " + ", ".join(f"{count[kind]} {kind}" for kind in KINDS))
        for finding in findings:
            if finding.kind not in options.show or options.like not in finding.id:
                continue
            print("---", finding.kind, finding.id)
            if finding.kind == "text":
                one, two = (json.dumps(side, indent=1).replace("\\n", "\n").splitlines()
                            for side in (finding.simulator, finding.engine))
                print("\n".join(line for line in difflib.unified_diff(one, two, "simulator", "engine", n=0, lineterm="")
                                if not line.startswith(("---", "+++", "@@"))))
            else:
                print("   simulator:", finding.simulator, "\n   engine:   ", finding.engine)


if __name__ == "__main__":
    main(sys.argv[1:])
