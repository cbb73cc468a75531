# SPDX-License-Identifier: Apache-2.0
"""Compares the facts of a release with the recorded ones of the release before it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from follow_sqlmesh.facts import AREAS, Facts

# Where a person decides what a change of these means. Areas that are not listed follow by themselves.
DECIDED_IN = {
    "migrations": "server/sqlmesh/migrations/steps (CONTRIBUTING.md, \"How to add a migration step\")",
    "ddl": "server/sqlmesh/store/layout.cc and server/sqlmesh/migrations/shape_check.cc",
    "json_schemas": "server/sqlmesh/records, and kCodecSchemaVersion in server/sqlmesh/records/snapshot_codec.h",
    "models": "server/sqlmesh/records, and server/sqlmesh/fingerprint if the field is part of a hash",
    "enumerations": "server/sqlmesh/records",
    "fingerprints": "server/sqlmesh/fingerprint, then RECIPE in workers/stateserver_workers/fingerprint.py",
    "state_sync": "the calls that serve SQLMesh's StateSync: proto/stateserver/v1/state.proto",
    "gateway_keys": "server/platform/config/sqlmesh_keys.cc",
}


@dataclasses.dataclass(frozen=True)
class Change:
    """Change is a fact that differs; `decided_in` is empty if nobody needs to decide anything."""

    area: str
    text: str
    decided_in: str = ""


def compare(before: Facts, after: Facts) -> list[Change]:
    """`before` is as recorded, `after` as observed."""
    changes = [Change("versions", text) for text in versions(before, after)]
    for area in AREAS:
        texts = SPECIAL.get(area, differences)(before.get(area), after.get(area))
        if area != "versions":
            changes += [Change(area, text, DECIDED_IN.get(area, "")) for text in texts]
    return changes


def versions(before: Facts, after: Facts) -> Iterator[str]:
    names = {"release": "SQLMesh", "schema_version": "Schema version", "sqlglot_pin": "sqlglot asked for",
             "sqlglot": "sqlglot installed"}
    for key, name in names.items():
        if before[key] != after[key]:
            yield f"{name}: {before[key]} -> {after[key]}"


def migrations(before: list[str], after: list[dict[str, str]]) -> Iterator[str]:
    for migration in after:
        if migration["module"] not in before:
            summary = f": {migration['summary']}" if migration["summary"] else ""
            yield f"added {int(migration['module'][1:5])} ({migration['module']}){summary}"
    present = {migration["module"] for migration in after}
    yield from (f"removed {int(module[1:5])} ({module})" for module in before if module not in present)


def fingerprints(before: dict[str, str], after: dict[str, str]) -> Iterator[str]:
    """Only of documents that both have: the corpus may have grown in between."""
    common = [key for key in before if key in after]
    changed = [key for key in common if before[key] != after[key]]
    if changed:
        shown = ", ".join(changed[:10]) + (f" and {len(changed) - 10} more" if len(changed) > 10 else "")
        yield f"{len(changed)} of {len(common)} changed: {shown}"


def differences(before: Any, after: Any, where: str = "") -> Iterator[str]:
    """Sentences about every path at which two JSON values differ."""
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*before, *after}):
            path = f"{where}.{key}" if where else str(key)
            if key not in after:
                yield f"removed {path}"
            elif key not in before:
                yield f"added {path}{short(after[key])}"
            else:
                yield from differences(before[key], after[key], path)
    elif isinstance(before, list) and isinstance(after, list):
        prefix = f"{where}: " if where else ""
        yield from (f"{prefix}removed {each}" for each in before if each not in after)
        yield from (f"{prefix}added {each}" for each in after if each not in before)
        if sorted(map(str, before)) == sorted(map(str, after)):
            yield f"{prefix}in another order"
    else:
        yield f"{where}: {before} -> {after}"


def short(value: Any) -> str:
    return f" ({value})" if isinstance(value, str) and len(value) <= 160 else ""


SPECIAL: dict[str, Any] = {"versions": lambda before, after: (), "migrations": migrations, "fingerprints": fingerprints}
