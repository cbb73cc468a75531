# SPDX-License-Identifier: Apache-2.0
"""Measures the bars of the design side by side in one run; prints Markdown.

  bench/run                       the bars at 10,000 models
  bench/run --models 2000 --repeat 3 --sqlmesh-models 300
  bench/run --growth 10000,200000 memory and time at other sizes as well
  bench/run --migrate 10000,100000 migrate from schema 60 at these sizes, and beside SQLMesh
  bench/run --journals 100,10000   revisions with journals of so many entries, and nothing else
  bench/run --schemas 100,5000     schema diff of so many tables of 30 columns, and nothing else; beside Alembic
                                  up to --alembic-tables, for it takes minutes
  bench/run --load 600             ten minutes of calls, exports and imports at once, and nothing else; needs ghz

Nothing is asserted: figures depend on the machine. Ratios are of medians, and
the runs of a row alternate.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent.parent / "tests")]

import journals as journal_bench  # noqa: E402
import load as load_bench  # noqa: E402
import measure  # noqa: E402
import migrate  # noqa: E402
import schemas as schema_bench  # noqa: E402
from harness import paths  # noqa: E402
from harness.cluster import BIN, Cluster  # noqa: E402
from harness.database import Database  # noqa: E402
from subjects import Peer, Postgres, Product, make_state  # noqa: E402

# As in production, unlike the tests' cluster.
SETTINGS = [("fsync", "on"), ("shared_buffers", "256MB"), ("max_wal_size", "4GB")]


def table(head: Sequence[object], rows: Sequence[Sequence[object]]) -> None:
    lines = [head, ["---"] * len(head), *rows]
    print("\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines) + "\n", flush=True)


def mib(kib: float) -> str:
    return f"{kib / 1024:.0f} MiB"


def times(ratio: float) -> str:
    return f"{ratio:.2f} ×" if ratio < 10 else f"{ratio:.0f} ×"


def snapshots_of(product: Product) -> int:
    number: int = product.client.json("stats")["snapshots"]
    return number


def export_and_import(cluster: Cluster, folder: pathlib.Path,
                      options: argparse.Namespace) -> tuple[int, measure.Series, measure.Series]:
    """Against pg_dump and psql, at the full size."""
    state = make_state(folder / "state.json", options.models, options.environments)
    product = Product(cluster)
    product.import_(state)
    count = snapshots_of(product)
    postgres = Postgres(cluster, product.database, folder)
    exports = measure.interleaved(
        options.repeat, dump=postgres.dump, ours=lambda: product.export(folder / "ours.json"))
    imports = measure.interleaved(
        options.repeat, load=postgres.load, ours=lambda: product.import_(state))
    print(f"\n{options.models} models, {count} snapshots, {options.environments} environments, "
          f"file of {state.stat().st_size / 2**20:.0f} MiB; median (least–most) of {options.repeat}:\n")
    table(["what", "PostgreSQL's tool", "stateclient", "ratio", "bar"], [
        ["export / pg_dump --data-only", exports["dump"], exports["ours"],
         times(exports["ours"].seconds / exports["dump"].seconds), "≤ 1.5 ×"],
        ["import --replace / psql load", imports["load"], imports["ours"],
         times(imports["ours"].seconds / imports["load"].seconds), "≤ 2 ×"]])
    product.close()
    return count, exports["ours"], imports["ours"]


def against_sqlmesh(cluster: Cluster, folder: pathlib.Path, options: argparse.Namespace, count: int,
                    export: measure.Series, import_: measure.Series) -> None:
    """SQLMesh takes minutes at full size; by default it is measured at a smaller one."""
    models = options.sqlmesh_models
    state = make_state(folder / "small.json", models, options.environments)
    product, peer = Product(cluster), Peer(cluster)
    start = measure.interleaved(options.repeat, peer=peer.start_up)["peer"]
    product.import_(state)
    small = snapshots_of(product)
    imports = measure.interleaved(options.repeat, peer=lambda: peer.import_(state),
                                  ours=lambda: product.import_(state))
    exports = measure.interleaved(options.repeat, peer=lambda: peer.export(folder / "peer.json"),
                                  ours=lambda: product.export(folder / "ours.json"))
    print(f"SQLMesh {paths.NEWEST} at {small} snapshots (its start alone, an export of nothing: {start}):\n")
    rows = []
    for name, pair, full, bar in (("export", exports, export, 300), ("import", imports, import_, 150)):
        each = max(pair["peer"].seconds - start.seconds, 0) / small
        rows.append([name, pair["peer"], pair["ours"], times(pair["peer"].seconds / pair["ours"].seconds),
                     f"{each * 1000:.1f} ms", mib(pair["peer"].peak_kib),
                     extrapolated(each, start.seconds, small, count, full), f"≥ {bar} ×"])
    table(["what", "sqlmesh", "stateclient", "ratio", "sqlmesh per snapshot", "sqlmesh peak memory",
           f"ratio at {count} snapshots", "bar"], rows)
    product.close()


def extrapolated(each: float, start: float, small: int, count: int, full: measure.Series) -> str:
    """SQLMesh's cost is linear: its start plus so much a snapshot. Says so where it was not measured."""
    estimate = start + each * count
    note = "" if small == count else f" (sqlmesh extrapolated to {estimate:.0f} s)"
    return times(estimate / full.seconds) + note


