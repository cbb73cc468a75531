# SPDX-License-Identifier: Apache-2.0
"""Random CSV texts: the column hashes SQLMesh computes with pandas against ours.

    PYTHONPATH=tests python tests/compat/seed_property.py COUNT [SEED]
    PYTHONPATH=tests python tests/compat/seed_property.py --table FILE

The first compares, the second writes the table of the unit test. "Not supported"
is allowed, a wrong answer never.
"""

from __future__ import annotations

import json
import random
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from sqlmesh.core.model.seed import CsvSettings, Seed

warnings.simplefilter("ignore")

DIALECTS = ["", "duckdb", "postgres", "bigquery", "snowflake", "oracle", "mysql", "starrocks",
            "clickhouse", "spark", "databricks", "trino", "redshift", "tsql", "hive"]
WORDS = ["a", "Bleistift, weich", "Füller „Gold“", "O'Neil", 'say "hi"', "🧽", "x/y", "back\\slash",
         "tab\there", "two\nlines", "<b>&", "2026-10-01", "2026-10-01 12:00:00", "12:30", "1_000",
         "1,5", "0x1F", "1e", ".", "-", "+", "--1", "1-2", "1.2.3", "$5", "5%", "e5", "yes", "no", "T",
         "F", "on", "null ", "nan1", "NAN", "Null", "none", "NONE", "Na", "inf", "-Infinity", "infinite",
         " ", "  x", "x  ", "\x7f", "\x01", "é", "ÿ", "\u2028", "𝔘", "ab''cd", "#", "true story"]
MISSING = ["", "NA", "N/A", "n/a", "null", "NULL", "nan", "NaN", "None", "#N/A", "<NA>", "-nan"]
BOOLS = ["true", "false", "True", "False", "TRUE", "FALSE", "tRuE"]
NAMES = ["id", "Name", "price", "order", "Select", "a_b", "_x", "X1", "date", "added_on", "VALUE", "t"]
ODD_NAMES = ["order id", "", "1st", "ä", "a.b", " id", "id ", '"q"', "a-b"]


def integer(rng: random.Random) -> str:
    kind = rng.random()
    if kind < 0.6:
        return str(rng.randint(-1000, 100000))
    if kind < 0.8:
        return str(rng.randint(-10**rng.randint(1, 20), 10**rng.randint(1, 20)))
    return rng.choice(["0", "-0", "+7", "007", "00", " 5", "5 ", " 5 ", "999999999999999999",
                       "9007199254740993", "-9223372036854775808", "9223372036854775807",
                       "9223372036854775808", "18446744073709551615", "18446744073709551616"])


def decimal(rng: random.Random) -> str:
    kind = rng.random()
    if kind < 0.5:
        return "%.*f" % (rng.randint(1, 4), rng.uniform(-1000, 1000))
    if kind < 0.65:
        return "%.*f" % (rng.randint(1, 14), rng.uniform(-10**rng.randint(0, 9), 10**rng.randint(0, 9)))
    if kind < 0.8:
        return "%.*e" % (rng.randint(0, 12), rng.uniform(-10, 10) * 10.0**rng.randint(-25, 25))
    if kind < 0.85:
        return repr(rng.uniform(-1, 1) * 10.0**rng.randint(-20, 20))
    return rng.choice(["0.0", "-0.0", ".5", "5.", "1e5", "1E-5", "+1.5", " 1.5", "1.5 ", "1e0", "-1e-12",
                       "0.00000000005", "0.99999999995", "0.5", "2.50000000005", "1e+3", "1.0e03", "1e16",
                       "999999999999999.5", "123456789012.12345", "0.1", "1e-16", "1.23456789012345"])


def column(rng: random.Random, rows: int) -> list[str]:
    """Fields of one column, mostly of one kind."""
    kinds: dict[str, Callable[[], str]] = {
        "integer": lambda: integer(rng), "small": lambda: str(rng.randint(0, 50)),
        "decimal": lambda: decimal(rng), "money": lambda: "%.2f" % rng.uniform(0, 500),
        "number": lambda: rng.choice([integer, decimal])(rng),
        "bool": lambda: rng.choice(BOOLS), "plain bool": lambda: rng.choice(["true", "false"]),
        "text": lambda: rng.choice(WORDS), "name": lambda: rng.choice(["Ann", "Bob", "Zoë", "Ann B"]),
        "date": lambda: "2026-%02d-%02d" % (rng.randint(1, 12), rng.randint(1, 28)),
        "missing": lambda: rng.choice(MISSING),
        "mix": lambda: rng.choice([integer(rng), decimal(rng), rng.choice(BOOLS), rng.choice(WORDS)]),
    }
    make = kinds[rng.choice(list(kinds))]
    gaps = rng.choice([0, 0, 0, 0.2])
    stray = rng.choice([0, 0, 0, 0, 0.1])
    other = kinds[rng.choice(list(kinds))]
    return [rng.choice(MISSING) if rng.random() < gaps else other() if rng.random() < stray else make()
            for _ in range(rows)]


