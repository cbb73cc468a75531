# SPDX-License-Identifier: Apache-2.0
"""What asynchronous materialized views are refused for: their query, their properties, and ACTIVE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import SimError, analyzing
from ..model.objects import Column
from ..model.types import VARCHAR_LIMIT, SqlType
from ..printer.ddl import column_definition
from ..rules import MEASURED_4_0, MEASURED_4_0_2, rule

if TYPE_CHECKING:
    from ..model.objects import MaterializedView
    from .scopes import Output
    from .server import Engine

_RESOURCE_GROUPS = ("default_wg",)
_ADVICE = ("please add `session.` prefix if you want add session variables for mv(eg, "
           '"session.insert_timeout"="30000000").')
_NO_MORE_ALTERED = ("replication_num", "replicated_storage", "storage_medium", "compression", "storage_volume",
                    "colocate_with", "mv_sort_keys")
KNOWN = frozenset("""replication_num storage_medium partition_ttl partition_ttl_number partition_refresh_number
partition_refresh_strategy auto_refresh_partitions_limit excluded_trigger_tables resource_group
mv_rewrite_staleness_second colocate_with unique_constraints foreign_key_constraints bloom_filter_columns
storage_cooldown_time query_rewrite_consistency enable_query_rewrite force_external_table_query_rewrite
transparent_mv_rewrite_mode excluded_refresh_tables labels.location replicated_storage warehouse mv_sort_keys
compression persistent_index_type bloom_filter_fpp bucket_size storage_cooldown_ttl storage_volume
partition_retention_condition""".split())


def _stranger(key: str, altering: bool) -> bool:
    if key.startswith("session."):
        return False
    return key not in KNOWN or (altering and key in _NO_MORE_ALTERED)


@rule(MEASURED_4_0_2, "CREATE refuses properties that it does not know")
def check_created_properties(given: dict[str, str]) -> None:
    unknown = {k: v for k, v in given.items() if _stranger(k, altering=False)}
    if unknown:
        shown = ", ".join(f"{k}={v}" for k, v in unknown.items())
        raise analyzing("Invalid parameter Analyze materialized properties failed because unknown properties: "
                        f"{{{shown}}}, {_ADVICE}", 6013)


@rule(MEASURED_4_0_2, "SET takes fewer properties than CREATE")
def check_set_properties(given: dict[str, str]) -> None:
    unknown = {k: v for k, v in given.items() if _stranger(k, altering=True)}
    if unknown:
        shown = ", ".join(f"{k}={v}" for k, v in unknown.items())
        raise analyzing(f"Modify failed because unknown properties: {{{shown}}}, {_ADVICE}")
    for key, value in given.items():
        if key.startswith("session.") and not value:
            raise analyzing(f"Modify failed because of an empty value of {key}")


@rule(MEASURED_4_0_2, "what only asynchronous refreshes can have")
def check_refresh_properties(given: dict[str, str], manual: bool) -> None:
    for key in ("excluded_trigger_tables", "excluded_refresh_tables"):
        if manual and given.get(key):
            raise analyzing(f"The {key} property only applies to asynchronous refreshes.")
    if manual and "auto_refresh_partitions_limit" in given:
        raise analyzing("The auto_refresh_partitions_limit property does not support manual refresh mode.")


@rule(MEASURED_4_0_2, "a resource group must exist")
def check_resource_group(given: dict[str, str], creating: bool) -> None:
    group = given.get("resource_group")
    if not group or group in _RESOURCE_GROUPS:
        return
    if creating:
        raise analyzing(f"Invalid parameter resource_group {group} does not exist.", 6013)
    raise analyzing(f"resource_group {group} does not exist.")


@rule(MEASURED_4_0_2, "a new view is not there for its own constraints")
def check_created_constraints(given: dict[str, str], db: str, name: str) -> None:
    if given.get("unique_constraints"):
        raise analyzing(f"table: {name} does not exist")
    if given.get("foreign_key_constraints"):
        raise analyzing(f"catalog:default_catalog, database: {db}, table:{name} do not exist")


@rule(MEASURED_4_0_2, "a table that allows duplicates needs a constraint")
def check_set_constraints(engine: Engine, given: dict[str, str], db: str) -> None:
    stated = given.get("foreign_key_constraints") or ""
    if "REFERENCES" not in stated.upper():
        return
    name = stated.upper().split("REFERENCES", 1)[1].split("(", 1)[0].strip().split(".")[-1]
    parent = next((o for d, o in engine.catalog.objects("TABLE") if d.name == db and o.name.upper() == name), None)
    if parent is not None and parent.keys == "DUPLICATE" and "unique_constraints" not in parent.properties:
        raise analyzing(f"dup table:{parent.name} has no unique constraint")


@rule(MEASURED_4_0_2, "a materialized view reads a table")
def check_base(reads: dict[tuple[str, str], set[str]]) -> None:
    if not reads:
        raise analyzing("Can not find base table in query statement")


@rule(MEASURED_4_0_2, "one column at least can be a key")
def check_keys(columns: list[Column]) -> None:
    if not any(c.type.can_be_key for c in columns):
        raise analyzing("All columns of materialized view cannot be used for keys")


@rule(MEASURED_4_0, "a schedule below a minute is refused")
def check_interval(seconds: int) -> None:
    if seconds < 60:
        raise SimError(f"Refresh schedule interval {seconds} is too small which may cost a lot of memory/cpu resources "
                       "to refresh the asynchronous materialized view, please config an interval larger than "
                       "Config.materialized_view_min_refresh_interval(60s).")


@rule(MEASURED_4_0_2, "text in a materialized view has the greatest length")
def column_type(kind: SqlType) -> SqlType:
    """The type of a materialized view's column for an output of its query."""
    if kind.is_string:
        return SqlType("VARCHAR", VARCHAR_LIMIT)
    return SqlType("BOOLEAN") if kind.name == "NULL_TYPE" else kind


def _primitive(kind: SqlType) -> tuple[str, int]:
    return kind.name, kind.decimal_width() if kind.name == "DECIMAL" else 0


@rule(MEASURED_4_0_2, "stored and re-analysed columns have the same primitive types")
def check_compatible(view: MaterializedView, outputs: list[Output]) -> None:
    for column, output in zip(view.columns, outputs):
        fresh = Column(column.name, column_type(output.type), nullable=output.nullable, comment=column.comment)
        if _primitive(fresh.type) != _primitive(column.type):
            stored = Column(column.name, column.type, nullable=column.nullable, comment=column.comment)
            raise analyzing(f"column schema not compatible: ({column_definition(stored)}) and "
                            f"({column_definition(fresh)})")
