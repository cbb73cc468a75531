# SPDX-License-Identifier: Apache-2.0
"""Small state files that differ: some environments, their snapshots, and intervals by chance."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

from harness import paths

if TYPE_CHECKING:
    import pathlib

BASE = json.loads((paths.CORPUS / paths.NEWEST / "export_all.json").read_text())
NAMES = [f"e{i}" for i in range(6)]
DAY = 86_400_000
# Of a snapshot: its name, its fingerprint as JSON.
Key = tuple[str, str]


def key_of(snapshot: dict[str, Any]) -> Key:
    return snapshot["name"], json.dumps(snapshot["fingerprint"], sort_keys=True)


SNAPSHOTS = {key_of(snapshot): snapshot for snapshot in BASE["snapshots"]}


def _intervals(snapshot: dict[str, Any], chance: random.Random) -> list[list[int]]:
    """Some of the days that the snapshot has."""
    made = []
    for start, end in snapshot["intervals"]:
        days = (end - start) // DAY
        if days < 2:
            made.append([start, end])
            continue
        first = chance.randrange(days)
        made.append([start + first * DAY, start + chance.randint(first + 1, days) * DAY])
    return made


def make(number: int, chance: random.Random) -> tuple[dict[str, Any], dict[str, str]]:
    """(state file, {environment: plan id}); every file's plan ids are its own."""
    document: dict[str, Any] = {
        "metadata": BASE["metadata"], "versions": BASE["versions"], "snapshots": [], "environments": {}}
    plans = {}
    wanted = {}
    for name in chance.sample(NAMES, chance.choice((1, 1, 2, 3))):
        entry = json.loads(json.dumps(BASE["environments"][chance.choice(sorted(BASE["environments"]))]))
        plans[name] = f"{number:08d}{chance.getrandbits(96):024x}"
        entry["environment"].update(name=name, plan_id=plans[name], expiration_ts=None)
        document["environments"][name] = entry
        for reference in entry["environment"]["snapshots"]:
            wanted[key_of(reference)] = SNAPSHOTS[key_of(reference)]
    for snapshot in wanted.values():
        document["snapshots"].append({**snapshot, "intervals": _intervals(snapshot, chance)})
    return document, plans


class Files:
    """A fixed set of them in a folder."""

    def __init__(self, folder: pathlib.Path, seed: str, count: int = 24) -> None:
        folder.mkdir(exist_ok=True)
        chance = random.Random(seed)
        self.paths: list[pathlib.Path] = []
        self.plans: list[dict[str, str]] = []
        for number in range(count):
            document, plans = make(number, chance)
            path = folder / f"file{number}.json"
            path.write_text(json.dumps(document))
            self.paths.append(path)
            self.plans.append(plans)
