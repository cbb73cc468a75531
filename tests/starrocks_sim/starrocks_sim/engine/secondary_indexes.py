# SPDX-License-Identifier: Apache-2.0
"""Bitmap, inverted, n-gram and vector indexes, and the bloom filters that properties ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import SimError, analyzing
from ..model.objects import Index
from ..rules import DOCUMENTED_3_3, MEASURED_4_0, rule

if TYPE_CHECKING:
    from ..model.objects import Column, Table
    from ..parser.lexer import Source
    from ..parser.stream import Node


@rule(MEASURED_4_0, "which columns each kind of index takes")
def check_index(item: Node, built: list[Column], keys: str, source: Source) -> Index:
    """An Index from its definition."""
    span = source.span(item.start, item.end) if item.end else ""
    for name in item.columns:
        column = next((c for c in built if c.name.lower() == name.lower()), None)
        if column is None:
            raise analyzing(f"{item.name} column does not exist in table. invalid column: {name}", span=span)
        if item.type == "BITMAP" and (column.type.is_complex or column.type.only_metric
                                      or column.type.name in ("FLOAT", "DOUBLE", "JSON", "VARBINARY")):
            raise analyzing(f"{column.type.upper()} is not supported in bitmap index. invalid column: {name}")
        if item.type == "BITMAP" and keys in ("AGGREGATE", "UNIQUE") and not column.is_key:
            raise analyzing("BITMAP index only used in columns of DUP_KEYS/PRIMARY_KEYS table or key columns of "
                            f"UNIQUE_KEYS/AGG_KEYS table. invalid column: {name}")
        if item.type == "GIN" and keys in ("AGGREGATE", "UNIQUE"):
            raise analyzing("The inverted index can only be build on DUPLICATE/PRIMARY_KEYS table.")
        if item.type in ("GIN", "NGRAMBF") and not column.type.is_string:
            raise analyzing("The inverted index can only be build on column with type of CHAR/STRING/VARCHAR type."
                            if item.type == "GIN" else
                            f"Invalid ngram bloom filter column '{name}': unsupported type {column.type.upper()}")
    if item.type == "GIN" and item.properties.get("imp_lib", "clucene") != "clucene":
        raise analyzing("Only support clucene implement for now. ")
    if item.type == "BITMAP" and len(item.columns) != 1:
        raise analyzing("bitmap index can only apply to one column", span=span)
    return Index(item.name, list(item.columns), item.type, item.comment, _index_properties(item))


def _index_properties(item: Node) -> dict[str, str]:
    """What the server fills in."""
    given = {k.lower(): v for k, v in item.properties.items()}
    if item.type == "NGRAMBF":
        return {"bloom_filter_fpp": "0.05", "case_sensitive": "true", "gram_num": "2", **given}
    if item.type == "VECTOR" and given.get("index_type", "").lower() == "hnsw":
        return {"efconstruction": "40", "m": "16", **given}
    if item.type == "GIN":
        return {"imp_lib": "clucene", "parser": "none", **given}
    return given


@rule(DOCUMENTED_3_3, "indexes of one table have names and columns of their own")
def check_index_names(node: Node, indexes: list[Index]) -> None:
    seen, covered = set(), set()
    for item, index in zip(node.indexes, indexes):
        span = node.source.span(item.start, item.end)
        if index.name.lower() in seen:
            raise analyzing("index name must be unique", span=span)
        seen.add(index.name.lower())
        columns = (tuple(c.lower() for c in index.columns), index.type)
        if columns in covered:
            raise analyzing("same index columns have multiple index name is not allowed", span=span)
        covered.add(columns)


@rule(MEASURED_4_0, "which columns a bloom filter takes")
def bloom_columns(table: Table, value: str | None) -> str:
    """The checked columns of a bloom filter property as the server lists them."""
    names = []
    for name in [n.strip() for n in (value or "").split(",") if n.strip()]:
        column = table.column(name)
        if column is None:
            raise SimError(f"Invalid bloom filter column '{name}': not exists")
        if column.name in names:
            raise SimError(f"Duplicate bloom filter column '{name}'")
        if column.type.is_complex or column.type.name in ("TINYINT", "FLOAT", "DOUBLE", "BOOLEAN", "DECIMAL",
                                                               "VARBINARY"):
            raise SimError(f"Invalid bloom filter column '{name}': unsupported type {column.type.upper()}")
        if not column.is_key and table.keys in ("AGGREGATE", "UNIQUE"):
            raise SimError("Bloom filter index only used in columns of DUP_KEYS/PRIMARY table or key columns of "
                           f"UNIQUE_KEYS/AGG_KEYS table. invalid column: {name}")
        names.append(column.name)
    return ", ".join(sorted(names, key=str.lower))


@rule(MEASURED_4_0, "the rate of a bloom filter has bounds")
def bloom_rate(given: dict[str, str]) -> float:
    """The checked false positive rate among properties, 0 when absent."""
    if "bloom_filter_fpp" not in given:
        return 0.0
    try:
        rate = float(given["bloom_filter_fpp"])
    except ValueError:
        raise analyzing("Bloom filter fpp is not Double") from None
    if not 0.0001 <= rate <= 0.05:
        raise analyzing("Bloom filter fpp should in [1.0E-4, 0.05]")
    return rate


def without_bloom(props: dict[str, str], gone: set[str], renamed: str | None = None) -> dict[str, str]:
    """Properties whose bloom filter lost or renamed columns."""
    names = [n for n in props["bloom_filter_columns"].split(", ") if n not in gone] + ([renamed] if renamed else [])
    out = {k: v for k, v in props.items() if k != "bloom_filter_columns"}
    if names:
        out["bloom_filter_columns"] = ", ".join(sorted(names, key=str.lower))
    return out


def set_bloom(table: Table, given: dict[str, str]) -> None:
    rate = bloom_rate(given)
    columns = bloom_columns(table, table.properties.pop("bloom_filter_columns", None))
    if columns:
        table.properties["bloom_filter_columns"] = columns
        table.bloom_rate = rate or 0.05
