# SPDX-License-Identifier: Apache-2.0
"""Random crons: the interval unit SQLMesh infers against ours.

    PYTHONPATH=tests python tests/compat/cron_property.py COUNT [SEED]
    PYTHONPATH=tests python tests/compat/cron_property.py --table FILE

The first compares, the second rewrites the table of the unit test. SQLMesh looks
at the next ticks from now, so it is asked at many times; where its answers
differ, or it refuses the cron, ours must be "not supported".
"""

from __future__ import annotations

import datetime
import random
import sys
from collections.abc import Sequence
from typing import Any

import sqlmesh.utils.cron
from sqlmesh.core.node import IntervalUnit

MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
WEEKDAYS = "sun mon tue wed thu fri sat".split()
FIXED = """@yearly|@annually|@monthly|@weekly|@daily|@midnight|@hourly|@DAILY| @daily|@every|
*/5 * * * *|*/10 * * * *|*/15 * * * *|*/20 * * * *|*/30 * * * *|*/7 * * * *|* * * * *|
0 * * * *|0 */2 * * *|0 */5 * * *|0 */6 * * *|0 3 * * *|0 0 * * 1-5|0 0 * * mon-fri|0 0 1 * *|
0 0 1 */3 *|0 0 1 1 *|0 0 29 2 *|0 0 31 * *|0 0 30 2 *|0 0 L * *|0 0 l * *|0 0 * * 1#1|
0 0 * * L5|0 0 * * 7|0 0 * * 5-7|0 0 * * 6-1|0 0 1 * 1|0 0 1-31 * 1|0 0 */1 * 1|0 0 */1 * */2|
0 0 1,15 * ?|0 0 ? * 1|30 2 * * *|5,35 * * * *|0,5,20,35,50 * * * *|0 0 * * 1#6|0 0 1-1 * *|
0 0 15W * *|H H * * *|0 0 * * * 0|0 0 * *|0 24 * * *|60 * * * *|0 0 0 * *|0 0 * 13 *|59/15 * * * *|
10/5 * * * *|10/20 * * * *|0  0\t* * *|0 0 * jan,JUL *|0 0 * * sun-sat|0 0 1 jan-mar *|-1 * * * *|
1,2 0 1 1 *|0 0,12 1 */2 *|0 12 * 2 1#5|0 0 28-31 * *|0 0 L * 1|0 0 L 2 *|0 0 1,L * *|0 0 * * 1#1,3#2|
0 0 * * mon#1|0 0 * * 1,2#2|0 0 5 * 1#2|00 01 * * *|0 0 * * 0-6|0 0 1/10 * *|0 0 * 1/4 *|0 0 * * 1/2|
0 9-17 * * *|0 9-17/2 * * 1-5|*/30 9-17 * * *|0 0 1 1,7 *|0 0 1 6 *|0 23 31 12 *|0,59 * * * *|0 0 * * l|
0 0 ? * ?|*/60 * * * *|0 */24 * * *|*/5 0 * * *|0-59/5 * * * *|0-4 * * * *|0 0 */32 * *|*/0 * * * *"""


def fixed_crons() -> list[str]:
    return FIXED.replace("|\n", "|").split("|")


def random_field(rng: random.Random, low: int, high: int, names: Sequence[str] = (), first_name: int = 0) -> str:
    def value() -> str:
        number = rng.randint(low, high)
        if names and rng.random() < 0.3:
            return names[number - first_name] if number - first_name < len(names) else str(number)
        return str(number)

    def element() -> str:
        kind = rng.random()
        if kind < 0.45:
            return value()
        if kind < 0.6:
            return "*/%d" % rng.choice([1, 2, 3, 4, 5, 6, 7, 10, 12, 15, 20, 25, 30, 45])
        if kind < 0.7:
            return "%s/%d" % (value(), rng.randint(1, 30))
        first, last = rng.randint(low, high), rng.randint(low, high)
        if rng.random() < 0.9:
            first, last = min(first, last), max(first, last)
        text = "%d-%d" % (first, last)
        return text + ("/%d" % rng.randint(1, 12) if rng.random() < 0.3 else "")

    kind = rng.random()
    if kind < 0.35:
        return "*"
    return ",".join(element() for _ in range(1 if kind < 0.8 else rng.randint(2, 5)))


