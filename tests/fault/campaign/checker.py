# SPDX-License-Identifier: Apache-2.0
"""Does what was seen of a gateway fit one serial order of what was committed?

The order is the one that the database tells: the audit trail's `succeeded` events and the marks of foreign writes, each
written in the transaction of its change and numbered by one sequence. That it is the true one is not believed but
shown: it must fit the times of calls and answers, what every read saw, what every caller was told, and, replayed one
after the other on a fresh database by a server that nobody disturbs, must lead to the very same states.
"""

from __future__ import annotations

import collections
import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from fault.campaign import foreign
from fault.campaign.history import DONE, FAILED, UNREACHABLE, ForeignWrite
from fault.campaign.linear import Windows, misfits
from fault.campaign.replay import Replay, findings, token

if TYPE_CHECKING:
    from fault.campaign.files import Files
    from fault.campaign.history import Operation, Read
    from fault.campaign.workload import Workload
    from fault.campaign.world import World


class Violations(list[str]):
    def expect(self, condition: object, *what: object) -> None:
        if not condition:
            self.append(" ".join(str(part) for part in what))


class Checker:
    def __init__(self, world: World, files: dict[str, Files], workload: Workload, gateway: str) -> None:
        self.files, self.gateway = files[gateway], gateway
        self.client = world.client()
        self.operations = {operation.id: operation for operation in workload.operations if operation.gateway == gateway}
        self.reads = [read for read in workload.reads if read.gateway == gateway]
        self.violations = Violations()
        database = world.database(gateway)
        self.committed = [row[0] for row in database.execute(foreign.COMMITTED)]
        self.records = dict(database.execute("SELECT id::text, status FROM stateserver.operations"))
        self.points = dict(database.execute(
            "SELECT restore_point_id, id::text FROM stateserver.operations WHERE restore_point_id <> ''"))

    def run(self) -> Violations:
        self.check_history()
        self.check_replayed()
        return self.violations

    def check_history(self) -> Violations:
        """What needs nothing but what was written down."""
        self.order = [self.operations[identifier] for identifier in self.committed if identifier in self.operations]
        self.once(self.order)
        self.told({operation.id for operation in self.order})
        self.real_time(self.order)
        self.states = self.replay_model(self.order)
        self.windows = Windows(self.order)
        self.place_reads(lambda read, position: read.fits(self.states[position]))
        return self.violations

    def check_replayed(self) -> None:
        """The order, undisturbed, leads through every state that was exported to the one that is there now."""
        # Tokens are computed only where plans alone do not say that a read saw something else.
        wanted = {position for read in self.reads if read.token
                  for position in self.windows.of(read) if read.fits(self.states[position])}
        with Replay(self.files, self.points) as replay:
            tokens = replay.run(self.order, wanted)
            if tokens is None:
                return  # nobody can follow this order, as replay_model has said
            self.place_reads(lambda read, position: read.fits(self.states[position])
                         and (not read.token or tokens[position] == read.token))
            self.final_state(replay)

    def place_reads(self, fits: Callable[[Read, int], bool]) -> None:
        """Notes the reads that have no place, and leaves them out of what follows."""
        for read, why in misfits(self.reads, self.windows, fits):
            self.violations.expect(False, f"a read ({read.kind})", why, "of state", read.token, json.dumps(read.seen))
            self.reads.remove(read)

    def once(self, order: Iterable[Operation]) -> None:
        for identifier, count in collections.Counter(operation.id for operation in order).items():
            self.violations.expect(count == 1, "committed", count, "times:", identifier)

    def told(self, committed: set[str]) -> None:
        """What callers were told, and what the records say, is what happened."""
        for identifier, operation in self.operations.items():
            was = identifier in committed
            codes = [attempt.code for attempt in operation.attempts]
            story = (operation.kind, identifier, [(a.code, a.error.get("reason")) for a in operation.attempts])
            if DONE in codes:
                self.violations.expect(was, "acknowledged, and not there:", *story)
            if codes and all(code in (FAILED, UNREACHABLE) for code in codes):
                self.violations.expect(not was, "refused, and there all the same:", *story)
            if not isinstance(operation, ForeignWrite):
                self.violations.expect((self.records.get(identifier) == "succeeded") == was,
                                       "record says", self.records.get(identifier), "committed:", was, *story)
            if operation.kind == "conditional":
                self.violations.expect(not was, "its precondition did not hold:", *story)

    def real_time(self, order: Iterable[Operation]) -> None:
        """What was answered before another was asked for comes before it."""
        latest = -1.0  # the latest begin of those so far
        for operation in order:
            self.violations.expect(operation.ended >= latest or not operation.acknowledged,
                                   "answered before an earlier one was asked for:", operation.id)
            latest = max(latest, operation.began)

    def replay_model(self, order: Iterable[Operation]) -> list[dict[str, str]]:
        """The environments' plans after each of the operations; the first: before all of them."""
        states: list[dict[str, str]] = [{}]
        before: dict[str, dict[str, str]] = {}
        for operation in order:
            state = dict(states[-1])
            before[operation.id] = states[-1]
            if operation.kind == "merge":
                state.update(self.files.plans[operation.file])
            elif operation.kind == "replace":
                state = dict(self.files.plans[operation.file])
            elif operation.kind == "restore":
                maker = self.points.get(operation.restore_point)
                self.violations.expect(maker in before, "a restore point of nowhere:", operation.restore_point)
                state = dict(before.get(maker or "", {}))
            elif not isinstance(operation, ForeignWrite):
                pass
            elif operation.kind == "touch" and operation.environment in state:
                state[operation.environment] = operation.plan
            elif operation.kind == "drop":
                state.pop(operation.environment, None)
            states.append(state)
        return states

    def final_state(self, replay: Replay) -> None:
        here = ("--gateway", self.gateway)
        expected, found = token(replay.client), token(self.client, *here)
        self.violations.expect(expected == found, "the final state is not that of the order:", expected, found)
        # SQLMesh writes intervals of a snapshot that somebody deletes meanwhile. Nothing else may be found.
        told, there = findings(replay.client), findings(self.client, *here)
        self.violations.expect(told == there, "check finds", there, "but after the same operations", told)
        self.violations.expect(all(kind.endswith("ORPHANED_INTERVALS") for kind, _, _ in there), "check finds", there)
