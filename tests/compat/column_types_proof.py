# SPDX-License-Identifier: Apache-2.0
"""Proves how SQLMesh respells column types and names when it reads a model from its state.

Runs SQLMesh's own validator over the common simple types in every dialect and prints
server/sqlmesh/records/column_types_table.inc. A rule is kept only where every sampled length,
precision and scale gives the same pattern; everything else stays unproven.

    python tests/compat/column_types_proof.py > server/sqlmesh/records/column_types_table.inc
    python tests/compat/column_types_proof.py --check server/sqlmesh/records/column_types_table.inc
"""

from __future__ import annotations

import logging
import pathlib
import re
import sys
import types
from collections.abc import Iterable, Iterator, Sequence

from sqlglot import Dialect, exp
from sqlmesh.core.model.meta import ModelMeta
from sqlmesh.utils.pydantic import _expression_encoder

logging.disable(logging.WARNING)

# Without a dialect SQLMesh keeps the text as it is; that needs no table.
DIALECTS = [
    "athena", "bigquery", "clickhouse", "databricks", "duckdb", "fabric", "hive",
    "mysql", "postgres", "presto", "redshift", "risingwave", "snowflake",
    "spark", "starrocks", "trino", "tsql",
]
NAMES = [*"""
INT INTEGER INT2 INT4 INT8 INT16 INT32 INT64 INT128 UINT8 UINT16 UINT32 UINT64 BIGINT SMALLINT TINYINT
MEDIUMINT HUGEINT UBIGINT UINTEGER USMALLINT UTINYINT LARGEINT BYTEINT FLOAT FLOAT4 FLOAT8
FLOAT32 FLOAT64 REAL DOUBLE DECIMAL NUMERIC NUMBER DEC BIGNUMERIC BIGDECIMAL MONEY DECFLOAT BOOLEAN
BOOL BIT TEXT STRING VARCHAR CHAR NCHAR NVARCHAR VARCHAR2 NVARCHAR2 BPCHAR CHARACTER LONGTEXT
MEDIUMTEXT TINYTEXT NTEXT CLOB NAME BYTES BYTEA BLOB BINARY VARBINARY DATE DATETIME
DATETIME2 DATETIME64 SMALLDATETIME TIMESTAMP TIMESTAMPTZ TIMESTAMPLTZ TIMESTAMPNTZ TIMESTAMP_TZ
TIMESTAMP_LTZ TIMESTAMP_NTZ DATETIMEOFFSET TIMESTAMP_S TIMESTAMP_MS TIMESTAMP_NS TIME TIMETZ YEAR
INTERVAL JSON JSONB UUID UNIQUEIDENTIFIER VARIANT OBJECT SUPER GEOGRAPHY GEOMETRY INET
XML RAW HLL
""".split(),
    "DOUBLE PRECISION", "CHARACTER VARYING", "TIMESTAMP WITH TIME ZONE",
    "TIMESTAMP WITHOUT TIME ZONE", "TIMESTAMP WITH LOCAL TIME ZONE", "TIME WITH TIME ZONE",
    "TIME WITHOUT TIME ZONE", "INT UNSIGNED", "BIGINT UNSIGNED", "LONG",
]
ONE_NUMBER = set("""VARCHAR CHAR NCHAR NVARCHAR VARCHAR2 NVARCHAR2 BPCHAR CHARACTER STRING TEXT
BYTES BINARY VARBINARY RAW FLOAT INT BIGINT SMALLINT TINYINT INTEGER BIT TIMESTAMP TIMESTAMPTZ TIMESTAMPLTZ
TIMESTAMPNTZ TIMESTAMP_TZ TIMESTAMP_LTZ TIMESTAMP_NTZ DATETIME DATETIME2 DATETIME64 DATETIMEOFFSET TIME
DECIMAL NUMERIC NUMBER DEC BIGNUMERIC BIGDECIMAL""".split()) | {"CHARACTER VARYING"}
TWO_NUMBERS = {"DECIMAL", "NUMERIC", "NUMBER", "DEC", "BIGNUMERIC", "BIGDECIMAL"}
WITH_ZONE = ["TIMESTAMP(#) WITH TIME ZONE", "TIMESTAMP(#) WITHOUT TIME ZONE"]
ONE = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 16, 18, 19, 20, 24, 25, 32, 36, 38, 39, 50, 53, 54,
       64, 65, 76, 77, 100, 128, 200, 255, 256, 500, 512, 1000, 1024, 2000, 2048, 4000, 8000, 8001,
       10000, 16383, 32767, 65533, 65535, 65536, 1048576, 16777216]