def random_cron(rng: random.Random) -> str:
    minute = rng.choice(["0", "30", "*/5", "*/15", "5,35", "0,20,40"]) \
        if rng.random() < 0.6 else random_field(rng, 0, 59)
    hour = random_field(rng, 0, 23)
    day = random_field(rng, 1, 31)
    month = random_field(rng, 1, 12, MONTHS, 1)
    weekday = random_field(rng, 0, 7, WEEKDAYS, 0)
    kind = rng.random()
    if kind < 0.05:
        day = rng.choice(["l", "L", "?", "l,15", "1-l"])
    elif kind < 0.15:
        day = "*"
        weekday = rng.choice(["%d#%d" % (rng.randint(0, 7), rng.randint(1, 5)),
                              "l%d" % rng.randint(0, 7), "fri#2", "1#1,1#3", "?"])
    elif kind < 0.5:
        day = month = "*"
    return " ".join([minute, hour, day, month, weekday])


def moments() -> list[datetime.datetime]:
    rng = random.Random(7)
    start = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
    ends_of_things = [(2024, 2, 28, 23, 59), (2026, 12, 31, 23, 58), (2027, 2, 28, 12, 0),
                      (2028, 2, 28, 0, 0), (2026, 6, 30, 23, 0), (2026, 1, 15, 5, 3)]
    return [start + datetime.timedelta(minutes=rng.randrange(4 * 366 * 1440)) for _ in range(14)] + [
        datetime.datetime(*end, tzinfo=datetime.UTC) for end in ends_of_things]


MOMENTS = moments()
# Modules whose names are replaced for a while.
cron_module: Any = sqlmesh.utils.cron
_interval_seconds = cron_module.interval_seconds.__wrapped__


def sqlmesh_units(cron: str) -> set[str | None]:
    """The units SQLMesh gives at different times; a refusal is None."""
    croniter_module: Any = sys.modules["croniter.croniter"]
    kept = croniter_module.time, cron_module.now, cron_module.interval_seconds
    units: set[str | None] = set()
    cron_module.interval_seconds = _interval_seconds
    try:
        for moment in MOMENTS:
            croniter_module.time = lambda: moment.timestamp() + 17.25  # noqa: B023
            cron_module.now = lambda: moment  # noqa: B023
            try:
                units.add(IntervalUnit.from_cron(cron).value)
            except Exception:  # croniter raises half a dozen kinds
                units.add(None)
            if None in units or len(units) > 1:
                break
    finally:
        croniter_module.time, cron_module.now, cron_module.interval_seconds = kept
    return units


def expected(cron: str) -> str | None:
    """The unit, or None where ours must not answer."""
    units = sqlmesh_units(cron)
    return units.pop() if len(units) == 1 else None


def compare(crons: Sequence[str]) -> tuple[list[tuple[str, str, set[str | None]]], int, int]:
    """(wrong answers, answered, answerable)"""
    from probe import ask

    wrong, answered, answerable = [], 0, 0
    for cron, unit in zip(crons, ask([{"op": "cron", "cron": cron} for cron in crons])):
        want = expected(cron)
        answered += unit is not None
        answerable += want is not None
        if unit is not None and unit != want:
            wrong.append((cron, unit, sqlmesh_units(cron)))
    return wrong, answered, answerable


def write_table(path: str, count: int = 1500, seed: int = 20) -> None:
    rng = random.Random(seed)
    crons = [cron for cron in fixed_crons() if "\t" not in cron]
    while len(crons) < count:
        crons.append(random_cron(rng))
    with open(path, "w") as table:
        for cron in dict.fromkeys(crons):
            table.write("%s\t%s\n" % (cron, expected(cron) or "-"))


if __name__ == "__main__":
    if sys.argv[1] == "--table":
        write_table(sys.argv[2])
    else:
        rng = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else None)
        crons = fixed_crons() + [random_cron(rng) for _ in range(int(sys.argv[1]))]
        wrong, answered, answerable = compare(crons)
        print(f"{len(crons)} crons, SQLMesh answers {answerable}, ours {answered}, {len(wrong)} wrong")
        for each in wrong:
            print("  ", *each)
        sys.exit(bool(wrong))
