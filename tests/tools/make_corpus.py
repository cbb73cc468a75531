# SPDX-License-Identifier: Apache-2.0
"""Makes a folder of tests/data/sqlmesh: the state of a real project in the words of one release of SQLMesh.

    PYTHONPATH=tests python tests/tools/make_corpus.py before PYTHON SCHEMA FOLDER
    PYTHONPATH=tests python tests/tools/make_corpus.py carry PYTHON OLD_FOLDER FOLDER
    PYTHONPATH=tests python tests/tools/make_corpus.py after PYTHON FOLDER

PYTHON has the release. `before` takes the project of gen_shop.py through the steps of HISTORY and writes

    state_before.sql            the state tables
    export_all.json             all of the state, exported by a project without a cache
    export_all_warmcache.json   the same by the project that made it, from its cache
    export_env_NAME.json        one environment
    export_local.json           the project itself: `state export --local`

`carry` makes the same files of those of an earlier release whose states differ in nothing but the release: it migrates
its state with PYTHON and exports that. Counts, names and times remain, so nothing that speaks of them changes. It fails
if the state, or what the project itself exports, has become another.

`after` migrates what state_before.sql holds with PYTHON, which may be a later release, and writes

    migrate.console.txt, state_after.sql, export_after.json

Takes some minutes. Starts a PostgreSQL of its own. Plan identifiers and times differ from run to run.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import pathlib
import subprocess
import tempfile
from typing import Any

from harness import files, paths
from harness.cluster import Cluster
from harness.database import Database, Databases
from harness.shop import Shop
from harness.sqlmesh import ENVIRONMENT, SQLMesh

EXPORTED = ("dev_a", "dev_b", "prod", "suffix_env")
DAYS = {"a": ("--start", "2026-11-05", "--end", "2026-11-12"), "fwd": ("--start", "2026-11-08", "--end", "2026-11-14"),
        "suffix": ("--start", "2026-11-10", "--end", "2026-11-12"),
        "b": ("--start", "2026-11-12", "--end", "2026-11-14")}


@dataclasses.dataclass(frozen=True)
class Command:
    """Command is one command of SQLMesh in the project at one of its steps."""

    step: int
    arguments: tuple[str, ...]
    may_fail: bool = False


def plan(step: int, environment: str, *options: str, now: str = "2026-11-16 00:00:00") -> Command:
    return Command(step, ("plan", environment, "--no-prompts", "--auto-apply", "--skip-tests", "--execution-time", now,
                          *options))


HISTORY = (
    plan(0, "prod"),
    plan(1, "dev_a", *DAYS["a"]),
    plan(2, "dev_fwd", "--forward-only", *DAYS["fwd"]),
    plan(3, "suffix_env", "--include-unmodified", *DAYS["suffix"]),
    plan(3, "cat_east", "--include-unmodified", *DAYS["suffix"]),
    plan(2, "prod", now="2026-11-17 00:00:00"),
    plan(4, "dev_b", *DAYS["b"], now="2026-11-17 00:00:00"),
    plan(5, "dev_gone", "--include-unmodified", *DAYS["b"], now="2026-11-17 00:00:00"),
    plan(4, "prod", now="2026-11-20 00:00:00"),
    # The only command that plans automatic restatements. One model fails: it merges, which DuckDB does not.
    Command(4, ("run", "prod", "--end", "2026-11-22"), may_fail=True),
    plan(6, "dev_c", *DAYS["b"], now="2026-11-20 00:00:00"),
    plan(7, "dev_c", *DAYS["b"], now="2026-11-20 00:00:00"),
    plan(4, "prod", "--restate-model", "shop.orders_clean", "--start", "2026-11-12", now="2026-11-22 10:00:00"),
)


def make_history(shop: Shop) -> None:
    for command in HISTORY:
        shop.at(command.step).run(*command.arguments, check=not command.may_fail, timeout=1200)
        print(f"{shop.database.name}: {' '.join(command.arguments[:2])} at step {command.step}", flush=True)
    python = pathlib.Path(shop.program).parent / "python"
    subprocess.run([python, paths.TESTS / "tools" / "extra_intervals.py"], cwd=shop.project, check=True,
                   env={**os.environ, **ENVIRONMENT, "STATE_DB": shop.database.name}, stdout=subprocess.DEVNULL)
    shop.run("invalidate", "dev_gone")


def make_before(cluster: Cluster, python: str, schema: int, folder: pathlib.Path) -> None:
    database = Databases(cluster).empty()
    with tempfile.TemporaryDirectory(prefix="ss-corpus-") as project:
        shop = Shop(database, project, python=python, schema=schema)
        make_history(shop)
        database.dump(folder / "state_before.sql")
        shop.at(7).export(folder / "export_local.json", "--local")
        shop.export(folder / "export_all_warmcache.json")
    cold = SQLMesh(database, python)
    cold.export(folder / "export_all.json")
    for environment in EXPORTED:
        SQLMesh(database, python).export(folder / f"export_env_{environment}.json", "--environment", environment)


def carry(cluster: Cluster, python: str, old: pathlib.Path, folder: pathlib.Path) -> None:
    database = load(cluster, old)
    sqlmesh = SQLMesh(database, python)
    sqlmesh.migrate()
    database.dump(folder / "state_before.sql")
    names = ("export_all", *(f"export_env_{environment}" for environment in EXPORTED))
    for name in names:
        options = () if name == "export_all" else ("--environment", name.removeprefix("export_env_"))
        document = SQLMesh(database, python).export(folder / f"{name}.json", *options)
        must_be_equal(old / f"{name}.json", folder / f"{name}.json")
        (folder / f"{name}.json").write_text(with_versions(old / f"{name}.json", document["versions"]))
    check_project(database, python, old)
    # What a cache or a project adds is not in the state.
    for name in ("export_local", "export_all_warmcache"):
        (folder / f"{name}.json").write_text(with_versions(old / f"{name}.json", document["versions"]))


def check_project(database: Database, python: str, old: pathlib.Path) -> None:
    """The project itself must still export the snapshots that `old` has of it."""
    old_local = json.loads((old / "export_local.json").read_text())
    with tempfile.TemporaryDirectory(prefix="ss-corpus-") as project:
        shop = Shop(database, project, step=7, python=python, schema=old_local["versions"]["schema_version"])
        local = shop.export(pathlib.Path(project) / "local.json", "--local")
    identities = [sorted((each["name"], *each["fingerprint"].values()) for each in document["snapshots"])
                  for document in (old_local, local)]
    if identities[0] != identities[1]:
        raise SystemExit(f"The project has other fingerprints than in {old / 'export_local.json'}: "
                         "make the corpus of this release with `before`.")


def unequal(old: pathlib.Path, new: pathlib.Path) -> list[str]:
    """The differences of two state files, except for their versions, their times and the order of their records."""
    first, second = ({**files.content(json.loads(path.read_text())), "versions": None} for path in (old, new))
    return files.differences(first, second)


def must_be_equal(old: pathlib.Path, new: pathlib.Path) -> None:
    different = unequal(old, new)
    if different:
        raise SystemExit(f"{new.name} differs from the one of the earlier release, so its corpus cannot be carried "
                         f"over: {different[0]}. Make the corpus of this release with `before`.")


def with_versions(path: pathlib.Path, versions: dict[str, Any]) -> str:
    """The text of a state file with other versions, so that nothing else differs."""
    text = path.read_text()
    for key, value in json.loads(text)["versions"].items():
        text = text.replace(f'"{key}": {json.dumps(value)}', f'"{key}": {json.dumps(versions[key])}', 1)
    return text


def load(cluster: Cluster, folder: pathlib.Path) -> Database:
    name = cluster.create()
    cluster.psql(name, folder / "state_before.sql")
    return Database(cluster, name)


def make_after(cluster: Cluster, python: str, folder: pathlib.Path) -> None:
    database = load(cluster, folder)
    sqlmesh = SQLMesh(database, python)
    (folder / "migrate.console.txt").write_text(f"{sqlmesh.migrate().stdout}exit: 0\n")
    database.dump(folder / "state_after.sql")
    earlier = folder / "earlier.json"
    if (folder / "export_after.json").exists():
        (folder / "export_after.json").rename(earlier)
    document = sqlmesh.export(folder / "export_after.json")
    if earlier.exists():
        if not unequal(earlier, folder / "export_after.json"):
            (folder / "export_after.json").write_text(with_versions(earlier, document["versions"]))
        earlier.unlink()


def main() -> None:
    parser = argparse.ArgumentParser(description="Makes a folder of tests/data/sqlmesh.")
    commands = parser.add_subparsers(dest="command", required=True)
    before, carried, after = map(commands.add_parser, ("before", "carry", "after"))
    for command in (before, carried, after):
        command.add_argument("python", metavar="PYTHON")
    before.add_argument("schema", metavar="SCHEMA", type=int)
    carried.add_argument("old", metavar="OLD_FOLDER", type=pathlib.Path)
    for command in (before, carried, after):
        command.add_argument("folder", metavar="FOLDER", type=pathlib.Path)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    cluster = Cluster()
    try:
        python, folder = os.path.abspath(options.python), options.folder.resolve()
        if options.command == "before":
            make_before(cluster, python, options.schema, folder)
        elif options.command == "carry":
            carry(cluster, python, options.old.resolve(), folder)
        else:
            make_after(cluster, python, folder)
    finally:
        cluster.destroy()


if __name__ == "__main__":
    main()
