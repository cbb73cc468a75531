# SPDX-License-Identifier: Apache-2.0
"""The partitions that dynamic_partition.* properties make when a table is created. No scheduler adds later ones."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..model.objects import Partition
from ..rules import MEASURED_4_0_2, rule

if TYPE_CHECKING:
    from ..model.objects import Table
    from .server import Engine

_NAMES = {"HOUR": "%Y%m%d%H", "DAY": "%Y%m%d", "MONTH": "%Y%m", "YEAR": "%Y"}


@rule(MEASURED_4_0_2, "a new table has the partitions of today up to dynamic_partition.end")
def create(engine: Engine, table: Table) -> None:
    given = {k.removeprefix("dynamic_partition."): v for k, v in table.properties.items()}
    if given.get("enable", "false").lower() != "true" or "time_unit" not in given or table.scheme is None:
        return
    column = table.column(table.scheme.columns[0])
    if column is None or not column.type.is_date or not given["end"].lstrip("-").isdigit():
        return
    unit = given["time_unit"]
    form = "%Y-%m-%d" if column.type.name == "DATE" else "%Y-%m-%d %H:%M:%S"
    history = int(given.get("history_partition_num", "0"))
    for offset in range(max(int(given.get("start", "0")), -history), int(given["end"]) + 1):
        low = _moment(_today(given), unit, offset, given)
        high = _moment(_today(given), unit, offset + 1, given)
        bounds = [[low.strftime(form)], [high.strftime(form)]]
        if not any(p.bounds[0] < bounds[1] and bounds[0] < p.bounds[1] for p in table.partitions):
            buckets = int(given.get("buckets", "0")) or table.distribution[2]
            table.partitions.append(Partition(given["prefix"] + _name(low, unit), engine.catalog.new_id(2), bounds,
                                              buckets=buckets))


def _today(given: dict[str, str]) -> datetime:
    try:
        zone = ZoneInfo(given.get("time_zone", "UTC"))
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    return datetime.now(zone).replace(tzinfo=None, minute=0, second=0, microsecond=0)


def _moment(now: datetime, unit: str, offset: int, given: dict[str, str]) -> datetime:
    """Where the partition that many units from now begins."""
    if unit == "HOUR":
        return now + timedelta(hours=offset)
    day = now.replace(hour=0)
    if unit == "DAY":
        return day + timedelta(days=offset)
    if unit == "WEEK":
        begin = int(given.get("start_day_of_week", "1"))
        return day - timedelta(days=(day.isoweekday() - begin) % 7) + timedelta(weeks=offset)
    if unit == "YEAR":
        return day.replace(year=day.year + offset, month=1, day=1)
    begin = int(given.get("start_day_of_month", "1"))
    months = day.year * 12 + day.month - 1 + offset - (1 if day.day < begin else 0)
    return day.replace(year=months // 12, month=months % 12 + 1, day=begin)


def _name(low: datetime, unit: str) -> str:
    if unit == "WEEK":
        year, week, _ = low.isocalendar()
        return f"{year}_{week:02d}"
    return low.strftime(_NAMES[unit])
