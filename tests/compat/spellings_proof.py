# SPDX-License-Identifier: Apache-2.0
"""Proves how each release of SQLMesh spells the column types and the field expressions that it loads from a state.

Proves the rules of the newest release, tries them under every other release below, each of which has another sqlglot,
proves those anew that differ there, and prints server/sqlmesh/records/spellings_table.inc. A rule is kept only where
every sampled argument goes through it.

    python tests/compat/spellings_proof.py > server/sqlmesh/records/spellings_table.inc
    python tests/compat/spellings_proof.py --check server/sqlmesh/records/spellings_table.inc
"""

from __future__ import annotations

import functools
import importlib.metadata
import itertools
import json
import logging
import pathlib
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from typing import Any

# The newest first: each of the others holds what differs from its predecessor.
RELEASES = ["0.236.4", "0.232.0", "0.231.1", "0.213.0", "0.200.0", "0.190.0", "0.176.0", "0.171.0"]

RECORDS = pathlib.Path(__file__).resolve().parents[2] / "server" / "sqlmesh" / "records"

UNITS = "YEAR QUARTER MONTH WEEK DAY HOUR MINUTE".split()
# The forms of calls: c is a column or another expression, n an integer, other words stand as they are. A rule that
# does not hold for every expression has k instead of c: a column.
CALLS = [
    *(f"{name}(c)" for name in """
        ABS CEIL DATE DATETIME DAY DAYOFMONTH DAYOFWEEK DAYOFYEAR DAYS FLOOR HASH HOUR HOURS LAST_DAY LENGTH LOWER MD5
        MINUTE MONTH MONTHS QUARTER ROUND TIMESTAMP TO_DATE TO_TIMESTAMP TRIM TRUNC UPPER WEEK WEEKOFYEAR XXHASH64
        YEAR YEARS""".split()),
    # TRUNCATE has another meaning in partitioned_by than elsewhere.
    "BUCKET(n,c)",
    *(f"{name}(c,n)" for name in "BUCKET LEFT MOD RIGHT SUBSTR SUBSTRING TRUNC".split()),
    *(f"{name}(c,n,n)" for name in ("SUBSTR", "SUBSTRING")),
    *(f"{name}(c,c)" for name in ("COALESCE", "CONCAT", "MOD")),
    *(f"COALESCE(c,{literal})" for literal in ("''", "0")),
    *(f"DATE_TRUNC('{unit}',c)" for unit in UNITS),
    *(f"{name}(c,{unit})" for name, unit in itertools.product(
        ("DATE_TRUNC", "DATETIME_TRUNC", "TIMESTAMP_TRUNC"), UNITS)),
    *(f"TRUNC(c,'{unit}')" for unit in ("YEAR", "MONTH", "MM", "DAY", "DD")),
]
CLICKHOUSE = [f"{name}(c)" for name in """
    cityHash64 intHash32 intHash64 sipHash64 toDate toDateTime toDayOfMonth toDayOfWeek toHour toISOYear toMonday
    toMonth toStartOfDay toStartOfHour toStartOfMonth toStartOfQuarter toStartOfWeek toStartOfYear toYear toYearWeek
    toYYYYMM toYYYYMMDD""".split()]
# These keep the case of a function's name, at least of one that they do not know.
KEEP_CASE = ("bigquery", "clickhouse")
TYPES = "INT INTEGER BIGINT DOUBLE DECIMAL(#,#) TEXT STRING VARCHAR VARCHAR(#) DATE DATETIME TIMESTAMP".split()
CASTS = [f"{form} {type_}" for form in ("CAST", "::") for type_ in TYPES]
OPERATORS = ["%", "+", "-", "*", "/", "||"]
# An expression of each sort; zq... are columns.
SAMPLES = ["(zqa)", "CAST(zqa AS DATE)"]
SORTS = ("c", "k", "n")
COLUMNS = ["zqm", "zqn", "zqo"]
NUMBERS = [1, 16]
# Types whose compounds are tried in older releases.
ELEMENTS = ["DATE", "INT", "BIGINT", "DOUBLE", "DECIMAL", "DECIMAL(#,#)", "TEXT", "VARCHAR", "VARCHAR(#)", "TIMESTAMP",
            "TIMESTAMPTZ", "BOOLEAN"]


