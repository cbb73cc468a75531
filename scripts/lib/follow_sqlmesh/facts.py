# SPDX-License-Identifier: Apache-2.0
"""What is recorded about the newest known release, in tests/data/follow_sqlmesh/facts.json."""

from __future__ import annotations

import json
import pathlib
from typing import Any

# Names of the parts, with what a report calls them.
AREAS = {
    "versions": "Versions",
    "migrations": "Migrations",
    "ddl": "Definitions of the state tables",
    "json_schemas": "JSON schemas of records",
    "models": "Fields of models, kinds and snapshots",
    "enumerations": "Enumerations",
    "fingerprints": "Fingerprints over the corpus",
    "state_sync": "StateSync interface",
    "gateway_keys": "Keys of the configuration",
    "sources": "Code that generated tables depend on",
}

Facts = dict[str, Any]


def recorded(observed: Facts) -> Facts:
    """The facts to record: names and digests, without SQLMesh's own sentences."""
    return {**observed, "migrations": [migration["module"] for migration in observed["migrations"]]}


def render(facts: Facts) -> str:
    return json.dumps(facts, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def load(path: pathlib.Path, release: str) -> Facts | None:
    """The recorded facts of `release`, or None if the file is missing or is about another release."""
    if not path.exists():
        return None
    facts: Facts = json.loads(path.read_text(encoding="utf-8"))
    return facts if facts.get("release") == release else None
