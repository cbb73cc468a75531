# SPDX-License-Identifier: Apache-2.0
"""One campaign, from its seed to its verdict. By hand, from the folder tests:

    python -m fault.campaign.run --seconds 3600 [--seed N]
"""

from __future__ import annotations

import argparse
import collections
import json
import random
import secrets
import sys
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from fault.campaign import foreign
from fault.campaign.checker import Checker
from fault.campaign.faults import Faults
from fault.campaign.files import Files
from fault.campaign.history import ForeignWrite
from fault.campaign.workload import Workload
from fault.campaign.world import World

if TYPE_CHECKING:
    from fault.campaign.history import Operation, Read


def campaign(seed: int, seconds: float, synchronous: bool = True, pause: float = 0.3,
             only: Iterable[str] = ()) -> tuple[list[str], dict[str, Any]]:
    """(violations, figures). Faults, all or those of these kinds, and clients go on for so long; the checks come on
    top."""
    world = World(synchronous)
    try:
        foreign.snapshot(foreign.TARGETS[0])  # loads SQLMesh, which takes seconds
        for gateway in world.gateways:
            world.client().ok("--gateway", gateway, "migrate", "-y")
            foreign.prepare(world.database(gateway))
        files = {gateway: Files(world.folder / gateway, f"{seed}/{gateway}") for gateway in world.gateways}
        workload = Workload(world, files, seed, pause)
        faults = Faults(world, workload, random.Random(f"{seed}/faults"), only)
        workload.start()
        faults.start()
        time.sleep(seconds)
        faults.stop()
        world.heal()
        workload.stop()
        world.heal()
        print(json.dumps(figures(workload, faults), indent=1), flush=True)
        violations = [f"gateway {gateway}: {violation}" for gateway in world.gateways
                      for violation in Checker(world, files, workload, gateway).run()]
        violations.extend(workload.errors)
        violations.extend(f"fault {name}: {error}" for name, error in faults.errors)
        return violations, figures(workload, faults)
    finally:
        world.close()


def figures(workload: Workload, faults: Faults) -> dict[str, Any]:
    writes = [operation for operation in workload.operations if isinstance(operation, ForeignWrite)]
    operations = [operation for operation in workload.operations if not isinstance(operation, ForeignWrite)]
    return {"operations": len(operations), "operations by kind": _by_kind(operations),
            "attempts by exit code": _by_code(operations),
            "foreign writes": len(writes), "foreign writes by kind": _by_kind(writes),
            "foreign writes by exit code": _by_code(writes),
            "reads": len(workload.reads), "reads by kind": _by_kind(workload.reads),
            "faults": sum(faults.counts.values()), "faults by kind": dict(faults.counts)}


def _by_kind(things: Iterable[Operation | Read]) -> dict[str, int]:
    return dict(collections.Counter(thing.kind for thing in things))


def _by_code(operations: Iterable[Operation]) -> dict[str, int]:
    codes = collections.Counter(attempt.code for operation in operations for attempt in operation.attempts)
    return {str(code): count for code, count in sorted(codes.items())}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--pause", type=float, default=2.5,
                        help="the longest between two commands of a client, seconds")
    parser.add_argument("--asynchronous", action="store_true",
                        help="the standby may lag, so that a promotion loses changes: to see that the checker sees it")
    parser.add_argument("--faults", default="",
                        help="kinds separated by commas, as in docs/reliability.md; all by default")
    arguments = parser.parse_args()
    seed = secrets.randbelow(1 << 32) if arguments.seed is None else arguments.seed
    print(f"seed {seed}", flush=True)
    violations, _ = campaign(seed, arguments.seconds, not arguments.asynchronous, arguments.pause,
                             [kind for kind in arguments.faults.split(",") if kind])
    for violation in violations:
        print("VIOLATION:", violation)
    print(f"seed {seed}: {len(violations)} violations")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
