# SPDX-License-Identifier: Apache-2.0
"""Proves how SQLMesh fingerprints function calls, casts and bare words (sqlglot's simplify.gen).

Takes about twenty minutes. Parses sample texts in every dialect, as they stand and normalised and quoted, and prints
server/sqlmesh/fingerprint/gen/rules_table.inc. A rule is kept only where every sampled argument goes
through it unchanged; everything else stays unproven.

    python tests/compat/expressions_proof.py > server/sqlmesh/fingerprint/gen/rules_table.inc
    python tests/compat/expressions_proof.py --check server/sqlmesh/fingerprint/gen/rules_table.inc
"""

from __future__ import annotations

import itertools
import logging
import pathlib
import re
import sys
from collections.abc import Sequence

import sqlmesh.core.dialect  # the parser's extensions  # noqa: F401
from sqlglot import Dialect, exp, parse_one
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.simplify import gen
from sqlmesh.utils.pydantic import _get_field

logging.disable(logging.CRITICAL)

# "" is the first: the others hold only what differs from it.
DIALECTS = ["", "athena", "bigquery", "clickhouse", "databricks", "duckdb", "fabric", "hive", "mysql",
            "postgres", "presto", "redshift", "risingwave", "snowflake", "spark", "starrocks", "trino",
            "tsql"]
FUNCTIONS = """
ABS ACOS ADD_MONTHS ANY_VALUE ARRAY_AGG ARRAY_CONCAT ARRAY_CONTAINS ARRAY_LENGTH ARRAY_SIZE ASCII
ASIN ATAN AVG BIT_LENGTH BUCKET CEIL CEILING CHAR_LENGTH CHARACTER_LENGTH CHR COALESCE CONCAT
CONCAT_WS CONTAINS COS COUNT DATE DATEADD DATEDIFF DATE_ADD DATE_DIFF DATE_PART DATE_SUB DATE_TRUNC
DATETIME_TRUNC DAY DAYOFMONTH DAYOFWEEK DAYOFYEAR DAYS DAY_OF_WEEK DAY_OF_YEAR ENDS_WITH EXP FLOOR
FORMAT FROM_UNIXTIME GENERATE_UUID GREATEST HOUR HOURS IF IFNULL IIF INITCAP INSTR ISNULL IS_NAN
JSON_EXTRACT JSON_EXTRACT_SCALAR LAST_DAY LCASE LEAST LEFT LEN LENGTH LN LOG LOG10 LOG2 LOWER LPAD
LTRIM MAKE_DATE MAX MD5 MEDIAN MIN MINUTE MOD MONTH MONTHS NOW NULLIF NVL NVL2 PARSE_DATE PI POW
POWER QUARTER RAND RANGE_BUCKET REGEXP_CONTAINS REGEXP_EXTRACT REGEXP_LIKE REGEXP_MATCHES
REGEXP_REPLACE REPEAT REPLACE REVERSE RIGHT ROUND RPAD RTRIM SAFE_DIVIDE SECOND SHA SHA1 SHA2 SHA256
SIGN SIN SPLIT SPLIT_PART SQRT STARTS_WITH STDDEV STRFTIME STRPOS STRPTIME STR_TO_DATE SUBSTR
SUBSTRING SUM TAN TIMESTAMP TIMESTAMP_TRUNC TODATE TOMONDAY TOSTARTOFDAY TOSTARTOFHOUR
TOSTARTOFMONTH TOYYYYMM TOYYYYMMDD TO_CHAR TO_DATE TO_TIMESTAMP TRIM TRUNC TRUNCATE TRY_TO_DATE
TYPEOF UCASE UNIX_DATE UNIX_SECONDS UPPER UUID VARIANCE WEEK WEEKOFYEAR YEAR YEARS
""".split()
WITH_UNIT = """DATE_TRUNC DATETIME_TRUNC TIMESTAMP_TRUNC TRUNC DATE_DIFF DATEDIFF DATE_ADD DATEADD
DATE_PART LAST_DAY TIME_TRUNC""".split()
UNITS = "YEAR QUARTER MONTH WEEK DAY HOUR MINUTE SECOND".split()
# An argument of each sort; zq... stand for columns.
ARGUMENTS = ["zqa", "zqa.zqb", "1", "10", "1.5", "0", "-1", "'x'", "''", "'%Y-%m-%d'", "'yyyy-MM-dd'",
             "'2020-01-01'", "'day'", "'utf8'", "NULL", "TRUE", "(zqa)", "zqa + 1", "zqa = 1",
             "zf(zqa)", "zf(zqa, 1)", "-zqa", "zqa IN (1, 2)", "(zqa, zqb)", "UPPER(zqa)",
             "COALESCE(zqa, 1)", "NOT zqa", "zqa IS NULL", "zqa AND zqb"]
