# SPDX-License-Identifier: Apache-2.0
"""Random times: what SQLMesh makes of them against ours.

    PYTHONPATH=tests python tests/compat/time_property.py COUNT [SEED]
    PYTHONPATH=tests python tests/compat/time_property.py --ttl-table FILE

Three rules: the `ttl_ms` of a snapshot, the spellings of a point in time, and the
cutting of ranges to interval units. "Not supported" is allowed for the first two,
a wrong answer never.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence
from typing import Any

from sqlmesh.core.node import IntervalUnit
from sqlmesh.core.snapshot.definition import inclusive_exclusive
from sqlmesh.utils.date import now, to_datetime, to_timestamp

UNITS = "second minute hour day week month year".split()
TTLS = """in 1 week|in 7 days|1 week|7 days|in 2 hours|in 1 month|in a week|a week|in an hour|in one day|
one week|1 week from now|in 1 week from now|in 1.5 hours|in 1,5 hours|in 90 minutes|in 30 secs|in 1 hr|
in 1d|1d|in 1 day 2 hours|in 1 week and 2 days|in 1 week, 2 days|in 1 week,2 days|1 week ago|in  1  week|
IN 1 WEEK|In 1 Week| in 1 week |in 0 days|in 100 years|in 1 decade|tomorrow|next week|never|2030-01-01|
in 12 months|in 18 months|in 1 weeks|in 2 week|in 01 week|in -1 week|in +1 week|in 1week|in 7days|
1 day later|in 1 day later|in two weeks|in few days|in 9999 years|in 1 year 2 months 3 days|in 1 day 1 day|
in 2 days and 3 hours and 4 minutes|in 1 day, and 2 hours|in a week and a day|in 1 day,|in and 1 day|in 1 week week|
in|in 1|week|in week|in 3 Months|in 1 month 31 days|in 1,000 days|in 1000 days|in 20240101 days|in 1 day \
02:00""".replace("|\n", "|").split("|")


def sqlmesh_ttl(ttl: str, updated_ts: int) -> int | None:
    """As Snapshot.ttl_ms; None where SQLMesh refuses the text or the snapshot."""
    try:
        current = now()
        if to_datetime(ttl, current) < current:
            return None
        return to_timestamp(ttl, relative_base=to_datetime(updated_ts),
                            check_categorical_relative_expression=False) - updated_ts
    except (ValueError, OverflowError):
        return None


def random_ttl(rng: random.Random) -> str:
    parts = []
    for unit in rng.sample(UNITS, rng.choice([1, 1, 1, 1, 2, 3])):
        count = rng.choice([str(rng.randint(0, 40)), str(rng.randint(1, 9999)), "a", "an", "one"])
        parts.append(count + " " + unit + rng.choice(["", "s"]))
    text = rng.choice(["in ", "in ", "in ", "in ", "", "In "]) + rng.choice(
        [" ", ", ", " and ", ","]).join(parts)
    return text.upper() if rng.random() < 0.05 else text


def random_ms(rng: random.Random) -> int:
    return rng.choice([rng.randrange(1_500_000_000_000, 2_000_000_000_000),
                       rng.randrange(18_000, 21_000) * 86_400_000 + rng.choice([0, 0, -1, 1, 1000]),
                       rng.randrange(4_000_000, 6_700_000) * 300_000,
                       rng.randrange(-10**12, 10**13), rng.randrange(0, 10**8)])


def random_time(rng: random.Random) -> str | int:
    if rng.random() < 0.15:
        return random_ms(rng)
    if rng.random() < 0.15:
        return rng.choice([str(random_ms(rng)), str(rng.randrange(1, 10**9)),
                           rng.choice(["+5", "-5", "", "1e5", "1.5", "today", "1 week ago", "inf"])])
    text = "%04d-%02d-%02d" % (rng.choice([rng.randint(1990, 2040), rng.randint(1, 9999)]),
                               rng.randint(1, 12), rng.randint(1, 31))
    if rng.random() < 0.75:
        text += rng.choice(" T") + "%02d:%02d" % (rng.randint(0, 24), rng.randint(0, 60))
        if rng.random() < 0.8:
            text += ":%02d" % rng.randint(0, 60)
            if rng.random() < 0.5:
                text += "." + "".join(rng.choice("0123456789") for _ in range(rng.randint(1, 7)))
        kind = rng.random()
        if kind < 0.2:
            text += "Z"
        elif kind < 0.6:
            text += "%s%02d:%02d" % (rng.choice("+-"), rng.randint(0, 15), rng.choice([0, 0, 0, 30, 45, 15]))
    return text


def sqlmesh_timestamp(value: str | int) -> int | None:
    try:
        return to_timestamp(value)
    except (ValueError, OverflowError):
        return None


def check_ttl(count: int, rng: random.Random) -> tuple[list[Any], int, int]:
    cases = [(ttl, 1_700_000_000_123) for ttl in TTLS]
    cases += [(random_ttl(rng), random_ms(rng) % 4_000_000_000_000) for _ in range(count)]
    return _compare(cases, [{"op": "ttl", "ttl": ttl, "updated_ts": at} for ttl, at in cases],
                    [sqlmesh_ttl(*case) for case in cases])


def check_timestamps(count: int, rng: random.Random) -> tuple[list[Any], int, int]:
    values = [random_time(rng) for _ in range(count)]
    values += ["2026-11-08 12:34:56%s%02d:%02d" % (sign, hours, minutes)
               for sign in "+-" for hours in range(16) for minutes in (0, 15, 30, 45)]
    return _compare(values, [{"op": "timestamp", "value": value} for value in values],
                    [sqlmesh_timestamp(value) for value in values])


def check_alignment(count: int, rng: random.Random) -> tuple[list[Any], int, int]:
    cases, want = [], []
    for _ in range(count):
        start, end = sorted((random_ms(rng), random_ms(rng)))
        if rng.random() < 0.5:
            end = start + rng.randrange(0, 4 * 86_400_000)
        unit, partials = rng.choice(list(IntervalUnit)), rng.random() < 0.4
        cases.append({"op": "align", "start": start, "end": end, "unit": unit.value,
                      "allow_partials": partials})
        want.append([list(inclusive_exclusive(start, end, unit, strict=False,
                                              allow_partial=partials, expand=False))])
    return _compare(cases, cases, want)


def _compare(cases: Sequence[Any], questions: Sequence[dict[str, Any]],
             want: Sequence[Any]) -> tuple[list[Any], int, int]:
    """(wrong answers, answered, answerable)"""
    from probe import ask

    got = ask(questions)
    wrong = [(case, ours, theirs) for case, ours, theirs in zip(cases, got, want)
             if ours is not None and ours != theirs]
    return (wrong, sum(each is not None for each in got), sum(each is not None for each in want))


def write_ttl_table(path: str) -> None:
    rng = random.Random(3)
    cases = [(ttl, 1_700_000_000_123) for ttl in TTLS]
    bases = [1_764_547_200_000, 1_706_659_200_000, 1_709_164_800_000, 1_735_603_200_000,
             1_717_200_000_999]  # ends of months, a leap year
    cases += [(f"in {count} {unit}", base) for base in bases
              for count in (1, 2, 13) for unit in UNITS]
    cases += [(random_ttl(rng), rng.randrange(10**12, 2 * 10**12)) for _ in range(300)]
    with open(path, "w") as table:
        for ttl, base in dict.fromkeys(cases):
            result = sqlmesh_ttl(ttl, base)
            table.write("%s\t%d\t%s\n" % (ttl, base, "-" if result is None else result))


if __name__ == "__main__":
    if sys.argv[1] == "--ttl-table":
        write_ttl_table(sys.argv[2])
        sys.exit()
    failed = False
    for check in (check_ttl, check_timestamps, check_alignment):
        rng = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else None)
        wrong, answered, answerable = check(int(sys.argv[1]), rng)
        print(f"{check.__name__}: SQLMesh answers {answerable}, ours {answered}, {len(wrong)} wrong")
        for each in wrong[:20]:
            print("  ", *each)
        failed |= bool(wrong)
    sys.exit(failed)
