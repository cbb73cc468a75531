# SPDX-License-Identifier: Apache-2.0
"""Computes the fingerprints of stored snapshots with the user's own SQLMesh.

To render a query, SQLMesh runs the Python macros stored with the model, as in its own migration.
"""

from __future__ import annotations

import json
import logging
import sys
import warnings
from typing import Any

from stateserver_workers import protocol, sqlmesh_release

# The releases that compute the fingerprints of schema 102.
RECIPE = "0.236."

# Columns outside the document, which SQLMesh adds before it parses; no hash depends on them.
COLUMNS = {"updated_ts": 0, "unrestorable": False, "forward_only": False}


def hashes(text: str) -> dict[str, str]:
    from sqlmesh.core.snapshot import Snapshot, fingerprint_from_node

    snapshot = Snapshot.parse_obj({**COLUMNS, **json.loads(text)})
    fingerprint = fingerprint_from_node(snapshot.node, nodes={})
    return {"data_hash": fingerprint.data_hash, "metadata_hash": fingerprint.metadata_hash}


def answer(item: Any) -> dict[str, str]:
    try:
        return hashes(item["snapshot"])
    except MemoryError:
        return {"error": "the worker ran out of memory"}
    except Exception as error:
        return {"error": protocol.sentence(error)}


def prepare() -> tuple[dict[str, str], protocol.Answer]:
    version = sqlmesh_release.installed()
    if not version.startswith(RECIPE):
        raise protocol.Fatal(f"fingerprints need SQLMesh {RECIPE}x, and the worker's Python has {version}: "
                             f"install it there (pip install 'sqlmesh=={RECIPE}*')")
    try:
        from sqlmesh.core import snapshot  # noqa: F401  now, not within the first request
    except Exception as error:
        raise protocol.Fatal(f"SQLMesh cannot be imported: {protocol.sentence(error)}") from error
    return {"sqlmesh": version}, answer


def main() -> int:
    warnings.simplefilter("ignore")
    channel = protocol.Channel()
    logging.disable(logging.ERROR)
    return protocol.serve(channel, "fingerprint", prepare)


if __name__ == "__main__":
    sys.exit(main())
