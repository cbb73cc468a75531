# SPDX-License-Identifier: Apache-2.0
"""Are reads of one register linearizable, where the order of its writes is known?

The state after the first n writes is position n. A read must have a position at which the state looks as it saw it.
That position is no lower than any write that was acknowledged before the read began, no higher than the last write
before which all had begun when the read ended, and no lower than the position of any read that ended before it began.
Each read gets the lowest such position, which leaves the most to those after it: if that fails for a read, no other
choice would do.
"""

from __future__ import annotations

import bisect
import heapq
import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar


class Timed(Protocol):
    """Something that began and ended."""

    @property
    def began(self) -> float: ...

    @property
    def ended(self) -> float: ...


class Write(Timed, Protocol):
    @property
    def acknowledged(self) -> bool: ...


R = TypeVar("R", bound=Timed)


class Windows:
    """Which positions the times of the writes leave to a read."""

    def __init__(self, writes: Sequence[Write]) -> None:
        """`writes`: in their order, each with `began`, `ended`, `acknowledged`."""
        answered = sorted((write.ended, position) for position, write in enumerate(writes, 1) if write.acknowledged)
        self._times = [time for time, _ in answered]
        self._lowest = list(itertools.accumulate((position for _, position in answered), max))
        self._begun = list(itertools.accumulate((write.began for write in writes), max))

    def of(self, read: Timed) -> range:
        """The positions, a range."""
        answered = bisect.bisect_left(self._times, read.began)
        lowest = self._lowest[answered - 1] if answered else 0
        highest = bisect.bisect_right(self._begun, read.ended)
        return range(lowest, max(lowest, highest) + 1)


def misfits(reads: Iterable[R], windows: Windows, fits: Callable[[R, int], bool]) -> list[tuple[R, str]]:
    """[(read, why)] of the reads that have no position. `fits(read, position)`: whether the state looks so there."""
    found = []
    floor = 0
    ended: list[tuple[float, int]] = []  # a heap of (end, position) of reads that may not have ended yet
    for read in sorted(reads, key=lambda read: read.began):
        while ended and ended[0][0] < read.began:
            floor = max(floor, heapq.heappop(ended)[1])
        window = windows.of(read)
        fitting = [position for position in window if fits(read, position)]
        position = next((position for position in fitting if position >= floor), None)
        if position is not None:
            heapq.heappush(ended, (read.ended, position))
        elif fitting:
            found.append((read, f"went back behind an earlier read, from {floor} to {fitting[-1]}"))
        else:
            found.append((read, f"saw what never was from {window[0]} to {window[-1]}"))
    return found
