# SPDX-License-Identifier: Apache-2.0
"""Copies of the checkout that know SQLMesh only up to an earlier release."""

from __future__ import annotations

import pathlib
import re
import shutil
import subprocess

from harness import paths

TABLE = "server/sqlmesh/store/releases_table.inc"
PINS = "tests/requirements.txt"
RECIPE = ("workers/stateserver_workers/fingerprint.py", "workers/stateserver_workers/sqlmesh_release.py",
          "workers/pyproject.toml", "docs/workers.md")


def numbers(release: str) -> tuple[int, ...]:
    return tuple(map(int, release.split(".")))


def table_up_to(newest: str) -> str:
    """The table of releases as it was when `newest` was the newest known one."""
    lines = []
    for line in (paths.ROOT / TABLE).read_text().splitlines():
        match = re.fullmatch(r'(\{\d+, "[\d.]+", ")([\d. ]+)("\},)', line)
        if match:
            known = [each for each in match[2].split() if numbers(each) <= numbers(newest)]
            line = f"{match[1]}{' '.join(known)}{match[3]}"
        if not match or known:
            lines.append(line)
    return "\n".join(lines) + "\n"


def pins_of(newest: str) -> str:
    """The pins of the tests when `newest` was the newest known release."""
    sqlglot = re.findall(r'^\{\d+, "([\d.]+)"', table_up_to(newest), re.M)[-1]
    text = re.sub(r"^sqlmesh==.*$", f"sqlmesh=={newest}", (paths.ROOT / PINS).read_text(), flags=re.M)
    return re.sub(r"^sqlglot==.*$", f"sqlglot=={sqlglot}", text, flags=re.M)


def copy(folder: pathlib.Path, *patterns: str) -> pathlib.Path:
    """Copies the tracked files that match the patterns, or all of them."""
    listed = subprocess.run(["git", "-C", paths.ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard",
                             "--", *patterns], check=True, capture_output=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        source, target = paths.ROOT / name, folder / name
        if source.is_file() and not source.is_symlink():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    return folder


def truncate(root: pathlib.Path, newest: str) -> None:
    """Deletes everything that is later than `newest`: releases, pins, facts, corpus, recipe."""
    (root / TABLE).write_text(table_up_to(newest))
    (root / PINS).write_text(pins_of(newest))
    (root / "tests/data/follow_sqlmesh/facts.json").unlink(missing_ok=True)
    for folder in (root / "tests/data/sqlmesh").glob("[0-9]*"):
        if numbers(folder.name) > numbers(newest):
            shutil.rmtree(folder)
    for name in RECIPE:
        if (root / name).exists():
            text = (root / name).read_text()
            minor = ".".join(newest.split(".")[:2])
            text = re.sub(r'(RECIPE = "|sqlmesh==|SQLMesh )\d+\.\d+(?=\.(?:"|\*|x))', rf"\g<1>{minor}", text)
            (root / name).write_text(text)
