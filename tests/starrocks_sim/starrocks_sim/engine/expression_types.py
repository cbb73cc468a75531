# SPDX-License-Identifier: Apache-2.0
"""Types of literals, operators and functions, as far as the engine's rules are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model.types import BIGINT, BOOLEAN, DATE, DATETIME, DOUBLE, INT, INTEGERS, JSON, NULL_TYPE, VARCHAR, SqlType

if TYPE_CHECKING:
    from ..parser.stream import Node


def literal_type(node: Node) -> SqlType:
    if node.type == "int":
        for name, bits in (("TINYINT", 7), ("SMALLINT", 15), ("INT", 31), ("BIGINT", 63)):
            if -(1 << bits) <= node.value < (1 << bits):
                return SqlType(name)
        return SqlType("LARGEINT")
    if node.type == "decimal":
        digits = node.text.lstrip("-").replace(".", "").lstrip("0") or "0"
        scale = len(node.text.split(".")[1]) if "." in node.text else 0
        return SqlType("DECIMAL", max(len(digits), scale), scale)
    return {"string": VARCHAR, "float": DOUBLE, "bool": BOOLEAN, "null": NULL_TYPE, "date": DATE,
            "datetime": DATETIME, "timestamp": DATETIME}[node.type]


def wider(kind: SqlType) -> SqlType:
    order = list(INTEGERS)
    return SqlType(order[min(order.index(kind.name) + 1, 4)])


def common(kinds: list[SqlType]) -> SqlType:
    """The type that holds all of them."""
    kinds = [k for k in kinds if k.name != "NULL_TYPE"]
    if not kinds:
        return NULL_TYPE
    first = kinds[0]
    if all(k == first for k in kinds):
        return first
    if all(k.is_integer or k.name == "BOOLEAN" for k in kinds):
        return SqlType(max((k.name for k in kinds if k.is_integer), key=INTEGERS.index))
    if all(k.is_numeric for k in kinds):
        if any(k.name in ("FLOAT", "DOUBLE") for k in kinds):
            return DOUBLE
        scale = max((k.scale or 0) for k in kinds)
        return SqlType("DECIMAL", 38, scale)
    if all(k.is_date for k in kinds):
        return DATETIME
    if all(k.is_string for k in kinds):
        return VARCHAR
    return VARCHAR


def arithmetic(op: str, left: SqlType, right: SqlType) -> SqlType:
    if op in ("&", "|", "^", "<<", ">>"):
        return common([left, right])
    if op == "/":
        return SqlType("DECIMAL", 38, 8) if "DECIMAL" in (left.name, right.name) else DOUBLE
    if "DECIMAL" in (left.name, right.name) and not {"DOUBLE", "FLOAT"} & {left.name, right.name}:
        ls, rs = left.scale or 0, right.scale or 0
        scale = ls + rs if op == "*" else max(ls, rs)
        return SqlType("DECIMAL", 38, scale)
    if left.is_integer and right.is_integer:
        both = max(left.name, right.name, key=INTEGERS.index)
        if op in ("%", "DIV"):
            return SqlType(both)
        return SqlType("BIGINT" if both in ("INT", "BIGINT") else
                       {"TINYINT": "SMALLINT", "SMALLINT": "INT"}.get(both, both))
    if op == "DIV":
        return BIGINT
    return DOUBLE


def function_type(name: str, kinds: list[SqlType]) -> SqlType:
    """The result type of a function over argument types."""
    first = kinds[0] if kinds else NULL_TYPE
    if name in ("count", "ndv", "approx_count_distinct", "bitmap_union_count", "row_number", "rank", "dense_rank",
                "ntile", "bitmap_count", "hll_union_agg", "unix_timestamp", "to_days", "hll_cardinality",
                "bitmap_to_string_count", "murmur_hash3_64", "crc32", "count_if", "multi_distinct_count"):
        return BIGINT
    if name == "sum":
        if first.name == "DECIMAL":
            return SqlType("DECIMAL", 38, first.scale)
        if first.name == "LARGEINT":
            return first
        return BIGINT if first.is_integer or first.name == "BOOLEAN" else DOUBLE
    if name == "avg":
        return SqlType("DECIMAL", 38, max(6, (first.scale or 0) + 6)) if first.name == "DECIMAL" else DOUBLE
    if name in ("min", "max", "any_value", "first_value", "last_value", "lag", "lead", "abs", "nullif"):
        return first
    if name in ("coalesce", "ifnull", "nvl", "greatest", "least"):
        return common(kinds)
    if name == "if":
        return common(kinds[1:])
    if name in ("now", "current_timestamp", "localtime", "localtimestamp", "utc_timestamp", "date_add", "date_sub",
                "adddate", "subdate", "days_add", "days_sub", "hours_add", "months_add", "str_to_date", "timestamp",
                "time_slice", "date_slice", "convert_tz", "timestampadd", "minutes_add", "seconds_add"):
        return DATETIME
    if name == "date_trunc":
        return kinds[1] if len(kinds) > 1 else DATETIME
    if name in ("date", "current_date", "curdate", "to_date", "str2date", "last_day", "makedate"):
        return DATE
    if name in ("year",):
        return SqlType("SMALLINT")
    if name in ("month", "day", "hour", "minute", "second", "quarter", "dayofmonth"):
        return SqlType("TINYINT")
    if name in ("dayofweek", "dayofyear", "week", "weekofyear", "datediff", "length", "char_length", "locate", "instr",
                "ascii", "array_length", "cardinality", "map_size", "json_length", "find_in_set", "size"):
        return INT
    if name in ("to_bitmap", "bitmap_union", "bitmap_agg", "bitmap_hash", "bitmap_and", "bitmap_or", "bitmap_empty"):
        return SqlType("BITMAP")
    if name in ("hll_hash", "hll_union", "hll_raw_agg", "hll_empty"):
        return SqlType("HLL")
    if name in ("percentile_hash", "percentile_union"):
        return SqlType("PERCENTILE")
    if name in ("array_agg", "array_agg_distinct"):
        return SqlType("ARRAY", fields=[first])
    if name in ("row", "struct"):
        return SqlType("STRUCT", fields=[(f"col{i + 1}", k) for i, k in enumerate(kinds)])
    if name in ("floor", "ceil", "ceiling", "sign") and first.name != "DECIMAL":
        return BIGINT if name != "sign" else DOUBLE
    if name in ("parse_json", "json_query", "json_object", "json_array", "get_json_object_json", "to_json"):
        return JSON
    if name in ("get_json_int", "timestampdiff", "months_diff", "days_diff", "hours_diff", "seconds_diff"):
        return BIGINT
    if name in ("get_json_double", "round", "sqrt", "pow", "power", "exp", "ln", "log", "log10", "percentile_approx",
                "stddev", "std", "variance", "rand", "random", "var_samp", "stddev_samp", "truncate"):
        return SqlType("DECIMAL", 38, first.scale) if name in ("round", "truncate") and first.name == "DECIMAL" \
            else DOUBLE
    if name in ("json_exists", "starts_with", "ends_with", "array_contains", "isnull", "isnotnull", "bool_or"):
        return BOOLEAN
    return VARCHAR
