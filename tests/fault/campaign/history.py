# SPDX-License-Identifier: Apache-2.0
"""What is written down of a campaign: who asked for what, when, and what they were told or shown."""

from __future__ import annotations

import dataclasses
from typing import Any

DONE, FAILED, UNREACHABLE, UNKNOWN = 0, 1, 3, 4  # as stateclient's exit codes


@dataclasses.dataclass
class Attempt:
    began: float
    ended: float
    code: int  # negative: killed by that signal
    error: dict[str, Any]


@dataclasses.dataclass
class Operation:
    """A change by stateclient."""
    id: str
    kind: str  # merge, replace, restore, compact, conditional
    gateway: str
    file: int = -1
    restore_point: str = ""
    attempts: list[Attempt] = dataclasses.field(default_factory=list)

    @property
    def began(self) -> float:
        return self.attempts[0].began

    @property
    def ended(self) -> float:
        return self.attempts[-1].ended

    @property
    def acknowledged(self) -> bool:
        """Only then is the end of the last attempt the latest time it can have been committed."""
        return self.attempts[-1].code == DONE


@dataclasses.dataclass
class ForeignWrite(Operation):
    """A change by somebody who does not know of stateserver. Its kinds are those of foreign.py."""
    environment: str = ""
    plan: str = ""
    snapshot: Any = ()  # a key of files.SNAPSHOTS
    start: int = 0  # of an interval, epoch ms; `end` is exclusive
    end: int = 0


@dataclasses.dataclass
class Read:
    """`seen`: the plan id of every environment; for kind `environment` of one, None where there is none; for kind
    `stats` the number of environments."""
    kind: str  # export, environments, environment, stats
    gateway: str
    began: float
    ended: float
    seen: Any
    token: str = ""  # of the whole state; exports only

    def fits(self, plans: dict[str, str]) -> bool:
        """Whether a state with these plans looks so."""
        if self.kind == "stats":
            return bool(self.seen == len(plans))
        if self.kind == "environment":
            return all(plans.get(name) == plan for name, plan in self.seen.items())
        return bool(self.seen == plans)
