# SPDX-License-Identifier: Apache-2.0
"""Fingerprints of the corpora's snapshots and of random models: ours against SQLMesh's.

    PYTHONPATH=tests python tests/compat/fingerprint_property.py COUNT [SEED]
"""

from __future__ import annotations

import collections
import json
import logging
import random
import subprocess
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from sqlmesh.core.snapshot import Snapshot
from sqlmesh.core.state_sync.db.snapshot import _snapshot_to_json, parse_snapshot

import random_models
from harness import paths

logging.disable(logging.CRITICAL)


def stored(dice: random.Random) -> tuple[str, Any, Any, dict[str, str]] | Exception:
    """(dialect, its source, the stored document, the hashes SQLMesh computes from it); None: it refuses."""
    try:
        dialect, source, node = random_models.any_model(dice)
        document = _snapshot_to_json(Snapshot.from_node(node, nodes={}))
        node = parse_snapshot(document, 1, None, False, False, None).node
        hashes = {"metadata_hash": node.metadata_hash}
        hashes["data_hash"] = node.data_hash
        return dialect, source, json.loads(document), hashes
    except Exception as error:
        return error


def ask(questions: Iterable[dict[str, Any]]) -> list[Any]:
    text = "".join(json.dumps(question) + "\n" for question in questions)
    done = subprocess.run([str(paths.BUILD / "tests" / "fingerprint_probe")], input=text.encode(),
                          capture_output=True, check=True)
    return [json.loads(line) for line in done.stdout.decode().split("\n")[:-1]]


def compare(count: int, seed: int) -> tuple[list[Any], dict[str, list[int]], collections.Counter[str]]:
    """(wrong answers, {dialect: (native, all)}, reasons) of random models."""
    dice = random.Random(seed)
    cases: list[tuple[str, Any, Any, dict[str, str]]] = []
    refused: collections.Counter[str] = collections.Counter()
    while len(cases) < count:
        made = stored(dice)
        if isinstance(made, Exception):
            refused[f"{type(made).__name__}: {made}"[:150]] += 1
        else:
            cases.append(made)
    assert sum(refused.values()) < count, refused.most_common(5)
    answers = ask([{"op": "hash", "snapshot": document} for _, _, document, _ in cases])
    wrong: list[Any] = []
    shares: dict[str, list[int]] = collections.defaultdict(lambda: [0, 0])
    reasons: collections.Counter[str] = collections.Counter()
    for (dialect, source, document, hashes), answer in zip(cases, answers):
        shares[dialect][1] += 1
        if "unsupported" in answer:
            reasons[answer["unsupported"]] += 1
            continue
        shares[dialect][0] += 1
        if answer != hashes:
            wrong.append((dialect, source, document, answer, hashes))
    return wrong, dict(shares), reasons


def check_rows(snapshots: Sequence[dict[str, Any]]) -> tuple[list[Any], int, int]:
    """(wrong, native, all) of stored snapshots whose recipe is the current one."""
    answers = ask([{"op": "hash", "snapshot": each} for each in snapshots])
    wrong, native = [], 0
    for each, answer in zip(snapshots, answers):
        if "unsupported" in answer:
            continue
        native += 1
        if any(answer[part] != each["fingerprint"][part] for part in ("data_hash", "metadata_hash")):
            wrong.append((each["name"], answer, each["fingerprint"]))
    return wrong, native, len(snapshots)


if __name__ == "__main__":
    wrong, shares, reasons = compare(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    for each in wrong[:20]:
        print("WRONG", each)
    print(len(wrong), "wrong", {k: f"{a}/{b}" for k, (a, b) in sorted(shares.items())})
    print(reasons.most_common(25))
