"""One campaign, from its seed to its verdict. By hand, from the folder tests:

    python -m fault.campaign.run --seconds 3600 [--seed N]
"""

import argparse
import collections
import json
import random
import secrets
import sys
import time

from harness.client import Client

from fault.campaign.checker import Checker
from fault.campaign.faults import Faults
from fault.campaign.files import Files
from fault.campaign.workload import Workload
from fault.campaign.world import World


def campaign(seed, seconds, synchronous=True, pause=0.3):
    """(violations, figures). Faults and clients go on for so long; the checks come on top."""
    world = World(synchronous)
    try:
        Client(world.servers[0]).ok("migrate", "-y")
        files = Files(world.folder, seed)
        workload = Workload(world, files, seed, pause)
        faults = Faults(world, workload, random.Random(f"{seed}/faults"))
        workload.start()
        faults.start()
        time.sleep(seconds)
        faults.stop()
        world.heal()
        workload.stop()
        world.heal()
        print(json.dumps(figures(workload, faults), indent=1), flush=True)
        violations = Checker(world, files, workload).run()
        violations.extend(f"fault {name}: {error}" for name, error in faults.errors)
        return violations, figures(workload, faults)
    finally:
        world.close()


def figures(workload, faults):
    codes = collections.Counter(attempt.code for operation in workload.operations for attempt in operation.attempts)
    return {"operations": len(workload.operations),
            "by kind": dict(collections.Counter(operation.kind for operation in workload.operations)),
            "attempts by exit code": {str(code): count for code, count in sorted(codes.items())},
            "exports": len(workload.exports), "faults": sum(faults.counts.values()), "faults by kind": dict(faults.counts)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--pause", type=float, default=2.5, help="the longest between two commands of a client, seconds")
    parser.add_argument("--asynchronous", action="store_true",
                        help="the standby may lag, so that a promotion loses changes: to see that the checker sees it")
    arguments = parser.parse_args()
    seed = secrets.randbelow(1 << 32) if arguments.seed is None else arguments.seed
    print(f"seed {seed}", flush=True)
    violations, _ = campaign(seed, arguments.seconds, not arguments.asynchronous, arguments.pause)
    for violation in violations:
        print("VIOLATION:", violation)
    print(f"seed {seed}: {len(violations)} violations")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