def growth(cluster: Cluster, folder: pathlib.Path, options: argparse.Namespace) -> None:
    """Memory and time at each size, each with a fresh server."""
    rows, first = [], None
    for models in options.growth:
        state = make_state(folder / "growth.json", models, options.environments)
        product = Product(cluster)
        product.import_(state)
        largest = product.database.scalar("SELECT max(length(snapshots)) FROM sqlmesh._environments")
        results = {}
        for name, act in (("export", lambda: product.export(folder / "growth-out.json")),  # noqa: B023
                          ("import --replace", lambda: product.import_(state))):  # noqa: B023
            product.restart()
            runs = measure.interleaved(options.repeat if models <= 20_000 else 1, ours=act)["ours"]
            results[name] = (runs, product.peak_kib(), runs.peak_kib)
        first = first or (models, results)
        for name, (runs, server, client) in results.items():
            base = first[1][name]
            rows.append([name, models, runs, times(runs.seconds / base[0].seconds), times(models / first[0]),
                         mib(server), mib(server - base[1]), mib(client), mib(client - base[2]),
                         f"{largest / 2**20:.1f} MiB"])
        product.close()
        cluster.drop(product.database.name)
    print("Growth (bars: ten times the models in at most 11 times the time; memory of each process grows by\n"
          "less than 64 MiB plus at most twice the text of the largest environment):\n")
    table(["what", "models", "time", "time ratio", "size ratio", "server peak", "more", "client peak", "more",
           "largest environment"], rows)


def migrations(cluster: Cluster, options: argparse.Namespace) -> None:
    """From schema 60: beside SQLMesh at its size, then alone."""
    if options.sqlmesh_models:
        count, peer, ours = migrate.against_sqlmesh(cluster, options.sqlmesh_models, options.repeat)
        print(f"Migrate from schema 60 at {count} snapshots (bar: 100 times as fast at 10,000):\n")
        table(["sqlmesh", "stateclient", "ratio", "sqlmesh per snapshot, its start included"],
              [[peer, ours, times(peer.seconds / ours.seconds), f"{peer.seconds / count * 1000:.1f} ms"]])
    rows, first = [], None
    for count, runs, peak, largest in migrate.growth(cluster, options.migrate, options.repeat):
        first = first or (count, runs)
        rows.append([count, runs, times(runs.seconds / first[1].seconds), times(count / first[0]),
                     mib(peak), f"{largest / 2**20:.1f} MiB"])
    print("Migrate from schema 60, alone (bars: ten times the snapshots in at most 11 times the time;\n"
          "100,000 within 256 MiB):\n")
    table(["snapshots", "time", "time ratio", "size ratio", "server peak", "largest environment"], rows)