TWO = [(p, s) for p in (1, 2, 5, 9, 10, 12, 15, 18, 19, 20, 29, 30, 38, 39, 50, 65, 76, 77)
       for s in (0, 1, 2, 3, 4, 6, 8, 9, 10, 12, 18, 20, 30, 37, 38) if s <= p]
NESTED = ["*[]", "ARRAY<*>", "ARRAY(*)", "NULLABLE(*)"]
# Structures: x is a field's name, * its type.
STRUCTS = ["STRUCT(x *)", "STRUCT<x *>", "STRUCT<x: *>", "ROW(x *)", "OBJECT(x *)", "TUPLE(x *)"]
# Dialects that have structures; the others reserve many words.
STRUCT_DIALECTS = {"athena", "bigquery", "clickhouse", "databricks", "duckdb", "hive", "presto",
                   "risingwave", "snowflake", "spark", "starrocks", "trino"}
MAPS = ["MAP(*,*)", "MAP<*,*>"]
SAFE_NAMES = ["abc", "Abc", "ABC", "_X", "order", "Order", "SELECT", "a1", "Date", "ID", "timestamp",
              "Group", "value", "End"]
UNSAFE_NAMES = ["A b", "A-B", "A.B", "Total Sum", "x Y z"]


def respell(dialect: str, column: str, text: str) -> tuple[str, str] | None:
    """(column, type) as they are exported after one trip through the stored JSON, or None."""
    info = types.SimpleNamespace(data={"dialect": dialect}, field_name="columns_to_types_")
    try:
        result = ModelMeta._columns_validator({column: text}, info)
        [(name, data_type)] = result.items()
        return name, _expression_encoder(data_type)
    except Exception:
        return None


def pattern(dialect: str, key: str, samples: Sequence[tuple[int, ...]]) -> str | None:
    """The one pattern ($1, $2 for the numbers) that every sample gives, or None."""
    found = None
    variants = [key, key.lower(), key.title(), key.replace(",", ", "), key.replace("(", " ( ")]
    # Types of the user keep their case and spaces: no rule for those.
    for text, numbers in [(key, n) for n in samples] + [(v, samples[-1]) for v in variants]:
        for number in numbers:
            text = text.replace("#", str(number), 1)
        result = respell(dialect, "c", text)
        if result is None:
            return None
        out = result[1]
        # The numbers must come back as they are, so replace them in order.
        for position, number in enumerate(numbers, 1):
            out = re.sub(rf"(?<![\w$]){number}(?!\w)", f"${position}", out, count=1)
        if numbers and re.search(r"(?<!\$)\b\d+\b", out):
            return None  # next to a number of the dialect's own: not proven
        if found is None:
            found = out
        elif found != out:
            return None
    return found


def simple_rules(dialect: str) -> dict[str, str]:
    rules = {}
    for name in NAMES:
        for key, samples in ((name, [()]), (f"{name}(#)", [(n,) for n in ONE]),
                             (f"{name}(#,#)", TWO)):
            if ("#" in key and name not in ONE_NUMBER) or (",#" in key and name not in TWO_NUMBERS):
                continue
            found = pattern(dialect, key, samples)
            if found is not None:
                rules[key] = found
    for key in WITH_ZONE:
        found = pattern(dialect, key, [(n,) for n in range(10)])
        if found is not None:
            rules[key] = found
    return rules