@functools.cache
def respell(text: str, dialect: str) -> str | None:
    """The text after one trip through SQLMesh's validator of fields, or None: not in this dialect."""
    from sqlmesh.utils.pydantic import _expression_encoder, _get_field

    try:
        made = _get_field(text, {"dialect": dialect})
        return str(_expression_encoder(made))
    except Exception:
        return None


def fill(template: str, arguments: Sequence[str]) -> str:
    return re.sub(r"\$(\d)", lambda m: arguments[int(m[1]) - 1], template)


def template_of(make: Any, shape: str, dialect: str) -> str | None:
    """The one template for `make(arguments)`; `shape` has c, k or n for each argument."""
    start = [COLUMNS[i] if sort in "ck" else "77" for i, sort in enumerate(shape)]
    template = respell(make(start), dialect)
    if template is None:
        return None
    for position, (sort, text) in enumerate(zip(shape, start), 1):
        spelled = respell(text, dialect) if sort in "ck" else text
        if spelled is None or template.count(spelled) != 1:
            return None
        template = template.replace(spelled, f"${position}")
    if not template.isprintable() or re.search(r'[|="\\`\[]', template):
        return None
    for position, sort in enumerate(shape):
        for sample in {"c": SAMPLES, "k": SAMPLES[:1], "n": [str(number) for number in NUMBERS]}[sort]:
            arguments = [*start[:position], sample, *start[position + 1:]]
            written = [respell(each, dialect) if kind in "ck" else each for kind, each in zip(shape, arguments)]
            known = [each for each in written if each is not None]
            if len(known) < len(written) or respell(make(arguments), dialect) != fill(template, known):
                return None
    return template


def call_rules(dialect: str) -> dict[str, str]:
    """By the form of the call; its name is in capitals where its case does not matter."""
    rules = {}
    for form in [*CALLS, *(CLICKHOUSE if dialect == "clickhouse" else [])]:
        name, _, inside = form[:-1].partition("(")
        parts = inside.split(",")
        exact = call_rule(name, parts, dialect)
        if exact is None:
            parts = ["k" if part == "c" else part for part in parts]
            exact = call_rule(name, parts, dialect)
        lower = call_rule(name.lower(), parts, dialect) if exact is not None else None
        if dialect in KEEP_CASE:
            made = ((name, exact), (name.lower(), lower))
            rules.update({f"{spelled}({','.join(parts)})": found for spelled, found in made if found is not None})
        elif exact is not None and exact == lower:
            rules[f"{name}({','.join(parts)})"] = exact
    return rules


def call_rule(name: str, parts: Sequence[str], dialect: str) -> str | None:
    if list(parts).count("n") > 1:
        return two_numbers(name, dialect)
    shape = "".join(part for part in parts if part in SORTS)

    def make(arguments: Sequence[str], parts: Sequence[str]) -> str:
        given = iter(arguments)
        return f"{name}({', '.join(next(given) if part in SORTS else part for part in parts)})"

    found = template_of(functools.partial(make, parts=parts), shape, dialect)
    # The case of a literal and of a unit does not matter, or there is no rule.
    lowered = [part if part in SORTS else part.lower() for part in parts]
    if found is None or lowered == parts:
        return found
    same = template_of(functools.partial(make, parts=lowered), shape, dialect) == found
    return found if same else None


def two_numbers(name: str, dialect: str) -> str | None:
    found = set()
    for first, second in ((1, 4), (2, 7), (5, 10)):
        template = template_of(lambda a, f=first, s=second: f"{name}({a[0]}, {f}, {s})", "c", dialect)
        found.add(template and template.replace(f", {first}, {second})", ", $2, $3)"))
    return found.pop() if len(found) == 1 else None


def cast_rules(dialect: str) -> dict[str, str]:
    found = {key: cast_rule(dialect, key) for key in CASTS}
    return {key: template for key, template in found.items() if template is not None}


