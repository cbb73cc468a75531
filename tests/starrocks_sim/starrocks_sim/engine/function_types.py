# SPDX-License-Identifier: Apache-2.0
"""The types of functions: what a view's columns are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model.types import DOUBLE, INTEGERS, NULL_TYPE, VARCHAR, SqlType
from ..rules import MEASURED_4_0_2, rule
from .expression_types import common

if TYPE_CHECKING:
    from collections.abc import Callable

Kinds = list[SqlType]

_BY_TYPE = {
    "BIGINT": """count ndv approx_count_distinct approx_count_distinct_hll_sketch ds_hll_count_distinct
        ds_theta_count_distinct bitmap_union_count bitmap_union_int bitmap_count hll_union_agg
        hll_cardinality multi_distinct_count count_if row_number rank dense_rank ntile
        unix_timestamp crc32 xx_hash64 xx_hash3_64 ceil ceiling dceil floor dfloor timestampdiff
        date_diff years_diff months_diff weeks_diff days_diff hours_diff minutes_diff seconds_diff
        milliseconds_diff time_to_sec strpos regexp_count inet_aton pmod
        intersect_count get_json_int connection_id bit_length grouping grouping_id""",
    "INT": """length char_length character_length instr locate position find_in_set ascii field strcmp datediff
        to_days quarter dayofweek dayofweek_iso dayofyear week weekofyear week_iso yearweek weekday
        array_length cardinality map_size size array_position json_length murmur_hash3_32 xx_hash32
        regexp_position ord""",
    "TINYINT": "month day dayofmonth hour minute second hour_from_unixtime",
    "SMALLINT": "year",
    "DATETIME": """now current_timestamp localtime localtimestamp utc_timestamp date_add date_sub adddate subdate
        years_add years_sub quarters_add quarters_sub months_add months_sub add_months weeks_add
        weeks_sub days_add days_sub hours_add hours_sub minutes_add minutes_sub seconds_add
        seconds_sub milliseconds_add milliseconds_sub microseconds_add microseconds_sub str_to_date
        timestamp timestampadd convert_tz to_datetime to_datetime_ntz str_to_jodatime
        to_tera_timestamp""",
    "DATE": "date current_date curdate to_date str2date last_day makedate from_days next_day previous_day to_tera_date",
    "TIME": "curtime current_time utc_time timediff sec_to_time",
    "DOUBLE": """sqrt dsqrt pow power dpow fpow exp dexp ln dlog1 log log2 log10 dlog10 sin cos tan cot asin acos
        atan atan2 pi e radians degrees rand random square cbrt stddev std stddev_pop stddev_samp
        variance variance_pop var_pop variance_samp var_samp percentile_approx
        percentile_approx_weighted percentile_cont corr covar_pop covar_samp get_json_double
        ngram_search percent_rank cume_dist sign cosine_similarity""",
    "BOOLEAN": """json_exists starts_with ends_with array_contains array_contains_all array_contains_seq
        arrays_overlap isnull isnotnull bool_or bool_and boolor_agg booland_agg null_or_empty
        any_match all_match bitmap_contains bitmap_has_any get_json_bool is_role_in_session
        assert_true map_contains_key""",
    "BITMAP": """to_bitmap bitmap_union bitmap_agg bitmap_hash bitmap_hash64 bitmap_and bitmap_or bitmap_xor
        bitmap_andnot bitmap_empty bitmap_from_string bitmap_intersect bitmap_remove
        bitmap_subset_in_range bitmap_subset_limit sub_bitmap array_to_bitmap base64_to_bitmap""",
    "HLL": "hll_hash hll_union hll_raw_agg hll_empty",
    "PERCENTILE": "percentile_hash percentile_union percentile_empty",
    "JSON": "parse_json json_query json_object json_array to_json json_remove json_set",
    "VARBINARY": "to_binary hex_decode_binary",
    "LARGEINT": "uuid_numeric murmur_hash3_128 xx_hash3_128 bitmap_max bitmap_min",
}
_FIXED = {name: kind for kind, names in _BY_TYPE.items() for name in names.split()}

# Of the functions that never return NULL.
NEVER_NULL = frozenset("""count count_if multi_distinct_count null_or_empty hll_hash hll_union_agg ndv
approx_count_distinct approx_top_k bitmap_union_int bitmap_union_count bitmap_count
curdate current_timestamp current_time now utc_timestamp md5_sum md5_sum_numeric""".split())


def _first(kinds: Kinds) -> SqlType:
    return kinds[0] if kinds else NULL_TYPE


def plain(kind: SqlType) -> SqlType:
    """Functions over text take and return VARCHAR of no length."""
    return VARCHAR if kind.is_string else kind


def _same(kinds: Kinds) -> SqlType:
    return plain(_first(kinds))


def _common(kinds: Kinds) -> SqlType:
    return plain(common(kinds))


def _sum(kinds: Kinds) -> SqlType:
    kind = _first(kinds)
    if kind.name == "DECIMAL":
        return SqlType("DECIMAL", 38, kind.scale)
    if kind.name == "LARGEINT":
        return kind
    return SqlType("BIGINT") if kind.is_integer or kind.name == "BOOLEAN" else DOUBLE


def _avg(kinds: Kinds) -> SqlType:
    kind = _first(kinds)
    scale = kind.scale or 0
    return SqlType("DECIMAL", 38, scale + 6 if scale <= 6 else max(12, scale)) if kind.name == "DECIMAL" else DOUBLE


def _element(kinds: Kinds) -> SqlType:
    kind = _first(kinds)
    return kind.fields[0] if kind.name == "ARRAY" else NULL_TYPE


def _array_of(kinds: Kinds) -> SqlType:
    return SqlType("ARRAY", fields=[_first(kinds)])


def _row(kinds: Kinds) -> SqlType:
    return SqlType("STRUCT", fields=[(f"col{i + 1}", k) for i, k in enumerate(kinds)])


def _absolute(kinds: Kinds) -> SqlType:
    kind = _first(kinds)
    if kind.is_integer:
        return SqlType(INTEGERS[min(INTEGERS.index(kind.name) + 1, len(INTEGERS) - 1)])
    return DOUBLE if kind.is_string else kind


def _date_or_time(kinds: Kinds) -> SqlType:
    last = kinds[-1] if kinds else NULL_TYPE
    return last if last.name == "DATE" else SqlType("DATETIME")


def _slice(kinds: Kinds) -> SqlType:
    return SqlType("DATETIME") if _first(kinds).name != "DATE" else SqlType("DATE")


_VARYING: dict[str, Callable[[Kinds], SqlType]] = {
    "sum": _sum, "multi_distinct_sum": _sum, "avg": _avg, "abs": _absolute, "date_trunc": _date_or_time,
    "array_agg": _array_of, "array_agg_distinct": _array_of, "array_unique_agg": _first, "row": _row, "struct": _row,
    "time_slice": lambda k: SqlType("DATETIME"), "date_slice": lambda k: SqlType("DATE"),
    "if": lambda k: _common(k[1:]), "nullif": _same, "mod": _common, "array_sum": lambda k: _sum([_element(k)]),
    "array_avg": lambda k: _avg([_element(k)]), "element_at": lambda k: _first(k).fields[-1] if k and k[0].fields
    else NULL_TYPE, "map_keys": lambda k: SqlType("ARRAY", fields=[_first(k).fields[0]]) if k and k[0].fields
    else NULL_TYPE, "map_values": lambda k: SqlType("ARRAY", fields=[_first(k).fields[-1]]) if k and k[0].fields
    else NULL_TYPE, "split": lambda k: SqlType("ARRAY", fields=[VARCHAR]),
    "regexp_split": lambda k: SqlType("ARRAY", fields=[VARCHAR]),
    "regexp_extract_all": lambda k: SqlType("ARRAY", fields=[VARCHAR]),
    "bitmap_to_array": lambda k: SqlType("ARRAY", fields=[SqlType("BIGINT")]),
    "json_keys": lambda k: SqlType("JSON"), "map_agg": lambda k: SqlType("MAP", fields=k[:2]),
    "array_generate": lambda k: SqlType("ARRAY", fields=[common(k)]),
    "array_concat": _first, "percentile_disc": _first, "bitnot": _first, "bitand": _common, "bitor": _common,
    "bitxor": _common, "positive": _first, "negative": _first,
    "array_max": _element, "array_min": _element,
}
for _name in ("min", "max", "any_value", "first_value", "last_value", "lag", "lead", "max_by", "min_by", "mode"):
    _VARYING[_name] = _same
for _name in ("coalesce", "ifnull", "nvl", "greatest", "least"):
    _VARYING[_name] = _common
for _name in ("array_filter", "array_sort", "array_distinct", "reverse", "array_slice", "array_remove", "array_append",
              "array_intersect", "array_sortby", "array_cum_sum", "array_difference", "array_top_n", "map_filter",
              "array_shuffle", "array_repeat", "map_concat"):
    _VARYING[_name] = _first


@rule(MEASURED_4_0_2, "the type of a function over types")
def function_type(name: str, kinds: Kinds) -> SqlType:
    """The result type of a function over argument types; VARCHAR for the rest."""
    base = name.removesuffix("_if") if name not in ("if", "count_if") else name
    if base in _VARYING:
        if base == "reverse" and _first(kinds).name != "ARRAY":
            return VARCHAR
        return _VARYING[base](kinds)
    return SqlType(_FIXED[base]) if base in _FIXED else VARCHAR


_TEXT = frozenset("""concat concat_ws upper lower ucase lcase trim ltrim rtrim substr substring left right
strleft strright lpad rpad repeat replace date_format from_unixtime hex unhex md5 sha2
split_part substring_index regexp_replace regexp_extract get_json_string dayname monthname
to_iso8601 bin conv""".split())


def is_known(name: str) -> bool:
    """True for functions whose type the tables state."""
    return name in _VARYING or name in _FIXED or name in _TEXT