def instantiate(text: str) -> str:
    return re.sub(r"\$\d", "7", text.replace("#,#", "7, 7").replace("#", "7"))


def nested_rules(dialect: str, simple: dict[str, str]) -> dict[str, str]:
    """Rules of types made of one other; "!" marks the elements that do not follow them."""
    rules = {}
    for shape in NESTED:
        date = simple.get("DATE")
        first = respell(dialect, "c", shape.replace("*", "DATE"))
        if not first or not date or date not in first[1]:
            continue
        found = first[1].replace(date, "*", 1)
        # Two levels must compose as well.
        deep = respell(dialect, "c", shape.replace("*", shape.replace("*", "DATE")))
        if not deep or deep[1] != found.replace("*", found.replace("*", date)):
            continue
        exceptions = {}
        for key, value in simple.items():
            result = respell(dialect, "c", shape.replace("*", instantiate(key)))
            if result is None or result[1] != found.replace("*", instantiate(value)):
                nested = shape.replace("*", key)
                samples = [(10, 2), (38, 9)] if ",#" in key else [(1,), (40,)] if "#" in key else [()]
                exceptions[nested] = "!" + (pattern(dialect, nested, samples) or "?")
        if len(exceptions) < 16:
            rules[shape] = found
            rules.update(exceptions)
    return rules


def parts(shape: str) -> tuple[str, str, str]:
    """What stands before, between and behind a field's name and type."""
    before, rest = re.split(r"(?<=[(<])x", shape, maxsplit=1)
    between, behind = rest.split("*")
    return before, between, behind


def structure(shape: str, fields: Iterable[tuple[str, str]]) -> str:
    before, between, behind = parts(shape)
    return before + ", ".join(f"{name}{between}{type_}" for name, type_ in fields) + behind


def struct_rules(dialect: str, simple: dict[str, str]) -> dict[str, str]:
    rules = {}
    for shape in STRUCTS if dialect in STRUCT_DIALECTS else ():
        first = respell(dialect, "c", structure(shape, [("aa", "DATE"), ("Bb_2", "DATE")]))
        date = simple.get("DATE")
        found = first and re.fullmatch(rf"(\w+[(<])aa(:? ){date}, Bb_2\2{date}([)>])", first[1])
        if not found or date is None:
            continue
        pattern_ = f"{found[1]}x{found[2]}*{found[3]}"
        pairs = [[("c", instantiate(k)), ("D1", "DATE"), ("e", instantiate(k))] for k in simple]
        wants = [[("c", instantiate(v)), ("D1", date), ("e", instantiate(v))]
                 for v in simple.values()]
        pairs.append([("a", structure(shape, [("b", "DATE"), ("c", "DATE")]))])
        wants.append([("a", structure(pattern_, [("b", date), ("c", date)]))])
        # The word in lower case as well.
        lower = shape[: shape.index("x")].lower() + shape[shape.index("x"):]
        if all((respell(dialect, "c", structure(spelling, p)) or ("", ""))[1]
               == structure(pattern_, w)
               for p, w in zip(pairs, wants) for spelling in (shape, lower)):
            rules[shape] = pattern_
    return rules


def map_rules(dialect: str, simple: dict[str, str]) -> dict[str, str]:
    rules = {}
    for shape in MAPS if dialect in STRUCT_DIALECTS else ():
        date = simple.get("DATE")
        found = re.fullmatch(rf"(\w+[(<]){date}, {date}([)>])",
                             (respell(dialect, "c", shape.replace("*", "DATE")) or ("", ""))[1])
        if not found:
            continue
        proven = all(
            (respell(dialect, "c", shape.replace("*", instantiate(k))) or ("", ""))[1]
            == f"{found[1]}{instantiate(v)}, {instantiate(v)}{found[2]}"
            for k, v in simple.items())
        if proven:
            rules[shape] = f"{found[1]}*, *{found[2]}"
    return rules