COLUMNS = ["zqm", "zqn", "zqo", "zqp"]
TYPES = [*"""INT INTEGER BIGINT SMALLINT TINYINT FLOAT DOUBLE REAL DECIMAL NUMERIC BOOLEAN BOOL TEXT STRING
VARCHAR CHAR DATE DATETIME TIMESTAMP TIMESTAMPTZ TIMESTAMP_NTZ TIME JSON UUID INT64 FLOAT64 BYTES
VARBINARY BINARY""".split(), "VARCHAR(#)", "CHAR(#)", "DECIMAL(#)", "DECIMAL(#,#)", "NUMERIC(#,#)",
         "DOUBLE PRECISION", "TIMESTAMP(#)"]

def both(text: str, dialect: str) -> tuple[str, str] | None:
    """gen() of the text and of the text normalised and quoted; None: no expression."""
    try:
        first = gen(parse_one(text, dialect=dialect))
        second = gen(_get_field(text, {"dialect": dialect}))
        return first, second
    except Exception:
        return None


def fill(template: str, arguments: Sequence[str]) -> str:
    return re.sub(r"\$(\d)", lambda m: arguments[int(m[1]) - 1], template)


def call_rule(dialect: str, name: str, count: int, fixed: tuple[int, str] | None = None) -> str | None:
    """The template of NAME(count arguments); `fixed` is (position, text) of one given literally."""
    def text(arguments: Sequence[str]) -> str:
        arguments = list(arguments)
        if fixed:
            arguments.insert(fixed[0], fixed[1])
        return f"{name}({', '.join(arguments)})"

    start = both(text(COLUMNS[:count]), dialect)
    if not start:
        return None
    template = start[0]
    for position, column in enumerate(COLUMNS[:count], 1):
        if template.count(column) < 1:
            return None
        template = template.replace(column, f"${position}")
    if not template.isprintable() or re.search(r'[|="\\]', template):
        return None
    for position in range(count):
        for argument in ARGUMENTS:
            arguments = COLUMNS[:count]
            arguments[position] = argument
            tried = [both(each, dialect) for each in arguments]
            parts = [part for part in tried if part is not None]
            if len(parts) < len(tried):
                continue
            got = both(text(arguments), dialect)
            if got is None or any(got[mode] != fill(template, [p[mode] for p in parts])
                                  for mode in (0, 1)):
                return None
    for argument in ARGUMENTS:
        alone = both(argument, dialect)
        if count > 1 and alone is not None:
            got = both(text([argument] * count), dialect)
            if got is None or got[0] != fill(template, [alone[0]] * count):
                return None
    return template


def functions(dialect: str) -> dict[str, str]:
    rules = {}
    for name in FUNCTIONS:
        for count in range(5):
            found = call_rule(dialect, name, count)
            if found is not None and found != call_default(name, count):
                rules[f"{name}/{count}"] = found
            elif found is not None:
                rules[f"{name}/{count}"] = ""
    for name in WITH_UNIT:
        for position, count in itertools.product((0, 1, 2), (1, 2)):
            if position > count:
                continue
            for unit in UNITS:
                spellings = [unit, unit.lower(), unit.title()]
                for key, texts in ((unit, spellings), (f"'{unit}'", [f"'{s}'" for s in spellings])):
                    made = {call_rule(dialect, name, count, (position, t)) for t in texts}
                    [template] = made if len(made) == 1 else [None]
                    if template is not None:
                        rules[f"{name}/{count + 1}/{position}{key}"] = template
    return rules


def call_default(name: str, count: int) -> str:
    return f"{name}({','.join(f'${i + 1}' for i in range(count))})"


def casts(dialect: str) -> dict[str, str]:
    """CAST, TRY_CAST and `::` of a type: the template, with $1 the value and #1, #2 the numbers."""
    rules = {}
    for form, text in (("CAST", "CAST({} AS {})"), ("TRY_CAST", "TRY_CAST({} AS {})"),
                       ("::", "{}::{}")):
        for key in TYPES:
            template, fine = None, True
            samples = [(77, 38), (38, 10), (12, 4), (9, 0)] if "#" in key else [()]
            for numbers, spelling in itertools.product(samples, (key, key.lower())):
                for number in numbers:
                    spelling = spelling.replace("#", str(number), 1)
                for argument in ARGUMENTS:
                    if form == "::" and not re.fullmatch(r"zqa|zf\(zqa\)|\(zqa\)|'x'|1", argument):
                        continue
                    value = both(argument, dialect)
                    if value is None:
                        continue
                    got = both(text.format(argument, spelling), dialect)
                    if got is None:
                        fine = False
                        break
                    used = numbers[:key.count("#")]
                    for mode in (0, 1):
                        head = re.match(r"[A-Z]+\(", got[mode])
                        if not head or not got[mode][head.end():].startswith(value[mode]):
                            fine = False
                            break
                        rest = got[mode][head.end() + len(value[mode]):]
                        for place, number in enumerate(used, 1):
                            rest = re.sub(rf"(?<![\w#]){number}(?!\w)", f"#{place}", rest, count=1)
                        made = head[0] + "$1" + rest
                        if template not in (None, made) or re.search(r"(?<!#)\b\d+\b(?<!\$1)", rest):
                            fine = False
                        template = made
                if not fine:
                    break
            if fine and template:
                rules[f"{form} {key}"] = template
    return rules


