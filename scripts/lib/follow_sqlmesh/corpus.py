# SPDX-License-Identifier: Apache-2.0
"""The corpus: states of a real project as each release writes them, and as the newest release migrates them."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
from collections.abc import Callable

from follow_sqlmesh.changeset import Changeset
from follow_sqlmesh.table import Group, major_minor
from follow_sqlmesh.writers import CORPUS
from harness import releases

MAKER = "tests/tools/make_corpus.py"
DBT_MAKER = "tests/tools/make_dbt_state.py"
# The dbt that the states of dbt projects were made with.
DBT = ("dbt-core==1.9.11", "dbt-duckdb==1.9.6")
BEFORE = ("state_before.sql", "export_all.json", "export_all_warmcache.json", "export_local.json",
          *(f"export_env_{name}.json" for name in ("dev_a", "dev_b", "prod", "suffix_env")))
AFTER = ("migrate.console.txt", "state_after.sql", "export_after.json")


def outdated(root: pathlib.Path, release: str) -> list[str]:
    """The folders whose files for `release` are missing or made by another release; its own folder comes first."""
    corpus = root / CORPUS
    folders = [] if all((corpus / release / name).exists() for name in BEFORE + AFTER) else [release]
    for path in sorted(corpus.glob("*/state_before.sql")):
        after = path.parent / "export_after.json"
        if path.parent.name != release and (not after.exists() or made_by(after) != release):
            folders.append(path.parent.name)
    return folders


def made_by(path: pathlib.Path) -> str:
    """The release named by a state file."""
    return str(json.loads(path.read_text(encoding="utf-8"))["versions"]["sqlmesh_version"])


@dataclasses.dataclass(frozen=True)
class Task:
    """Task is what is made of one folder with a new release. `carried` is the folder whose state its own one continues,
    or empty if it is rebuilt from the project."""

    folder: str
    release: str
    schema: int
    carried: str = ""


def superseded(before: Group, after: Group) -> str:
    """The release whose folder the new one's replaces: the one before it, if their states differ in nothing else."""
    if before.schema == after.schema and major_minor(before.sqlglot) == major_minor(after.sqlglot):
        return before.releases[-1]
    return ""


def make(root: pathlib.Path, task: Task, scratch: pathlib.Path) -> pathlib.Path:
    """Makes the outdated files of one folder below `scratch`; returns where they are."""
    out = scratch / task.folder
    out.mkdir(parents=True)
    source = root / CORPUS / (task.carried or task.folder)
    python = releases.python(task.release)
    if task.folder == task.release:
        if task.carried:
            run(root, MAKER, "carry", python, source, out)
        else:
            run(root, MAKER, "before", python, task.schema, out)
    copied = [name for name in ("state_before.sql", "export_all.json", "export_after.json", "upgraded.json")
              if (source / name).exists() and not (out / name).exists()]
    for name in copied:
        shutil.copyfile(source / name, out / name)
    dbt = re.fullmatch(r"dbt-([\d.]+)", task.folder)
    if dbt:
        run(root, DBT_MAKER, "--after", releases.python(dbt[1], *DBT), releases.python(task.release, *DBT), out)
    else:
        run(root, MAKER, "after", python, out)
    return out


def run(root: pathlib.Path, script: str, *arguments: object) -> None:
    subprocess.run([sys.executable, root / script, *map(str, arguments)], check=True, cwd=root / "tests",
                   env={**os.environ, "PYTHONPATH": str(root / "tests")})


def write(changes: Changeset, folder: str, made: pathlib.Path) -> None:
    for path in sorted(made.iterdir()):
        changes.write(f"{CORPUS}/{folder}/{path.name}", path.read_bytes())


def remove(changes: Changeset, folder: str) -> None:
    for path in sorted((changes.root / CORPUS / folder).glob("*")):
        changes.delete(f"{CORPUS}/{folder}/{path.name}")


Maker = Callable[[pathlib.Path, Task, pathlib.Path], pathlib.Path]