def quoted(rng: random.Random, field: str, delimiter: str, quote: str, always: bool) -> str:
    special = any(c in field for c in (delimiter, quote, "\n")) or always
    if (special and rng.random() < 0.99) or rng.random() < 0.02:
        return quote + field.replace(quote, quote * 2) + quote
    return field


def random_settings(rng: random.Random) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    if rng.random() < 0.3:
        settings["delimiter"] = rng.choice([";", "|", "\t", ",", ":", " ", "||"])
    if rng.random() < 0.2:
        settings["quotechar"] = rng.choice(['"', "'", "'"])
    if rng.random() < 0.25:
        settings["na_values"] = rng.choice([["n/a", "-"], ["x  "], ["-", "none", "a"], [""], ["0"],
                                            [0], ["nan"], {"id": ["-"]}, ["Ann"], ["true"], ["$5", "inf"]])
    if rng.random() < 0.2:
        settings["keep_default_na"] = rng.random() < 0.4
    if rng.random() < 0.1:
        settings["skipinitialspace"] = rng.random() < 0.7
    if rng.random() < 0.05:
        settings["doublequote"] = rng.random() < 0.7
    if rng.random() < 0.03:
        settings["escapechar"] = "\\"
    if rng.random() < 0.05:
        settings["encoding"] = rng.choice(["utf-8", "utf-8", "latin-1"])
    return settings


def random_case(rng: random.Random) -> dict[str, Any]:
    settings = random_settings(rng)
    delimiter, quote = settings.get("delimiter", ","), settings.get("quotechar", '"')
    width, rows = rng.randint(1, 5), rng.choice([0, 1, 2, 3, 3, 5, 8, 12])
    names = rng.sample(NAMES, width)
    if rng.random() < 0.04:
        names[rng.randrange(width)] = rng.choice(ODD_NAMES + NAMES)
    columns = [column(rng, rows) for _ in names]
    always = rng.random() < 0.1
    lines = [delimiter.join(names)] + [
        delimiter.join(quoted(rng, field, delimiter, quote, always) for field in fields)
        for fields in zip(*columns)]
    if rng.random() < 0.08:
        lines.insert(rng.randrange(len(lines) + 1), rng.choice(["", "", " ", "\t", delimiter, "x", quote]))
    if rng.random() < 0.03:
        lines[-1] += delimiter + "extra"
    if rng.random() < 0.05 and width > 1:
        lines[-1] = lines[-1].rsplit(delimiter, 1)[0]
    content = "\n".join(lines) + rng.choice(["\n", "\n", "\n", "", "\n\n", "\n "])
    if rng.random() < 0.02:
        content = content.replace("\n", "\r\n")
    if rng.random() < 0.01:
        content = "\ufeff" + content
    return {"content": content, "settings": settings, "dialect": rng.choice(DIALECTS)}


def sqlmesh_answer(case: dict[str, Any]) -> dict[str, Any] | None:
    """As the probe's; None where SQLMesh fails."""
    try:
        reader = Seed(content=case["content"]).reader(
            dialect=case["dialect"], settings=CsvSettings(**case["settings"]))
        types = reader.columns_to_types
        return {"column_hashes": [list(pair) for pair in reader.column_hashes.items()],
                "types": [[name, each.sql().lower()] for name, each in types.items()]}
    except Exception:  # pandas raises a dozen kinds
        return None


def compare(cases: Sequence[dict[str, Any]]) -> tuple[list[Any], int, int]:
    """(wrong answers, answered, answerable)"""
    from probe import ask

    got = ask([{"op": "seed", **case} for case in cases])
    want = [sqlmesh_answer(case) for case in cases]
    wrong = [(case, ours, theirs) for case, ours, theirs in zip(cases, got, want)
             if ours is not None and ours != theirs]
    return wrong, sum(each is not None for each in got), sum(each is not None for each in want)


def write_table(path: str, count: int = 400, seed: int = 5) -> None:
    rng = random.Random(seed)
    with open(path, "w") as table:
        for _ in range(count):
            case = random_case(rng)
            table.write(json.dumps({**case, "want": sqlmesh_answer(case)}) + "\n")


if __name__ == "__main__":
    if sys.argv[1] == "--table":
        write_table(sys.argv[2])
        sys.exit()
    rng = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else None)
    wrong, answered, answerable = compare([random_case(rng) for _ in range(int(sys.argv[1]))])
    print(f"SQLMesh answers {answerable}, ours {answered}, {len(wrong)} wrong")
    for case, ours, theirs in wrong[:10]:
        print("  ", json.dumps(case), "\n    ours   ", ours, "\n    SQLMesh", theirs)
    sys.exit(bool(wrong))