def cast_rule(dialect: str, key: str) -> str | None:
    form, _, type_ = key.partition(" ")
    made = set()
    for spelling in (type_, type_.lower()):
        for numbers in [(38, 10), (12, 4)] if "#" in type_ else [()]:
            text = spelling
            for number in numbers[:type_.count("#")]:
                text = text.replace("#", str(number), 1)
            whole = "{} :: " + text if form == "::" else f"{form}({{}} AS {text})"
            found = template_of(lambda a, w=whole: w.format(a[0]), "c", dialect)
            for position, number in enumerate(numbers[:type_.count("#")], 2):
                found = found and re.sub(rf"(?<!\$)\b{number}\b", f"${position}", found, count=1)
            made.add(found)
    template = made.pop() if len(made) == 1 else None
    return None if template is None or re.search(r"(?<!\$)\b\d+\b", template) else template


def operator_rules(dialect: str) -> dict[str, str]:
    """Operators that are written as they stand, with one space on each side."""
    rules = {}
    for sign in OPERATORS:
        plain = all(
            template_of(make, "cc", dialect) == f"$1 {sign} $2" for make in (lambda a, s=sign: f"{a[0]} {s} {a[1]}",
                                                                            lambda a, s=sign: f"{a[0]}{s}{a[1]}"))
        plain = plain and template_of(lambda a, s=sign: f"{a[0]} {s} {a[1]}", "cn", dialect) == f"$1 {sign} $2"
        chain = f"zqa {sign} zqb {sign} zqc"
        if plain and respell(chain, dialect) == f" {sign} ".join(str(respell(c, dialect)) for c in
                                                                ("zqa", "zqb", "zqc")):
            rules["CONCAT" if sign == "||" else sign] = ""
    return rules


def identifiers(dialect: str) -> str:
    """Each quote that the dialect reads, with what becomes of a quoted name: l lower case, u upper case, n as is."""
    found = ""
    for quote, close in (('"', '"'), ("`", "`"), ("[", "]")):
        results = {}
        for name in ("Abc", "abc", "ABC", "A b", "A-b", "_X1", "SELECT", "order"):
            results[name] = respell(quote + name + close, dialect)
        own = respell("zq", dialect) or ""
        for letter, change in (("l", str.lower), ("u", str.upper), ("n", str)):
            if own and all(result == own[0] + change(name) + own[-1] for name, result in results.items()):
                found += quote + letter
                break
    return found


def not_plain(dialects: Iterable[str]) -> list[str]:
    """Words that are not simply the name of a column, or of a function, in some dialect."""
    from sqlglot import Dialect, exp

    words = {kind.value for kind in exp.DataType.Type}
    for dialect in dialects:
        made = Dialect.get_or_raise(dialect)
        words |= {str(word) for word in made.tokenizer_class.KEYWORDS}
        words |= {str(word) for word in made.parser_class.NO_PAREN_FUNCTION_PARSERS}
        words |= {token.name for token in made.parser_class.NO_PAREN_FUNCTIONS}
    words = {word.upper() for word in words if re.fullmatch(r"[A-Za-z_]\w*", word)}
    found = set()
    for word, dialect in itertools.product(words, dialects):
        if word in found:
            continue
        if respell(f"({word.lower()})", dialect) != swap(respell("(zz)", dialect), word, dialect):
            found.add(word)
    return sorted(found)


def swap(text: str | None, word: str, dialect: str) -> str | None:
    name = (respell("zz", dialect) or "")[1:-1]
    return text and text.replace(name, word.upper() if name.isupper() else word.lower())


def measure() -> dict[str, Any]:
    """The rules of the newest release, but for types, which column_types_table.inc holds."""
    found = properties()
    types = newest_types()
    for dialect, rules in found["dialects"].items():
        rules["types"] = types.get(dialect, {})
        rules["expressions"] = {**call_rules(dialect), **cast_rules(dialect), **operator_rules(dialect)}
    found["words"] = not_plain(found["dialects"])
    return found


def compare(newest: dict[str, Any]) -> dict[str, Any]:
    """The rules of an older release: those of the newest that hold, and those that it has in their place."""
    found = properties()
    for dialect, rules in found["dialects"].items():
        newer = newest["dialects"][dialect]
        rules["types"] = older_types(dialect, newer["types"])
        rules["expressions"] = {}
        for key, template in newer["expressions"].items():
            older = template if holds(dialect, key, template) else proven(dialect, key)
            if older is not None:
                rules["expressions"][key] = older
    return found


