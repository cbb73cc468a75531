# SPDX-License-Identifier: Apache-2.0
"""Exports of older releases' states are those of these releases, as text: models of many kinds in every dialect."""

from __future__ import annotations

import json
import os
import subprocess
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

import codec_property
from harness import paths, releases, sources

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Sequence

RELEASES = ("0.176.0", "0.190.0", "0.213.0", "0.231.1", paths.NEWEST)
# Examples of SQLMesh's source distribution that need no package of a warehouse.
PROJECTS = ("sushi", "multi/repo_1,multi/repo_2")


def spelled(release: str, *arguments: str, path: Sequence[pathlib.Path] = ()) -> list[dict[str, Any]]:
    """What this release stores of models, and what it exports."""
    done = subprocess.run(
        [releases.python(release), paths.TESTS / "compat" / "tools" / "spell_snapshots.py", *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(
            map(str, [paths.TESTS, paths.TESTS / "compat", *path]))},
        capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=900)
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def check(cases: list[dict[str, Any]], proven_share: float) -> None:
    """Every proven record is equal, and most are proven."""
    answers = codec_property.ask([{"op": "export", "stored": case["stored"], "schema": case["schema"],
                                   "sqlglot": case["sqlglot"]} for case in cases])
    wrong, proven = [], 0
    for case, answer in zip(cases, answers):
        proven += answer["proven"]
        if answer["proven"] and not codec_property.same(answer["record"], case["exported"]):
            wrong.append((case["what"], answer["record"]["node"], case["exported"]["node"]))
    assert wrong == []
    assert proven >= proven_share * len(cases)


@pytest.mark.parametrize("release", RELEASES)
def test_some_models_of_every_kind(release: str) -> None:
    cases = spelled(release, "--every", "13")
    assert len(cases) > 90
    check(cases, 0.85)


@pytest.mark.exhaustive
@pytest.mark.parametrize("release", RELEASES)
def test_all_models_and_random_ones(release: str) -> None:
    cases = spelled(release, "--every", "1", "--random", "500")
    assert len(cases) > 1400  # the oldest releases take fewer of them
    check(cases, 0.85)


@pytest.mark.exhaustive
@pytest.mark.parametrize("release", RELEASES)
def test_examples_of_the_source_distribution(release: str, tmp_path: pathlib.Path) -> None:
    with tarfile.open(sources.archive("sqlmesh", "0.176.0")) as files:
        files.extractall(tmp_path, filter="data", members=[
            member for member in files.getmembers() if "/examples/" in member.name])
    examples = next(tmp_path.glob("*/examples"))
    projects = [",".join(str(examples / part) for part in project.split(",")) for project in PROJECTS]
    materializations = ["--import", "custom_materializations.custom_kind", "--import", "custom_materializations.full"]
    cases = [case for project in projects for case in spelled(
        release, "--project", project, *materializations, path=[examples.parent, examples / "custom_materializations"])]
    assert len(cases) > 20
    check(cases, 1)
