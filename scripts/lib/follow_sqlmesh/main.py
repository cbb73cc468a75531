# SPDX-License-Identifier: Apache-2.0
"""The command line of scripts/follow-sqlmesh."""

from __future__ import annotations

import argparse
import pathlib
import subprocess
import sys

from follow_sqlmesh.follow import Options, Refused, Run, Tools
from follow_sqlmesh.index import NoReleases
from follow_sqlmesh.report import Report
from harness import paths

NOTHING, TO_DECIDE, FAILED = 0, 1, 2


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="follow-sqlmesh",
        description="Brings the product forward to a later release of SQLMesh: observes it, writes what follows by "
                    "itself, and reports what a person must decide.",
        epilog="Exit codes: 0 nothing to decide, 1 something to decide, 2 failure.")
    parser.add_argument("release", nargs="?", metavar="RELEASE",
                        help="the release to follow; without it, the next one after the newest known")
    parser.add_argument("--dry-run", action="store_true", help="write nothing, report only")
    parser.add_argument("--report", type=pathlib.Path, metavar="FILE", help="also write the report to this file")
    parser.add_argument("--force", action="store_true", help="begin in a checkout with changes that are not committed")
    parser.add_argument("--corpus", choices=("all", "none"), default="all", help="whether to make the corpus")
    parser.add_argument("--tables", choices=("auto", "all", "none"), default="auto",
                        help="which generated tables to generate again; auto: those whose sources changed")
    parser.add_argument("--suites", choices=("none", "quick", "all"), default="quick",
                        help="which of the compatibility suites to run")
    parser.add_argument("--build", type=pathlib.Path, default=paths.ROOT / "build" / "tests", metavar="DIR",
                        help="the build tree for the suites (default: build/tests)")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None, root: pathlib.Path = paths.ROOT, tools: Tools | None = None) -> int:
    given = parse(sys.argv[1:] if arguments is None else arguments)
    options = Options(given.release, given.dry_run, given.force, given.corpus, given.tables, given.suites,
                      given.build.resolve())
    try:
        report = Run(root, options, tools or Tools(say=lambda text: print(f"* {text}", file=sys.stderr, flush=True))
                     ).follow()
    except (Refused, NoReleases, ValueError, OSError, subprocess.SubprocessError) as error:
        print(f"follow-sqlmesh: {error}", file=sys.stderr)
        return FAILED
    return show(report, given.report)


def show(report: Report | None, path: pathlib.Path | None) -> int:
    text = report.render() if report else "The package index has no release after the newest known one.\n"
    print(text, end="")
    if path:
        path.write_text(text, encoding="utf-8")
    return TO_DECIDE if report and report.undecided else NOTHING