def properties() -> dict[str, Any]:
    """What this release's dialects do to names."""
    logging.disable(logging.CRITICAL)
    import sqlmesh.core.dialect  # noqa: F401  # the parser's extensions
    from sqlglot import Dialect

    import column_types_proof as types

    names = [name for name in ["", *types.DIALECTS] if not name or name in Dialect.classes]
    return {"sqlglot": importlib.metadata.version("sqlglot"), "dialects": {dialect: {
        "case": types.case_rule(dialect, types.SAFE_NAMES) + types.case_rule(dialect, types.UNSAFE_NAMES),
        "quote": types.quote(dialect), "identifiers": identifiers(dialect)} for dialect in names}}


def holds(dialect: str, key: str, template: str) -> bool:
    """Whether one sample of a rule of expressions gives what the template says."""
    if key in (*OPERATORS, "CONCAT"):
        sign = "||" if key == "CONCAT" else key
        key, template = "", f"$1 {sign} $2"
        text, values = f"zqa {sign} zqb", ["zqa", "zqb"]
    elif "(" in key.split(" ")[0]:
        name, _, inside = key[:-1].partition("(")
        columns = iter(("(zqa)", "zqb"))
        given = {"c": columns, "k": columns, "n": iter(("5", "7"))}
        parts = [next(given[part]) if part in given else part for part in inside.split(",")]
        text = f"{name}({', '.join(parts)})"
        values = [part for part, sort in zip(parts, inside.split(",")) if sort in given]
    else:
        form, _, type_ = key.partition(" ")
        type_ = type_.replace("#", "12", 1).replace("#", "4", 1)
        text, values = (f"zqa::{type_}" if form == "::" else f"{form}(zqa AS {type_})"), ["zqa", "12", "4"]
    spelled = [value if value.isdigit() else str(respell(value, dialect)) for value in values]
    return respell(text, dialect) == fill(template, spelled)


def proven(dialect: str, key: str) -> str | None:
    """The template of a rule of expressions in this release."""
    if key in (*OPERATORS, "CONCAT"):
        return None
    if "(" in key.split(" ")[0]:
        name, _, inside = key[:-1].partition("(")
        return call_rule(name, inside.split(","), dialect)
    return cast_rule(dialect, key)


def older_types(dialect: str, newest: dict[str, str]) -> dict[str, str]:
    """The rules of types: each of the newest is tried with one sample, and proved anew where that differs."""
    import column_types_proof as types

    rules = {}
    for key, written in newest.items():
        if "*" in key:
            continue
        pattern = written.removeprefix("!") or key.replace("#,#", "$1, $2").replace("#", "$1")
        text = key.replace("#", "6", 1).replace("#", "4", 1)
        if written == "!?" or (types.respell(dialect, "c", text) or ("", ""))[1] == fill(pattern, ["6", "4"]):
            rules[key] = written
            continue
        samples = [(10, 2), (38, 9)] if ",#" in key else [(1,), (6,)] if "#" in key else [()]
        found = types.pattern(dialect, key, samples)
        if written.startswith("!"):
            rules[key] = "!" + (found or "?")
        elif found is not None:
            rules[key] = found
    for key, written in newest.items():
        if "*" in key and all(types_compose(dialect, key, written or key, element, rules) for element in ELEMENTS):
            rules[key] = written
    return {key: "" if value == key.replace("#,#", "$1, $2").replace("#", "$1") else value
            for key, value in rules.items()}


def types_compose(dialect: str, key: str, pattern: str, element: str, rules: dict[str, str]) -> bool:
    """Whether a type made of this one follows the pattern, or needs not."""
    import column_types_proof as types

    spelled = rules.get(element)
    shape = key.replace("x", "aa", 1) if re.search(r"[(<]x", key) else key
    if spelled is None or shape.replace("*", element) in rules:
        return spelled is not None or element != "DATE"
    numbers = ["6", "4"]
    text = shape.replace("*", element.replace("#", "6", 1).replace("#", "4", 1))
    spelled = fill(spelled or element.replace("#,#", "$1, $2").replace("#", "$1"), numbers)
    want = (pattern.replace("x", "aa", 1) if shape != key else pattern).replace("*,*", "*, *").replace("*", spelled)
    return (types.respell(dialect, "c", text) or ("", ""))[1] == want


