# SPDX-License-Identifier: Apache-2.0
"""server/sqlmesh/fingerprint against the real SQLMesh."""

import os

import pytest

import fingerprint_property
from harness import paths
from harness.database import corpus_json


def test_random_models():
    count = int(os.environ.get("FINGERPRINT_CASES", "250"))
    seed = int(os.environ.get("FINGERPRINT_SEED", "4"))
    wrong, shares, _ = fingerprint_property.compare(count, seed)
    assert wrong == []
    assert sum(native for native, _ in shares.values()) > 0.3 * count


@pytest.mark.parametrize("release", [paths.NEWEST])
def test_corpus(release):
    snapshots = corpus_json(release, "export_all.json")["snapshots"]
    wrong, native, count = fingerprint_property.check_rows(snapshots)
    assert wrong == []
    assert native == count > 20