def words() -> tuple[list[str], list[str]]:
    """(words that may be more than a column somewhere, names some dialect knows as functions)"""
    reserved, known = set(), {kind.value for kind in exp.DataType.Type}
    reserved |= known
    for dialect in DIALECTS:
        made = Dialect.get_or_raise(dialect)
        parser = made.parser_class
        reserved |= set(made.tokenizer_class.KEYWORDS) | set(parser.NO_PAREN_FUNCTION_PARSERS)
        reserved |= {token.name for token in parser.NO_PAREN_FUNCTIONS}
        for names in (parser.FUNCTIONS, parser.FUNCTION_PARSERS, exp.FUNCTION_BY_NAME,
                      getattr(parser, "AGG_FUNCTIONS", ())):
            known |= {str(name) for name in names}
    reserved, known = ({w.upper() for w in names if re.fullmatch(r"[A-Za-z_]\w*", w)}
                       for names in (reserved, known | reserved))
    return sorted(w for w in reserved if not is_plain(w)), sorted(known)


# Where a word may stand; `zz` takes its place in the text it is compared with.
PLACES = ("{}", "(a, {})", "({}, a)", "{} = 1", "a = {}", "{} + 1", "1 - {}", "ABS({})", "{} AS q", "a AS {}",
          "NOT {}", "{} IN (1)", "{} IS NULL", "-{}", "{} || 'x'", "({} = 1, b = 2)", "(b = 2, {} = (c = 1))",
          "{} < 3 AND {} > 1", "{} OR a", "a.{}", "{}.a", "COALESCE({}, a)", "{} LIKE 'x'")


def is_plain(word: str) -> bool:
    """Whether every dialect reads the word as an identifier wherever one may stand."""
    for dialect in DIALECTS:
        for place in PLACES:
            for spelled in (word, word.lower()):
                if read(place.replace("{}", spelled), dialect) != read(place.replace("{}", "zz"), dialect).replace(
                        "zz", spelled):
                    return False
    return True


def read(text: str, dialect: str) -> str:
    try:
        return gen(parse_one(text, dialect=dialect or None))
    except (SqlglotError, ValueError, AttributeError, TypeError):
        return ""


def wrap(words: Sequence[str], indent: str = "     ") -> str:
    lines, line = [], ""
    for word in words:
        if line and len(line) + len(word) > 90:
            lines.append(line)
            line = ""
        line += word + "|"
    return "\n".join(f'{indent}"{each}"' for each in [*lines, line])


def show(rules: dict[str, str]) -> list[str]:
    return [key if not value else f"{key}={value}" for key, value in sorted(rules.items())]


def generate() -> None:
    reserved, known = words()
    print("// SPDX-License-Identifier: Apache-2.0\n//")
    print("// Generated by tests/compat/expressions_proof.py; do not edit. "
          "rules.cc explains the encoding; `--check` proves it again.")
    print("// clang-format off")
    base = {}
    print("const DialectCalls kDialectCalls[] = {")
    for dialect in DIALECTS:
        rules = {**functions(dialect), **casts(dialect)}
        if not dialect:
            base = own = rules
        else:
            own = {k: v for k, v in rules.items() if base.get(k) != v}
            own.update({k: "!" for k in base if k not in rules})
        print(f'    {{"{dialect}",')
        print(wrap(show(own)) + "},")
    print("};")
    print("const char kReservedWords[] =")
    print(wrap(reserved, "    ") + ";")
    print("const char kKnownFunctions[] =")
    print(wrap(known, "    ") + ";")


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--check":
        import contextlib
        import io

        with contextlib.redirect_stdout(io.StringIO()) as made:
            generate()
        sys.exit(0 if made.getvalue() == pathlib.Path(sys.argv[2]).read_text(encoding="utf8") else 1)
    generate()