def short(key: str, template: str) -> str:
    """The template of a rule of expressions as the table writes it: empty where it repeats the key."""
    if "(" in key.split(" ")[0]:
        name, _, inside = key[:-1].partition("(")
        numbers = itertools.count(1)
        same = f"{name}({', '.join(f'${next(numbers)}' if part in SORTS else part for part in inside.split(','))})"
    else:
        type_ = key.partition(" ")[2]
        same = f"CAST($1 AS {type_.replace('#,#', '$2, $3').replace('#', '$2')})"
    return "" if template == same else template


def changes(newer: dict[str, str], older: dict[str, str]) -> str:
    """What makes the older rules of the newer, as the table writes it."""
    made = {key: value for key, value in older.items() if newer.get(key) != value}
    made.update({key: "~" for key in newer if key not in older})
    return "".join(f"{key}={value}|" if value else f"{key}|" for key, value in sorted(made.items()))


def quoted(text: str) -> str:
    """The rules as C++ strings, one below another."""
    lines = [""]
    for rule in re.findall(r"[^|]*\||[^|]+$", text):
        if lines[-1] and len(lines[-1] + rule) > 90:
            lines.append("")
        lines[-1] += rule
    return "\n     ".join('"' + re.sub(r'(["\\])', r"\\\1", line) + '"' for line in lines)


def newest_types() -> dict[str, dict[str, str]]:
    """The rules of column_types_table.inc."""
    text = (RECORDS / "column_types_table.inc").read_text(encoding="utf8")
    found = {}
    for dialect, rules in re.findall(r'\{"(\w+)",\n(.*?)\},\n', text, re.DOTALL):
        joined = "".join(re.findall(r'"(.*)"', rules))
        found[dialect] = dict(rule.partition("=")[::2] for rule in joined.split("|") if rule)
    return found


def generate(measured: list[dict[str, Any]]) -> str:
    """The table of what `measure` found, the newest first."""
    text = ("// SPDX-License-Identifier: Apache-2.0\n//\n"
            "// Generated by tests/compat/spellings_proof.py; do not edit. spellings.cc explains the encoding.\n"
            "// clang-format off\nconst MeasuredDialect kMeasuredDialects[] = {\n")
    types = newest_types()
    for dialect in measured[0]["dialects"]:
        newer = {"types": types.get(dialect, {}), "expressions": {}}
        for release in measured:
            older = release["dialects"].get(dialect)
            if older is None:
                continue
            expressions = {key: short(key, template) for key, template in older["expressions"].items()}
            major, minor = release["sqlglot"].split(".")[:2]
            own = [quoted(older[name]) for name in ("case", "quote", "identifiers")]
            text += (f'    {{"{dialect}", {int(major) * 100 + int(minor)}, {", ".join(own)},\n'
                     f'     {quoted(changes(newer["types"], older["types"]))},\n'
                     f'     {quoted(changes(newer["expressions"], expressions))}}},\n')
            newer = {"types": older["types"], "expressions": expressions}
    words = "".join(f"{word}|" for word in measured[0]["words"])
    return text + "};\nconst char kSpecialWords[] =\n     " + quoted(words) + ";\n"


def compared_by(release: str, newest: str) -> dict[str, Any]:
    """What `compare` finds under another release."""
    sys.path.insert(0, str(RECORDS.parents[2] / "tests"))
    from harness import releases

    done = subprocess.run([releases.python(release), __file__, "compare"], input=newest, capture_output=True,
                          check=True, text=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def main(arguments: list[str]) -> int:
    if arguments == ["compare"]:
        json.dump(compare(json.load(sys.stdin)), sys.stdout)
        return 0
    check = arguments[:1] == ["--check"]
    newest = measure()
    text = json.dumps(newest)
    made = generate([newest, *(compared_by(release, text) for release in RELEASES[1:])])
    if check:
        return 0 if made == pathlib.Path(arguments[1]).read_text(encoding="utf8") else 1
    print(made, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