def reserved_names(rules_of: dict[str, dict[str, str]]) -> list[str]:
    """Words that cannot be names of fields in one dialect or another."""
    words = {k.lower() for d in DIALECTS for k in Dialect.get_or_raise(d).tokenizer_class.KEYWORDS
             if re.fullmatch(r"[A-Za-z_]\w*", k)}
    reserved = set()
    for dialect, rules in rules_of.items():
        for shape in STRUCTS:
            for word in words if shape in rules else ():
                fields = [(word, "DATE"), ("b", "DATE")]
                want = structure(rules[shape], [(n, rules["DATE"]) for n, _ in fields])
                if (respell(dialect, "c", structure(shape, fields)) or ("", ""))[1] != want:
                    reserved.add(word)
    return sorted(reserved)


def case_rule(dialect: str, names: Iterable[str]) -> str:
    """l (lower), u (upper) or n (unchanged) when all names agree, else x."""
    results = {name: respell(dialect, name, "INT") for name in names}
    for letter, change in (("l", str.lower), ("u", str.upper), ("n", str)):
        if all(r is not None and r[0] == change(n) for n, r in results.items()):
            return letter
    return "x"


def kind_type_differs(dialect: str, rules: dict[str, str]) -> Iterator[str]:
    """Types of kind.time_data_type that would be respelled in another way than columns are."""
    for key in ("TIMESTAMP", "DATE", "DATETIME", "TIMESTAMPTZ", "TEXT", "INT", "BIGINT"):
        try:
            data_type = exp.DataType.build(key, dialect=dialect)
            data_type.meta.pop("sql", None)
            if key in rules and data_type.sql(dialect=dialect) != rules[key]:
                yield f"{key}: {data_type.sql(dialect=dialect)} not {rules[key]}"
        except Exception:
            continue


def quote(dialect: str) -> str:
    return exp.to_identifier("a", quoted=True).sql(dialect=dialect)[0]


def wrap(rules: dict[str, str]) -> list[str]:
    words = [key if value == key.replace("#,#", "$1, $2").replace("#", "$1") else f"{key}={value}"
             for key, value in sorted(rules.items())]
    lines, line = [], ""
    for word in words:
        if len(line) + len(word) > 92:
            lines.append(line)
            line = ""
        line += word + "|"
    return [*lines, line]


def generate() -> None:
    print("// SPDX-License-Identifier: Apache-2.0\n//")
    print("// Generated by tests/compat/column_types_proof.py; do not edit. column_types.cc explains the encoding.")
    print("// clang-format off")
    print("const DialectTypes kDialectTypes[] = {")
    rules_of = {}
    for dialect in DIALECTS:
        simple = simple_rules(dialect)
        rules = {**simple, **nested_rules(dialect, simple), **struct_rules(dialect, simple),
                 **map_rules(dialect, simple)}
        rules_of[dialect] = rules
        for difference in kind_type_differs(dialect, rules):
            print(f"{dialect or 'none'}: time_data_type {difference}", file=sys.stderr)
        print(f'    {{"{dialect}",')
        lines = wrap(rules)
        for number, line in enumerate(lines):
            print(f'     "{line}"' + ("}," if number == len(lines) - 1 else ""))
    print("};")
    print("const char kReservedFieldNames[] =")
    lines = wrap({word: word for word in reserved_names(rules_of)})
    for number, line in enumerate(lines):
        print(f'    "{line}"' + (";" if number == len(lines) - 1 else ""))


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--check":
        import contextlib
        import io

        with contextlib.redirect_stdout(io.StringIO()) as text:
            generate()
        sys.exit(0 if text.getvalue() == pathlib.Path(sys.argv[2]).read_text(encoding="utf8") else 1)
    generate()