def schemas(options: argparse.Namespace) -> None:
    rows = []
    for tables in options.schemas:
        with tempfile.TemporaryDirectory(prefix="ss-bench-") as name:
            ours, peer, peak = schema_bench.against_alembic(pathlib.Path(name), tables, options.repeat,
                                                            tables <= options.alembic_tables)
        measured = [peer, times(peer.seconds / ours.seconds), mib(peer.peak_kib)] if peer else ["-", "-", "-"]
        rows.append([tables, ours, *measured, mib(peak)])
    table(["tables", "stateclient schema diff", "alembic revision --autogenerate", "ratio", "alembic peak memory",
           "stateserver peak memory"], rows)


def journals(options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory(prefix="ss-bench-") as name:
        rows = journal_bench.short_and_long(name, options.journals, options.repeat)
    table(["journal entries", "command", "time", "ratio"], rows)


def under_load(cluster: Cluster, folder: pathlib.Path, options: argparse.Namespace) -> None:
    program = options.ghz or shutil.which("ghz")
    if not program:
        raise SystemExit("--load needs ghz: go install github.com/bojand/ghz/cmd/ghz@latest, then --ghz PATH")
    state = make_state(folder / "state.json", options.models, options.environments)
    database = Database(cluster, cluster.create())
    part = paths.CORPUS / paths.NEWEST / "export_env_dev_b.json"
    print(f"{options.load} seconds of load on {options.models} models:\n")
    load_bench.load(cluster, database, state, part, options.load, program, table)


def sizes(text: str) -> list[int]:
    return [int(part) for part in text.split(",") if part]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=10_000)
    parser.add_argument("--environments", type=int, default=4)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--sqlmesh-models", type=int, default=500, help="0: leave SQLMesh out")
    parser.add_argument("--growth", type=sizes, default=[], help="sizes, for example 10000,100000,200000")
    parser.add_argument("--migrate", type=sizes, default=[], help="sizes, for example 10000,100000")
    parser.add_argument("--schemas", type=sizes, default=[], help="numbers of tables, for example 300,5000")
    parser.add_argument("--journals", type=sizes, default=[], help="numbers of entries, for example 100,10000")
    parser.add_argument("--alembic-tables", type=int, default=200, help="the most tables that Alembic compares")
    parser.add_argument("--load", type=int, default=0, help="seconds of load, and nothing else")
    parser.add_argument("--ghz", help="the program ghz, for --load")
    parser.add_argument("--only-migrate", action="store_true", help="leave export and import out")
    options = parser.parse_args()
    commit = subprocess.run([paths.SERVER, "--version"], capture_output=True, text=True).stdout.strip()
    version = subprocess.run([BIN / "postgres", "--version"], capture_output=True, text=True).stdout.strip()
    print(f"{commit}, {version}, {os.cpu_count()} cores, {platform.machine()}, "
          f"load {os.getloadavg()[0]:.1f} at the start")
    if options.schemas:
        schemas(options)
        return
    if options.journals:
        journals(options)
        return
    cluster = Cluster(SETTINGS)
    try:
        with tempfile.TemporaryDirectory(prefix="ss-bench-") as name:
            folder = pathlib.Path(name)
            if options.load:
                under_load(cluster, folder, options)
                return
            if not options.only_migrate:
                measured = export_and_import(cluster, folder, options)
                if options.sqlmesh_models:
                    against_sqlmesh(cluster, folder, options, *measured)
            if options.migrate:
                migrations(cluster, options)
            if options.growth:
                growth(cluster, folder, options)
    finally:
        cluster.destroy()
    print(f"load {os.getloadavg()[0]:.1f} at the end")


if __name__ == "__main__":
    main()
